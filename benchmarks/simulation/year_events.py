"""What people and the river do to a place over years: buildings, ponds, floods, and passing things.

An event is something a monitor must find; a passing thing is something it must not call one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity

from camp_monitor.synthetic.ground import water_fraction
from camp_monitor.synthetic.landscape import Landscape
from camp_monitor.synthetic.materials import Cover, spectrum
from camp_monitor.synthetic.structures import Structure, rectangle

PassingKind = Literal["ploughed", "greenhouse", "heaps"]
EventKind = Literal["construction", "flooding", "water_gain"]
LEAST_M2 = 2_000.0
YARDS_M = ((38.0, 125.0), (34.0, 80.0))
"""Least and most length and width of the yard of a group of new buildings."""
PONDS_M2 = (2_000.0, 20_000.0)
FLOODS_M, FLOODS_DAYS = (1.2, 2.0), (15, 45)
BUILDING_DAYS, DIGGING_DAYS = (30, 92), (25, 70)
ROOFS = ("roof_cement", "roof_tile", "roof_blue", "concrete")
DRY_FROM_M = 3.2
"""Ground this high above the river's usual level is on no terrace that it floods."""
LEVEL_SLOPE = 0.12
DIG_SHARE, LEVELLED_SHARE = 0.35, 0.35
"""Share of the time of building that passes before the first water stands, or the first wall."""
APART_M = 25.0
FLOODED_SHARE = 0.5
"""Ground counts as flooded where open water covers this much more of it than usual."""
SPECK_M2 = 400.0
"""Smaller puddles are left out of the outline of a flood."""


@dataclass(frozen=True)
class PaintedEvent:
    """One thing that happens at a place, and must be found once.

    Parameters
    ----------
    facility_id : str
    kind : str
        ``construction``, ``flooding`` or ``water_gain``.
    began_on, whole_on : date
        First day on which anything of it is to be seen, and the first on which all of it is.
    ended_on : date or None
        First day without it; None where it stays.
    footprint : shapely Polygon or MultiPolygon
        In the CRS of the place's grid: yard and buildings, all of the pond's water, or the ground
        under the flood at its highest.
    area_m2 : float
        Of the footprint.
    seed : int
        For its looks.
    rise_m : float
        Of the river at its highest; 0 for what is no flood.
    """

    facility_id: str
    kind: EventKind
    began_on: date
    whole_on: date
    ended_on: date | None
    footprint: shapely.Polygon | shapely.MultiPolygon
    area_m2: float
    seed: int
    rise_m: float = 0.0


@dataclass(frozen=True)
class PassingThing:
    """Something that comes and goes, or is worked over, as every year: no event.

    Parameters
    ----------
    facility_id : str
    kind : str
        ``ploughed`` field, ``greenhouse`` of vinyl, or ``heaps`` of the harvest.
    from_on, to_on : date
        First day with it, and first without.
    footprint : shapely Polygon
        In the CRS of the place's grid.
    """

    facility_id: str
    kind: PassingKind
    from_on: date
    to_on: date
    footprint: shapely.Polygon


def draw_yard(rng: np.random.Generator) -> shapely.Polygon:
    """Draw the yard of a group of buildings round the origin, at least `LEAST_M2`."""
    length_m, width_m = (rng.uniform(*reach) for reach in YARDS_M)
    longer = max(1.0, math.sqrt(1.03 * LEAST_M2 / (length_m * width_m)))
    turn_deg = rng.uniform(-25, 25) + 90 * rng.integers(2)
    return rectangle(0, 0, longer * length_m, longer * width_m, turn_deg)


def draw_pond(rng: np.random.Generator) -> shapely.Polygon:
    """Draw the water of a pond round the origin: a basin with straight banks, or a bent one."""
    least, most = np.log(PONDS_M2)
    area_m2 = float(np.exp(rng.uniform(least + 0.03, most)))
    if rng.random() < 0.5:
        pond = rectangle(0, 0, 1.0, rng.uniform(0.35, 0.9))
    else:
        turns = np.linspace(0, 2 * math.pi, 24, endpoint=False)
        bends = rng.normal(0, 0.12, 3)
        reach = 1 + sum(bend * np.cos((n + 2) * turns + n) for n, bend in enumerate(bends))
        pond = shapely.Polygon(np.stack([reach * np.cos(turns), 0.6 * reach * np.sin(turns)], 1))
    scale = math.sqrt(area_m2 / pond.area)
    grown: shapely.Polygon = affinity.scale(pond, scale, scale, origin=(0, 0))
    turned: shapely.Polygon = affinity.rotate(grown, rng.uniform(0, 180), origin=(0, 0))
    return turned


