"""The ground round houses: soil, grass, roads, trees and cars, as an aerial camera sees them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Window = tuple[slice, slice]
Colour = tuple[float, float, float]

GROUNDS: dict[str, Colour] = {
    "lawn": (0.30, 0.36, 0.22),
    "meadow": (0.36, 0.39, 0.26),
    "dry grass": (0.52, 0.46, 0.35),
    "scrub": (0.38, 0.34, 0.28),
    "soil": (0.45, 0.36, 0.28),
    "dark soil": (0.27, 0.22, 0.19),
    "pale soil": (0.66, 0.58, 0.47),
    "gravel": (0.52, 0.50, 0.47),
    "crop": (0.24, 0.33, 0.19),
    "stubble": (0.58, 0.51, 0.37),
    "moss": (0.33, 0.31, 0.24),
    "snow": (0.85, 0.87, 0.90),
}
"""Red, green and blue of open ground, 0 to 1."""
PAVINGS: tuple[Colour, ...] = (
    (0.36, 0.36, 0.37), (0.45, 0.45, 0.45), (0.54, 0.53, 0.51), (0.30, 0.30, 0.31),
    (0.66, 0.64, 0.60), (0.74, 0.72, 0.68), (0.60, 0.52, 0.43), (0.42, 0.40, 0.38),
)  # fmt: skip
"""Asphalt old and new, concrete, trodden earth."""


TILE = 128
"""Side of the piece of noise that is repeated on paved ground, cells."""


@dataclass(frozen=True)
class Sun:
    """Where the light comes from.

    Parameters
    ----------
    right, down : float
        Unit vector on the ground toward the sun, in the picture's directions.
    elevation : float
        Radians above the horizon.
    sky : float
        Share of the light that comes from the whole sky, 0 to 1.
    """

    right: float
    down: float
    elevation: float
    sky: float


def some_sun(rng: np.random.Generator) -> Sun:
    """Return a sun between 22 and 70 degrees high, anywhere round the picture."""
    azimuth = rng.uniform(0, 2 * math.pi)
    elevation = math.radians(rng.uniform(22, 70))
    return Sun(math.cos(azimuth), math.sin(azimuth), elevation, rng.uniform(0.25, 0.55))


@dataclass(frozen=True)
class Dated:
    """Whether something stands on each date."""

    before: bool
    after: bool

    def stands(self, is_after: bool) -> bool:
        """Tell whether it stands on the chosen date."""
        return self.after if is_after else self.before


@dataclass(frozen=True)
class Strip(Dated):
    """A road, drive or yard: middle, size and direction in metres and radians, and colour.

    `bend` lifts the middle line by that many metres for each metre along it, squared.
    """

    x_m: float
    y_m: float
    length_m: float
    width_m: float
    turn: float
    colour: Colour
    bend: float = 0.0
    is_road: bool = False

    def covers(
        self, x_m: NDArray[np.float32], y_m: NDArray[np.float32], widened_m: float = 0.0
    ) -> NDArray[np.bool_]:
        """Tell which points lie on it."""
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        along = (x_m - self.x_m) * cos + (y_m - self.y_m) * sin
        across = (y_m - self.y_m) * cos - (x_m - self.x_m) * sin - self.bend * along**2
        long_enough = np.abs(along) < self.length_m / 2 + widened_m
        inside: NDArray[np.bool_] = (np.abs(across) < self.width_m / 2 + widened_m) & long_enough
        return inside


@dataclass(frozen=True)
class Tree(Dated):
    """One crown."""

    x_m: float
    y_m: float
    radius_m: float
    seed: int


@dataclass(frozen=True)
class Box(Dated):
    """A car, container or stack: middle and direction, length and width, metres and radians."""

    place: tuple[float, float, float]
    size: tuple[float, float]
    seed: int


@dataclass(eq=False)
class Canvas:
    """What is painted into: colours, roofs and shade on fine square cells.

    Parameters
    ----------
    colours : ndarray
        float32, (3, row, col), 0 to 1.
    owner : ndarray
        int16, (row, col): number of the building whose roof is seen there, -1 where there is none.
    shade : ndarray of bool
        (row, col): cells of the ground in shadow.
    cell_m : float
    """

    colours: NDArray[np.float32]
    owner: NDArray[np.int16]
    shade: NDArray[np.bool_]
    cell_m: float

    def window(self, x_m: float, y_m: float, radius_m: float) -> Window | None:
        """Return the window round a point; None where it lies outside."""
        parts = []
        for middle, size in ((y_m, self.owner.shape[0]), (x_m, self.owner.shape[1])):
            first = max(int((middle - radius_m) / self.cell_m), 0)
            last = min(int((middle + radius_m) / self.cell_m) + 1, size)
            if first >= last:
                return None
            parts.append(slice(first, last))
        return parts[0], parts[1]

    def coordinates(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the metres right of and below the corner, of the cells of a window."""
        rows, columns = np.mgrid[window]
        x_m, y_m = (columns + 0.5) * self.cell_m, (rows + 0.5) * self.cell_m
        return x_m.astype(np.float32), y_m.astype(np.float32)

    def put(self, window: Window, where: NDArray[np.bool_], colours: NDArray[np.floating]) -> None:
        """Paint colours, (3, row, col) or broadcast to it, on the chosen cells of a window."""
        view = self.colours[(slice(None), *window)]
        view[:, where] = np.broadcast_to(colours, view.shape)[:, where]


