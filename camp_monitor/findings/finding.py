"""`Finding` and `Observation`: what changed, and what was and was not seen.

Both are plain frozen values that check themselves when made, turn into canonical JSON and back
without loss, and carry an id that is the hash of their content: the same result has the same id on
every machine.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import LedgerError

KINDS = {
    "construction": "New construction",
    "built_up": "New built-up ground or earthworks",
    "demolition": "Demolition",
    "flooding": "Flooding",
    "flood_recession": "Flood recession",
    "water_gain": "Lasting water gain",
    "water_loss": "Lasting water loss",
    "clearing": "Vegetation cleared",
    "perimeter_change": "Perimeter changed",
    "other": "Other change",
}
"""The kinds of change and their names in print."""

KIND_COLOURS = {
    "construction": "#D55E00",
    "built_up": "#7F0000",
    "demolition": "#CC79A7",
    "flooding": "#0072B2",
    "flood_recession": "#56B4E9",
    "water_gain": "#009E73",
    "water_loss": "#F0E442",
    "clearing": "#E69F00",
    "perimeter_change": "#000000",
    "other": "#777777",
}
"""One colour for each kind on every map and figure; they differ for colour-blind readers too."""
NOT_SEEN_COLOUR = "#3D434A"
"""The colour of what was not seen, on every map and figure."""

CONFIDENCES = ("low", "medium", "high")
POSITIONS = {
    "inside": "mostly inside the outline",
    "within_error": "mostly outside the outline, but within its stated error",
    "outside": "mostly outside the outline and its error",
}
"""Where most of a region lies; a part of it may cross the edge."""
RIVAL_VERDICTS = {
    "ruled_out": "ruled out",
    "possible": "possible",
    "not_testable": "not testable",
}
"""What came of examining another cause, and its name in print."""
OUTCOMES = ("changed", "unchanged", "not_seen")
LATER_FIELDS = ("probability", "rivals", "detectable_m2", "altered", "altered_fraction")
"""Not written where they say nothing, so that records made before them keep their ids."""
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


@dataclass(frozen=True)
class SceneReference:
    """What a finding must know of a scene to stand without it.

    Parameters
    ----------
    id : str
        Item id in the catalogue.
    sensor : str
        Key of `camp_monitor.imagery.sensors.SENSORS`.
    acquired_from_at, acquired_to_at : str
        ISO 8601, UTC, to the second; equal for a scene taken at one instant.
    sha256 : tuple of str
        One per file of the scene.
    licence, credit : str
        As given by the provider; ``credit`` is printed wherever the scene is shown.
    """

    id: str
    sensor: str
    acquired_from_at: str
    acquired_to_at: str
    sha256: tuple[str, ...]
    licence: str
    credit: str

    def __post_init__(self) -> None:
        first, last = read_instant(self.acquired_from_at), read_instant(self.acquired_to_at)
        _check(
            first <= last,
            f"scene {self.id!r} ends at {self.acquired_to_at}, before it starts at "
            f"{self.acquired_from_at}",
        )

    @property
    def last_instant(self) -> datetime:
        """At which it was taken; the last, for a scene of an interval."""
        return read_instant(self.acquired_to_at)

    @property
    def dates(self) -> str:
        """The day, or the interval of days, of the scene, such as ``1985-01-01/1985-12-31``."""
        first, last = self.acquired_from_at[:10], self.acquired_to_at[:10]
        return first if first == last else f"{first}/{last}"


@dataclass(frozen=True)
class Finding:
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
    evidence : tuple of (str, str)
        What was measured, as (name, printed value with unit), in the order to show.
    caveats : tuple of str
        Sentences: what else could look like this, what limits the result.
    probability : float or None
        Share of findings with evidence like this one's that were real where the truth is known,
        0-1; `confidence` is its range.  None in findings older than the calibration.
    rivals : tuple of (str, str, str)
        Other causes that were examined: the cause, one of `RIVAL_VERDICTS`, and what was measured.
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
    evidence: tuple[tuple[str, str], ...] = ()
    caveats: tuple[str, ...] = ()
    probability: float | None = None
    rivals: tuple[tuple[str, str, str], ...] = ()

    def __post_init__(self) -> None:
        _check(self.kind in KINDS, f"unknown kind of change {self.kind!r}")
        _check(self.confidence in CONFIDENCES, f"unknown confidence {self.confidence!r}")
        _check(self.position in POSITIONS, f"unknown position {self.position!r}")
        _check(
            0 <= self.area_low_m2 <= self.area_m2 <= self.area_high_m2 < math.inf,
            f"area {self.area_m2} m2 outside its interval "
            f"{self.area_low_m2} to {self.area_high_m2} m2",
        )
        _check(
            self.probability is None or 0 < self.probability < 1,
            f"probability {self.probability} not between 0 and 1",
        )
        for cause, verdict, _ in self.rivals:
            _check(verdict in RIVAL_VERDICTS, f"{cause!r} is {verdict!r}")
        _check(not self.geometry.is_empty, "a finding without a region")
        _check(
            self.geometry.geom_type in ("Polygon", "MultiPolygon"),
            f"the region of a finding is a {self.geometry.geom_type}, not one or more polygons",
        )
        object.__setattr__(self, "geometry", _rounded(self.geometry))
        _check_content(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain JSON values; `from_dict` reverses it."""
        return _to_dict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Finding:
        """Make a finding from what `to_dict` returned."""
        return cls(**_from_dict(content))

    @cached_property
    def sha256(self) -> str:
        """Hash of the whole content."""
        return content_hash(self.to_dict())

    @property
    def id(self) -> str:
        """Short id, ``F`` and twelve hexadecimal digits of the content's hash."""
        return f"F{self.sha256[:12]}"


