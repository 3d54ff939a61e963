"""The pictures of a map: of the pair that it shows, and of other dates of the series."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from shapely.geometry.base import BaseGeometry

from camp_monitor.assess.question import recall
from camp_monitor.codes import Audience
from camp_monitor.errors import SceneError
from camp_monitor.events.events import Event
from camp_monitor.pairs.pair import CORRECTED_FROM_PX
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference, days_between
from camp_monitor.report.map.event_list import leading
from camp_monitor.report.picture import (
    LONGEST_SIDE_PX,
    MapImage,
    render_beside,
    render_image,
    render_pair,
)
from camp_monitor.report.redaction.redact import ALL_IS_SHOWN, Rules, redacted
from camp_monitor.report.text.sentences import error_text, phrase
from camp_monitor.scenes.coregistration import measure_shift
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.reading import read_image
from camp_monitor.scenes.scene import Scene

WEB_MERCATOR = "EPSG:3857"
RIM_FRACTION = 0.1
"""Ground shown round the searched area, as a share of its size."""
MOST_DATES = 10
"""A map holds pictures of so many dates, unless it is told otherwise."""

Scenes = tuple[SceneReference, SceneReference]


@dataclass(frozen=True, eq=False)
class Pictures:
    """What a map shows of its images.

    Parameters
    ----------
    before, after : MapImage or None
        Of the pair; None where the catalogue lacks the image.
    others : tuple of MapImage
        Of other dates, in order of time, on the same grid.
    notes : tuple of str
        What could not be shown.
    """

    before: MapImage | None
    after: MapImage | None
    others: tuple[MapImage, ...] = ()
    notes: tuple[str, ...] = ()


def choose_others(
    pair: Scenes, observations: Sequence[Observation], events: Sequence[Event], most: int
) -> list[SceneReference]:
    """Choose the other dates of a series whose pictures a map holds.

    Those between which the leading events came are first, in the order of rank; then, one by one,
    the date that lies farthest in time from all that are chosen.

    Parameters
    ----------
    pair : (SceneReference, SceneReference)
        Whose pictures the map holds in any case.
    observations : sequence of Observation
        All of the facility: their scenes are the series.
    events : sequence of Event
    most : int
        How many pictures there may be, those of the pair counted.

    Returns
    -------
    list of SceneReference
        In order of time.
    """
    series = {scene for item in observations for scene in (item.before, item.after)}
    left = sorted(series - {*pair}, key=lambda scene: (scene.last_instant, scene.id))
    telling = [
        scene
        for event in leading(events)
        for scene in (event.largest.before, event.largest.after)
        if scene in left
    ]
    chosen = list(dict.fromkeys(telling))[: max(most - len(pair), 0)]
    left = [scene for scene in left if scene not in chosen]
    while left and len(chosen) + len(pair) < most:
        taken = (*pair, *chosen)
        farthest = max(left, key=lambda scene: min(days_between(scene, one) for one in taken))
        chosen.append(farthest)
        left.remove(farthest)
    return sorted(chosen, key=lambda scene: (scene.last_instant, scene.id))


def read_pictures(
    scenes: Mapping[str, Scene],
    pair: Scenes,
    area: BaseGeometry,
    others: Sequence[SceneReference] = (),
    rules: Rules = ALL_IS_SHOWN,
) -> Pictures:
    """Read the images of a map, laid on the first of the pair as a comparison lays them.

    Parameters
    ----------
    scenes : mapping of str to Scene
        The catalogue, by id.
    pair : (SceneReference, SceneReference)
    area : shapely geometry
        What was searched, EPSG:4326.
    others : sequence of SceneReference
        Further dates; those that the catalogue lacks are left out.
    rules : Rules
        How scenes are named in the notes; pixels are `redacted`'s to leave out.
    """
    first, second = (recall(scenes, reference) for reference in pair)
    finest_m = min((scene.pixel_m for scene in (first, second) if scene), default=10.0)
    grid = page_grid(area, finest_m)
    notes = tuple(
        phrase("map.not_here", scene=redacted(reference, rules).id)
        for reference, scene in zip(pair, (first, second), strict=True)
        if scene is None
    )
    if first is None or second is None:
        shown = [
            render_image(read_image(scene, grid), reference) if scene else None
            for reference, scene in zip(pair, (first, second), strict=True)
        ]
        further, unread = _read_others(scenes, others, grid, None, rules)
        return Pictures(shown[0], shown[1], further, (*notes, *unread))
    before, after = read_image(first, grid), read_image(second, grid)
    if _are_alike(before, after):
        after = _laid_on(before, second, after)
        drawn = render_pair(before, after, *pair)
    else:
        drawn = render_image(before, pair[0]), render_image(after, pair[1])
    further, unread = _read_others(scenes, others, grid, (before, after), rules)
    return Pictures(*drawn, further, (*notes, *unread))


def _read_others(
    scenes: Mapping[str, Scene],
    references: Sequence[SceneReference],
    grid: GeoBox,
    pair: tuple[Image, Image] | None,
    rules: Rules,
) -> tuple[tuple[MapImage, ...], list[str]]:
    """Read the pictures of further dates, rendered as the pair is; say which cannot be read."""
    drawn, unread = [], []
    for reference in references:
        scene = recall(scenes, reference)
        if scene is None:
            continue
        try:
            image = read_image(scene, grid)
            if pair is None:
                drawn.append(render_image(image, reference))
            else:
                drawn.append(render_beside(_laid_on(pair[0], scene, image), reference, pair))
        except SceneError as error:
            name = redacted(reference, rules).id
            if rules.audience == Audience.INTERNAL:
                unread.append(phrase("map.unread", scene=name, detail=error_text(error)))
            else:
                unread.append(phrase("map.not_here", scene=name))
    return tuple(drawn), unread


def _are_alike(one: Image, other: Image) -> bool:
    """Whether two images hold the same bands of the same quantity."""
    return one.bands == other.bands and one.quantity == other.quantity


def _laid_on(base: Image, scene: Scene, image: Image) -> Image:
    """Return the image of a scene, read again where it does not lie on another one like it."""
    if not _are_alike(base, image):
        return image
    shift = measure_shift(base, image)
    if not shift.known or shift.length_px <= CORRECTED_FROM_PX:
        return image
    return read_image(scene, image.grid, (shift.shift_rows_px, shift.shift_columns_px))


def page_grid(area: BaseGeometry, pixel_m: float) -> GeoBox:
    """Make the grid of a page's pictures: Web Mercator round an area, EPSG:4326.

    Its pixels are as fine on the ground as `pixel_m`, or as coarse as `LONGEST_SIDE_PX` asks for.
    """
    flat = Geometry(area, "EPSG:4326").to_crs(WEB_MERCATOR).boundingbox
    rim = RIM_FRACTION * max(flat.span_x, flat.span_y)
    stretch = 1 / max(math.cos(math.radians(area.centroid.y)), 0.05)
    span = max(flat.span_x, flat.span_y) + 2 * rim
    step = max(pixel_m * stretch, span / (LONGEST_SIDE_PX - 2))
    bounds = (flat.left - rim, flat.bottom - rim, flat.right + rim, flat.top + rim)
    return GeoBox.from_bbox(bounds, WEB_MERCATOR, resolution=step, tight=True)
