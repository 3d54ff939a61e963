"""The overview of all facilities: what is known of each, and that the page calls nobody."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from camp_monitor.cli.context import Context
from camp_monitor.cli.map import draw as command
from camp_monitor.errors import InputError
from camp_monitor.facilities import read_registry
from camp_monitor.notes import recorded
from camp_monitor.records.review import Review
from camp_monitor.report.map.overview import draw_overview
from camp_monitor.report.text.sentences import name_of, phrase, sentence
from camp_monitor.report.text.words import (
    apart_words,
    facilities_words,
    findings_words,
    headline_words,
    interval_words,
    kind_words,
    outline_words,
)
from tests.report import painted
from tests.report.test_map import HOSTILE, read

REGISTRY = read_registry(Path(__file__).parents[2] / "aoi")


def entries(html: str) -> dict[str, dict[str, Any]]:
    """Return the places that the page draws, by id."""
    found = re.search(r'start\((\[.*\]), \{"type":"FeatureCollection".*\}\);</script>', html)
    assert found is not None
    return {place["id"]: place for place in json.loads(found[1])}


def standing(state: str, count: int) -> str:
    title = name_of("standing", state)
    return phrase("overview.count", count=count, state=title[0].lower() + title[1:])


def test_whole_registry_fits_in_a_small_page_that_calls_nobody() -> None:
    drawn = draw_overview(REGISTRY, painted.observations(), painted.findings())
    assert len(drawn.html.encode()) < 1_000_000
    outlined = {facility.id for facility in REGISTRY if facility.outlines}
    assert entries(drawn.html).keys() == outlined
    page = read(drawn.html)
    calls = [value for name, value in page.attributes if name in ("src", "href", "srcset")]
    assert sorted(map(str, calls)) == sorted(["data:,", *(f"#{key}" for key in outlined)])
    assert "img" not in page.tags
    assert "default-src 'none'" in drawn.html
    for facility in REGISTRY:
        assert str(facility.name.split("'")[0]) in drawn.html
    assert "전거리 제12호 교화소" in drawn.html


def test_never_scanned_is_said_plainly() -> None:
    drawn = draw_overview(REGISTRY, (), ())
    assert drawn.headline.startswith(standing("never", len(REGISTRY)))
    assert {place["state"] for place in entries(drawn.html).values()} == {"never"}
    page = re.sub(r"<script>.*?</script>", "", drawn.html, flags=re.S)
    assert phrase("overview.never") in page
    assert phrase("unchanged") not in page
    assert phrase("unchanged.part") not in page


def test_each_place_says_what_was_found_and_what_was_not_seen() -> None:
    seen, water, unseen = painted.observations()
    building, flood = painted.findings()
    shed = replace(building, area_m2=5300.0)
    quiet = replace(seen, facility_id="kls-16-hwasong", outcome="unchanged", finding_ids=())
    dark = replace(unseen, facility_id="kls-14-kaechon")
    seen = replace(seen, finding_ids=(building.id, shed.id))
    review = Review(shed.id, "rejected", "R. N.", "2016-09-20T12:00:00+00:00")
    drawn = draw_overview(
        REGISTRY, [seen, water, unseen, quiet, dark], [building, flood, shed], reviews=[review]
    )
    places = entries(drawn.html)
    jongori = places["khs-12-jongori"]
    assert (jongori["state"], jongori["standing"]) == ("findings", 2)
    assert jongori["counts"] == [
        ["construction", kind_words("construction"), apart_words(2, 1)],
        ["flooding", kind_words("flooding"), "1"],
    ]
    assert [row[1] for row in jongori["questions"]] == [
        phrase("changed.part", findings=findings_words(2, 1)),
        phrase("changed.part", findings=findings_words(1)),
        phrase("not_seen"),
    ]
    assert jongori["line"].startswith(findings_words(3, 1))
    assert places["kls-16-hwasong"]["state"] == "looked"
    assert places["kls-14-kaechon"]["state"] == "not_seen"
    assert places["kls-14-kaechon"]["line"] == headline_words([], [dark])
    counts = {"findings": 1, "looked": 1, "not_seen": 1, "never": len(REGISTRY) - 3}
    nowhere = phrase("overview.unplaced", count=sum(not one.outlines for one in REGISTRY))
    assert drawn.headline == " · ".join([*(standing(*item) for item in counts.items()), nowhere])


def test_the_newest_scenes_answer_and_a_cloudy_one_does_not_fall_back() -> None:
    seen = painted.observations()[0]
    new_year = "2017-01-01T02:00:00Z"
    later = replace(seen.after, id="later", acquired_from_at=new_year, acquired_to_at=new_year)
    cloudy = replace(
        seen, after=later, outcome="not_seen", finding_ids=(), reasons=recorded(["Cloud."])
    )
    for order in ([seen, cloudy], [cloudy, seen]):
        place = entries(draw_overview(REGISTRY, order, ()).html)["khs-12-jongori"]
        [(_, outcome, interval, _, reason)] = place["questions"]
        assert outcome == phrase("not_seen")
        assert interval == interval_words(seen.before, later).capitalize()
        assert reason == sentence(cloudy.reasons[0])


def test_a_placeholder_is_drawn_as_one() -> None:
    places = entries(draw_overview(REGISTRY, (), ()).html)
    for facility in REGISTRY:
        if facility.outlines:
            place, basis = places[facility.id], facility.outlines[-1].basis
            assert place["basis"] == basis
            assert place["outline"] == outline_words(facility.outlines[-1])


def test_same_inputs_give_the_same_bytes_in_any_order() -> None:
    shuffled = [*REGISTRY]
    random.Random(3).shuffle(shuffled)
    findings, observations = painted.findings(), painted.observations()
    first = draw_overview(REGISTRY, observations, findings)
    assert draw_overview(shuffled, observations[::-1], findings[::-1]) == first


def test_hostile_text_is_shown_as_text() -> None:
    facility = replace(painted.facility(HOSTILE), names_ko=(HOSTILE,))
    unplaced = replace(facility, id="nowhere", outlines=())
    unseen = replace(painted.observations()[2], reasons=recorded([HOSTILE]))
    html = draw_overview([facility, unplaced], [unseen], ()).html
    page = read(html)
    assert page.tags.count("script") == 3
    assert "img" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_head_and_list_count_the_same_facilities() -> None:
    drawn = draw_overview(REGISTRY, painted.observations(), painted.findings())
    never = standing("never", len(REGISTRY) - 1)
    nowhere = [facility for facility in REGISTRY if not facility.outlines]
    assert never in drawn.headline
    assert drawn.headline.endswith(phrase("overview.unplaced", count=len(nowhere)))
    counts = re.findall(r'class="count">(\d+)<', drawn.html)
    assert sum(map(int, counts)) == len(REGISTRY)
    assert drawn.html.count(phrase("overview.no_outline")) == len(nowhere) > 0


def test_command_without_an_id_draws_the_overview(tmp_path: Path) -> None:
    (tmp_path / "camp-monitor.toml").write_text("")
    (tmp_path / "aoi").mkdir()
    context = Context(folder=tmp_path)
    path = tmp_path / "overview.html"
    result = CliRunner().invoke(command, ["-o", str(path)], obj=context, catch_exceptions=False)
    title = phrase("map.frame_overview")
    assert f'<iframe src="overview.html" title="{title}"' in result.output
    assert facilities_words(0) in path.read_text(encoding="utf-8")
    assert not (tmp_path / "out").exists()
    result = CliRunner().invoke(command, ["-o", str(path), "--after", "2016"], obj=context)
    assert isinstance(result.exception, InputError)
    with pytest.raises(InputError, match="name its ID"):
        raise result.exception
