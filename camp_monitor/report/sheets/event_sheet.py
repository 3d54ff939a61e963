"""The sheet of one event: what changed, on which images, how that was found, what was not seen."""

from __future__ import annotations

from camp_monitor.codes import Measure
from camp_monitor.facilities import Facility
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.figure.options import WIDTH_MM
from camp_monitor.report.sheets.document import (
    Block,
    Facts,
    Heading,
    Items,
    Paragraph,
    Picture,
    Table,
    legible,
    legible_rows,
)
from camp_monitor.report.sheets.dossier import Case
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import (
    caveat_sentences,
    explanation_rows,
    measured_rows,
    name_of,
    phrase,
    sentences,
)

FOR_EXPERTS = (Measure.CORRELATION,)
"""Measurements that a report leaves to the record."""
COARSE_PIXEL_M = 30.0
"""Of a finding that does not say how large its pixels are."""
LONGEST = 600
"""Characters of a text of others, such as a credit, in one cell."""


def event_blocks(facility: Facility, case: Case, language: str | None) -> list[Block]:
    """Return the blocks of a sheet, from its heading to what could not be seen."""
    event, place = case.event, legible(words.facility_name(facility))
    kind = words.kind_words(event.kind, language)
    title = phrase("report.event.title", language, kind=kind, place=place)
    blocks: list[Block] = [Heading(title, 1)]
    if case.outline.basis == "placeholder":
        blocks.append(Paragraph(phrase("placeholder", language), "warning"))
    blocks.append(Paragraph(words.event_words(event, language), "lead"))
    blocks += picture_blocks(facility, case, language)
    blocks.append(Facts(phrase("report.event.what", language), event_rows(case, language)))
    blocks.append(_images(case, language))
    blocks += _method_blocks(case, language)
    rows = explanation_rows(case.finding.explanations, language)
    if rows:
        head = (
            phrase("report.cause", language),
            phrase("report.verdict", language),
            phrase("report.measured", language),
        )
        blocks.append(Table(phrase("report.event.else", language), head, rows))
    blocks.append(Heading(phrase("report.event.unseen", language)))
    blocks += unseen_blocks(case, language)
    return blocks


def picture_blocks(facility: Facility, case: Case, language: str | None) -> list[Block]:
    """Return the figure, or why there is none."""
    if case.figure is None:
        reason = legible(case.failure, LONGEST)
        return [Paragraph(phrase("report.no_figure", language, reason=reason), "warning")]
    finding = case.finding
    alternative = phrase(
        "report.figure.alternative",
        language,
        place=legible(words.facility_name(facility)),
        kind=words.kind_words(finding.kind, language),
        interval=words.interval_words(finding.before, finding.after, language),
        position=words.position_words(finding, language),
    )
    caption = legible(case.figure.caption)
    return [
        Picture(case.figure.content, alternative, caption, WIDTH_MM),
        Paragraph(legible(case.figure.view), "small"),
    ]


def event_rows(case: Case, language: str | None) -> tuple[tuple[str, str], ...]:
    """Return what is on record of an event, as names and values."""
    event, finding = case.event, case.finding
    area, interval = words.area_words(finding, language)
    pixel_m = float(dict(finding.measurements).get(Measure.PIXEL_M, COARSE_PIXEL_M))
    centre = case.withheld.centre_words(finding.geometry, pixel_m, language)
    sized = phrase("report.area", language, area=area, interval=interval)
    rows = [
        (phrase("report.row.event", language), event.id),
        (phrase("report.row.state", language), words.state_words(event, language)),
        (phrase("report.row.kind", language), words.kind_words(event.kind, language)),
        (phrase("report.row.came", language), words.interval_words(*event.came, language)),
        (phrase("report.row.last_seen", language), words.date_words(event.last_seen, language)),
    ]
    if event.ended is not None:
        rows.append(
            (phrase("report.row.gone", language), words.interval_words(*event.ended, language))
        )
    rows.append((phrase("report.row.area", language), sized))
    if len(case.regions) > 1:
        rows.append((phrase("report.row.area_all", language), all_words(case, language)))
    rows += [
        (phrase("report.row.share", language), words.share_words(case.outline_fraction, language)),
        (phrase("report.row.confidence", language), words.confidence_words(finding, language)),
        (phrase("report.row.review", language), review_words(case, language)),
        (phrase("report.row.position", language), words.position_words(finding, language)),
        (phrase("report.row.centre", language), centre),
        (phrase("report.row.outline", language), words.outline_words(case.outline, language)),
        (phrase("report.row.finding", language), ", ".join(one.id for one in case.regions)),
    ]
    return legible_rows(rows, LONGEST)


