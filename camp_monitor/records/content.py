"""Records as canonical JSON, their hashes, and the checks that all of them share."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import LedgerError

COORDINATE_DECIMALS = 7
"""Decimals kept of a degree: about 1 cm on the ground."""


def canonical_json(content: dict[str, Any]) -> str:
    """Write JSON in one way only: sorted keys, no spaces, no NaN, text as it is."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256, in hexadecimal, of the canonical JSON of `content`."""
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def check(holds: bool, fault: str) -> None:
    """Refuse a record that would be wrong.

    Raises
    ------
    LedgerError
    """
    if not holds:
        raise LedgerError(f"A record would be wrong: {fault}.")


def read_instant(text: str) -> datetime:
    """Read a time of acquisition; the check is against a record that no one could date."""
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        instant = None
    if instant is None or instant.utcoffset() is None:
        raise LedgerError(
            f"A record would be wrong: {text!r} is not a time like 2016-08-29T02:11:21Z."
        )
    return instant


def rounded(geometry: BaseGeometry) -> BaseGeometry:
    """Round coordinates so that a geometry survives its own JSON unchanged."""
    west, south, east, north = geometry.bounds
    check(
        geometry.is_empty or (-180 <= west <= east <= 180 and -90 <= south <= north <= 90),
        f"bounds {geometry.bounds} are not degrees of longitude and latitude",
    )
    points = shapely.get_coordinates(geometry)
    if not geometry.has_z and np.array_equal(points.round(COORDINATE_DECIMALS), points):
        return geometry
    return shapely.transform(geometry, lambda points: points.round(COORDINATE_DECIMALS))


def geometry_json(geometry: BaseGeometry | None) -> dict[str, Any] | None:
    """Return a geometry as GeoJSON."""
    if geometry is None:
        return None
    if geometry.geom_type == "Polygon" and not geometry.is_empty:  # as nearly all: quicker
        return {"type": "Polygon", "coordinates": _rings(geometry)}
    if geometry.geom_type == "MultiPolygon" and not geometry.is_empty:
        parts = [_rings(part) for part in shapely.get_parts(geometry)]
        return {"type": "MultiPolygon", "coordinates": parts}
    return shapely.geometry.mapping(geometry)


def _rings(polygon: BaseGeometry) -> list[list[list[float]]]:
    rings = shapely.get_rings(polygon)
    return [shapely.get_coordinates(ring, include_z=polygon.has_z).tolist() for ring in rings]


def read_geometry(content: dict[str, Any] | None) -> BaseGeometry | None:
    """Make a geometry of GeoJSON."""
    return None if content is None else shapely.geometry.shape(content)


def plain(content: dict[str, Any]) -> dict[str, Any]:
    """Return content as JSON reads it back: lists for tuples.

    Raises
    ------
    LedgerError
        It holds NaN, infinity, half characters or what is no JSON.
    """
    read: dict[str, Any] = json.loads(written(content))
    return read


def written(content: dict[str, Any]) -> str:
    """Write canonical JSON that is UTF-8, too.

    Raises
    ------
    LedgerError
        It holds NaN, infinity, half characters or what is no JSON.
    """
    try:
        text = canonical_json(content)
        text.encode()
    except (TypeError, ValueError) as error:
        raise LedgerError(f"A record would be wrong: it cannot be written ({error}).") from error
    return text
