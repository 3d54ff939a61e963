"""The words and figures in which findings and observations are printed, the same everywhere."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from camp_monitor.assess.findings import UNTESTED
from camp_monitor.events.events import STATES, Event
from camp_monitor.facilities.facility import BASES, Outline
from camp_monitor.records.finding import (
    KINDS,
    Finding,
    Observation,
    SceneReference,
    interval_words,
    question_words,
)
from camp_monitor.records.review import VERDICTS, Review
from camp_monitor.scenes.sensors import SENSORS

PLACEHOLDER_SENTENCE = (
    "The circle is a placeholder: no outline or size of this place has been published, so it "
    "shows where to look and not what belongs to the facility."
)
LONGEST_NAME = 160
"""Characters of a name that are printed; longer ones are cut."""


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


def confidence_words(finding: Finding) -> str:
    """Say how sure a finding is: ``medium (about 6 in 10 like it were real)``."""
    said = real_words(finding)
    return f"{finding.confidence} ({said})" if said else finding.confidence


def real_words(finding: Finding) -> str:
    """Say a probability as a count of like findings whose truth is known; empty without one."""
    if finding.probability is None:
        return ""
    if UNTESTED in finding.caveats:
        return "a guess: no labelled image has tested this way of finding"
    return f"about {min(max(round(finding.probability * 10), 1), 9)} in 10 like it were real"


def event_words(event: Event) -> str:
    """Say what all dates together make of a thing: what, since when, and what became of it."""
    reason = event.reason[:1].lower() + event.reason[1:]
    return (
        f"Event {event.id}: {KINDS[event.kind].lower()} {interval_words(*event.came)}. "
        f"{STATES[event.state].capitalize()}: {reason}"
    )


def area_words(finding: Finding) -> tuple[str, str]:
    """Print the area and its interval: ``("1,840 m²", "1,600 to 2,100 m²")``.

    The unit fits the area: square metres below 10,000, hectares below 100 ha, else square
    kilometres; the interval has the unit of the area.  Square metres have no decimals.
    """
    unit, size_m2 = "m²", 1.0
    most_decimals: int | None = 0
    if finding.area_m2 >= 1e6:
        unit, size_m2, most_decimals = "km²", 1e6, None
    elif finding.area_m2 >= 1e4:
        unit, size_m2, most_decimals = "ha", 1e4, None
    area, low, high = (
        quantity_words(value / size_m2, most_decimals)
        for value in (finding.area_m2, finding.area_low_m2, finding.area_high_m2)
    )
    return f"{area} {unit}", f"{low} to {high} {unit}"


def review_words(review: Review) -> str:
    """Print a review: ``Rejected by review, R. N., 2016-09-20: a shadow``."""
    words = f"{VERDICTS[review.verdict].capitalize()}, {review.by}, {review.reviewed_at[:10]}"
    return f"{words}: {review.note}" if review.note else words


def share_words(fraction: float) -> str:
    """Print a share rounded down, so that part is never printed as all: 0.999 is ``99 %``."""
    if 0 < fraction < 0.01:
        return "less than 1 %"
    return f"{math.floor(fraction * 100 + 1e-9)} %"


def count_words(count: int, noun: str) -> str:
    """Print a count with its noun: ``no findings``, ``1 finding``, ``2 findings``."""
    return f"{f'{count:,}' if count else 'no'} {noun}{'' if count == 1 else 's'}"


def facilities_words(count: int) -> str:
    """Print a count of facilities."""
    return f"{count:,} {'facility' if count == 1 else 'facilities'}"


def findings_words(count: int, rejected: int = 0) -> str:
    """Print a count of findings, those apart that a reviewer rejected.

    ``3 findings, 1 rejected by review``: the rejected ones are among the three.
    """
    apart = f", {rejected:,} {VERDICTS['rejected']}" if rejected else ""
    return f"{count_words(count, 'finding')}{apart}"


def outcome_words(observation: Observation, rejected: Collection[str] = ()) -> str:
    """Say what came of an observation; never calls what was not seen unchanged.

    `rejected` holds the ids of findings that a reviewer rejected, of any observation.
    """
    part = "" if observation.seen_fraction >= 1 else " in the part seen"
    if observation.outcome == "changed":
        own = observation.finding_ids
        return f"Changed{part}: {findings_words(len(own), len({*own} & {*rejected}))}"
    if observation.outcome == "unchanged":
        return f"Unchanged{part}" if part else "Unchanged; all of the outline was seen"
    return "Not seen: no answer either way"


def headline_words(
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    rejected: Collection[str] = (),
) -> str:
    """Sum a map up in one line, unanswered questions and rejected findings included."""
    if not findings and not observations:
        return "No question was asked of these images"
    parts = [findings_words(len(findings), sum(item.id in rejected for item in findings))]
    least_seen = min((o.seen_fraction for o in observations if o.outcome != "not_seen"), default=1)
    if least_seen < 1:
        parts.append(f"{share_words(least_seen)} of the outline seen")
    for outcome, words in (("unchanged", "unchanged where seen"), ("not_seen", "not seen")):
        questions = [question_words(o.method) for o in observations if o.outcome == outcome]
        unique = list(dict.fromkeys(questions))
        if unique:
            parts.append(f"{words}: {', '.join(unique).lower()}")
    line = " · ".join(parts)
    return line[0].upper() + line[1:]


def outline_words(outline: Outline) -> str:
    """Label an outline: ``Outline derived from a published size, ± 60 m``."""
    digits = 0 if outline.accuracy_m >= 10 else 1
    accuracy = f"± {outline.accuracy_m:,.{digits}f} m"
    if outline.basis == "placeholder":
        return f"Placeholder, not an outline ({accuracy})"
    return f"Outline {BASES[outline.basis]}, {accuracy}"


def scene_words(scene: SceneReference) -> str:
    """Name a scene: ``2016-08-29, Sentinel-2, S2A_...``."""
    return f"{date_words(scene)}, {sensor_words(scene)}, {scene.id}"


def is_simulated(*scenes: SceneReference) -> bool:
    """Tell whether any scene was painted: the credit of such a scene says SIMULATED."""
    return any("SIMULATED" in scene.credit.upper() for scene in scenes)


def date_words(scene: SceneReference) -> str:
    """Date a scene: ``2016-08-29``, ``1985`` or ``2009-06-01 to 2009-08-31``."""
    first, last = scene.acquired_from_at[:10], scene.acquired_to_at[:10]
    if first == last:
        return first
    whole_years = first.endswith("-01-01") and last.endswith("-12-31")
    if whole_years and first[:4] == last[:4]:
        return first[:4]
    return f"{first[:4]} to {last[:4]}" if whole_years else f"{first} to {last}"


def sensor_words(scene: SceneReference) -> str:
    """Name the sensor of a scene."""
    sensor = SENSORS.get(scene.sensor)
    return sensor.title if sensor else scene.sensor


def short_name(name: str) -> str:
    """Cut a name that is too long to print."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
