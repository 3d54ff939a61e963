"""English: reports and bulletins."""

PHRASES: dict[str, str] = {
    # the whole
    "report.title": "Satellite image analysis: {places}",
    "report.subtitle": "Preliminary analysis of records up to {day}; not validated on the ground",
    "report.footer": "{title} · version {version}",
    "report.version": (
        "Version {version}: the first digits of a hash of all that this report says and shows. "
        "Made from records up to {day} by camp_monitor {program}."
    ),
    "report.no_figure": "The figure could not be drawn. {reason}",
    "report.figure.alternative": (
        "Satellite images of {place} before and after, and a map of the change between them: "
        "{kind}, {interval}, {position}."
    ),
    "report.area": "{area} (interval {interval})",
    "report.unpublished": "not published",
    "report.remark.contact": (
        "The report names no contact: set it under [report] in camp-monitor.toml."
    ),
    # the summary of a facility
    "report.facility.summary": (
        "{events:events}. Images from {first} to {last} were compared: {looks}, of which "
        "{not_seen:,} gave no answer either way. What was not seen may have changed."
    ),
    "report.facility.what": "The facility, as published",
    "report.facility.events": "Events, the surest first",
    "report.facility.no_events": (
        "No event is on record: that says nothing of ground and times that were not seen."
    ),
    "report.facility.more_events": "Not listed here: {events:events}.",
    "report.without_sheet": (
        "Without a sheet in this report: {events:events}. Sheets are made of those that are or "
        "were confirmed or are strong, and of those that are named."
    ),
    "report.facility.looks": "What was looked at",
    "report.facility.conflicts": "Where sources disagree",
    "report.facility.notes": "Notes on the place",
    "report.looks.question": "Question",
    "report.looks.last": "Last answered",
    "report.agency": "{agency} (source: {source})",
    "report.agency.unknown": "not published",
    "report.agency.dated": "{agency} ({dates})",
    "report.agency.since": "since {since}",
    "report.agency.until": "until {until}",
    "report.agency.both": "{since} to {until}",
    "report.agency.undated": "dates not published",
    "report.agency.doubt": "one of these, between which sources do not decide: {agencies}",
    "report.agency.then": "{first} to {last}: {agency}. Now: {now}. Sources: {source}.",
    "report.grade": "{grade}. {reason}",
    "report.source.short": "{title}, {publisher}, {date}",
    "report.source": "{title}. {publisher}, {date}. {url}",
    # the sheet of an event
    "report.event.title": "{kind}: {place}",
    "report.event.what": "What changed",
    "report.event.images": "Images",
    "report.event.method": "How it was found, and how often that is wrong",
    "report.event.measured": "Measured on these images",
    "report.event.else": "What else it could be",
    "report.event.unseen": "What could not be seen, and what weakens the result",
    "report.cause": "Alternative explanation",
    "report.verdict": "Verdict",
    "report.measured": "What was measured",
    "report.method": (
        "Method {method} compared both images for {question}, without a person. Confidence: "
        "{confidence}."
    ),
    "report.rate.around": (
        "False alarms: in {seen_km2:.2g} km² of surroundings where nothing is known to have "
        "happened, the same method called {regions:.0f} regions, {fraction:.2%} of the ground."
    ),
    "report.not_measured": (
        "How small a structure would have been found in these images was not measured "
        "(detectability in camp-monitor.toml)."
    ),
    "report.detectable": (
        "The smallest structure that would have been found nine times in ten in these images has "
        "{area}."
    ),
    "report.between": (
        "The change is dated {interval}, never to a day: nothing is known of the time between."
    ),
    "report.row.event": "Event",
    "report.row.state": "State",
    "report.row.kind": "Kind of change",
    "report.row.came": "Came",
    "report.row.last_seen": "Last seen",
    "report.row.gone": "Gone",
    "report.row.area": "Area",
    "report.row.area_all": "Area of all regions",
    "report.area_all": "{area} (interval {interval}) in {regions} regions",
    "report.row.share": "Share of the outline",
    "report.row.confidence": "Confidence",
    "report.row.review": "Review",
    "report.row.position": "Position",
    "report.row.centre": "Centre",
    "report.row.outline": "Outline",
    "report.row.finding": "Finding",
    "report.row.id": "Id",
    "report.row.names_ko": "Korean names",
    "report.row.aliases": "Other names",
    "report.row.type": "Type",
    "report.row.province": "County and province",
    "report.row.agency": "Administered by",
    "report.row.status": "Published status",
    "report.row.position_grade": "Position",
    "report.row.outline_source": "How the outline came to be",
    "report.row.outline_area": "Area of the outline",
    "report.image.date": "Date",
    "report.image.role": "In the figure",
    "report.image.sensor": "Sensor",
    "report.image.scene": "Scene",
    "report.image.credit": "Credit",
    "report.image.licence": "Licence",
    # what ends a report
    "report.reading": "How to read this report",
    "report.glossary": "Terms",
    "report.term.event": ("Findings of one thing over many dates, and what became of it."),
    "report.term.finding": "A region that changed between two images.",
    "report.term.state": (
        "Confirmed where two images or a reviewer show it, ended where it went, strong where "
        "it is likely and not confirmed, dismissed where a reviewer rejected it."
    ),
    "report.term.interval": (
        "The area if its edge lay as far in, or out, all round as it may be off on these images."
    ),
    "report.term.confidence": (
        "Low below 0.5, medium, high from 0.8: the share of similar findings that were real "
        "on labelled images."
    ),
    "report.term.outline": (
        "The edge of the facility as published, derived or drawn, with how far it may be off "
        "in metres."
    ),
    "report.term.not_seen": (
        "No answer either way, because of cloud, shadow, a missing image or a refusal; never "
        "the same as unchanged."
    ),
    "report.term.false_alarm": (
        "Regions that the same method calls where nothing is known to have happened, in the "
        "surroundings or in an earlier pair; an upper bound, since some of that is real."
    ),
    "report.term.detection_limit": (
        "The area of the smallest structure that would have been found nine times in ten in "
        "these very images."
    ),
    "report.term.alternative": (
        "What else could look like the change; each is ruled out, possible or not testable."
    ),
    "report.sources": "Sources",
    "report.limits": "Limits and disclaimers",
    "report.limit.ground": (
        "This is a preliminary reading of satellite images by a program. It was not validated on "
        "the ground."
    ),
    "report.limit.borders": (
        "Borders, names and designations imply no opinion on the legal status of any territory, "
        "nor official endorsement."
    ),
    "report.limit.people": (
        "Images show roofs, walls, ground and water. They say nothing of the people there."
    ),
    "report.limit.dates": "A change is dated between two images, never to a day.",
    "report.limit.harm": (
        "Satellite evidence should not stand alone, and a published place can endanger people: let "
        "two people look before this is passed on."
    ),
    "report.contact": "Contact",
    "report.no_contact": "No contact is set.",
    # a bulletin
    "bulletin.title": "{kind} at {place}",
    "bulletin.row.flooded": "Under water",
    "bulletin.row.changed": "Changed",
    "bulletin.row.since": "Since when",
    "bulletin.row.inside": "What lies in it",
    "bulletin.row.agency": "Who administers it",
    "bulletin.area": "{area} (interval {interval}); {share} of the outline. {outline}.",
    "bulletin.regions": "In {regions} regions, the largest {area}.",
    "bulletin.since": "Came {came}. Still there on {last}.",
    "bulletin.since_until": "Came {came}. Last seen on {last}. Went {gone}.",
    "bulletin.inside.place": "published place: {place}",
    "bulletin.inside.event": "{kind} ({id})",
    "bulletin.inside.nothing": (
        "No published place and no other event on record. Buildings are not counted."
    ),
    "bulletin.unseen": "What nobody has seen",
    "bulletin.unseen.share": "{share} of the outline was not seen. {why}",
    "bulletin.unseen.nothing": "All of the outline was seen in the images compared.",
    "bulletin.unseen.since": "Nothing is known of the time after {last}, the last usable image.",
    "bulletin.contact": "Contact: {contact}",
}
"""By a name of its own, a format string."""
