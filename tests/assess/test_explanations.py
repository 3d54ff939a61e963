"""Each rival cause is painted once and found possible, and is ruled out where it is absent."""

from __future__ import annotations

import functools
import re
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

from camp_monitor.assess.explanations.examine import Rival, examine, examine_rivals, prepare
from camp_monitor.assess.explanations.place import VERDICTS
from camp_monitor.demo.compound import Stage
from camp_monitor.demo.valley_scenes import VISITS, Valley, Visit, paint_valley
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
OPTICAL = ("shadow and sun", "snow", "season", "wet ground", "shift left", "cloud edge",
           "view angle", "processing step")  # fmt: skip
RADAR = ("snow", "season", "wet ground", "shift left", "view angle", "processing step",
         "radio interference")  # fmt: skip


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
        "offset_reason": "Baseline 02.04 adds no 1000 to the numbers.", "offset_kind": "none",
        "relative_orbit": 89, "sun_elevation_deg": 51.4, "sun_azimuth_deg": 160.0,
    }  # fmt: skip
    return Scene(**given | changes)


BEFORE, AFTER = scene("2015-09-07"), scene("2016-09-05", sun_elevation_deg=51.8)
NIGHT = {"sensor": "sentinel-1", "platform": "sentinel-1a", "quantity": "sigma0_db",
         "bands": (BandFile("vv", Path("painted"), 1, 1.0, 0.0, None),),
         "sun_elevation_deg": None, "sun_azimuth_deg": None, "offset_kind": "",
         "offset_reason": ""}  # fmt: skip
NIGHTS = scene("2016-08-20", **NIGHT), scene("2016-09-01", **NIGHT)


def pair_of(before: Image, after: Image, *, left: Alignment = STILL, screened: bool = True) -> Pair:
    made = pair_images(
        before, after, lambda _: after, max_residual_px=9, interval_days=364,
        unscreened=not screened,
    )  # fmt: skip
    return replace(made, shift_left=left)


def verdicts(
    where: NDArray[np.bool_],
    pair: Pair,
    scenes: tuple[Scene, Scene] = (BEFORE, AFTER),
    kind: str = "construction",
) -> dict[str, Rival]:
    return {rival.cause: rival for rival in examine_rivals(where, kind, pair, *scenes)}


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
    found = verdicts(annex(), pair_of(seen(0), seen(1)))
    assert tuple(found) == OPTICAL
    assert {rival.verdict for rival in found.values()} == {"ruled_out"}, found


def test_nothing_else_made_the_flood_in_radar() -> None:
    before, after = (one.water_share for one in painted(True).scenes)
    flooded = (after > 0.9) & (before < 0.1)
    flooded[:50] = flooded[80:] = False
    found = verdicts(flooded, pair_of(seen(0, True), seen(1, True)), NIGHTS, "flooding")
    assert tuple(found) == RADAR
    assert {rival.verdict for rival in found.values()} == {"ruled_out"}, found


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
    found = verdicts(shaded, pair, (suns[0], suns[1]))["shadow and sun"]
    assert found.verdict == "possible"
    assert re.search(r"something \d+% brighter stands towards the sun", found.reason)

    unknown = replace(suns[0], sun_elevation_deg=None), suns[1]
    assert verdicts(shaded, pair, unknown)["shadow and sun"].verdict == "possible"
    still = verdicts(shaded, pair)["shadow and sun"]
    assert still.verdict == "ruled_out"
    assert "moved by only" in still.reason


@pytest.mark.parametrize("melted", [False, True])
def test_snow(melted: bool) -> None:
    where = disc(40, 40, 5)
    white = seen(1).pixels.copy()
    white[:, where] = 0.3 * white[:, where] + 0.7 * np.array(SNOW)[:, None]
    snowy = altered(seen(1), white)
    pair = pair_of(snowy, seen(0)) if melted else pair_of(seen(0), snowy)
    found = verdicts(where, pair)["snow"]
    assert found.verdict == "possible"
    assert found.reason.startswith("100% of it" if melted else "0% of it before and 100%")


def test_snow_that_is_flagged_nearby() -> None:
    flags = seen(1).flags.copy()
    flags[20:30, 20:30] = Quality.SNOW
    near = pair_of(seen(0), replace(seen(1), flags=flags))
    assert verdicts(disc(40, 24, 4), near)["snow"].verdict == "possible"
    assert verdicts(disc(80, 80, 4), near)["snow"].verdict == "ruled_out"


def test_season() -> None:
    pair = pair_of(seen(0), seen(2))
    fallen = pair.before.band("nir") - pair.after.band("nir") > 0.15
    found = verdicts(largest(ndimage.binary_opening(fallen)), pair, (BEFORE, scene("2015-11-16")))[
        "season"
    ]
    assert found.verdict == "possible"
    assert "70 days apart" in found.reason
    assert verdicts(annex(), pair, (BEFORE, scene("2015-11-16")), "water_gain")[
        "season"
    ].verdict == "possible"  # fmt: skip


def test_a_scene_dated_by_its_year_has_no_season() -> None:
    year = replace(BEFORE, acquired_from_at=datetime(2014, 10, 1, tzinfo=UTC))
    for kind in ("construction", "water_gain"):
        found = verdicts(annex(), pair_of(seen(0), seen(1)), (year, AFTER), kind)["season"]
        assert found.verdict == "not_testable"