@dataclass(frozen=True)
class Observation:
    """A pair was looked at for one question: how much was seen, and the outcome.

    Parameters
    ----------
    facility_id, outline_version
        As in `Finding`.
    method : str
        Detector and its number: the question that was asked.
    before, after : SceneReference
        As in `Finding`.
    settings_sha256 : str
        Hash of the settings that the scan ran with: the same question asked otherwise is another
        observation.
    outcome : str
        ``changed``: there are findings.  ``unchanged``: nothing changed in the part that was seen.
        ``not_seen``: too little was seen, or the pair could not be compared, to say either.
    seen_fraction : float
        Share of the outline, 0-1, in which the question could be answered.
    reason : str
        Why the outcome is ``not_seen``; why part was not seen; else empty.
    not_seen : shapely geometry or None
        Where, within the search area, the question could not be answered.  EPSG:4326.
    finding_ids : tuple of str
        The findings of this observation.
    measured : tuple of (str, str)
        Shift before and after correction and the like, as (name, printed value with unit).
    caveats : tuple of str
        Sentences that hold for the whole observation.
    detectable_m2 : float or None
        Area of the smallest structure that would have been found nine times in ten, square metres;
        None where it was not asked for, or where even the largest tried would not have been.
    altered : shapely geometry or None
        Ground beside the findings that changed so that it may be what is asked for, or something
        else: these two scenes cannot tell.  EPSG:4326.
    altered_fraction : float or None
        Share of the searched ground that was seen and is `altered` or in a finding, 0-1; None where
        the detector does not tell.
    """

    facility_id: str
    outline_version: int
    method: str
    before: SceneReference
    after: SceneReference
    settings_sha256: str
    outcome: str
    seen_fraction: float
    reason: str = ""
    not_seen: BaseGeometry | None = None
    finding_ids: tuple[str, ...] = ()
    measured: tuple[tuple[str, str], ...] = ()
    caveats: tuple[str, ...] = ()
    detectable_m2: float | None = None
    altered: BaseGeometry | None = None
    altered_fraction: float | None = None

    def __post_init__(self) -> None:
        _check(self.outcome in OUTCOMES, f"unknown outcome {self.outcome!r}")
        _check(0 <= self.seen_fraction <= 1, f"seen fraction {self.seen_fraction} not in 0-1")
        _check(
            (self.outcome == "changed") == bool(self.finding_ids),
            f"outcome {self.outcome!r} with {len(self.finding_ids)} findings",
        )
        _check(self.outcome != "not_seen" or bool(self.reason), "not seen, without a reason")
        if self.not_seen is not None:
            object.__setattr__(self, "not_seen", _rounded(self.not_seen))
        if self.altered is not None:
            object.__setattr__(self, "altered", _rounded(self.altered))
        _check(
            self.altered_fraction is None or 0 <= self.altered_fraction <= 1,
            f"altered fraction {self.altered_fraction} not in 0-1",
        )
        _check_content(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain JSON values; `from_dict` reverses it."""
        return _to_dict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Observation:
        """Make an observation from what `to_dict` returned."""
        return cls(**_from_dict(content))

    @cached_property
    def sha256(self) -> str:
        """Hash of the whole content."""
        return content_hash(self.to_dict())

    @property
    def id(self) -> str:
        """Short id, ``O`` and twelve hexadecimal digits of the content's hash."""
        return f"O{self.sha256[:12]}"


Record = TypeVar("Record", Finding, Observation)


def question_words(method: str) -> str:
    """Name the question that a detector answers: ``construction/1`` asks for new construction."""
    stem = method.partition("/")[0]
    if stem == "flooding":
        return "Flooding and lasting water"
    return KINDS.get(stem, stem.replace("_", " ").capitalize())


def interval_words(before: SceneReference, after: SceneReference) -> str:
    """Date a change in words: ``between 2016-08-20 and 2016-09-12``, never "on"."""
    return f"between {before.acquired_from_at[:10]} and {after.acquired_to_at[:10]}"


def interval_days(before: SceneReference, after: SceneReference) -> float:
    """Longest time, in days, that can lie between the two acquisitions."""
    first = datetime.fromisoformat(before.acquired_from_at)
    last = datetime.fromisoformat(after.acquired_to_at)
    return (last - first).total_seconds() / 86400


def days_between(first: SceneReference, second: SceneReference) -> float:
    """Days from one scene to the other, in either order, as a series counts them."""
    return abs((second.last_instant - first.last_instant).total_seconds()) / 86400


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


def _check(holds: bool, fault: str) -> None:
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


def _check_content(record: Finding | Observation) -> None:
    """Refuse what cannot be written: NaN, infinity, half characters, values that are not JSON."""
    try:
        record.sha256  # noqa: B018  the hash is made from the written content, and kept
    except (TypeError, ValueError) as error:
        raise LedgerError(f"A record would be wrong: it cannot be written ({error}).") from error


def _rounded(geometry: BaseGeometry) -> BaseGeometry:
    """Round coordinates so that a geometry survives its own JSON unchanged."""
    west, south, east, north = geometry.bounds
    _check(
        geometry.is_empty or (-180 <= west <= east <= 180 and -90 <= south <= north <= 90),
        f"bounds {geometry.bounds} are not degrees of longitude and latitude",
    )
    return shapely.transform(geometry, lambda points: points.round(COORDINATE_DECIMALS))


def _to_dict(record: Finding | Observation) -> dict[str, Any]:
    content = {name: getattr(record, name) for name in record.__dataclass_fields__}
    for name, value in content.items():
        if isinstance(value, BaseGeometry):
            content[name] = shapely.geometry.mapping(value)
        elif isinstance(value, SceneReference):
            content[name] = asdict(value)
    for name in LATER_FIELDS:
        if name in content and content[name] in (None, ()):
            del content[name]
    plain: dict[str, Any] = json.loads(canonical_json(content))
    return plain


def _from_dict(content: dict[str, Any]) -> dict[str, Any]:
    fields = dict(content)
    for name in ("before", "after"):
        scene = dict(fields[name])
        scene["sha256"] = tuple(scene["sha256"])
        fields[name] = SceneReference(**scene)
    for name in ("geometry", "not_seen", "altered"):
        if fields.get(name) is not None:
            fields[name] = shapely.geometry.shape(fields[name])
    for name in ("caveats", "finding_ids"):
        if name in fields:
            fields[name] = tuple(fields[name])
    for name in ("evidence", "measured", "rivals"):
        if name in fields:
            fields[name] = tuple(tuple(part) for part in fields[name])
    return fields
