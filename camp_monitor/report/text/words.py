"""The words and figures in which findings and observations are printed, the same everywhere."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Protocol

from camp_monitor.codes import UNSEEN, Code
from camp_monitor.events.events import Event
from camp_monitor.facilities.facility import Facility, Outline
from camp_monitor.notes import Note
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.text.sentences import (
    explanation_rows,
    language_in_use,
    name_of,
    phrase,
    sentences,
    texts,
)
from camp_monitor.scenes.sensors import SENSORS

LONGEST_NAME = 160
"""Characters of a name that are printed; longer ones are cut."""


def kind_words(kind: str, language: str | None = None) -> str:
    """Name a kind of change: ``New construction``."""
    return name_of("kind", kind, language)


def question_words(method: str, language: str | None = None) -> str:
    """Name the question that a detector answers: ``construction/1`` asks for new construction."""
    stem = method.partition("/")[0]
    named = name_of("question", stem, language)
    return kind_words(stem, language) if named == stem else named


def interval_words(
    before: SceneReference, after: SceneReference, language: str | None = None
) -> str:
    """Date a change in words: ``between 2016-08-20 and 2016-09-12``, never "on"."""
    return phrase(
        "interval", language, first=before.acquired_from_at[:10], last=after.acquired_to_at[:10]
    )


def position_words(finding: Finding, language: str | None = None) -> str:
    """Say where a finding lies to the outline."""
    return name_of("position", finding.position, language)


def quantity_words(value: float, most_decimals: int | None = None) -> str:
    """Print a number of 0 or more with three significant digits: ``1,840``, ``0.052``.

    `most_decimals` cuts the digits after the point: 9.0 of 0 decimals is ``9``.
    """
    if value <= 0:
        return "0"
    digits = 2 - math.floor(math.log10(value))
    if most_decimals is not None:
        digits = min(digits, most_decimals)
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def confidence_words(finding: Finding, language: str | None = None) -> str:
    """Say how sure a finding is, in words and as a count of similar findings."""
    untested = any(item.code == Code.UNTESTED for item in finding.caveats)
    said = sure_words(finding.confidence, finding.probability, untested=untested, language=language)
    return marked(finding, said, language=language)


def sure_words(
    confidence: str, probability: float | None, *, untested: bool, language: str | None = None
) -> str:
    """Say a confidence and a probability: ``high (in tests, about 9 of 10 ... were real)``."""
    level = name_of("confidence", confidence, language)
    said = _real(probability, untested=untested, language=language)
    return phrase("confidence", language, level=level, real=said) if said else level


def marked(finding: Finding, said: str, language: str | None = None) -> str:
    """Add to words about a finding that it lies below the working point, where it does."""
    return phrase("confidence.candidate", language, said=said) if finding.candidate else said


def real_words(finding: Finding, language: str | None = None) -> str:
    """Say a probability as a count of like findings whose truth is known; empty without one."""
    untested = any(item.code == Code.UNTESTED for item in finding.caveats)
    return _real(finding.probability, untested=untested, language=language)


def _real(probability: float | None, *, untested: bool, language: str | None) -> str:
    if probability is None:
        return ""
    if untested:
        return phrase("real.untested", language)
    return phrase("real", language, tenths=min(max(round(probability * 10), 1), 9))


def state_words(event: Event, language: str | None = None) -> str:
    """Name the state of an event, and of what is not confirmed whether it is strong."""
    return name_of("state", "strong" if event.is_strong else event.state, language)


def event_words(event: Event, language: str | None = None) -> str:
    """Say what all dates together make of a thing: what, since when, and what became of it."""
    return phrase(
        "event",
        language,
        id=event.id,
        kind=kind_words(event.kind, language).lower(),
        interval=interval_words(*event.came, language),
        state=state_words(event, language).capitalize(),
        reason=" ".join(sentences(event.reasons, language=language)),
    )


class Sized(Protocol):
    """What has an area with its interval, square metres."""

    @property
    def area_m2(self) -> float:
        """Area on the ground."""

    @property
    def area_low_m2(self) -> float:
        """Lower end of its interval."""

    @property
    def area_high_m2(self) -> float:
        """Upper end of its interval."""


def area_words(finding: Sized, language: str | None = None) -> tuple[str, str]:
    """Print the area and its interval: ``("1,840 m²", "1,600 to 2,100 m²")``.

    The unit fits the area: square metres below 10,000, hectares below 100 ha, else square
    kilometres; the interval has the unit of the area.  Square metres have no decimals.
    """
    unit, size_m2, most_decimals = _area_unit(finding.area_m2)
    low, high = (
        quantity_words(value / size_m2, most_decimals)
        for value in (finding.area_low_m2, finding.area_high_m2)
    )
    return area_alone_words(finding.area_m2), phrase(
        "range", language, low=low, high=high, unit=unit
    )


def area_alone_words(area_m2: float) -> str:
    """Print an area as `area_words` does: ``1,840 m²``."""
    unit, size_m2, most_decimals = _area_unit(area_m2)
    return f"{quantity_words(area_m2 / size_m2, most_decimals)} {unit}"


def _area_unit(area_m2: float) -> tuple[str, float, int | None]:
    if area_m2 >= 1e6:
        return "km²", 1e6, None
    if area_m2 >= 1e4:
        return "ha", 1e4, None
    return "m²", 1.0, 0


def explanation_pairs(finding: Finding, language: str | None = None) -> tuple[tuple[str, str], ...]:
    """Print each alternative explanation that was examined, and what came of it."""
    return tuple(
        (cause, phrase("explanation", language, verdict=verdict, measured=measured))
        for cause, verdict, measured in explanation_rows(finding.explanations, language=language)
    )


def explanation_words(finding: Finding, language: str | None = None) -> tuple[str, ...]:
    """Print each alternative explanation as one text: ``shadow: ruled out (...)``."""
    return tuple(f"{cause}: {said}" for cause, said in explanation_pairs(finding, language))


def review_words(review: Review, language: str | None = None) -> str:
    """Print a review: ``Rejected by review, R. N., 2016-09-20: a shadow``."""
    verdict = name_of("verdict", review.verdict, language).capitalize()
    date = review.reviewed_at[:10]
    if review.note:
        return phrase(
            "review.note", language, verdict=verdict, by=review.by, date=date, note=review.note
        )
    return phrase("review", language, verdict=verdict, by=review.by, date=date)


def share_words(fraction: float, language: str | None = None) -> str:
    """Print a share rounded down, so that part is never printed as all: 0.999 is ``99 %``."""
    if 0 < fraction < 0.01:
        return phrase("share.least", language)
    return phrase("share", language, percent=math.floor(fraction * 100 + 1e-9))


def count_words(count: int, noun: str, language: str | None = None) -> str:
    """Print a count with its noun: ``no findings``, ``1 finding``, ``2 findings``."""
    names = texts(language).names[noun]
    return names.get(str(count), names["other"]).format(count)


def apart_words(count: int, rejected: int, language: str | None = None) -> str:
    """Print a count of findings in a list: ``2, 1 rejected``."""
    if not rejected:
        return f"{count:,}"
    return phrase("map.count_rejected", language, count=count, rejected=rejected)


def facilities_words(count: int, language: str | None = None) -> str:
    """Print a count of facilities."""
    return count_words(count, "facilities", language)


def findings_words(count: int, rejected: int = 0, language: str | None = None) -> str:
    """Print a count of findings, those apart that a reviewer rejected.

    ``3 findings, 1 rejected by review``: the rejected ones are among the three.
    """
    findings = count_words(count, "finding", language)
    if not rejected:
        return findings
    verdict = name_of("verdict", "rejected", language)
    return phrase(
        "findings.rejected", language, findings=findings, rejected=rejected, verdict=verdict
    )


def outcome_words(
    observation: Observation, rejected: Collection[str] = (), language: str | None = None
) -> str:
    """Say what came of an observation; never calls what was not seen unchanged.

    `rejected` holds the ids of findings that a reviewer rejected, of any observation.
    """
    part = "" if observation.seen_fraction >= 1 else ".part"
    if observation.outcome == "changed":
        own = observation.finding_ids
        findings = findings_words(len(own), len({*own} & {*rejected}), language=language)
        return phrase(f"changed{part}", language, findings=findings)
    if observation.outcome == "unchanged":
        return phrase(f"unchanged{part}", language)
    return phrase("not_seen", language)


def unseen_words(observation: Observation, language: str | None = None) -> str:
    """Say why an observation was not made, or why part of the search area was not seen."""
    return reason_words(observation.reasons, language)


def reason_words(reasons: Sequence[Note], language: str | None = None) -> str:
    """Print reasons; those why part of the ground was not seen are clauses of one sentence."""
    clauses = [item for item in reasons if item.code in UNSEEN]
    whole = [item for item in reasons if item.code not in UNSEEN]
    said = [*sentences(whole, language=language)]
    if clauses:
        said.append(
            phrase(
                "not_seen.part", language, causes="; ".join(sentences(clauses, language=language))
            )
        )
    return " ".join(said)


def headline_words(
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    rejected: Collection[str] = (),
    language: str | None = None,
) -> str:
    """Sum a map up in one line, unanswered questions and rejected findings included."""
    own = [item for item in findings if not item.candidate]
    if not findings and not observations:
        return phrase("headline.nothing", language)
    return counted_headline(
        len(own), sum(item.id in rejected for item in own), observations, language=language
    )


def counted_headline(
    found: int, rejected: int, observations: Sequence[Observation], language: str | None = None
) -> str:
    """Sum up so many findings, those that a reviewer rejected among them, and observations."""
    parts = [findings_words(found, rejected, language=language)]
    least_seen = min((o.seen_fraction for o in observations if o.outcome != "not_seen"), default=1)
    if least_seen < 1:
        parts.append(phrase("headline.seen", language, share=share_words(least_seen, language)))
    for outcome in ("unchanged", "not_seen"):
        questions = [
            question_words(o.method, language) for o in observations if o.outcome == outcome
        ]
        unique = list(dict.fromkeys(questions))
        if unique:
            parts.append(
                phrase(f"headline.{outcome}", language, questions=", ".join(unique).lower())
            )
    line = " · ".join(parts)
    return line[0].upper() + line[1:]


def outline_words(outline: Outline, language: str | None = None) -> str:
    """Label an outline: ``Outline derived from a published size, ± 60 m``."""
    digits = 0 if outline.accuracy_m >= 10 else 1
    accuracy = f"{outline.accuracy_m:,.{digits}f}"
    if outline.basis == "placeholder":
        return phrase("outline.placeholder", language, accuracy=accuracy)
    return phrase(
        "outline", language, basis=name_of("basis", outline.basis, language), accuracy=accuracy
    )


def scene_words(scene: SceneReference, language: str | None = None) -> str:
    """Name a scene: ``2016-08-29, Sentinel-2, S2A_...``."""
    return phrase(
        "scene", language, date=date_words(scene, language), sensor=sensor_words(scene), id=scene.id
    )


def date_words(scene: SceneReference, language: str | None = None) -> str:
    """Date a scene: ``2016-08-29``, ``1985`` or ``2009-06-01 to 2009-08-31``."""
    first, last = scene.acquired_from_at[:10], scene.acquired_to_at[:10]
    if first == last:
        return first
    whole_years = first.endswith("-01-01") and last.endswith("-12-31")
    if whole_years and first[:4] == last[:4]:
        return first[:4]
    if whole_years:
        first, last = first[:4], last[:4]
    return phrase("years", language, first=first, last=last)


def sensor_words(scene: SceneReference) -> str:
    """Name the sensor of a scene."""
    sensor = SENSORS.get(scene.sensor)
    return sensor.title if sensor else scene.sensor


def facility_name(facility: Facility) -> str:
    """Name a facility in the language in use, where the registry has such a name; else as it is."""
    is_korean = language_in_use() == "ko" and facility.names_ko
    return short_name(facility.names_ko[0] if is_korean else facility.name)


def other_names(facility: Facility) -> tuple[tuple[str, str], ...]:
    """Return a facility's names but `facility_name`, each after the code of its language."""
    korean = tuple(("ko", short_name(name)) for name in facility.names_ko)
    if language_in_use() == "ko" and korean:
        return (("en", short_name(facility.name)), *korean[1:])
    return korean


def short_name(name: str) -> str:
    """Cut a name that is too long to print."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