def test_wet_ground() -> None:
    where = disc(50, 90, 4)
    kept = np.array([0.92, 0.91, 0.9, 0.86, 0.75, 0.72])[:, None, None]
    wet = seen(1).pixels * kept
    wet[:, where] *= kept[:, 0]
    found = verdicts(where, pair_of(seen(0), altered(seen(1), wet)))["wet ground"]
    assert found.verdict == "possible"


def test_shift_left() -> None:
    moved = ndimage.shift(seen(0).pixels, (0, 0, 1), order=1, mode="nearest")
    after = altered(seen(0), moved)
    edges = np.abs(moved - seen(0).pixels).sum(axis=0)
    where = largest(edges > np.percentile(edges, 97))
    found = verdicts(where, pair_of(seen(0), after, left=LOST))["shift left"]
    assert found.verdict == "possible"
    assert "is not known" in found.reason
    there = pair_of(seen(0), seen(1), left=LOST)
    assert verdicts(annex(), there)["shift left"].verdict == "ruled_out"


def test_cloud_edge() -> None:
    cloudy = seen(3)
    away_px = ndimage.distance_transform_edt(cloudy.usable)
    rim = largest((away_px > 0) & (away_px < 6))
    pair = pair_of(seen(0), cloudy)
    found = verdicts(rim, pair)["cloud edge"]
    assert found.verdict == "possible"
    assert "is 10 m away" in found.reason
    far = np.unravel_index(np.argmax(away_px), away_px.shape)
    found = verdicts(disc(int(far[0]), int(far[1]), 2), pair)["cloud edge"]
    assert found.verdict == "ruled_out"
    clear = pair_of(seen(0), seen(1), screened=False)
    assert verdicts(annex(), clear)["cloud edge"].verdict == "not_testable"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({"off_nadir_deg": 20.0, "relative_orbit": 1}, {"off_nadir_deg": -24.0}, "possible"),
        ({"off_nadir_deg": 20.0}, {"off_nadir_deg": 22.0}, "ruled_out"),
        ({"relative_orbit": None}, {"off_nadir_deg": 24.0}, "not_testable"),
    ],
)
def test_view_angle(before: dict[str, Any], after: dict[str, Any], verdict: str) -> None:
    scenes = replace(BEFORE, **before), replace(AFTER, **after)
    found = verdicts(annex(), pair_of(seen(0), seen(1)), scenes)["view angle"]
    assert found.verdict == verdict


def test_processing_step() -> None:
    other = replace(AFTER, offset_reason="Baseline 05.11 adds 1000.", offset_kind="to_subtract")
    lifted = pair_of(seen(0), altered(seen(1), seen(1).pixels + 0.1))
    found = verdicts(disc(40, 40, 4), lifted, (BEFORE, other))["processing step"]
    assert found.verdict == "possible"
    assert "02.04 and 05.11" in found.reason
    sound = pair_of(seen(0), seen(1))
    assert verdicts(annex(), sound, (BEFORE, other))["processing step"].verdict == "ruled_out"
    satellites = replace(BEFORE, platform=None), AFTER
    assert "not known" in verdicts(annex(), sound, satellites)["processing step"].reason


@pytest.mark.parametrize(
    ("cause", "around_db", "here_db"), [("wet ground", 2.0, 4.0), ("snow", -3.0, -4.0)]
)
def test_ground_of_another_level_in_radar(cause: str, around_db: float, here_db: float) -> None:
    where = disc(30, 30, 5)
    rise = np.where(where, here_db, around_db)
    pair = pair_of(seen(0, True), altered(seen(0, True), seen(0, True).pixels + rise))
    assert verdicts(where, pair, NIGHTS)[cause].verdict == "possible"


@pytest.mark.parametrize("on_first", [False, True])
def test_radio_interference(on_first: bool) -> None:
    noisy = seen(1, True).pixels.copy()
    noisy[:, 60:70] = np.maximum(noisy[:, 60:70], -8.0)
    images = seen(0, True), altered(seen(1, True), noisy)
    pair = pair_of(*(reversed(images) if on_first else images))
    where = np.zeros(GRID.shape, bool)
    where[60:70, 60:72] = True
    found = verdicts(where, pair, NIGHTS)["radio interference"]
    assert found.verdict == "possible"


def test_uncalibrated_numbers_are_not_said_to_be_dry_or_free_of_snow() -> None:
    pair = pair_of(*(
        replace(seen(number), quantity="dn8", pixels=np.round(255 * seen(number).pixels))
        for number in (0, 1)
    ))  # fmt: skip
    found = verdicts(annex(), pair)
    assert found["snow"].verdict == found["wet ground"].verdict == "not_testable"


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
        assert [rival.cause for rival in found] == list(RADAR if radar else OPTICAL)
        for rival in found:
            assert rival.verdict in VERDICTS
            assert rival.reason.endswith(".")
            assert not {"nan", "inf"} & set(rival.reason.split())
        if window[0].stop == 1:
            allowed = {"view angle", "processing step"}
            assert {r.cause for r in found if r.verdict != "not_testable"} == allowed
