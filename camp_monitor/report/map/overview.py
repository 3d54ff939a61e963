"""The overview: every facility of a registry on one page, with what scans found at each.

There is no base map, because none may be asked for over the network: the page draws outlines to
scale over coast, borders and lines of longitude and latitude.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from markupsafe import Markup, escape
from shapely.geometry import mapping

from camp_monitor.facilities import Facility, Outline, read_registry
from camp_monitor.ledger.lists import open_lists
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.records.finding import Finding
from camp_monitor.records.kinds import KINDS
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, rejected_ids
from camp_monitor.report.map import symbols
from camp_monitor.report.map.locator import land_for
from camp_monitor.report.map.page import make_page
from camp_monitor.report.redaction.redact import choose_audience, without_place
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import choose_language, in_language, name_of, phrase
from camp_monitor.workspace import AnyWorkspace, open_workspace

STATES = ("findings", "looked", "not_seen", "never")
"""What is known of a facility, most first."""

SHAPE_DECIMALS = 5
"""Decimals of a degree kept of an outline here: about a metre on the ground."""

MOST_IDS = 5_000
"""The search knows so many findings by their ids: those recorded last."""

MOST_OPEN = 12
"""A group of the list with more facilities than this starts closed, unless it is the only one."""


@dataclass(frozen=True)
class Overview:
    """An overview page and what to say of it.

    Parameters
    ----------
    html : str
        The whole page.
    headline : str
        How many facilities there are, and what is known of them.
    """

    html: str
    headline: str


def draw_workspace_overview(
    workspace: AnyWorkspace, *, language: str | None = None, audience: str | None = None
) -> Overview:
    """Draw the overview of a workspace: its registry and, if there is one, its ledger.

    Parameters
    ----------
    workspace : Workspace, Path or str
    language : str or None
        ``en`` or ``ko``; None: as the settings say.
    audience : str or None
        ``internal``, ``partner`` or ``public``; None: as the settings say.

    Raises
    ------
    FacilityError, LedgerError
        A facility file or the ledger cannot be read.
    """
    workspace = open_workspace(workspace)
    facilities = read_registry(workspace.aoi)
    settings = workspace.configuration.report
    with in_language(choose_language(language, workspace.configuration.language)):
        readers = choose_audience(audience, settings)
        shown = tuple(without_place(one, readers, settings) for one in facilities)
        withheld = any(
            one.outlines and not seen.outlines for one, seen in zip(facilities, shown, strict=True)
        )
        if not workspace.has_ledger:
            return _draw(shown, {}, frozenset(), simulated=False, withheld=withheld)
        with open_ledger_of(workspace, reading=True) as ledger, open_lists(ledger) as lists:
            counted, newest = lists.by_kind(), lists.newest()
            rejected, simulated = lists.rejected_ids(), lists.is_simulated()
            ids, head = lists.last_recorded(MOST_IDS), ledger.head_sha256()
        known, is_cut = _Known.of(counted, newest, ids), len(ids) == MOST_IDS
        return _draw(shown, known, rejected, simulated, is_cut=is_cut, withheld=withheld, head=head)


def draw_overview(
    facilities: Sequence[Facility],
    observations: Sequence[Observation],
    findings: Sequence[Finding],
    *,
    reviews: Sequence[Review] = (),
    simulated: bool = False,
    head: str = "",
) -> Overview:
    """Draw the overview of facilities.

    Parameters
    ----------
    facilities : sequence of Facility
        Those without an outline are listed, and not on the map.
    observations, findings : sequence
        Those that count, of any facility; those of facilities that are not given are left out.
    reviews : sequence of Review
        Findings whose latest review rejects them are counted apart.
    simulated : bool
        Marks the page as showing painted scenes.
    head : str
        Of the ledger that they were read from; empty without one.

    Returns
    -------
    Overview
        The same inputs give the same page.
    """
    rejected = rejected_ids(reviews)
    counted = Counter(
        (item.facility_id, item.kind, item.id in rejected)
        for item in findings
        if not item.candidate
    )
    newest = sorted(findings, key=lambda one: (one.after.acquired_to_at, one.id), reverse=True)
    ids = [(item.facility_id, item.id) for item in newest[:MOST_IDS]]
    known = _Known.of(counted, observations, ids)
    is_cut = len(findings) > MOST_IDS
    return _draw(facilities, known, rejected, simulated, is_cut=is_cut, head=head)


@dataclass(frozen=True)
class _Known:
    """What is known of one facility.

    Parameters
    ----------
    counts : mapping of str to (int, int)
        By kind: findings that count, and those of them that a reviewer rejected.
    observations : sequence of Observation
        That count; at least those with the newest scenes.
    ids : sequence of str
        Of findings, which the search knows.
    """

    counts: Mapping[str, tuple[int, int]]
    observations: Sequence[Observation]
    ids: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        counted: Mapping[tuple[str, str, bool], int],
        observations: Iterable[Observation],
        ids: Iterable[tuple[str, str]],
    ) -> dict[str, _Known]:
        """Sort what is known by facility; findings are counted by facility, kind and rejection.

        Ids of findings come after those of their facilities.
        """
        kinds: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
        for (facility, kind, is_rejected), count in counted.items():
            found, rejected = kinds[facility].get(kind, (0, 0))
            kinds[facility][kind] = found + count, rejected + count * is_rejected
        looks: dict[str, list[Observation]] = defaultdict(list)
        for look in observations:
            looks[look.facility_id].append(look)
        named: dict[str, list[str]] = defaultdict(list)
        for facility, finding_id in ids:
            named[facility].append(finding_id)
        for found_ids in named.values():
            found_ids.sort()
        return {key: cls(kinds[key], looks[key], named[key]) for key in {*kinds, *looks}}


def _draw(
    facilities: Sequence[Facility],
    known: Mapping[str, _Known],
    rejected: frozenset[str],
    simulated: bool,
    *,
    is_cut: bool = False,
    withheld: bool = False,
    head: str = "",
) -> Overview:
    entries = [
        _entry(facility, known.get(facility.id, _Known({}, ())), rejected)
        for facility in sorted(facilities, key=lambda facility: facility.id)
    ]
    entries.sort(key=lambda entry: (STATES.index(entry["state"]), -entry["standing"]))
    placed = [entry for entry in entries if entry["shape"]]
    headline = _headline(entries)
    heading = phrase("overview.title", facilities=words.facilities_words(len(entries)))
    content = {
        "title": phrase("simulated.title", title=heading) if simulated else heading,
        "heading": heading,
        "headline": headline,
        "groups": _groups(entries),
        "cut_ids": MOST_IDS if is_cut else 0,
        "simulated": simulated,
        "head": phrase("ledger.head", head=head) if head else "",
        "withheld": phrase("overview.withheld") if withheld else "",
        "hatches": Markup(symbols.hatches_svg()),
    }
    land = land_for([(entry["at"][1], entry["at"][0]) for entry in placed])
    content["has_land"] = bool(land["features"])
    label = phrase("overview.map")
    drawn = [{key: entry[key] for key in entry if key != "search"} for entry in placed]
    data, ground = (
        json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        for content in (drawn, land)
    )
    html = make_page(
        content,
        map_element=f'<div id="overview" role="region" aria-label="{escape(label)}"></div>',
        map_script=f"campOverview.start({data}, {ground});",
        name="overview",
    )
    return Overview(html, headline)


def _headline(entries: Sequence[dict[str, Any]]) -> str:
    """Sum the page up in one line, what was never scanned and what has no place included."""
    states = Counter(entry["state"] for entry in entries)
    parts = [
        phrase("overview.count", count=states[state], state=title[0].lower() + title[1:])
        for state in STATES
        if states[state] and (title := name_of("standing", state))
    ]
    unplaced = sum(not entry["shape"] for entry in entries)
    if unplaced:
        parts.append(phrase("overview.unplaced", count=unplaced))
    return " · ".join(parts)


def _groups(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the list prints: one group for each state that occurs."""
    by_state = {
        state: rows
        for state in STATES
        if (rows := [entry for entry in entries if entry["state"] == state])
    }
    return [
        {
            "state": state,
            "title": name_of("standing", state),
            "rows": rows,
            "open": len(rows) <= MOST_OPEN or len(by_state) == 1,
        }
        for state, rows in by_state.items()
    ]


