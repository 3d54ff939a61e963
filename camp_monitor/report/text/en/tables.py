"""English: tables and counts of the command line, and the controls of pages."""

NAMES = {
    "column": {
        "area": "area",
        "area_interval": "area (interval)",
        "came_between": "came between",
        "between": "between",
        "change": "change",
        "confidence": "confidence",
        "days": "days",
        "event": "event",
        "facility": "facility",
        "finding": "finding",
        "kind": "kind",
        "last_seen": "last seen",
        "last_visit": "last visit",
        "not_seen": "not seen",
        "position": "position",
        "seen": "seen",
        "standing": "what is said of it",
        "what": "what",
        "why": "why",
        "after": "after",
        "before": "before",
        "caveat": "caveat",
        "every": "every",
        "looked_for": "looked for",
        "method": "method",
        "next_due": "next due",
        "review": "review",
        "sensors": "sensors",
        "since": "since",
        "superseded": "superseded",
        "when": "when",
        "where": "where",
    },
    "outcome_counted": {
        "changed": "changed",
        "unchanged": "unchanged where seen",
        "not_seen": "not seen",
    },
    "event": {"0": "no events", "1": "1 event", "other": "{:,} events"},
    # the registry of facilities
    "facility_type": {
        "kwan_li_so": "political prison camp (kwan-li-so)",
        "kyo_hwa_so": "prison-labour camp (kyo-hwa-so)",
        "other": "other facility",
    },
    "operation": {
        "operational": "operational",
        "operational (probable)": "operational (probable)",
        "closed": "closed",
        "closed / historical (not stated)": "closed / historical (not stated)",
        "unclear": "unclear",
        "unclear / largely dismantled": "unclear / largely dismantled",
        "unclear / probably operational": "unclear / probably operational",
    },
}
"""Likewise as in `names`; the registry's words for a facility's operation stand for themselves."""

PHRASES = {
    "percent": "{percent} %",
    "percent.least": "<1 %",
    "simulated.title": "SIMULATED: {title}",
    # tables
    "table.dates": "{first} and\n{last}",
    "table.superseded": "superseded",
    # lists
    "findings.summary": "{findings}.  {observations}: {counts}.",
    "findings.outcome": "{count} {outcome:outcome_counted}",
    "findings.unseen": "Where something was not seen, nothing is known: that is not 'unchanged'.",
    "findings.others": "{findings} left out by the options given.",
    "findings.nothing_scanned": (
        "Nothing has been scanned yet, so neither a change nor its absence is known."
    ),
    "findings.nothing_scanned_at": (
        "Nothing has been scanned yet at {facility}, so neither a change nor its absence is known."
    ),
    "findings.scanned": "Scanned so far: {facilities}.",
    "findings.to_scan": "To scan: {command}",
    # what a comparison prints
    "records.scenes": "  before {before}  after {after}",
    "records.seen": "  {share} seen.  {unseen}",
    "records.for_all": "All results:",
    "records.note": "  note: {caveat}",
    "records.hidden": "... and {count} smaller: --export FILE.csv writes all.",
    "records.candidates": "{count} below the working point: --candidates draws them.",
    "records.wrote": "Wrote {file}",
    "records.nothing_to_show": "Not written, for there is nothing to show: {file}",
    # the command that draws maps
    "map.written": "{file}: {findings}, {dates}; {size_mb:.1f} MB.  To embed it:",
    "map.written_overview": "{file}: {headline}; {size_mb:.1f} MB.  To embed it:",
    "map.newest": "{events} not shown; the newest: {command}",
    # controls of pages
    "show.facility": "{facility}, outline version {version}",
    "show.where": "longitude {west:.5f} to {east:.5f}, latitude {south:.5f} to {north:.5f}",
    "show.seen": "{share} of the outline",
    "show.superseded": "a later scan of the same scenes has another answer",
    "review.recorded": "Recorded for {id}: {review}",
    "review.kept": "{reviews} are kept; the latest counts.",
    "review.agreement": (
        "{first} and {second} gave the same verdict on {alike:,} of {findings:finding}; Cohen's "
        "kappa {kappa:.2f}; the later review was blind on {blind:,}."
    ),
    "review.agreement_by_chance": (
        "{first} and {second} gave the same verdict on {alike:,} of {findings:finding}, all of one "
        "kind, of which Cohen's kappa tells nothing; the later review was blind on {blind:,}."
    ),
    "review.apart": "Reviewers disagree on {findings:finding}, and all verdicts are kept: {named}.",
    "review.apart_more": "... and on {findings:finding} more.",
    "review.blind": (
        "Blind: how probable it is, and what others made of it, are not shown. Record your verdict "
        "with: {command}"
    ),
    "review.none_left": "{by} has reviewed every finding that counts.",
    "schedule.every": "{cadence:days}",
    "schedule.now": "now",
    "scan.smaller": "... and {count:,} smaller: {command}",
    "scan.below": "{count:,} below the working point: {command}",
    "scan.recorded": (
        "Recorded {observations:,} observations and {findings:,} findings.  Next: {command}"
    ),
    "scan.known": "This pair was scanned before: nothing was added to the ledger.",
    "runs.one": "{on}",
    "runs.several": "{first} to {last}, {count:,} runs in a row",
    "runs.whole": "{when}: the run failed. {why}",
    "runs.part": "{when}: failed at {names}. {why}",
    "runs.broken": "{when}: broke off; no end is on record.",
    "runs.more": "Earlier failures: {count:,} more, in the run log (status --json).",
    "status.failed": "Failed runs, {sentence}",
    "ledger.head": "Ledger head {head}.",
    "ledger.whole": "Ledger: {rows:,} rows, whole by its chains and kept heads; head {head}.",
    "ledger.altered": "Nothing here can be relied on. {fault}",
    "status.first_year": (
        "Images of less than a year: {names}. Until there are images of the same season of an "
        "earlier year, fields, bare ground and low or high water of the season can pass for "
        "change, buildings are confirmed late or not at all, and what was there before the first "
        "image is never found."
    ),
    "page.failed": "Failed runs",
    "page.reviewing": "Reviewers",
    "page.first_year": "First year",
    "page.order": "Never seen first, then the longest unseen.",
    "page.table": "At a glance",
    "page.column_last": "last look",
    "page.column_year": "the last year, to the right the newest",
    "page.months": "J F M A M J J A S O N D",
    "script.simulated": "SIMULATED",
    "script.zoomIn": "Zoom in",
    "script.zoomOut": "Zoom out",
    "script.close": "Close popup",
    "script.verdict_confirmed": "confirmed",
    "script.verdict_rejected": "rejected",
    "script.verdict_unsure": "unsure",
}
