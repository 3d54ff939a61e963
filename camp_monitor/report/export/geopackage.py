"""Findings as a GeoPackage that QGIS opens already coloured and labelled."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from markupsafe import escape
from numpy.typing import NDArray

from camp_monitor.records.kinds import KINDS
from camp_monitor.report.export.tables import COLUMNS, Row, columns_of
from camp_monitor.report.text.sentences import name_of, phrase

# The format wants a time of last change; a fixed one keeps the same findings the same bytes.
_WRITTEN_AT = "1970-01-01T00:00:00.000Z"
# QGIS of Debian 12 warns of a later version; nothing here needs one.
_GEOPACKAGE_VERSION = "1.2"
_OF_EVENTS = (
    (
        "&quot;candidate&quot; OR &quot;verdict&quot; = 'rejected'",
        "&quot;ranked_as&quot; NOT IN ('confirmed', 'strong')",
    ),
    (
        " || if(&quot;verdict&quot; = 'rejected', '\\n[rejected]', '')"
        " || if(&quot;candidate&quot;, '\\n[candidate]', '')",
        " || '\\n' || &quot;standing&quot;",
    ),
)
"""What the style of events has instead of what findings have: what does not lead is paler."""
_GDAL_UTC = 100  # GDAL's sign for a time in UTC
# The table in which QGIS keeps styles inside of a GeoPackage, column for column.
_STYLE_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)
"""


def write_geopackage(path: Path, layers: Mapping[str, Sequence[Row]]) -> None:
    """Write the layers of `COLUMNS` and their styles to the new file `path`.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        with _fixed_time():
            columns = columns_of(layers)
            for name, rows in layers.items():
                _write_layer(path, name, columns[name], rows)
        with closing(sqlite3.connect(path)) as connection:
            _add_styles(connection)
            connection.commit()
    except (DataLayerError, DataSourceError, sqlite3.Error) as error:
        raise OSError(str(error)) from error


@contextmanager
def _fixed_time() -> Iterator[None]:
    """Let GDAL write `_WRITTEN_AT` instead of the clock."""
    import pyogrio

    name = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: _WRITTEN_AT})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _write_layer(path: Path, name: str, columns: dict[str, type], rows: Sequence[Row]) -> None:
    from pyogrio.raw import write

    regions = np.empty(len(rows), dtype=object)
    regions[:] = [None if row.region is None else shapely.to_wkb(row.region) for row in rows]
    times = [column for column, kind in columns.items() if kind is datetime]
    write(
        path,
        regions,
        [_cells([row.values[c] for row in rows], kind) for c, kind in columns.items()],
        list(columns),
        layer=name,
        driver="GPKG",
        geometry_type="MultiPolygon",
        crs="EPSG:4326",
        append=path.exists(),
        dataset_options={"VERSION": _GEOPACKAGE_VERSION},
        gdal_tz_offsets={column: np.full(len(rows), _GDAL_UTC) for column in times},
        layer_options={"GEOMETRY_NAME": "geom", "DESCRIPTION": _description(name)},
    )


def _cells(values: Sequence[Any], kind: type) -> NDArray[Any]:
    """Return one column; times in UTC, and none where the text is empty."""
    if kind is datetime:
        instants = (
            datetime.fromisoformat(text).astimezone(UTC) if text else None for text in values
        )
        naive = [instant and instant.replace(tzinfo=None) for instant in instants]
        return np.array(naive, dtype="datetime64[ms]")
    dtypes = {str: object, int: np.int64, float: np.float64, bool: np.bool_}
    return np.array(values, dtype=dtypes[kind])


def _add_styles(connection: sqlite3.Connection) -> None:
    connection.execute(_STYLE_TABLE)
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        (_WRITTEN_AT,),
    )
    for layer in COLUMNS:
        description, style = _description(layer), _style(layer)
        connection.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "ui, update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', NULL, ?)",
            (layer, layer, style, description, _WRITTEN_AT),
        )


def _description(layer: str) -> str:
    return phrase(f"export.{layer}")


def _style(layer: str) -> str:
    """Return a layer's style, with the names of kinds and what its labels say."""
    drawn = "findings" if layer == "events" else layer
    style = Path(__file__).with_name(f"{drawn}.qml").read_text(encoding="utf-8")
    if layer == "events":
        for of_findings, of_events in _OF_EVENTS:
            style = style.replace(of_findings, of_events)
    for kind in KINDS:
        style = style.replace(f'label="{kind}"', f'label="{escape(name_of("kind", kind))}"')
    for mark, text in (
        ("[rejected]", name_of("verdict", "rejected")),
        ("[candidate]", phrase("candidate")),
        ("[not seen]", name_of("outcome", "not_seen")),
    ):
        style = style.replace(mark, escape(text.replace("'", "''")))
    return style
