"""The tables in which findings are printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from camp_monitor.codes import Measure

if TYPE_CHECKING:
    from rich.table import Table

    from camp_monitor.ledger.listed import ListedFinding, ListedLook
    from camp_monitor.notes import Measurements
    from camp_monitor.records.finding import Finding
    from camp_monitor.records.observation import Observation
    from camp_monitor.records.review import Review
    from camp_monitor.records.scene_reference import SceneReference


def make_table(*columns: str) -> Table:
    """Make a table with these columns."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


FINDING_COLUMNS = ("finding", "change", "between", "area", "confidence")
UNSEEN_COLUMNS = ("not_seen", "between", "seen", "why")
"""Codes of the columns, whose names are in `column` of the texts."""


def finding_cells(item: ListedFinding) -> tuple[str, ...]:
    """Lay out one finding of a list, with its latest verdict."""
    from camp_monitor.report.text.sentences import name_of, phrase
    from camp_monitor.report.text.words import area_words, kind_words

    first, last = item.before_from_at[:10], item.after_to_at[:10]
    area, interval = area_words(item)
    change = kind_words(item.kind)
    if item.position != "inside":
        change += f"\n{name_of('position', item.position)}"
    if item.candidate:
        change += f"\n{phrase('candidate')}"
    if not item.counts:
        change += f"\n{phrase('table.superseded')}"
    if item.verdict:
        change += f"\n{name_of('verdict', item.verdict)}"
    dates = phrase("table.dates", first=first, last=last)
    confidence = name_of("confidence", item.confidence)
    return item.id, change, dates, f"{area}\n{interval}", confidence


def unseen_cells(item: ListedLook) -> tuple[str, ...]:
    """Lay out what was not seen, and why."""
    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.report.text.words import question_words, reason_words, share_words

    first, last = item.before_from_at[:10], item.after_to_at[:10]
    reason = legible(reason_words(item.reasons)) or phrase("not_seen.somewhere")
    question = legible(question_words(item.method))
    if not item.counts:
        question += f"\n{phrase('table.superseded')}"
    dates = phrase("table.dates", first=first, last=last)
    return question, dates, share_words(item.seen_fraction), reason


def finding_table(
    finding: Finding, observation: Observation, counts: bool, reviews: Sequence[Review], *,
    blind: bool = False,
) -> Table:  # fmt: skip
    """Lay out one finding, with what its observation saw and reviewers said, the latest first.

    With `blind`, neither how probable it is nor what others make of it is told.
    """
    from rich.table import Table

    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.text.sentences import (
        caveat_sentences,
        measured_rows,
        name_of,
        phrase,
    )
    from camp_monitor.report.text.words import (
        area_words,
        confidence_words,
        explanation_pairs,
        interval_words,
        kind_words,
        position_words,
        review_words,
        share_words,
        unseen_words,
    )

    area, interval = area_words(finding)
    west, south, east, north = finding.geometry.bounds
    seen, unseen = share_words(observation.seen_fraction), unseen_words(observation)
    seen = phrase("show.seen", share=seen)
    where = phrase("show.where", west=west, east=east, south=south, north=north)
    facility = phrase(
        "show.facility", facility=finding.facility_id, version=finding.outline_version
    )
    every = ((item.measurements, item.caveats) for item in (finding, observation))
    measured = dict.fromkeys(row for pair in every for row in measured_rows(*pair))
    if blind:
        measured = dict.fromkeys(measured_rows(without_score(finding.measurements)))
    told = () if blind else (*finding.caveats, *observation.caveats)
    caveats = dict.fromkeys(caveat_sentences(told))
    named = [
        ("finding", finding.id),
        ("change", f"{kind_words(finding.kind)}, {position_words(finding)}"),
        ("facility", facility),
        ("when", interval_words(finding.before, finding.after)),
        ("area", f"{area} ({interval})"),
        *(() if blind else (("confidence", confidence_words(finding)),)),
        *(("review", review_words(item)) for item in (() if blind else reversed(reviews))),
        ("where", where),
        ("seen", f"{seen}; {unseen}" if unseen else seen),
        ("method", finding.method),
    ]
    if not counts:
        named.insert(1, ("superseded", phrase("show.superseded")))
    rows = [
        *((name_of("column", key), value) for key, value in named),
        *_scene_rows(name_of("column", "before"), finding.before),
        *_scene_rows(name_of("column", "after"), finding.after),
        *measured,
        *(() if blind else explanation_pairs(finding)),
        *((name_of("column", "caveat"), text) for text in caveats),
    ]
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", overflow="fold", max_width=24)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(legible(name), legible(value))
    return table


def without_score(measured: Measurements) -> Measurements:
    """Leave out how strong the evidence of a finding is."""
    return tuple(one for one in measured if one[0].partition(":")[0] != Measure.STRENGTH)


def _scene_rows(name: str, scene: SceneReference) -> list[tuple[str, str]]:
    return [
        (name, f"{scene.id}, {scene.sensor}, {scene.dates}"),
        ("", f"{scene.credit} ({scene.licence})"),
        *(("", text) for text in scene.sha256),
    ]
