"""The demo's answer held against what was painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from camp_monitor.demo.compound import Stage

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox
    from shapely.geometry.base import BaseGeometry

    from camp_monitor.demo.valley_scenes import Valley, ValleyScene
    from camp_monitor.records.finding import Finding
    from camp_monitor.scan import Scanned
    from camp_monitor.workspace import Workspace

Mask = NDArray[np.bool_]

FOUND_FRACTION = 0.5
"""What was painted counts as found where at least this share of it was."""
CLOUD_SEEN_THROUGH_FRACTION = 0.1
"""At most this share of the painted cloud and shadow may pass as seen: thin rims."""
WET_SHARE = 0.5
"""A pixel became water, or ground, by at least this share of it."""
LEAST_SEEN_FRACTION = 0.1
"""Less of the searched area than this free of cloud is a date on which nothing could be seen."""


@dataclass(frozen=True)
class Row:
    """One line of the comparison: what was painted, what came of it, and whether that is right."""

    dates: str
    what: str
    painted: str
    found: str
    verdict: str
    right: bool


@dataclass(frozen=True, eq=False)
class Truth:
    """What two painted scenes hold within the searched area, each (row, col).

    Parameters
    ----------
    annex : ndarray of bool
        Ground that was built on between them.
    wetter, drier : ndarray
        float32: share of the pixel that became water, or ground.
    hidden : ndarray of bool
        Under cloud or its shadow on one of the dates.
    searched : ndarray of bool
    """

    annex: Mask
    wetter: NDArray[np.float32]
    drier: NDArray[np.float32]
    hidden: Mask
    searched: Mask


def compare_with_truth(workspace: Workspace, result: Scanned, valley: Valley) -> list[Row]:
    """Hold the observations and findings of one scan against what was painted.

    Returns
    -------
    list of Row
        Annex, flood and drained flood where there are such, the cloud, and all else that was
        called a change.
    """
    before, after = (
        valley.scene(item.acquired_from_at[:10]) for item in (result.before, result.after)
    )
    dates = f"{before.visit.date} to {after.visit.date}"
    truth = _truth(workspace, result, valley, before, after)
    if (truth.hidden & truth.searched).sum() > (1 - LEAST_SEEN_FRACTION) * truth.searched.sum():
        return [_judged_blind(dates, result, truth)]
    place = {item.id: pixels(item.geometry, valley.grid, "EPSG:4326") for item in result.findings}
    wetter, drier = truth.wetter >= WET_SHARE, truth.drier >= WET_SHARE
    cause = {"construction": truth.annex, "flooding": wetter, "flood_recession": drier}
    true = {
        item.id: item.kind in cause and _mostly(place[item.id], cause[item.kind])
        for item in result.findings
    }
    pixel_m2 = abs(valley.grid.affine.a * valley.grid.affine.e)
    seen = truth.searched & ~truth.hidden
    painted = (
        ("annex of the compound", "construction", truth.annex, valley.compound.annex.area),
        ("flood on the terrace", "flooding", wetter & seen, truth.wetter[seen].sum() * pixel_m2),
        ("flood that drained", "flood_recession", drier & seen, truth.drier[seen].sum() * pixel_m2),
    )
    rows = []
    for what, kind, where, area_m2 in painted:
        if where.any():
            found = [item for item in result.findings if item.kind == kind and true[item.id]]
            rows.append(judged(dates, what, float(area_m2), where, found, place))
    if truth.hidden.any():
        unseen = [item.not_seen for item in result.observations if item.not_seen is not None]
        parts = [pixels(part, valley.grid, "EPSG:4326") for part in unseen]
        hidden_m2 = float(truth.hidden.sum()) * pixel_m2
        rows.append(judged_cloud(dates, hidden_m2, truth.hidden, parts, place))
    return [*rows, _others(dates, [item for item in result.findings if not true[item.id]])]


def _truth(
    workspace: Workspace, result: Scanned, valley: Valley, before: ValleyScene, after: ValleyScene
) -> Truth:
    from camp_monitor.detect.regions import pixels_inside
    from camp_monitor.facilities.surroundings import search_area

    area = search_area(result.facility.outline, workspace.configuration.scan.margin_m)
    searched = pixels_inside(area, valley.grid)
    built = before.visit.stage is not Stage.BUILT and after.visit.stage is Stage.BUILT
    annex = pixels(valley.compound.annex, valley.grid) & built
    hidden = np.zeros(searched.shape, bool)
    for scene in (before, after):
        hidden |= scene.seen.is_cloud | scene.seen.is_shadow
    change = after.water_share - before.water_share
    return Truth(annex, np.maximum(change, 0), np.maximum(-change, 0), hidden & searched, searched)


def judged(
    dates: str,
    what: str,
    painted_m2: float,
    painted: Mask,
    found: list[Finding],
    place: dict[str, Mask],
) -> Row:
    """Say how much of something was found, and with which area."""
    from camp_monitor.report.text.words import quantity_words

    said = f"{quantity_words(painted_m2)} m²"
    union = np.zeros(painted.shape, bool)
    for item in found:
        union |= place[item.id]
    share = float((union & painted).sum() / max(painted.sum(), 1))
    if share < FOUND_FRACTION:
        return Row(dates, what, said, f"{share:.0%} of it", "missed", False)
    area, low, high = (
        sum(getattr(item, name) for item in found)
        for name in ("area_m2", "area_low_m2", "area_high_m2")
    )
    answer = (
        f"{quantity_words(area)} m² ({quantity_words(low)} to {quantity_words(high)} m²), "
        f"{share:.0%} of the place"
    )
    within = "inside" if low <= painted_m2 <= high else "outside"
    return Row(dates, what, said, answer, f"found; the true area is {within} the interval", True)


def judged_cloud(
    dates: str, hidden_m2: float, hidden: Mask, not_seen: list[Mask], place: dict[str, Mask]
) -> Row:
    """Say whether cloud and shadow were reported as not seen, by every detector."""
    from camp_monitor.report.text.words import count_words, quantity_words

    what = "cloud and its shadow"
    said = f"{quantity_words(hidden_m2)} m² of the search area"
    reported = min((float((part & hidden).sum()) for part in not_seen), default=0.0)
    share = reported / max(float(hidden.sum()), 1.0)
    called = sum(_mostly(part, hidden) for part in place.values())
    answer = f"{share:.0%} of it reported as not seen"
    if called:
        return Row(dates, what, said, answer, f"{count_words(called, 'finding')} under it", False)
    if share < 1 - CLOUD_SEEN_THROUGH_FRACTION:
        return Row(dates, what, said, answer, "some of it passed as seen", False)
    return Row(dates, what, said, answer, "not seen; no change called under it", True)


def _judged_blind(dates: str, result: Scanned, truth: Truth) -> Row:
    """Say whether a date on which nothing could be seen was called one."""
    share = truth.hidden.sum() / truth.searched.sum()
    said = f"{share:.0%} of the search area"
    outcomes = sorted({item.outcome for item in result.observations})
    right = outcomes == ["not_seen"] and not result.findings
    answer = ", ".join(outcome.replace("_", " ") for outcome in outcomes)
    verdict = "no answer, and none was given" if right else "an answer where nothing could be seen"
    return Row(dates, "a date under cloud", said, answer, verdict, right)


def _others(dates: str, findings: list[Finding]) -> Row:
    """Everything else that was called a change: false alarms."""
    from camp_monitor.report.text.words import count_words, kind_words, quantity_words

    if not findings:
        return Row(dates, "anything else", "nothing", "nothing", "no false alarm", True)
    said = ", ".join(
        f"{kind_words(item.kind).lower()} {quantity_words(item.area_m2)} m² ({item.confidence})"
        for item in findings
    )
    verdict = count_words(len(findings), "false alarm")
    return Row(dates, "anything else", "nothing", said, verdict, True)


def pixels(geometry: BaseGeometry, grid: GeoBox, crs: str | None = None) -> Mask:
    """Pixels whose middle lies inside a geometry; `crs` where it is not the grid's."""
    from odc.geo.geom import Geometry
    from rasterio.features import geometry_mask

    placed = Geometry(geometry, crs).to_crs(str(grid.crs)).geom if crs else geometry
    return np.asarray(geometry_mask([placed], grid.shape, grid.affine, invert=True))


def _mostly(part: Mask, whole: Mask) -> bool:
    return bool((part & whole).sum() > FOUND_FRACTION * part.sum())
