"""What each look showed of the ground of an event: changed, unchanged or not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from camp_monitor.events.events import Event
from camp_monitor.events.evidence import HIDDEN_FRACTION
from camp_monitor.events.ground import PART_FRACTION, Ground, hidden_shares, touching
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation


@dataclass(frozen=True)
class Sighting:
    """What one look showed of one piece of ground.

    Parameters
    ----------
    look : Observation
    outcome : str
        ``changed``: a finding of this look, or ground that it calls altered, covers at least
        `PART_FRACTION` of it, or a finding of the event is of this look.  ``not_seen``: the look
        answered nothing, or did not see `HIDDEN_FRACTION` of it.  Else ``unchanged``.
    """

    look: Observation
    outcome: str


def sightings_of(
    events: Sequence[Event], looks: Sequence[Observation], findings: Sequence[Finding]
) -> dict[str, tuple[Sighting, ...]]:
    """Say what each look showed of the ground of each event, which is that of its largest finding.

    Parameters
    ----------
    events : sequence of Event
        Of one facility.
    looks : sequence of Observation
        Of the same facility; only those that ask what led to an event say something of it.
    findings : sequence of Finding
        Of these looks, such as count.

    Returns
    -------
    dict of str to tuple of Sighting
        By the event's id, in the order of the looks.

    Notes
    -----
    Cannot see: what evidence weighs beside geometry, such as ice or a shared scene
    (`camp_monitor.events.evidence`); so an event is not to be read off its sightings.
    """
    grounds = [Ground(event.largest, event.findings) for event in events]
    near = touching([ground.core for ground in grounds], findings)
    hidden = hidden_shares(grounds, [look.not_seen for look in looks])
    told = {}
    for event, ground, others, shares in zip(events, grounds, near, hidden, strict=True):
        there = {one.id: one for one in others}
        own = {one.id for one in (*event.findings, *event.ends)}
        asked = {_stem(one) for one in event.findings}
        told[event.id] = tuple(
            Sighting(look, _outcome(look, ground, there, own, share))
            for look, share in zip(looks, shares, strict=True)
            if _stem(look) in asked
        )
    return told


def _outcome(
    look: Observation,
    ground: Ground,
    there: Mapping[str, Finding],
    own: set[str],
    hidden_share: float,
) -> str:
    if look.outcome == "not_seen":
        return "not_seen"
    found = [there[key] for key in look.finding_ids if key in there]
    share = max(ground.share_in(found), ground.share_of(look.altered))
    if share >= PART_FRACTION or own & set(look.finding_ids):
        return "changed"
    return "not_seen" if hidden_share >= HIDDEN_FRACTION else "unchanged"


def _stem(record: Finding | Observation) -> str:
    return record.method.partition("/")[0]
