"""Claims and what images say of them, as a report: all in a table, then each with its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from camp_monitor.codes import Audience, ClaimVerdict
from camp_monitor.errors import CampMonitorError
from camp_monitor.facilities import Facility, read_registry
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.records.claim import Claim, Corroboration
from camp_monitor.report.figure.finding_figure import draw_finding_figure
from camp_monitor.report.figure.options import WIDTH_MM, FigureOptions
from camp_monitor.report.figure.timeline import draw_timeline
from camp_monitor.report.sheets.backmatter import contact_words, imprint, limits
from camp_monitor.report.sheets.document import (
    Block,
    Document,
    Facts,
    Heading,
    Items,
    Paragraph,
    Picture,
    Table,
    legible,
    legible_rows,
    version_of,
)
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import language_in_use, name_of, phrase, sentences
from camp_monitor.workspace import Workspace

MOST_SHEETS = 60
"""Claims with figures of their own; all are in the table."""
MOST_FIGURES = 20
"""Supported claims that have images."""
LONGEST = 600


def claims_document(workspace: Workspace, claims: Sequence[Corroboration]) -> Document:
    """Put a report of claims together, in the language in use.

    It names references, places and times, and never who made a claim.

    Parameters
    ----------
    workspace : Workspace
    claims : sequence of Corroboration
    """
    facilities = {one.id: one for one in read_registry(workspace.aoi)}
    with open_ledger_of(workspace, reading=True) as ledger:
        head = ledger.head_sha256()
    title = phrase("claims.title")
    blocks: list[Block] = []
    if any(one.simulated for one in claims):
        blocks.append(Paragraph(phrase("digest.simulated"), "warning"))
    blocks.append(
        Paragraph(phrase("claims.lead", claims=len(claims), counts=counts_words(claims)), "lead")
    )
    blocks.append(_table(claims, facilities))
    blocks.append(Heading(phrase("claims.rules")))
    blocks.append(Items(rules()))
    figures = 0
    for one in claims[:MOST_SHEETS]:
        drawn = _figure(workspace, one) if figures < MOST_FIGURES else None
        figures += drawn is not None
        blocks += _sheet(one, facilities.get(one.claim.facility_id), drawn)
    blocks.append(Heading(phrase("report.limits"), 1))
    blocks.append(Items(limits(None)))
    blocks.append(Heading(phrase("report.contact")))
    blocks.append(Paragraph(contact_words(workspace.configuration.report, None)))
    version = version_of(title, tuple(blocks))
    day = max((pair.after_on for one in claims for pair in one.images), default="")
    blocks.append(imprint(version, day, head, None))
    mark = phrase("map.simulated_mark") if any(one.simulated for one in claims) else ""
    return Document(
        title, phrase("report.subtitle", day=day), mark, language_in_use(), tuple(blocks),
        phrase("claims.footer", version=version),
    )  # fmt: skip


def rules() -> tuple[str, ...]:
    """Return what the verdicts mean."""
    return (
        phrase("claims.rule.supported"),
        phrase("claims.rule.not_supported"),
        phrase("claims.rule.unanswered"),
    )


def counts_words(claims: Sequence[Corroboration]) -> str:
    """Count the verdicts: ``2 supported; 1 could not have been seen``."""
    counted = Counter(one.verdict for one in claims)
    return "; ".join(
        f"{counted[verdict]:,} {name_of('claim_verdict', verdict)}"
        for verdict in ClaimVerdict
        if counted[verdict]
    )


def claimed_words(claim: Claim) -> str:
    """Say what is claimed, and of which days."""
    kind, first, last = words.kind_words(claim.kind), claim.from_on, claim.to_on
    if claim.size_m2 is None and first == last:
        return phrase("claims.day", kind=kind, first=first)
    if claim.size_m2 is None:
        return phrase("claims.window", kind=kind, first=first, last=last)
    area = words.area_alone_words(claim.size_m2)
    if first == last:
        return phrase("claims.day_size", kind=kind, area=area, first=first)
    return phrase("claims.window_size", kind=kind, area=area, first=first, last=last)


def place_words(claim: Claim, facility: Facility | None) -> str:
    """Name the place of a claim."""
    name = words.facility_name(facility) if facility else claim.facility_id
    return legible(name) or phrase("claims.nowhere")


def _table(claims: Sequence[Corroboration], facilities: Mapping[str, Facility]) -> Table:
    head = (
        name_of("claim_column", "reference"), name_of("claim_column", "place"),
        name_of("claim_column", "claimed"), name_of("claim_column", "verdict"),
        name_of("claim_column", "found"),
    )  # fmt: skip
    rows = tuple(
        (
            one.claim.reference,
            place_words(one.claim, facilities.get(one.claim.facility_id)),
            claimed_words(one.claim).replace("\n", "; "),
            name_of("claim_verdict", one.verdict),
            " ".join(one.event_ids),
        )
        for one in claims
    )
    return Table(phrase("claims.all"), head, rows)


def _figure(workspace: Workspace, answer: Corroboration) -> Picture | None:
    """Draw the images of what supports a claim."""
    if not answer.finding_ids:
        return None
    options = FigureOptions(language=language_in_use(), audience=Audience.INTERNAL)
    try:
        drawn = draw_finding_figure(
            workspace, answer.event_ids[0], file_format="png", width_mm=WIDTH_MM, options=options
        )
    except CampMonitorError:
        return None
    return Picture(drawn.content, legible(drawn.view), legible(drawn.caption), WIDTH_MM)


def _sheet(answer: Corroboration, facility: Facility | None, drawn: Picture | None) -> list[Block]:
    claim = answer.claim
    verdict = name_of("claim_verdict", answer.verdict)
    blocks: list[Block] = [
        Heading(phrase("claims.one", reference=claim.reference, verdict=verdict), 1),
        Facts("", _rows(answer, facility)),
    ]
    if answer.images:
        timeline = phrase("claims.timeline")
        blocks.append(Picture(draw_timeline(answer), timeline, timeline, WIDTH_MM))
    if drawn is not None:
        blocks.append(drawn)
    return blocks


def _rows(answer: Corroboration, facility: Facility | None) -> tuple[tuple[str, str], ...]:
    claim, untold = answer.claim, phrase("claims.untold")
    pairs = [
        phrase("claims.pair", before=pair.before_on, after=pair.after_on) for pair in answer.images
    ]
    smallest = phrase("claims.unmeasured")
    if answer.detectable_m2 is not None:
        smallest = words.area_alone_words(answer.detectable_m2)
    size = untold if claim.size_m2 is None else words.area_alone_words(claim.size_m2)
    rows = [
        (phrase("claims.row.place"), place_words(claim, facility)),
        (phrase("claims.row.kind"), words.kind_words(claim.kind)),
        (
            phrase("claims.row.window"),
            phrase("claims.span", first=claim.from_on, last=claim.to_on),
        ),
        (phrase("claims.row.size"), size),
        (phrase("claims.row.verdict"), name_of("claim_verdict", answer.verdict)),
        (phrase("claims.row.why"), " ".join(sentences(answer.reasons))),
        (phrase("claims.row.images"), "; ".join(pairs) or phrase("claims.no_images")),
    ]
    if answer.seen_fraction is not None:
        rows += [
            (phrase("claims.row.seen"), words.share_words(answer.seen_fraction)),
            (phrase("claims.row.smallest"), smallest),
        ]
    if answer.event_ids:
        dated = phrase("claims.dated", first=answer.absent_on, last=answer.present_on)
        rows += [
            (phrase("claims.row.dated"), dated),
            (phrase("claims.row.found"), " ".join((*answer.event_ids, *answer.finding_ids))),
        ]
    rows.append((phrase("claims.row.record"), answer.id))
    return legible_rows(rows, LONGEST)
