"""Years over many places: who passes when, what is there that day, and how it looks.

A `Plan` (see `benchmarks.simulation.planning`) says what happens at every `Place`; `paint` makes
the picture of one `Acquisition`, the same bytes whatever else was painted before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from benchmarks.simulation.weather import (
    Sky,
    Snow,
    draw_sky,
    river_level_m,
    snow_on,
    sun_position,
    veil_haze,
)
from benchmarks.simulation.year_events import (
    PaintedEvent,
    PassingThing,
    flood_rise_m,
    passing_structures,
    pond_structures,
    pond_water,
    yard_structures,
)
from camp_monitor.demo.compound import Stage, list_structures, place_compound
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.quality import flags_from_scl, widen_cloud
from camp_monitor.synthetic.camera import HAZE_GLOW, Camera, Seen, observe
from camp_monitor.synthetic.ground import Day, paint_ground, water_fraction
from camp_monitor.synthetic.landscape import Landscape, fractal
from camp_monitor.synthetic.materials import BANDS, Cover, cover_spectra, spectrum
from camp_monitor.synthetic.radar import COVER_DB, POLARISATIONS, ground_power, see_power
from camp_monitor.synthetic.structures import Structure, covered_share, paint_structures

CELLS = 2
"""Cells along a side of a pixel: 5 m."""
PASS_AT = {"sentinel-2": time(2, 17), "sentinel-1": time(9, 31)}
"""Time of the day, UTC: late in the morning, and early in the evening."""
REPEAT_DAYS = {"sentinel-2": 10, "sentinel-1": 12}
FALLOW_SHARE = 0.05
FALLOW_DB = (-11.5, -18.5)
"""Of a field that lies fallow, in grass and weeds."""
MUD_DAYS = 40.0
"""What a flood leaves on fields is grown over in about so many days."""
SNOW_HOLDS = {
    Cover.BROADLEAF: 0.45, Cover.CONIFER: 0.20, Cover.SCRUB: 0.72, Cover.FIELD: 0.97,
    Cover.PATH: 0.95, Cover.GRAVEL: 0.92, Cover.ROAD: 0.50, Cover.TREES: 0.45,
}  # fmt: skip
"""Share of the ground that deep snow hides: trees stick out of it, wheels press it down."""
SNOW_ON_ROOFS = 0.8
COVERING_CM = 3.0
"""Snow of this depth hides level ground; thinner lies in patches."""
WET_SNOW_DB, DRY_SNOW_DB = -4.0, -0.3
ICE_DB = (6.0, 4.0)
"""Ice is rougher than water to the radar."""
SNOW_NDSI, SNOW_GREEN = 0.40, 0.22
"""From these on the classification calls a pixel snow; patches and forest it often misses."""
CLASSED_CIRRUS = 0.45
"""Haze of a veil from which the classification sees cirrus; a thinner one it calls clear."""

Sensor = Literal["sentinel-2", "sentinel-1"]


@dataclass(frozen=True)
class Acquisition:
    """One pass over one place.

    Parameters
    ----------
    facility_id : str
    sensor : str
        ``sentinel-2`` or ``sentinel-1``.
    acquired_at : datetime
        UTC.
    """

    facility_id: str
    sensor: Sensor
    acquired_at: datetime

    @property
    def name(self) -> str:
        """Id of the scene, which says that no satellite saw it."""
        return f"SIMULATED-{self.facility_id}-{self.sensor}-{self.acquired_at:%Y-%m-%d}"


@dataclass(frozen=True, eq=False)
class Place:
    """A valley with a facility in it, and what happens there over the years.

    Parameters
    ----------
    facility_id : str
    seed : int
        For weather, crops and noise.
    grid : GeoBox
        Of its pictures, square, north up, in metres.
    lat_deg, lon_deg : float
        Of its middle.
    relative_orbit : int
        Of the radar's passes.
    first_pass_on : dict
        Sensor to the day of its first pass.
    landscape : Landscape
    events : tuple of PaintedEvent
    passing : tuple of PassingThing
    """

    facility_id: str
    seed: int
    grid: GeoBox
    lat_deg: float
    lon_deg: float
    relative_orbit: int
    first_pass_on: dict[Sensor, date]
    landscape: Landscape
    events: tuple[PaintedEvent, ...] = ()
    passing: tuple[PassingThing, ...] = ()


def list_passes(place: Place, last_on: date) -> list[Acquisition]:
    """List the passes of both sensors over a place, up to and including a day, in order."""
    passes = []
    for sensor, first_on in place.first_pass_on.items():
        for number in range((last_on - first_on).days // REPEAT_DAYS[sensor] + 1):
            on = first_on + timedelta(days=number * REPEAT_DAYS[sensor])
            at = datetime.combine(on, PASS_AT[sensor], UTC)
            passes.append(Acquisition(place.facility_id, sensor, at))
    return sorted(passes, key=lambda one: one.acquired_at)


def sky_over(place: Place, on: date) -> Sky:
    """Return what is over a place on the morning of a day."""
    side_m = place.grid.shape[0] * abs(place.grid.affine.a)
    return draw_sky(on, side_m, np.random.default_rng([place.seed, on.toordinal(), 83]))


def river_rise_m(place: Place, on: date) -> float:
    """Return the river's level above its usual one on a day, metres."""
    floods = [flood_rise_m(event, on) for event in place.events if event.kind == "flooding"]
    return max([river_level_m(place.seed, on), *floods])


