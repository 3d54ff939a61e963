"""Reports: the same bytes twice, the record's own numbers, and no text that breaks a layout."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from click.testing import CliRunner
from docx.oxml.ns import qn

import camp_monitor as cm
from camp_monitor.cli import main
from camp_monitor.errors import InputError, InstallationError
from camp_monitor.events.events import join_events
from camp_monitor.events.ranking import ranked
from camp_monitor.facilities import Status
from camp_monitor.facilities.agency import Agency, AgencyName
from camp_monitor.facilities.facility import Source
from camp_monitor.records.finding import Finding
from camp_monitor.report.sheets.as_docx import docx_of
from camp_monitor.report.sheets.as_html import html_of
from camp_monitor.report.sheets.as_pdf import pdf_of
from camp_monitor.report.sheets.document import Document, Picture
from camp_monitor.report.sheets.dossier import Case, Dossier
from camp_monitor.report.sheets.facility_sheet import administration_words
from camp_monitor.report.sheets.report import WRITERS, make_bulletin, make_report
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import phrase
from camp_monitor.settings import ReportSettings
from camp_monitor.workspace import Workspace
from tests.report import painted
from tests.report.test_figure import make_workspace, rectangle_deg, view
from tests.swapped import swapped

HOSTILE = (
    "<script>alert(1)</script> #eval $x$ {{ 7 }} \u202e שלום 😀 전거리 \x00\x1b[31m &amp; "
    + ("W" * 300)
)
SETTINGS = ReportSettings(contact="Desk, desk@example.org")


def dossier(name: str = "Jongo-ri", **changes: Any) -> Dossier:
    """A painted place with its events, each without a picture."""
    facility = replace(painted.facility(), sources=(Source("a", "A title", "HRNK", "2016"),))
    object.__setattr__(facility, "name", name)
    for field, value in changes.items():
        object.__setattr__(facility, field, value)
    observations = tuple(painted.observations())
    events = join_events(painted.findings(), observations)
    cases = tuple(
        Case(event, event.largest, painted.outline(), observations[0], None, None, "No scene.")
        for event in events
    )
    return Dossier(facility, events, observations, {}, cases)


def texts_of(document: Document, file_format: str) -> str:
    """What a reader finds in a file."""
    content = WRITERS[file_format](document)
    if file_format == "html":
        return re.sub("<[^>]*>", " ", content.decode())
    if file_format == "pdf":
        pages = pypdf.PdfReader(io.BytesIO(content)).pages
        return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))
    file = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    return " ".join([*(paragraph.text for paragraph in file.paragraphs), *cells])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str]:
    folder = tmp_path_factory.mktemp("small")
    return make_workspace(folder, view(10.0, 120), rectangle_deg(46, 128))


@pytest.fixture(scope="module")
def written(small: tuple[Workspace, str]) -> dict[str, bytes]:
    """A report of a workspace, in every format."""
    workspace, fid = small
    opened = cm.Workspace.open(workspace.root)
    return {
        suffix: opened.to_report(fid, workspace.root / f"report.{suffix}").read_bytes()
        for suffix in WRITERS
    }


# --- the same report, the same bytes


@pytest.mark.parametrize("file_format", list(WRITERS))
def test_the_same_records_give_the_same_bytes(
    small: tuple[Workspace, str], written: dict[str, bytes], file_format: str
) -> None:
    workspace, fid = small
    again = cm.Workspace.open(workspace.root).to_report(fid, workspace.root / f"b.{file_format}")
    assert again.read_bytes() == written[file_format]


def test_another_word_is_another_version() -> None:
    one, other = (make_report([dossier(name)], SETTINGS) for name in ("A", "B"))
    assert one.footer != other.footer
    assert one.footer.partition("version ")[2] in texts_of(one, "html")


# --- what it says


@pytest.mark.parametrize("file_format", list(WRITERS))
def test_numbers_are_those_of_the_record(file_format: str) -> None:
    of_place = dossier()
    said = texts_of(make_report([of_place], SETTINGS), file_format)
    for case in of_place.cases:
        finding: Finding = case.finding
        area, interval = words.area_words(finding)
        for part in (
            finding.id, case.event.id, phrase("report.area", area=area, interval=interval),
            words.confidence_words(finding), finding.before.acquired_from_at[:10],
            words.share_words(case.outline_fraction), finding.method,
        ):  # fmt: skip
            assert part in said, part
    for part in ("desk@example.org", "A title", cm.__version__):
        assert part in said
    for name in ("borders", "ground", "people", "dates"):
        assert phrase(f"report.limit.{name}") in said


def test_what_was_not_seen_is_counted() -> None:
    of_place = dossier()
    unseen = sum(one.outcome == "not_seen" for one in of_place.observations)
    assert unseen
    said = texts_of(make_report([of_place], SETTINGS), "html")
    assert f"{unseen} gave no answer either way" in said


def test_events_stand_as_in_lists_and_maps_the_surest_first() -> None:
    of_place = dossier()
    older, newer = sorted(of_place.events, key=lambda one: one.came[1].acquired_from_at)[:2]
    flood = replace(older, kind="flooding", state="ended", was_confirmed=True, is_strong=False)
    house = replace(newer, kind="construction", state="provisional", is_strong=True, odds=900.0,
                    was_confirmed=False)  # fmt: skip
    events = (house, flood)
    told = replace(of_place, events=events, cases=())
    said = texts_of(make_report([told], SETTINGS), "html")
    assert said.index(flood.id) < said.index(house.id)
    assert [one.id for one in ranked(events)] == [flood.id, house.id]


def test_a_bulletin_is_one_page_whatever_its_names() -> None:
    long = "Ministry of " * 60
    told = dossier(HOSTILE, agency=Agency(long, long), status=Status(long, None, long, long))
    document = make_bulletin([replace(told, cases=told.cases[:1])], SETTINGS)
    content = pdf_of(document)
    assert len(pypdf.PdfReader(io.BytesIO(content)).pages) == 1
    with pytest.raises(InputError, match="of one event"):
        make_bulletin([told, told], SETTINGS)


def test_the_administration_is_that_of_the_day() -> None:
    names = (
        AgencyName("Ministry A", "a", until="2020"),
        AgencyName("Ministry B", "in the press", since="2020"),
    )
    told = dossier(agency=Agency("Ministry B", "a", names))
    event = told.events[0]
    said = administration_words(told.facility, event, "en")
    assert event.came[1].acquired_to_at < "2020"
    assert said.index("Ministry A") < said.index("Ministry B") < said.index("HRNK")
    without = replace(told.facility, agency=Agency("Ministry B", "a"))
    assert "Ministry A" not in administration_words(without, event, "en")


def test_every_word_comes_from_the_room_of_texts() -> None:
    told = dossier("종거리", aliases=(), agency=Agency(), status=Status("모름"), sources=())
    outline = replace(painted.outline(), source="지도", note="벽")
    object.__setattr__(told.facility, "outlines", (outline,))
    english = {"the", "of", "and", "is", "was", "not", "between", "images", "seen", "event"}

    def found() -> set[str]:
        pages = [make_report([told], SETTINGS),
                 make_bulletin([replace(told, cases=told.cases[:1])], SETTINGS)]  # fmt: skip
        said = " ".join(strings(pages)).lower()
        return set(re.findall("[a-z]+", said)) & english

    assert len(found()) > 5
    with swapped():
        assert found() == set()


def strings(value: object) -> Iterator[str]:
    """All texts of documents, but their kinds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from strings(part)
    elif hasattr(value, "__dataclass_fields__"):
        yield from strings([getattr(value, name) for name in value.__dataclass_fields__])


