"""Texts are made when something is shown: other texts give the same ids and the same ledger."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import rasterio

import camp_monitor as cm
from camp_monitor.codes import Code
from camp_monitor.events.events import join_events
from camp_monitor.facilities import Status, bundled_registry
from camp_monitor.facilities.importing import add_outline, import_outline
from camp_monitor.ledger.chain import CHAINED
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.notes import note
from camp_monitor.records.review import Review, latest_reviews
from camp_monitor.report.export.kml import kml_text
from camp_monitor.report.export.tables import event_rows, finding_rows, not_seen_rows
from camp_monitor.report.map.overview import draw_overview
from camp_monitor.report.text.sentences import LANGUAGES, sentence
from camp_monitor.scan import scan
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.watch.executors import open_workers
from camp_monitor.watch.run import Errand, How, run
from camp_monitor.watch.status_page import draw_status
from camp_monitor.workspace import create_workspace
from tests.painted_pair import Files, write_files
from tests.report import painted
from tests.report.test_figure import lines
from tests.report.test_map import draw
from tests.report.test_overview import entries
from tests.swapped import MARK, swapped
from tests.watch import made_up

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ADDED = (
    ("planetscope", "2016-08-20"),
    ("planetscope", "2016-09-12"),
    ("rgbn", "2016-10-01"),
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The painted pair, of which the second has a corner without data."""
    painted = write_files(tmp_path_factory.mktemp("files"))
    with rasterio.open(painted.after, "r+") as target:
        pixels = target.read()
        pixels[:, 150:190, 150:200] = 0
        target.write(pixels)
    shutil.copy(painted.after, other(painted))
    with rasterio.open(other(painted), "r+") as target:
        target.write(pixels + (pixels > 0))
    return painted


def other(files: Files) -> Path:
    """An image of another sensor, with which none of the two can be compared."""
    return files.after.with_name("rgbn_20161001.tif")


def recorded(files: Files, root: Path) -> tuple[dict[str, list[tuple[Any, ...]]], str]:
    """Scan, run and review in a new workspace; return every row of its ledger, and its map."""
    workspace = create_workspace(root, bundled_registry())
    ids = [
        add_scene(workspace.imagery, (path,), SceneDescription(sensor, day))[0].id
        for path, (sensor, day) in zip(
            (files.before, files.after, other(files)), ADDED, strict=True
        )
    ]
    drawn = import_outline(files.outline)
    add_outline(workspace.aoi, "camp", drawn, name="Camp", accuracy_m=20)
    scan(workspace, "camp", ids[0], ids[1], recorded_at=NOW, detectability=True)
    scan(workspace, "camp", ids[0], ids[2], recorded_at=NOW)
    period = (datetime(2016, 8, 1, tzinfo=UTC), datetime(2016, 10, 31, tzinfo=UTC))
    errand = Errand("camp", period, ("planetscope", "rgbn"), ("construction/4",))
    how = How(workspace.configuration.scan, workspace.ground_files, None, lambda: NOW)
    with open_workers(1) as workers:
        run(workspace, [errand], how, workers, "run-1", period)
    with open_ledger(workspace.ledger) as ledger:
        reviewed = Review(ledger.findings()[0].id, "unsure", "R. N.", "2023-12-31T00:00:00+00:00")
        ledger.review(reviewed, recorded_at=NOW)
        assert ledger.verify() == ()
    page = cm.Workspace.open(root).to_map("camp", root / "map.html").read_text("utf-8")
    assert isinstance(workspace.ledger, Path)
    with closing(sqlite3.connect(workspace.ledger)) as connection:
        rows = {
            table.name: connection.execute(f"SELECT * FROM {table.name} ORDER BY seq").fetchall()
            for table in CHAINED
        }
    return rows, page


def test_other_texts_give_the_same_ids_and_the_same_ledger(files: Files, tmp_path: Path) -> None:
    rows, page = recorded(files, tmp_path / "a")
    with swapped():
        other_rows, other_page = recorded(files, tmp_path / "b")
    assert other_rows == rows
    assert other_page != page
    with open_ledger(tmp_path / "a" / "out" / "ledger.sqlite") as ledger:
        looked, log = ledger.observations(), ledger.runs()
    codes = {one.code for item in looked for one in (*item.reasons, *item.caveats)}
    assert {Code.UNUSABLE, Code.OTHER_SENSOR, Code.CLOUD_UNSCREENED} <= codes
    assert codes & {Code.LIMIT, Code.LIMIT_OPEN}
    assert any(item.finding_ids for item in looked)
    assert {one.reason.code for record in log for one in record.unused}