def structures_on(place: Place, on: date) -> list[Structure]:
    """List all that people have put on the ground of a place by a day."""
    found = list_structures(place_compound(place.grid), Stage.NONE)
    for thing in place.passing:
        found += passing_structures(thing, on)
    for event in place.events:
        if event.kind == "construction":
            found += yard_structures(event, on)
        elif event.kind == "water_gain":
            found += pond_structures(event, on)
    return found


def water_on(place: Place, on: date) -> NDArray[np.float32]:
    """Return the share of open water (or its ice) in each cell on a day, float32 (row, col)."""
    water = water_fraction(place.landscape, river_rise_m(place, on))
    for event in place.events:
        basin = pond_water(event, on) if event.kind == "water_gain" else None
        if basin is not None:
            where, share = covered_share(basin, _blank(place.landscape), 0.0)
            water[where[1:]] = np.maximum(water[where[1:]], share)
    return water


def paint(place: Place, acquisition: Acquisition) -> Seen:
    """Paint what one pass sees of a place.

    The same place and pass give the same bytes in any order and process.
    """
    at = acquisition.acquired_at
    rng = np.random.default_rng(
        [place.seed, at.date().toordinal(), PASS_AT_KEY[acquisition.sensor]]
    )
    if acquisition.sensor == "sentinel-1":
        return _paint_radar(place, at, rng)
    sky = sky_over(place, at.date())
    if sky.kind == "overcast":
        return _paint_overcast(place.grid, rng)
    return _paint_optical(place, at, sky, rng)


PASS_AT_KEY = {"sentinel-2": 2, "sentinel-1": 1}


def _paint_overcast(grid: GeoBox, rng: np.random.Generator) -> Seen:
    """Paint the upper side of a closed cover of cloud: nothing of the ground is to be seen."""
    shape = (grid.shape[0], grid.shape[1])
    billows = fractal(shape, float(abs(grid.affine.a)), rng, roughness=1.8, largest_m=800)
    light = spectrum("cloud")[:, None, None] * np.clip(1 + 0.14 * billows, 0.45, 1.5)
    classes = np.where(billows > -0.6, 9, 8).astype(np.uint8)
    flags = flags_from_scl(classes)
    pixels = (np.round(light / 1e-3) * 1e-3).astype(np.float32)
    image = Image(pixels, BANDS, "reflectance", flags, grid)
    return Seen(image, classes, np.ones(shape, bool), np.zeros(shape, bool))


def _paint_optical(place: Place, at: datetime, sky: Sky, rng: np.random.Generator) -> Seen:
    """Paint ground, what people built, snow, air and camera, in the order in which light meets."""
    on, land = at.date(), place.landscape
    sun_deg = sun_position(at, place.lat_deg, place.lon_deg)
    snow = snow_on(place.seed, on, place.lat_deg)
    ground = _till(place, on, paint_ground(land, _day(place, on, sun_deg)), rng)
    structures = structures_on(place, on)
    built, _ = paint_structures(
        ground, structures, np.random.default_rng(0), psf_px=0.0, sun_elevation_deg=sun_deg[0],
        sun_azimuth_deg=sun_deg[1],
    )  # fmt: skip
    pixels = built.pixels * np.array(sky.band_gain, np.float32)[:, None, None]
    pixels = _lay_snow(place, on, snow, structures, pixels)
    if sky.veil:
        veil = veil_haze(land.cover.shape, land.cell_m, sky.veil, rng)
        glow = np.array([HAZE_GLOW[band] for band in BANDS], np.float32)[:, None, None]
        pixels = pixels * (1 - 0.25 * veil) + glow * veil
    seen = observe(
        replace(built, pixels=pixels), place.grid, sky.air, rng, camera=CAMERA, sun_deg=sun_deg,
        shift_px=sky.shift_px,
    )  # fmt: skip
    return _reclass(seen, veil if sky.veil else None)


