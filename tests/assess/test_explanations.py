"""Each explanation is painted once and found possible, and is ruled out where it is absent."""

from __future__ import annotations

import functools
import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio.features import geometry_mask
from scipy import ndimage

from camp_monitor.assess.explanations import any_sensor
from camp_monitor.assess.explanations.examine import examine, prepare
from camp_monitor.assess.explanations.optical import LEAST_CASTER
from camp_monitor.codes import Cause, Code, Verdict
from camp_monitor.demo.compound import Stage
from camp_monitor.demo.valley_scenes import VISITS, Valley, Visit, paint_valley
from camp_monitor.notes import Explanation, Note, Value
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes.coregistration import Alignment
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.scene import BandFile, Scene
from camp_monitor.synthetic.camera import Air, Cloud
from camp_monitor.synthetic.materials import spectrum
from camp_monitor.synthetic.structures import Structure, paint_structures, rectangle

GRID = GeoBox((128, 128), Affine(10, 0, 562000, 0, -10, 4674000), "EPSG:32652")
SNOW = (0.85, 0.86, 0.84, 0.75, 0.12, 0.08)
STILL = Alignment(0.0, 0.0, 9, 8, 8, known=True)
LOST = Alignment(0.0, 0.0, 9, 8, 2, known=False)
OPTICAL = (
    Cause.SHADOW, Cause.SNOW, Cause.SEASON, Cause.SOIL_MOISTURE, Cause.RESIDUAL_MISREGISTRATION,
    Cause.CLOUD_EDGE, Cause.VIEW_ANGLE, Cause.PROCESSING,
)  # fmt: skip
RADAR = (
    Cause.SNOW, Cause.SEASON, Cause.SOIL_MOISTURE, Cause.RESIDUAL_MISREGISTRATION,
    Cause.VIEW_ANGLE, Cause.PROCESSING, Cause.RADIO_INTERFERENCE,
)  # fmt: skip


def visit(date: str, **changes: Any) -> Visit:
    return replace(next(one for one in VISITS if one.date == date), shift_px=(0, 0), **changes)


@functools.cache
def painted(radar: bool = False) -> Valley:
    """The valley before and after the annex was built, in autumn, and under cloud; or by radar."""
    if radar:
        return paint_valley(GRID, 5, (visit("2016-08-20"), visit("2016-09-01")))
    dry = visit("2016-09-05", river_rise_m=0.0, air=Air(0.12, gain=1.02))
    cloudy = visit("2017-09-10", stage=Stage.NONE, air=Air(0.1, clouds=(Cloud(150, 80, 200),)))
    return paint_valley(
        GRID, 5, (visit("2015-09-07"), dry, visit("2015-11-16", air=Air(0.05)), cloudy)
    )


def seen(number: int, radar: bool = False) -> Image:
    return painted(radar).scenes[number].seen.image


def scene(day: str, **changes: Any) -> Scene:
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    given: dict[str, Any] = {
        "id": day, "sensor": "sentinel-2", "quantity": "reflectance", "acquired_from_at": at,
        "acquired_to_at": at, "bands": (BandFile("red", Path("painted"), 1, 1.0, 0.0, None),),
        "quality": None, "footprint": shapely.box(0, 0, 1, 1), "pixel_m": 10.0, "files": (),
        "sha256": (), "licence": "", "credit": "SIMULATED", "platform": "sentinel-2a",
        "baseline": "02.04", "offset_kind": "none", "relative_orbit": 89,
        "sun_elevation_deg": 51.4, "sun_azimuth_deg": 160.0,
    }  # fmt: skip
    return Scene(**given | changes)


BEFORE, AFTER = scene("2015-09-07"), scene("2016-09-05", sun_elevation_deg=51.8)
NIGHT = {"sensor": "sentinel-1", "platform": "sentinel-1a", "quantity": "sigma0_db",
         "bands": (BandFile("vv", Path("painted"), 1, 1.0, 0.0, None),),
         "sun_elevation_deg": None, "sun_azimuth_deg": None, "baseline": None,
         "offset_kind": ""}  # fmt: skip
NIGHTS = scene("2016-08-20", **NIGHT), scene("2016-09-01", **NIGHT)


def pair_of(before: Image, after: Image, *, left: Alignment = STILL, screened: bool = True) -> Pair:
    made = pair_images(
        before, after, lambda _: after, max_residual_px=9, interval_days=364,
        unscreened=not screened,
    )  # fmt: skip
    return replace(made, shift_left=left)


def explain(
    where: NDArray[np.bool_],
    pair: Pair,
    scenes: tuple[Scene, Scene] = (BEFORE, AFTER),
    kind: str = "construction",
) -> dict[Cause, Explanation]:
    rows, columns = (np.flatnonzero(where.any(axis=axis)) for axis in (1, 0))
    window = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    examined = examine(prepare(pair, *scenes), where[window], window, kind)
    return {item.cause: item for item in examined}