def _entry(facility: Facility, known: _Known, rejected: frozenset[str]) -> dict[str, Any]:
    """Return what the page says of one facility."""
    latest = _latest_of_each_question(known.observations)
    found, apart = (sum(pair[one] for pair in known.counts.values()) for one in (0, 1))
    standing = found - apart
    state = "never"
    if standing:
        state = "findings"
    elif any(item.outcome != "not_seen" for item in latest):
        state = "looked"
    elif latest:
        state = "not_seen"
    return {
        "id": facility.id,
        "name": words.facility_name(facility),
        "label": _label(words.facility_name(facility)),
        "otherNames": words.other_names(facility),
        "status": _status_words(facility),
        "state": state,
        "standing": standing,
        "search": _search_words(facility, known.ids),
        "line": words.counted_headline(found, apart, latest) if latest else "",
        "counts": _counts(known.counts),
        "questions": [_answer(item, rejected) for item in latest],
        **_place(facility.outlines[-1] if facility.outlines else None),
    }


def _search_words(facility: Facility, finding_ids: Sequence[str]) -> str:
    """Return what a search finds a facility by, beside what its row says: all names and ids.

    An event bears the digits of its first finding, so that these find it, too.
    """
    names = (facility.id, facility.name, *facility.names_ko, *facility.aliases)
    return " ".join([*names, *finding_ids])