# --- files that others open


def test_the_pdf_is_tagged_and_holds_its_fonts(written: dict[str, bytes]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(written["pdf"]))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]
    assert str(root["/Lang"]).startswith("en")
    assert b"pdfuaid" in root["/Metadata"].get_data()
    resources: list[Any] = [page["/Resources"] for page in reader.pages]
    fonts = [font for one in resources for font in one["/Font"].values()]
    assert fonts
    for font in fonts:
        [inner] = font.get_object()["/DescendantFonts"]
        descriptor = inner.get_object()["/FontDescriptor"]
        assert "/FontFile2" in descriptor or "/FontFile3" in descriptor
    assert "/CreationDate" not in (reader.metadata or {})


def test_the_word_file_has_styles_and_alternative_texts(written: dict[str, bytes]) -> None:
    file = docx.Document(io.BytesIO(written["docx"]))
    styles = {str(paragraph.style.name) for paragraph in file.paragraphs if paragraph.style}
    assert {"Title", "Subtitle", "Heading 1", "Heading 2", "Caption", "List Bullet"} <= styles
    drawn = file.element.body.findall(f".//{qn('wp:docPr')}")
    assert drawn
    assert all(len(one.get("descr")) > 40 for one in drawn)
    assert file.element.body.findall(f".//{qn('w:tblHeader')}")


