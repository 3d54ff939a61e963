"""The page of `status` in a real browser without a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from camp_monitor.report.text.sentences import name_of
from camp_monitor.watch.status_page import draw_status
from tests.watch import made_up

HOSTILE = "<img src=x onerror=alert(1)> " + "Überlanger한국어Name" * 12


@pytest.mark.parametrize("width", [1280, 390])
def test_the_calendar_can_be_read(
    open_html: Callable[..., Any],
    accessibility_faults: Callable[[Page], list[str]],
    width: int,
) -> None:
    ids = [f"sim-{number:02}" for number in range(5)]
    html = draw_status(made_up.status(ids, 1095, name=HOSTILE))
    with open_html(html, width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = page.locator(".days i").evaluate_all(
            "all => all.map(one => [one.className, one.getBoundingClientRect()])"
            ".map(([name, box]) => [name, box.left, box.right, box.height])"
        )
        assert len(boxes) > 500
        assert all(right <= width and height >= 14 for _, _, right, height in boxes)
        whole = [right - left for name, left, right, _ in boxes if name == "l"]
        assert sorted(whole)[len(whole) // 2] > 7, "wide enough to be told apart"
        looks = page.locator(".legend i").evaluate_all(
            "all => all.map(one => getComputedStyle(one))"
            ".map(style => style.backgroundImage + style.backgroundColor + style.boxShadow)"
        )
        assert len(set(looks)) == 8
        assert accessibility_faults(page) == []
        page.locator("summary").first.click()
        unseen = page.locator("details[open]").first.inner_text()
        assert name_of("outage", "sight") in unseen
        assert "sim-00" in unseen
