"""What the roof network is shown: colours freed of light, on pixels of its own size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.scenes.blocks import Window, every_other
from camp_monitor.scenes.image import Image

Floats = NDArray[np.float32]

LEAST_SPREAD = 1e-6
MOST_CONTRAST = 8.0
"""What stands out more than this in a flat scene is cut off."""
LIGHT_SAMPLE_PX = 1_000_000
"""More pixels of a scene tell its light no better."""


@dataclass(frozen=True, eq=False)
class Light:
    """What the light of a scene adds to its bands, and by how much it stretches them.

    Parameters
    ----------
    offsets : ndarray
        Median of red, green and blue.
    gain : float
        Half the width of the middle 80 % of the brightness; 0 where nothing is usable.
    """

    offsets: NDArray[np.float32]
    gain: float


def measure_light(image: Image, usable: NDArray[np.bool_]) -> Light:
    """Measure the light of a scene on pixels spread evenly over it."""
    window = every_other(usable.shape, LIGHT_SAMPLE_PX)
    return _light_of(colours_in(image, window), usable[window])


def _light_of(bands: Floats, usable: NDArray[np.bool_]) -> Light:
    usable = usable & np.isfinite(bands).all(axis=0)
    if not usable.any():
        return Light(np.zeros(3, np.float32), 0.0)
    held = bands[:, usable]
    low, high = np.percentile(held.mean(axis=0), [10, 90])
    return Light(np.median(held, axis=1), max(float(high - low) / 2, LEAST_SPREAD))


def colours_in(image: Image, window: Window) -> Floats:
    """Return red, green and blue, (3, row, col); grey three times where a colour is missing."""
    if {"red", "green", "blue"} <= set(image.bands):
        return np.stack([image.band(name)[window] for name in ("red", "green", "blue")])
    return np.repeat(image.pixels[:, *window].mean(axis=0)[None], 3, axis=0)


def freed_of_light(bands: Floats, usable: NDArray[np.bool_]) -> Floats:
    """Take the offset of each band and the common gain of all out of an image.

    Parameters
    ----------
    bands : ndarray
        float32, (3, row, col), in any unit.
    usable : ndarray of bool
        (row, col).

    Returns
    -------
    ndarray
        float32, (3, row, col): distance from the band's median, in half-widths of the middle 80 %
        of the brightness, at most `MOST_CONTRAST`; 0 where not usable.
    """
    return freed(bands, usable, _light_of(bands, usable))


def freed(bands: Floats, usable: NDArray[np.bool_], light: Light) -> Floats:
    """Take this light out of an image, or out of part of it, as `freed_of_light` does."""
    usable = usable & np.isfinite(bands).all(axis=0)
    if not light.gain:
        return np.zeros(bands.shape, np.float32)
    scaled = (bands - light.offsets[:, None, None]) / light.gain
    return np.where(usable, np.clip(scaled, -MOST_CONTRAST, MOST_CONTRAST), 0).astype(np.float32)


def resampled(bands: Floats, factor: float, shape: tuple[int, ...] | None = None) -> Floats:
    """Resample (band, row, col) to `factor` times as many pixels a side, or to a shape."""
    rows, columns = bands.shape[1:]
    shape = shape or (max(round(rows * factor), 1), max(round(columns * factor), 1))
    everything = slice(0, shape[0]), slice(0, shape[1])
    return resampled_part(lambda part: bands[:, *part], (rows, columns), shape, everything)


def resampled_part(
    read: Callable[[Window], Floats],
    held: tuple[int, ...],
    shape: tuple[int, ...],
    window: Window,
) -> Floats:
    """Resample an image to other pixels, and only that part of it which is asked for.

    Parameters
    ----------
    read : callable
        Returns part of the image, (band, row, col).
    held : (int, int)
        Rows and columns that the image has.
    shape : (int, int)
        Rows and columns that it would have.
    window : (slice, slice)
        The part of these that is returned.
    """
    from scipy import ndimage

    if shape == held:
        return read(window)
    steps = [size / wanted for size, wanted in zip(held, shape, strict=True)]
    blur = [0.5 * max(step - 0.5, 0.0) if step > 1 else 0.0 for step in steps]
    at, parts = [], []
    for size, step, sigma, asked in zip(held, steps, blur, window, strict=True):
        where = np.arange(asked.start, asked.stop) * step + step / 2 - 0.5
        more = int(4 * sigma + 0.5) + 2  # as far as the Gaussian reaches, and a neighbour
        first = max(int(where[0]) - more, 0)
        parts.append(slice(first, min(int(where[-1]) + more + 1, size)))
        at.append(where - first)
    places = np.meshgrid(*at, indexing="ij")
    found = [
        ndimage.map_coordinates(
            ndimage.gaussian_filter(band, blur), places, order=1, mode="nearest"
        )
        for band in read((parts[0], parts[1]))
    ]
    return np.stack(found).astype(np.float32)


def halved(bands: Floats) -> Floats:
    """Average blocks of 2 x 2 pixels; an odd row or column at the end is repeated."""
    more = (0, 0), (0, bands.shape[1] % 2), (0, bands.shape[2] % 2)
    whole = np.pad(bands, more, mode="edge") if more[1][1] or more[2][1] else bands
    rows = whole[:, ::2] + whole[:, 1::2]
    return np.asarray((rows[..., ::2] + rows[..., 1::2]) / 4, np.float32)
