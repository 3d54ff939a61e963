"""A reader's walk over a map: swipe, layers, list, popup and address, each used and photographed.

The pictures are for people to look at: set CAMP_MONITOR_PICTURES to a folder to keep them.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from playwright.sync_api import Locator, Page, expect

from camp_monitor.report.text.sentences import phrase
from camp_monitor.report.text.words import findings_words, kind_words
from tests.browser.test_map_in_browser import inside, reviewed
from tests.report.real import naip_map

Screen = NDArray[np.int16]
Box = dict[str, float]


class Walk:
    """A page, the hand that uses it, and the camera."""

    def __init__(self, page: Page, *, touch: bool, pictures: Path, name: str) -> None:
        self.page, self.touch = page, touch
        self.pictures, self.name, self.taken = pictures, name, 0
        self.map = page.locator(".folium-map")
        self.panel = page.locator("details.panel > summary")

    def use(self, target: Locator) -> None:
        if self.touch:
            target.tap()
        else:
            target.click()

    def use_at(self, x: float, y: float) -> None:
        if self.touch:
            self.page.touchscreen.tap(x, y)
        else:
            self.page.mouse.click(x, y)

    def drag(self, start: float, end: float, y: float) -> None:
        """Move a mouse button held down, or a finger, along a row of the screen."""
        steps = [start + (end - start) * part / 8 for part in range(9)]
        if not self.touch:
            self.page.mouse.move(start, y)
            self.page.mouse.down()
            for x in steps:
                self.page.mouse.move(x, y)
            self.page.mouse.up()
            return
        session = self.page.context.new_cdp_session(self.page)

        def send(kind: str, *points: float) -> None:
            touched = [{"x": x, "y": y} for x in points]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

        send("touchStart", start)
        for x in steps:
            send("touchMove", x)
        send("touchEnd")

    def photograph(self, what: str) -> Screen:
        """Keep a picture of the page; return what its map shows, (row, col, 3)."""
        self.page.wait_for_timeout(400)  # until what fades or slides has come to rest
        self.taken += 1
        self.page.screenshot(path=self.pictures / f"{self.name}-{self.taken}-{what}.png")
        content = Pillow.open(io.BytesIO(self.map.screenshot())).convert("RGB")
        return np.asarray(content).astype(np.int16)

    def box(self, locator: Locator) -> Box:
        found = locator.bounding_box()
        assert found is not None
        return {side: float(found[side]) for side in ("x", "y", "width", "height")}

    def shapes(self, kind: str) -> Locator:
        return self.page.locator(f'path.leaflet-interactive[fill="url(#hatch-{kind})"]')


@pytest.fixture(params=["painted", "naip"])
def subject(request: pytest.FixtureRequest) -> tuple[str, str, str, str]:
    """A map's name, its HTML, a kind of change found in it, and its last answer."""
    if request.param == "painted":
        return "painted", reviewed(), "flooding", phrase("not_seen")
    html, _, findings = naip_map(request.getfixturevalue("imagery_folder"))
    wet = sum(finding.kind in ("water_gain", "water_loss") for finding in findings)
    return "naip", html, "water_gain", phrase("changed.part", findings=findings_words(wet))


