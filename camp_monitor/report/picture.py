"""From an `Image` to a picture for the screen: colours, stretch, and the bytes of a data URI."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.errors import SceneError
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.text.sentences import name_of, phrase
from camp_monitor.scenes.image import Image, Quality

LONGEST_SIDE_PX = 2048
"""Larger pictures make a map too heavy to open on a phone; the caller reads a coarser grid."""

STRETCH_PERCENTILES = (1.0, 99.0)
"""Shown as black and as white: wide enough that one glint or shadow does not set the contrast."""

COLOUR_STEPS = (1, 3, 5, 9)
"""Rounding colours of 0-255 to multiples of these makes them off by 0, 1, 2 or 4 at most.

On NAIP and Landsat scenes 9 needs about half the bytes of 3, and compression with loss needs as
many before its largest errors are below 20.
"""

QUALITIES = (90, 85, 80, 70, 55, 40, 25)
"""Qualities of WebP with loss, for pictures that are too large for rounded colours."""

LEAST_LOSSLESS_BITS = 4.0
"""Bits for each pixel with data below which no scene was seen to fit without loss."""

LEAST_LOSSY_BITS = 0.5
"""Likewise, to fit at any of `QUALITIES`: a picture of half the side shows more then."""

MOST_HALVINGS = 6

NATURAL_COLOUR = ("red", "green", "blue")

_SHOWN: tuple[tuple[str, ...], ...] = (
    NATURAL_COLOUR, ("nir", "red", "green"), ("swir1", "nir", "red"), ("vv",), ("vh",),
)  # fmt: skip
"""Bands shown as red, green and blue, or as grey, in order of preference."""


@dataclass(frozen=True, eq=False)
class MapImage:
    """One date's picture for the map.

    Parameters
    ----------
    pixels : ndarray
        uint8, (row, col, 4): red, green, blue, alpha, in EPSG:3857 with north up; alpha is 0
        where there is no data.
    west_deg, south_deg, east_deg, north_deg : float
        Outer edges of the picture, degrees of longitude and latitude (EPSG:4326).
    reference : SceneReference
        The scene shown.
    bands : tuple of str
        Those shown as red, green and blue, or the one shown as grey; empty if unknown.

    Raises
    ------
    SceneError
        The pixels have another type or shape, a side is longer than `LONGEST_SIDE_PX`, or the
        edges are not in order.
    """

    pixels: NDArray[np.uint8]
    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float
    reference: SceneReference
    bands: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if self.pixels.dtype != np.uint8 or len(shape) != 3 or shape[2] != 4 or 0 in shape:
            raise SceneError(
                f"The picture of scene {self.reference.id} has {self.pixels.dtype} pixels of shape "
                f"{shape}, but a map needs uint8 (row, col, 4)."
            )
        if max(shape) > LONGEST_SIDE_PX:
            raise SceneError(
                f"The picture of scene {self.reference.id} is {shape[1]} x {shape[0]} pixels, but "
                f"a map takes {LONGEST_SIDE_PX} a side at most: read it on a coarser grid."
            )
        ordered_lon = -180 <= self.west_deg < self.east_deg <= 180
        if not (ordered_lon and -90 <= self.south_deg < self.north_deg <= 90):
            raise SceneError(
                f"The picture of scene {self.reference.id} has the edges west {self.west_deg}, "
                f"south {self.south_deg}, east {self.east_deg}, north {self.north_deg}, which "
                "are not in order."
            )

    @property
    def shown_as(self) -> str:
        """Which bands are shown as what, in words; empty if unknown."""
        if not self.bands or self.bands in _SHOWN:
            return name_of("bands", " ".join(self.bands))
        return phrase("picture.grey", band=self.bands[0])

    @property
    def pixel_deg(self) -> float:
        """Side of a pixel, degrees of longitude."""
        return (self.east_deg - self.west_deg) / self.pixels.shape[1]


def render_image(image: Image, reference: SceneReference) -> MapImage:
    """Render one image: natural colour if it can be, else false colour, else grey.

    Parameters
    ----------
    image : Image
        On a north-up grid in EPSG:3857.
    reference : SceneReference
        The scene that the image was read from.

    Returns
    -------
    MapImage
        Stretched between `STRETCH_PERCENTILES` of its own usable pixels.

    Raises
    ------
    SceneError
        The grid is not north-up in EPSG:3857, or too large.
    """
    bands = _bands_for(image)
    return _rendered(image, reference, bands, _limits((image,), bands))


def render_pair(
    before: Image,
    after: Image,
    before_reference: SceneReference,
    after_reference: SceneReference,
) -> tuple[MapImage, MapImage]:
    """Render two dates so that what looks alike is alike.

    Both show the same bands if they have them in common.  Physical quantities are stretched
    between the same limits, taken from both dates; uncalibrated numbers mean nothing
    across dates, so each date is stretched by its own.

    Parameters and errors are those of `render_image`.
    """
    common = [bands for bands in _SHOWN if set(bands) <= set(before.bands) & set(after.bands)]
    before_bands = common[0] if common else _bands_for(before)
    after_bands = common[0] if common else _bands_for(after)
    if common and before.quantity == after.quantity and before.nature.calibrated:
        before_limits = after_limits = _limits((before, after), common[0])
    else:
        before_limits = _limits((before,), before_bands)
        after_limits = _limits((after,), after_bands)
    return (
        _rendered(before, before_reference, before_bands, before_limits),
        _rendered(after, after_reference, after_bands, after_limits),
    )


def render_beside(image: Image, reference: SceneReference, pair: tuple[Image, Image]) -> MapImage:
    """Render one more date as `render_pair` renders the pair that it is shown beside.

    It is alike where it has the bands and the physical quantity of the pair; else as by itself.
    """
    alike = image.nature.calibrated and all(image.quantity == one.quantity for one in pair)
    common = [
        bands for bands in _SHOWN if all(set(bands) <= set(one.bands) for one in (*pair, image))
    ]
    if alike and common:
        return _rendered(image, reference, common[0], _limits(pair, common[0]))
    return render_image(image, reference)


def encode_pictures(pictures: Sequence[MapImage], most_bytes: int) -> tuple[list[str], str]:
    """Encode the pictures of one map as WebP, all of them in the same way.

    The first way that fits is taken: no loss, then colours rounded to `COLOUR_STEPS`, then loss of
    `QUALITIES`, then all that again with half as many pixels a side.

    Parameters
    ----------
    pictures : sequence of MapImage
    most_bytes : int
        Length of all data URIs together; kept unless it is absurdly small.

    Returns
    -------
    uris : list of str
        Data URIs in the order of the pictures; the same for the same pixels and version of WebP.
    loss : str
        What was lost, in words that go on a sentence; empty if nothing was.
    """
    sheets = [picture.pixels for picture in pictures]
    uris: list[str] = []
    for halvings in range(MOST_HALVINGS + 1):
        for step, quality in _ways(sheets, most_bytes):
            uris = []
            for sheet in sheets:
                uris.append(_data_uri(sheet, step, quality))
                if sum(map(len, uris)) > most_bytes:
                    break
            else:
                return uris, _loss_words(step, quality, halvings)
        sheets = [_halved(sheet) for sheet in sheets]
    return [_data_uri(sheet, 1, QUALITIES[-1]) for sheet in sheets], "very coarse"


def _ways(sheets: list[NDArray[np.uint8]], most_bytes: int) -> Iterator[tuple[int, int | None]]:
    """Yield steps of colours and qualities to try, best first; quality None is without loss."""
    with_data = sum(np.count_nonzero(sheet[..., 3]) for sheet in sheets)
    bits_in_base64 = most_bytes * 6
    if bits_in_base64 >= LEAST_LOSSLESS_BITS * with_data:
        yield from ((step, None) for step in COLOUR_STEPS)
    if bits_in_base64 >= LEAST_LOSSY_BITS * with_data:
        yield from ((1, quality) for quality in QUALITIES)


def _data_uri(sheet: NDArray[np.uint8], step: int, quality: int | None) -> str:
    """Encode pixels, (row, col, 4), their colours rounded to multiples of `step`."""
    from PIL import Image as Pillow

    if step > 1:
        rounded = (sheet[..., :3].astype(np.uint16) + step // 2) // step * step
        sheet = np.dstack([rounded.clip(max=255).astype(np.uint8), sheet[..., 3]])
    opaque = bool((sheet[..., 3] == 255).all())
    content = io.BytesIO()
    shown = Pillow.fromarray(np.ascontiguousarray(sheet[..., :3]) if opaque else sheet)
    if quality is None:
        shown.save(content, "WEBP", lossless=True, quality=50, method=2)
    else:
        shown.save(content, "WEBP", quality=quality)
    return f"data:image/webp;base64,{base64.b64encode(content.getvalue()).decode()}"


def _halved(sheet: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return half as many pixels a side, each the mean of those with data that it covers."""
    from PIL import Image as Pillow

    rows, cols = sheet.shape[:2]
    size = (max(cols // 2, 1), max(rows // 2, 1))
    halved = np.array(Pillow.fromarray(sheet).resize(size, Pillow.Resampling.BOX))
    halved[..., 3] = np.where(halved[..., 3] >= 128, 255, 0)
    return halved


def _loss_words(step: int, quality: int | None, halvings: int) -> str:
    parts = []
    if halvings:
        parts.append(phrase("picture.smaller", factor=2**halvings))
    if quality is not None:
        parts.append(phrase("picture.compressed"))
    elif step > 1:
        parts.append(phrase("picture.rounded", off=step // 2))
    return ", ".join(parts)


def _bands_for(image: Image) -> tuple[str, ...]:
    """Choose what to show of an image; its first band in grey if nothing better is known."""
    known = [bands for bands in _SHOWN if set(bands) <= set(image.bands)]
    return known[0] if known else image.bands[:1]


def _limits(images: tuple[Image, ...], bands: tuple[str, ...]) -> list[tuple[float, float]]:
    """Return for each band the values shown as black and as white.

    Natural colours share one pair of limits, which keeps their hue, unless the numbers are raw.
    """
    keeps_hue = bands == NATURAL_COLOUR and all(image.quantity != "dn16" for image in images)
    groups = [bands] * len(bands) if keeps_hue else [(band,) for band in bands]
    limits = []
    for group in groups:
        values = [_values_for_stretch(image, band) for image in images for band in group]
        joined = np.concatenate(values)
        low, high = np.percentile(joined, STRETCH_PERCENTILES) if joined.size else (0.0, 1.0)
        limits.append((float(low), float(high)))
    return limits


def _values_for_stretch(image: Image, band: str) -> NDArray[np.float32]:
    """Return the finite values of usable pixels, or of all that hold data if few are usable."""
    values = image.band(band)
    finite = np.isfinite(values)
    usable = finite & image.usable
    few = np.count_nonzero(usable) < 0.01 * usable.size
    chosen: NDArray[np.float32] = values[finite if few else usable]
    return chosen


def _rendered(
    image: Image,
    reference: SceneReference,
    bands: tuple[str, ...],
    limits: list[tuple[float, float]],
) -> MapImage:
    """Stretch `bands` of `image` between `limits`."""
    west, south, east, north = _edges_deg(image, reference)
    pixels = np.empty((*image.flags.shape, 4), np.uint8)
    holds_data = (image.flags & Quality.NODATA) == 0
    for channel in range(3):
        at = min(channel, len(bands) - 1)
        low, high = limits[at]
        values = image.band(bands[at])
        holds_data &= np.isfinite(values)
        stretched = (values - low) / (high - low) if high > low else np.full_like(values, 0.5)
        pixels[..., channel] = (np.nan_to_num(stretched.clip(0, 1)) * 255).round()
    pixels[..., 3] = np.where(holds_data, 255, 0)
    pixels[~holds_data] = 0
    return MapImage(pixels, west, south, east, north, reference, bands)


def _edges_deg(image: Image, reference: SceneReference) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees of a north-up grid in EPSG:3857."""
    from pyproj import Transformer

    affine = image.grid.affine
    crs = image.grid.crs
    north_up = affine.b == affine.d == 0 and affine.a > 0 > affine.e
    if crs is None or crs.epsg != 3857 or not north_up:
        raise SceneError(
            f"Scene {reference.id} lies on a grid in {crs}, but a map draws images on a north-up "
            "grid in EPSG:3857: read it onto one."
        )
    box = image.grid.boundingbox
    to_degrees = Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True)
    west, south = to_degrees.transform(box.left, box.bottom)
    east, north = to_degrees.transform(box.right, box.top)
    return round(west, 9), round(south, 9), round(east, 9), round(north, 9)
