from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from camp_monitor.codes import Cause, Code, Measure, Verdict
from camp_monitor.errors import LedgerError
from camp_monitor.notes import Explanation, Note, measurements
from camp_monitor.records.content import canonical_json
from camp_monitor.records.finding import Finding, in_order
from camp_monitor.records.kinds import CONFIDENCES, KINDS, POSITIONS
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.colours import KIND_COLOURS

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.floats(-1e9, 1e9) | st.integers(-(10**9), 10**9)
values = st.dictionaries(st.sampled_from(["a_m", "b_px", "scene"]), numbers | texts, max_size=3)
notes = st.builds(lambda code, said: Note(code, tuple(said.items())), st.sampled_from(Code), values)
caveats = st.lists(notes, max_size=3).map(tuple)
measured = st.dictionaries(
    st.sampled_from([*Measure, "bright_ground:nir:before", "correlation:2"]), numbers, max_size=3
).map(lambda found: measurements({str(name): value for name, value in found.items()}))
explanations = st.lists(
    st.builds(Explanation, st.sampled_from(Cause), st.sampled_from(Verdict), caveats), max_size=2
).map(tuple)
instants = st.datetimes().map(lambda at: f"{at.isoformat(timespec='seconds')}+00:00")
areas = st.floats(0, 1e12)


@st.composite
def scenes(draw: st.DrawFn) -> SceneReference:
    first, last = sorted([draw(instants), draw(instants)])
    hashes = tuple(draw(st.lists(st.text("0123456789abcdef", min_size=64, max_size=64))))
    return SceneReference(
        draw(texts), draw(texts), first, last, hashes, draw(texts), draw(texts),
        simulated=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def polygons(draw: st.DrawFn) -> shapely.Polygon | shapely.MultiPolygon:
    west, south = draw(st.floats(-179, 178)), draw(st.floats(-89, 88))
    shape = shapely.box(west, south, west + draw(st.floats(1e-6, 1)), south + 0.5)
    if draw(st.booleans()):
        shape = shape.difference(shapely.Point(shape.centroid).buffer(1e-7))
    return shapely.MultiPolygon([shape]) if draw(st.booleans()) else shape


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    low, area, high = sorted([draw(areas), draw(areas), draw(areas)])
    return Finding(
        facility_id=draw(texts),
        outline_version=draw(st.integers(1, 99)),
        kind=draw(st.sampled_from(sorted(KINDS))),
        method=draw(texts),
        before=draw(scenes()),
        after=draw(scenes()),
        geometry=draw(polygons()),
        area_m2=area,
        area_low_m2=low,
        area_high_m2=high,
        position=draw(st.sampled_from(sorted(POSITIONS))),
        confidence=draw(st.sampled_from(CONFIDENCES)),
        measurements=draw(measured),
        caveats=draw(caveats),
        explanations=draw(explanations),
    )


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    outcome = draw(st.sampled_from(["changed", "unchanged", "not_seen"]))
    return Observation(
        facility_id=draw(texts),
        outline_version=draw(st.integers(1, 99)),
        method=draw(texts),
        before=draw(scenes()),
        after=draw(scenes()),
        settings_sha256=draw(texts),
        outcome=outcome,
        seen_fraction=draw(st.floats(0, 1)),
        reasons=(draw(notes), *draw(caveats)),
        not_seen=draw(
            st.none()
            | polygons()
            | st.sampled_from([shapely.Polygon(), shapely.GeometryCollection()])
        ),
        finding_ids=("F0123456789ab",) if outcome == "changed" else (),
        measurements=draw(measured),
        caveats=draw(caveats),
    )


@given(findings() | observations())
def test_a_record_survives_json_with_the_same_id(record: Finding | Observation) -> None:
    again = type(record).from_dict(json.loads(canonical_json(record.to_dict())))
    assert again == record
    assert again.sha256 == record.sha256
    assert again.id == record.id


@given(findings(), st.sampled_from(["kind", "method", "area_high_m2", "caveats", "position"]))
def test_another_content_has_another_id(finding: Finding, field: str) -> None:
    content = finding.to_dict()
    changes: dict[str, Any] = {
        "kind": "flooding" if finding.kind != "flooding" else "other",
        "method": finding.method + "x",
        "area_high_m2": finding.area_high_m2 * 2 + 1,
        "caveats": [*content["caveats"], {"code": "goes_on"}],
        "position": "outside" if finding.position != "outside" else "inside",
    }
    other = Finding.from_dict({**content, field: changes[field]})
    assert other.id != finding.id


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"kind": "flood"}, "unknown kind"),
        ({"confidence": "certain"}, "unknown confidence"),
        ({"position": "near"}, "unknown position"),
        ({"area_low_m2": 2000.0}, "outside its interval"),
        ({"area_m2": float("nan")}, "outside its interval"),
        ({"area_high_m2": float("inf")}, "outside its interval"),
        ({"area_low_m2": -1.0}, "outside its interval"),
        ({"geometry": shapely.Polygon()}, "without a region"),
        ({"geometry": shapely.Point(129, 42)}, "is a Point"),
        ({"geometry": shapely.box(129e3, 42e3, 130e3, 43e3)}, "not degrees"),
        ({"facility_id": "\ud800"}, "cannot be written"),
        ({"measurements": (("strength", float("nan")),)}, "cannot be written"),
    ],
)
def test_a_wrong_finding_is_refused(
    make_finding: Callable[..., Finding], changes: dict[str, Any], fault: str
) -> None:
    with pytest.raises(LedgerError, match=fault):
        make_finding(**changes)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"outcome": "maybe"}, "unknown outcome"),
        ({"outcome": "changed"}, "with 0 findings"),
        ({"finding_ids": ("F0123456789ab",)}, "with 1 findings"),
        ({"outcome": "not_seen"}, "without a reason"),
        ({"seen_fraction": 1.01}, "not in 0-1"),
        ({"seen_fraction": float("nan")}, "not in 0-1"),
        ({"not_seen": shapely.box(400, 0, 401, 1)}, "not degrees"),
    ],
)
def test_a_wrong_observation_is_refused(
    make_observation: Callable[..., Observation], changes: dict[str, Any], fault: str
) -> None:
    with pytest.raises(LedgerError, match=fault):
        make_observation(**changes)


@pytest.mark.parametrize("text", ["", "yesterday", "2016-08-29", "2016-08-29T02:11:21", None])
def test_a_scene_needs_an_instant_with_a_time_zone(
    make_scene: Callable[..., SceneReference], text: str
) -> None:
    with pytest.raises(LedgerError, match="is not a time like"):
        make_scene("2016-08-29", acquired_from_at=text)


def test_a_scene_cannot_end_before_it_starts(make_scene: Callable[..., SceneReference]) -> None:
    with pytest.raises(LedgerError, match="before it starts"):
        make_scene("2016-08-29", acquired_to_at="2016-08-28T00:00:00Z")


@given(st.lists(findings(), max_size=4), st.randoms())
def test_order_does_not_depend_on_the_order_given(records: list[Finding], random: Any) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)
    assert in_order(shuffled) == in_order(records)


def test_every_kind_has_its_own_colour() -> None:
    assert KIND_COLOURS.keys() == set(KINDS)
    assert len(set(KIND_COLOURS.values())) == len(KINDS)
