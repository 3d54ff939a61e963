"""Names with markup, writing that runs left, 300 characters and emoji break no layout."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import numpy as np
import pypdf
import pytest
from click.testing import CliRunner
from PIL import Image as Pillow

from camp_monitor.cli import main
from camp_monitor.facilities.registry import find_facility, write_facility
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.report.figure.lettering import LEFT_TO_RIGHT, left_to_right
from camp_monitor.report.text.sentences import in_language, name_of
from camp_monitor.watch.heartbeat import LINE
from camp_monitor.workspace import Workspace
from tests.report.test_audience import ID, make_workspace

HEAD = '<b>Camp</b> & "x" {{7}} $a_b$ #eval שלום עולם مرحبا 😀👩 전거리 '
NAME = (HEAD + "Wörterlang" * 30)[:200]
TITLE = (HEAD + "Wörterlang" * 40)[:300]
KOREAN = ("전거리교화소<i>😀שלום" * 30)[:200]
LANGUAGES = ["en", "ko"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = make_workspace(tmp_path_factory.mktemp("names"), "exact", "CC-BY-4.0")
    facility = replace(find_facility(made.aoi, ID), name=NAME, names_ko=(KOREAN,))
    write_facility(facility, made.aoi / f"{ID}.geojson")
    return made


def written(workspace: Workspace, path: Path, *said: str) -> bytes:
    command = ["--workspace", str(workspace.root), *said, str(path)]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    return path.read_bytes()


def finding_id(workspace: Workspace) -> str:
    with open_ledger(workspace.ledger) as ledger:
        [finding] = ledger.findings(ID)
    return finding.id


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", ["column", "page"])
def test_a_figure_keeps_its_margins_and_its_language(
    workspace: Workspace, tmp_path: Path, language: str, width: str
) -> None:
    key = finding_id(workspace)
    options = ("--title", TITLE, "--callout", f"{key}={TITLE[:200]}", "--width", width)
    command = ("figure", key, *options, "--lang", language, "-o")
    content = written(workspace, tmp_path / "a.png", *command)
    page = np.array(Pillow.open(io.BytesIO(content)).convert("L"))
    assert (page[:, -8:] > 250).all(), "nothing runs out of the sheet"
    assert page.shape[0] < 3 * page.shape[1]
    drawing = written(workspace, tmp_path / "a.svg", *command).decode()
    lines = re.findall(r"<!-- (.*?) -->", drawing)
    with in_language(language):
        assert any(name_of("panel", "before") in line for line in lines)


def test_a_line_begins_at_the_left() -> None:
    assert left_to_right("עולם abc") == f"{LEFT_TO_RIGHT}עולם abc"
    assert left_to_right("abc 전거리") == "abc 전거리"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_keep_their_width(
    open_html: Callable[..., Any], workspace: Workspace, tmp_path: Path, language: str, width: int
) -> None:
    for command in (("report", ID, "-o"), ("status", "--html"), ("map", ID, "-o")):
        html = written(workspace, tmp_path / "a.html", *command[:-1], "--lang", language,
                       command[-1]).decode()  # fmt: skip
        with open_html(html, width=width) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width, command
            assert page.locator("h1, .title").first.inner_text().strip()
            assert page.locator("h1 b, h2 b, h3 b, th b, .title b").count() == 0, (
                "a name is no markup"
            )
            broken = page.locator("td").evaluate_all(
                "all => all.filter((one) => /^[EF][0-9a-f]{12}$/.test(one.textContent.trim()))"
                ".filter((one) => { const range = document.createRange();"
                " range.selectNodeContents(one); return range.getClientRects().length > 1; })"
                ".length"
            )
            assert broken == 0 or width < 1280, "an id stands on one line"


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_and_pdf_hold_the_name_as_text(
    workspace: Workspace, tmp_path: Path, language: str
) -> None:
    start = "전거리교화소<i>" if language == "ko" else '<b>Camp</b> & "x" {{7}} $a_b$ #eval'
    command = ("report", ID, "--lang", language, "-o")
    file = docx.Document(io.BytesIO(written(workspace, tmp_path / "a.docx", *command)))
    assert any(start in paragraph.text for paragraph in file.paragraphs)
    reader = pypdf.PdfReader(io.BytesIO(written(workspace, tmp_path / "a.pdf", *command)))
    assert start in " ".join(reader.pages[0].extract_text().split())
    assert len(reader.pages) < 8


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_folds_its_lines(workspace: Workspace, language: str) -> None:
    command = ["--workspace", str(workspace.root), "notify", "--dry-run", "--lang", language]
    printed = CliRunner().invoke(main, command).stdout
    _, *body = printed.splitlines()
    for line in body:
        wide = sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in line)
        assert wide <= LINE or " " not in line.strip(), line