def test_a_comparison_says_the_same_in_codes_and_other_words(files: Files) -> None:
    def result() -> cm.Comparison:
        place = cm.read_outline(files.outline, id="camp", accuracy_m=20)
        return cm.compare(place, cm.open_scene(files.before), cm.open_scene(files.after))

    here = result()
    with swapped():
        there = result()
        spoken = there.outcomes
    assert there.result.records == here.result.records
    assert list(spoken["text"]) != list(here.outcomes["text"])
    told = spoken.drop(columns="text")
    assert told.equals(here.outcomes.drop(columns="text"))


WORDS = {
    "the", "of", "and", "is", "are", "was", "not", "no", "in", "for", "with", "this", "here",
    "between", "changed", "change", "finding", "findings", "image", "images", "before", "after",
    "confidence", "method", "version", "rejected", "scanned",
}  # fmt: skip
"""English words that no text of another language holds."""


def pages() -> dict[str, str]:
    """Return what a person reads of each kind of page."""
    facility = replace(painted.facility("종거리"), sources=(), status=Status("모름"))
    outline = replace(painted.outline(), source="지도", note="벽")
    findings, observations = painted.findings(), painted.observations()
    reviews = [
        Review(findings[0].id, "rejected", "김", "2016-09-20T12:00:00+00:00", "그림자"),
        Review(findings[0].id, "unsure", "이", "2016-09-19T12:00:00+00:00"),
    ]
    here = {"facility": facility, "outline": outline, "findings": findings, "reviews": reviews}
    drawn = draw(events=join_events(findings, observations), simulated=True, **here)
    overview = draw_overview([facility], observations, findings, reviews=reviews, simulated=True)
    status = made_up.status(["a", "b"], 400, name="종거리")
    failure = made_up.NO_ANSWER.numbers["detail"]
    unseen = replace(observations[2], outcome="not_seen")
    rows = {
        "events": event_rows(join_events(findings, observations, latest_reviews(reviews))),
        "findings": finding_rows(findings, reviews),
        "not_seen": not_seen_rows([*observations, unseen]),
    }
    return {
        "map": f"{visible(drawn)} {strings(data_in(drawn))}",
        "overview": f"{visible(overview.html)} {strings(list(entries(overview.html).values()))}",
        "status": re.sub(f"{failure}|no-outline", "", visible(draw_status(status))),
        "kml": read_kml(kml_text(rows)),
        "caption": lines(),
    }  # fmt: skip


def read_kml(text: str) -> str:
    """Return what a viewer shows of a KML file."""
    document = ElementTree.fromstring(text)
    shown = [item for item in document.iter() if item.tag.endswith(("}name", "}description"))]
    return re.sub("<[^>]*>", " ", " ".join(item.text or "" for item in shown))


def visible(html: str) -> str:
    """Return the text of a page and of its titles and labels."""
    plain = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.S)
    labels = re.findall(r'(?:title|aria-label|alt)="([^"]*)"', plain)
    return " ".join([re.sub("<[^>]*>", " ", plain), *labels])


def data_in(html: str) -> Any:
    found = re.search(r', (\{"dates":.*\}), pictures\);</script>', html)
    assert found is not None
    return json.loads(found[1])


def strings(value: Any) -> str:
    """Return all texts of JSON, but its codes, which stand alone and in lower case."""
    if isinstance(value, dict):
        return " ".join(strings(part) for part in value.values())
    if isinstance(value, list):
        return " ".join(map(strings, value))
    is_text = isinstance(value, str) and not re.fullmatch("[a-z_]+", value)
    return str(value) if is_text else ""


@pytest.mark.parametrize("name", ["map", "overview", "status", "kml", "caption"])
def test_every_word_of_a_page_comes_from_the_room_of_texts(name: str) -> None:
    def words() -> set[str]:
        return set(re.findall(r"[a-z]+", pages()[name].lower())) & WORDS

    assert len(words()) > 3, "the test would see them"
    with swapped():
        assert words() == set()


def test_the_swap_reaches_every_text() -> None:
    limit = note(Code.GOES_ON)
    held = LANGUAGES["en"]
    here = sentence(limit)
    with swapped():
        there = sentence(limit)
        swapped_in = LANGUAGES["en"]
    assert LANGUAGES["en"] is held
    assert there != here
    assert len(there) == len(here)
    for part in ("codes", "measures", "causes", "verdicts", "phrases", "names"):
        texts, others = getattr(held, part), getattr(swapped_in, part)
        assert texts.keys() == others.keys()
    words = [text for text in held.phrases.values() if re.search("[A-Za-z]", bare(text))]
    assert len(words) > 200
    assert not set(words) & set(swapped_in.phrases.values())


def bare(text: str) -> str:
    """Return a format string without its fields."""
    return re.sub(rf"{MARK}|\{{[^{{}}]*\}}", "", text)
