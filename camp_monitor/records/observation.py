"""`Observation`: what was and was not seen, of one pair, for one question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry

from camp_monitor.notes import Measurements, Note, measurements, recorded
from camp_monitor.records import earlier
from camp_monitor.records.content import (
    check,
    geometry_json,
    read_geometry,
    rounded,
)
from camp_monitor.records.kinds import OUTCOMES
from camp_monitor.records.recorded import Recorded
from camp_monitor.records.scene_reference import SceneReference


@dataclass(frozen=True)
class Observation(Recorded):
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
    reasons : tuple of Note
        Why the outcome is ``not_seen``, or why part was not seen; else empty.
    not_seen : shapely geometry or None
        Where, within the search area, the question could not be answered.  EPSG:4326.
    finding_ids : tuple of str
        The findings of this observation.
    candidate_ids : tuple of str
        Findings below the working point of the scan, which do not make it ``changed``.
    measurements : tuple of (str, float)
        As in `Finding`.
    caveats : tuple of Note
        What holds for the whole observation.
    detectable_m2 : float or None
        Area of the smallest structure that would have been found nine times in ten, square metres;
        None where it was not asked for, or where even the largest tried would not have been.
    altered : shapely geometry or None
        Ground beside the findings that changed so that it may be what is asked for, or something
        else: these two scenes cannot tell.  EPSG:4326.
    altered_fraction : float or None
        Share of the searched ground that was seen and is `altered` or in a finding, 0-1; None where
        the detector does not tell.
    original : str
        Content as recorded, of a ledger of schema 1 to 3; else empty.
    """

    facility_id: str
    outline_version: int
    method: str
    before: SceneReference
    after: SceneReference
    settings_sha256: str
    outcome: str
    seen_fraction: float
    reasons: tuple[Note, ...] = ()
    not_seen: BaseGeometry | None = None
    finding_ids: tuple[str, ...] = ()
    measurements: Measurements = ()
    caveats: tuple[Note, ...] = ()
    detectable_m2: float | None = None
    altered: BaseGeometry | None = None
    altered_fraction: float | None = None
    candidate_ids: tuple[str, ...] = ()
    original: str = ""

    def __post_init__(self) -> None:
        check(self.outcome in OUTCOMES, f"unknown outcome {self.outcome!r}")
        check(0 <= self.seen_fraction <= 1, f"seen fraction {self.seen_fraction} not in 0-1")
        check(
            (self.outcome == "changed") == bool(self.finding_ids),
            f"outcome {self.outcome!r} with {len(self.finding_ids)} findings",
        )
        check(self.outcome != "not_seen" or bool(self.reasons), "not seen, without a reason")
        if self.not_seen is not None:
            object.__setattr__(self, "not_seen", rounded(self.not_seen))
        if self.altered is not None:
            object.__setattr__(self, "altered", rounded(self.altered))
        check(
            self.altered_fraction is None or 0 <= self.altered_fraction <= 1,
            f"altered fraction {self.altered_fraction} not in 0-1",
        )
        _ = self.sha256  # refuses what cannot be written

    def _content(self) -> dict[str, Any]:
        kept = {"candidate_ids": list(self.candidate_ids)} if self.candidate_ids else {}
        return kept | {
            "facility_id": self.facility_id,
            "outline_version": self.outline_version,
            "method": self.method,
            "settings_sha256": self.settings_sha256,
            "outcome": self.outcome,
            "seen_fraction": self.seen_fraction,
            "reasons": [item.to_dict() for item in self.reasons],
            "not_seen": geometry_json(self.not_seen),
            "finding_ids": list(self.finding_ids),
            "measurements": dict(self.measurements),
            "caveats": [item.to_dict() for item in self.caveats],
            "detectable_m2": self.detectable_m2,
            "altered": geometry_json(self.altered),
            "altered_fraction": self.altered_fraction,
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Observation:
        """Make an observation from what `to_dict` returned, or from a ledger of schema 1 to 3."""
        check("original" not in content, "a record that claims to be of an earlier schema")
        if earlier.is_earlier(content):
            fields = earlier.observation_fields(content)
        else:
            fields = dict(content)
            fields["measurements"] = read_measurements(content["measurements"])
            fields["reasons"] = read_notes(content["reasons"])
            fields["caveats"] = read_notes(content["caveats"])
        fields["before"] = SceneReference.from_dict(content["before"])
        fields["after"] = SceneReference.from_dict(content["after"])
        for name in ("not_seen", "altered"):
            fields[name] = read_geometry(content.get(name))
        for name in ("finding_ids", "candidate_ids"):
            fields[name] = tuple(content.get(name, ()))
        return cls(**fields)

    @property
    def named_ids(self) -> tuple[str, ...]:
        """Ids of the findings that count and of those that do not."""
        return self.finding_ids + self.candidate_ids

    @property
    def id(self) -> str:
        """Short id, ``O`` and twelve hexadecimal digits of the content's hash."""
        return f"O{self.sha256[:12]}"


def read_notes(content: Iterable[Mapping[str, Any]]) -> tuple[Note, ...]:
    """Make notes of plain JSON values."""
    return tuple(Note.from_dict(item) for item in content)


def read_measurements(content: Mapping[str, float]) -> Measurements:
    """Make measurements of plain JSON values."""
    return measurements(content)


def reasons_of(content: Mapping[str, Any]) -> tuple[Note, ...]:
    """Return why nothing, or not all, was seen, from the content of an observation alone."""
    if earlier.is_earlier(content):
        return recorded([content["reason"]]) if content.get("reason") else ()
    return read_notes(content["reasons"])
