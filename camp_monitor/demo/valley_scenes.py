"""The demo's dates: one valley with a prison in it, seen a dozen times by two sensors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.demo.compound import Compound, Stage, list_structures, place_compound
from camp_monitor.synthetic.camera import Air, Cloud, Seen, observe, pixel_means
from camp_monitor.synthetic.ground import Day, paint_ground, water_fraction
from camp_monitor.synthetic.landscape import Landscape, finer_grid, make_valley
from camp_monitor.synthetic.radar import observe_by_radar
from camp_monitor.synthetic.structures import paint_structures

CELLS = 4
"""Cells along a side of a pixel."""


@dataclass(frozen=True)
class Visit:
    """One date on which a satellite passes.

    Parameters
    ----------
    acquired_at : str
        UTC; the season and the year's crops follow from it.
    sun_deg : (float, float)
        Elevation, and azimuth clockwise from north.
    stage : Stage
        Of the annex.
    river_rise_m : float
        Above the river's usual level.
    air : Air or None
        None for radar, which sees through it.
    shift_px : (float, float)
        How far the picture lies off its place, rows down and columns right.
    """

    acquired_at: str
    sun_deg: tuple[float, float]
    stage: Stage
    river_rise_m: float = 0.0
    air: Air | None = None
    shift_px: tuple[float, float] = (0.0, 0.0)

    @property
    def date(self) -> str:
        """Day of the visit, as ``2016-09-05``."""
        return self.acquired_at[:10]

    @property
    def day(self) -> Day:
        """What the date makes of the ground."""
        at = datetime.fromisoformat(self.acquired_at)
        return Day(
            day_of_year=at.timetuple().tm_yday,
            year_seed=at.year - 2000,
            sun_elevation_deg=self.sun_deg[0],
            sun_azimuth_deg=self.sun_deg[1],
            river_rise_m=self.river_rise_m,
        )


_SCATTERED = (
    Cloud(-330, -430, 190), Cloud(830, 900, 240), Cloud(-1150, 520, 150), Cloud(720, -1180, 130),
)  # fmt: skip
_NIGHT = (0.0, 0.0)
"""Sun of the radar's passes, an hour after sunset."""

VISITS = (
    Visit("2015-09-07T02:17:00Z", (51.4, 160.2), Stage.NONE, air=Air(haze=0.06)),
    Visit("2015-11-16T02:17:00Z", (27.6, 162.0), Stage.NONE, air=Air(0.03), shift_px=(-0.3, 0.2)),
    Visit("2016-01-25T02:17:00Z", (27.0, 161.0), Stage.NONE, air=Air(0.02), shift_px=(0.5, 0.4)),
    Visit("2016-04-24T02:17:00Z", (57.5, 149.0), Stage.EARTHWORKS, air=Air(0.30, gain=1.02)),
    Visit("2016-06-13T02:17:00Z", (66.0, 138.0), Stage.BUILT, air=Air(0.22), shift_px=(0.2, -0.5)),
    Visit("2016-08-02T02:17:00Z", (61.5, 144.0), Stage.BUILT,
          air=Air(0.2, clouds=(Cloud(150, 80, 1250), *_SCATTERED))),
    Visit("2016-08-20T09:31:00Z", _NIGHT, Stage.BUILT),
    Visit("2016-09-01T09:31:00Z", _NIGHT, Stage.BUILT, river_rise_m=1.9, shift_px=(0.1, -0.1)),
    Visit("2016-09-05T02:17:00Z", (51.8, 159.8), Stage.BUILT, river_rise_m=1.75,
          air=Air(haze=0.16, gain=1.03, clouds=_SCATTERED), shift_px=(0.46, -0.63)),
    Visit("2016-09-13T09:31:00Z", _NIGHT, Stage.BUILT),
    Visit("2016-09-25T02:17:00Z", (45.0, 162.0), Stage.BUILT, air=Air(0.08), shift_px=(0.1, 0.3)),
    Visit("2017-09-10T02:17:00Z", (50.4, 160.5), Stage.BUILT, air=Air(0.24, gain=0.98),
          shift_px=(-0.8, 0.55)),
)  # fmt: skip
"""Nine passes of Sentinel-2 through the seasons and three of Sentinel-1 round the flood."""


@dataclass(frozen=True, eq=False)
class ValleyScene:
    """One date's picture, and the water that was there.

    Parameters
    ----------
    visit : Visit
    seen : Seen
    water_share : ndarray
        float32, (row, col): share of the pixel that is open water, 0 to 1, in its true place.
    """

    visit: Visit
    seen: Seen
    water_share: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Valley:
    """Scenes of one valley and the truth about them.

    Parameters
    ----------
    grid : GeoBox
    compound : Compound
    scenes : tuple of ValleyScene
        In the order of the visits.
    """

    grid: GeoBox
    compound: Compound
    scenes: tuple[ValleyScene, ...]

    def scene(self, date: str) -> ValleyScene:
        """Return the scene of a day."""
        return next(scene for scene in self.scenes if scene.visit.date == date)


def paint_valley(grid: GeoBox, seed: int, visits: tuple[Visit, ...] = VISITS) -> Valley:
    """Paint one valley on each of the visits.

    Parameters
    ----------
    grid : GeoBox
        North up, in metres, pixels of about 10 m; the facility is in its middle.
    seed : int
        Another seed is another valley, with other crops and clouds.
    visits : tuple of Visit
        A visit looks the same whichever others there are.
    """
    landscape = make_valley(finer_grid(grid, CELLS), np.random.default_rng(seed))
    compound = place_compound(grid)
    scenes = tuple(_paint(landscape, compound, grid, seed, visit) for visit in visits)
    return Valley(grid, compound, scenes)


def _paint(
    landscape: Landscape, compound: Compound, grid: GeoBox, seed: int, visit: Visit
) -> ValleyScene:
    rng = np.random.default_rng([seed, int(visit.date.replace("-", ""))])
    structures = list_structures(compound, visit.stage)
    if visit.air is None:
        seen = observe_by_radar(
            landscape, visit.day, structures, grid, rng, shift_px=visit.shift_px
        )
    else:
        ground, _ = paint_structures(
            paint_ground(landscape, visit.day), structures, rng, psf_px=0.0,
            sun_elevation_deg=visit.sun_deg[0], sun_azimuth_deg=visit.sun_deg[1],
        )  # fmt: skip
        seen = observe(ground, grid, visit.air, rng, sun_deg=visit.sun_deg, shift_px=visit.shift_px)
    return ValleyScene(
        visit, seen, pixel_means(water_fraction(landscape, visit.river_rise_m), CELLS)
    )
