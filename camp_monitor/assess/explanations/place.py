"""What alternative explanations are examined on: a region, its surroundings, both dates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.notes import Note, note
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.blocks import by_blocks, spread_out, strips
from camp_monitor.scenes.image import Image, Quality, flagged
from camp_monitor.scenes.sar.backscatter import despeckled
from camp_monitor.scenes.scene import Scene
from camp_monitor.scenes.sensors import PHYSICAL, is_sar
from camp_monitor.scenes.stored import is_large, picked

AROUND_M = 300.0
"""The surroundings of a region reach this far, but ..."""
LEAST_AROUND_PX, MOST_AROUND_PX = 20, 60
"""... at least and at most this far, pixels, ..."""
GAP_PX = 2
"""... and begin this far from its edge, which may hold a part of the change."""
LEAST_PIXELS_AROUND = 50
"""Fewer usable pixels around a region than this tell nothing of its surroundings."""
SAMPLE_PIXELS = 100_000
FAR_PX = 256
"""In a large image nothing is told to lie further off than this."""
CLOUDY = Quality.CLOUD | Quality.SHADOW | Quality.CIRRUS

Window = tuple[slice, slice]
"""Rows and columns of a grid."""


@dataclass(frozen=True, eq=False)
class Maps:
    """What is worked out once for all findings of a pair.

    Parameters
    ----------
    pair : Pair
    before_scene, after_scene : Scene
    noise : ndarray
        float32, (band,): spread of the change of all usable ground, in the unit of the pixels; 1
        of a mixed pair, whose numbers do not compare.
    cloud_m, snow_m : ndarray or None
        float32, (row, col): metres to the nearest pixel flagged as cloud, cirrus or cloud shadow,
        and as snow, on either date; None where none is flagged.
    """

    pair: Pair
    before_scene: Scene
    after_scene: Scene
    noise: NDArray[np.float32]
    cloud_m: NDArray[np.float32] | None
    snow_m: NDArray[np.float32] | None


@dataclass(frozen=True, eq=False)
class Place:
    """One region, its surroundings and both dates, in a window of the grid.

    Parameters
    ----------
    maps : Maps
    window : (slice, slice)
    kind : str
        Of change.
    inside, around : ndarray of bool
        (row, col): the region's usable pixels and those of its surroundings.
    before, after, matched : ndarray
        float32, (band, row, col): the two dates, each in its own bands, and the after date at the
        brightness of the before date.  Of radar with speckle averaged, and `matched` is `after`.
    width_px : float
        Of the widest disc that fits into the region.
    """

    maps: Maps
    window: Window
    kind: str
    inside: NDArray[np.bool_]
    around: NDArray[np.bool_]
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    matched: NDArray[np.float32]
    width_px: float

    @property
    def pair(self) -> Pair:
        """The pair."""
        return self.maps.pair

    @property
    def width_m(self) -> float:
        """Width of the region, metres."""
        return self.width_px * self.pair.pixel_m

    @property
    def physical(self) -> bool:
        """Whether the numbers are reflectances or decibels."""
        return self.pair.before.quantity in PHYSICAL

    @property
    def untestable(self) -> Note | None:
        """Why nothing can be measured here; None where it can."""
        inside, around = int(self.inside.sum()), int(self.around.sum())
        if inside == 0:
            return note(Code.REGION_UNUSABLE)
        if around < LEAST_PIXELS_AROUND:
            return note(Code.SURROUNDINGS_UNUSABLE, around_px=around, least_px=LEAST_PIXELS_AROUND)
        return None

    def band(self, pixels: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        """Return one band, (row, col), of `before`, `after` or `matched`."""
        return pixels[self.pair.bands.index(name)]


def prepare(pair: Pair, before: Scene, after: Scene) -> Maps:
    """Work out what all findings of a pair share.

    Parameters
    ----------
    pair : Pair
    before, after : Scene
        The scenes of the pair, for the sun, the view, the satellite and the dates.
    """
    first, second = pair.before.pixels, pair.after_matched
    noise = np.ones(len(pair.bands), np.float32)
    where = spread_out(pair.usable, SAMPLE_PIXELS)
    for number in range(0 if pair.mixed or not where.size else noise.size):
        earlier = picked(first[number], where)
        values = picked(second[number], where) - earlier
        spread = 1.4826 * np.median(np.abs(values - np.median(values)))
        floor = 1e-3 * float(np.ptp(earlier))
        noise[number] = max(float(spread), floor, 1e-6)
    clouds, snow = _distance_m(pair, CLOUDY), _distance_m(pair, Quality.SNOW)
    return Maps(pair, before, after, noise, clouds, snow)


def look(maps: Maps, where: NDArray[np.bool_], window: Window, kind: str) -> Place:
    """Cut a region and its surroundings out of the maps.

    Parameters
    ----------
    maps : Maps
    where : ndarray of bool
        (row, col) of `window`: the region's pixels, at least one.
    window : (slice, slice)
        Of the pair's grid, with plain starts and stops.
    kind : str
    """
    from scipy import ndimage

    pair = maps.pair
    reach = int(np.clip(round(AROUND_M / pair.pixel_m), LEAST_AROUND_PX, MOST_AROUND_PX))
    wide = tuple(
        slice(max(part.start - reach, 0), min(part.stop + reach, size))
        for part, size in zip(window, pair.usable.shape, strict=True)
    )
    place: Window = (wide[0], wide[1])
    region = np.zeros((place[0].stop - place[0].start, place[1].stop - place[1].start), bool)
    top, left = window[0].start - place[0].start, window[1].start - place[1].start
    region[top : top + where.shape[0], left : left + where.shape[1]] = where
    usable = pair.usable[place]
    before, after = _cut(pair.before, place), _cut(pair.after, place)
    far = ndimage.distance_transform_edt(~region)
    deep = ndimage.distance_transform_edt(np.pad(where, 1))
    return Place(
        maps=maps,
        window=place,
        kind=kind,
        inside=region & usable,
        around=(far > GAP_PX) & (far <= reach) & usable,
        before=before,
        after=after,
        matched=after if is_sar(pair.bands) else pair.after_matched[(slice(None), *place)],
        width_px=max(2 * float(deep.max()) - 1, 1.0),
    )


def _cut(image: Image, window: Window) -> NDArray[np.float32]:
    """Pixels of a window; of radar with speckle averaged."""
    pixels = image.pixels[(slice(None), *window)]
    if not is_sar(image.bands):
        return pixels
    part = Image(pixels, image.bands, image.quantity, image.flags[window], image.grid[window])
    return despeckled(part).pixels


def _distance_m(pair: Pair, flag: Quality) -> NDArray[np.float32] | None:
    """Metres to the nearest pixel that has the flag on either date; None where none has."""
    from scipy import ndimage

    near = np.empty(pair.usable.shape, bool)
    for rows in strips(near.shape):
        near[rows] = flagged(pair.before.flags[rows] | pair.after.flags[rows], flag)
    if not near.any():
        return None

    def distance_m(part: NDArray[np.bool_]) -> NDArray[np.float32]:
        if not part.any():
            return np.full(part.shape, FAR_PX * pair.pixel_m, np.float32)
        return (ndimage.distance_transform_edt(~part) * pair.pixel_m).astype(np.float32)

    if not is_large(near.shape):
        return distance_m(near)
    far_m = np.float32(FAR_PX * pair.pixel_m)
    return by_blocks(
        lambda part: np.minimum(distance_m(part), far_m),
        near,
        halo_px=FAR_PX,
        side_px=8 * FAR_PX,
        in_file=True,
    )
