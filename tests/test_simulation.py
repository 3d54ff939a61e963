"""The simulator: what is painted is what its truth says."""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from rasterio.features import geometry_mask

from camp_monitor.demo.compound import ANNEX_M, COMPOUND_M
from camp_monitor.demo.valley_scenes import VISITS, Valley, paint_valley
from camp_monitor.detect.indices import mndwi, ndvi
from camp_monitor.errors import SceneError
from camp_monitor.scenes.image import Image
from camp_monitor.synthetic.camera import Air, Camera, Cloud, observe, pixel_means
from camp_monitor.synthetic.ground import Day, paint_ground, water_fraction
from camp_monitor.synthetic.landscape import Landscape, finer_grid, make_valley
from camp_monitor.synthetic.materials import Cover
from camp_monitor.synthetic.radar import (
    COVER_DB,
    NOISE_FLOOR_DB,
    POLARISATIONS,
    observe_by_radar,
)
from camp_monitor.synthetic.structures import (
    Structure,
    covered_share,
    paint_structures,
    rectangle,
    scatter_footprints,
)

WEST_M, NORTH_M = 560640.0, 4674600.0


def grid(side_px: int = 160, pixel_m: float = 10.0) -> GeoBox:
    affine = Affine(pixel_m, 0, WEST_M, 0, -pixel_m, NORTH_M)
    return GeoBox((side_px, side_px), affine, "EPSG:32652")


def plain(pixel_m: float = 5.0, level: float = 0.1, quantity: str = "reflectance") -> Image:
    shape = grid(60, pixel_m).shape
    pixels = np.full((2, *shape), level, np.float32)
    return Image(pixels, ("red", "nir"), quantity, np.zeros(shape, np.uint8), grid(60, pixel_m))


def middle_of(image: Image) -> tuple[float, float]:
    centre = image.grid.extent.geom.centroid
    return float(centre.x), float(centre.y)


@functools.cache
def valley(seed: int = 3) -> Landscape:
    return make_valley(finer_grid(grid(), 2), np.random.default_rng(seed))


