"""The summary of one facility: what it is, what came there, and how well it was watched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from camp_monitor.events.events import Event
from camp_monitor.events.ranking import ranked
from camp_monitor.facilities import Facility
from camp_monitor.facilities.agency import Agency, AgencyName
from camp_monitor.report.sheets.document import (
    Block,
    Facts,
    Heading,
    Items,
    Paragraph,
    Table,
    legible,
    legible_rows,
)
from camp_monitor.report.sheets.dossier import Dossier
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import name_of, phrase, texts

LONGEST = 600
MOST_EVENTS = 25
"""Rows of the table of events; what is left out is counted."""


def facility_blocks(dossier: Dossier, language: str | None) -> list[Block]:
    """Return the blocks of a summary."""
    facility = dossier.facility
    blocks: list[Block] = [Heading(legible(words.facility_name(facility)), 1)]
    blocks.append(Paragraph(summary_words(dossier, language), "lead"))
    blocks += withheld_blocks(dossier, language)
    blocks.append(
        Facts(phrase("report.facility.what", language), facility_rows(facility, language))
    )
    blocks += _event_blocks(dossier, language)
    blocks.append(_looks(dossier, language))
    if facility.conflicts:
        blocks.append(Heading(phrase("report.facility.conflicts", language)))
        blocks.append(Items(tuple(legible(one, LONGEST) for one in facility.conflicts)))
    if facility.notes:
        blocks.append(Heading(phrase("report.facility.notes", language)))
        blocks.append(Items(tuple(legible(one, LONGEST) for one in facility.notes)))
    return blocks


def withheld_blocks(dossier: Dossier, language: str | None) -> list[Block]:
    """Say what this audience is not shown, in one paragraph; nothing where all is shown."""
    said = " ".join(dossier.withheld.sentences(language))
    return [Paragraph(said)] if said else []


def summary_words(dossier: Dossier, language: str | None) -> str:
    """Sum up in a sentence how often the place was looked at, and what came of it."""
    looks = dossier.observations
    first = min(one.before.acquired_from_at for one in looks)[:10]
    last = max(one.after.acquired_to_at for one in looks)[:10]
    counted = Counter(one.outcome for one in looks)
    return phrase(
        "report.facility.summary",
        language,
        events=len(dossier.events),
        first=first,
        last=last,
        looks=words.count_words(len(looks), "observation", language),
        not_seen=counted["not_seen"],
    )


def facility_rows(facility: Facility, language: str | None) -> tuple[tuple[str, str], ...]:
    """Return what is published of a facility, each with who says so."""
    unknown = phrase("report.unpublished", language)
    outline = facility.outline
    place = ", ".join(filter(None, (facility.county, facility.province)))
    latin = [name for code, name in words.other_names(facility) if code == "en"]
    rows = [
        (phrase("report.row.id", language), facility.id),
        (phrase("report.row.names_ko", language), " · ".join(facility.names_ko)),
        (phrase("report.row.aliases", language), ", ".join((*latin, *facility.aliases))),
        (phrase("report.row.type", language), name_of("facility_type", facility.type, language)),
        (phrase("report.row.province", language), place),
        (phrase("report.row.agency", language), agency_words(facility, facility.agency, language)),
        (phrase("report.row.status", language), status_words(facility, language)),
        (phrase("report.row.position_grade", language), _grade_words(facility, language)),
        (phrase("report.row.outline", language), words.outline_words(outline, language)),
        (phrase("report.row.outline_area", language), words.area_alone_words(outline.area_m2)),
    ]
    if outline.note:
        rows.insert(-1, (phrase("report.row.outline_source", language), outline.note))
    return legible_rows(rows, LONGEST, unknown)


def agency_words(facility: Facility, agency: Agency, language: str | None) -> str:
    """Say who is said to be responsible, by what name when, and who says so."""
    if agency.names:
        said = "; ".join(_named(one, language) for one in agency.names)
        source = _sources(facility, agency.names, language)
        return phrase("report.agency", language, agency=said, source=source)
    if agency.value is None:
        return phrase("report.agency.unknown", language)
    source = source_words(facility, agency.source or "", language)
    return phrase("report.agency", language, agency=agency.value, source=source)


def administered_words(
    facility: Facility, first_on: str, last_on: str, language: str | None = None
) -> str:
    """Say who was responsible by name on a day, or on one of several days, with dates and source.

    Parameters
    ----------
    facility : Facility
    first_on, last_on : str
        Days, ``2016-09-01``; the same for one day.
    language : str or None
    """
    names = facility.agency.between(first_on, last_on)
    if not names:
        return phrase("report.agency.unknown", language)
    said, source = _one_of(names, language), _sources(facility, names, language)
    return phrase("report.agency", language, agency=said, source=source)


def administration_words(facility: Facility, event: Event, language: str | None) -> str:
    """Say who was responsible by name when something came, and what that is called now."""
    first_on, last_on = event.came[0].acquired_from_at[:10], event.came[1].acquired_to_at[:10]
    then, now = facility.agency.between(first_on, last_on), facility.agency.names[-1:]
    if not then or now in ((), then[-1:]):
        return administered_words(facility, first_on, last_on, language)
    return phrase("report.agency.then", language, first=first_on, last=last_on,
                  agency=_one_of(then, language), now=_named(now[0], language),
                  source=_sources(facility, (*then, *now), language))  # fmt: skip


def _one_of(names: Sequence[AgencyName], language: str | None) -> str:
    """Name the institution; where several names may have held, all of them."""
    said = "; ".join(_named(one, language) for one in names)
    return said if len(names) == 1 else phrase("report.agency.doubt", language, agencies=said)


def _named(name: AgencyName, language: str | None) -> str:
    """Say what the institution was called, from when to when."""
    if name.since and name.until:
        dates = phrase("report.agency.both", language, since=name.since, until=name.until)
    elif name.since:
        dates = phrase("report.agency.since", language, since=name.since)
    elif name.until:
        dates = phrase("report.agency.until", language, until=name.until)
    else:
        dates = phrase("report.agency.undated", language)
    return phrase("report.agency.dated", language, agency=name.value, dates=dates)


def _sources(facility: Facility, names: Sequence[AgencyName], language: str | None) -> str:
    return "; ".join(dict.fromkeys(source_words(facility, one.source, language) for one in names))


def source_words(facility: Facility, key: str, language: str | None) -> str:
    """Name a source of a facility by its key; a text that is no key stays as it is."""
    for source in facility.sources:
        if source.key == key:
            return phrase("report.source.short", language, title=source.title,
                          publisher=source.publisher, date=source.date)  # fmt: skip
    return key or phrase("caption.no_credit", language)


def status_words(facility: Facility, language: str | None) -> str:
    """Say what is said of the operation, when, and on what grounds."""
    status = facility.status
    parts = [
        name_of("operation", status.value, language),
        status.date or "",
        status.as_of or "",
        status.conflict or "",
    ]
    return "; ".join(part for part in dict.fromkeys(parts) if part)


def _grade_words(facility: Facility, language: str | None) -> str:
    if facility.position_grade is None:
        return ""
    grade = name_of("position_grade", facility.position_grade, language)
    return phrase("report.grade", language, grade=grade, reason=facility.position_reason or "")


def _event_blocks(dossier: Dossier, language: str | None) -> list[Block]:
    """List the events in the order of `camp_monitor.events.ranking`."""
    title = phrase("report.facility.events", language)
    if not dossier.events:
        return [Heading(title), Paragraph(phrase("report.facility.no_events", language))]
    surest = ranked(dossier.events)
    names = (
        phrase("report.row.event", language),
        phrase("report.row.kind", language),
        phrase("report.row.came", language),
        phrase("report.row.state", language),
        phrase("report.row.area", language),
    )
    rows = tuple(_event_row(event, language) for event in surest[:MOST_EVENTS])
    blocks: list[Block] = [Table(title, names, rows)]
    if len(surest) > MOST_EVENTS:
        more = len(surest) - MOST_EVENTS
        blocks.append(Paragraph(phrase("report.facility.more_events", language, events=more)))
    without = len(dossier.events) - len(dossier.cases)
    if without:
        blocks.append(Paragraph(phrase("report.without_sheet", language, events=without), "small"))
    return blocks


def _event_row(event: Event, language: str | None) -> tuple[str, ...]:
    area, interval = words.area_words(event.largest, language)
    return (
        event.id,
        words.kind_words(event.kind, language),
        words.interval_words(*event.came, language),
        words.state_words(event, language),
        phrase("report.area", language, area=area, interval=interval),
    )


def _looks(dossier: Dossier, language: str | None) -> Table:
    """Count what came of all observations, question by question, and when it last was seen."""
    by_question: dict[str, list[int]] = {}
    last: dict[str, str] = {}
    outcomes = tuple(texts(language).names["outcome"])
    for one in dossier.observations:
        question = words.question_words(one.method, language)
        counts = by_question.setdefault(question, [0] * len(outcomes))
        counts[outcomes.index(one.outcome)] += 1
        if one.outcome != "not_seen":
            day = one.after.acquired_to_at[:10]
            last[question] = max(last.get(question, ""), day)
    never = phrase("status.never", language)
    rows = tuple(
        (question, *(f"{count:,}" for count in counts), last.get(question, never))
        for question, counts in sorted(by_question.items())
    )
    head = (
        phrase("report.looks.question", language),
        *(name_of("outcome", one, language) for one in outcomes),
        phrase("report.looks.last", language),
    )
    return Table(phrase("report.facility.looks", language), head, rows)