def building_ground(landscape: Landscape) -> NDArray[np.bool_]:
    """Tell on which cells one may build or dig: level, dry at every flood, no road, no wood."""
    by_row, by_column = np.gradient(landscape.height_m, landscape.cell_m)
    level = np.hypot(by_row, by_column) < LEVEL_SLOPE
    open_ground = np.isin(landscape.cover, (Cover.FIELD, Cover.PATH, Cover.SCRUB))
    return np.asarray(open_ground & level & (landscape.height_m > DRY_FROM_M))


def place_on(
    shape: shapely.Polygon,
    allowed: NDArray[np.bool_],
    landscape: Landscape,
    within: shapely.Polygon,
    taken: list[shapely.Polygon],
    rng: np.random.Generator,
) -> shapely.Polygon | None:
    """Move a shape to a chance place where all of it may lie, or say that there is none.

    Parameters
    ----------
    shape : shapely Polygon
        Round the origin.
    allowed : ndarray of bool
        (row, col), on the landscape's cells.
    landscape : Landscape
    within : shapely Polygon
        It lies within this,
    taken : list of shapely Polygon
        and `APART_M` away from each of these.
    rng : Generator
    """
    left, low, right, high = within.bounds
    for _ in range(600):
        moved: shapely.Polygon = affinity.translate(
            shape, rng.uniform(left, right), rng.uniform(low, high)
        )
        if not within.contains(moved) or any(moved.distance(other) < APART_M for other in taken):
            continue
        if covers_only(moved, allowed, landscape):
            return moved
    return None


def cells_under(shape: shapely.Polygon, landscape: Landscape) -> NDArray[np.bool_]:
    """Tell which cells a polygon touches."""
    from rasterio.features import geometry_mask

    return np.asarray(
        geometry_mask(
            [shape], landscape.cover.shape, landscape.grid.affine, all_touched=True, invert=True
        )
    )


def covers_only(
    shape: shapely.Polygon, allowed: NDArray[np.bool_], landscape: Landscape, share: float = 0.97
) -> bool:
    """Tell whether (nearly) all cells under a polygon are allowed."""
    under = cells_under(shape, landscape)
    return bool(under.any() and allowed[under].mean() >= share)


def flooded_ground(
    landscape: Landscape, rise_m: float, within: shapely.Polygon
) -> shapely.MultiPolygon:
    """Return the ground that a rise of the river puts under water, without small puddles."""
    from rasterio.features import shapes

    wetter = water_fraction(landscape, rise_m) - water_fraction(landscape, 0.0)
    is_wet = (wetter >= FLOODED_SHARE).astype(np.uint8)
    found = shapes(is_wet, is_wet > 0, connectivity=8, transform=landscape.grid.affine)
    whole = shapely.union_all([shapely.geometry.shape(one) for one, _ in found])
    parts = shapely.get_parts(whole.intersection(within))
    kept = [part for part in parts if part.geom_type == "Polygon" and part.area >= SPECK_M2]
    return shapely.MultiPolygon(kept)


def flood_rise_m(event: PaintedEvent, on: date) -> float:
    """Return how far a flood lifts the river on a day: it comes in days and goes in weeks."""
    if event.ended_on is None or not event.began_on <= on < event.ended_on:
        return 0.0
    days = (on - event.began_on).days
    up_days = (event.whole_on - event.began_on).days
    if days < up_days:
        return event.rise_m * (days + 1) / (up_days + 1)
    gone = (days - up_days) / ((event.ended_on - event.began_on).days - up_days)
    return event.rise_m * (1.0 if gone < 0.2 else math.sqrt(1 - (gone - 0.2) / 0.8))


def share_done(event: PaintedEvent, on: date) -> float:
    """Return how much of the time of building has passed on a day: below 0 before, 1 at its end."""
    return (on - event.began_on) / max(event.whole_on - event.began_on, timedelta(days=1))


def yard_structures(event: PaintedEvent, on: date) -> list[Structure]:
    """List what stands of a group of buildings on a day: earthworks grow, then roof after roof."""
    done = share_done(event, on)
    if done < 0:
        return []
    levelled = math.sqrt(min(1.0, 0.35 + 0.65 * done / LEVELLED_SHARE))
    rng = np.random.default_rng([event.seed, 1])
    colour = _colour("soil" if done < LEVELLED_SHARE else "trodden_earth", rng.normal(1, 0.06))
    yard = affinity.scale(event.footprint, levelled, levelled)
    roofs = _roofs_in(event.footprint, rng)
    share_up = (done - LEVELLED_SHARE) / (1 - LEVELLED_SHARE)
    standing = math.floor(len(roofs) * min(max(share_up, 0.0), 1.0) + 1e-9)
    return [Structure(yard, colour), *roofs[:standing]]


