"""A map of one facility is under 3 MB with two dates and under 5 MB with ten, whatever it shows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely
import shapely.affinity
from affine import Affine
from odc.geo.geobox import GeoBox

from camp_monitor.detect.regions import outline_area
from camp_monitor.notes import measurements
from camp_monitor.records.finding import Finding
from camp_monitor.report.map.map import MOST_DRAWN, draw_map
from camp_monitor.report.picture import LONGEST_SIDE_PX, MapImage
from camp_monitor.report.text.sentences import name_of, phrase
from tests.report import painted
from tests.report.real import naip_map
from tests.report.test_map import shapes_in
from tests.report.test_picture import noise

MOST_BYTES = 3_000_000
MOST_SERIES_BYTES = 5_000_000
SIDE_M = painted.SIDE_PX * painted.PIXEL_M


def corners(geometry: shapely.Geometry) -> np.ndarray:
    """Return the corners of a polygon or of several, in order, each ring closed."""
    return shapely.get_coordinates(shapely.get_rings(shapely.get_parts(geometry)))


def test_real_map_is_small_exact_and_the_same_twice(imagery_folder: Path) -> None:
    html, again, findings = naip_map(imagery_folder)
    assert len(findings) > 150
    assert len(html.encode()) < MOST_BYTES
    assert again == html
    shown = phrase("map.shown_in", bands=name_of("bands", "red green blue"))
    assert html.count(f"{shown}; {phrase('picture.rounded', off=1)}.") == 2
    drawn = {properties["id"]: shape for shape, properties in shapes_in(html) if "id" in properties}
    assert drawn.keys() == {finding.id for finding in findings}
    for finding in findings:  # pixels of 5 m are 6.6e-5 degrees wide
        shown = shapely.get_coordinates(drawn[finding.id])
        np.testing.assert_allclose(shown, corners(finding.geometry), rtol=0, atol=5.1e-7)


def largest(reference_of: MapImage, seed: int) -> MapImage:
    return replace(reference_of, pixels=noise(LONGEST_SIDE_PX, seed).pixels)


def ragged(random: np.random.Generator) -> shapely.Geometry:
    """Return the edges of 2,500 pixels, half of them taken by chance, in the north-west corner."""
    pixel_m = SIDE_M / LONGEST_SIDE_PX
    affine = Affine(pixel_m, 0, painted.WEST_M, 0, -pixel_m, painted.NORTH_M)
    where = outline_area(random.random((50, 50)) > 0.5, GeoBox((50, 50), affine, "EPSG:3857"))
    assert where is not None
    return where


def scattered(count: int, random: np.random.Generator) -> list[Finding]:
    """Return findings with ragged edges all over the pictures, the first of them the smallest."""
    shapes = [ragged(random) for _ in range(20)]
    west, south, east, north = painted.box(0, 0, 380, 380).bounds
    [finding, _] = painted.findings()
    return [
        replace(
            finding,
            geometry=shapely.affinity.translate(
                shapes[number % 20],
                random.uniform(0, east - west),
                random.uniform(south - north, 0),
            ),
            area_m2=1000.0 + number,
            area_low_m2=0.0,
            area_high_m2=1e6,
            measurements=measurements(
                {
                    "strength": number / 1000,
                    "region_px": number,
                    "shift_left_px": number / 7,
                    "water_index_from:after": number / 3,
                    "around_km2": number / 9,
                }
            ),
        )
        for number in range(count)
    ]


def test_worst_map_is_small_and_draws_nothing_too_small() -> None:
    random = np.random.default_rng(8)
    findings = scattered(MOST_DRAWN + 100, random)
    pixel_m = SIDE_M / 1000
    affine = Affine(pixel_m, 0, painted.WEST_M, 0, -pixel_m, painted.NORTH_M)
    speckled = outline_area(
        random.random((1000, 1000)) > 0.5, GeoBox((1000, 1000), affine, "EPSG:3857")
    )
    seen, *others = painted.observations()
    before, after = painted.pictures()
    html = draw_map(
        painted.facility(),
        painted.outline(),
        largest(before, 1),
        largest(after, 2),
        findings,
        [replace(seen, not_seen=speckled), *others],
    )
    assert len(html.encode()) < MOST_BYTES
    assert phrase("map.too_many", findings=1600, most=1500) in html
    simplified = re.escape(phrase("map.simplified", off_px=7)).replace("7", r"\d+")
    assert re.search(simplified, html)
    drawn = {properties.get("id"): shape for shape, properties in shapes_in(html)}
    assert findings[99].id not in drawn  # the smallest ones are left out
    for finding in findings[100::100]:
        shown = shapely.Polygon(drawn[finding.id].geoms[0])
        assert shown.buffer(1e-6).covers(finding.geometry)


def test_ten_dates_of_the_worst_pictures_stay_under_five_megabytes() -> None:
    before, after = painted.pictures()
    years = [
        replace(
            painted.BEFORE,
            id=f"S2A_{year}",
            acquired_from_at=f"{year}-09-01T02:16:02Z",
            acquired_to_at=f"{year}-09-01T02:16:02Z",
        )
        for year in range(2017, 2025)
    ]
    html = draw_map(
        painted.facility(),
        painted.outline(),
        largest(before, 1),
        largest(after, 2),
        painted.findings(),
        painted.observations(),
        others=[
            replace(largest(before, seed), reference=year) for seed, year in enumerate(years, 3)
        ],
    )
    assert len(html.encode()) < MOST_SERIES_BYTES
    assert html.count("data:image/webp") == 10
    smaller = (phrase("picture.smaller", factor=factor) for factor in (2, 4, 8))
    assert sum(map(html.count, smaller)) >= len(years)  # and it is said of each
