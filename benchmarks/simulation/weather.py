"""Sun, sky, snow and river of a valley in northern Korea, day by day, by chance from a seed.

Every figure here is rounded by hand to what the climate of the north of the peninsula is known to
be, clear and cold in winter, wet and cloudy in July and August; none is a measurement, and none was
chosen by what a detector finds.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from camp_monitor.synthetic.camera import Air, Cloud
from camp_monitor.synthetic.landscape import fractal

SkyKind = Literal["clear", "partly", "overcast"]
SKIES: tuple[SkyKind, ...] = ("clear", "partly", "overcast")
SKY_SHARES = {
    1: (0.48, 0.27, 0.25), 2: (0.46, 0.26, 0.28), 3: (0.41, 0.26, 0.33), 4: (0.36, 0.27, 0.37),
    5: (0.31, 0.28, 0.41), 6: (0.18, 0.26, 0.56), 7: (0.06, 0.16, 0.78), 8: (0.10, 0.22, 0.68),
    9: (0.31, 0.26, 0.43), 10: (0.50, 0.25, 0.25), 11: (0.45, 0.26, 0.29), 12: (0.47, 0.26, 0.27),
}  # fmt: skip
"""Share of the mornings of each month on which the window is clear, partly clouded, overcast."""
PARTLY_FROM, PARTLY_TO = 0.08, 0.85
"""Share of the window that clouds are drawn for on a partly clouded morning."""
VEIL_CHANCE = 0.18
"""Of a veil of cirrus over a date that is not overcast."""
GAIN_SPREAD, BAND_GAIN_SPREAD, SHIFT_SPREAD_PX = 0.02, 0.008, 0.25
"""Errors of the provider's correction, as shares of the light, and of its place."""
RIVER_SWING_M = 0.3
"""The river stays within this of its usual level, floods aside."""
WINTER_BEGINS = (11, 1)
WINTER_DAYS = 166
"""Days from the first of November; what snow is left in mid April is none."""
SNOW_WETS_AT_C = -1.5
"""Mean of a day on which the snow melts by noon."""
THAW = 5
"""Ice goes so many times faster than it comes: the rivers are open by the end of March."""


@dataclass(frozen=True)
class Sky:
    """What is over a window on one morning.

    Parameters
    ----------
    kind : str
        One of `SKIES`.
    air : Air
        Haze, gain and the single clouds.
    veil : float
        Strength of patches of cirrus, in the measure of `Air.haze`; 0 for none.
    band_gain : tuple of float
        What the provider's correction does to each band, as a factor, beside the gain of all.
    shift_px : (float, float)
        How far the picture lies off its place.
    """

    kind: SkyKind
    air: Air
    veil: float
    band_gain: tuple[float, ...]
    shift_px: tuple[float, float]


@dataclass(frozen=True)
class Snow:
    """What lies on open, level ground on one day.

    Parameters
    ----------
    depth_cm : float
    age_days : float
        Since it last snowed; old snow is darker.
    is_wet : bool
        It melts, and swallows the radar's wave.
    ice : float
        Share of still water that is frozen over, 0 to 1.
    """

    depth_cm: float = 0.0
    age_days: float = 0.0
    is_wet: bool = False
    ice: float = 0.0


def sun_position(at: datetime, lat_deg: float, lon_deg: float) -> tuple[float, float]:
    """Return the sun's elevation, and azimuth clockwise from north, degrees, to about half a one.

    Parameters
    ----------
    at : datetime
        UTC.
    lat_deg, lon_deg : float
    """
    day = at.timetuple().tm_yday
    turn = 2 * math.pi * (day - 81) / 365
    late_minutes = 9.87 * math.sin(2 * turn) - 7.53 * math.cos(turn) - 1.5 * math.sin(turn)
    hours = at.hour + at.minute / 60 + lon_deg / 15 + late_minutes / 60 - 12
    hour, lat = math.radians(15 * hours), math.radians(lat_deg)
    declination = math.radians(23.45) * math.sin(turn)
    sine = math.sin(lat) * math.sin(declination)
    sine += math.cos(lat) * math.cos(declination) * math.cos(hour)
    east = -math.cos(declination) * math.sin(hour)
    north = math.cos(lat) * math.sin(declination)
    north -= math.sin(lat) * math.cos(declination) * math.cos(hour)
    return math.degrees(math.asin(sine)), math.degrees(math.atan2(east, north)) % 360