@pytest.mark.parametrize(("width", "height", "touch"), [(1280, 800, False), (390, 844, True)])
def test_a_walk_over_the_map(
    open_html: Callable[..., Any],
    pictures: Path,
    subject: tuple[str, str, str, str],
    width: int,
    height: int,
    touch: bool,
) -> None:
    name, html, kind, answer = subject
    with open_html(html, width=width, height=height, touch=touch) as page:
        walk = Walk(page, touch=touch, pictures=pictures, name=f"{name}-{width}")
        swipes(walk)
        switches_a_layer_off(walk, kind, answer)
        chosen = chooses_from_the_list(walk, kind)
        opens_by_hand(walk, chosen)
        opens_by_address(walk, chosen)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def swipes(walk: Walk) -> None:
    """Pull the divider from the middle to a quarter: between them the other date shows."""
    before = walk.photograph("open")
    handle, frame = walk.box(walk.page.locator(".swipe input")), walk.box(walk.map)
    y = handle["y"] + handle["height"] / 2
    walk.drag(frame["x"] + frame["width"] / 2, frame["x"] + frame["width"] / 4, y)
    after = walk.photograph("swiped")
    change = np.abs(after - before).max(axis=2)[: int(handle["y"] - frame["y"])]
    cols = change.shape[1]
    crossed = change[:, cols // 4 + 4 : cols // 2 - 4]
    assert (crossed > 8).mean() > 0.15
    assert (change[:, : cols // 4 - 4] == 0).all()
    assert (change[:, cols // 2 + 4 :] == 0).all()


def switches_a_layer_off(walk: Walk, kind: str, answer: str) -> None:
    """Read the answers, and untick a kind: its findings leave the screen, others stay."""
    layers = walk.page.locator("#layers")
    if walk.touch:
        expect(layers).not_to_be_visible()
        walk.use(walk.panel)
    expect(layers).to_be_visible()
    expect(walk.page.locator(".question .outcome").last).to_have_text(answer)
    expect(walk.page.locator(".question .outcome").last).to_be_visible()
    assert walk.box(walk.map)["height"] > 200
    drawn, others = walk.shapes(kind).count(), walk.shapes("construction").count()
    assert drawn
    assert others
    row = layers.locator("label", has=walk.page.locator(f'rect[fill="url(#hatch-{kind})"]'))
    assert walk.box(row)["height"] >= (40 if walk.touch else 24)
    row.scroll_into_view_if_needed()
    heading = walk.box(walk.panel)  # nothing that scrolls lies over it
    for x in np.linspace(heading["x"] + 5, heading["x"] + heading["width"] - 5, 30):
        assert walk.panel.evaluate(
            "(panel, [x, y]) => panel.contains(document.elementFromPoint(x, y))",
            [float(x), heading["y"] + heading["height"] / 2],
        )
    before = walk.photograph("layers")
    walk.use(row)
    expect(walk.shapes(kind)).to_have_count(0)
    expect(walk.shapes("construction")).to_have_count(others)
    without = walk.photograph("layer-off")
    walk.use(row)
    expect(walk.shapes(kind)).to_have_count(drawn)
    again = walk.photograph("layer-on")  # where kinds overlap, the one that came back lies on top
    assert (again != before).mean() < 0.02 < (without != before).mean()
    walk.use(row)


def chooses_from_the_list(walk: Walk, kind: str) -> str:
    """Choose a finding of the kind that is off: the map goes there, shows it and says what it is.

    Return its id.
    """
    page = walk.page
    group = page.locator("#findings details", has=page.locator(f'rect[fill="url(#hatch-{kind})"]'))
    if not group.locator("ul").is_visible():
        walk.use(group.locator("> summary"))
    link = group.locator("a").first
    chosen = str(link.get_attribute("href")).removeprefix("#")
    walk.use(link)
    assert page.url.endswith(f"#{chosen}")
    expect(link).to_have_attribute("aria-current", "true")
    expect(page.locator(".leaflet-popup-content h2")).to_have_text(kind_words(kind))
    shape = page.locator("path.chosen")
    expect(shape).to_have_attribute("fill", f"url(#hatch-{kind})")  # its layer was off
    walk.photograph("list")
    frame = walk.box(walk.map)
    assert page.viewport_size is not None
    assert frame["height"] > 0.6 * page.viewport_size["height"]
    assert inside(walk.box(shape), frame)
    popup = walk.box(page.locator(".leaflet-popup-content-wrapper"))
    assert popup["y"] + popup["height"] <= walk.box(shape)["y"] + 2  # it hides no part of it
    assert frame["x"] <= popup["x"]
    assert popup["x"] + popup["width"] <= frame["x"] + frame["width"]
    assert popup["y"] >= frame["y"]
    page.go_back()
    assert "#" not in page.url
    return chosen


def opens_by_hand(walk: Walk, chosen: str) -> None:
    """Close the popup by its button, and open it again by the shape itself."""
    page = walk.page
    button = page.locator(".leaflet-popup-close-button")
    shape = page.locator("path.chosen").element_handle()
    assert walk.box(button)["width"] >= (40 if walk.touch else 24)
    walk.use(button)
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    expect(page.locator("path.chosen")).to_have_count(0)
    place = shape.evaluate(
        """shape => {
          const box = shape.getBoundingClientRect();
          for (let y = box.top + 2; y < box.bottom; y += 3) {
            for (let x = box.left + 2; x < box.right; x += 3) {
              if (document.elementFromPoint(x, y) === shape) return [x, y];
            }
          }
        }"""
    )
    walk.use_at(*place)
    popup = page.locator(".leaflet-popup-content")
    expect(popup.locator(".record summary")).to_have_text(f"{phrase('script.finding')} {chosen}")
    expect(popup.locator(".record dl")).not_to_be_visible()
    walk.photograph("popup")
    walk.use(popup.locator(".record summary"))
    expect(popup.locator(".record dl")).to_be_visible()
    assert page.url.endswith(f"#{chosen}")


def opens_by_address(walk: Walk, chosen: str) -> None:
    """Follow the address of another finding, and open the page afresh at it."""
    page = walk.page
    links = page.locator("#findings a").evaluate_all("all => all.map(a => a.hash)")
    other = next(link for link in links if link != f"#{chosen}")
    popup = page.locator(".leaflet-popup-content").last
    page.goto(page.url.split("#")[0] + other)
    expect(popup).to_contain_text(f"{phrase('script.finding')} {other[1:]}")
    page.reload()
    expect(popup).to_contain_text(f"{phrase('script.finding')} {other[1:]}")
    walk.photograph("address")
    assert inside(walk.box(page.locator("path.chosen")), walk.box(walk.map))
