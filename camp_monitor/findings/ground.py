"""Ground: which findings lie on the same piece of it, and what of it a look did not see."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from camp_monitor.findings.finding import Finding

SHARED_FRACTION = 0.25
"""Two regions are of one thing when they share this part of the smaller."""
MOST_POINTS = 24
"""Of a piece of ground, so many points are asked whether they were seen."""
DEGREE_M = 111_195.0
"""A degree of latitude, or of longitude at the equator, on a sphere."""


@dataclass(frozen=True, eq=False)
class Ground:
    """A piece of ground that findings share.

    Parameters
    ----------
    findings : tuple of Finding
        In order of time.
    """

    findings: tuple[Finding, ...]

    @cached_property
    def geometry(self) -> BaseGeometry:
        """All of it, EPSG:4326."""
        return shapely.union_all([finding.geometry for finding in self.findings])

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """Some points that stand for it, (point, 2), lon then lat, the same every time."""
        west, south, east, north = self.geometry.bounds
        side = math.ceil(math.sqrt(2 * MOST_POINTS))
        steps = (np.arange(side) + 0.5) / side
        lon, lat = np.meshgrid(west + steps * (east - west), south + steps * (north - south))
        inside = shapely.contains_xy(self.geometry, lon.ravel(), lat.ravel())
        found = np.column_stack([lon.ravel()[inside], lat.ravel()[inside]])
        if len(found) == 0:
            found = shapely.get_coordinates(self.geometry.representative_point())
        return found[:: math.ceil(len(found) / MOST_POINTS)]

    def shares(self, region: BaseGeometry) -> bool:
        """Whether a region shares enough of the smaller of the two to be of it."""
        return share_ground(self.geometry, region)


def share_ground(first: BaseGeometry, second: BaseGeometry) -> bool:
    """Whether two regions share enough of the smaller to be one thing."""
    if not first.intersects(second):
        return False
    least = min(first.area, second.area)
    return bool(first.intersection(second).area >= SHARED_FRACTION * least)


def group_by_ground(findings: Sequence[Finding]) -> list[Ground]:
    """Put findings together that share ground, directly or by way of others.

    Parameters
    ----------
    findings : sequence of Finding
        In order of time.

    Returns
    -------
    list of Ground
        In the order of their first findings.
    """
    shapes = [finding.geometry for finding in findings]
    if not shapes:
        return []
    tree = shapely.STRtree(shapes)
    head = list(range(len(shapes)))

    def root(number: int) -> int:
        while head[number] != number:
            number = head[number]
        return number

    for first, second in sorted(tree.query(shapes, predicate="intersects").T.tolist()):
        one, other = root(first), root(second)
        if first < second and one != other and share_ground(shapes[first], shapes[second]):
            head[max(one, other)] = min(one, other)
    groups: dict[int, list[Finding]] = {}
    for number, finding in enumerate(findings):
        groups.setdefault(root(number), []).append(finding)
    return [Ground(tuple(group)) for group in groups.values()]


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
