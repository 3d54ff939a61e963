"""Read KML as Google Earth, QGIS, ogr2ogr and hands write it.

Hostile files stay small and harmless, whatever their encoding.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.fields import printable
from camp_monitor.facilities.kmz import read_kmz

MOST_ELEMENTS = 1_000_000
"""Of one file.  A tree of so many takes about 200 MB."""

MOST_LEVELS = 100
"""Elements that lie in each other: deeper is no map."""

LONGEST_RING = 10_000_000
"""Characters of the text of one ring: more than 100,000 points need."""

_ROOTS = ("kml", "Document", "Folder", "Placemark")
_CUT_SHORT = (
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
)
_DECLARED = re.compile(
    rb"\A\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"'](?:x-)?"
    rb"((?:big5|cp|euc|gb|iso|johab|koi8|korean|ks|latin|mac|ms|s?jis|shift|tis|uhc|windows)"
    rb"[\w.:-]{0,30})[\"']",
    re.IGNORECASE,
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
# What programs write under the narrower name (https://encoding.spec.whatwg.org/#names-and-labels).
_WIDER = {
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
}
_TWO_BYTES = ("big5", "cp9", "euc", "gb", "johab")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)


def read_kml(path: Path) -> list[Element]:
    """Return the outermost element of a KML file, or of each KML file in a KMZ.

    Names of elements come without namespace and prefix, which many programs leave undeclared.

    Raises
    ------
    FacilityError
        The file cannot be read, is no whole KML, is larger or deeper than a map, or declares a
        document type.
    """
    try:
        contents = read_kmz(path) if path.suffix.lower() == ".kmz" else [path.read_bytes()]
    except OSError as error:
        raise FacilityError(f"{path} cannot be read: {error.strerror}.") from error
    return [_parse(_text(content, path), path) for content in contents]


def kml_points(text: str) -> list[tuple[float, ...] | str]:
    """Read the points of a ring; what is not lon,lat or lon,lat,height stays text.

    Spaces beside commas are no ends of points, and points may be joined by commas, as people and
    programs write them, where their number of values is clear: from the other points, or since only
    so the ring is closed.

    Examples
    --------
    >>> kml_points("1,2,0 3, 4, 0")
    [(1.0, 2.0, 0.0), (3.0, 4.0, 0.0)]
    >>> kml_points("1,2,3,4,5,6,1,2")
    [(1.0, 2.0), (3.0, 4.0), (5.0, 6.0), (1.0, 2.0)]
    """
    if len(text) > LONGEST_RING:
        return [f"{text[:20]} ... of {len(text):,} characters"]
    joined = " ".join(text.split()).replace(" ,", ",").replace(", ", ",")
    words = [word.strip(",") for word in joined.split()]
    values = [_values(word) for word in words]
    size = _values_of_a_point(values)
    points: list[tuple[float, ...] | str] = []
    for word, numbers in zip(words, values, strict=True):
        if len(numbers) in (2, 3):
            points.append(numbers)
        elif numbers and size and len(numbers) % size == 0:
            points += [numbers[at : at + size] for at in range(0, len(numbers), size)]
        else:
            points.append(word)
    return points


def _values_of_a_point(words: list[tuple[float, ...]]) -> int:
    """How many numbers make a point where several are joined by commas; 0 where it is not clear."""
    sizes = {len(numbers) for numbers in words} & {2, 3}
    if not sizes and len(words) == 1:
        (ring,) = words
        sizes = {size for size in (2, 3) if len(ring) > 3 and ring[:size] == ring[-size:]}
    return sizes.pop() if len(sizes) == 1 else 0


def _values(word: str) -> tuple[float, ...]:
    """Read numbers between commas; none where one of them is not a number."""
    numbers = word.split(",")
    return tuple(map(float, numbers)) if all(map(_NUMBER.fullmatch, numbers)) else ()


def _text(content: bytes, path: Path) -> str:
    """Decode a KML file by what its bytes are; what it declares is often wrong.

    UTF-8 is tried before a declared encoding of one byte, which any bytes fit, but a character of
    two bytes in UTF-8 may be by chance one of two bytes in Korean, Japanese or Chinese.
    """
    mark = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "")
    found = None if mark else _DECLARED.search(content[:400])
    declared = re.sub(r"^windows-(?=9\d\d$)", "cp", found[1].decode().lower()) if found else ""
    first, second = _decoded(content, mark or "utf-8"), _decoded(content, declared)
    is_two_bytes = second is not None and _codec(declared).startswith(_TWO_BYTES)
    if first is None or (is_two_bytes and max(first, default="") < "\u0800"):
        first = second
    if first is None:
        tried = " or ".join(filter(None, ((mark or "utf-8").upper(), declared.upper())))
        raise FacilityError(f"{path} is not text in {tried}: save it as UTF-8.")
    return first


def _codec(label: str) -> str:
    """Name in Python of the encoding with a label, or the wider one; empty where it is unknown."""
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return ""
    return _WIDER.get(name, name)


def _decoded(content: bytes, label: str) -> str | None:
    try:
        return content.decode(_codec(label)) if label else None
    except (LookupError, UnicodeDecodeError):
        return None


def _parse(text: str, path: Path) -> Element:
    """Build the tree of a document, counting."""
    builder = TreeBuilder()
    counts = {"elements": 0, "levels": 0}

    def start(tag: str, attributes: dict[str, str]) -> None:
        counts["elements"] += 1
        counts["levels"] += 1
        if counts["elements"] > MOST_ELEMENTS or counts["levels"] > MOST_LEVELS:
            raise FacilityError(
                f"{path} has more than {MOST_ELEMENTS:,} elements, or more than {MOST_LEVELS} in "
                f"each other: save the outline alone."
            )
        builder.start(tag.rpartition(":")[2], attributes)

    def end(tag: str) -> None:
        counts["levels"] -= 1
        builder.end(tag.rpartition(":")[2])

    def refuse_document_type(*_: Any) -> None:
        # It can declare entities, which make a small file grow without bound.
        raise FacilityError(f"{path} declares a document type, which no KML file needs: remove it.")

    parser = expat.ParserCreate("utf-8")  # and not what the document declares
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse_document_type
    try:
        # At once: given in parts, a long token would be read again with each part.
        parser.Parse(text.lstrip("\ufeff \t\r\n").encode(), True)
    except expat.ExpatError as error:
        hint = "it may be cut short" if error.code in _CUT_SHORT else "correct it or save it again"
        raise FacilityError(f"{path} is not whole XML ({error}): {hint}.") from error
    root = builder.close()
    if root.tag not in _ROOTS:
        raise FacilityError(
            f"{path} is XML but not KML: its outermost element is {printable(root.tag)[:60]!r}."
        )
    return root
