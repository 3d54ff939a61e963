"""The pictures of a series of dates, in a real Chromium with all traffic blocked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from camp_monitor.events.events import join_events
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.map.pictures import choose_others
from camp_monitor.report.picture import MapImage
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import in_language, phrase
from tests.browser.test_map_in_browser import Open, demo, finding_shape, screen
from tests.report import painted

SIZES = pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
COLOURS = {"2015": (30, 160, 30), "2016-08": (200, 30, 30), "2016-09": (30, 30, 200),
           "2017": (200, 200, 30)}  # fmt: skip


def scene(date: str) -> SceneReference:
    taken = f"{date}T02:16:02Z"
    return replace(painted.BEFORE, id=f"S2A_{date}", acquired_from_at=taken, acquired_to_at=taken)


EARLIEST, LATEST = scene("2015-09-07"), scene("2017-09-10")


def plain(reference: SceneReference) -> MapImage:
    colour = next(c for start, c in COLOURS.items() if reference.dates.startswith(start))
    pixels = np.full((8, 8, 4), (*colour, 255), np.uint8)
    return replace(painted.pictures()[0], pixels=pixels, reference=reference, bands=())


def series(**changes: Any) -> str:
    """A map of four dates in four colours: of the earliest nothing was seen."""
    seen, water, unseen = painted.observations()
    content: dict[str, Any] = {
        "before": plain(painted.BEFORE),
        "after": plain(painted.AFTER),
        "others": [plain(LATEST), plain(EARLIEST)],
        "looks": [seen, water, replace(unseen, before=EARLIEST), replace(seen, after=LATEST)],
        "observations": [],
        "simulated": False,
    } | changes
    return demo(**content)


def colours_shown(page: Page) -> set[str]:
    """Which dates' colours cover a part of the map, at least an eighth."""
    shown = screen(page).astype(int)
    return {
        date
        for date, colour in COLOURS.items()
        if (np.abs(shown - np.array(colour)).max(axis=2) < 12).mean() > 0.12
    }