def pond_water(event: PaintedEvent, on: date) -> shapely.Polygon | None:
    """Return the water of a pond on a day, or None while it is dry."""
    done = share_done(event, on)
    if done < DIG_SHARE:
        return None
    filled = math.sqrt(min(1.0, 0.15 + 0.85 * (done - DIG_SHARE) / (1 - DIG_SHARE)))
    water: shapely.Polygon = affinity.scale(event.footprint, filled, filled)
    return water


def pond_structures(event: PaintedEvent, on: date) -> list[Structure]:
    """List what is to be seen of a pond: dug soil with its bank, then water in it."""
    done = share_done(event, on)
    if done < 0:
        return []
    dug = math.sqrt(min(1.0, 0.3 + 0.7 * done / DIG_SHARE))
    tone = np.random.default_rng([event.seed, 2]).normal(1, 0.06)
    bank = affinity.scale(event.footprint.buffer(5.0), dug, dug)
    weeks_full = max((on - event.whole_on).days / 7, 0.0)
    seen = [Structure(bank, _colour("soil" if weeks_full < 12 else "trodden_earth", tone))]
    water = pond_water(event, on)
    if water is not None:
        murk = math.exp(-weeks_full / 8)
        colour = murk * spectrum("flood") + (1 - murk) * spectrum("pond")
        seen.append(Structure(water, tuple(float(value) for value in colour)))
    return seen


def passing_structures(thing: PassingThing, on: date) -> list[Structure]:
    """List what is to be seen of a passing thing on a day."""
    if not thing.from_on <= on < thing.to_on:
        return []
    if thing.kind == "ploughed":
        return [Structure(thing.footprint, _colour("soil", 1.12))]
    if thing.kind == "greenhouse":
        return [
            Structure(part, _colour("vinyl"), height_m=2.5)
            for part in _strips(thing.footprint, width_m=7.0, gap_m=3.0)
        ]
    rng = np.random.default_rng([thing.from_on.toordinal(), int(thing.footprint.bounds[0])])
    left, low, right, high = thing.footprint.bounds
    heaps = []
    for _ in range(7):
        heap = rectangle(rng.uniform(left, right), rng.uniform(low, high),
                         rng.uniform(4, 9), rng.uniform(3, 6), rng.uniform(0, 90))  # fmt: skip
        if thing.footprint.contains(heap):
            heaps.append(Structure(heap, _colour("straw", 1.15), height_m=2.0))
    return heaps


def _roofs_in(yard: shapely.Polygon, rng: np.random.Generator) -> list[Structure]:
    """Fill a yard with rows of buildings, 9 to 13 m wide and about 30 to 60 m long."""
    colour = _colour(ROOFS[rng.integers(len(ROOFS))])
    width_m, gap_m = rng.uniform(9, 13), rng.uniform(7, 11)
    roofs = []
    for strip in _strips(yard.buffer(-4.0, join_style="mitre"), width_m, gap_m):
        corners = shapely.get_coordinates(strip)
        length_m = float(np.hypot(*(corners[1] - corners[0])))
        pieces = max(1, round(length_m / rng.uniform(34, 60)))
        for number in range(pieces):
            start, end = (number + rng.uniform(0, 0.08)) / pieces, (number + 0.88) / pieces
            height_m = float(rng.uniform(3.5, 7.0))
            roofs.append(Structure(_stretch(strip, start, end), colour, height_m, pitched=True))
    return roofs


def _strips(area: shapely.Polygon, width_m: float, gap_m: float) -> list[shapely.Polygon]:
    """Cut a rectangle into strips along its longer side."""
    corners = shapely.get_coordinates(area.minimum_rotated_rectangle)[:4]
    if math.dist(corners[0], corners[1]) < math.dist(corners[1], corners[2]):
        corners = np.roll(corners, -1, axis=0)
    start, along, across = corners[0], corners[1] - corners[0], corners[3] - corners[0]
    breadth_m = float(np.hypot(*across))
    count = max(1, int((breadth_m + gap_m) / (width_m + gap_m)))
    margin_m = max(0.0, (breadth_m - count * width_m - (count - 1) * gap_m) / 2)
    strips = []
    for number in range(count):
        near = (margin_m + number * (width_m + gap_m)) / breadth_m
        far = min(1.0, near + width_m / breadth_m)
        base, top = start + near * across, start + far * across
        strips.append(shapely.Polygon([base, base + along, top + along, top]))
    return strips


def _stretch(strip: shapely.Polygon, start: float, end: float) -> shapely.Polygon:
    """Return the part of a strip between two shares of its length."""
    base, base_end, top_end, top = shapely.get_coordinates(strip)[:4]
    along, along_top = base_end - base, top_end - top
    return shapely.Polygon(
        [base + start * along, base + end * along, top + end * along_top, top + start * along_top]
    )


def _colour(name: str, tone: float = 1.0) -> tuple[float, ...]:
    return tuple(float(value * tone) for value in spectrum(name))
