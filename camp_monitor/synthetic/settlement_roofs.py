"""Roofs as an aerial camera sees them: wings, slopes, ridges, material and what stands on top."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.synthetic.settlement_ground import Canvas, Colour, Dated, Sun, fractal_noise

ROOF_COLOURS: tuple[Colour, ...] = (
    (0.30, 0.29, 0.28), (0.38, 0.38, 0.38), (0.24, 0.25, 0.28), (0.45, 0.44, 0.42),
    (0.36, 0.32, 0.28), (0.44, 0.38, 0.32), (0.55, 0.46, 0.37), (0.52, 0.31, 0.24),
    (0.60, 0.36, 0.27), (0.45, 0.20, 0.17), (0.28, 0.36, 0.31), (0.30, 0.42, 0.55),
    (0.22, 0.34, 0.56), (0.62, 0.62, 0.62), (0.74, 0.75, 0.76), (0.90, 0.90, 0.88),
    (0.68, 0.63, 0.55), (0.50, 0.52, 0.56), (0.20, 0.20, 0.21), (0.57, 0.50, 0.45),
)  # fmt: skip
"""Red, green and blue, 0 to 1: shingle, slate, tile, painted metal, cement, gravel, membrane."""


@dataclass(frozen=True)
class Wing:
    """One rectangle of a building.

    Parameters
    ----------
    x_m, y_m : float
        Middle, metres right of and below the corner of the scene.
    length_m, width_m : float
        The ridge runs along the length.
    turn : float
        Direction of the length, radians from right to down.
    """

    x_m: float
    y_m: float
    length_m: float
    width_m: float
    turn: float


@dataclass(frozen=True)
class Building(Dated):
    """One building.

    Parameters
    ----------
    wings : tuple of Wing
    form : str
        ``hip``, ``gable``, ``flat`` or ``shed``.
    slope : float
        Rise of the roof for each metre across.
    height_m : float
        Of the eaves.
    colour : tuple of float
    seed : int
        Decides its grain and what stands on its roof, the same on both dates.
    """

    wings: tuple[Wing, ...]
    form: str
    slope: float
    height_m: float
    colour: Colour
    seed: int

    @property
    def radius_m(self) -> float:
        """Distance from the first wing's middle within which all of it lies."""
        first = self.wings[0]
        return max(
            math.hypot(wing.x_m - first.x_m, wing.y_m - first.y_m)
            + math.hypot(wing.length_m, wing.width_m) / 2
            for wing in self.wings
        )


def house(rng: np.random.Generator, x_m: float, y_m: float, turn: float) -> tuple[Wing, ...]:
    """Return the wings of a dwelling of 60 to 450 m2 round a point."""
    length, width = rng.uniform(11, 21), rng.uniform(7.5, 16)
    wings = [Wing(x_m, y_m, length, min(width, length), turn)]
    for _ in range(rng.choice([0, 1, 2, 3], p=[0.25, 0.35, 0.3, 0.1])):
        along = rng.uniform(-0.5, 0.5) * length
        out = rng.choice([-1, 1]) * width * rng.uniform(0.25, 0.6)
        wings.append(_beside(wings[0], along, out, rng.uniform(5, 10), rng.uniform(4.5, 8), rng))
    return tuple(wings)


def hall(rng: np.random.Generator, x_m: float, y_m: float, turn: float) -> tuple[Wing, ...]:
    """Return the wings of a shop, school, barrack or factory round a point."""
    length = rng.uniform(16, 70)
    wings = [Wing(x_m, y_m, length, rng.uniform(7, min(length, 45)), turn)]
    for _ in range(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1])):
        along = rng.uniform(-0.5, 0.5) * length
        out = rng.choice([-1, 1]) * wings[0].width_m * rng.uniform(0.3, 0.6)
        wings.append(_beside(wings[0], along, out, rng.uniform(8, 25), rng.uniform(6, 15), rng))
    return tuple(wings)


def shed(rng: np.random.Generator, x_m: float, y_m: float, turn: float) -> tuple[Wing, ...]:
    """Return the one wing of a shed or garage."""
    return (Wing(x_m, y_m, rng.uniform(4, 9), rng.uniform(3, 6), turn),)


def _beside(
    main: Wing, along: float, out: float, length: float, width: float, rng: np.random.Generator
) -> Wing:
    cos, sin = math.cos(main.turn), math.sin(main.turn)
    turn = main.turn + (math.pi / 2 if rng.random() < 0.7 else 0)
    x_m, y_m = main.x_m + along * cos - out * sin, main.y_m + along * sin + out * cos
    return Wing(x_m, y_m, max(length, width), min(length, width), turn)


def paint_building(
    canvas: Canvas, building: Building, number: int, sun: Sun, lean: tuple[float, float]
) -> None:
    """Paint the walls and the roof of a building, and mark the roof as its own.

    Parameters
    ----------
    canvas : Canvas
        Painted into.
    building : Building
    number : int
        Written to the owner of the roof's cells.
    sun : Sun
    lean : tuple of float
        Metres right and down by which a point one metre high is displaced by the slanting view.
    """
    rng = np.random.default_rng(building.seed)
    shift = building.height_m * lean[0], building.height_m * lean[1]
    first = building.wings[0]
    window = canvas.window(first.x_m, first.y_m, building.radius_m + np.hypot(*shift) + 1)
    if window is None:
        return
    x_m, y_m = canvas.coordinates(window)
    steps = int(np.hypot(*shift) / (2 * canvas.cell_m))
    wall = np.array(building.colour) * 0.5 + np.array([0.2, 0.19, 0.17]) * rng.uniform(0.3, 1.2)
    for step in range(steps):
        part = step / max(steps, 1)
        inside, _ = _heights(building, x_m - shift[0] * part, y_m - shift[1] * part)
        canvas.put(window, inside, wall[:, None, None])
    inside, height_m = _heights(building, x_m - shift[0], y_m - shift[1])
    if inside.any():
        canvas.put(window, inside, _lit_roof(rng, building, sun, height_m, canvas.cell_m, inside))
        canvas.owner[window][inside] = number