@SIZES
def test_a_slider_chooses_the_date_by_keyboard_and_says_it(
    open_html: Open,
    pictures: Path,
    width: int,
    height: int,
) -> None:
    with open_html(series(findings=[]), width=width, height=height) as page:
        slider = page.get_by_label(phrase("map.date"), exact=True)
        both = page.get_by_role("button", name=phrase("map.both"))
        said = page.locator(".dates-bar output")
        assert colours_shown(page) == {"2016-08", "2016-09"}
        expect(both).to_have_attribute("aria-pressed", "true")
        slider.focus()
        page.keyboard.press("Home")
        assert colours_shown(page) == {"2015"}
        expect(said).to_contain_text("2015-09-07, Sentinel-2")
        reason = words.unseen_words(painted.observations()[2])
        expect(said).to_contain_text(phrase("map.date_not_seen", why=reason))
        assert reason in str(slider.get_attribute("aria-valuetext"))
        expect(page.locator(".swipe")).to_be_hidden()
        expect(both).to_have_attribute("aria-pressed", "false")
        page.screenshot(path=pictures / f"dates-{width}.png")
        page.keyboard.press("End")
        assert colours_shown(page) == {"2017"}
        expect(said).to_contain_text(phrase("overview.seen", share=words.share_words(0.93)))
        page.keyboard.press("ArrowLeft")
        assert colours_shown(page) == {"2016-09"}
        both.click()
        assert colours_shown(page) == {"2016-08", "2016-09"}
        expect(page.locator(".swipe")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_slider_follows_the_mouse_and_findings_stay_on_top(open_html: Open) -> None:
    with open_html(series()) as page:
        box = page.locator("#date").bounding_box()
        page.mouse.click(box["x"] + 6, box["y"] + box["height"] / 2)
        assert colours_shown(page) == {"2015"}
        finding_shape(page, "construction").click()
        expect(page.locator(".leaflet-popup-content h2")).to_have_text(
            words.kind_words("construction")
        )
        assert colours_shown(page) == {"2015"}  # whoever looks at one date keeps it


def test_an_event_of_other_dates_shows_the_images_it_came_between(open_html: Open) -> None:
    building, flood = painted.findings()
    late = replace(flood, before=painted.AFTER, after=LATEST)
    sure = Review(late.id, "confirmed", "R. N.", "2017-09-20T12:00:00+00:00")
    events = join_events([building, late], [], {late.id: sure})
    html = series(findings=[building], events=events, reviews=[sure])
    with open_html(html, height=1000) as page:
        page.locator(".events a").first.click()
        signs = page.locator(".swipe .date")
        expect(signs.first).to_contain_text("2016-09-12")
        expect(signs.last).to_contain_text("2017-09-10")
        page.keyboard.press("Escape")
        page.get_by_role("button", name=phrase("map.both")).click()
        expect(signs.first).to_contain_text("2016-08-20")


def test_axe_finds_nothing_serious_on_one_date_and_a_long_strip_in_korean(
    open_html: Open, accessibility_faults: Callable[[Page], list[str]]
) -> None:
    findings, [first, second, *_] = painted.findings(), looks_at_the_building()
    years = [scene(f"{year}-09-10") for year in range(2017, 2047)]
    looks = [second, *(replace(first, after=year) for year in years)]
    with in_language("ko"):
        html = series(findings=findings, looks=looks, events=join_events(findings, looks))
    with open_html(html, width=390, height=844) as page:
        page.locator("#date").focus()
        page.keyboard.press("Home")
        assert accessibility_faults(page) == []
        finding_shape(page, "construction").focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(400)  # until the popup has faded in
        expect(page.locator(".strip-sheet")).to_have_attribute("tabindex", "0")  # it scrolls
        assert accessibility_faults(page) == []


def test_the_dates_of_leading_events_and_then_the_farthest_apart_are_shown() -> None:
    [building, _], [seen, *_] = painted.findings(), painted.observations()
    dates = [scene(f"20{year:02}-09-01") for year in range(20)]
    looks = [replace(seen, before=dates[0], after=date) for date in dates[1:]]
    came = replace(building, before=dates[11], after=dates[12])
    sure = Review(came.id, "confirmed", "R. N.", "2021-09-20T12:00:00+00:00")
    events = join_events([came], looks, {came.id: sure})
    chosen = choose_others((dates[18], dates[19]), looks, events, 6)
    assert [one.dates[:4] for one in chosen] == ["2000", "2005", "2011", "2012"]
    assert choose_others((dates[18], dates[19]), looks, events, 2) == []


def looks_at_the_building() -> list[Observation]:
    """Four looks, each a year after the one before: changed, unchanged, hidden, unanswered."""
    seen, _, unseen = painted.observations()
    years = [scene(f"{year}-09-10") for year in (2017, 2018, 2019)]
    bare = replace(seen, outcome="unchanged", finding_ids=(), reasons=(), not_seen=None)
    return [
        replace(bare, before=painted.AFTER, after=years[0]),
        seen,
        replace(bare, before=years[0], after=years[1], not_seen=painted.box(190, 190, 60, 40),
                reasons=seen.reasons),
        replace(unseen, method="construction/1", before=years[1], after=years[2]),
    ]  # fmt: skip


@SIZES
def test_a_strip_tells_by_shape_and_text_what_each_look_showed(
    open_html: Open, pictures: Path, width: int, height: int
) -> None:
    findings, looks = painted.findings(), looks_at_the_building()
    html = series(findings=findings, looks=looks, events=join_events(findings, looks))
    with open_html(html, width=width, height=height) as page:
        finding_shape(page, "construction").focus()
        page.keyboard.press("Enter")
        chart = page.locator(".strip svg[role=img]")
        chart.scroll_into_view_if_needed()
        marks = chart.locator("g > :last-child").evaluate_all(
            "all => all.map((one) => one.tagName)"
        )
        assert marks == ["rect", "circle", "path", "path"]
        said = str(chart.get_attribute("aria-label"))
        for date, before, name in (
            ("2016-09-12", "2016-08-20", "changed"),
            ("2017-09-10", "2016-09-12", "unchanged"),
            ("2018-09-10", "2017-09-10", "notSeen"),
            ("2019-09-10", "2018-09-10", "notSeen"),
        ):
            outcome = phrase(f"script.strip_{name}")
            assert phrase("script.stripLook", after=date, before=before, outcome=outcome) in said
        expect(chart).to_contain_text("2019")
        expect(page.locator(".strip-legend")).to_have_text(
            "".join(phrase(f"script.strip_{name}") for name in ("changed", "unchanged", "notSeen"))
        )
        page.screenshot(path=pictures / f"strip-{width}.png")
        frame, popup = chart.bounding_box(), page.locator(".leaflet-popup").bounding_box()
        assert frame["x"] + frame["width"] <= popup["x"] + popup["width"]
