"""A report as a PDF: tagged, with its fonts inside, the same bytes for the same report.

Typst sets it, from a template of ours and the report as data, so that no text of it is ever read as
markup.  The fonts are those that matplotlib brings and, for Hangul, one of the machine.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from camp_monitor.errors import InstallationError
from camp_monitor.report.figure.lettering import (
    UNKNOWN,
    find_korean_font,
    is_korean,
    latin_font,
    missing_characters,
)
from camp_monitor.report.sheets.document import Document, Picture

STANDARD: Literal["ua-1"] = "ua-1"
"""PDF/UA-1, ISO 14289-1: tags, a language, and alternative texts are required by it."""


def pdf_of(document: Document) -> bytes:
    """Write a report as a PDF.

    Raises
    ------
    InstallationError
        Typst is not installed.
    """
    try:
        import typst
    except ImportError as error:
        raise InstallationError(
            "A report as PDF needs typst, which is not installed: pip install "
            "'camp-monitor[report]', or write it as .html."
        ) from error
    latin = latin_font()
    texts = "".join(_texts(_plain(document)))
    strange = missing_characters(texts, latin)
    folders, families = [Path(str(latin.get_file())).parent], ["DejaVu Sans"]
    korean = find_korean_font([sign for sign in strange if is_korean(sign)]) if strange else None
    if korean is not None:
        folders.append(_font_folder(korean))
        families.append(korean)
    lost = _lost(strange, korean)
    content = _printable(_plain(document), lost) | {"families": families}
    with tempfile.TemporaryDirectory() as folder:
        for number, picture in enumerate(document.pictures):
            (Path(folder) / f"{number}.png").write_bytes(picture.content)
        template = Path(folder) / "report.typ"
        template.write_bytes((files("camp_monitor.report.sheets") / "report.typ").read_bytes())
        (Path(folder) / "report.json").write_text(json.dumps(content), encoding="utf-8")
        return typst.compile(
            str(template), root=folder, font_paths=[str(one) for one in folders],
            ignore_system_fonts=True, pdf_standards=STANDARD,
        )  # fmt: skip


def _plain(document: Document) -> dict[str, Any]:
    """Return a report as JSON values, pictures as the names of their files."""
    names = {id(picture): f"{number}.png" for number, picture in enumerate(document.pictures)}
    blocks = []
    for block in document.blocks:
        plain = {"kind": type(block).__name__} | {
            name: value for name, value in asdict(block).items() if name != "content"
        }
        if isinstance(block, Picture):
            plain["file"] = names[id(block)]
        blocks.append(plain)
    return {
        "title": document.title, "subtitle": document.subtitle, "mark": document.mark,
        "language": document.language, "footer": document.footer, "blocks": blocks,
        "is_bulletin": document.is_bulletin,
    }  # fmt: skip


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part)


def _printable(value: Any, lost: dict[int, str]) -> Any:
    """Replace what no font has, and let long words be broken."""
    if isinstance(value, str):
        return value.translate(lost)
    if isinstance(value, dict):
        return {name: _printable(part, lost) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printable(part, lost) for part in value]
    return value


def _font_folder(family: str) -> Path:
    from matplotlib.font_manager import FontProperties, findfont

    return Path(findfont(FontProperties(family=[family]))).parent


def _lost(strange: str, korean: str | None) -> dict[int, str]:
    """Return what is printed for each sign that neither font has."""
    from matplotlib.font_manager import FontProperties

    if korean is not None:
        strange = missing_characters(strange, FontProperties(family=[korean]))
    return {ord(sign): UNKNOWN for sign in strange}
