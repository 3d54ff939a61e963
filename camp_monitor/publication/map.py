"""The annotated map: one HTML file with both images, the outline, what changed and what was unseen.

folium writes the map, its overlays and its layer control; `map.js` adds the swipe, the popups and
the rest.  The file opens without a network and asks for nothing.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import quote

import pyproj
import shapely
from markupsafe import Markup
from shapely.geometry.base import BaseGeometry

from camp_monitor.facilities.facility import Facility, Outline
from camp_monitor.findings.finding import (
    COORDINATE_DECIMALS,
    KINDS,
    POSITIONS,
    Finding,
    Observation,
    SceneReference,
    interval_words,
    question_words,
)
from camp_monitor.findings.review import Review, in_order_of_review, rejected_ids, verdict_of
from camp_monitor.publication import symbols, words
from camp_monitor.publication.drawing import Drawing, feature
from camp_monitor.publication.finding_list import finding_groups
from camp_monitor.publication.page import make_page
from camp_monitor.publication.picture import MapImage


def draw_map(  # noqa: PLR0913 - each is a thing on the map; a bag for them would only hide it
    facility: Facility,
    outline: Outline,
    before: MapImage | None,
    after: MapImage | None,
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    *,
    reviews: Sequence[Review] = (),
    notes: tuple[str, ...] = (),
    simulated: bool = False,
) -> str:
    """Draw the map of one facility.

    Parameters
    ----------
    facility : Facility
        The place.
    outline : Outline
        The one that the search was made round.
    before, after : MapImage or None
        Pictures of the two dates; with both, a divider swipes between them.
    findings : sequence of Finding
        Drawn by kind; larger ones below smaller ones.
    observations : sequence of Observation
        The questions asked; where they could not be answered is hatched.
    reviews : sequence of Review
        What people said of the findings; those whose latest review rejects them are drawn faint
        and counted apart.
    notes : tuple of str
        Sentences to print beside the map.
    simulated : bool
        Marks the page, in large letters, as showing painted scenes.

    Returns
    -------
    str
        HTML; the same inputs give the same text.

    Raises
    ------
    InstallationError
        Leaflet is not in the package.
    """
    findings = sorted(findings, key=lambda f: (list(KINDS).index(f.kind), -f.area_m2, f.id))
    observations = sorted(observations, key=_reading_order)
    ring = _widened(outline.geometry, outline.accuracy_m)
    drawing = Drawing(_view_bounds(ring, findings), _finest_m([before, after]))
    for role, picture in (("before", before), ("after", after)):
        if picture is not None:
            drawing.add_picture(role, picture)
    label = words.outline_words(outline)
    drawing.add_outline(outline.geometry, ring, outline.basis, label)
    for unseen_label, places in _unseen_layers(outline, observations).items():
        drawing.add_unseen(unseen_label, places)
    by_finding: dict[str, list[Review]] = {}
    for review in in_order_of_review(reviews):
        by_finding.setdefault(review.finding_id, []).insert(0, review)
    for kind in KINDS:
        of_kind = [
            feature(f.geometry, _finding_properties(f, by_finding.get(f.id, ())))
            for f in findings
            if f.kind == kind
        ]
        drawing.add_findings(kind, of_kind)
    element, script = drawing.finish(
        {
            "before": before and words.date_words(before.reference),
            "after": after and words.date_words(after.reference),
            "outlineLabel": label,
            "outlineTop": _top_of(ring),
            "simulated": simulated,
        }
    )
    pictures = {"before": before, "after": after}
    content = _page_content(facility, outline, findings, observations, pictures)
    rejected = rejected_ids(reviews)
    content |= {
        "headline": words.headline_words(findings, observations, rejected),
        "questions": [_question_row(observation, rejected) for observation in observations],
        "groups": finding_groups(findings, reviews),
        "any_rejected": any(finding.id in rejected for finding in findings),
        "notes": notes,
        "simulated": simulated,
    }
    if simulated:
        content["title"] = f"SIMULATED: {content['title']}"
    return make_page(content, map_element=element, map_script=script)


def iframe_line(path_name: str, facility: Facility | None = None) -> str:
    """Return the one line with which an author embeds the map.

    Parameters
    ----------
    path_name : str
        Where the file lies, relative to the page that embeds it.
    facility : Facility or None
        Its name becomes the title that screen readers announce; None for an overview.
    """
    name = words.short_name(facility.name) if facility else "overview of facilities"
    title = html.escape(f"Map: {name}", quote=True)
    title = " ".join(title.split())
    address = quote(path_name, errors="replace")
    return (
        f'<iframe src="{address}" title="{title}" width="100%" height="640" '
        'style="border:0" loading="lazy" sandbox="allow-scripts" '
        'referrerpolicy="no-referrer"></iframe>'
    )


def _reading_order(observation: Observation) -> tuple[str | int, ...]:
    """Sort observations by date, then by question in the order of `KINDS`."""
    kinds = list(KINDS)
    stem = observation.method.split("/")[0]
    at = kinds.index(stem) if stem in kinds else len(kinds)
    scenes = (observation.before.dates, observation.after.dates)
    return (*scenes, at, observation.method, observation.id)


def _page_content(
    facility: Facility,
    outline: Outline,
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    pictures: dict[str, MapImage | None],
) -> dict[str, Any]:
    """Return what the page prints round the map."""
    name = words.short_name(facility.name)
    interval = _interval(findings, observations, pictures)
    return {
        "title": f"{name}: changes {interval}" if interval else name,
        "name": name,
        "names_ko": [words.short_name(korean) for korean in facility.names_ko],
        "interval": interval,
        "outline_sentence": _outline_sentence(facility, outline),
        "scenes": _scene_rows(findings, observations, pictures),
        "hatches": Markup(symbols.hatches_svg()),
    }


def _interval(
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    pictures: dict[str, MapImage | None],
) -> str:
    """Return the dates in words if the whole map is about one pair, else nothing."""
    before, after = pictures["before"], pictures["after"]
    records: list[Finding | Observation] = [*findings, *observations]
    pairs = {interval_words(record.before, record.after) for record in records}
    if before is not None and after is not None:
        pairs.add(interval_words(before.reference, after.reference))
    return pairs.pop() if len(pairs) == 1 else ""


def _question_row(observation: Observation, rejected: Collection[str]) -> dict[str, Any]:
    """Return what the panel prints of an observation."""
    return {
        "id": observation.id,
        "question": question_words(observation.method),
        "outcome": observation.outcome,
        "outcome_words": words.outcome_words(observation, rejected),
        "seen_percent": f"{observation.seen_fraction * 100:.1f}",
        "share_words": words.share_words(observation.seen_fraction),
        "reason": observation.reason,
        "interval": interval_words(observation.before, observation.after),
        "method": observation.method,
        "measured": observation.measured,
        "caveats": observation.caveats,
    }


def _outline_sentence(facility: Facility, outline: Outline) -> str:
    """Say what the outline is, how far it may be off, and where it comes from."""
    if outline.basis == "placeholder":
        first = words.PLACEHOLDER_SENTENCE
    else:
        first = f"{words.outline_words(outline)}: the pale band shows how far out its edge may lie."
    cited = {source.key: source for source in facility.sources}.get(outline.source)
    source = f"{cited.publisher}, {cited.title} ({cited.date})" if cited else outline.source
    return f"{first} Version {outline.version}. Source: {source}. {outline.note}"


def _scene_rows(
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    pictures: dict[str, MapImage | None],
) -> list[dict[str, str]]:
    """Return what the panel prints of each scene, those on the map first."""
    rows: dict[SceneReference, dict[str, str]] = {}
    for role, picture in pictures.items():
        if picture is not None:
            rows[picture.reference] = _scene_row(picture.reference, role, picture.shown_as)
    records: list[Finding | Observation] = [*findings, *observations]
    used = {scene for record in records for scene in (record.before, record.after)}
    for scene in sorted(used, key=lambda scene: (scene.acquired_from_at, scene.id, scene.sha256)):
        rows.setdefault(scene, _scene_row(scene, "not shown", ""))
    return list(rows.values())


def _scene_row(scene: SceneReference, role: str, shown_as: str) -> dict[str, str]:
    return {
        "dates": words.date_words(scene),
        "role": role,
        "shown_as": shown_as,
        "credit": scene.credit,
        "licence": scene.licence,
        "sensor": words.sensor_words(scene),
        "id": scene.id,
    }


def _finding_properties(finding: Finding, reviews: Sequence[Review]) -> dict[str, Any]:
    """Return what a popup prints of a finding and of its own reviews, the latest of them first."""
    area, area_interval = words.area_words(finding)
    return {
        "id": finding.id,
        "kind": finding.kind,
        "title": KINDS[finding.kind],
        "interval": interval_words(finding.before, finding.after),
        "area": area,
        "areaInterval": area_interval,
        "confidence": finding.confidence,
        "position": POSITIONS[finding.position].capitalize(),
        "evidence": finding.evidence,
        "caveats": finding.caveats,
        "verdict": verdict_of(reviews[0] if reviews else None),
        "reviews": [words.review_words(item) for item in reviews],
        "record": [
            ["Finding", finding.id],
            ["Method", finding.method],
            ["Outline", f"version {finding.outline_version}"],
            ["Before", words.scene_words(finding.before)],
            ["After", words.scene_words(finding.after)],
        ],
    }


def _unseen_layers(
    outline: Outline, observations: Sequence[Observation]
) -> dict[str, list[dict[str, Any]]]:
    """Return the places that were not seen, by the label of their layer; one for each shape.

    An observation that could not be made, and names no place, was not seen in all of the outline.
    """
    by_shape: dict[bytes, dict[str, Any]] = {}
    for observation in observations:
        place = observation.not_seen
        if place is None and observation.outcome == "not_seen":
            place = outline.geometry
        if place is None or place.is_empty:
            continue
        shape = by_shape.setdefault(place.wkb, feature(place, {"questions": []}))
        shape["properties"]["questions"].append(
            [
                question_words(observation.method),
                interval_words(observation.before, observation.after),
                observation.reason,
            ]
        )
    layers: dict[str, list[dict[str, Any]]] = {}
    for shape in by_shape.values():
        questions = dict.fromkeys(row[0] for row in shape["properties"]["questions"])
        layers.setdefault(f"Not seen: {', '.join(questions).lower()}", []).append(shape)
    return layers


def _widened(geometry: BaseGeometry, distance_m: float) -> BaseGeometry:
    """Widen a geometry in EPSG:4326 by metres on the ground, measured round its own centre."""
    lon, lat = (round(value, 4) for value in geometry.centroid.coords[0])
    local = f"+proj=aeqd +lat_0={lat} +lon_0={lon} +units=m"
    to_local = pyproj.Transformer.from_crs("EPSG:4326", local, always_xy=True)
    wide = shapely.transform(geometry, to_local.transform, interleaved=False).buffer(distance_m)
    back = shapely.transform(
        wide, lambda x, y: to_local.transform(x, y, direction="INVERSE"), interleaved=False
    )
    return shapely.transform(back, lambda points: points.round(COORDINATE_DECIMALS))


def _view_bounds(ring: BaseGeometry, findings: Sequence[Finding]) -> list[list[float]]:
    """Return south-west and north-east of what the map opens on: the outline and the findings."""
    west, south, east, north = shapely.total_bounds([ring, *(f.geometry for f in findings)])
    return [[float(south), float(west)], [float(north), float(east)]]


def _finest_m(pictures: Sequence[MapImage | None]) -> float:
    """Return the smallest pixel of the pictures in metres of EPSG:3857; 1 if there is none."""
    shown = [picture for picture in pictures if picture is not None]
    return min((p.width_m / p.pixels.shape[1] for p in shown), default=1.0)


def _top_of(geometry: BaseGeometry) -> list[float]:
    """Return latitude and longitude of the middle of the northern edge."""
    west, _, east, north = geometry.bounds
    return [round(north, COORDINATE_DECIMALS), round((west + east) / 2, COORDINATE_DECIMALS)]
