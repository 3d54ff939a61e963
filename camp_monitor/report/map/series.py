"""What a map says of each date whose picture it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.picture import MapImage
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import phrase

MOSTLY_FRACTION = 0.5
"""A date on which less of the outline was seen than this is marked as such."""


def in_order_of_time(pictures: Sequence[MapImage | None]) -> list[MapImage]:
    """Return the pictures that there are, the earliest first."""
    held = [picture for picture in pictures if picture is not None]
    return sorted(held, key=lambda one: (one.reference.last_instant, one.reference.id))


def date_rows(pictures: Sequence[MapImage], looks: Sequence[Observation]) -> list[dict[str, Any]]:
    """Return what the slider says of each picture, and where the picture lies.

    Parameters
    ----------
    pictures : sequence of MapImage
    looks : sequence of Observation
        Of the facility: what was seen of a date is what the best look at it saw.
    """
    return [
        {
            "date": words.date_words(picture.reference),
            "sensor": words.sensor_words(picture.reference),
            "credit": picture.reference.credit,
            "bounds": [
                [picture.south_deg, picture.west_deg],
                [picture.north_deg, picture.east_deg],
            ],
            **_seen(picture.reference, looks),
        }
        for picture in pictures
    ]


def _seen(scene: SceneReference, looks: Sequence[Observation]) -> dict[str, Any]:
    """Say how much of the outline was seen on a date, or why nothing was."""
    own = [look for look in looks if scene in (look.before, look.after)]
    if not own:
        return {"seen": "", "hidden": False}
    best = max(own, key=lambda look: (look.seen_fraction, look.after == scene, look.id))
    hidden = best.seen_fraction < MOSTLY_FRACTION
    if best.outcome == "not_seen":
        return {"seen": phrase("map.date_not_seen", why=words.unseen_words(best)), "hidden": True}
    share = words.share_words(best.seen_fraction)
    name = "map.date_mostly_hidden" if hidden else "overview.seen"
    return {"seen": phrase(name, share=share), "hidden": hidden}