def test_the_page_calls_nothing_and_has_alternative_texts(written: dict[str, bytes]) -> None:
    page = written["html"].decode()
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=\"(?!data:)", page)
    assert "<script" not in page
    assert all(len(text) > 40 for text in re.findall(r'<img [^>]*alt="([^"]*)"', page))
    assert page.count("<img") == 1


@pytest.mark.parametrize("write", [html_of, docx_of, pdf_of])
def test_hostile_texts_are_text_and_nothing_else(write: Any) -> None:
    told = dossier(
        HOSTILE, names_ko=(HOSTILE,), aliases=(HOSTILE,), conflicts=(HOSTILE,), notes=(HOSTILE,),
        agency=Agency(HOSTILE, HOSTILE), status=Status(HOSTILE),
    )  # fmt: skip
    told = replace(told, cases=tuple(replace(one, failure=HOSTILE) for one in told.cases))
    content = write(make_report([told], ReportSettings(contact=HOSTILE)))
    assert b"<script>alert" not in content
    if write is pdf_of:
        text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
        assert "alert(1)" in text
        assert "#eval $x$" in text.replace("\u200b", "")
    if write is docx_of:
        assert "😀" in docx.Document(io.BytesIO(content)).tables[0].rows[1].cells[1].text


# --- the command


def test_the_command_writes_or_says_why_not(small: tuple[Workspace, str], tmp_path: Path) -> None:
    workspace, fid = small

    def run(*arguments: str) -> tuple[int, str]:
        called = ["--workspace", str(workspace.root), *arguments]
        result = CliRunner().invoke(main, called)
        return result.exit_code, result.output

    target = tmp_path / "r.html"
    code, output = run("report", f"E{fid[1:]}", "-o", str(target), "--bulletin")
    assert code == 0, output
    assert "names no contact" in output
    assert target.read_text("utf-8").count("<img") == 1
    code, output = run("--json", "report", fid, "-o", str(target))
    assert json.loads(output[output.index("{") :])["events"] == 1
    for arguments, sentence in (
        ((fid, "-o", str(tmp_path / "r.odt")), "a report is a .html, .docx or .pdf file"),
        (("khs-igol", "-o", str(target)), "Nothing was ever compared at khs-igol"),
        (("nowhere", "-o", str(target)), "nowhere"),
        (("E000000000000", "-o", str(target)), "There is no"),
        ((fid, "-o", str(target), "--lang", "xx"), "'xx' is not one of 'en', 'ko'"),
    ):
        code, output = run("report", *arguments)
        assert code == 2, output
        assert sentence in output
        assert "Traceback" not in output


@pytest.mark.parametrize(("module", "write"), [("docx", docx_of), ("typst", pdf_of)])
def test_what_is_missing_is_one_sentence(
    module: str, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InstallationError, match=re.escape("pip install 'camp-monitor[report]'")):
        write(Document("a", "b", "", "en", (Picture(b"", "a", "b", 170.0),)))
