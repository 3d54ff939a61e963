"""Figures and maps that go with a digest: few, small, and only what a licence lets pass on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from camp_monitor.errors import CampMonitorError
from camp_monitor.records.finding import Finding
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.export.tables import legible
from camp_monitor.report.figure.finding_figure import draw_finding_figure
from camp_monitor.report.map.facility_map import draw_facility_map
from camp_monitor.report.redaction.licences import is_open as is_open_licence
from camp_monitor.report.text.sentences import error_text, phrase
from camp_monitor.watch.news import NewsItem
from camp_monitor.watch.outbox import Attachment
from camp_monitor.workspace import Workspace

MOST_FIGURES = 6
MOST_MAPS = 3
WIDTH_MM = 120.0
LARGEST_BYTES = 3_000_000
"""Of one attachment."""
LARGEST_TOTAL_BYTES = 7_000_000
"""Of all of a message: mail makes a third more of it, and many servers take no more than 10 MB."""


@dataclass(frozen=True)
class Pictures:
    """What was drawn, and what to say of each.

    Parameters
    ----------
    attachments : tuple of Attachment
    of_events : dict
        By the id of an event: ``Figure of ...: E1-construction.png``, or why there is none.
    of_places : dict
        Likewise of maps, by the id of a facility.
    """

    attachments: tuple[Attachment, ...]
    of_events: Mapping[str, str]
    of_places: Mapping[str, str]


def draw_pictures(workspace: Workspace, places: Mapping[str, Sequence[NewsItem]]) -> Pictures:
    """Draw a figure of each event and a map of each place, as far as a message can hold them.

    What cannot be drawn is said instead, and keeps nothing else back.
    """
    attachments: list[Attachment] = []
    of_events, of_places = {}, {}
    for facility_id, items in places.items():
        shown = [item.finding for item in items if item.event and item.said != "dismissed"]
        if not shown:
            continue
        newest = max(shown, key=lambda finding: (finding.after.acquired_to_at, finding.id))
        same = [item.id for item in shown if _pair(item) == _pair(newest)]
        of_places[facility_id] = _attach(
            attachments,
            f"{re.sub('[^a-z0-9-]', '-', facility_id)}-map.html",
            newest,
            MOST_MAPS,
            partial(_draw_map, workspace, same),
        )
    for item in (item for items in places.values() for item in items):
        if item.event is None or item.said == "dismissed":
            continue
        of_events[item.id] = _attach(
            attachments,
            f"{item.id}-{item.finding.kind}.png",
            item.finding,
            MOST_FIGURES,
            partial(_draw_figure, workspace, item.finding.id),
        )
    return Pictures(tuple(attachments), of_events, of_places)


def is_open(*scenes: SceneReference) -> bool:
    """Whether the licences of all these scenes let their pixels be passed on."""
    return all(is_open_licence(scene.licence) for scene in scenes)


def _draw_map(workspace: Workspace, finding_ids: Sequence[str]) -> bytes:
    pair_alone = 2  # only the licences of the pair were looked at
    return draw_facility_map(workspace, finding_ids, most_dates=pair_alone).html.encode()


def _draw_figure(workspace: Workspace, finding_id: str) -> bytes:
    figure = draw_finding_figure(workspace, finding_id, file_format="png", width_mm=WIDTH_MM)
    return figure.content


def _attach(
    attachments: list[Attachment],
    name: str,
    finding: Finding,
    most: int,
    draw: Callable[[], bytes],
) -> str:
    """Draw one picture and add it; return what to say of it."""
    suffix = name.rpartition(".")[2]
    if sum(item.name.endswith(suffix) for item in attachments) >= most:
        return phrase("picture.too_many", picture=suffix, most=most)
    if not is_open(*_pair(finding)):
        return phrase("picture.licence", picture=suffix)
    try:
        content = draw()
    except Exception as error:  # whatever it was: a picture is less than the message
        if isinstance(error, CampMonitorError):
            return phrase("picture.failed", picture=suffix, detail=legible(error_text(error)))
        return phrase("picture.broken", picture=suffix, error=type(error).__name__)
    total = sum(len(item.content) for item in attachments)
    if len(content) > LARGEST_BYTES or total + len(content) > LARGEST_TOTAL_BYTES:
        return phrase("picture.too_large", picture=suffix, size_mb=len(content) / 1e6)
    attachments.append(Attachment(name, content))
    return phrase(
        f"picture.{suffix}", before=finding.before.dates, after=finding.after.dates, file=name
    )


def _pair(finding: Finding) -> tuple[SceneReference, SceneReference]:
    return finding.before, finding.after