def all_words(case: Case, language: str | None) -> str:
    """Say how large all regions of an event are together, on the images that show most of it."""
    area, interval = words.area_words(case.extent, language)
    return phrase("report.area_all", language, area=area, interval=interval,
                  regions=len(case.regions))  # fmt: skip


def review_words(case: Case, language: str | None) -> str:
    """Say what a person made of it, without the name: a report travels far."""
    if case.review is None:
        return phrase("caption.unreviewed", language)
    verdict = name_of("verdict", case.review.verdict, language)
    date = case.review.reviewed_at[:10]
    return phrase("caption.reviewed", language, verdict=verdict, date=date)


def scenes_of(case: Case) -> list[SceneReference]:
    """Return the scenes that an event rests on, in their order of time."""
    event, finding = case.event, case.finding
    scenes = [finding.before, finding.after, *event.came, event.last_seen, *(event.ended or ())]
    unique = {scene.id: scene for scene in scenes}
    return sorted(unique.values(), key=lambda scene: (scene.acquired_from_at, scene.id))


def _images(case: Case, language: str | None) -> Table:
    """List the images with their dates, credits and licences."""
    unstated = phrase("caption.no_credit", language)
    shown = {case.finding.before.id: "before", case.finding.after.id: "after"}
    rows = [
        (
            words.date_words(scene, language),
            name_of("role", shown.get(scene.id, "none"), language),
            words.sensor_words(scene),
            legible(scene.id, LONGEST),
            legible(scene.credit, LONGEST) or unstated,
            legible(scene.licence, LONGEST) or unstated,
        )
        for scene in scenes_of(case)
    ]
    names = (
        phrase("report.image.date", language),
        phrase("report.image.role", language),
        phrase("report.image.sensor", language),
        phrase("report.image.scene", language),
        phrase("report.image.credit", language),
        phrase("report.image.licence", language),
    )
    return Table(phrase("report.event.images", language), names, tuple(rows))


def _method_blocks(case: Case, language: str | None) -> list[Block]:
    """Say how it was found, and what was measured of how often that is wrong."""
    finding = case.finding
    question = words.question_words(finding.method, language).lower()
    said = phrase("report.method", language, method=finding.method, question=question,
                  confidence=words.confidence_words(finding, language))  # fmt: skip
    blocks: list[Block] = [
        Heading(phrase("report.event.method", language)),
        Paragraph(said),
    ]
    rates = _rate_words(case, language)
    if rates:
        blocks.append(Items(rates))
    told = [item for item in finding.measurements if item[0].partition(":")[0] not in FOR_EXPERTS]
    measured = measured_rows(tuple(told), finding.caveats, language)
    blocks.append(Facts(phrase("report.event.measured", language), measured))
    return blocks


def _rate_words(case: Case, language: str | None) -> tuple[str, ...]:
    """Say what was measured of errors: around it, on labelled images, and how small it may be."""
    measured, seen = dict(case.finding.measurements), case.observation
    said = []
    if Measure.AROUND_KM2 in measured:
        said.append(
            phrase(
                "report.rate.around",
                language,
                seen_km2=measured[Measure.AROUND_KM2],
                regions=measured.get(Measure.AROUND_REGIONS, 0.0),
                fraction=measured.get(Measure.AROUND_FRACTION, 0.0),
            )
        )
    if seen is not None:
        said += caveat_sentences(seen.caveats, language)
    if seen is not None and seen.detectable_m2 is not None:
        area = words.area_alone_words(seen.detectable_m2)
        said.append(phrase("report.detectable", language, area=area))
    else:
        said.append(phrase("report.not_measured", language))
    return tuple(said)


def unseen_blocks(case: Case, language: str | None) -> list[Block]:
    """Say what could not be seen, and what weakens the result."""
    seen, finding = case.observation, case.finding
    if seen is None:
        said = [phrase("caption.seen_unknown", language)]
    else:
        share = words.share_words(seen.seen_fraction, language)
        question = words.question_words(seen.method, language).lower()
        said = [phrase("caption.seen", language, share=share, question=question)]
        why = words.unseen_words(seen, language)
        said += [why] if why else []
    said.append(
        phrase("report.between", language,
               interval=words.interval_words(finding.before, finding.after, language))
    )  # fmt: skip
    said += caveat_sentences(finding.caveats, language)
    said += sentences(case.event.reasons, language)
    return [Items(tuple(dict.fromkeys(legible(one, LONGEST) for one in said)))]
