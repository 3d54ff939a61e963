"""English: searches, choices of dates, runs, coverage, and the states of events."""

from camp_monitor.codes import Code

CODES: dict[Code, str] = {
    # searches, choices of dates and runs
    Code.ITEM_UNUSABLE: "{detail}",
    Code.QUALITY_UNREADABLE: "The quality band could not be read. {detail}",
    Code.NO_ORBIT: "The orbit is unknown, and radar scenes are compared within one orbit only.",
    Code.PARTLY_INSIDE: "Only {inside_fraction:percent} of the outline is inside the scene.",
    Code.TOO_CLOUDY: "Only {clear_fraction:percent} of the outline is clear.",
    Code.ALONE: (
        "No other usable scene of {sensor:sensor} has the same bands and processing "
        "({processing:processing})."
    ),
    Code.ALONE_IN_ORBIT: (
        "No other usable scene of {sensor:sensor} in orbit {orbit} has the same bands and "
        "processing ({processing:processing})."
    ),
    Code.SAME_SEASON: "Same season {years:years} earlier, {gap_days:days} apart in the season.",
    Code.DATE_BEFORE: "Earlier date, {days:days} before.",
    Code.NOTHING_TO_COMPARE: (
        "Nothing could be compared from {first_on} to {last_on} ({facilities:facilities}): "
        "{searched:searched} held no two usable scenes of one sensor; ask for a longer interval, "
        "or another --sensor or --source."
    ),
    Code.NO_NETWORK: "No network: {detail}",
    Code.FAILED: "{detail}",
    # coverage
    Code.SEEN: "Seen on {on} ({sensor:sensor}).",
    Code.SEEN_AS_EARLIER: "Seen on {on} ({sensor:sensor}) as the before image of a later pair.",
    Code.NOT_SEEN: "Not seen on {on} ({sensor:sensor}).",
    Code.VISIT_DUE: "The next visit is due on {due_on}.",
    Code.NO_IMAGE: "Searched until {until}: there was no image.",
    Code.NO_IMAGE_HERE: (
        "Searched until {until}: there was no image in the local catalogue, and no other was asked."
    ),
    Code.SEARCH_FAILED: "The search of {on} failed.",
    Code.NOT_SEARCHED: "No run has searched these days to their end.",
    Code.CLOCK_BEHIND: (
        "The newest record of a run is dated {newest_at}, and the clock of this machine shows "
        "{now_at}, {ahead_h:,.3g} h earlier: set the clock right and run again, or, if it is right "
        "now and was ahead then, scan any days with --from, --to and --clock-is-right once, and "
        "records dated ahead of time no longer count; nothing was changed."
    ),
    # events
    Code.SHOWN: "Shown by {scenes:scenes}, last on {last_on}.",
    Code.ABSENT: "Absent on {on} (clear view).",
    Code.REVIEW_CONFIRMED: "Confirmed by {by} on {on}.",
    Code.REVIEW_REJECTED: "Rejected by {by} on {on}.",
    Code.SINGLE_SCENE: (
        "Confirmed by the scene of {on} alone: scenes before and after do not show it, and every "
        "alternative explanation is ruled out."
    ),
    Code.LACKS_SCENE: "Missing: one more clear look that shows it.",
    Code.LACKS_TIME: (
        "Missing: time. Its findings span {days:.0f} d; at least {least_days:.0f} d are needed."
    ),
    Code.LACKS_EARLIER: (
        "Missing: a call against a second earlier image. All calls so far are against one."
    ),
    Code.LACKS_ICE_FREE: "Missing: a call between two images of months without ice.",
    Code.LACKS_PROBABILITY: (
        "Missing: a surer look. Its most probable finding has odds of {odds:.2g}; at least 1 is "
        "needed."
    ),
    Code.LACKS_EVIDENCE: (
        "Missing: looks that agree. The logarithm of their likelihood ratio is {evidence:.1f}; at "
        "least {least_evidence:.1f} is needed."
    ),
}
