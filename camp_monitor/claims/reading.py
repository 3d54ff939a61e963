"""Reading a table of claims: its encoding, its columns, and each row as a `Claim`.

A table that seems to name people is refused as a whole, before any row is read.  Of the others only
the columns of `camp_monitor.claims.headings.COLUMNS` are read, and no free text is kept.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.claims.headings import column_of, kind_of, names_people
from camp_monitor.errors import InputError, LedgerError, SceneError
from camp_monitor.facilities import Facility
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.records.claim import REFERENCE, Claim
from camp_monitor.records.kinds import KINDS
from camp_monitor.scenes.scene import parse_acquired

MOST_BYTES = 64 * 2**20
MOST_ROWS = 200_000
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NUMBER = r"(\d[\d,]*(?:\.\d+)?)"
_SIDES = re.compile(rf"{_NUMBER}\s*m?\s*(?:x|×|\*|by)\s*{_NUMBER}\s*(?:m|미터)?", re.IGNORECASE)
_AREA = re.compile(rf"{_NUMBER}\s*(m2|m²|㎡|sq m|ha|km2|km²|㎢|제곱미터)?", re.IGNORECASE)
_UNITS_M2 = {"ha": 1e4, "km2": 1e6, "km²": 1e6, "㎢": 1e6}
_COORDINATES = re.compile(r"(-?\d{1,2}(?:\.\d+)?)°?\s*N?\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)°?\s*E?")
_KOREAN_DAY = re.compile(r"(\d{4})년(?:\s*(\d{1,2})월)?(?:\s*(\d{1,2})일)?")
_OTHER_DAY = re.compile(r"(\d{4})[./](\d{1,2})(?:[./](\d{1,2}))?\.?")
_BETWEEN = re.compile(r"\s*(?:~|–|—|\.\.|\bto\b|\s-\s)\s*")
_LEAST_NAME = 4
"""Letters of a part of a name by which a facility is told; Korean names: half as many."""


@dataclass(frozen=True)
class Table:
    """What was read from a table.

    Parameters
    ----------
    claims : tuple of Claim
        In the order of its rows, each once.
    encoding : str
        ``utf-8``, ``utf-16`` or ``windows-949``.
    unread : int
        How many columns it has that are not read.
    repeated : int
        Rows that say what a row before them said.
    """

    claims: tuple[Claim, ...]
    encoding: str
    unread: int = 0
    repeated: int = 0


def read_claims_table(path: Path, facilities: Sequence[Facility], margin_m: float) -> Table:
    """Read a table of claims.

    Parameters
    ----------
    path : Path
        A CSV file with ``,``, ``;`` or tabs, in UTF-8, UTF-16 or Windows-949.
    facilities : sequence of Facility
        The registry, by which places are told.
    margin_m : float
        Search margin round an outline, metres: coordinates within it are at the facility.

    Raises
    ------
    InputError
        It cannot be read, seems to hold people, lacks a column, or a row is not understood.  What
        stands in a cell is never repeated in the sentence.
    """
    text, encoding = decode(_bytes(path), path)
    rows = _rows(text, path)
    if not rows:
        raise InputError(f"{path} is empty: give a line of headings and a row for each claim.")
    columns = _columns(rows[0][1], path)
    places = [_Place(one, margin_m) for one in facilities]
    claims: dict[str, Claim] = {}
    for number, row in rows[1:]:
        cells = {name: row[at].strip() for name, at in columns.items() if at < len(row)}
        claim = _claim(cells, f"Row {number} of {path.name}", places)
        claims.setdefault(claim.id, claim)
    if not claims:
        raise InputError(f"{path} holds no claim: give a row for each below the headings.")
    unread = sum(bool(heading.strip()) for heading in rows[0][1]) - len(columns)
    return Table(tuple(claims.values()), encoding, unread, len(rows) - 1 - len(claims))


def decode(content: bytes, path: Path) -> tuple[str, str]:
    """Return the text of a file and its encoding: UTF-8, UTF-16 or Windows-949.

    Told by the mark at its beginning; else by zero bytes (UTF-16); else UTF-8, if it is that to the
    last byte; else Windows-949, in which few other bytes than Korean ones make sense.

    Raises
    ------
    InputError
        It is none of them.
    """
    marked = next((codec for mark, codec in _BOMS.items() if content.startswith(mark)), None)
    if marked is None and b"\0" in content:
        marked = "utf-16-be" if content[::2].count(0) > content[1::2].count(0) else "utf-16-le"
    for codec in [marked] if marked else ["utf-8", "cp949"]:
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        name = "windows-949" if codec == "cp949" else codec[: len("utf-16")].removesuffix("-s")
        return text, "utf-8" if name.startswith("utf-8") else name
    raise InputError(f"{path} is not text in UTF-8, UTF-16 or Windows-949: save it as one of them.")


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} is larger than {MOST_BYTES // 2**20} MiB: part it.")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): name a CSV file.") from None


def _rows(text: str, path: Path) -> list[tuple[int, list[str]]]:
    """Return the rows that hold anything, each with the number of its line."""
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num, row))
            if len(rows) > MOST_ROWS + 1:
                raise InputError(f"{path} has more than {MOST_ROWS:,} rows: part it.")
    except csv.Error as error:
        raise InputError(
            f"{path} is not a CSV table at line {reader.line_num} ({error})."
        ) from None
    return rows


def _columns(head: Sequence[str], path: Path) -> dict[str, int]:
    """Tell which column is which, and refuse a table that seems to hold people."""
    for number, heading in enumerate(head, 1):
        if names_people(heading):
            raise InputError(
                f"Column {number} of {path.name} seems to hold people, and claims are known by "
                f"their reference alone: take it out; nothing of the table was read or stored."
            )
    columns: dict[str, int] = {}
    for at, heading in enumerate(head):
        name = column_of(heading)
        if name in columns:
            raise InputError(f"{path.name} has two columns for {name}: take one out.")
        if name:
            columns[name] = at
    needed = {
        "reference": "reference" in columns,
        "facility or place": bool(
            {"facility", "place"} & set(columns) or {"lat", "lon"} <= set(columns)
        ),
        "kind": "kind" in columns,
        "window (or from and to)": "window" in columns or {"from", "to"} <= set(columns),
    }
    missing = [name for name, there in needed.items() if not there]
    if missing:
        raise InputError(
            f"{path.name} has no column {', no column '.join(missing)}: the first line names the "
            f"columns reference, facility or place, kind, size and window."
        )
    return columns


def _claim(cells: Mapping[str, str], row: str, places: Sequence[_Place]) -> Claim:
    """Make a claim of a row; nothing that stands in it is printed."""
    if not REFERENCE.fullmatch(cells["reference"]):
        raise InputError(
            f"{row} has no reference number that can be one: up to 64 letters, digits and ./#:-_, "
            f"with a digit and no blank; never a name."
        )
    kind = kind_of(cells["kind"])
    if kind is None:
        raise InputError(f"{row} names no kind of change that is known: use {', '.join(KINDS)}.")
    point = _point(cells, row)
    facility_id = _facility(cells, point, row, places)
    try:
        first, last = _window(cells)
        size_m2 = _size_m2(cells)
        return Claim(
            cells["reference"], facility_id, kind, first, last, size_m2, *(point or (None, None))
        )
    except SceneError:
        raise InputError(
            f"{row} has no window of time that is understood: give a day (2016-08-29), a month, a "
            f"year, or two of them joined by /."
        ) from None
    except (ValueError, LedgerError):
        raise InputError(
            f"{row} has a size or coordinates that are not understood: give m2 (5888), ha, km2 or "
            f"46 x 128, and degrees."
        ) from None


def _window(cells: Mapping[str, str]) -> tuple[str, str]:
    """Return the first and the last day of a window.

    Raises
    ------
    SceneError
        It is not understood.
    """
    if cells.get("window"):
        text = cells["window"]
        whole = _plain_day(text)
        parts = [whole] if whole != text else [_plain_day(part) for part in _parts(text)]
        first, last = parse_acquired("/".join(parts))
    else:
        first = parse_acquired(_plain_day(cells.get("from", "")))[0]
        last = parse_acquired(_plain_day(cells.get("to", "")))[1]
        if first > last:
            raise SceneError("The window ends before it begins.")
    return first.date().isoformat(), last.date().isoformat()


def _parts(text: str) -> list[str]:
    parts = _BETWEEN.split(text)
    return parts if len(parts) > 1 else text.split("/")


def _plain_day(text: str) -> str:
    """Return a day, month or year as ISO 8601 has it: 2016년 8월 29일, 2016.8.29, 2016/8/29."""
    found = _KOREAN_DAY.fullmatch(text.strip()) or _OTHER_DAY.fullmatch(text.strip())
    if found is None:
        return text.strip() if text.strip() != text else text
    return "-".join(f"{int(part):02d}" for part in found.groups() if part)


def _size_m2(cells: Mapping[str, str]) -> float | None:
    """Return a size, square metres; None where none is told.

    Raises
    ------
    ValueError
        It is not understood.
    """
    text = cells.get("size_m2") or cells.get("size") or ""
    if not text:
        return None
    sides = _SIDES.fullmatch(text)
    if sides:
        return math.prod(float(side.replace(",", "")) for side in sides.groups())
    area = _AREA.fullmatch(text)
    if area is None:
        raise ValueError("no size")
    return float(area[1].replace(",", "")) * _UNITS_M2.get((area[2] or "").lower(), 1.0)


def _point(cells: Mapping[str, str], row: str) -> tuple[float, float] | None:
    """Return latitude and longitude, where a row gives them."""
    found = _COORDINATES.fullmatch(cells.get("place", ""))
    texts = found.groups() if found else (cells.get("lat", ""), cells.get("lon", ""))
    if not any(texts):
        return None
    try:
        lat, lon = map(float, texts)
    except ValueError:
        lat = lon = math.nan
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise InputError(f"{row} has coordinates that are not latitude and longitude in degrees.")
    return lat, lon


@dataclass(frozen=True)
class _Place:
    """A facility and what it may be called."""

    facility: Facility
    margin_m: float

    @cached_property
    def names(self) -> frozenset[str]:
        own = self.facility
        return frozenset(map(_letters, (own.id, own.name, *own.names_ko, *own.aliases)))

    @cached_property
    def area(self) -> BaseGeometry | None:
        outlines = self.facility.outlines
        return search_area(outlines[-1], self.margin_m) if outlines else None


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _facility(
    cells: Mapping[str, str], point: tuple[float, float] | None, row: str, places: Sequence[_Place]
) -> str:
    """Return the id of the facility that a row means; empty for coordinates at none."""
    named = cells.get("facility") or ("" if point else cells.get("place", ""))
    if named:
        asked = _letters(named)
        found = [one for one in places if asked in one.names]
        least = _LEAST_NAME if asked.isascii() else _LEAST_NAME // 2
        if not found and len(asked) >= least:
            found = [one for one in places if any(asked in name for name in one.names)]
        if len(found) != 1:
            fault = f"fits {len(found)} facilities" if found else "is no facility of the registry"
            raise InputError(
                f"{row} names a place that {fault}: give its id as 'camp-monitor facilities list' "
                f"has it, or coordinates."
            )
        return found[0].facility.id
    if point is None:
        raise InputError(f"{row} names no place: give a facility, its name, or coordinates.")
    at = shapely.Point(point[1], point[0])
    around = [one for one in places if one.area is not None and one.area.covers(at)]
    nearest = min(around, key=lambda one: one.area.area if one.area else 0.0, default=None)
    return nearest.facility.id if nearest else ""
