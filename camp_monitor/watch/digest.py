"""The digest: what is new, by place, in words that a tired reader takes in at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from camp_monitor.codes import Verdict
from camp_monitor.errors import CampMonitorError
from camp_monitor.events.ranking import CLASSES, class_of, score_of
from camp_monitor.facilities import find_facility
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.records.finding import Finding
from camp_monitor.report.export.tables import legible
from camp_monitor.report.redaction.redact import Rules, redacted, rules_of
from camp_monitor.report.text.sentences import (
    caveat_sentences,
    explanation_rows,
    phrase,
)
from camp_monitor.report.text.words import (
    area_words,
    confidence_words,
    facility_name,
    interval_words,
    reason_words,
    state_words,
)
from camp_monitor.watch.heartbeat import fold, last_told_at, seen_words
from camp_monitor.watch.news import GROWN, WITHDRAWN, News, NewsItem, by_place, what_is_new
from camp_monitor.watch.outbox import Message
from camp_monitor.watch.pictures import Pictures, draw_pictures
from camp_monitor.workspace import Workspace

MOST_IN_FULL = 12
"""Events of which all is said; of the others, a line each."""
MOST_CAVEATS = 2


def compose_digest(workspace: Workspace, ledger: Ledger, now: datetime) -> Message | None:
    """Put what is new since the last message into words; None when nothing is.

    Parameters
    ----------
    workspace : Workspace
    ledger : Ledger
        Of the workspace; it is only read.
    now : datetime
        With a time zone; tells which facility was not seen for long.

    Returns
    -------
    Message or None
        With figures and maps where they can be drawn and passed on.
    """
    news = what_is_new(ledger, provisional=workspace.configuration.notification.provisional)
    if not news.items:
        return None
    audience = workspace.configuration.report.audience
    rules = rules_of(workspace, {item.finding.facility_id for item in news.items}, audience)
    items = [redacted(item, rules[item.finding.facility_id]) for item in news.items]
    ranked = sorted(items, key=_rank)
    places = by_place(ranked)
    full = ranked[:MOST_IN_FULL]
    pictures = draw_pictures(workspace, by_place(full))
    simulated = any(item.finding.simulated for item in news.items)
    counts: dict[str, Any] = {"events": len(news.items), "facilities": len(places)}
    since = last_told_at(ledger, now)
    parts = [phrase("digest.simulated")] if simulated else []
    parts += _withheld_words(rules.values())
    parts.append(
        phrase("digest.new_since", on=since[:10], **counts)
        if since
        else phrase("digest.new", **counts)
    )
    for facility_id, items in places.items():
        parts.append(_place_words(workspace, facility_id, items, full, pictures))
    parts.append(fold([phrase("digest.not_seen"), *seen_words(workspace, ledger, now)]))
    parts.append(_closing_words(news, ranked[0]))
    parts.append(fold([phrase("ledger.head", head=ledger.head_sha256())]))
    title = _title(workspace, ranked, is_simulated=simulated)
    told = tuple((item.id, item.said) for item in news.items)
    return Message("digest", title, "\n\n".join(parts) + "\n", pictures.attachments, told)


def _withheld_words(rules: Iterable[Rules]) -> list[str]:
    """Say what is left out for the audience of the settings; nothing where nothing is."""
    said = dict.fromkeys(line for one in rules for line in one.withheld.sentences()[:1])
    return [fold(list(said))] if said else []


def _rank(item: NewsItem) -> tuple[Any, ...]:
    """Sort as every list of events does; what was withdrawn comes last."""
    if item.event is None:
        return (len(CLASSES), 0.0, item.finding.facility_id, item.id)
    rank = CLASSES.index(class_of(item.event))
    return (rank, -score_of(item.event), item.finding.facility_id, item.id)


def _title(workspace: Workspace, items: Sequence[NewsItem], *, is_simulated: bool) -> str:
    """Name place, kind and size of what leads, and count the rest."""
    first, *others = items
    title = phrase(
        "digest.title_more" if others else "digest.title",
        place=legible(_name(workspace, first.finding.facility_id)),
        kind=first.kind,
        area=area_words(first.finding)[0],
        events=len(others),
    )
    return phrase("digest.title_simulated", title=title) if is_simulated else title


def _place_words(
    workspace: Workspace,
    facility_id: str,
    items: Sequence[NewsItem],
    full: Sequence[NewsItem],
    pictures: Pictures,
) -> str:
    """Tell what is new at one facility."""
    name = _name(workspace, facility_id)
    heading = name if name == facility_id else f"{name} ({facility_id})"
    lines = [f"== {legible(heading)} =="]
    if facility_id in pictures.of_places:
        lines.append(pictures.of_places[facility_id])
    parts = [fold(lines)]
    told = [item for item in items if item in full]
    strong = [item for item in told if item.event is not None and item.event.is_strong]
    parts += [_item_words(item, pictures) for item in told if item not in strong]
    if strong:
        parts.append(fold([phrase("digest.strong")]))
        parts += [_item_words(item, pictures) for item in strong]
    short = [
        phrase(
            "digest.short", event=item.id, kind=item.kind, state=_said_words(item),
            dates=_dates_words(item),
        )
        for item in items
        if item not in full
    ]  # fmt: skip
    if short:
        parts.append(fold([phrase("digest.in_short"), *short]))
    return "\n\n".join(parts)


def _item_words(item: NewsItem, pictures: Pictures) -> str:
    """Tell all of one event."""
    finding, dates = item.finding, _dates_words(item)
    head = phrase("digest.head", kind=item.kind, state=_said_words(item), event=item.id)
    look = phrase("digest.look", finding=finding.id)
    if item.event is None:
        return fold([head]) + "\n" + fold([phrase("digest.withdrawn", dates=dates), look], "  ")
    area, interval = area_words(finding)
    lines = [
        phrase("digest.came", dates=dates),
        phrase("digest.area", area=area, interval=interval, position=finding.position),
        phrase("digest.confidence", confidence=confidence_words(finding)),
        phrase("digest.state", reasons=legible(reason_words(item.event.reasons))),
        *_doubt_words(finding),
    ]
    if item.id in pictures.of_events:
        lines.append(pictures.of_events[item.id])
    return fold([head]) + "\n" + fold([*lines, look], "  ")


def _said_words(item: NewsItem) -> str:
    """Say what became of it, and whether that is another thing than what was told."""
    if item.said == WITHDRAWN or item.event is None:
        return phrase("digest.withdrawn_state")
    state = state_words(item.event)
    if GROWN in item.said.split(", "):
        state = phrase("digest.grown", state=state)
    return state if item.is_first else phrase("digest.now", state=state)


def _dates_words(item: NewsItem) -> str:
    if item.event is None:
        return interval_words(item.finding.before, item.finding.after)
    return interval_words(*item.event.came)


def _doubt_words(finding: Finding) -> list[str]:
    """Say what would make it wrong: explanations that are possible, then the first caveats."""
    possible = [one for one in finding.explanations if one.verdict == Verdict.POSSIBLE]
    causes = [legible(cause) for cause, _, _ in explanation_rows(possible)]
    doubts = [phrase("digest.may_be", causes=causes)] if causes else []
    doubts += map(legible, caveat_sentences(finding.caveats)[:MOST_CAVEATS])
    return [phrase("digest.doubts", doubts=" ".join(doubts))] if doubts else []


def _closing_words(news: News, first: NewsItem) -> str:
    """Say what is kept back, what to do next, and who made the images."""
    lines = []
    if news.kept_back:
        kept_back = phrase("digest.kept_back", events=news.kept_back)
        lines += [kept_back, "  camp-monitor events list", ""]
    review = f"  camp-monitor findings review {first.finding.id} --verdict confirmed"
    lines += [phrase("digest.preliminary"), phrase("digest.review"), f"{review} --by YOU", ""]
    scenes = [scene for item in news.items for scene in (item.finding.before, item.finding.after)]
    owners = {(legible(scene.credit).strip(), legible(scene.licence).strip()) for scene in scenes}
    credits = sorted(
        phrase("digest.credit", credit=credit, licence=licence)
        if licence
        else phrase("digest.unlicensed", credit=credit)
        for credit, licence in owners
    )
    return fold([*lines, phrase("digest.images", credits="; ".join(credits))])


def _name(workspace: Workspace, facility_id: str) -> str:
    try:
        return facility_name(find_facility(workspace.aoi, facility_id))
    except CampMonitorError:  # the registry lost it; the ledger did not
        return facility_id