def fractal_noise(
    rng: np.random.Generator, shape: tuple[int, ...], steepness: float
) -> NDArray[np.float32]:
    """Return noise of mean 0 and spread 1 whose amplitude falls with frequency**steepness."""
    rows, columns = np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1])
    frequency = np.hypot(rows[:, None], columns[None])
    frequency[0, 0] = 1
    white = rng.standard_normal(shape, np.float32)
    spectrum = np.fft.rfft2(white) * (frequency**-steepness).astype(np.float32)
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, shape)
    return (noise / max(float(noise.std()), 1e-9)).astype(np.float32)


def paint_open_ground(
    canvas: Canvas, kind: str, where: NDArray[np.bool_], relief: NDArray[np.float32], seed: int
) -> None:
    """Paint soil, grass or crop on the chosen cells of the whole canvas.

    Parameters
    ----------
    canvas : Canvas
    kind : str
        Of `GROUNDS`.
    where : ndarray of bool
    relief : ndarray
        float32, (row, col), noise of spread 1: lasting unevenness, the same on both dates.
    seed : int
        Decides its own grain.
    """
    window = _around(where)
    if window is None:
        return
    rng, where, relief = np.random.default_rng(seed), where[window], relief[window]
    base = np.array(GROUNDS[kind]) * rng.normal(1, 0.10) + rng.normal(0, 0.02, 3)
    tone = 1 + rng.uniform(0.0, 0.12) * relief
    tone = tone + rng.uniform(0.02, 0.12) * fractal_noise(rng, where.shape, rng.uniform(0.6, 1.6))
    tone = tone + rng.uniform(0.01, 0.10) * rng.standard_normal(where.shape, np.float32)
    if kind in ("crop", "stubble", "soil", "lawn") and rng.random() < 0.6:
        tone = tone + rng.uniform(0.02, 0.15) * _furrows(rng, where.shape, canvas.cell_m)
    hue = fractal_noise(rng, where.shape, 1.3) * rng.uniform(0, 0.04)
    tint = np.array([1.0, 0.3, -0.6])[:, None, None] * hue[None]
    colours = base[:, None, None] * (tone[None] + tint)
    if kind in ("scrub", "meadow", "moss") and rng.random() < 0.7:
        tufts = fractal_noise(rng, where.shape, rng.uniform(0.5, 1.0)) > rng.uniform(0.8, 2.0)
        colours = np.where(tufts, colours * rng.uniform(0.5, 0.8), colours)
    canvas.put(window, where, colours.astype(np.float32))


def _furrows(
    rng: np.random.Generator, shape: tuple[int, ...], cell_m: float
) -> NDArray[np.float32]:
    """Return the stripes of plough, drill or mower, of spread about 1."""
    rows, columns = np.indices(shape) * cell_m
    turn = rng.uniform(0, math.pi)
    position = rows * math.cos(turn) + columns * math.sin(turn)
    wobble = fractal_noise(rng, shape, 1.8) * rng.uniform(0, 0.5)
    stripes = np.sin((position + wobble) * 2 * math.pi / rng.uniform(0.9, 8.0))
    return (stripes * (0.7 + 0.3 * fractal_noise(rng, shape, 1.2))).astype(np.float32)


