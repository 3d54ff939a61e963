"""The map in a real Chromium with all traffic blocked."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from playwright.sync_api import FloatRect, Page, expect

from camp_monitor.events.events import by_finding, join_events
from camp_monitor.notes import recorded
from camp_monitor.records.review import Review
from camp_monitor.report.map.embedding import iframe_line
from camp_monitor.report.map.map import draw_map
from camp_monitor.report.picture import MapImage
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import (
    caveat_sentences,
    in_language,
    measured_rows,
    name_of,
    phrase,
)
from tests.report import painted

RED, BLUE = (200, 30, 30), (30, 30, 200)
Open = Callable[..., Any]
UNSURE = Review("F000000000000", "unsure", "A. B.", "2016-09-19T12:00:00+00:00")
REJECTED = Review("F000000000000", "rejected", "R. N.", "2016-09-20T12:00:00+00:00", "A shadow.")


def demo(**changes: Any) -> str:
    before, after = painted.pictures()
    content: dict[str, Any] = {
        "facility": painted.facility(),
        "outline": painted.outline(),
        "before": before,
        "after": after,
        "findings": painted.findings(),
        "observations": painted.observations(),
        "simulated": True,
    } | changes
    return draw_map(**content)


def two_colours() -> str:
    """Return a map whose image before is red and whose image after is blue."""

    def plain(picture: MapImage, colour: tuple[int, int, int]) -> MapImage:
        return replace(picture, pixels=np.full((8, 8, 4), (*colour, 255), np.uint8))

    before, after = painted.pictures()
    return demo(
        before=plain(before, RED),
        after=plain(after, BLUE),
        findings=[],
        observations=[],
        simulated=False,
    )


def screen(page: Page) -> NDArray[np.uint8]:
    """Return what the map shows, (row, col, 3)."""
    content = page.locator(".folium-map").screenshot()
    return np.asarray(Pillow.open(io.BytesIO(content)).convert("RGB"))


def divider_fraction(page: Page) -> float:
    """Return how far from the left the red image ends, measured on the screen, 0-1.

    Along the whole row nothing left of it may be blue and nothing right of it red.
    """
    row = screen(page)[-100].astype(int)
    is_red, is_blue = row[:, 0] - row[:, 2] > 100, row[:, 2] - row[:, 0] > 100
    reds, blues = np.flatnonzero(is_red), np.flatnonzero(is_blue)
    if not reds.size or not blues.size:
        return float(reds.size > 0)
    assert reds.max() < blues.min()
    assert blues.min() - reds.max() < 60
    return float((reds.max() + blues.min()) / 2 / len(row))


def finding_shape(page: Page, kind: str) -> Any:
    return page.locator(f'path.leaflet-interactive[fill="url(#hatch-{kind})"]')


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (800, 600), (390, 844)])
def test_opens_without_a_request_or_a_message(open_html: Open, width: int, height: int) -> None:
    with open_html(demo(), width=width, height=height) as page:
        expect(page.locator("h1")).to_have_text("Kyo-hwa-so No. 12, Jongo-ri")
        expect(page.locator(".leaflet-image-layer")).to_have_count(2)
        for image in page.locator(".leaflet-image-layer").all():
            assert image.evaluate("image => image.naturalWidth") == painted.SIDE_PX
        expect(page.locator(".leaflet-control-scale-line")).to_be_visible()
        expect(page.locator(".north")).to_be_visible()
        expect(page.locator(".leaflet-control-attribution")).to_contain_text("Copernicus")
        assert page.locator(".folium-map").bounding_box()["height"] > 0.4 * height
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_divider_moves_by_keyboard_and_clips_both_images(open_html: Open) -> None:
    with open_html(two_colours()) as page:
        assert divider_fraction(page) == pytest.approx(0.5, abs=0.01)
        page.locator(".swipe input").focus()
        for _ in range(10):
            page.keyboard.press("ArrowLeft")
        assert divider_fraction(page) == pytest.approx(0.3, abs=0.01)
        page.keyboard.press("End")
        assert divider_fraction(page) == 1
        page.keyboard.press("Home")
        assert divider_fraction(page) == 0


def test_divider_follows_the_mouse_and_stays_through_pan_zoom_and_resize(open_html: Open) -> None:
    with open_html(two_colours()) as page:
        box = page.locator(".folium-map").bounding_box()
        handle = page.locator(".swipe input").bounding_box()
        y = handle["y"] + handle["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, y)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=4)
        page.mouse.move(box["x"] + box["width"] * 0.7, y, steps=4)
        page.mouse.up()
        assert divider_fraction(page) == pytest.approx(0.7, abs=0.02)
        left = page.locator(".leaflet-image-layer").first.bounding_box()["x"]
        page.mouse.move(300, 400)
        page.mouse.down()
        page.mouse.move(340, 430, steps=5)
        page.mouse.up()
        page.wait_for_timeout(400)
        assert page.locator(".leaflet-image-layer").first.bounding_box()["x"] != left
        assert divider_fraction(page) == pytest.approx(0.7, abs=0.02)
        page.locator(".leaflet-control-zoom-in").click()
        page.wait_for_timeout(500)
        assert divider_fraction(page) == pytest.approx(0.7, abs=0.02)
        page.set_viewport_size({"width": 900, "height": 640})
        page.wait_for_timeout(300)
        assert divider_fraction(page) == pytest.approx(0.7, abs=0.02)


def test_divider_follows_a_finger(open_html: Open) -> None:
    with open_html(two_colours(), width=390, height=844, touch=True) as page:
        handle = page.locator(".swipe input").bounding_box()
        y = handle["y"] + handle["height"] / 2
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            touched = [{"x": x, "y": y} for x, y in points]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

        touch("touchStart", (195, y))
        for x in (180, 150, 117):
            touch("touchMove", (x, y))
        touch("touchEnd")
        assert divider_fraction(page) == pytest.approx(0.3, abs=0.03)


def test_a_click_opens_what_is_known_of_a_finding(open_html: Open) -> None:
    building = painted.findings()[0]
    area, interval = words.area_words(building)
    with open_html(demo()) as page:
        finding_shape(page, "construction").click()
        popup = page.locator(".leaflet-popup-content")
        for said in (
            words.kind_words("construction"),
            words.interval_words(painted.BEFORE, painted.AFTER),
            f"{area} ({interval})",
            phrase("map.confidence", confidence=building.confidence).capitalize(),
            words.position_words(building).capitalize(),
            *(label for label, _ in measured_rows(building.measurements)),
            *caveat_sentences(building.caveats),
            "construction/1",
            building.id,
            painted.BEFORE.id,
            painted.AFTER.id,
        ):
            expect(popup).to_contain_text(said)
        expect(popup).not_to_contain_text(re.compile(r"\bon 20\d\d"))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_what_is_clicked_stays_in_view_beside_its_popup(
    open_html: Open, width: int, height: int
) -> None:
    building, flood = painted.findings()
    tall = replace(flood, geometry=painted.box(60, 4, 30, 190), area_m2=90_000.0,
                   area_low_m2=80_000.0, area_high_m2=99_000.0)  # fmt: skip
    with open_html(demo(findings=[building, tall]), width=width, height=height) as page:
        stage = page.locator(".folium-map")
        for kind in ("construction", "flooding"):
            shape = finding_shape(page, kind)
            shape.focus()
            page.keyboard.press("Enter")
            popup = page.locator(".leaflet-popup").last
            expect(popup).to_be_visible()
            for fold in popup.locator("summary").all():
                assert lies_in(shape.bounding_box(), stage.bounding_box())
                bottom = popup.bounding_box()["y"] + popup.bounding_box()["height"]
                assert bottom <= shape.bounding_box()["y"] + 6  # its outline is as thick
                fold.click()  # longer, it scrolls
            assert lies_in(popup.bounding_box(), stage.bounding_box())


def lies_in(inner: FloatRect, outer: FloatRect) -> bool:
    """Tell whether a box lies in another box as a whole."""
    return (
        outer["x"] <= inner["x"]
        and outer["y"] <= inner["y"]
        and inner["x"] + inner["width"] <= outer["x"] + outer["width"]
        and inner["y"] + inner["height"] <= outer["y"] + outer["height"]
    )


def test_events_lead_and_those_of_other_dates_are_drawn_too(open_html: Open) -> None:
    building, flood = painted.findings()
    sure = Review(flood.id, "confirmed", "R. N.", "2016-09-20T12:00:00+00:00")
    events = join_events([building, flood], [], {flood.id: sure})
    with open_html(demo(findings=[building], events=events, reviews=[sure])) as page:
        rows = page.locator(".events a")
        expect(rows.first).to_contain_text(words.kind_words("flooding"))
        expect(rows.first).to_contain_text(name_of("ranked_as", "confirmed"))
        expect(page.locator("#layers")).to_contain_text(phrase("map.event_layer", count=1))
        rows.first.click()
        expect(page.locator(".leaflet-popup-content")).to_contain_text(flood.id)
        expect(rows.first).to_have_attribute("aria-current", "true")


def test_the_ruler_adds_up_what_is_clicked(open_html: Open) -> None:
    with open_html(demo(findings=[])) as page:
        page.get_by_label(phrase("script.measure")).click()
        said = page.locator(".ruler output")
        expect(said).to_have_text(phrase("script.measureFrom"))
        bar = page.locator(".leaflet-control-scale-line")
        stated, box = bar.inner_text(), page.locator(".folium-map").bounding_box()
        scale_px = bar.bounding_box()["width"]
        for across in (0.0, scale_px):
            page.mouse.click(box["x"] + 200 + across, box["y"] + 300)
        wanted_m = float(stated.split()[0]) * (1000 if "km" in stated else 1)
        shown = said.inner_text()
        shown_m = float(shown.split()[0]) * (1000 if "km" in shown else 1)
        assert shown_m == pytest.approx(wanted_m, rel=0.04)
        page.keyboard.press("Escape")
        expect(said).to_have_text("")


def test_a_script_that_is_not_ours_does_not_run(open_html: Open) -> None:
    foreign = demo().replace("</main>", "</main><script>document.title = 'mine'</script>")
    with pytest.raises(AssertionError, match="Content Security Policy"), open_html(foreign) as page:
        assert page.title() != "mine"


def test_a_popup_says_what_became_of_a_thing(open_html: Open) -> None:
    findings = painted.findings()
    events = join_events(findings, [])
    said = words.event_words(by_finding(events)[findings[0].id])
    with open_html(demo(events=events)) as page:
        finding_shape(page, "construction").click()
        expect(page.locator(".leaflet-popup-content .event")).to_have_text(said)


def test_a_finding_opens_by_keyboard(open_html: Open) -> None:
    building = painted.findings()[0]
    with open_html(demo()) as page:
        finding_shape(page, "construction").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".leaflet-popup-content")).to_contain_text(building.id)


def test_what_was_not_seen_is_hatched_and_says_why(open_html: Open) -> None:
    with open_html(demo(findings=[])) as page:
        finding_shape(page, "not_seen").last.click(position={"x": 20, "y": 120})
        popup = page.locator(".leaflet-popup-content")
        expect(popup).to_contain_text(words.unseen_words(painted.observations()[2]))
        expect(popup).to_contain_text(phrase("script.notKnown"))


def reviewed() -> str:
    """Return a map with three findings, one confirmed and one rejected."""
    building, flood = painted.findings()
    shed = replace(
        building,
        geometry=painted.box(150, 160, 20, 10),
        area_m2=900.0,
        area_low_m2=700.0,
        area_high_m2=1200.0,
    )
    first = Review(building.id, "confirmed", "R. N.", "2016-09-20T12:00:00+00:00")
    reviews = [first, *(replace(item, finding_id=shed.id) for item in (UNSURE, REJECTED))]
    seen, *others = painted.observations()
    seen = replace(seen, finding_ids=(building.id, shed.id))
    findings = [building, flood, shed]
    return demo(findings=findings, observations=[seen, *others], reviews=reviews)


def inside(inner: dict[str, float], outer: dict[str, float]) -> bool:
    """Tell whether the middle of a box lies in another box."""
    x, y = inner["x"] + inner["width"] / 2, inner["y"] + inner["height"] / 2
    across = outer["x"] < x < outer["x"] + outer["width"]
    return across and outer["y"] < y < outer["y"] + outer["height"]


def test_list_works_by_keyboard(open_html: Open) -> None:
    building, flood = painted.findings()
    with open_html(demo()) as page:
        links = page.locator("#findings a")
        links.first.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".leaflet-popup-content").last).to_contain_text(building.id)
        page.keyboard.press("Tab")  # to the next group
        page.keyboard.press("Enter")  # which closes and opens
        expect(links.last).not_to_be_visible()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".leaflet-popup-content").last).to_contain_text(flood.id)
        expect(links.first).not_to_have_attribute("aria-current", "true")
        page.keyboard.press("Escape")
        expect(page.locator(".leaflet-popup-content")).to_have_count(0)


def test_a_long_list_starts_closed_and_largest_first(open_html: Open) -> None:
    building = painted.findings()[0]
    many = [
        replace(building, area_m2=1000.0 + number, area_low_m2=0.0, area_high_m2=1e6)
        for number in range(300)
    ]
    with open_html(demo(findings=many)) as page:
        group = page.locator("#findings details")
        expect(group).to_have_count(1)
        expect(group.locator("summary")).to_contain_text("300")
        expect(group.locator("a").first).not_to_be_visible()
        group.locator("summary").click()
        expect(group.locator("a").first).to_contain_text("1,300 m²")
        assert group.locator("a").last.get_attribute("href") == f"#{many[0].id}"


def test_a_rejected_finding_is_faint_marked_and_counted_apart(open_html: Open) -> None:
    with open_html(reviewed()) as page:
        expect(page.locator(".headline")).to_contain_text(words.findings_words(3, 1))
        counted = f"{words.kind_words('construction')} ({words.apart_words(2, 1)})"
        expect(page.locator("#layers")).to_contain_text(counted)
        expect(page.get_by_text(phrase("map.rejected"))).to_be_visible()
        opacities = finding_shape(page, "construction").evaluate_all(
            "shapes => shapes.map(shape => shape.getAttribute('stroke-opacity'))"
        )
        assert sorted(map(float, opacities)) == [0.4, 1]
        page.locator("#findings a", has_text=name_of("verdict_short", "rejected")).click()
        popup = page.locator(".leaflet-popup-content").last
        expect(popup).to_contain_text(words.review_words(REJECTED))
        expect(popup).to_contain_text(words.review_words(UNSURE))
        page.locator("#findings a", has_text="4.12 ha").click()
        expect(popup).to_contain_text(phrase("script.unreviewed"))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_axe_finds_nothing_serious(
    open_html: Open, accessibility_faults: Callable[[Page], list[str]], width: int, height: int
) -> None:
    with open_html(reviewed(), width=width, height=height) as page:
        if width < 760:
            page.locator("details.panel > summary").click()
        assert accessibility_faults(page) == []
        page.locator("#findings a").first.click()
        page.wait_for_timeout(400)  # until the popup has faded in
        assert accessibility_faults(page) == []


def test_hostile_names_are_text(open_html: Open) -> None:
    hostile = "<script>alert(1)</script>"
    scene = replace(painted.BEFORE, id=hostile, credit=f"{hostile}<img src=x onerror=alert(2)>")
    building = replace(painted.findings()[0], before=scene, caveats=recorded([hostile]))
    before, _ = painted.pictures()
    html = demo(
        facility=replace(painted.facility(hostile), names_ko=(hostile,)),
        before=replace(before, reference=scene),
        findings=[building],
        notes=(hostile,),
    )
    with open_html(html) as page:
        expect(page.locator("h1")).to_have_text(hostile)
        expect(page.locator("header .also")).to_have_text(hostile)
        assert page.title().startswith(f"SIMULATED: {hostile}")
        expect(page.locator(".leaflet-control-attribution")).to_contain_text("<img src=x")
        finding_shape(page, "construction").click()
        expect(page.locator(".leaflet-popup-content li")).to_have_text(hostile)
        assert page.locator("script").count() == 3


def test_map_works_in_the_frame_that_authors_paste(open_html: Open) -> None:
    line = iframe_line("framed.html", painted.facility())
    report = f"<!DOCTYPE html><html lang=en><title>A report</title><p>{line}</p></html>"
    with open_html(report, framed=demo()) as page:
        title = phrase("map.frame", facility="Kyo-hwa-so No. 12, Jongo-ri")
        frame = page.frame_locator(f'iframe[title="{title}"]')
        frame.locator('path.leaflet-interactive[fill="url(#hatch-construction)"]').click()
        popup = frame.locator(".leaflet-popup-content")
        expect(popup).to_contain_text(words.kind_words("construction"))
        frame.locator("#findings a", has_text="4.12 ha").click()
        expect(popup.last).to_contain_text(words.kind_words("flooding"))


def test_map_with_one_image_says_which(open_html: Open) -> None:
    with open_html(demo(before=None)) as page:
        expect(page.locator(".swipe")).to_have_count(0)
        said = f"{phrase('script.image_after')}: 2016-09-12"
        expect(page.locator(".only-date")).to_have_text(said)


BROKEN_WORDS = """() => {
  const walker = document.createTreeWalker(document.querySelector(".panel-body"), 4);
  const broken = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const word of node.data.matchAll(/[가-힣]+/g)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      if (lines.size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""


def test_a_korean_page_breaks_lines_between_words_and_names_its_controls(
    open_html: Open, accessibility_faults: Callable[[Page], list[str]]
) -> None:
    with in_language("ko"):
        html = demo()
    with open_html(html, width=390, height=844) as page:
        page.locator("details.panel > summary").click()
        assert page.evaluate("document.querySelector('.panel-body').innerText.length") > 400
        assert page.evaluate(BROKEN_WORDS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("#findings a").first.click()
        labels = page.locator(".leaflet-control-zoom a, .leaflet-popup-close-button")
        said = {label.get_attribute("aria-label") for label in labels.all()}
        assert said == {"확대", "축소", "닫기"}
        assert accessibility_faults(page) == []


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_an_inset_says_where_in_the_country_this_is(
    open_html: Open, width: int, height: int
) -> None:
    with open_html(demo(), width=width, height=height) as page:
        if width < 760:
            page.locator("details.panel > summary").click()
        home = "#locator" if width < 760 else ".leaflet-bottom.leaflet-left"
        inset = page.locator(f"{home} svg.locator")
        inset.scroll_into_view_if_needed()
        expect(inset).to_be_visible()
        frame, mark = inset.bounding_box(), inset.locator("rect").last.bounding_box()
        across = (mark["x"] + mark["width"] / 2 - frame["x"]) / frame["width"]
        down = (mark["y"] + mark["height"] / 2 - frame["y"]) / frame["height"]
        assert (across, down) == pytest.approx((0.81, 0.19), abs=0.03)  # 129.7 E, 42.2 N
        expect(page.get_by_text(phrase("map.borders"))).to_be_attached()