@settings(max_examples=40, deadline=None)
@given(
    length_m=st.floats(1, 80),
    width_m=st.floats(1, 80),
    turn_deg=st.floats(0, 180),
    east_m=st.floats(-5, 5),
    psf_px=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_the_covered_shares_add_up_to_the_area(
    length_m: float, width_m: float, turn_deg: float, east_m: float, psf_px: float
) -> None:
    image = plain()
    x_m, y_m = middle_of(image)
    place = rectangle(x_m + east_m, y_m, length_m, width_m, turn_deg)
    _, share = covered_share(place, image, psf_px)
    assert share.sum() * 25 == pytest.approx(length_m * width_m, rel=1e-3)
    assert share.max() <= 1 + 1e-5


def test_a_fifth_of_a_pixel_covered_is_a_fifth_of_the_colour() -> None:
    image = plain(pixel_m=10.0)
    corner_x_m, corner_y_m = WEST_M + 200, NORTH_M - 300  # pixel at row 30, column 20
    place = shapely.box(corner_x_m, corner_y_m - 10, corner_x_m + 2, corner_y_m)
    painted, labels = paint_structures(
        image, [Structure(place, (0.6, 0.1))], np.random.default_rng(0), psf_px=0.0
    )
    assert painted.pixels[0, 30, 20] == pytest.approx(0.1 + 0.2 * 0.5)
    assert painted.pixels[1, 30, 20] == pytest.approx(0.1)
    assert np.argwhere(painted.pixels[0] != image.pixels[0]).tolist() == [[30, 20]]
    assert np.argwhere(labels).tolist() == [[30, 20]]


def test_labels_are_the_structures_in_order_and_the_image_is_left_as_it_was() -> None:
    image = plain()
    x_m, y_m = middle_of(image)
    places = [rectangle(x_m - 60, y_m, 40, 30, 20), rectangle(x_m + 60, y_m, 20, 60, 70)]
    before = image.pixels.copy()
    _, labels = paint_structures(
        image, [Structure(place, (0.4, 0.4)) for place in places], np.random.default_rng(0)
    )
    np.testing.assert_array_equal(image.pixels, before)
    for number, place in enumerate(places, start=1):
        assert (labels == number).sum() * 25 == pytest.approx(place.area, rel=0.06)


def test_shadow_falls_away_from_the_sun_as_long_as_the_building_is_high() -> None:
    image = plain(pixel_m=1.0)
    image.pixels[:, :2] = 0.01  # something dark, as in any scene
    x_m, y_m = middle_of(image)
    tower = Structure(rectangle(x_m, y_m, 4, 4), (0.3, 0.3), height_m=10.0)
    painted, _ = paint_structures(
        image, [tower], np.random.default_rng(0), psf_px=0.0, sun_elevation_deg=45.0,
        sun_azimuth_deg=180.0,
    )  # fmt: skip
    dark = np.argwhere(painted.pixels[0] < image.pixels[0] - 0.01)
    assert dark[:, 0].min() == 30 - 2 - 10, "north of the tower, row 0 is north"
    assert dark[:, 0].max() < 30
    assert set(dark[:, 1]) == {28, 29, 30, 31}


def test_eight_bit_images_stay_whole_numbers_in_range() -> None:
    image = plain(level=100.0, quantity="dn8")
    rng = np.random.default_rng(0)
    noisy = replace(image, pixels=np.round(image.pixels + rng.normal(0, 4, image.pixels.shape)))
    place = rectangle(*middle_of(image), 50, 50)
    painted, _ = paint_structures(noisy, [Structure(place, (400.0, -20.0))], rng)
    assert painted.pixels.min() == 0
    assert painted.pixels.max() == 255
    np.testing.assert_array_equal(painted.pixels, np.round(painted.pixels))
    assert painted.pixels.dtype == np.float32


def test_what_cannot_be_painted_is_refused_in_one_sentence() -> None:
    image = plain()
    place = rectangle(*middle_of(image), 20, 20)
    rng = np.random.default_rng(0)
    radar = replace(image, bands=("vv", "vh"), quantity="sigma0_db")
    with pytest.raises(SceneError, match="radar"):
        paint_structures(radar, [Structure(place, (1.0, 1.0))], rng)
    with pytest.raises(SceneError, match=r"3 colours.*2 bands"):
        paint_structures(image, [Structure(place, (0.1, 0.1, 0.1))], rng)
    with pytest.raises(SceneError, match="whole pixels"):
        observe(image, grid(59), Air(), rng)


def test_scattered_footprints_are_apart_and_usable() -> None:
    image = plain()
    image.flags[:, :20] = 2
    places = scatter_footprints(image, 3, 400.0, np.random.default_rng(1))
    assert places
    for number, place in enumerate(places):
        assert place.area == pytest.approx(400)
        assert place.bounds[0] > WEST_M + 20 * 5
        assert all(place.distance(other) > 40 for other in places[:number])


def test_the_flood_rises_and_drains() -> None:
    landscape = valley()
    shares = [water_fraction(landscape, rise_m) for rise_m in (0.0, 0.8, 1.6)]
    wet = [(share > 0.5).mean() for share in shares]
    assert 0.005 < wet[0] < wet[1] < wet[2] < 0.5
    for lower, higher in itertools.pairwise(shares):
        assert (higher >= lower).all()
    np.testing.assert_array_equal(shares[0], water_fraction(landscape, 0.0))


def test_indices_of_the_painted_ground_are_those_of_plants_and_water() -> None:
    summer, winter = (paint_ground(valley(), Day(day, 1)) for day in (200, 20))
    green = ndvi(summer.band("red"), summer.band("nir"))
    brown = ndvi(winter.band("red"), winter.band("nir"))
    assert np.median(green) > 0.7
    assert np.median(brown) < 0.5
    flood = paint_ground(valley(), Day(200, 1, river_rise_m=1.6))
    wet = water_fraction(valley(), 1.6) == 1
    index = mndwi(flood.band("green"), flood.band("swir1"))
    assert (index[wet] > 0.2).all()
    assert np.percentile(index[water_fraction(valley(), 1.6) == 0], 99) < 0
    for image in (summer, winter, flood):
        assert image.pixels.min() > 0
        assert image.pixels.max() < 0.8


def test_the_other_year_has_other_crops_and_the_same_hills() -> None:
    one, other = (paint_ground(valley(), Day(250, year)) for year in (1, 2))
    difference = np.abs(one.band("nir") - other.band("nir"))
    is_field = valley().cover == 3
    assert np.median(difference[is_field]) > 3 * np.median(difference[valley().cover == 0])


def test_a_shifted_picture_lies_where_the_shift_says() -> None:
    surface = plain(pixel_m=5.0)
    x_m, y_m = middle_of(surface)
    surface, _ = paint_structures(
        surface, [Structure(rectangle(x_m, y_m, 30, 30), (0.5, 0.5))], np.random.default_rng(0),
        psf_px=0.0,
    )  # fmt: skip
    camera = Camera(("red", "nir"), (1, 1), noise=0.0)
    centres = []
    for shift_px in ((0.0, 0.0), (2.0, -1.5)):
        rng = np.random.default_rng(0)
        seen = observe(surface, grid(30), Air(), rng, camera=camera, shift_px=shift_px)
        bright = np.maximum(seen.image.pixels[0] - 0.1, 0).astype(np.float64)
        rows, columns = np.mgrid[:30, :30]
        centres.append(((rows * bright).sum(), (columns * bright).sum()) / bright.sum())
    np.testing.assert_allclose(centres[1] - centres[0], (2.0, -1.5), atol=0.02)


def test_clouds_are_over_and_shadows_beside_and_most_of_both_are_classed() -> None:
    surface = paint_ground(valley(), Day(250, 1))
    clear, clouded = (
        observe(surface, grid(), air, np.random.default_rng(5), sun_deg=(45.0, 180.0))
        for air in (Air(), Air(clouds=(Cloud(0, -300, 220, base_m=600),)))
    )
    assert not clear.is_cloud.any()
    assert not clear.image.flags.any()
    assert clouded.is_cloud.sum() > 300
    rows = [np.argwhere(part)[:, 0].mean() for part in (clouded.is_cloud, clouded.is_shadow)]
    assert rows[0] - rows[1] == pytest.approx(60, abs=12), "600 m further north, at 10 m"
    hidden = clouded.is_cloud | clouded.is_shadow
    assert (clouded.image.flags[hidden] > 0).mean() > 0.93
    changed = np.abs(clouded.image.pixels - clear.image.pixels)[:, hidden].max(axis=0)
    assert np.median(changed) > 0.1


def visits(*dates: str, seed: int = 1) -> Valley:
    return paint_valley(grid(96), seed, tuple(visit for visit in VISITS if visit.date in dates))


def test_the_same_seed_paints_the_same_whatever_else_is_painted() -> None:
    flood, radar = "2016-09-05", "2016-09-01"
    one, again, other = visits(flood, radar), visits("2015-09-07", flood), visits(flood, seed=2)
    first, second, third = (valley.scene(flood).seen for valley in (one, again, other))
    np.testing.assert_array_equal(first.image.pixels, second.image.pixels)
    np.testing.assert_array_equal(first.classes, second.classes)
    assert (first.image.pixels != third.image.pixels).mean() > 0.9
    np.testing.assert_array_equal(
        one.scene(radar).seen.image.pixels, visits(radar).scene(radar).seen.image.pixels
    )


def test_the_compound_and_its_annex_have_the_published_sizes() -> None:
    compound = visits().compound
    assert compound.whole.area == pytest.approx(math.prod(COMPOUND_M))
    assert compound.annex.area == pytest.approx(ANNEX_M * COMPOUND_M[1])
    assert compound.annex.difference(compound.whole.buffer(1e-6)).is_empty


def test_radar_shows_the_flood_through_any_cloud_and_the_buildings() -> None:
    valley = visits("2016-08-20", "2016-09-01", "2016-09-13")
    usual, risen, drained = valley.scenes
    gained = (risen.water_share - usual.water_share) > 0.99
    assert gained.sum() > 100
    for scene, limit in ((usual, -16), (risen, -18.5), (drained, -16)):
        vv = scene.seen.image.band("vv")
        power = 10 ** (vv[gained] / 10)
        assert (10 * np.log10(power.mean()) < limit) == (scene is risen)
        assert not scene.seen.image.flags.any()
        assert scene.seen.classes is None
    roofs = geometry_mask([valley.compound.old], grid(96).shape, grid(96).affine, invert=True)
    fields = ~roofs & (usual.water_share == 0)
    vv = usual.seen.image.band("vv")
    assert np.median(vv[roofs]) > np.median(vv[fields]) + 2


def test_speckle_keeps_the_power_and_has_four_to_five_looks() -> None:
    flat = replace(valley(), height_m=np.full_like(valley().height_m, 5.0))
    flat = replace(
        flat, cover=np.full_like(flat.cover, Cover.CONIFER), tone=np.ones_like(flat.tone)
    )
    seen = observe_by_radar(flat, Day(230, 1), [], grid(), np.random.default_rng(3))
    for number, polarisation in enumerate(POLARISATIONS):
        power = 10 ** (seen.image.band(polarisation).astype(np.float64) / 10)
        expected = 10 ** (COVER_DB[Cover.CONIFER][number] / 10) + 10 ** (NOISE_FLOOR_DB / 10)
        assert power.mean() == pytest.approx(expected, rel=0.03)
        assert 4 < power.mean() ** 2 / power.var() < 6


def test_pixel_means() -> None:
    cells = np.arange(16, dtype=np.float32).reshape(4, 4)
    np.testing.assert_allclose(pixel_means(cells, 2), [[2.5, 4.5], [10.5, 12.5]])
