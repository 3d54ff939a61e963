"""Each control of both pages is used, at both widths, in colour and as a reader without colours.

Whatever can be reached by keyboard must be one of the controls that are used here.  The pictures
are for people to look at: set CAMP_MONITOR_PICTURES to a folder to keep them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from playwright.sync_api import Locator, Page, expect

from camp_monitor.events.events import join_events
from camp_monitor.records.review import Review
from camp_monitor.report.text.sentences import phrase
from tests.browser.test_map_dates import looks_at_the_building, series
from tests.browser.test_map_in_browser import Open, lies_in
from tests.browser.test_overview_in_browser import overview
from tests.report import painted

SIZES = pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
SIGHT = pytest.mark.parametrize("sight", ["colour", "grey"])
SHAPE = "path.leaflet-interactive"
MAP = {
    "panel": "details.panel > summary",
    "search": "#search",
    "event": ".events a",
    "how": ".more > summary",
    "group": "#findings .group > summary",
    "finding": "#findings a",
    "layer": "#layers input",
    "zoom-in": ".leaflet-control-zoom-in",
    "zoom-out": ".leaflet-control-zoom-out",
    "ruler": ".ruler button",
    "divider": ".swipe input",
    "date": "#date",
    "both": ".dates-bar button",
    "shape": SHAPE,
    "popup": ".leaflet-popup-content",
    "fold": ".leaflet-popup-content summary",
    "strip": ".strip-sheet",
    "close": ".leaflet-popup-close-button",
    "map": ".leaflet-container",
}
OVERVIEW = {
    name: MAP[name] for name in ("panel", "search", "zoom-in", "zoom-out", "popup", "close", "map")
} | {"group": ".group > summary", "place": ".place-icon", "row": "#places a"}
REACHABLE = """known => [...document.querySelectorAll(
  "a[href], button, input, select, textarea, summary, iframe, [tabindex], [contenteditable]")]
  .filter((one) => one.checkVisibility() && !one.matches('[tabindex="-1"]'))
  .filter((one) => !known.some((name) => one.matches(name)))
  .map((one) => one.outerHTML.slice(0, 200))"""


class Use:
    """A page, the hand that uses it, and the camera."""

    def __init__(self, page: Page, width: int, name: str, sight: str, pictures: Path) -> None:
        page.set_default_timeout(8000)
        self.page, self.narrow, self.sight = page, width < 760, sight
        self.name, self.pictures, self.taken = f"{name}-{width}-{sight}", pictures, 0
        if sight == "grey":
            session = page.context.new_cdp_session(page)
            session.send("Emulation.setEmulatedVisionDeficiency", {"type": "achromatopsia"})

    def press(self, target: Locator) -> None:
        """Click, or tap on a phone."""
        target.scroll_into_view_if_needed()
        (target.tap if self.narrow else target.click)()

    def see(self, what: str) -> NDArray[np.uint8]:
        """Photograph the page; there is colour in it where there should be."""
        self.page.wait_for_timeout(150)
        self.taken += 1
        content = self.page.screenshot(path=self.pictures / f"{self.name}-{self.taken}-{what}.png")
        shown = np.asarray(Pillow.open(io.BytesIO(content)).convert("RGB"))
        spread = np.ptp(shown.astype(np.int16), axis=2).max()
        assert spread > 60 if self.sight == "colour" else spread < 8
        return shown

    @contextmanager
    def panel(self) -> Iterator[None]:
        """Open the panel, which lies over the map of a phone."""
        panel = self.page.locator("details.panel")
        if panel.get_attribute("open") is None:
            self.press(self.page.locator(MAP["panel"]))
        expect(panel).to_have_attribute("open", "")
        yield
        if self.narrow and panel.get_attribute("open") is not None:
            self.press(self.page.locator(MAP["panel"]))
            expect(panel).not_to_have_attribute("open", "")


def zooms(use: Use, measured: Locator) -> None:
    """Both buttons change how large the ground is drawn, and the second undoes the first."""
    page, widths = use.page, [measured.inner_text()]
    for name in ("zoom-in", "zoom-out"):
        use.press(page.locator(MAP[name]))
        page.wait_for_timeout(350)
        use.see(name)
        widths.append(measured.inner_text())
    assert widths[0] != widths[1]
    assert widths[1] != widths[2]


def leaves_and_comes_back(use: Use, group: Locator) -> None:
    """A group closes and opens."""
    was_open = group.get_attribute("open") is not None
    for is_open in (not was_open, was_open):
        use.press(group.locator("> summary"))
        expect(group.locator("a").first).to_be_visible(visible=is_open)
        use.see("group-open" if is_open else "group-closed")


def signs_differ(use: Use, samples: Locator) -> None:
    """No two samples of the legend look alike."""
    seen = []
    for sample in samples.all():
        sample.scroll_into_view_if_needed()
        drawn = Pillow.open(io.BytesIO(sample.screenshot())).convert("L").resize((24, 16))
        seen.append(np.asarray(drawn).astype(np.int16))
    assert len(seen) > 2
    for one, other in combinations(seen, 2):
        assert np.abs(one - other).max() > 40


def measures(use: Use) -> None:
    button, said = use.page.locator(MAP["ruler"]), use.page.locator(".ruler output")
    use.press(button)
    expect(button).to_have_attribute("aria-pressed", "true")
    frame = use.page.locator(".folium-map").bounding_box()
    assert frame is not None
    for part in (0.3, 0.7):
        place = frame["x"] + frame["width"] * part, frame["y"] + frame["height"] * 0.55
        (use.page.touchscreen.tap if use.narrow else use.page.mouse.click)(*place)
    expect(said).to_contain_text("m")
    use.see("ruler")
    use.press(button)
    expect(said).to_have_text("")


def moves_divider_and_dates(use: Use) -> None:
    page, divider = use.page, use.page.locator(MAP["divider"])
    before = use.see("open")
    divider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    assert (use.see("divider") != before).mean() > 0.005
    page.locator(MAP["date"]).focus()
    page.keyboard.press("Home")
    expect(page.locator(".dates-bar output")).to_contain_text("2015-09-07")
    use.see("date")
    use.press(page.locator(MAP["both"]))
    expect(page.locator(MAP["both"])).to_have_attribute("aria-pressed", "true")


def is_whole(page: Page) -> None:
    """The popup lies in the map, and hides nothing of what it is about."""
    stage, popup = page.locator(".folium-map").bounding_box(), page.locator(".leaflet-popup")
    shape, opened = page.locator("path.chosen").bounding_box(), popup.last.bounding_box()
    assert stage
    assert shape
    assert opened
    assert lies_in(opened, stage)
    assert lies_in(shape, stage)
    assert opened["y"] + opened["height"] <= shape["y"] + 6  # its outline is as thick


def unfolds_and_closes_the_popup(use: Use, flood: str) -> None:
    page, popup = use.page, use.page.locator(".leaflet-popup-content")
    shape = page.locator(f'{SHAPE}[fill="url(#hatch-construction)"]')
    shape.focus()
    page.keyboard.press("Enter")
    expect(popup).to_be_visible()
    use.see("popup")
    is_whole(page)
    folds = popup.locator("details")
    assert folds.count() >= 2
    for fold in folds.all():
        use.press(fold.locator("summary"))
        expect(fold).to_have_attribute("open", "")
        use.see("fold")
        is_whole(page)
    use.press(page.locator(MAP["close"]))
    expect(popup).to_have_count(0)
    for row in ("event", "finding"):
        with use.panel():
            use.press(page.locator(f'{MAP[row]}[href="#{flood}"]'))
            expect(popup).to_contain_text(flood)
            use.see(row)
            is_whole(page)
            if row == "event" and not use.narrow:
                page.locator(".leaflet-popup-content").focus()
                page.keyboard.press("Escape")
                expect(popup).to_have_count(0)


def searches(use: Use, words: str, rows: Locator) -> None:
    field = use.page.get_by_label(phrase("map.search"), exact=True)
    field.fill(words)
    expect(rows).to_have_count(1)
    use.see("search")
    field.fill("")


@SIGHT
@SIZES
def test_each_control_of_the_map(
    open_html: Open,
    pictures: Path,
    accessibility_faults: Callable[[Page], list[str]],
    width: int,
    height: int,
    sight: str,
) -> None:
    findings, looks = painted.findings(), looks_at_the_building()
    building, flood = findings
    sure = Review(flood.id, "confirmed", "R. N.", "2016-09-20T12:00:00+00:00")
    events = join_events(findings, looks, {flood.id: sure})
    html = series(findings=findings, observations=painted.observations(), events=events,
                  reviews=[sure], simulated=True)  # fmt: skip
    with open_html(html, width=width, height=height, touch=width < 760) as page:
        use = Use(page, width, "map", sight, pictures)
        moves_divider_and_dates(use)
        zooms(use, page.locator(".leaflet-control-scale-line"))
        measures(use)
        with use.panel():
            use.see("panel")
            signs_differ(use, page.locator("#layers svg"))
            searches(use, building.id, page.locator("#findings a:visible"))
            how = page.locator(".more").first
            use.press(how.locator("summary"))
            expect(how).to_have_attribute("open", "")
            use.see("how")
            leaves_and_comes_back(use, page.locator("#findings .group").first)
            drawn = page.locator(".leaflet-map-pane :is(path, img)")
            for layer in page.locator(MAP["layer"]).all():
                count = drawn.count()
                use.press(layer)
                expect(drawn).not_to_have_count(count)
                use.see("layer")
                use.press(layer)
                expect(drawn).to_have_count(count)
            assert accessibility_faults(page) == []
        unfolds_and_closes_the_popup(use, flood.id)
        assert page.evaluate(REACHABLE, list(MAP.values())) == []
        assert accessibility_faults(page) == []


@SIGHT
@SIZES
def test_each_control_of_the_overview(
    open_html: Open,
    pictures: Path,
    accessibility_faults: Callable[[Page], list[str]],
    width: int,
    height: int,
    sight: str,
) -> None:
    with open_html(overview(simulated=True), width=width, height=height, touch=width < 760) as page:
        use = Use(page, width, "overview", sight, pictures)
        use.see("open")
        zooms(use, page.locator(".leaflet-control-scale-line"))
        popup = page.locator(".leaflet-popup-content")
        use.press(page.locator('.place-icon[aria-label*="Jongo-ri"]'))
        expect(popup).to_contain_text("Jongo-ri")
        page.wait_for_timeout(400)  # until the map has made room for it
        stage = page.locator("#overview").bounding_box()
        opened = page.locator(".leaflet-popup").bounding_box()
        assert stage
        assert opened
        assert lies_in(opened, stage)
        use.see("place")
        assert page.evaluate(REACHABLE, list(OVERVIEW.values())) == []
        use.press(page.locator(MAP["close"]))
        expect(popup).to_have_count(0)
        with use.panel():
            signs_differ(use, page.locator(".panel .group > summary .place"))
            searches(use, "jongo", page.locator("#places li:visible"))
            leaves_and_comes_back(use, page.locator(".group", has=page.locator("i.never")))
            use.press(page.locator('#places a[href="#khs-12-jongori"]'))
            expect(popup).to_contain_text("Jongo-ri")
            use.see("row")
        assert accessibility_faults(page) == []
