"""The map's HTML, read without a browser: nothing calls out, nothing breaks out, nothing varies."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from camp_monitor.errors import InstallationError
from camp_monitor.notes import recorded
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.map import page
from camp_monitor.report.map.embedding import iframe_line
from camp_monitor.report.map.map import draw_map
from camp_monitor.report.picture import MapImage
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import phrase
from tests.report import painted
from tests.swapped import preamble

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"`${x}&amp;<!--"


class Reader(HTMLParser):
    """Collects tags, attributes and the text of headings and the title."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, str] = {}
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        self.texts[self.inside] = self.texts.get(self.inside, "") + data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def tiny(reference: SceneReference = painted.BEFORE) -> MapImage:
    full = painted.pictures()[0]
    return replace(full, pixels=np.full((4, 4, 4), 255, np.uint8), reference=reference)


def draw(**changes: object) -> str:
    content = {
        "facility": painted.facility(),
        "outline": painted.outline(),
        "before": tiny(),
        "after": tiny(painted.AFTER),
        "findings": painted.findings(),
        "observations": painted.observations(),
    } | changes
    return draw_map(**content)  # type: ignore[arg-type]  # each test gives values of the right kind


def shapes_in(html: str) -> list[tuple[shapely.Geometry, dict[str, object]]]:
    """Return the shapes that the page draws, EPSG:4326, with what their popups print."""
    found = re.search(r', (\{"dates":.*\}), pictures\);</script>', html)
    assert found is not None
    packed = json.loads(found[1])["shapes"]
    shapes = []
    for rings, properties in (shape for shapes in packed["sets"] for shape in shapes):
        corners = [np.reshape(ring, (-1, 2)).cumsum(axis=0) / packed["unit"] for ring in rings]
        drawn = shapely.MultiLineString([shapely.LinearRing(ring) for ring in corners])
        shapes.append((drawn, properties))
    return shapes


def test_nothing_on_the_page_calls_out() -> None:
    html = draw()
    reader = read(html)
    policy = "default-src 'none'; script-src 'sha256-"
    policy = f'<meta http-equiv="Content-Security-Policy" content="{policy}'
    assert html.startswith(f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{policy}')
    calls = [
        value
        for name, value in reader.attributes
        if name in ("src", "href", "srcset", "data", "action")
    ]
    assert calls == ["data:,", *(f"#{finding.id}" for finding in painted.findings())]
    assert not re.search(
        r"url\((?!\"?data:|#)", re.sub(r"<script>.*?</script>", "", html, flags=re.S)
    )
    assert "sourceMappingURL" not in html
    assert not {"jquery", "bootstrap", "cdn."} & set(re.findall("jquery|bootstrap|cdn[.]", html))
    assert reader.tags.count("script") == 3
    assert "Redistributions of source code must retain" in html


def test_hostile_text_is_shown_as_text_everywhere() -> None:
    plain = read(draw())
    scene = replace(painted.BEFORE, id=HOSTILE, credit=HOSTILE, licence=HOSTILE, sensor=HOSTILE)
    building, flood = painted.findings()
    building = replace(building, before=scene, measurements=(), caveats=recorded([HOSTILE]))
    seen, water, unseen = painted.observations()
    html = draw(
        facility=replace(painted.facility(HOSTILE), names_ko=(HOSTILE,)),
        outline=replace(painted.outline(), source=HOSTILE, note=HOSTILE),
        before=tiny(scene),
        findings=[building, flood],
        observations=[
            replace(seen, reasons=recorded([HOSTILE])),
            water,
            replace(unseen, reasons=recorded([HOSTILE])),
        ],
        notes=(HOSTILE,),
    )
    hostile = read(html)
    assert hostile.tags.count("script") == plain.tags.count("script") == 3
    assert "img" not in hostile.tags
    assert not [name for name, _ in hostile.attributes if name.startswith("on")]
    assert hostile.texts["h1"].strip() == HOSTILE
    assert hostile.texts["title"].startswith(HOSTILE)


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_any_name_leaves_the_page_whole(name: str) -> None:
    facility = painted.facility()
    object.__setattr__(facility, "name", name)
    html = draw(facility=facility, notes=(name,))
    html.encode("utf-8")
    assert read(html).tags == read(draw(notes=("plain",))).tags
    assert len(iframe_line(f"{name}.html", facility).splitlines()) == 1
    assert read(iframe_line(f"{name}.html", facility)).tags == ["iframe"]


def test_same_inputs_give_the_same_bytes_in_any_order_and_process() -> None:
    html = draw()
    findings, observations = painted.findings(), painted.observations()
    random.Random(5).shuffle(observations)
    assert draw(findings=findings[::-1], observations=observations) == html
    script = preamble() + (
        "import hashlib; from tests.report.test_map import draw; "
        "print(hashlib.sha256(draw().encode()).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == hashlib.sha256(html.encode()).hexdigest()


def test_an_empty_map_says_what_was_and_was_not_seen() -> None:
    seen, _, unseen = painted.observations()
    quiet = replace(seen, outcome="unchanged", finding_ids=(), seen_fraction=0.7)
    html = draw(findings=[], observations=[quiet, unseen])
    assert words.headline_words([], [quiet, unseen]) in html
    assert phrase("unchanged.part") in html
    assert phrase("not_seen") in html
    assert words.unseen_words(unseen) in html
    assert phrase("map.nothing_asked") in draw(findings=[], observations=[])


def test_an_observation_without_a_place_was_not_seen_in_all_of_the_outline() -> None:
    unseen = painted.observations()[2]
    large = dict(zip(("before", "after"), painted.pictures(), strict=True))
    [place] = [
        shape
        for shape, properties in shapes_in(draw(**large, findings=[], observations=[unseen]))
        if "questions" in properties
    ]
    assert place.bounds == pytest.approx(painted.outline().geometry.bounds, abs=1e-6)


def test_a_placeholder_says_that_it_is_one() -> None:
    html = draw(outline=painted.outline("placeholder"))
    label = words.outline_words(painted.outline("placeholder"))
    for said in (phrase("placeholder"), json.dumps(label, ensure_ascii=False)):
        assert said in html
        assert said not in draw(outline=painted.outline("drawn"))


def test_simulated_is_marked_in_title_heading_and_on_the_map() -> None:
    html = draw(simulated=True)
    assert "<title>SIMULATED: " in html
    assert '"simulated":true' in html
    assert "SIMULATED</strong>" in html
    assert "SIMULATED</strong>" not in draw()


def test_map_without_pictures_or_with_one_is_drawn() -> None:
    assert phrase("map.no_image") not in draw(before=None)
    nothing = draw(before=None, after=None, findings=[], observations=[])
    assert phrase("headline.nothing") in nothing


def test_missing_leaflet_is_said_in_a_sentence() -> None:
    with pytest.raises(InstallationError, match="install camp-monitor again"):
        page._read_leaflet("absent.js")


def test_iframe_line_is_escaped() -> None:
    line = iframe_line('javascript:alert(1) "x.html', painted.facility('A "B" <i>\nC'))
    title = phrase("map.frame", facility="A &quot;B")
    assert line.startswith(f'<iframe src="javascript%3Aalert%281%29%20%22x.html" title="{title}')
    assert 'sandbox="allow-scripts"' in line