def cast_shadow(canvas: Canvas, building: Building, sun: Sun) -> None:
    """Add the shadow of a building to the canvas's shade."""
    first = building.wings[0]
    reach_m = building.height_m / math.tan(sun.elevation)
    window = canvas.window(first.x_m, first.y_m, building.radius_m + reach_m + 1)
    if window is None:
        return
    x_m, y_m = canvas.coordinates(window)
    steps = int(reach_m / (4 * canvas.cell_m)) + 1
    for step in range(steps + 1):
        away = reach_m * step / steps
        shifted = x_m + away * sun.right, y_m + away * sun.down
        canvas.shade[window] |= _heights(building, *shifted)[0]


def _heights(
    building: Building, x_m: NDArray[np.float32], y_m: NDArray[np.float32]
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Tell which cells a roof covers, and how high it is above the eaves there, metres."""
    inside = np.zeros(x_m.shape, bool)
    height = np.zeros(x_m.shape, np.float32)
    for wing in building.wings:
        cos, sin = math.cos(wing.turn), math.sin(wing.turn)
        along = (x_m - wing.x_m) * cos + (y_m - wing.y_m) * sin
        across = (y_m - wing.y_m) * cos - (x_m - wing.x_m) * sin
        from_side = wing.width_m / 2 - np.abs(across)
        from_end = wing.length_m / 2 - np.abs(along)
        within = (from_side > 0) & (from_end > 0)
        if building.form == "hip":
            rise = np.minimum(from_side, from_end) * building.slope
        elif building.form == "gable":
            rise = from_side * building.slope
        elif building.form == "shed":
            rise = (across + wing.width_m / 2) * building.slope
        else:
            rise = np.full(x_m.shape, 0.01)
        height = np.where(within, np.maximum(height, rise), height)
        inside |= within
    return inside, height.astype(np.float32)


def _lit_roof(
    rng: np.random.Generator,
    building: Building,
    sun: Sun,
    height_m: NDArray[np.float32],
    cell_m: float,
    inside: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Return the colours of a roof, (3, row, col), lit by the sun."""
    down, right = np.gradient(height_m, cell_m)
    # steps between wings and at the eaves are walls, not slopes
    down, right = (np.clip(part, -1.0, 1.0) for part in (down, right))
    facing = sun.right * -right + sun.down * -down
    light = np.sin(sun.elevation) + facing * np.cos(sun.elevation)
    light = np.maximum(light / np.sqrt(1 + down**2 + right**2), 0)
    light = sun.sky + (1 - sun.sky) * light / max(np.sin(sun.elevation), 0.3)
    grain = rng.uniform(0.01, 0.07) * rng.standard_normal(height_m.shape)
    stains = rng.uniform(0.01, 0.09) * fractal_noise(rng, height_m.shape, rng.uniform(0.8, 1.6))
    tone = 1 + grain + stains
    if rng.random() < 0.35:
        tone = tone + _ribs(rng, building, height_m.shape, cell_m)
    ridge = np.abs(np.gradient(down, axis=0) + np.gradient(right, axis=1))
    tone = tone + rng.normal(0, 0.12) * (ridge > 0.3 * max(building.slope, 0.05))
    colours = np.array(building.colour)[:, None, None] * (light * tone)[None]
    colours = colours.astype(np.float32)
    _things_on_top(rng, building, colours, inside, sun, cell_m)
    return colours


def _ribs(
    rng: np.random.Generator, building: Building, shape: tuple[int, ...], cell_m: float
) -> NDArray[np.float64]:
    """Return the stripes of sheet metal or rows of tile, as a relative brightness."""
    rows, columns = np.indices(shape) * cell_m
    turn = building.wings[0].turn + rng.choice([0, math.pi / 2])
    position = rows * math.cos(turn) - columns * math.sin(turn)
    stripes: NDArray[np.float64] = np.sin(position * 2 * math.pi / rng.uniform(0.7, 3.0))
    return stripes * rng.uniform(0.01, 0.06)


def _things_on_top(
    rng: np.random.Generator,
    building: Building,
    colours: NDArray[np.float32],
    inside: NDArray[np.bool_],
    sun: Sun,
    cell_m: float,
) -> None:
    """Paint vents, skylights, panels and machines on a roof; edge it with a gutter or parapet."""
    from scipy import ndimage

    if rng.random() < 0.4:
        rim = inside & ~ndimage.binary_erosion(inside, iterations=int(rng.choice([1, 2])))
        colours[:, rim] *= rng.choice([0.7, 0.85, 1.2, 1.4])
    rows, columns = np.nonzero(inside)
    flat = building.form == "flat"
    for _ in range(rng.poisson(rows.size * cell_m**2 / (60 if flat else 120))):
        pick = rng.integers(rows.size)
        side = int(rng.uniform(0.6, 4.0 if flat else 1.6) / cell_m) + 1
        row, column = rows[pick], columns[pick]
        offset = round(-sun.down * side / 2), round(-sun.right * side / 2)
        dark = np.s_[:, max(row + offset[0], 0) : max(row + offset[0] + side, 0),
                     max(column + offset[1], 0) : max(column + offset[1] + side, 0)]  # fmt: skip
        colours[dark] *= 0.6
        top = np.s_[:, row : row + side, column : column + side]
        colours[top] = np.float32(rng.choice([0.2, 0.5, 0.75, 0.9])) * rng.uniform(0.8, 1.1)
