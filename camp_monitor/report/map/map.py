"""The annotated map: one HTML file with both images, the outline, what changed and what was unseen.

folium writes the map, its overlays and its layer control; `map.js` adds the swipe, the popups and
the rest.  The file opens without a network and asks for nothing.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.events.events import Event, by_finding
from camp_monitor.facilities.facility import Facility, Outline
from camp_monitor.records.content import COORDINATE_DECIMALS
from camp_monitor.records.finding import Finding
from camp_monitor.records.kinds import KINDS
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, in_order_of_review, rejected_ids, verdict_of
from camp_monitor.report.map.drawing import Drawing
from camp_monitor.report.map.event_list import elsewhere, event_list
from camp_monitor.report.map.finding_list import finding_groups
from camp_monitor.report.map.locator import locator_svg
from camp_monitor.report.map.packing import Shape
from camp_monitor.report.map.page import make_page
from camp_monitor.report.map.panel import in_reading_order, panel_content
from camp_monitor.report.map.series import date_rows, in_order_of_time
from camp_monitor.report.map.strips import packed_strips
from camp_monitor.report.picture import MapImage, encode_pictures
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import caveat_sentences, measured_rows, phrase

MOST_PAGE_BYTES = 2_990_000
"""A map stays below this, so that it can be mailed and opens on a phone: the pictures get what
the rest of the page leaves."""

MOST_SERIES_BYTES = 2_000_000
"""The pictures of all other dates of a series add no more than this."""

LEAST_PICTURE_BYTES = 200_000
MOST_DRAWN = 1_500
"""Findings that a map draws and lists: the surest, then the largest."""


def draw_map(  # noqa: PLR0913 - each is a thing on the map; a bag for them would only hide it
    facility: Facility,
    outline: Outline,
    before: MapImage | None,
    after: MapImage | None,
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    *,
    others: Sequence[MapImage] = (),
    looks: Sequence[Observation] | None = None,
    reviews: Sequence[Review] = (),
    events: Sequence[Event] = (),
    aside: str = "",
    notes: tuple[str, ...] = (),
    simulated: bool = False,
) -> str:
    """Draw the map of one facility.

    Parameters
    ----------
    facility : Facility
    outline : Outline
        The one that the search was made round.
    before, after : MapImage or None
        Of the two dates; with both, a divider swipes between them.
    findings : sequence of Finding
        Drawn by kind; larger ones below smaller ones.
    observations : sequence of Observation
        The questions asked; where they could not be answered is hatched.
    others : sequence of MapImage
        Of other dates of the series: a slider chooses which date is shown.
    looks : sequence of Observation or None
        All of the facility, which say what was seen on each date; None: `observations`.
    reviews : sequence of Review
        Of the findings; what the latest review rejects is drawn faint and counted apart.
    events : sequence of Event
        Of the facility, all scanned dates: the list leads with them, popups say what became of a
        finding, and what shows most of an event of other dates is drawn in a layer of its own.
    aside, notes : str, tuple of str
        What the newest images show, where these are others; sentences to print beside the map.
    simulated : bool
        Marks the page as showing painted scenes.

    Returns
    -------
    str
        HTML, the same for the same inputs.

    Raises
    ------
    InstallationError
        Leaflet is not in the package.
    """
    pair, shown = [before, after], _most_telling(findings)
    dated, observations = in_order_of_time([*pair, *others]), in_reading_order(observations)
    looks, rejected = observations if looks is None else looks, rejected_ids(reviews)
    drawing = _drawing_of_ground(outline, pair, shown, observations, dated)
    common, seen = _add_findings(drawing, shown, reviews, events, looks, dated)
    dates, places = date_rows(dated, looks), [dated.index(one) if one else None for one in pair]
    data = {"dates": dates, "pair": places, "outlineLabel": words.outline_words(outline)}
    data |= {"outlineTop": _top_of(_edge(outline)), "simulated": simulated}
    element, script = drawing.finish(data | {"common": common, "seen": seen})
    pictures = {"before": before, "after": after}
    content = panel_content(facility, outline, findings, observations, pictures, others, rejected)
    content |= {
        "aside": aside,
        "dates": dates if others else [],
        "locator": locator_svg(*outline.geometry.centroid.coords[0]),
        "events": event_list(events),
        "groups": finding_groups(shown, reviews, by_finding(events)),
        "any_candidate": any(finding.candidate for finding in shown),
        "any_rejected": any(finding.id in rejected for finding in shown),
        "notes": (*notes, *_limits_words(drawing, len(findings))),
        "simulated": simulated,
    }
    title = content["title"]
    content["title"] = phrase("simulated.title", title=title) if simulated else title
    return _page_with_pictures(content, element, script, dated, pair)


def _drawing_of_ground(
    outline: Outline,
    pair: Sequence[MapImage | None],
    shown: Sequence[Finding],
    observations: Sequence[Observation],
    dated: Sequence[MapImage],
) -> Drawing:
    """Begin a drawing: pictures, outline with its error, and what was not seen."""
    edge = _edge(outline)
    drawing = Drawing(_view_bounds(edge, shown), _finest_deg(pair))
    roles = [role for role, one in zip(("before", "after"), pair, strict=True) if one]
    drawing.add_pictures(roles or ["after"][: len(dated)])
    drawing.add_outline(outline.geometry, edge, outline.basis, words.outline_words(outline))
    for label, places in _unseen_layers(outline, observations).items():
        drawing.add_unseen(label, places)
    return drawing


def _edge(outline: Outline) -> BaseGeometry:
    """Return the ground that an outline reaches with its error."""
    return _widened(outline.geometry, outline.accuracy_m)


def _add_findings(
    drawing: Drawing,
    shown: Sequence[Finding],
    reviews: Sequence[Review],
    events: Sequence[Event],
    looks: Sequence[Observation],
    dated: Sequence[MapImage],
) -> tuple[list[dict[str, Any]], Any]:
    """Draw findings by kind, and events of which none is among them.

    Return what several popups have in common, and the strips of looks.
    """
    common: list[dict[str, Any]] = []
    dashed = elsewhere(events, {finding.id for finding in shown})
    popups = _popups([*shown, *dashed], reviews, by_finding(events), common, dated)
    for kind, candidate in itertools.product(KINDS, (True, False)):
        own = [item for item in shown if (item.kind, item.candidate) == (kind, candidate)]
        drawing.add_findings(kind, [popups[item.id] for item in own], candidates=candidate)
    drawing.add_events(
        {kind: [popups[one.id] for one in dashed if one.kind == kind] for kind in KINDS}
    )
    return common, packed_strips(events, looks, popups.keys())


def _popups(
    findings: Sequence[Finding],
    reviews: Sequence[Review],
    events: Mapping[str, Event],
    common: list[dict[str, Any]],
    dated: Sequence[MapImage],
) -> dict[str, Shape]:
    """Return each finding with what its popup prints; what several print alike goes to `common`."""
    number_of = {picture.reference: number for number, picture in enumerate(dated)}
    by_id: dict[str, list[Review]] = {}
    for review in in_order_of_review(reviews):
        by_id.setdefault(review.finding_id, []).insert(0, review)
    shapes = {}
    for finding in findings:
        both = [number_of.get(scene) for scene in (finding.before, finding.after)]
        alike = _common_properties(finding) | {"pair": None if None in both else both}
        if alike not in common:
            common.append(alike)
        own = _own_properties(finding, by_id.get(finding.id, ()), events.get(finding.id))
        shapes[finding.id] = (finding.geometry, {"common": common.index(alike), **own})
    return shapes


def _page_with_pictures(
    content: dict[str, Any],
    element: str,
    script: str,
    dated: Sequence[MapImage],
    pair: Sequence[MapImage | None],
) -> str:
    """Put the page together, its pictures as heavy as the rest of it allows.

    Those of the pair are as sharp as on a page that holds no others.
    """

    def page(uris: Sequence[str], losses: Sequence[str]) -> str:
        said = {one.reference.id: loss for one, loss in zip(dated, losses, strict=True)}
        for row in content["scenes"]:
            row["loss"] = said.get(row["id"], "")
        constant = f"const pictures = {json.dumps(uris)};\n{script}"
        return make_page(content, map_element=element, map_script=constant)

    uris, losses = [""] * len(dated), ["-" * 200] * len(dated)
    room = max(MOST_PAGE_BYTES - len(page(uris, losses).encode()), LEAST_PICTURE_BYTES)
    for is_own, most_bytes in ((True, room), (False, MOST_SERIES_BYTES)):
        some = [number for number, one in enumerate(dated) if (one in pair) == is_own]
        encoded, loss = encode_pictures([dated[number] for number in some], most_bytes)
        for number, uri in zip(some, encoded, strict=True):
            uris[number], losses[number] = uri, loss
    return page(uris, losses)


def _most_telling(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings to draw, larger ones of a kind first, so that they lie below."""
    confidences = ("high", "medium", "low")
    surest = sorted(findings, key=lambda f: (confidences.index(f.confidence), -f.area_m2, f.id))
    return sorted(surest[:MOST_DRAWN], key=lambda f: (KINDS.index(f.kind), -f.area_m2, f.id))


