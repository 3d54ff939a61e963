"""`Finding`: what changed, between which dates, and how sure that is.

A plain frozen value that checks itself when made, turns into canonical JSON and back without loss,
and carries an id that is the hash of its content: the same result has the same id on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from shapely.geometry.base import BaseGeometry

from camp_monitor.notes import Explanation, Measurements, Note
from camp_monitor.records import earlier
from camp_monitor.records.content import (
    check,
    geometry_json,
    read_geometry,
    rounded,
)
from camp_monitor.records.kinds import CONFIDENCES, KINDS, POSITIONS
from camp_monitor.records.observation import Observation, read_measurements, read_notes
from camp_monitor.records.recorded import Recorded
from camp_monitor.records.scene_reference import SceneReference


@dataclass(frozen=True)
class Finding(Recorded):
    """A region that changed between two dates.

    Parameters
    ----------
    facility_id, outline_version
        The facility and the version of its outline that the search was made round.
    kind : str
        One of `KINDS`.
    method : str
        Detector and its number, such as ``construction/1``.
    before, after : SceneReference
        The change happened between the first instant of `before` and the last of `after`.
    geometry : shapely Polygon or MultiPolygon
        EPSG:4326, lon then lat.
    area_m2, area_low_m2, area_high_m2 : float
        Area on the ground and its interval, square metres.
    position : str
        One of `POSITIONS`.
    confidence : str
        ``low``, ``medium`` or ``high``.
    measurements : tuple of (str, float)
        What was measured, by the name of a `camp_monitor.codes.Measure`.
    caveats : tuple of Note
        What else could look like this, what limits the result.
    probability : float or None
        Share of findings with evidence like this one's that were real where the truth is known,
        0-1; `confidence` is its range.  None in findings older than the calibration.
    explanations : tuple of Explanation
        Alternative explanations that were examined.
    candidate : bool
        It lies below the working point of its scan: kept, and counted for nothing.
    original : str
        Content as recorded, of a ledger of schema 1 to 3; else empty.
    """

    facility_id: str
    outline_version: int
    kind: str
    method: str
    before: SceneReference
    after: SceneReference
    geometry: BaseGeometry
    area_m2: float
    area_low_m2: float
    area_high_m2: float
    position: str
    confidence: str
    measurements: Measurements = ()
    caveats: tuple[Note, ...] = ()
    probability: float | None = None
    explanations: tuple[Explanation, ...] = ()
    candidate: bool = False
    original: str = ""

    def __post_init__(self) -> None:
        check(self.kind in KINDS, f"unknown kind of change {self.kind!r}")
        check(self.confidence in CONFIDENCES, f"unknown confidence {self.confidence!r}")
        check(self.position in POSITIONS, f"unknown position {self.position!r}")
        check(
            0 <= self.area_low_m2 <= self.area_m2 <= self.area_high_m2 < math.inf,
            f"area {self.area_m2} m2 outside its interval "
            f"{self.area_low_m2} to {self.area_high_m2} m2",
        )
        check(
            self.probability is None or 0 < self.probability < 1,
            f"probability {self.probability} not between 0 and 1",
        )
        check(not self.geometry.is_empty, "a finding without a region")
        check(
            self.geometry.geom_type in ("Polygon", "MultiPolygon"),
            f"the region of a finding is a {self.geometry.geom_type}, not one or more polygons",
        )
        object.__setattr__(self, "geometry", rounded(self.geometry))
        _ = self.sha256  # refuses what cannot be written

    def _content(self) -> dict[str, Any]:
        marked = {"candidate": True} if self.candidate else {}
        return marked | {
            "facility_id": self.facility_id,
            "outline_version": self.outline_version,
            "kind": self.kind,
            "method": self.method,
            "geometry": geometry_json(self.geometry),
            "area_m2": self.area_m2,
            "area_low_m2": self.area_low_m2,
            "area_high_m2": self.area_high_m2,
            "position": self.position,
            "confidence": self.confidence,
            "measurements": dict(self.measurements),
            "caveats": [item.to_dict() for item in self.caveats],
            "probability": self.probability,
            "explanations": [item.to_dict() for item in self.explanations],
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Finding:
        """Make a finding from what `to_dict` returned, or from a ledger of schema 1 to 3."""
        check("original" not in content, "a record that claims to be of an earlier schema")
        if earlier.is_earlier(content):
            fields = earlier.finding_fields(content)
        else:
            fields = dict(content)
            fields["measurements"] = read_measurements(content["measurements"])
            fields["caveats"] = read_notes(content["caveats"])
            fields["explanations"] = tuple(map(Explanation.from_dict, content["explanations"]))
        fields["before"] = SceneReference.from_dict(content["before"])
        fields["after"] = SceneReference.from_dict(content["after"])
        fields["geometry"] = read_geometry(content["geometry"])
        return cls(**fields)

    @property
    def id(self) -> str:
        """Short id, ``F`` and twelve hexadecimal digits of the content's hash."""
        return f"F{self.sha256[:12]}"


Record = TypeVar("Record", Finding, Observation)


def in_order(records: Iterable[Record]) -> list[Record]:
    """Sort findings or observations by facility, time and method: the same set, the same order."""
    return sorted(
        records,
        key=lambda record: (
            record.facility_id,
            record.after.acquired_to_at,
            record.before.acquired_from_at,
            record.method,
            record.id,
        ),
    )
