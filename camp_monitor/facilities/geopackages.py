"""Read the rings of polygons from a GeoPackage, and run nothing that it brings along.

The format is https://www.geopackage.org/spec/.  SQLite opens the file for reading alone, without
functions, views, virtual tables or triggers, and breaks off in time.  Neither GDAL nor GEOS decodes
a geometry: GDAL takes no time limit, and the reader of GEOS 3.14 ends the process on a geometry
that is nested deeply (`tests/facilities/test_geopackages.py`).
"""

from __future__ import annotations

import sqlite3
import struct
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.fields import printable

LONGEST_VALUE_BYTES = 10_000_000
"""Of one geometry or text: 100,000 points in four dimensions have 3.2 million."""

LONGEST_READING_S = 30.0
"""Reading breaks off after so long."""

MOST_LEVELS = 8
"""Collections of geometries that lie in each other."""

Ring = list[list[float]]
"""Points of one ring: x, y and, where the geometry has heights, z, which may be NaN."""

VIEWS = "layers that are views, since only tables are read"

_NEEDED = {"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"}
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
_LAYERS = """
    SELECT layer.table_name, shape.column_name, crs.organization, crs.organization_coordsys_id,
        crs.definition
    FROM gpkg_contents AS layer
    JOIN gpkg_geometry_columns AS shape ON shape.table_name = layer.table_name COLLATE NOCASE
    LEFT JOIN gpkg_spatial_ref_sys AS crs ON crs.srs_id = shape.srs_id
    WHERE layer.data_type = 'features'
"""
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
_REASONS = {
    "SQLITE_INTERRUPT": f"takes over {LONGEST_READING_S:.0f} s to read",
    "SQLITE_TOOBIG": f"holds a value of over {LONGEST_VALUE_BYTES:,} bytes",
}
_NAMING = ("id", "name", "name_en", "title")
_ENVELOPE_VALUES = {0: 0, 1: 4, 2: 6, 3: 6, 4: 8}
_EXTENDED = 0b100000
_HAS_Z, _HAS_M, _HAS_SRID = 0x80000000, 0x40000000, 0x20000000
_POINT, _LINE, _POLYGON = 1, 2, 3
_COLLECTIONS = (4, 5, 6, 7)


@dataclass(frozen=True)
class LayerFeature:
    """One row of a layer.

    Parameters
    ----------
    layer : str
        Name of the table.
    number : int
        From 1, within the layer.
    crs : str
        What pyproj understands; empty where none is set.
    texts : tuple of (str, str)
        Those of its columns that name it.
    polygons : list
        Of each polygon its rings as they are in the file: they may be open, crossed or empty.
    """

    layer: str
    number: int
    crs: str
    texts: tuple[tuple[str, str], ...]
    polygons: list[list[Ring]]


def read_geopackage(path: Path) -> Iterator[LayerFeature | str]:
    """Read every row of the tables that hold geometries, or say what is left out.

    Raises
    ------
    FacilityError
        The file is no whole GeoPackage, holds curves or surfaces, takes too long, or is being
        written by another program.
    """
    _refuse_unfinished(path)
    deadline_s = time.monotonic() + LONGEST_READING_S
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES)
            database.set_progress_handler(lambda: time.monotonic() > deadline_s, 10_000)
            database.set_authorizer(_authorize)
            yield from _features(database, path)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        reason = _REASONS.get(getattr(error, "sqlite_errorname", ""))
        raise FacilityError(
            f"{path} {reason}: save the outline alone."
            if reason
            else f"{path} cannot be read as a GeoPackage: it may be cut short or damaged."
        ) from error


def _refuse_unfinished(path: Path) -> None:
    """Refuse a database of which a part lies in a file beside it.

    Without that part an older outline would be read, and with it the SHA-256 of the file would not
    stand for what was read.  SQLite empties a journal that is done, or fills its head with zeros.
    """
    for ending in ("-wal", "-journal"):
        beside = path.with_name(path.name + ending)
        try:
            with beside.open("rb") as file:
                is_used = file.read(1) not in (b"", b"\0")
        except OSError:
            continue
        if is_used:
            raise FacilityError(
                f"{path} is being written by another program, such as QGIS, and {beside.name} "
                f"beside it may hold what was drawn last: save and close it there first."
            )


def _authorize(action: int, name: str | None, *_: str | None) -> int:
    is_columns = action == sqlite3.SQLITE_PRAGMA and name == "table_xinfo"
    return sqlite3.SQLITE_OK if action in _ALLOWED or is_columns else sqlite3.SQLITE_DENY


