"""A report as one HTML file that calls nothing and prints well."""

from __future__ import annotations

import base64
import functools
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from camp_monitor.report.sheets.document import Document


def html_of(document: Document) -> bytes:
    """Write a report as HTML: whatever is printed is escaped, and pictures are inside."""
    blocks = [(type(block).__name__, block) for block in document.blocks]
    page = _template().render(document=document, blocks=blocks, uri=_uri)
    return page.encode("utf-8", "replace")


def _uri(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


@functools.cache
def _template() -> Template:
    room = files("camp_monitor.report.sheets")

    def read(name: str) -> Any:
        return (room / name).read_text(encoding="utf-8")

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=FunctionLoader(read),
    )  # fmt: skip
    return environment.get_template("report.html")