def _limits_words(drawing: Drawing, findings: int) -> list[str]:
    """Say what was left out or made simpler to keep the page small."""
    said = []
    if findings > MOST_DRAWN:
        said.append(phrase("map.too_many", findings=findings, most=MOST_DRAWN))
    if drawing.off_by_px:
        said.append(phrase("map.simplified", off_px=drawing.off_by_px))
    return said


def _own_properties(
    finding: Finding, reviews: Sequence[Review], event: Event | None
) -> dict[str, Any]:
    """Return what a popup prints of one finding, its event and its reviews, the latest first."""
    area, area_interval = words.area_words(finding)
    return {
        "id": finding.id,
        "area": area,
        "areaInterval": area_interval,
        "confidence": finding.confidence,
        "confidenceText": _confidence_text(finding),
        "position": words.position_words(finding).capitalize(),
        "evidence": measured_rows(finding.measurements, finding.caveats),
        "explanations": words.explanation_pairs(finding),
        "event": words.event_words(event) if event else "",
        "eventId": event.id if event else "",
        "verdict": verdict_of(reviews[0] if reviews else None),
        "reviews": [words.review_words(item) for item in reviews],
    }


def _confidence_text(finding: Finding) -> str:
    real = words.real_words(finding)
    level = finding.confidence
    text = phrase("map.confidence", confidence=level)
    if real:
        text = phrase("map.confidence_real", confidence=level, real=real)
    return words.marked(finding, text[0].upper() + text[1:])


