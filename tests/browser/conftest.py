"""A real Chromium without a network, which reports whatever a page tries or says."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, sync_playwright

PICTURES_VARIABLE = "CAMP_MONITOR_PICTURES"


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures go."""
    named = os.environ.get(PICTURES_VARIABLE)
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return Debian's Chromium, headless."""
    path = shutil.which("chromium")
    if path is None:
        reason = "Chromium is not installed: on Debian, run apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_html(chromium: Browser, tmp_path: Path) -> Callable[..., Any]:
    """Return a function that opens HTML from a file and, at the end, wants no fault on record.

    `framed` is written beside it as ``framed.html``, the only other file that may be asked for.
    """

    @contextmanager
    def opened(
        html: str,
        *,
        width: int = 1280,
        height: int = 800,
        hash_id: str = "",
        touch: bool = False,
        framed: str = "",
    ) -> Iterator[Page]:
        files = {"map.html": html} | ({"framed.html": framed} if framed else {})
        for name, content in files.items():
            (tmp_path / name).write_text(content, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": height}, offline=True, has_touch=touch
        )
        faults = _watch(context, {(tmp_path / name).as_uri() for name in files})
        page = context.new_page()
        page.goto((tmp_path / "map.html").as_uri() + hash_id)
        page.wait_for_timeout(150)
        yield page
        context.close()
        assert faults == []

    return opened


@pytest.fixture(scope="session")
def accessibility_faults() -> Callable[[Page], list[str]]:
    """Return a function that lists what axe-core finds serious or critical on a page."""
    script = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

    def faults(page: Page) -> list[str]:
        page.evaluate(script)
        found = page.evaluate("async () => (await axe.run()).violations")
        return [
            f"{item['id']}: {node['html'][:160]} {node['failureSummary']}"
            for item in found
            if item["impact"] in ("serious", "critical")
            for node in item["nodes"]
        ]

    return faults


def _watch(context: BrowserContext, allowed: set[str]) -> list[str]:
    """Block every request but those for `allowed`; return the list that will hold all faults."""
    faults: list[str] = []

    def is_allowed(url: str) -> bool:
        return url.startswith("data:") or url.split("#")[0] in allowed

    def answer(route: Route) -> None:
        if is_allowed(route.request.url):
            route.continue_()
        else:
            route.abort()

    def note_request(url: str) -> None:
        if not is_allowed(url):
            faults.append(f"request: {url}")

    def note_dialog(dialog: Dialog) -> None:
        faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    context.route("**/*", answer)
    context.on("request", lambda request: note_request(request.url))
    context.on("console", lambda message: faults.append(f"console: {message.text}"))
    context.on("weberror", lambda error: faults.append(f"error: {error.error}"))
    context.on("dialog", note_dialog)
    return faults
