"""Findings as files for other programs: GeoPackage, GeoJSON, KML and CSV.

Each file also says what was not seen, so that an absence of findings is never read as an absence
of change.  The same findings and observations give the same bytes, in whatever order they come.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from camp_monitor.errors import InputError
from camp_monitor.events.events import by_finding, join_events
from camp_monitor.records.content import COORDINATE_DECIMALS
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, latest_reviews
from camp_monitor.report.export.geopackage import write_geopackage
from camp_monitor.report.export.kml import kml_text
from camp_monitor.report.export.tables import (
    RECORDS,
    WITHHELD,
    Row,
    columns_of,
    event_rows,
    finding_rows,
    not_seen_rows,
)
from camp_monitor.report.redaction.redact import Rules, public_region, redacted

# A spreadsheet runs a cell that begins with one of these, or with its full-width twin.
_FORMULA_SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

Layers = Mapping[str, Sequence[Row]]
"""The rows of each layer, by its name."""

_OF_AN_OPEN_DATABASE = ("-wal", "-journal")


@dataclass(frozen=True)
class Exported:
    """How many rows an export holds: events, findings, and records of what was not seen."""

    events: int
    findings: int
    not_seen: int


def export_findings(
    findings: Iterable[Finding],
    observations: Iterable[Observation],
    path: Path,
    *,
    reviews: Iterable[Review] = (),
    overwrite: bool = False,
    rules: Mapping[str, Rules] | None = None,
) -> Exported:
    """Write events, findings, and what was not seen, to a file; its suffix says the format.

    | suffix     | what is in it                                                              |
    |------------|----------------------------------------------------------------------------|
    | `.gpkg`    | layers ``events``, ``findings``, ``not_seen``, with styles that QGIS applies |
    | `.geojson` | RFC 7946; the property ``record``: ``event``, ``finding`` or ``not_seen``  |
    | `.kml`     | folders "Events", "Findings" and "Not seen", coloured by kind              |
    | `.csv`     | UTF-8 with a byte-order mark; column ``record``, point, and region as WKT  |

    Parameters
    ----------
    findings : iterable of Finding
        What changed.
    observations : iterable of Observation
        What was looked at; those that saw everything are left out.
    path : Path
        The file to write.  It appears whole or not at all.
    reviews : iterable of Review
        The latest one of each finding is written beside it; a rejected finding is marked, not
        left out.
    overwrite : bool
        Replace a file that is there.
    rules : mapping of str to Rules or None
        What the audience may see of each facility, by its id; None: everything of all.

    Raises
    ------
    InputError
        The suffix is unknown, the file exists already, it cannot be written, or it is a GeoPackage
        that another program has open.
    """
    check_format(path)
    writer = _WRITERS[path.suffix.lower()]
    findings, observations, reviews = tuple(findings), tuple(observations), tuple(reviews)
    events = join_events(findings, observations, latest_reviews(reviews))
    of_finding = by_finding(events)
    if rules is not None:
        findings = tuple(redacted(one, rules[one.facility_id]) for one in findings)
        observations = tuple(redacted(one, rules[one.facility_id]) for one in observations)
        events = tuple(redacted(one, rules[one.facility_id]) for one in events)
        reviews = tuple(redacted(reviews, next(iter(rules.values()), Rules())))
    layers = {
        "events": event_rows(events),
        "findings": finding_rows(findings, reviews, of_finding),
        "not_seen": not_seen_rows(observations),
    }
    if rules is not None:
        layers = {
            name: [_withheld(row, rules[row.values["facility"]]) for row in rows]
            for name, rows in layers.items()
        }
    try:
        _refuse_in_the_way(path, overwrite)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as folder:
            draft = Path(folder) / f"export{path.suffix.lower()}"
            writer(draft, layers)
            with draft.open("rb+") as file:
                os.fsync(file.fileno())
            _refuse_in_the_way(path, overwrite)
            draft.replace(path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}): check its folder, or name "
            f"another file."
        ) from error
    return Exported(**{name: len(rows) for name, rows in layers.items()})


def _withheld(row: Row, rules: Rules) -> Row:
    """Say in a row what is withheld, and put in place of a region what the audience may see."""
    said = " ".join(rules.withheld.sentences())
    more = {WITHHELD: said} if said else {}
    return Row(row.values | more, public_region(row.region, rules))


def check_format(path: Path) -> None:
    """Refuse a file whose suffix is no format of export.

    Raises
    ------
    InputError
    """
    if path.suffix.lower() not in _WRITERS:
        raise InputError(
            f"{path.name} has the suffix {path.suffix or '(none)'}, which is no format of export: "
            f"use one of {', '.join(_WRITERS)}."
        )


def _refuse_in_the_way(path: Path, overwrite: bool) -> None:
    """Refuse a file that is there, and a GeoPackage whose changes lie in a file beside it.

    SQLite plays such a file (https://www.sqlite.org/tempfiles.html) into whatever has the name of
    its database, a new one as well, which damages it.
    """
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists already: name another file, or add --overwrite.")
    if path.suffix.lower() != ".gpkg":
        return
    for ending in _OF_AN_OPEN_DATABASE:
        beside = path.with_name(path.name + ending)
        if os.path.lexists(beside):
            raise InputError(
                f"{path} was not written, because {beside.name} lies beside it: another program, "
                f"such as QGIS, has it open or broke off. Close the file there, or name another "
                f"one; nothing was changed."
            )


def _write_geojson(path: Path, layers: Layers) -> None:
    features = [_feature(RECORDS[name], row) for name, rows in layers.items() for row in rows]
    lines = ",\n".join(
        json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in features
    )
    path.write_text(
        f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8", newline="\n"
    )


def _feature(record: str, row: Row) -> dict[str, Any]:
    feature: dict[str, Any] = {"type": "Feature", "id": row.values["id"], "geometry": None}
    if row.region is not None:
        feature["bbox"] = list(row.region.bounds)
        feature["geometry"] = shapely.geometry.mapping(row.region)
    feature["properties"] = {"record": record, **row.values}
    return feature


def _write_kml(path: Path, layers: Layers) -> None:
    path.write_text(kml_text(layers), encoding="utf-8", newline="\n")


def _write_csv(path: Path, layers: Layers) -> None:
    named = [name for columns in columns_of(layers).values() for name in columns]
    columns = [*dict.fromkeys(["record", *named]), *("lon", "lat")]
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, [*columns, "wkt"], restval="")
    table.writeheader()
    for name, rows in layers.items():
        for row in rows:
            cells = {"record": RECORDS[name], **row.values, **_place(row)}
            table.writerow({column: _cell(value) for column, value in cells.items()})
    # Spreadsheets take a file without the mark for the code page of the machine: no Korean.
    path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")


def _place(row: Row) -> dict[str, Any]:
    if row.region is None:
        return {}
    centre = row.region.centroid
    return {
        "lon": round(centre.x, COORDINATE_DECIMALS),
        "lat": round(centre.y, COORDINATE_DECIMALS),
        "wkt": shapely.to_wkt(row.region, rounding_precision=COORDINATE_DECIMALS),
    }


def _cell(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    if isinstance(value, str) and value.lstrip().startswith(_FORMULA_SIGNS):
        return f"'{value}"
    return value


_WRITERS: dict[str, Callable[[Path, Layers], None]] = {
    ".gpkg": write_geopackage,
    ".geojson": _write_geojson,
    ".kml": _write_kml,
    ".csv": _write_csv,
}
