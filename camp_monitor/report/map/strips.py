"""The strip of an event: one mark for each look at its ground, packed for `strip.js`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from camp_monitor.events.events import Event
from camp_monitor.events.ranking import ranked
from camp_monitor.events.sightings import sightings_of
from camp_monitor.records.observation import Observation
from camp_monitor.report.text import words

MOST_STRIPS = 300
"""Events with a strip: those that rank highest."""
LETTERS = {"changed": "c", "unchanged": "u", "not_seen": "n"}
NOT_ASKED = "-"


def packed_strips(
    events: Sequence[Event],
    looks: Sequence[Observation],
    drawn: Collection[str],
) -> dict[str, Any]:
    """Say what each look showed of the ground of each event of which a finding is drawn.

    Parameters
    ----------
    events, looks : sequence
        Of the facility.
    drawn : collection of str
        Ids of findings.

    Returns
    -------
    dict
        ``looks``: date before, date after and question of each; ``strips``: by an event's id one
        letter for each of them.
    """
    some = [
        event for event in ranked(events) if any(finding.id in drawn for finding in event.findings)
    ][:MOST_STRIPS]
    in_time = sorted(
        looks, key=lambda one: (one.after.last_instant, one.before.last_instant, one.method, one.id)
    )
    findings = {one.id: one for event in events for one in (*event.findings, *event.ends)}
    told = sightings_of(some, in_time, list(findings.values()))
    strips = {}
    for event in some:
        letters = {one.look.id: LETTERS[one.outcome] for one in told[event.id]}
        strips[event.id] = "".join(letters.get(look.id, NOT_ASKED) for look in in_time)
    rows = [
        [
            words.date_words(one.before),
            words.date_words(one.after),
            words.question_words(one.method),
        ]
        for one in in_time
    ]
    return {"looks": rows if strips else [], "strips": strips}