def _place(outline: Outline | None) -> dict[str, Any]:
    """Return where a facility is drawn, and how; nothing without an outline."""
    if outline is None:
        return {"shape": None}
    shape = shapely.transform(outline.geometry, lambda points: points.round(SHAPE_DECIMALS))
    centre = outline.geometry.centroid
    return {
        "shape": mapping(shape),
        "at": [round(centre.y, SHAPE_DECIMALS), round(centre.x, SHAPE_DECIMALS)],
        "basis": outline.basis,
        "outline": words.outline_words(outline),
    }


def _latest_of_each_question(observations: Sequence[Observation]) -> list[Observation]:
    """Return for each detector the observation with the newest scene, in the order of `KINDS`."""
    latest: dict[str, Observation] = {}
    for item in sorted(
        observations, key=lambda o: (o.after.acquired_to_at, o.before.acquired_from_at, o.id)
    ):
        latest[item.method.partition("/")[0]] = item
    return sorted(
        latest.values(),
        key=lambda o: (
            KINDS.index(stem) if (stem := o.method.partition("/")[0]) in KINDS else len(KINDS),
            o.method,
        ),
    )


def _counts(counts: Mapping[str, tuple[int, int]]) -> list[list[str]]:
    """Return kind, its name and its count for each kind that was found."""
    return [
        [kind, words.kind_words(kind), words.apart_words(*counts[kind])]
        for kind in KINDS
        if kind in counts
    ]


def _answer(observation: Observation, rejected: frozenset[str]) -> list[str]:
    return [
        words.question_words(observation.method),
        words.outcome_words(observation, rejected),
        words.interval_words(observation.before, observation.after).capitalize(),
        phrase("overview.seen", share=words.share_words(observation.seen_fraction)),
        words.unseen_words(observation),
    ]


def _status_words(facility: Facility) -> str:
    """Say what kind of facility it is and what its sources say of its operation."""
    kind = name_of("facility_type", facility.type)
    status, operation = facility.status, name_of("operation", facility.status.value)
    kind = kind[0].upper() + kind[1:]
    if status.date:
        return phrase("overview.status_dated", type=kind, status=operation, date=status.date)
    return phrase("overview.status", type=kind, status=operation)


def _label(name: str) -> str:
    """Shorten a name for the map: without brackets and without the type of facility."""
    short = re.sub(r"\s*\(.*", "", name, flags=re.DOTALL)
    short = re.sub(r"^(Kyo-hwa-so|Kwan-li-so)\s+|\s*(교화소|관리소)$", "", short) or name
    return short if len(short) <= 40 else f"{short[:39]}…"
