"""What each look showed of the ground of an event."""

from __future__ import annotations

from dataclasses import replace

from camp_monitor.events.events import join_events
from camp_monitor.events.sightings import sightings_of
from tests.report import painted


def test_a_look_says_changed_unchanged_or_not_seen_of_the_ground_alone() -> None:
    [building, flood], [seen, water, unseen] = painted.findings(), painted.observations()
    [event] = join_events([building], [seen])
    bare = replace(seen, outcome="unchanged", finding_ids=(), reasons=(), not_seen=None)
    other = replace(building, geometry=painted.box(300, 300, 36, 12))
    over_it = replace(building, geometry=painted.box(204, 200, 18, 12))
    told = {
        "named": seen,
        "elsewhere": replace(seen, finding_ids=(other.id,)),
        "covered by a finding": replace(seen, finding_ids=(over_it.id,)),
        "altered": replace(bare, altered=painted.box(204, 200, 10, 12)),
        "altered at its rim": replace(bare, altered=painted.box(204, 200, 4, 12)),
        "bare": bare,
        "hidden": replace(seen, finding_ids=(other.id,), not_seen=painted.box(204, 200, 20, 12)),
        "hidden in part": replace(bare, not_seen=painted.box(204, 200, 10, 12)),
        "unanswered": replace(unseen, method="construction/1"),
        "another question": water,
    }
    findings = [building, flood, other, over_it]
    found = sightings_of([event], list(told.values()), findings)[event.id]
    named = {name: one.outcome for name, look in told.items() for one in found if one.look == look}
    assert named == {
        "named": "changed",
        "elsewhere": "unchanged",
        "covered by a finding": "changed",
        "altered": "changed",
        "altered at its rim": "unchanged",
        "bare": "unchanged",
        "hidden": "not_seen",
        "hidden in part": "unchanged",
        "unanswered": "not_seen",
    }