def _features(database: sqlite3.Connection, path: Path) -> Iterator[LayerFeature | str]:
    tables = {str(name).lower() for (name,) in database.execute(_TABLES)}
    if not tables >= _NEEDED:
        raise FacilityError(f"{path} is not a GeoPackage: it may be cut short or misnamed.")
    for layer, column, *crs in database.execute(_LAYERS):
        if str(layer).lower() not in tables:
            yield VIEWS
            continue
        columns = [
            name
            for _, name, *_, hidden in database.execute(f"PRAGMA table_xinfo({_quoted(layer)})")
            if not hidden  # what a column computes is not run
        ]
        if column not in columns:
            yield "layers without a column of geometries"
            continue
        named = [name for name in columns if name.lower() in _NAMING]
        wanted = ", ".join(map(_quoted, [column, *named]))
        rows = database.execute(f"SELECT {wanted} FROM {_quoted(layer)}")
        for number, (blob, *values) in enumerate(rows, start=1):
            place = f"feature {number} of layer {printable(layer)[:80]!r}"
            yield LayerFeature(
                layer=layer,
                number=number,
                crs=_crs(*crs),
                texts=tuple(zip(named, values, strict=True)),
                polygons=[] if blob is None else decode_polygons(blob, f"{path}: {place}"),
            )


def _quoted(name: str) -> str:
    return '"' + str(name).replace('"', '""') + '"'


def _crs(organization: str | None, code: int | None, definition: str | None) -> str:
    if str(organization).upper() == "EPSG":
        return f"EPSG:{code}"
    known = str(definition or "")
    return "" if "undefined" in known.lower() else known


def decode_polygons(blob: bytes, subject: str) -> list[list[Ring]]:
    """Decode a geometry in the format's own clothes: a head, an envelope, and ISO WKB.

    A flipped bit in a count leaves bytes over, and one in a corner often leaves the envelope.
    """
    try:
        if blob[:2] != b"GP" or blob[3] & _EXTENDED:
            raise ValueError("not the binary format of a GeoPackage")
        order = "<" if blob[3] & 1 else ">"
        values = _ENVELOPE_VALUES[blob[3] >> 1 & 0b111]
        envelope = struct.unpack_from(f"{order}{values}d", blob, 8)[:4]
        polygons, end = _geometry(blob, 8 + 8 * values, MOST_LEVELS)
        if end != len(blob):
            raise ValueError("bytes are left over")
        if envelope and not _within(polygons, envelope):
            raise ValueError("outside of its envelope")
    except _Curved as error:
        raise FacilityError(
            f"{subject} has curves or surfaces, which are not read: save it with straight edges."
        ) from error
    except (ValueError, KeyError, IndexError, TypeError, struct.error) as error:
        raise FacilityError(
            f"{subject} cannot be read: the file may be cut short or damaged."
        ) from error
    return polygons


class _Curved(Exception):
    """A kind of geometry without straight edges, or without a plane."""


def _geometry(blob: bytes, at: int, levels: int) -> tuple[list[list[Ring]], int]:
    """Decode the WKB at an offset: its polygons, and where it ends."""
    order = {0: ">", 1: "<"}[blob[at]]
    (code,) = struct.unpack_from(f"{order}I", blob, at + 1)
    at += 9 if code & _HAS_SRID else 5
    written, kind = divmod(code & 0x0FFFFFFF, 1000)
    has_z = bool(code & _HAS_Z) or written in (1, 3)
    dimensions = 2 + has_z + (bool(code & _HAS_M) or written in (2, 3))
    if written > 3 or not levels:
        raise ValueError("no geometry, or nested too deeply")
    if kind == _POINT:
        return [], at + 8 * dimensions
    if kind not in (_LINE, _POLYGON, *_COLLECTIONS):
        raise _Curved
    (count,) = struct.unpack_from(f"{order}I", blob, at)
    at += 4
    if kind == _LINE:
        return [], at + 8 * dimensions * count
    found: list[list[Ring]] = []
    if kind in _COLLECTIONS:
        for _ in range(count):
            members, at = _geometry(blob, at, levels - 1)
            found += members
        return found, at
    rings = []
    for _ in range(count):
        (corners,) = struct.unpack_from(f"{order}I", blob, at)
        numbers = np.frombuffer(blob, f"{order}f8", corners * dimensions, at + 4)
        rings.append(numbers.reshape(corners, dimensions)[:, : 2 + has_z].tolist())
        at += 4 + 8 * numbers.size
    return [rings], at


def _within(polygons: list[list[Ring]], envelope: tuple[float, ...]) -> bool:
    """Whether no point lies outside of min x, max x, min y, max y, but for rounding."""
    west, east, south, north = envelope
    slack = 1e-6 * max(map(abs, envelope))
    return not any(
        x < west - slack or x > east + slack or y < south - slack or y > north + slack
        for rings in polygons
        for ring in rings
        for x, y, *_ in ring
    )