def draw_sky(on: date, side_m: float, rng: np.random.Generator) -> Sky:
    """Draw what is over a window of a side of `side_m` on a morning.

    A clear sky may have a veil, and every sky its haze: thicker in spring (dust) and summer.
    """
    kind = SKIES[rng.choice(3, p=SKY_SHARES[on.month])]
    thick = 0.07 if on.month in (10, 11, 12, 1, 2) else 0.14
    air = Air(
        haze=float(np.clip(rng.gamma(2.0, thick / 2), 0.01, 0.6)),
        gain=float(np.clip(rng.normal(1, GAIN_SPREAD), 0.94, 1.06)),
        clouds=_draw_clouds(side_m, rng) if kind == "partly" else (),
    )
    veil = float(rng.uniform(0.15, 1.2)) if rng.random() < VEIL_CHANCE else 0.0
    gains = tuple(float(gain) for gain in rng.normal(1, BAND_GAIN_SPREAD, 6))
    down, right = np.clip(rng.normal(0, SHIFT_SPREAD_PX, 2), -0.9, 0.9)
    return Sky(kind, air, veil, gains, (float(down), float(right)))


def _draw_clouds(side_m: float, rng: np.random.Generator) -> tuple[Cloud, ...]:
    """Draw clouds, some beyond the rim, until they would cover their share of the window."""
    wanted_m2 = rng.uniform(PARTLY_FROM, PARTLY_TO) * side_m**2
    typical_m = rng.uniform(90, 0.3 * side_m)
    base_m = rng.uniform(500, 2500)
    clouds: list[Cloud] = []
    while wanted_m2 > 0 and len(clouds) < 60:
        radius_m = float(np.clip(typical_m * rng.lognormal(0, 0.4), 80, 0.5 * side_m))
        east_m, north_m = rng.uniform(-0.65 * side_m, 0.65 * side_m, 2)
        clouds.append(Cloud(float(east_m), float(north_m), radius_m, base_m))
        if max(abs(east_m), abs(north_m)) < side_m / 2:
            wanted_m2 -= 1.35 * math.pi * (0.8 * radius_m) ** 2
    return tuple(clouds)


def veil_haze(
    shape: tuple[int, int], cell_m: float, strength: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the haze that patches of cirrus add on each cell, float32 (row, col), none below 0."""
    patches = fractal(shape, cell_m, rng, roughness=2.0, largest_m=900)
    return np.clip(strength * (0.5 + 0.6 * patches), 0, 2).astype(np.float32)


@functools.lru_cache(maxsize=256)
def _winter(seed: int, year: int, lat_deg: float) -> tuple[Snow, ...]:
    """Weather of the winter that begins in `year`, one day after the other from 1 November."""
    rng = np.random.default_rng([seed, year, 81])
    colder_c = 0.9 * (lat_deg - 40) + rng.normal(0, 1.0)
    anomaly_c, water_mm, age_days, frost = 0.0, 0.0, 0.0, 0.0
    days = []
    for number in range(WINTER_DAYS):
        anomaly_c = 0.75 * anomaly_c + rng.normal(0, 2.6)
        usual_c = 8.0 - 16.0 * math.cos(2 * math.pi * (number - 78) / 365)
        mean_c = usual_c - colder_c + anomaly_c
        falls = rng.random() < 0.13
        fallen_mm = rng.gamma(1.2, 3.2) if falls and mean_c < 0.5 else 0.0
        melted_mm = 2.6 * max(mean_c + 2.5, 0) + (0.35 if water_mm else 0.0)
        water_mm = max(water_mm + fallen_mm - melted_mm, 0.0)
        age_days = 0.0 if fallen_mm > 0.5 else age_days + 1
        frost = min(max(frost - mean_c * (1 if mean_c < 0 else THAW), 0.0), 160.0)
        days.append(
            Snow(
                depth_cm=water_mm * (0.8 if age_days < 4 else 0.45),
                age_days=age_days,
                is_wet=water_mm > 0 and mean_c > SNOW_WETS_AT_C,
                ice=float(np.clip((frost - 40) / 60, 0, 1)),
            )
        )
    return tuple(days)


def snow_on(seed: int, on: date, lat_deg: float) -> Snow:
    """Return what lies on open ground of a place on a day: it gathers, ages and melts."""
    year = on.year if on >= date(on.year, *WINTER_BEGINS) else on.year - 1
    number = (on - date(year, *WINTER_BEGINS)).days
    return _winter(seed, year, lat_deg)[number] if number < WINTER_DAYS else Snow()


def river_level_m(seed: int, on: date) -> float:
    """Return the river's level above its usual one on a day without a flood, metres."""
    rng = np.random.default_rng([seed, 82])
    days = (on - date(2000, 1, 1)) / timedelta(days=1)
    level_m = 0.12 * math.sin(2 * math.pi * (on.timetuple().tm_yday - 120) / 365)
    for period_days in (173.0, 61.0, 23.0, 9.0):
        swing_m, phase = rng.uniform(0.03, 0.09), rng.uniform(0, 2 * math.pi)
        level_m += swing_m * math.sin(2 * math.pi * days / period_days + phase)
    return float(np.clip(level_m, -RIVER_SWING_M, RIVER_SWING_M))