CAMERA = Camera(step=1e-4)


def _day(place: Place, on: date, sun_deg: tuple[float, float]) -> Day:
    """Return the day of the ground: the crops of a year are the place's own."""
    return Day(
        day_of_year=on.timetuple().tm_yday,
        year_seed=place.seed * 100 + on.year % 100,
        sun_elevation_deg=sun_deg[0],
        sun_azimuth_deg=sun_deg[1],
        river_rise_m=river_rise_m(place, on),
    )


def _till(place: Place, on: date, ground: Image, rng: np.random.Generator) -> Image:
    """Let fields lie fallow, rain wet the soil, and a flood leave its mud."""
    land, pixels = place.landscape, ground.pixels.copy()
    wet = rng.uniform(0, 1) if rng.random() < 0.4 else 0.0
    patches = fractal(land.cover.shape, land.cell_m, rng, roughness=2.0, largest_m=500)
    bare = np.isin(land.cover, (Cover.FIELD, Cover.PATH, Cover.ROAD, Cover.GRAVEL))
    darker = 0.012 * patches + np.where(bare, 0.12 * wet, 0.03 * wet)
    dry = 1 - water_fraction(land, river_rise_m(place, on))
    fallow = _fallow(place, on.year)
    weeds = cover_spectra(on.timetuple().tm_yday)[Cover.SCRUB]
    mud = _mud(place, on) * dry
    for number in range(len(BANDS)):
        band = np.where(fallow, dry * weeds[number] * land.tone + (1 - dry) * pixels[number],
                        pixels[number])  # fmt: skip
        band = band * (1 - mud) + spectrum("mud")[number] * mud
        pixels[number] = band * np.exp(-darker * dry * (1.0 if number < 4 else 1.7))
    return replace(ground, pixels=pixels)


def _fallow(place: Place, year: int) -> NDArray[np.bool_]:
    """Tell which cells lie fallow in a year."""
    lies = np.random.default_rng([place.seed, year, 84]).random(place.landscape.parcels)
    is_field = place.landscape.cover == Cover.FIELD
    return np.asarray(is_field & (lies < FALLOW_SHARE)[place.landscape.parcel])


def _mud(place: Place, on: date) -> NDArray[np.float32]:
    """Return the share of mud that this year's floods have left on fields, float32 (row, col)."""
    land = place.landscape
    mud = np.zeros(land.cover.shape, np.float32)
    for event in place.events:
        if event.kind != "flooding" or on < event.whole_on or on.year != event.began_on.year:
            continue
        drowned = (land.cover == Cover.FIELD) & (land.height_m < event.rise_m - 0.15)
        days_dry = max((on - (event.ended_on or on)).days, 0)
        mud = np.maximum(mud, np.where(drowned, 0.6 * np.exp(-days_dry / MUD_DAYS), 0))
    return mud.astype(np.float32)


def _snow_share(place: Place, on: date, snow: Snow) -> NDArray[np.float32]:
    """Return the share of each cell that snow hides, float32 (row, col): it drifts and melts."""
    land = place.landscape
    rng = np.random.default_rng([place.seed, 85])
    drifts = fractal(land.cover.shape, land.cell_m, rng, roughness=1.7, largest_m=150)
    by_row, _ = np.gradient(land.height_m, land.cell_m)
    faces_south = np.clip(-by_row, -0.5, 0.5)  # rows run south: ground falls towards the sun
    depth_cm = snow.depth_cm * np.exp(0.45 * drifts - 2.2 * faces_south)
    holds = np.array([SNOW_HOLDS[kind] for kind in Cover], np.float32)[land.cover]
    return (holds * np.clip(depth_cm / COVERING_CM, 0, 1)).astype(np.float32)


