"""English: what maps, figures, tables and messages say round the records."""

PHRASES: dict[str, str] = {
    # dates and numbers
    "interval": "between {first} and {last}",
    "years": "{first} to {last}",
    "range": "{low} to {high} {unit}",
    "share.least": "less than 1 %",
    "share": "{percent} %",
    # how sure
    "real": "in tests, about {tenths} of 10 similar findings were real",
    "real.untested": "not validated: no labelled images for this method",
    "confidence": "{level} ({real})",
    "candidate": "below the working point",
    "confidence.candidate": "{said}; below the working point",
    # counts
    "findings.rejected": "{findings}, {rejected:,} {verdict}",
    # results
    "changed": "Changed: {findings}",
    "changed.part": "Changed in the part seen: {findings}",
    "unchanged": "Unchanged; all of the outline was seen",
    "unchanged.part": "Unchanged in the part seen",
    "not_seen": "Not seen: no answer either way",
    "refused": "Not compared: {reason}",
    "not_seen.somewhere": "part of the search area could not be compared",
    "not_seen.part": "Not seen in part of the search area: {causes}.",
    "headline.nothing": "These images were not compared",
    "headline.seen": "{share} of the outline seen",
    "headline.unchanged": "unchanged where seen: {questions}",
    "headline.not_seen": "not seen: {questions}",
    "event": "Event {id}: {kind} {interval}. {state}: {reason}",
    "review": "{verdict}, {by}, {date}",
    "review.note": "{verdict}, {by}, {date}: {note}",
    # outlines and scenes
    "outline": "Outline {basis}, ± {accuracy} m",
    "outline.placeholder": "Placeholder, not an outline (± {accuracy} m)",
    "placeholder": (
        "The circle is a placeholder: no outline or size of this place has been published, so it "
        "shows where to look and not what belongs to the facility."
    ),
    "scene": "{date}, {sensor}, {id}",
    "explanation": "{verdict} ({measured})",
    # exports
    "export.title": "camp_monitor findings",
    "export.events": "What came, and whether it stayed: findings of one thing over all dates",
    "export.findings": "Regions that changed between two dates",
    "export.not_seen": (
        "Where, and for which question, nothing could be said: not seen is not unchanged"
    ),
    "kml.events": "Events",
    "kml.event": "{change}, {area}: {standing}",
    "kml.of_event": "Event {id}; finding {finding} shows most of it.",
    "kml.findings": "Findings",
    "kml.not_seen": "Not seen",
    "kml.finding": "{change}, {area}",
    "kml.candidate": "Below the working point: {change}, {area}",
    "kml.rejected": "Rejected by review: {change}, {area}",
    "kml.question": "Not seen: {question}",
    "kml.what": "{facility}: {what}, {dates}.",
    "kml.area": "Area {area} ({interval}), {position:position}.",
    "kml.confidence": "Confidence: {confidence}.",
    "kml.seen": "{share} of the outline was seen. Not seen is not unchanged.",
    "kml.record": "Finding {id}, method {method}.",
    "kml.observation": "Observation {id}, method {method}.",
    # status and coverage
    "status.headline": (
        "{watched:facilities} watched · {lately} seen within {within:days} · {longer} longer ago · "
        "{never} never · {run}"
    ),
    "status.last_run": "last run ended {on}",
    "status.no_run": "no run has ended yet",
    "status.without_network": (
        "The run of {at} found no network ({host} gave no answer): what it did not search is due "
        "again at the next run."
    ),
    "status.never_seen": "Never seen so far: {names}.",
    "status.not_seen_since": "Not seen since {on}, {ago:days} ago: {facility}.",
    "status.cloudy": (
        "With clouds among the causes, a facility went unseen for {least:days} or more "
        "{times:times}. The longest: {longest}"
    ),
    "status.nothing_watched": (
        "Nothing is watched: give a facility an outline, or see 'camp-monitor schedule'."
    ),
    "status.never": "never",
    "status.all": "all {count:facilities}",
    "status.all_but": "all {count:facilities} but {names:list}",
    "status.many": "{count:facilities} ({names:list}, ...)",
    "status.months": "J F M A M J J A S O N D",
    "status.legend": "The last year; a sign is {sign_days:days} and shows their best outcome.",
    "outage.run": "No run between {first} and {last} ({lasted:days}): {names}.",
    "outage.single": "{what:outage} from {first} to {last} ({lasted:days}): {names}.",
    "outage.mixed": "{what:outage} from {first} to {last} ({lasted:days}; {counts}): {names}.",
    "outage.count": "{count:,} {outcome:look}",
    # the page of the status
    "page.title": "Coverage: {at}",
    "page.heading": "Coverage: what was checked and what was missed",
    "page.as_of": "As of {at}",
    "page.clock": "Clock.",
    "page.unseen": "Not seen now",
    "page.outages": "Outages",
    "page.no_outages": (
        "None of {least:days} or longer; times that clouds alone explain are listed by facility."
    ),
    "page.looks": "Every expected look",
    "page.reasons": "Point at a mark for its days and the reason.",
    "page.merged": "Point at a mark for its days; looks of one outcome in a row are one mark.",
    "page.not_unchanged": "Not looked at is never the same as unchanged.",
    "page.seen": "Last seen {on}, {ago:days} ago;",
    "page.never_seen": "Never seen;",
    "page.searched": "last searched {on};",
    "page.never_searched": "never searched;",
    "page.cadence": "one look every {cadence:days} is expected",
    "page.none_expected": "No look was expected yet.",
    "page.cloudy": "Unseen for {least:days} or longer, clouds among the causes: {count}",
    "page.nothing_watched": "Nothing is watched.",
    "page.without_outline": "Not watched, because no outline is known: {count}",
    "page.no_connection": "This page makes no connection to any server.",
    "page.look": "{first} to {last}: {outcome:look}.",
    # messages
    "test.title": "camp_monitor: a test",
    "test.body": "This is a test. What camp_monitor finds and misses will be reported here.",
    "digest.title": "{place}: {kind:kind}, {area}",
    "digest.title_more": "{place}: {kind:kind}, {area}; {events:events} more",
    "digest.title_simulated": "SIMULATED: {title}",
    "digest.strong": "Strong, unconfirmed: what is still missing is said with each.",
    "digest.simulated": "SIMULATED: a program painted the images; no satellite took them.",
    "digest.new": "New: {events:events} at {facilities:facilities}.",
    "digest.new_since": "New since {on}: {events:events} at {facilities:facilities}.",
    "digest.not_seen": "== What was not seen ==",
    "digest.in_short": "In short:",
    "digest.short": "* {event}: {kind:kind}, {state}, {dates}.",
    "digest.head": "* {kind:kind}: {state}  [{event}]",
    "digest.withdrawn_state": "withdrawn",
    "digest.grown": "{state}, has grown",
    "digest.now": "now {state}",
    "digest.withdrawn": (
        "An earlier message reported that it came {dates}. A later comparison of the same images "
        "does not show it, so it no longer counts."
    ),
    "digest.look": "Look: camp-monitor findings show {finding}",
    "digest.came": "Came {dates}.",
    "digest.area": "Area {area} (likely {interval}), {position:position}.",
    "digest.confidence": "Confidence: {confidence}.",
    "digest.state": "State: {reasons}",
    "digest.may_be": "Possible instead: {causes:list}.",
    "digest.doubts": "Doubts: {doubts}",
    "digest.kept_back": "Not confirmed, and not listed here: {events:events}.",
    "digest.preliminary": (
        "This is a first reading of satellite images by a program. It was not checked on the "
        "ground."
    ),
    "digest.review": "Confirm or reject what you looked at:",
    "digest.credit": "{credit} ({licence})",
    "digest.unlicensed": "{credit} (no licence stated)",
    "digest.images": "Images: {credits}.",
    "picture.too_many": "No {picture:picture}: a message holds {most} at most.",
    "picture.licence": "No {picture:picture}: the licence of the images does not allow sharing.",
    "picture.failed": "No {picture:picture}: it could not be drawn. {detail}",
    "picture.broken": "No {picture:picture}: it could not be drawn ({error}).",
    "picture.too_large": "No {picture:picture}: {size_mb:.1f} MB is too large for a message.",
    "picture.png": "Figure of {before} and {after}: {file}",
    "picture.html": "Map of {before} and {after}: {file}",
    "seen.watched": (
        "Watched: {watched:facilities}. Looked at so far: {looked}. Seen in the last "
        "{within:days}: {lately}."
    ),
    "seen.late": "Not seen lately (last seen on): {names}.",
    "seen.never": "Never seen so far: {names}.",
    "seen.not_unchanged": "Not seen does not mean unchanged.",
    "seen.more": "{names} and {more} more",
    "heartbeat.title": "camp_monitor: nothing new until {on}; the watch goes on",
    "heartbeat.nothing_new": "The watch goes on. Nothing is new since the last message.",
    "heartbeat.last_run": "The last run ended on {at}.",
    "heartbeat.no_run": "No run has ended yet.",
    "heartbeat.searched": "Searched for new images since {on}: {facilities:facilities}.",
    "alarm.title": "camp_monitor: ALARM of {on}: {causes}",
    "alarm.heading": "On {on} the watch needs attention:",
    "alarm.unseen": "What happens at the facilities meanwhile may go unseen.",
    "alarm.stopped": (
        "No run has ended for {lasted:days}: the last ended on {at}. Check that the machine is on "
        "and the timer is set."
    ),
    "alarm.never_ended": (
        "No run has ended for {lasted:days}, and none before. Check that the machine is on and the "
        "timer is set."
    ),
    "alarm.failed": "The run of {at} failed: {reasons}",
    "alarm.unfinished": (
        "The run of {at} began and did not end: the machine may have been switched off, or the "
        "program stopped."
    ),
    "alarm.failing": "{facility} failed in its last {times} runs: {reasons}",
    # searches, runs and events on the command line
    "scan.chosen": "To compare: {dates:dates} in {pairs:pairs}.",
    "scan.not_used": "not used: {sensor:sensor}, {on}: {reason}",
    "scan.more_not_used": "not used: {more:dates} more; --json lists them",
    "scan.left_out": "left out: {reason}",
    "scan.more_left_out": "left out: {more} more items of the catalogue, for similar reasons",
    "scan.unread": "note: {scene}: {reason}",
    "scan.fetching": "{facility}: fetching {scenes:scenes}, at most {size_mb:.1f} MB",
    "ground.failed": "{facility}: {layer:layer} could not be fetched: {reason}",
    "ground.fetched": "{facility}: {layer:layer} fetched: {title}",
    "ground.held": "{facility}: {layer:layer} fetched earlier: {title}",
    "ground.none": (
        "{facility}: no catalogue that is asked has {layer:layer}; see [fetch] ground in "
        "camp-monitor.toml"
    ),
    "scan.exposed_scheduler": (
        "Warning: {address} is not encrypted, so that whoever reaches it, or reads along, can run "
        "programs on the workers and here, and change answers: use tls:// with certificates "
        "(docs/security.md)."
    ),
    "scan.to_another_run": "{facility} is left to another run.",
    "scan.no_network": (
        "No network: {facilities:facilities} were not searched and are due again; {reason} "
        "To compare only what the catalogue here holds: --offline"
    ),
    "scan.failed": "{facility}: {reason}",
    "scan.nothing": "No two images of one sensor were there to compare.",
    "scan.no_image": "No image of {facilities:facilities}: that is not 'nothing changed'.",
    "scan.nothing_due": "Nothing is due: camp-monitor schedule show",
    "schedule.due": "{watched:facilities} watched, {due} due now.",
    "schedule.nothing": "Nothing is watched: no facility has an outline.",
    "events.counted": "{standing}: {count:,}",
    "events.none_leads": "No event is confirmed, and none is strong.",
    "events.folded": "Not listed: {counts}. To list them: camp-monitor events list --state any",
    "events.left_out": "Left out by the options given: {events:events}.",
    "events.rule": (
        "Confirmed events come first, then strong ones; within each, what is likelier, larger and "
        "newer."
    ),
    "events.look": "Look at the first: camp-monitor map {event} -o {event}.html",
    "findings.cut": (
        "Not shown: {findings}, {unseen} of what was not seen. Narrow the list, or see all: "
        "--limit 0"
    ),
    "events.cut": "Not shown: {events:events}. Narrow the list, or see all: --limit 0",
    "events.none": (
        "No event is known: that is not 'nothing happened'. See: camp-monitor findings list"
    ),
    "events.grown": "grown",
    "notify.nothing_due": "Nothing is due: no message would be composed now.",
    "notify.nothing_sent": "Nothing is to be reported.",
    "notify.took": "{target}: it took the message.",
    "notify.refused": "{target}: {reason}.",
    "notify.sent": "  sent to {target}",
    "notify.stays": "  stays in the outbox: {reason}",
    "notify.left": "Error: {messages:messages} in {outbox}; trying again next time.",
    # a long command, in a log
    "progress": "{doing} ({elapsed_s:.0f} s)",
    "progress.counted": "{title}: {done} of {total}",
    # scenes: search, fetch, add, list, flags
    "scenes.next": "Next: camp-monitor scan {facility} --from {first} --to {last}",
    "scenes.none_offered": (
        "{source} has no scene of {sensors} over {facility} from {first} to {last}: try a longer "
        "interval, another --source or --sensor (Sentinel-1 begins in 2014, Sentinel-2 in 2015)."
    ),
    "scenes.to_fetch": "{new} of {count} scenes to fetch from {source}, at most {size}",
    "scenes.fetched": "Fetched {id}",
    "scenes.held": "Already in the catalogue, checksums agree: {id}",
    "scenes.added": "Added {id}  {scene}",
    "scenes.known": "Already in the catalogue, nothing changed: {id}  {scene}",
    "scenes.pixel": "{pixel_m:.3g} m",
    "scenes.scene": "{sensor:sensor}, {dates}, {bands}, {quantity:quantity}, {pixel_m:.3g} m",
    "scenes.bands_assumed": (
        "The file does not name its bands: the usual order of {sensor:sensor} was assumed "
        "({bands}). If that is wrong: camp-monitor scenes remove {id}, then add it with --bands."
    ),
    "scenes.dated": "{id}: acquired {acquired}, from the {source} of {file}",
    "scenes.unchecked": (
        "{file} was not compared with the file:checksum of its item, whose kind is not known here"
    ),
    "scenes.removed": "Removed {id}; its files are kept in {folder}",
    "scenes.would_remove": "Would remove {id}; its files would be kept in {folder}",
    "scenes.resting": (
        "  {observations:observation} and {findings:finding} rest on it: they stay as they are, "
        "but no map or figure can show this image"
    ),
    "scenes.none": "No scenes yet; add some with: camp-monitor scenes add",
    "scenes.none_here": (
        "No scenes of {total} in the catalogue cover {facility}; add some with: camp-monitor "
        "scenes add"
    ),
    "scenes.place": "  at longitude {longitude_deg:.5f}, latitude {latitude_deg:.5f}",
    # pictures
    "picture.grey": "grey: {band}",
    "picture.smaller": "1 in {factor} pixels a side",
    "picture.compressed": "compressed, so that the colours of single pixels are approximate",
    "picture.rounded": "colours off by at most {off} of 255",
}
"""By a name of its own, a format string."""
