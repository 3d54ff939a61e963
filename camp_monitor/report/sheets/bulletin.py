"""A bulletin: one page for a desk that has an hour."""

from __future__ import annotations

import shapely

from camp_monitor.events.events import Event
from camp_monitor.facilities import Facility
from camp_monitor.facilities.facility import Candidate
from camp_monitor.report.sheets.backmatter import contact_words
from camp_monitor.report.sheets.document import (
    Block,
    Facts,
    Heading,
    Items,
    Paragraph,
    legible,
    legible_rows,
)
from camp_monitor.report.sheets.dossier import WATER, Case, Dossier
from camp_monitor.report.sheets.event_sheet import picture_blocks, review_words
from camp_monitor.report.sheets.facility_sheet import (
    administration_words,
    status_words,
    withheld_blocks,
)
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import phrase
from camp_monitor.settings import ReportSettings

LONGEST = 420
"""Characters of one value: a page holds no more."""
MOST_INSIDE = 4


def bulletin_blocks(
    dossier: Dossier, case: Case, settings: ReportSettings, language: str | None
) -> list[Block]:
    """Return the blocks of one page: what, how much, since when, what lies in it, who, unseen."""
    blocks: list[Block] = withheld_blocks(dossier, language)
    if case.outline.basis == "placeholder":
        blocks.append(Paragraph(phrase("placeholder", language), "warning"))
    blocks.append(Facts("", _rows(dossier, case, language)))
    blocks += picture_blocks(dossier.facility, case, language)
    blocks.append(Heading(phrase("bulletin.unseen", language)))
    blocks.append(Items(_unseen(dossier, case, language)))
    contact = contact_words(settings, language)
    blocks.append(Paragraph(phrase("bulletin.contact", language, contact=contact), "small"))
    return blocks


def _rows(dossier: Dossier, case: Case, language: str | None) -> tuple[tuple[str, str], ...]:
    event, finding = case.event, case.finding
    area, interval = words.area_words(case.extent, language)
    is_water = event.kind in WATER
    of_area = phrase("bulletin.row.flooded" if is_water else "bulletin.row.changed", language)
    sized = phrase(
        "bulletin.area",
        language,
        area=area,
        interval=interval,
        share=words.share_words(case.outline_fraction, language),
        outline=words.outline_words(case.outline, language),
    )
    if len(case.regions) > 1:
        largest, _ = words.area_words(finding, language)
        regions = len(case.regions)
        more = phrase("bulletin.regions", language, regions=regions, area=largest)
        sized = f"{sized} {more}"
    administration = administration_words(dossier.facility, event, language)
    rows = [
        (of_area, sized),
        (phrase("bulletin.row.since", language), _since(event, language)),
        (phrase("bulletin.row.inside", language), _inside(dossier, case, language)),
        (phrase("bulletin.row.agency", language), administration),
        (phrase("report.row.status", language), status_words(dossier.facility, language)),
        (phrase("report.row.confidence", language), words.confidence_words(finding, language)),
        (phrase("report.row.review", language), review_words(case, language)),
    ]
    return legible_rows(rows, LONGEST)


def _since(event: Event, language: str | None) -> str:
    """Say since when, and whether it is still there."""
    came = words.interval_words(*event.came, language)
    last = words.date_words(event.last_seen, language)
    if event.ended is None:
        return phrase("bulletin.since", language, came=came, last=last)
    gone = words.interval_words(*event.ended, language)
    return phrase("bulletin.since_until", language, came=came, last=last, gone=gone)


def _inside(dossier: Dossier, case: Case, language: str | None) -> str:
    """Name published places and other events that lie in what changed."""
    ground = case.ground
    said = [
        phrase("bulletin.inside.place", language, place=one.feature)
        for one in _published(dossier.facility)
        if ground.covers(shapely.Point(one.lon, one.lat))
    ]
    said += [
        phrase("bulletin.inside.event", language, id=one.id,
               kind=words.kind_words(one.kind, language))
        for one in dossier.events
        if one != case.event and one.state != "dismissed" and one.geometry.intersects(ground)
    ]  # fmt: skip
    unique = list(dict.fromkeys(said))
    if not unique:
        return phrase("bulletin.inside.nothing", language)
    return "; ".join(unique[:MOST_INSIDE])


def _published(facility: Facility) -> list[Candidate]:
    """Return the published points of the facility itself."""
    return [one for one in facility.candidates if one.role != "other_site"]


def _unseen(dossier: Dossier, case: Case, language: str | None) -> tuple[str, ...]:
    """Say what nobody has seen: ground, time, people."""
    finding, seen = case.finding, case.observation
    said = []
    if seen is not None and seen.seen_fraction >= 1:
        said.append(phrase("bulletin.unseen.nothing", language))
    elif seen is not None:
        share = words.share_words(1 - seen.seen_fraction, language)
        said.append(phrase("bulletin.unseen.share", language, share=share,
                           why=words.unseen_words(seen, language)))  # fmt: skip
    said.append(
        phrase("report.between", language,
               interval=words.interval_words(finding.before, finding.after, language))
    )  # fmt: skip
    later = sorted(
        one.after.acquired_to_at[:10] for one in dossier.observations if one.outcome != "not_seen"
    )
    said.append(phrase("bulletin.unseen.since", language, last=later[-1] if later else
                       phrase("status.never", language)))  # fmt: skip
    said.append(phrase("report.limit.people", language))
    said.append(phrase("report.limit.ground", language))
    said.append(phrase("report.limit.borders", language))
    return tuple(legible(one, LONGEST) for one in said)
