"""One event, read from all that is written of it: the same area, dates, confidence, credit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from camp_monitor.cli import main
from camp_monitor.events.lookup import read_events
from camp_monitor.facilities import find_facility
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.records.finding import Finding
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import in_language, name_of, phrase
from camp_monitor.workspace import Workspace
from tests.report.test_audience import ID, make_workspace

Read = dict[str, str]
"""What an output says, by the names of `ALL`."""
ALL = ("area", "interval", "dates", "confidence", "real", "credit")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_workspace(tmp_path_factory.mktemp("one"), "exact")


def command(workspace: Workspace, *said: str) -> str:
    done = CliRunner().invoke(main, ["--workspace", str(workspace.root), *said])
    assert done.exit_code == 0, done.output
    return done.stdout


def of_record(finding: Finding) -> Read:
    area, interval = words.area_words(finding)
    return {
        "area": area,
        "interval": interval,
        "dates": words.interval_words(finding.before, finding.after),
        "confidence": name_of("confidence", finding.confidence),
        "real": words.real_words(finding),
        "credit": finding.before.credit,
    }


def rows_of(html: str) -> dict[str, str]:
    """The tables of a page: what heads a row, and the row."""

    class Rows(HTMLParser):
        found: dict[str, str] = {}  # noqa: RUF012
        cells: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag == "tr":
                self.cells = []
            if tag in ("th", "td"):
                self.cells.append("")

        def handle_endtag(self, tag: str) -> None:
            if tag == "tr" and self.cells:
                self.found.setdefault(self.cells[0].strip(), " | ".join(self.cells[1:]))

        def handle_data(self, data: str) -> None:
            if self.cells:
                self.cells[-1] += data

    reader = Rows()
    reader.found = {}
    reader.feed(html)
    return reader.found


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_output_says_the_same_of_one_event(
    open_html: Callable[..., Any], workspace: Workspace, tmp_path: Path, language: str
) -> None:
    with open_ledger(workspace.ledger) as ledger:
        [event] = read_events(ledger, ID)
        [finding] = ledger.findings(ID)
        head = ledger.head_sha256()
    lang = ("--lang", language)
    paths = {name: tmp_path / f"{name}-{language}.{end}" for name, end in (
        ("map", "html"), ("figure", "svg"), ("report", "html"), ("bulletin", "html"),
        ("export", "geojson"), ("kml", "kml"),
    )}  # fmt: skip
    command(workspace, "map", ID, "-o", str(paths["map"]), *lang)
    command(workspace, "figure", event.id, "-o", str(paths["figure"]), *lang)
    command(workspace, "report", event.id, "-o", str(paths["report"]), *lang)
    command(workspace, "report", event.id, "--bulletin", "-o", str(paths["bulletin"]), *lang)
    for name in ("export", "kml"):
        command(workspace, "findings", "export", str(paths[name]), *lang)
    texts = {name: path.read_text(encoding="utf-8") for name, path in paths.items()}
    listed = command(workspace, "findings", "show", finding.id, *lang)
    digest = " ".join(command(workspace, "notify", "--dry-run", *lang).split())
    with in_language(language), open_html(texts["map"], hash_id=f"#{finding.id}") as page:
        wanted = of_record(finding)
        said: dict[str, tuple[str, tuple[str, ...]]] = {}
        popup = page.locator(".leaflet-popup-content")
        expect(popup).to_be_visible()
        said["popup"] = popup.inner_text(), ("area", "interval", "dates", "confidence", "real")
        panel = page.locator("aside, main").first.evaluate("() => document.body.innerText")
        events = page.locator(".findings.events li").inner_text()
        said["panel's list of events"] = events, ("area", "dates")
        said["panel"] = panel, ("area", "dates", "confidence", "credit")
        figure = " ".join(re.findall(r"<!-- (.*?) -->", texts["figure"], re.DOTALL))
        said["figure"] = unescape(figure), ALL
        note = paths["figure"].with_suffix(".txt").read_text(encoding="utf-8")
        for page_text in (texts["map"], note, texts["report"], texts["bulletin"], digest):
            assert head in page_text.replace(" ", "")
        said["caption"] = note.partition("\n")[0], ALL
        report, bulletin = rows_of(texts["report"]), rows_of(texts["bulletin"])
        said["report: area"] = report[phrase("report.row.area")], ("area", "interval")
        said["report: came"] = report[phrase("report.row.came")], ("dates",)
        sure = ("confidence", "real")
        said["report: confidence"] = report[phrase("report.row.confidence")], sure
        said["report: events"] = report[event.id], ("area", "interval", "dates")
        said["report: images"] = " ".join(report.values()), ("credit",)
        said["bulletin: area"] = bulletin[phrase("bulletin.row.changed")], ("area", "interval")
        said["bulletin: confidence"] = bulletin[phrase("report.row.confidence")], sure
        said["digest"] = digest, ALL
        said["findings show"] = listed, ALL
        for row in json.loads(texts["export"])["features"]:
            cell = row["properties"]
            if cell["record"] == "not_seen":
                continue
            of_row = SimpleNamespace(**cell)
            level = name_of("confidence", cell["confidence"])
            real = words.sure_words(cell["confidence"], cell["probability"], untested=False)
            values = [*words.area_words(of_row), cell["dates"], level, real, cell["credit"]]
            said[f"export: {cell['record']}"] = " | ".join(values), ALL
        described = unescape(unescape(texts["kml"]))
        said["kml"] = described, ALL
        title = phrase(
            "digest.title", place=words.facility_name(find_facility(workspace.aoi, ID)),
            kind=finding.kind, area=wanted["area"],
        )  # fmt: skip
        assert title in digest
    for name, (text, parts) in said.items():
        plain = " ".join(text.split()).lower()
        for part in parts:
            assert wanted[part].lower() in plain, (name, part, wanted[part], plain[:600])
