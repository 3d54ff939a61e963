"""What the page of a map prints beside it: the answers, the outline, the images and credits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from markupsafe import Markup

from camp_monitor.facilities.facility import Facility, Outline
from camp_monitor.notes import Note
from camp_monitor.records.finding import Finding
from camp_monitor.records.kinds import KINDS
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.map import symbols
from camp_monitor.report.picture import MapImage
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import caveat_sentences, measured_rows, name_of, phrase


def in_reading_order(observations: Sequence[Observation]) -> list[Observation]:
    """Sort observations by date, then by question in the order of `KINDS`."""
    return sorted(observations, key=_place_in_order)


def _place_in_order(observation: Observation) -> tuple[str | int, ...]:
    stem = observation.method.split("/")[0]
    at = KINDS.index(stem) if stem in KINDS else len(KINDS)
    scenes = (observation.before.dates, observation.after.dates)
    return (*scenes, at, observation.method, observation.id)


def panel_content(
    facility: Facility,
    outline: Outline,
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    pictures: dict[str, MapImage | None],
    others: Sequence[MapImage],
    rejected: Collection[str],
) -> dict[str, Any]:
    """Return what the page prints round the map, but for its list of findings.

    Parameters
    ----------
    facility, outline, findings, observations
        As in `draw_map`; observations in reading order.
    pictures : dict
        Pictures by role, ``before`` and ``after``.
    others : sequence of MapImage
        Pictures of other dates.
    rejected : collection of str
        Ids of findings whose latest review rejects them.
    """
    name = words.facility_name(facility)
    interval = _interval(findings, observations, pictures)
    shared = _caveats_of_all(observations)
    return {
        "title": phrase("map.title", facility=name, interval=interval) if interval else name,
        "name": name,
        "other_names": words.other_names(facility),
        "interval": interval,
        "headline": words.headline_words(findings, observations, rejected),
        "questions": [_question_row(observation, rejected, shared) for observation in observations],
        "caveats": caveat_sentences(shared),
        "outline_sentence": _outline_sentence(facility, outline),
        "scenes": _scene_rows(findings, observations, pictures, others),
        "hatches": Markup(symbols.hatches_svg()),
    }


def _interval(
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    pictures: dict[str, MapImage | None],
) -> str:
    """Return the dates in words if the whole map is about one pair, else nothing."""
    before, after = pictures["before"], pictures["after"]
    records: list[Finding | Observation] = [*findings, *observations]
    pairs = {words.interval_words(record.before, record.after) for record in records}
    if before is not None and after is not None:
        pairs.add(words.interval_words(before.reference, after.reference))
    return pairs.pop() if len(pairs) == 1 else ""


def _caveats_of_all(observations: Sequence[Observation]) -> tuple[Note, ...]:
    """Return the caveats of every answer, if there are several answers, to print them once."""
    answered = [item for item in observations if item.outcome != "not_seen"]
    if len(answered) < 2:
        return ()
    return tuple(
        caveat for caveat in answered[0].caveats if all(caveat in item.caveats for item in answered)
    )


def _question_row(
    observation: Observation, rejected: Collection[str], shared: Collection[Note]
) -> dict[str, Any]:
    """Return what the panel prints of an observation."""
    return {
        "id": observation.id,
        "question": words.question_words(observation.method),
        "outcome": observation.outcome,
        "outcome_words": words.outcome_words(observation, rejected),
        "seen_percent": f"{observation.seen_fraction * 100:.1f}",
        "share_words": words.share_words(observation.seen_fraction),
        "reason": words.unseen_words(observation),
        "interval": words.interval_words(observation.before, observation.after),
        "method": observation.method,
        "measured": measured_rows(observation.measurements, observation.caveats),
        "caveats": caveat_sentences(c for c in observation.caveats if c not in shared),
    }


def _outline_sentence(facility: Facility, outline: Outline) -> str:
    """Say what the outline is, how far it may be off, and where it comes from."""
    if outline.basis == "placeholder":
        first = phrase("placeholder")
    else:
        first = phrase("map.outline", outline=words.outline_words(outline))
    cited = {source.key: source for source in facility.sources}.get(outline.source)
    source = f"{cited.publisher}, {cited.title} ({cited.date})" if cited else outline.source
    return f"{first} {phrase('map.source', version=outline.version, source=source)} {outline.note}"


def _scene_rows(
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    pictures: dict[str, MapImage | None],
    others: Sequence[MapImage],
) -> list[dict[str, str]]:
    """Return what the panel prints of each scene, those on the map first."""
    rows: dict[SceneReference, dict[str, str]] = {}
    for role, picture in pictures.items():
        if picture is not None:
            rows[picture.reference] = _scene_row(picture.reference, role, picture.shown_as)
    for picture in others:
        rows[picture.reference] = _scene_row(picture.reference, "series", picture.shown_as)
    records: list[Finding | Observation] = [*findings, *observations]
    used = {scene for record in records for scene in (record.before, record.after)}
    for scene in sorted(used, key=lambda scene: (scene.acquired_from_at, scene.id, scene.sha256)):
        rows.setdefault(scene, _scene_row(scene, "none", ""))
    return list(rows.values())


def _scene_row(scene: SceneReference, role: str, shown_as: str) -> dict[str, str]:
    return {
        "dates": words.date_words(scene),
        "role": role,
        "role_text": name_of("role", role),
        "shown_as": shown_as,
        "credit": scene.credit,
        "licence": scene.licence,
        "sensor": words.sensor_words(scene),
        "id": scene.id,
    }
