"""English: claims of others, and what images say of them."""

from camp_monitor.codes import Code

CODES: dict[Code, str] = {
    Code.CLAIM_DATED_WITHIN: (
        "Images place it between {absent_on} and {present_on}, within the window of the claim."
    ),
    Code.CLAIM_DATED_AROUND: (
        "Images place it between {absent_on} and {present_on}, no closer: the window of the claim "
        "lies within that time."
    ),
    Code.CLAIM_DATED_PARTLY: (
        "Images place it between {absent_on} and {present_on}, which overlaps the window of the "
        "claim in part: it may have come outside of it."
    ),
    Code.CLAIM_UNCONFIRMED: "Event {event} is not confirmed.",
    Code.CLAIM_SIZE_FOUND: (
        "What was found measures up to {area_m2:,.3g} m²; the claim is of {size_m2:,.3g} m²."
    ),
    Code.CLAIM_SIZE_UNLIKE: (
        "What was found there and then measures up to {area_m2:,.3g} m², too little for the size "
        "of the claim ({events:events})."
    ),
    Code.CLAIM_SEEN: (
        "{seen_fraction:percent} of the place was seen, and what measures {detectable_m2:,.3g} m² "
        "or more would have been found nine times in ten; the claim is of {size_m2:,.3g} m²."
    ),
    Code.CLAIM_SIZE_UNTOLD: (
        "The claim tells no size, and what measures less than {detectable_m2:,.3g} m² would not "
        "have been found nine times in ten."
    ),
    Code.CLAIM_TOO_SMALL: (
        "What measures less than {detectable_m2:,.3g} m² would not have been found nine times in "
        "ten in these images; the claim is of {size_m2:,.3g} m²."
    ),
    Code.CLAIM_BEYOND_LIMIT: (
        "Not even structures of {largest_m2:,.0f} m², the largest tried, would have been found "
        "nine times in ten in these images."
    ),
    Code.CLAIM_LIMIT_UNMEASURED: (
        "How small a thing would have been found in these images was not measured: --compare "
        "measures it."
    ),
    Code.CLAIM_PARTLY_SEEN: (
        "{seen_fraction:percent} of the place was seen; at least {least_fraction:percent} is "
        "needed to say that something was not there."
    ),
    Code.CLAIM_MAY_BE_ALTERED: (
        "{area_m2:,.3g} m² of the ground changed so that it may be what is claimed, or something "
        "else: these two images cannot tell."
    ),
    Code.CLAIM_CANDIDATES: (
        "Below the working point lies what could be it ({findings:finding}): too unsure to "
        "support the claim, or to speak against it."
    ),
    Code.CLAIM_REJECTED: "A reviewer rejected what was found there and then ({events:events}).",
    Code.CLAIM_KIND_NOT_LOOKED_FOR: (
        "No detector looks for changes of this kind ({kind:kind}), so that nothing found says "
        "nothing."
    ),
    Code.CLAIM_UNCOVERED: "No compared images answer for {first_on} to {last_on}.",
    Code.CLAIM_NEVER_COMPARED: "No images that overlap the window were compared.",
    Code.CLAIM_NOT_COMPARED: (
        "Images of the catalogue, of {before_on} and {after_on}, were not compared yet "
        "({pairs:pairs}): --compare does."
    ),
    Code.CLAIM_PASSES: (
        "What passes is held to be visible for {days:.0f} d: images answer for the days just "
        "before the later one."
    ),
    Code.CLAIM_OUTSIDE: "The coordinates lie at no facility of the registry: no images are of it.",
}

NAMES: dict[str, dict[str, str]] = {
    "claim_verdict": {
        "supported": "supported",
        "not_supported": "not supported, although it would have been seen",
        "not_seeable": "could not have been seen",
        "not_covered": "images do not cover the time",
    },
    "claim_column": {
        "reference": "reference",
        "place": "place",
        "claimed": "claimed",
        "verdict": "verdict",
        "images": "images",
        "found": "found",
    },
    "claims": {"0": "no claims", "1": "1 claim", "other": "{:,} claims"},
}

PHRASES: dict[str, str] = {
    "claims.window": "{kind}\n{first} to {last}",
    "claims.window_size": "{kind}, {area}\n{first} to {last}",
    "claims.day": "{kind}\n{first}",
    "claims.day_size": "{kind}, {area}\n{first}",
    "claims.pair": "{before} → {after}",
    "claims.more_pairs": "and {pairs:pairs} more",
    "claims.no_images": "none",
    "claims.seen": "{share} seen",
    "claims.from": "smallest: {area}",
    "claims.timeline": (
        "Pale band: the window of the claim. Each line: two images that were compared, with their "
        "sensor and the share of the place that was seen; hollow ends: nothing was seen. Red line: "
        "the time in which what was found came, by the images alone."
    ),
    "claims.nowhere": "no facility",
    "claims.none": "No claim was set against images yet: camp-monitor corroborate CLAIMS.csv",
    "claims.counted": "{claims:claims}: {counts}.",
    "claims.recorded": "New in the ledger: {claims:claims}.",
    "claims.encoding": "Read as {encoding}.",
    "claims.unread": "Columns that were not read or stored: {columns}.",
    "claims.repeated": "Rows that repeat another: {rows}.",
    "claims.compared": "Compared for this: {pairs:pairs}.",
    "claims.exported": "Wrote {file}: {claims:claims}.",
    "claims.of_event": "claimed by {references}",
    "claims.title": "Claims set against satellite images",
    "claims.lead": (
        "{claims:claims} were set against compared images: {counts}. Each verdict says what these "
        "images can and cannot tell, and nothing of who made a claim."
    ),
    "claims.rule.supported": (
        "Supported: something of that kind was found there, and the images place it in a time that "
        "meets the window. Whether it is what was meant, images cannot tell."
    ),
    "claims.rule.not_supported": (
        "Not supported, although it would have been seen: images that answer for each day of the "
        "window saw the place, could have shown a thing of that size, and show none."
    ),
    "claims.rule.unanswered": (
        "Could not have been seen, and images do not cover the time: no answer either way. Neither "
        "speaks against the claim."
    ),
    "claims.rules": "What the verdicts mean",
    "claims.all": "All claims",
    "claims.one": "{reference}: {verdict}",
    "claims.row.place": "Place",
    "claims.row.kind": "Claimed",
    "claims.row.window": "Window",
    "claims.row.size": "Size claimed",
    "claims.row.verdict": "What images say",
    "claims.row.why": "Because",
    "claims.row.images": "Images compared",
    "claims.row.seen": "Share of the place seen",
    "claims.row.smallest": "Smallest thing that would have been seen",
    "claims.row.dated": "Dated by images",
    "claims.row.found": "Found",
    "claims.row.record": "Record in the ledger",
    "claims.span": "{first} to {last}",
    "claims.dated": "between {first} and {last}",
    "claims.untold": "not told",
    "claims.unmeasured": "not measured, or beyond what was tried",
    "claims.footer": "Claims set against satellite images · version {version}",
    "claims.simulated": "Simulated images: no satellite has seen this.",
}
