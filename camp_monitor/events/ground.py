"""Ground: which findings lie on the same piece of it, and what of it a look did not see."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from camp_monitor.records.finding import Finding

SHARED_FRACTION = 0.25
"""Two regions are of one thing when they share this part of the smaller."""
PART_FRACTION = 0.25
"""What comes or goes on less than this part of the ground is a rim, and not the thing."""
RIM_DAYS = 60
"""A rim is of a thing that was called so soon before or after it: a flood rises and drains."""
ALIKE_FRACTION = 0.5
"""Two regions are alike when what they share is this part of what they cover together."""
MOST_POINTS = 24
"""Of a piece of ground, so many points are asked whether they were seen."""
DEGREE_M = 111_195.0
"""A degree of latitude, or of longitude at the equator, on a sphere."""


@dataclass(frozen=True, eq=False)
class Ground:
    """The ground of one finding, the surest of its kind there, and all findings that share it.

    Parameters
    ----------
    core : Finding
        On whose ground all looks are heard.
    findings : tuple of Finding
        In order of time, the core among them.
    beside : tuple of Finding
        In order of time: such as touch the core, and are of the ground of another.
    """

    core: Finding
    findings: tuple[Finding, ...]
    beside: tuple[Finding, ...] = ()

    @cached_property
    def key(self) -> tuple[tuple[str, ...], ...]:
        """Ids of the core, of its findings and of those beside: the same ground, the same key."""
        return (self.core.id,), *(
            tuple(one.id for one in some) for some in (self.findings, self.beside)
        )

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """Some points that stand for it, (point, 2), lon then lat, the same every time."""
        region = self.core.geometry
        west, south, east, north = region.bounds
        side = math.ceil(math.sqrt(2 * MOST_POINTS))
        steps = (np.arange(side) + 0.5) / side
        lon, lat = np.meshgrid(west + steps * (east - west), south + steps * (north - south))
        inside = shapely.contains_xy(region, lon.ravel(), lat.ravel())
        found = np.column_stack([lon.ravel()[inside], lat.ravel()[inside]])
        if len(found) == 0:
            found = shapely.get_coordinates(region.representative_point())
        return found[:: math.ceil(len(found) / MOST_POINTS)]

    def share_in(self, findings: Sequence[Finding]) -> float:
        """Return the share of the core that lies in some regions, 0 to 1."""
        if not findings:
            return 0.0
        held = np.zeros(len(self.points), bool)
        for one in findings:
            held |= shapely.contains_xy(one.geometry, self.points[:, 0], self.points[:, 1])
        return float(held.mean())

    def share_of(self, area: BaseGeometry | None) -> float:
        """Return the share of the core that lies in an area, 0 to 1."""
        if area is None or area.is_empty:
            return 0.0
        return float(shapely.contains_xy(area, self.points[:, 0], self.points[:, 1]).mean())


def share_ground(first: BaseGeometry, second: BaseGeometry) -> bool:
    """Whether two regions share enough of the smaller to be one thing."""
    if not first.intersects(second):
        return False
    least = min(first.area, second.area)
    return bool(first.intersection(second).area >= SHARED_FRACTION * least)


def group_by_ground(
    findings: Sequence[Finding],
    odds: Sequence[float],
    *,
    largest: bool = False,
    doubtful: Collection[str] = (),
) -> list[Ground]:
    """Put findings together that share the ground of a surer one.

    The surest finding is taken first, of several the one that most others are like or the largest,
    with all that share ground with it; then the surest of the rest.  So two things side by side
    stay two, though a third finding covers both.

    Parameters
    ----------
    findings : sequence of Finding
        In order of time.
    odds : sequence of float
        How sure each is.
    largest : bool
        Of findings that are as sure, the largest is taken, as of a flood its height; False: the one
        that most others are like, as of a building that others join with a field beside it.
    doubtful : collection of str
        Ids of findings that are taken for mistakes: they take no rims of other times with them, as
        a smooth field would a pond that was dug in it later.

    Returns
    -------
    list of Ground
        In the order of their first findings.
    """
    if not findings:
        return []
    tree = shapely.STRtree([finding.geometry for finding in findings])
    free = dict.fromkeys(range(len(findings)))
    grounds: list[tuple[list[int], Ground]] = []
    typical = [one.area_m2 for one in findings] if largest else _alike(findings, tree)
    for number in sorted(free, key=lambda one: (-odds[one], -typical[one], one)):
        if number not in free:
            continue
        core = findings[number]
        near = sorted(tree.query(core.geometry, predicate="intersects").tolist())
        own = [
            one
            for one in near
            if one in free and share_ground(core.geometry, findings[one].geometry)
        ]
        if core.id in doubtful:
            own = _without_rims(core, own, findings)
        for one in own:
            del free[one]
        beside = (findings[one] for one in near if one not in own)
        grounds.append((own, Ground(core, tuple(findings[one] for one in own), tuple(beside))))
    return [ground for _, ground in sorted(grounds, key=lambda pair: pair[0][0])]


def _without_rims(core: Finding, own: list[int], findings: Sequence[Finding]) -> list[int]:
    """Leave out rims of the core that were called at other times than it, see `RIM_DAYS`."""
    least = PART_FRACTION * core.geometry.area
    whole = {one for one in own if findings[one].geometry.intersection(core.geometry).area >= least}
    days = np.array([findings[one].after.last_instant.timestamp() / 86_400 for one in own])
    times = days[[one in whole for one in own]]
    near = np.abs(days[:, None] - times).min(axis=1) <= RIM_DAYS
    return [one for one, is_near in zip(own, near, strict=True) if one in whole or is_near]


def touching(cores: Sequence[Finding], others: Sequence[Finding]) -> list[list[Finding]]:
    """Return, for each of some findings, those of others that touch it, in their order."""
    tree = shapely.STRtree([one.geometry for one in others])
    return [
        [others[one] for one in sorted(tree.query(core.geometry, predicate="intersects").tolist())]
        for core in cores
    ]


def _alike(findings: Sequence[Finding], tree: shapely.STRtree) -> Sequence[float]:
    """Count for each finding the others that share at least half of the ground of both."""
    regions = np.array([finding.geometry for finding in findings])
    areas = shapely.area(regions)
    one, other = tree.query(regions)
    least, most = np.minimum(areas[one], areas[other]), np.maximum(areas[one], areas[other])
    may_be = (one < other) & (least >= ALIKE_FRACTION * most)
    one, other = one[may_be], other[may_be]
    common = shapely.area(shapely.intersection(regions[one], regions[other]))
    alike = common >= ALIKE_FRACTION * (areas[one] + areas[other] - common)
    counts = np.bincount(one[alike], minlength=len(regions))
    counts += np.bincount(other[alike], minlength=len(regions))
    return [float(count) for count in counts]


def hidden_shares(
    grounds: Sequence[Ground], not_seen: Sequence[BaseGeometry | None]
) -> NDArray[np.float64]:
    """Return what share of each ground lies in each area that was not seen, (ground, area)."""
    shares = np.zeros((len(grounds), len(not_seen)))
    if not grounds:
        return shares
    points = np.concatenate([ground.points for ground in grounds])
    starts = np.cumsum([0, *(len(ground.points) for ground in grounds)])[:-1]
    counts = np.array([len(ground.points) for ground in grounds])
    for column, area in enumerate(not_seen):
        if area is not None and not area.is_empty:
            shapely.prepare(area)
            hides = shapely.contains_xy(area, points[:, 0], points[:, 1])
            shares[:, column] = np.add.reduceat(hides.astype(float), starts) / counts
    return shares


def metres_apart(first: BaseGeometry, second: BaseGeometry) -> float:
    """Return the distance between two regions near each other, on a sphere, metres."""
    start, end = shapely.get_coordinates(shapely.shortest_line(first, second))
    east, north = (end - start) * DEGREE_M
    return math.hypot(east * math.cos(math.radians((start[1] + end[1]) / 2)), north)


def near_pairs(regions: Sequence[BaseGeometry], apart_m: float | None) -> list[list[int]]:
    """Return for each region the numbers of those that `metres_apart` may find so near.

    Regions whose bounds lie farther apart are left out; None: all are.
    """
    near: list[list[int]] = [[] for _ in regions]
    if apart_m is None or not regions:
        return near
    west, south, east, north = shapely.bounds(np.array(regions)).T
    high_deg = apart_m / DEGREE_M * 1.001
    farthest = min(max(abs(south).max(), abs(north).max()), 89.0)
    wide_deg = high_deg / math.cos(math.radians(farthest))
    wider = shapely.box(west - wide_deg, south - high_deg, east + wide_deg, north + high_deg)
    for one, other in shapely.STRtree(wider).query(np.array(regions)).T.tolist():
        near[one].append(other)
    return near