def values_of(explanation: Explanation, code: Code) -> dict[str, Value]:
    """The values of its one note of that code."""
    (found,) = (item for item in explanation.notes if item.code == code)
    return found.numbers


def annex() -> NDArray[np.bool_]:
    return geometry_mask([painted().compound.annex], GRID.shape, GRID.affine, invert=True)


def disc(row: int, column: int, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.indices(GRID.shape)
    return np.hypot(rows - row, columns - column) <= radius


def altered(image: Image, pixels: NDArray[Any]) -> Image:
    return replace(image, pixels=pixels.astype(np.float32))


def largest(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    labels, count = ndimage.label(where)
    return labels == 1 + int(np.argmax(ndimage.sum_labels(where, labels, range(1, count + 1))))


def test_nothing_else_made_the_annex() -> None:
    found = explain(annex(), pair_of(seen(0), seen(1)))
    assert tuple(found) == OPTICAL
    assert {item.verdict for item in found.values()} == {Verdict.RULED_OUT}, found


def test_nothing_else_made_the_flood_in_radar() -> None:
    before, after = (one.water_share for one in painted(True).scenes)
    flooded = (after > 0.9) & (before < 0.1)
    flooded[:50] = flooded[80:] = False
    found = explain(flooded, pair_of(seen(0, True), seen(1, True)), NIGHTS, "flooding")
    assert tuple(found) == RADAR
    assert {item.verdict for item in found.values()} == {Verdict.RULED_OUT}, found


@pytest.mark.parametrize("low_sun_first", [False, True], ids=["came", "went"])
def test_a_shadow_that_moved(low_sun_first: bool) -> None:
    middle = GRID.extent.geom.centroid
    tower = Structure(
        rectangle(middle.x + 300, middle.y + 250, 60, 60),
        tuple(map(float, spectrum("concrete"))), height_m=60,
    )  # fmt: skip
    high, low = (
        paint_structures(
            seen(0), [tower], np.random.default_rng(1), sun_elevation_deg=sun, sun_azimuth_deg=160
        )[0]
        for sun in (57, 27)
    )
    shaded = largest(np.asarray((low.pixels < 0.75 * high.pixels).all(axis=0)))
    suns = [scene(day, sun_elevation_deg=57) for day in ("2015-09-07", "2016-09-05")]
    suns[0 if low_sun_first else 1] = replace(suns[0 if low_sun_first else 1], sun_elevation_deg=27)
    pair = pair_of(low, high) if low_sun_first else pair_of(high, low)
    found = explain(shaded, pair, (suns[0], suns[1]))[Cause.SHADOW]
    assert found.verdict == Verdict.POSSIBLE
    brighter = values_of(found, Code.CASTER_FOUND)["brighter_fraction"]
    assert isinstance(brighter, float)
    assert brighter >= LEAST_CASTER - 1

    unknown = replace(suns[0], sun_elevation_deg=None), suns[1]
    assert explain(shaded, pair, unknown)[Cause.SHADOW].verdict == Verdict.POSSIBLE
    still = explain(shaded, pair)[Cause.SHADOW]
    assert still.verdict == Verdict.RULED_OUT
    assert values_of(still, Code.SHADOW_MOVED_LESS)["width_m"] == pytest.approx(
        values_of(found, Code.SHADOW_MOVED)["width_m"]
    )


@pytest.mark.parametrize("melted", [False, True])
def test_snow(melted: bool) -> None:
    where = disc(40, 40, 5)
    white = seen(1).pixels.copy()
    white[:, where] = 0.3 * white[:, where] + 0.7 * np.array(SNOW)[:, None]
    snowy = altered(seen(1), white)
    pair = pair_of(snowy, seen(0)) if melted else pair_of(seen(0), snowy)
    found = explain(where, pair)[Cause.SNOW]
    assert found.verdict == Verdict.POSSIBLE
    shares = values_of(found, Code.SNOW_LIKE)
    assert shares["before_fraction" if melted else "after_fraction"] == 1
    assert melted or shares["before_fraction"] == 0


def test_snow_that_is_flagged_nearby() -> None:
    flags = seen(1).flags.copy()
    flags[20:30, 20:30] = Quality.SNOW
    near = pair_of(seen(0), replace(seen(1), flags=flags))
    assert explain(disc(40, 24, 4), near)[Cause.SNOW].verdict == Verdict.POSSIBLE
    assert explain(disc(80, 80, 4), near)[Cause.SNOW].verdict == Verdict.RULED_OUT


def test_season() -> None:
    pair = pair_of(seen(0), seen(2))
    fallen = pair.before.band("nir") - pair.after.band("nir") > 0.15
    found = explain(largest(ndimage.binary_opening(fallen)), pair, (BEFORE, scene("2015-11-16")))[
        Cause.SEASON
    ]
    assert found.verdict == Verdict.POSSIBLE
    assert values_of(found, Code.SEASON_GAP) == {"gap_days": 70}
    assert explain(annex(), pair, (BEFORE, scene("2015-11-16")), "water_gain")[
        Cause.SEASON
    ].verdict == Verdict.POSSIBLE  # fmt: skip


def test_a_scene_dated_by_its_year_has_no_season() -> None:
    year = replace(BEFORE, acquired_from_at=datetime(2014, 10, 1, tzinfo=UTC))
    for kind in ("construction", "water_gain"):
        found = explain(annex(), pair_of(seen(0), seen(1)), (year, AFTER), kind)[Cause.SEASON]
        assert found.verdict == Verdict.NOT_TESTABLE


def test_soil_moisture() -> None:
    where = disc(50, 90, 4)
    kept = np.array([0.92, 0.91, 0.9, 0.86, 0.75, 0.72])[:, None, None]
    wet = seen(1).pixels * kept
    wet[:, where] *= kept[:, 0]
    found = explain(where, pair_of(seen(0), altered(seen(1), wet)))[Cause.SOIL_MOISTURE]
    assert found.verdict == Verdict.POSSIBLE


def test_residual_misregistration() -> None:
    moved = ndimage.shift(seen(0).pixels, (0, 0, 1), order=1, mode="nearest")
    after = altered(seen(0), moved)
    edges = np.abs(moved - seen(0).pixels).sum(axis=0)
    where = largest(edges > np.percentile(edges, 97))
    found = explain(where, pair_of(seen(0), after, left=LOST))[Cause.RESIDUAL_MISREGISTRATION]
    assert found.verdict == Verdict.POSSIBLE
    assert values_of(found, Code.SHIFT_UNKNOWN_MAKES)["shift_px"] == 1
    there = pair_of(seen(0), seen(1), left=LOST)
    assert explain(annex(), there)[Cause.RESIDUAL_MISREGISTRATION].verdict == Verdict.RULED_OUT


def test_what_a_shift_makes_is_measured_on_an_image_that_is_shifted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(any_sensor, "PART_PX", 100)
    where = np.zeros(GRID.shape, bool)
    where[:20, 100:] = True  # at two edges of the frame
    left = Alignment(0.3, 0.4, 9, 8, 8, known=True)
    pair = pair_of(seen(0), seen(1), left=left)
    found = explain(where, pair)[Cause.RESIDUAL_MISREGISTRATION]

    noise = prepare(pair, BEFORE, AFTER).noise[:, None]
    before, inside = pair.before.pixels, where & pair.usable
    change = (pair.after_matched - before)[:, inside] / noise
    size = (change**2).sum(axis=0)
    made = []
    for way in np.arange(8) * math.pi / 4:
        by = 0.6 * math.sin(way), 0.6 * math.cos(way)
        moved = ndimage.shift(before, (0, *by), order=1, mode="nearest")
        share = ((moved - before)[:, inside] / noise * change).sum(axis=0) / size
        made.append(float(np.average(np.clip(share, 0, 1), weights=np.sqrt(size))))
    said = values_of(found, Code.SHIFT_MAKES)
    assert said["shift_px"] == pytest.approx(0.6)
    assert said["made_fraction"] == pytest.approx(max(made), rel=1e-5)


def test_cloud_edge() -> None:
    cloudy = seen(3)
    away_px = ndimage.distance_transform_edt(cloudy.usable)
    rim = largest((away_px > 0) & (away_px < 6))
    pair = pair_of(seen(0), cloudy)
    found = explain(rim, pair)[Cause.CLOUD_EDGE]
    assert found.verdict == Verdict.POSSIBLE
    assert values_of(found, Code.CLOUD_NEAR)["distance_m"] == pytest.approx(10, abs=0.5)
    far = np.unravel_index(np.argmax(away_px), away_px.shape)
    found = explain(disc(int(far[0]), int(far[1]), 2), pair)[Cause.CLOUD_EDGE]
    assert found.verdict == Verdict.RULED_OUT
    clear = pair_of(seen(0), seen(1), screened=False)
    assert explain(annex(), clear)[Cause.CLOUD_EDGE].verdict == Verdict.NOT_TESTABLE


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({"off_nadir_deg": 20.0, "relative_orbit": 1}, {"off_nadir_deg": -24.0}, Verdict.POSSIBLE),
        ({"off_nadir_deg": 20.0}, {"off_nadir_deg": 22.0}, Verdict.RULED_OUT),
        ({"relative_orbit": None}, {"off_nadir_deg": 24.0}, Verdict.NOT_TESTABLE),
    ],
)
def test_view_angle(before: dict[str, Any], after: dict[str, Any], verdict: Verdict) -> None:
    scenes = replace(BEFORE, **before), replace(AFTER, **after)
    found = explain(annex(), pair_of(seen(0), seen(1)), scenes)[Cause.VIEW_ANGLE]
    assert found.verdict == verdict


