"""From a workspace to a report: sheets of events, summaries of facilities, or a bulletin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from camp_monitor.codes import Audience
from camp_monitor.errors import InputError
from camp_monitor.report.redaction.redact import choose_audience
from camp_monitor.report.sheets.as_docx import docx_of
from camp_monitor.report.sheets.as_html import html_of
from camp_monitor.report.sheets.as_pdf import pdf_of
from camp_monitor.report.sheets.backmatter import backmatter_blocks, imprint
from camp_monitor.report.sheets.bulletin import bulletin_blocks
from camp_monitor.report.sheets.document import Block, Document, Paragraph, legible, version_of
from camp_monitor.report.sheets.dossier import Dossier, read_dossiers
from camp_monitor.report.sheets.event_sheet import event_blocks
from camp_monitor.report.sheets.facility_sheet import facility_blocks
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import (
    choose_language,
    in_language,
    language_in_use,
    phrase,
)
from camp_monitor.settings import ReportSettings
from camp_monitor.workspace import AnyWorkspace, Workspace, open_workspace

WRITERS: dict[str, Callable[[Document], bytes]] = {
    "html": html_of,
    "docx": docx_of,
    "pdf": pdf_of,
}
MOST_NAMES = 3


@dataclass(frozen=True)
class DrawnReport:
    """A report and what to say of it.

    Parameters
    ----------
    content : bytes
        The file.
    document : Document
    events : int
        Events that have a sheet.
    remarks : tuple of str
        Sentences for whoever asked for it.
    """

    content: bytes
    document: Document
    events: int
    remarks: tuple[str, ...]


def draw_report(
    workspace: AnyWorkspace,
    targets: Sequence[str],
    *,
    file_format: str,
    bulletin: bool = False,
    language: str | None = None,
    audience: str | None = None,
) -> DrawnReport:
    """Make a report: one summary for each facility and one sheet for each event.

    Parameters
    ----------
    workspace : Workspace, Path or str
    targets : sequence of str
        See `read_dossiers`.
    file_format : str
        ``html``, ``docx`` or ``pdf``.
    bulletin : bool
        One page about one event instead.
    language : str or None
        ``en`` or ``ko``; None: that in use, else that of the settings.
    audience : str or None
        ``internal``, ``partner`` or ``public``; None: that of the settings.

    Raises
    ------
    InputError
        A target is unknown, or nothing is on record of it.
    InstallationError
        What the format needs is not installed.
    """
    if file_format not in WRITERS:
        raise InputError(f"A report is one of {', '.join(WRITERS)}, not {file_format!r}.")
    workspace = open_workspace(workspace)
    with in_language(choose_language(language, workspace.configuration.language)):
        readers = choose_audience(audience, workspace.configuration.report)
        return _draw(workspace, targets, file_format, readers, is_bulletin=bulletin)


def _draw(
    workspace: Workspace, targets: Sequence[str], file_format: str, audience: Audience, *,
    is_bulletin: bool,
) -> DrawnReport:  # fmt: skip
    settings, language = workspace.configuration.report, language_in_use()
    dossiers = read_dossiers(
        workspace, targets, language, is_bulletin=is_bulletin, audience=audience
    )
    make = make_bulletin if is_bulletin else make_report
    document = make(dossiers, settings, language)
    remarks = [
        remark
        for dossier in dossiers
        for case in dossier.cases
        for remark in (case.figure.remarks if case.figure else (case.failure,))
    ]
    if not settings.contact.strip():
        remarks.append(phrase("report.remark.contact", language))
    count = sum(len(dossier.cases) for dossier in dossiers)
    content = WRITERS[file_format](document)
    return DrawnReport(content, document, count, tuple(dict.fromkeys(remarks)))


def make_report(
    dossiers: Sequence[Dossier], settings: ReportSettings, language: str | None = None
) -> Document:
    """Put the whole report together."""
    language = language or language_in_use()
    facilities = [dossier.facility for dossier in dossiers]
    blocks: list[Block] = []
    for dossier in dossiers:
        blocks += facility_blocks(dossier, language)
        for case in dossier.cases:
            blocks += event_blocks(dossier.facility, case, language)
    day = max(dossier.last_day for dossier in dossiers)
    blocks += backmatter_blocks(facilities, settings, language)
    title = phrase("report.title", language, places=_places(dossiers, language))
    return _document(dossiers, title, blocks, day, language, is_bulletin=False)


def make_bulletin(
    dossiers: Sequence[Dossier], settings: ReportSettings, language: str | None = None
) -> Document:
    """Put a bulletin together.

    Raises
    ------
    InputError
        More than one event was named.
    """
    language = language or language_in_use()
    cases = [(dossier, case) for dossier in dossiers for case in dossier.cases]
    if len(cases) != 1:
        raise InputError(f"A bulletin is of one event, not of {len(cases)}: name one E... id.")
    [(dossier, case)] = cases
    blocks = bulletin_blocks(dossier, case, settings, language)
    title = phrase(
        "bulletin.title",
        language,
        kind=words.kind_words(case.event.kind, language),
        place=legible(words.facility_name(dossier.facility), 90),
    )
    return _document(dossiers, title, blocks, dossier.last_day, language, is_bulletin=True)


def _document(
    dossiers: Sequence[Dossier],
    title: str,
    blocks: list[Block],
    day: str,
    language: str,
    *,
    is_bulletin: bool,
) -> Document:
    """Close a document with its version, which follows from all that it says."""
    mark = ""
    if any(dossier.simulated for dossier in dossiers):
        mark = phrase("map.simulated_mark", language)
        blocks = [Paragraph(phrase("digest.simulated", language), "warning"), *blocks]
    version = version_of(title, tuple(blocks))
    blocks = [*blocks, imprint(version, day, dossiers[0].head, language)]
    subtitle = phrase("report.subtitle", language, day=day)
    footer = phrase("report.footer", language, title=legible(title, 90), version=version)
    code = language or language_in_use()
    return Document(title, subtitle, mark, code, tuple(blocks), footer, is_bulletin=is_bulletin)


def _places(dossiers: Sequence[Dossier], language: str | None) -> str:
    names = [legible(words.facility_name(dossier.facility), 90) for dossier in dossiers]
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    return words.facilities_words(len(names), language)


def format_of(path: Path) -> str:
    """Return the format that the end of a file's name asks for.

    Raises
    ------
    InputError
        It is none of a report's.
    """
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in WRITERS:
        raise InputError(
            f"{path} ends in {path.suffix or 'nothing'!r}, and a report is a .html, .docx or .pdf "
            f"file: name one of these."
        )
    return suffix