def paint_paving(
    canvas: Canvas,
    window: Window,
    where: NDArray[np.bool_],
    colour: Colour,
    seed: int,
) -> None:
    """Paint a road, yard or path on the chosen cells of a window."""
    rng = np.random.default_rng(seed)
    tile = fractal_noise(rng, (TILE, TILE), rng.uniform(0.8, 1.6))  # its edges fit together
    rows, columns = where.shape
    noise = np.tile(tile, (-(-rows // TILE), -(-columns // TILE)))[:rows, :columns]
    tone = 1 + rng.uniform(0.01, 0.05) * noise
    tone = tone + rng.uniform(0.0, 0.05) * rng.standard_normal(where.shape, np.float32)
    canvas.put(window, where, np.array(colour)[:, None, None] * tone[None])


def _around(where: NDArray[np.bool_]) -> Window | None:
    """Return the smallest window that holds the chosen cells; None where there are none."""
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    if rows.size == 0:
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def paint_tree(
    canvas: Canvas, x_m: float, y_m: float, radius_m: float, sun: Sun, seed: int, leaves: float
) -> None:
    """Paint one crown; `leaves` of 1 is full summer, 0 is bare and half transparent."""
    rng = np.random.default_rng(seed)
    window = canvas.window(x_m, y_m, radius_m * 1.4)
    if window is None:
        return
    right, down = canvas.coordinates(window)
    right, down = (right - x_m) / radius_m, (down - y_m) / radius_m
    lumps = fractal_noise(rng, right.shape, 1.2)
    distance = np.hypot(right, down) + 0.18 * lumps
    crown = distance < 1
    dome = np.sqrt(np.maximum(1 - distance**2, 0))
    light = 0.55 + 0.35 * (sun.right * right + sun.down * down) + 0.25 * dome
    light = light * (1 + rng.uniform(0.08, 0.25) * rng.standard_normal(right.shape))
    green = np.array([0.24, 0.30, 0.18]) * rng.normal(1, 0.15) + rng.normal(0, 0.015, 3)
    bare = np.array([0.33, 0.29, 0.25]) * rng.normal(1, 0.1)
    colour = green * leaves + bare * (1 - leaves)
    if leaves < 0.5:
        crown &= rng.random(crown.shape) < 0.35 + leaves
    canvas.put(window, crown, colour[:, None, None] * np.maximum(light, 0.15)[None])
    canvas.owner[window][crown] = -1


def shade_tree(canvas: Canvas, x_m: float, y_m: float, radius_m: float, sun: Sun) -> None:
    """Add the shadow of a crown to the canvas's shade."""
    away = radius_m * 1.2 / math.tan(sun.elevation)
    x_m, y_m = x_m - sun.right * away, y_m - sun.down * away
    window = canvas.window(x_m, y_m, radius_m)
    if window is not None:
        right, down = canvas.coordinates(window)
        canvas.shade[window] |= np.hypot(right - x_m, down - y_m) < radius_m * 0.95


def paint_box(
    canvas: Canvas, place: tuple[float, float, float], size: tuple[float, float], seed: int
) -> None:
    """Paint a car, lorry, container or stack: a small bright or dark rectangle that is no roof."""
    rng = np.random.default_rng(seed)
    x_m, y_m, turn = place
    window = canvas.window(x_m, y_m, max(size))
    if window is None:
        return
    right, down = canvas.coordinates(window)
    along = (right - x_m) * math.cos(turn) + (down - y_m) * math.sin(turn)
    across = (down - y_m) * math.cos(turn) - (right - x_m) * math.sin(turn)
    body = (np.abs(along) < size[0] / 2) & (np.abs(across) < size[1] / 2)
    paint = rng.choice([0.1, 0.25, 0.5, 0.75, 0.95]) * np.ones(3)
    if rng.random() < 0.35:
        paint = rng.uniform(0.1, 0.8, 3)
    canvas.put(window, body, paint[:, None, None])
    glass = body & (np.abs(np.abs(along) - size[0] * 0.25) < size[0] * 0.07)
    canvas.put(window, glass, paint[:, None, None] * 0.45)


def cast_shade(canvas: Canvas, rng: np.random.Generator, sun: Sun) -> None:
    """Darken what lies in shade; the light left there is bluish."""
    from scipy import ndimage

    left = np.array([0.9, 1.0, 1.15]) * sun.sky * rng.uniform(0.8, 1.2)
    soft = ndimage.gaussian_filter(canvas.shade.astype(np.float32), 0.8)
    canvas.colours *= 1 - soft[None] * (1 - left[:, None, None].astype(np.float32))