def test_processing_step() -> None:
    other = replace(AFTER, baseline="05.11", offset_kind="to_subtract")
    lifted = pair_of(seen(0), altered(seen(1), seen(1).pixels + 0.1))
    found = explain(disc(40, 40, 4), lifted, (BEFORE, other))[Cause.PROCESSING]
    assert found.verdict == Verdict.POSSIBLE
    baselines = {"before_baseline": "02.04", "after_baseline": "05.11"}
    assert values_of(found, Code.BASELINE_DIFFERS) == baselines
    sound = pair_of(seen(0), seen(1))
    assert explain(annex(), sound, (BEFORE, other))[Cause.PROCESSING].verdict == Verdict.RULED_OUT
    satellites = replace(BEFORE, platform=None), AFTER
    found = explain(annex(), sound, satellites)[Cause.PROCESSING]
    assert values_of(found, Code.PLATFORM_UNKNOWN) == {"which": ("before",)}


@pytest.mark.parametrize(
    ("cause", "around_db", "here_db"),
    [(Cause.SOIL_MOISTURE, 2.0, 4.0), (Cause.SNOW, -3.0, -4.0)],
)
def test_ground_of_another_level_in_radar(cause: Cause, around_db: float, here_db: float) -> None:
    where = disc(30, 30, 5)
    rise = np.where(where, here_db, around_db)
    pair = pair_of(seen(0, True), altered(seen(0, True), seen(0, True).pixels + rise))
    assert explain(where, pair, NIGHTS)[cause].verdict == Verdict.POSSIBLE