def _common_properties(finding: Finding) -> dict[str, Any]:
    """Return what the popup of a finding prints as those of many others do."""
    return {
        "kind": finding.kind,
        "title": words.kind_words(finding.kind),
        "interval": words.interval_words(finding.before, finding.after),
        "caveats": caveat_sentences(finding.caveats),
        "record": [
            [phrase("map.method"), finding.method],
            [
                phrase("map.outline_version"),
                phrase("map.version", version=finding.outline_version),
            ],
            [phrase("script.before"), words.scene_words(finding.before)],
            [phrase("script.after"), words.scene_words(finding.after)],
        ],
    }


def _unseen_layers(outline: Outline, observations: Sequence[Observation]) -> dict[str, list[Shape]]:
    """Return the places that were not seen, by the label of their layer; one for each shape.

    An observation that could not be made, and names no place, was not seen in all of the outline.
    """
    by_shape: dict[bytes, Shape] = {}
    for observation in observations:
        place = observation.not_seen
        if place is None and observation.outcome == "not_seen":
            place = outline.geometry
        if place is None or place.is_empty:
            continue
        _, properties = by_shape.setdefault(place.wkb, (place, {"questions": []}))
        properties["questions"].append(
            [
                words.question_words(observation.method),
                words.interval_words(observation.before, observation.after),
                words.unseen_words(observation),
            ]
        )
    layers: dict[str, list[Shape]] = {}
    for shape in by_shape.values():
        questions = dict.fromkeys(row[0] for row in shape[1]["questions"])
        label = phrase("map.layer_not_seen", questions=", ".join(questions).lower())
        layers.setdefault(label, []).append(shape)
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


def _finest_deg(pictures: Sequence[MapImage | None]) -> float:
    """Return the smallest pixel of the pictures, degrees of longitude; about 1 m without any."""
    return min((picture.pixel_deg for picture in pictures if picture is not None), default=1e-5)


def _top_of(geometry: BaseGeometry) -> list[float]:
    """Return latitude and longitude of the middle of the northern edge."""
    west, _, east, north = geometry.bounds
    return [round(north, COORDINATE_DECIMALS), round((west + east) / 2, COORDINATE_DECIMALS)]
