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
    # counts
    "count.none": "no {noun}s",
    "count.one": "1 {noun}",
    "count.many": "{count:,} {noun}s",
    "facilities.one": "1 facility",
    "facilities.many": "{count:,} facilities",
    "findings.rejected": "{findings}, {rejected:,} {verdict}",
    # results
    "changed": "Changed: {findings}",
    "changed.part": "Changed in the part seen: {findings}",
    "unchanged": "Unchanged; all of the outline was seen",
    "unchanged.part": "Unchanged in the part seen",
    "not_seen": "Not seen: neither changed nor unchanged can be stated",
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
    # caption of a figure
    "caption.what": (
        "{kind} {interval}: {area} (interval {area_interval}). Confidence: {confidence}. {review}. "
        "{position}. Centre: {centre}. Finding {id}, method {method}."
    ),
    "caption.superseded": "A LATER SCAN OF THE SAME SCENES SUPERSEDED THIS FINDING.",
    "caption.unreviewed": "Not reviewed by a person",
    "caption.reviewed": "{verdict}, {date}",
    "caption.seen_unknown": "How much of the outline was seen is not on record.",
    "caption.seen": "Seen: {share} of the outline, for {question}.",
    "caption.explanations": "Alternative explanations: {explanations}.",
    "caption.caveats": "Caveats: {caveats}",
    "caption.more": "{text} … (more in the record)",
    "caption.image": "({letter}) {scene}; credit: {credit}; licence: {licence}.",
    "caption.no_credit": "not stated",
    "caption.images": (
        "Images: {images} Shown in {shown_as}; drawn in pixels of {pixel_m:.3g} m in {projection}; "
        "each panel is {length} wide. The arrow points to true north."
    ),
    "explanation": "{verdict} ({measured})",
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
    "scenes.scene": "{sensor:sensor}, {dates}, {bands}, {quantity:quantity}, {pixel_m:.3g} m",
    "scenes.bands_assumed": (
        "The file does not name its bands: the usual order of {sensor:sensor} was assumed "
        "({bands}). If that is wrong, remove {folder} and add the scene with --bands."
    ),
    "scenes.none": "No scenes yet; add some with: camp-monitor scenes add",
    "scenes.none_here": (
        "No scenes of {total} in the catalogue cover {facility}; add some with: camp-monitor "
        "scenes add"
    ),
    "scenes.place": "  at longitude {longitude_deg:.5f}, latitude {latitude_deg:.5f}",
}
"""By a name of its own, a format string."""