@pytest.mark.parametrize("on_first", [False, True])
def test_radio_interference(on_first: bool) -> None:
    noisy = seen(1, True).pixels.copy()
    noisy[:, 60:70] = np.maximum(noisy[:, 60:70], -8.0)
    images = seen(0, True), altered(seen(1, True), noisy)
    pair = pair_of(*(reversed(images) if on_first else images))
    where = np.zeros(GRID.shape, bool)
    where[60:70, 60:72] = True
    found = explain(where, pair, NIGHTS)[Cause.RADIO_INTERFERENCE]
    assert found.verdict == Verdict.POSSIBLE


def test_uncalibrated_numbers_are_not_said_to_be_dry_or_free_of_snow() -> None:
    pair = pair_of(*(
        replace(seen(number), quantity="dn8", pixels=np.round(255 * seen(number).pixels))
        for number in (0, 1)
    ))  # fmt: skip
    found = explain(annex(), pair)
    for cause in (Cause.SNOW, Cause.SOIL_MOISTURE):
        assert found[cause].verdict == Verdict.NOT_TESTABLE
        assert found[cause].notes == (Note(Code.REFLECTANCE_NEEDED),)


@pytest.mark.parametrize("radar", [False, True])
def test_odd_regions_get_an_answer_for_every_cause(radar: bool) -> None:
    before, after = seen(0, radar), seen(1, radar)
    flags, pixels = after.flags.copy(), after.pixels.copy()
    flags[:64], pixels[:, :64] = Quality.NODATA, np.nan
    pair = pair_of(before, replace(after, flags=flags, pixels=pixels))
    scenes = NIGHTS if radar else (BEFORE, AFTER)
    maps = prepare(pair, *scenes)
    for window in (
        (slice(0, 1), slice(0, 1)),
        (slice(127, 128), slice(127, 128)),
        (slice(63, 65), slice(0, 128)),
        (slice(0, 128), slice(0, 128)),
    ):
        where = np.ones([part.stop - part.start for part in window], bool)
        found = examine(maps, where, window, "construction")
        assert [item.cause for item in found] == list(RADAR if radar else OPTICAL)
        for item in found:
            values = [value for part in item.notes for value in part.numbers.values()]
            assert item.notes
            assert all(math.isfinite(value) for value in values if isinstance(value, float))
            assert Explanation.from_dict(json.loads(json.dumps(item.to_dict()))) == item
        if window[0].stop == 1:
            allowed = {Cause.VIEW_ANGLE, Cause.PROCESSING}
            assert {i.cause for i in found if i.verdict != Verdict.NOT_TESTABLE} == allowed
