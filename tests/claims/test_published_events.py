"""The twelve best dated published events, against painted images of their sizes and dates."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from odc.geo.geom import Geometry

import camp_monitor as cm
from camp_monitor.claims.corroborating import corroborate
from camp_monitor.codes import ClaimVerdict, Code
from camp_monitor.events.events import join_events
from camp_monitor.facilities import Facility, Outline
from camp_monitor.records.claim import Claim, Corroboration
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.synthetic.structures import rectangle
from tests.claims.painted_events import CRS, EAST, EYES, NORTH, open_picture

HALF_M = {30.0: 300.0, 10.0: 200.0, 0.5: 75.0}
SIZES_M2 = {"annex_m": 46 * 128.0, "building_m": 16 * 7.0}
"""By what the table of events calls them; of the others no area is published."""
PAINTED = {SIZES_M2["annex_m"]: "annex", SIZES_M2["building_m"]: "houses", None: "nothing"}
Records = tuple[tuple[Observation, ...], tuple[Finding, ...], tuple[Finding, ...]]


@dataclass(frozen=True)
class Published:
    """A published event as a claim."""

    id: str
    claim: Claim


@pytest.fixture(scope="module")
def published(imagery_folder: Path) -> list[Published]:
    table = json.loads((imagery_folder / "facts" / "events.json").read_text(encoding="utf-8"))
    dated = [one for one in table["events"] if one["strength"] == "A"]
    assert len(dated) == 12
    return [Published(one["id"], _claim(number, one)) for number, one in enumerate(dated)]


def _claim(number: int, event: dict[str, Any]) -> Claim:
    from camp_monitor.claims.reading import _window

    size_m2 = next((SIZES_M2[name] for name in event["numbers"] if name in SIZES_M2), None)
    first, last = _window({"from": event["date_from"], "to": event["date_to"]})
    return Claim(f"EV-{number:02}", event["facility"], event["type"], first, last, size_m2)


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[float, str], Records]:
    """What a comparison of two painted dates gives, each made once."""
    folder = tmp_path_factory.mktemp("pictures")
    made: dict[tuple[float, str], Records] = {}

    def look(pixel_m: float, built: str) -> Records:
        if (pixel_m, built) not in made:
            eye = EYES[pixel_m]
            before = open_picture(folder, eye, "nothing", "2008-09-02")
            after = open_picture(folder, eye, built, "2013-09-02")
            measured = (pixel_m, built) in ((30.0, "annex"), (10.0, "nothing"), (10.0, "houses"))
            result = cm.compare(
                _place(pixel_m), before, after, detectability=measured, margin_m=0
            ).result
            made[pixel_m, built] = result.observations, result.findings, result.candidates
        return made[pixel_m, built]

    return look


def _place(pixel_m: float) -> Facility:
    square = rectangle(EAST, NORTH, 2 * HALF_M[pixel_m], 2 * HALF_M[pixel_m])
    outline = Geometry(square, CRS).to_crs("EPSG:4326").geom
    return Facility("place", "Place", outlines=(Outline(outline, "drawn", 5.0, 1, "a", "b"),))


def answer(
    claim: Claim, records: Records, pixel_m: float, before: str, after: str
) -> Corroboration:
    """Set a claim against records whose images are dated otherwise."""
    observations, findings, candidates = (
        [_dated(one, before, after) for one in group] for group in records
    )
    renamed = {
        old.id: new.id
        for old, new in zip(records[1] + records[2], findings + candidates, strict=True)
    }
    observations = [
        replace(
            one, finding_ids=tuple(renamed[key] for key in one.finding_ids),
            candidate_ids=tuple(renamed[key] for key in one.candidate_ids),
        )
        for one in observations
    ]  # fmt: skip
    events = join_events(findings, observations)
    outlines = {1: _place(pixel_m).outline}
    return corroborate(claim, observations, events, candidates, outlines, 0.0)


def _dated(record: Any, before: str, after: str) -> Any:
    return replace(record, before=_on(record.before, before), after=_on(record.after, after))


def _on(scene: SceneReference, day: str) -> SceneReference:
    at = f"{day}T02:17:00Z"
    return replace(scene, id=f"{scene.sensor}-{day}", acquired_from_at=at, acquired_to_at=at)


def test_each_event_against_images_of_its_size_and_dates(
    published: list[Published], looked: Callable[[float, str], Records]
) -> None:
    verdicts: dict[tuple[str, float], ClaimVerdict] = {}
    for one in published:
        for pixel_m in EYES:
            built = PAINTED[one.claim.size_m2]
            if (pixel_m, built) in ((30.0, "nothing"), (30.0, "houses")):
                built = "annex"  # nothing is seen at 30 m
            elif (pixel_m, built) == (0.5, "nothing"):
                continue
            said = answer(
                one.claim, looked(pixel_m, built), pixel_m, one.claim.from_on, one.claim.to_on
            )
            verdicts[one.id, pixel_m] = said.verdict
            assert said.claim.days == one.claim.days  # an interval stays one
            # All was painted, or no size is known: nothing may speak against what happened.
            assert said.verdict in (ClaimVerdict.SUPPORTED, ClaimVerdict.NOT_SEEABLE), one.id
    annex = {pixel_m: verdicts["khs12-womens-annex", pixel_m] for pixel_m in EYES}
    assert annex == {
        30.0: ClaimVerdict.NOT_SEEABLE,  # 1.5 x 4 pixels
        10.0: ClaimVerdict.SUPPORTED,
        0.5: ClaimVerdict.SUPPORTED,
    }
    houses = {pixel_m: verdicts["camp16-housing-1", pixel_m] for pixel_m in EYES}
    assert houses == {
        30.0: ClaimVerdict.NOT_SEEABLE,
        10.0: ClaimVerdict.NOT_SEEABLE,  # 16 x 7 m is a pixel and a half
        0.5: ClaimVerdict.SUPPORTED,
    }


def test_no_verdict_says_more_than_the_images_bracket(
    published: list[Published], looked: Callable[[float, str], Records]
) -> None:
    """The last image in the middle of the window: only what was found is told, as it is dated."""
    for one in published:
        first, last = one.claim.days
        middle = (first + (last - first) / 2).isoformat()
        for pixel_m, built in ((10.0, "annex"), (10.0, "nothing"), (0.5, "houses")):
            said = answer(one.claim, looked(pixel_m, built), pixel_m, one.claim.from_on, middle)
            assert said.verdict in (ClaimVerdict.SUPPORTED, ClaimVerdict.NOT_COVERED), one.id
            if said.verdict == ClaimVerdict.SUPPORTED:
                assert built != "nothing"
                assert (said.absent_on, said.present_on) == (one.claim.from_on, middle)
            else:
                assert said.reasons[0].code == Code.CLAIM_UNCOVERED
                assert said.reasons[0].numbers["first_on"] == middle


def test_what_was_not_built_is_not_supported_where_it_would_have_been_seen(
    published: list[Published], looked: Callable[[float, str], Records]
) -> None:
    [annex] = [one.claim for one in published if one.id == "khs12-womens-annex"]
    quiet = looked(10.0, "nothing")
    said = answer(annex, quiet, 10.0, "2008-12-25", "2013-04-13")
    assert said.verdict == ClaimVerdict.NOT_SUPPORTED
    assert said.detectable_m2 is not None
    assert said.detectable_m2 <= 46 * 128
    small = answer(replace(annex, size_m2=112.0), quiet, 10.0, "2008-12-25", "2013-04-13")
    assert small.verdict == ClaimVerdict.NOT_SEEABLE
    assert small.reasons[0].code == Code.CLAIM_TOO_SMALL
    untold = answer(replace(annex, size_m2=None), quiet, 10.0, "2008-12-25", "2013-04-13")
    assert untold.verdict == ClaimVerdict.NOT_SEEABLE
    late = answer(annex, quiet, 10.0, "2009-03-01", "2013-04-13")
    assert late.verdict == ClaimVerdict.NOT_COVERED
