"""What a report consists of, whatever file it becomes: blocks of text, tables and pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from camp_monitor.facilities.fields import printable

HASH_DIGITS = 12


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 begins a sheet on a new page."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `style` is ``body``, ``lead``, ``small`` or ``warning``."""

    text: str
    style: str = "body"


@dataclass(frozen=True)
class Facts:
    """Names and values, one row each: a table whose first column heads its rows."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """A table with a title and a head."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Items:
    """A list with bullets."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """A PNG with what it shows in words, for whoever does not see it, and a caption below."""

    content: bytes
    alternative: str
    caption: str
    width_mm: float


Block = Heading | Paragraph | Facts | Table | Items | Picture


@dataclass(frozen=True)
class Document:
    """A whole report.

    Parameters
    ----------
    title, subtitle : str
    mark : str
        ``SIMULATED`` in the language of the report, where a program painted the images; else empty.
    language : str
        Code of ISO 639-1.
    blocks : tuple of Block
    footer : str
        At the foot of every page.
    is_bulletin : bool
        It is to fit on one page.
    """

    title: str
    subtitle: str
    mark: str
    language: str | None
    blocks: tuple[Block, ...]
    footer: str = ""
    is_bulletin: bool = False

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Its pictures, in their order."""
        return tuple(block for block in self.blocks if isinstance(block, Picture))


def version_of(title: str, blocks: tuple[Block, ...]) -> str:
    """Return the first digits of a hash of all that is said and shown: the same for the same."""
    digest = hashlib.sha256(title.encode("utf-8", "replace"))
    for part in (part for block in blocks for part in _parts(block)):
        digest.update(part if isinstance(part, bytes) else part.encode("utf-8", "replace"))
        digest.update(b"\0")
    return digest.hexdigest()[:HASH_DIGITS]


def legible(text: str, longest: int = 0) -> str:
    """Return one line without control characters, and no longer than `longest` where that is given.

    What a name of hostile make may hold, such as signs that turn the direction of writing, becomes
    a question mark.
    """
    plain = printable(" ".join(text.split())).encode("utf-8", "replace").decode()
    return plain if not longest or len(plain) <= longest else f"{plain[: longest - 1]}…"


def legible_rows(
    rows: Iterable[tuple[str, str]], longest: int, unknown: str = ""
) -> tuple[tuple[str, str], ...]:
    """Make the values of rows legible; an empty one becomes `unknown`."""
    return tuple((name, legible(value, longest) or unknown) for name, value in rows)


def _parts(block: Block) -> Iterator[str | bytes]:
    yield type(block).__name__
    for field in fields(block):
        yield from _flat(getattr(block, field.name))


def _flat(value: object) -> Iterator[str | bytes]:
    if isinstance(value, tuple):
        for part in value:
            yield from _flat(part)
    else:
        yield value if isinstance(value, bytes) else str(value)
