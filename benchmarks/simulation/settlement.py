"""A settlement from the air on two dates, down to half a metre, with every roof known.

Nothing of it is a picture of a place: streets, plots, houses, halls, fields, woods and yards are
drawn by chance, then lit, hazed and blurred.  What changes between the dates and is no roof (crops,
roads, trees, cars, shade, slant of the view) changes freely, so that whatever learns from such
pairs must tell roofs from all of that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulation.settlement_plan import Plan, some_plan
from camp_monitor.synthetic.settlement_ground import (
    GROUNDS,
    Canvas,
    Strip,
    cast_shade,
    fractal_noise,
    paint_box,
    paint_open_ground,
    paint_paving,
    paint_tree,
    shade_tree,
    some_sun,
)
from camp_monitor.synthetic.settlement_roofs import cast_shadow, paint_building

CELLS = 2
"""Cells along a side of a pixel."""


@dataclass(frozen=True, eq=False)
class PaintedPair:
    """Two pictures of a painted settlement.

    Parameters
    ----------
    before, after : ndarray
        uint8, (3, row, col): red, green, blue.
    roof_before, roof_after : ndarray of bool
        (row, col): roofs on each date, as far as no tree hides them.
    new_roof, lost_roof : ndarray of bool
        (row, col): roofs of buildings that stand on one date only.
    """

    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    roof_before: NDArray[np.bool_]
    roof_after: NDArray[np.bool_]
    new_roof: NDArray[np.bool_]
    lost_roof: NDArray[np.bool_]


def paint_settlement(
    rng: np.random.Generator, size_px: int = 224, pixel_m: float = 0.5
) -> PaintedPair:
    """Paint one place on two dates.

    Parameters
    ----------
    rng : numpy Generator
        Decides everything.
    size_px : int
        Rows and columns.
    pixel_m : float
        Side of a pixel, metres.

    Returns
    -------
    PaintedPair
    """
    plan = some_plan(rng, size_px * pixel_m)
    cells, cell_m = size_px * CELLS, pixel_m / CELLS
    plots = _plots(rng, cells)
    relief = fractal_noise(rng, (cells, cells), rng.uniform(1.0, 1.8))
    grounds = _grounds(rng, int(plots.max()) + 1)
    lasting_lean = rng.normal(0, 0.12, 2)
    pictures, owners = [], []
    for is_after in (False, True):
        lean = lasting_lean + rng.normal(0, 0.10, 2) * (rng.random() < 0.6)
        canvas = Canvas(
            np.zeros((3, cells, cells), np.float32),
            np.full((cells, cells), -1, np.int16),
            np.zeros((cells, cells), bool),
            cell_m,
        )
        for plot, (kind, seed) in enumerate(grounds[is_after]):
            paint_open_ground(canvas, kind, plots == plot, relief, seed)
        _paint_date(canvas, rng, plan, is_after, (float(lean[0]), float(lean[1])))
        pictures.append(_photograph(rng, canvas))
        owners.append(canvas.owner)
    lasting = np.array([house.before and house.after for house in plan.buildings] + [False])
    return PaintedPair(
        before=pictures[0],
        after=pictures[1],
        roof_before=_to_pixels(owners[0] >= 0),
        roof_after=_to_pixels(owners[1] >= 0),
        new_roof=_to_pixels((owners[1] >= 0) & ~lasting[owners[1]]),
        lost_roof=_to_pixels((owners[0] >= 0) & ~lasting[owners[0]]),
    )


def _plots(rng: np.random.Generator, cells: int) -> NDArray[np.int64]:
    """Divide the ground into a few plots with wavy borders."""
    rows, columns = np.mgrid[:cells, :cells] / cells
    wave = [fractal_noise(rng, (cells, cells), 1.7) * rng.uniform(0, 0.06) for _ in range(2)]
    middles = rng.random((int(rng.integers(1, 8)), 2))
    distances = [np.hypot(rows + wave[0] - m[0], columns + wave[1] - m[1]) for m in middles]
    return np.argmin(np.stack(distances), axis=0)


def _grounds(rng: np.random.Generator, plots: int) -> dict[bool, list[tuple[str, int]]]:
    """Choose what covers each plot before (False) and after (True), with the seed of its grain."""
    kinds = [kind for kind in GROUNDS if kind != "snow"]
    if rng.random() < 0.02:
        kinds = ["snow"]
    chosen: dict[bool, list[tuple[str, int]]] = {False: [], True: []}
    for _ in range(plots):
        first, other = (
            (kinds[rng.integers(len(kinds))], int(rng.integers(2**31))) for _ in range(2)
        )
        chosen[False].append(first)
        chosen[True].append(first if rng.random() < 0.4 else other)
    return chosen


def _paint_date(
    canvas: Canvas,
    rng: np.random.Generator,
    plan: Plan,
    is_after: bool,
    lean: tuple[float, float],
) -> None:
    """Paint what stands on one date on ground that is already painted."""
    sun = some_sun(rng)
    _pave_all(canvas, rng, [strip for strip in plan.strips if strip.stands(is_after)])
    leaves = rng.uniform(0, 1) if rng.random() < 0.3 else 1.0
    trees = [tree for tree in plan.trees if tree.stands(is_after)]
    for tree in trees:
        shade_tree(canvas, tree.x_m, tree.y_m, tree.radius_m, sun)
    buildings = [
        (number, building)
        for number, building in enumerate(plan.buildings)
        if building.stands(is_after)
    ]
    for _, building in buildings:
        cast_shadow(canvas, building, sun)
    for box in plan.boxes:
        if box.stands(is_after):
            paint_box(canvas, box.place, box.size, box.seed)
    cast_shade(canvas, rng, sun)
    for number, building in buildings:
        paint_building(canvas, building, number, sun, lean)
    for tree in trees:
        growth = tree.radius_m * (1.0 if is_after else 0.9)
        paint_tree(canvas, tree.x_m, tree.y_m, growth, sun, tree.seed, leaves)


def _pave_all(canvas: Canvas, rng: np.random.Generator, strips: list[Strip]) -> None:
    """Paint kerbs, then roads, yards and gardens, some roads with a line along the middle."""
    kerb = rng.uniform(0.6, 1.0) if rng.random() < 0.6 else None
    for strip in strips:
        if kerb is not None and strip.is_road:
            _pave(canvas, rng, replace(strip, colour=(kerb, kerb, kerb * 0.95)), 0.7)
    for strip in strips:
        _pave(canvas, rng, strip, 0.0)
        if strip.is_road and rng.random() < 0.3:
            _pave(canvas, rng, replace(strip, width_m=0.4, colour=(0.85, 0.85, 0.8)), 0.0)


def _pave(canvas: Canvas, rng: np.random.Generator, strip: Strip, widened_m: float) -> None:
    """Paint one strip, a little lighter or darker than its colour."""
    radius_m = np.hypot(strip.length_m, strip.width_m) / 2 * (1 + abs(strip.bend) * 100)
    window = canvas.window(strip.x_m, strip.y_m, radius_m + widened_m + 1)
    if window is None:
        return
    tone = rng.normal(1, 0.08)
    red, green, blue = (part * tone for part in strip.colour)
    where = strip.covers(*canvas.coordinates(window), widened_m)
    paint_paving(canvas, window, where, (red, green, blue), int(rng.integers(2**31)))


def _photograph(rng: np.random.Generator, canvas: Canvas) -> NDArray[np.uint8]:
    """Return what the camera makes of the canvas: haze, cast, blur, grain, 8 bits."""
    from scipy import ndimage

    colours = canvas.colours
    shape = colours.shape[1:]
    sharp = ndimage.gaussian_filter(colours, (0, *(CELLS * rng.uniform(0.3, 0.7),) * 2))
    pixels = sharp.reshape(3, shape[0] // CELLS, CELLS, shape[1] // CELLS, CELLS).mean(axis=(2, 4))
    haze = np.array([0.8, 0.9, 1.1])[:, None, None] * rng.uniform(0, 0.12)
    pixels = pixels * rng.uniform(0.75, 1.25) * rng.normal(1, 0.04, (3, 1, 1)) + haze
    pixels = np.maximum(pixels, 0) ** np.exp(rng.normal(0, 0.2))
    pixels = pixels + rng.uniform(0, 0.02) * rng.standard_normal(pixels.shape)
    return np.clip(np.round(pixels * 255), 0, 255).astype(np.uint8)


def _to_pixels(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of which at least half the cells are marked."""
    rows, columns = cells.shape
    shares = cells.reshape(rows // CELLS, CELLS, columns // CELLS, CELLS).mean(axis=(1, 3))
    return np.asarray(shares >= 0.5)
