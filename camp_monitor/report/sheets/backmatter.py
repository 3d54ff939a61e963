"""What ends a report: how to read it, sources, map data, limits, contact, version."""

from __future__ import annotations

from collections.abc import Sequence

from camp_monitor import __version__
from camp_monitor.facilities import Facility
from camp_monitor.report.sheets.document import Block, Facts, Heading, Items, Paragraph, legible
from camp_monitor.report.text.sentences import name_of, phrase
from camp_monitor.settings import ReportSettings

LONGEST = 1000


def backmatter_blocks(
    facilities: Sequence[Facility], settings: ReportSettings, language: str | None
) -> list[Block]:
    """Return the blocks after the last sheet, but for the version, which rests on all of them."""
    blocks: list[Block] = [Heading(phrase("report.reading", language), 1)]
    blocks.append(Facts(phrase("report.glossary", language), _terms(language)))
    blocks.append(Heading(phrase("report.sources", language)))
    blocks.append(Items(_sources(facilities, language)))
    blocks.append(Heading(phrase("report.limits", language)))
    blocks.append(Items(limits(language)))
    blocks.append(Heading(phrase("report.contact", language)))
    blocks.append(Paragraph(contact_words(settings, language)))
    return blocks


def _terms(language: str | None) -> tuple[tuple[str, str], ...]:
    """Return the words of the field that a report uses, and what they mean."""
    meanings = {
        "event": phrase("report.term.event", language),
        "finding": phrase("report.term.finding", language),
        "state": phrase("report.term.state", language),
        "interval": phrase("report.term.interval", language),
        "confidence": phrase("report.term.confidence", language),
        "outline": phrase("report.term.outline", language),
        "not_seen": phrase("report.term.not_seen", language),
        "false_alarm": phrase("report.term.false_alarm", language),
        "detection_limit": phrase("report.term.detection_limit", language),
        "alternative": phrase("report.term.alternative", language),
    }
    return tuple((name_of("term", key, language), said) for key, said in meanings.items())


def limits(language: str | None) -> tuple[str, ...]:
    """Return what every report says of its borders, of the ground, and of what it cannot tell."""
    names = (
        phrase("report.limit.ground", language),
        phrase("report.limit.borders", language),
        phrase("report.limit.people", language),
        phrase("report.limit.dates", language),
        phrase("report.limit.harm", language),
    )
    return names


def contact_words(settings: ReportSettings, language: str | None) -> str:
    """Say whom to ask, as the workspace is set."""
    contact = legible(settings.contact, LONGEST)
    return contact or phrase("report.no_contact", language)


def imprint(version: str, last_day: str, head: str, language: str | None) -> Paragraph:
    """Say which version of a report this is, from which records and by which program."""
    said = phrase("report.version", language, version=version, day=last_day, program=__version__)
    if head:
        said = f"{said} {phrase('ledger.head', language, head=head)}"
    return Paragraph(said, "small")


def _sources(facilities: Sequence[Facility], language: str | None) -> tuple[str, ...]:
    """Return every source of the facilities once, and that of the inset."""
    said = [
        phrase("report.source", language, title=source.title, publisher=source.publisher,
               date=source.date, url=source.url)
        for facility in facilities
        for source in facility.sources
    ]  # fmt: skip
    said.append(phrase("figure.note.borders", language))
    return tuple(dict.fromkeys(legible(one, LONGEST) for one in said))