def _lay_snow(
    place: Place, on: date, snow: Snow, structures: list[Structure], pixels: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Freeze the water and hide the ground under snow, in `BANDS`."""
    if snow.depth_cm <= 0 and snow.ice <= 0:
        return pixels
    water = water_on(place, on)
    frozen = (water * snow.ice)[None]
    pixels = pixels * (1 - frozen) + spectrum("ice")[:, None, None] * frozen
    share = _snow_share(place, on, snow) * (1 - water)
    share += water * snow.ice * min(snow.depth_cm / COVERING_CM, 0.9)
    for structure in structures:
        if structure.height_m > 0:
            where, built = covered_share(structure.footprint, _blank(place.landscape), 0.0)
            held = SNOW_ON_ROOFS * np.exp(-snow.age_days / 4)
            share[where[1:]] *= 1 - built * (1 - held)
    new = np.exp(-snow.age_days / 6)
    colour = new * spectrum("snow") + (1 - new) * spectrum("snow_old")
    return (pixels * (1 - share[None]) + colour[:, None, None] * share[None]).astype(np.float32)


def _reclass(seen: Seen, veil: NDArray[np.float32] | None) -> Seen:
    """Let the classification find snow and cirrus, as far as it does."""
    if seen.classes is None:
        return seen
    classes = seen.classes.copy()
    green, swir = seen.image.band("green"), seen.image.band("swir1")
    open_sky = np.isin(classes, (4, 5, 6))
    ndsi = (green - swir) / (green + swir)
    classes[open_sky & (ndsi > SNOW_NDSI) & (green > SNOW_GREEN)] = 11
    if veil is not None:
        over = veil.reshape(classes.shape[0], CELLS, classes.shape[1], CELLS).mean(axis=(1, 3))
        classes[np.isin(classes, (4, 5, 6)) & (over > CLASSED_CIRRUS)] = 10
    flags = widen_cloud(flags_from_scl(classes), seen.image.pixel_m)
    return replace(seen, classes=classes, image=replace(seen.image, flags=flags))


def _paint_radar(place: Place, at: datetime, rng: np.random.Generator) -> Seen:
    """Paint backscatter: crops, water with its waves or ice, yards, ponds, buildings, wet snow."""
    on, land = at.date(), place.landscape
    snow = snow_on(place.seed, on, place.lat_deg)
    wind = abs(float(rng.normal(0, 1.5)))
    waves_db = (wind + snow.ice * ICE_DB[0], 0.3 * wind + snow.ice * ICE_DB[1])
    power = ground_power(land, _day(place, on, (45.0, 155.0)), waves_db)
    fallow = _fallow(place, on.year) & (water_fraction(land, river_rise_m(place, on)) == 0)
    structures = structures_on(place, on)
    for number in range(len(POLARISATIONS)):
        power[number][fallow] = 10 ** (FALLOW_DB[number] / 10) * land.tone[fallow]
    for structure in structures:
        if structure.height_m == 0:
            _lay_flat(power, structure, land, waves_db)
    share = _snow_share(place, on, snow) * (1 - water_on(place, on))
    power *= 10 ** ((WET_SNOW_DB if snow.is_wet else DRY_SNOW_DB) / 10 * share)[None]
    power *= 10 ** (np.clip(rng.normal(0, 0.25, 2), -0.6, 0.6) / 10)[:, None, None]
    shift_px = tuple(float(value) for value in np.clip(rng.normal(0, 0.15, 2), -0.5, 0.5))
    ground = replace(_blank(land), pixels=power.astype(np.float32), bands=POLARISATIONS)
    return see_power(ground, structures, place.grid, rng, shift_px=(shift_px[0], shift_px[1]))


def _lay_flat(
    power: NDArray[np.float32], structure: Structure, land: Landscape, waves_db: tuple[float, float]
) -> None:
    """Put a yard, a bare bank or the water of a pond on the ground, as the radar sees it."""
    from camp_monitor.synthetic.radar import WATER_DB

    is_water = structure.colour[BANDS.index("swir1")] < 0.05
    where, share = covered_share(structure.footprint, _blank(land), 0.0)
    for number in range(len(POLARISATIONS)):
        bare_db = COVER_DB[Cover.PATH][number] + 1.0
        decibels = WATER_DB[number] + waves_db[number] if is_water else bare_db
        part = power[number][where[1:]]
        power[number][where[1:]] = part * (1 - share) + 10 ** (decibels / 10) * share


def _blank(land: Landscape) -> Image:
    """Return an image of nothing on a landscape's cells, to lay shapes on."""
    shape = land.cover.shape
    nothing = np.zeros((1, *shape), np.float32)
    return Image(nothing, ("red",), "reflectance", np.zeros(shape, np.uint8), land.grid)


def searched_ground(place: Place, margin_m: float, accuracy_m: float) -> shapely.Polygon:
    """Return the ground that a scan searches, in the CRS of the place's grid."""
    ground: shapely.Polygon = place_compound(place.grid).whole.buffer(accuracy_m + margin_m)
    return ground
