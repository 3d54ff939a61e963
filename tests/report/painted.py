"""A painted valley with a walled compound, and the findings that a scan of it might give."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.codes import Code
from camp_monitor.facilities.facility import Facility, Outline, Source
from camp_monitor.notes import measurements, note
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.picture import MapImage, render_pair
from camp_monitor.scenes.image import Image, Quality

SIDE_PX = 420
PIXEL_M = 5.0
"""Metres of EPSG:3857; about 3.7 on the ground."""
WEST_M, NORTH_M = 14443000.0, 5188500.0

BEFORE = SceneReference(
    id="S2A_52TEN_20160820_0_L2A",
    sensor="sentinel-2",
    acquired_from_at="2016-08-20T02:16:02Z",
    acquired_to_at="2016-08-20T02:16:02Z",
    sha256=("a" * 64,),
    licence="CC-BY-SA-3.0-IGO",
    credit="Contains modified Copernicus Sentinel data 2016",
)
AFTER = replace(
    BEFORE,
    id="S2A_52TEN_20160912_0_L2A",
    acquired_from_at="2016-09-12T02:16:02Z",
    acquired_to_at="2016-09-12T02:16:02Z",
    sha256=("b" * 64,),
)


def box(col: float, row: float, width: float, height: float) -> shapely.Polygon:
    """Return a rectangle of pixels as a polygon in degrees."""
    west, north = WEST_M + col * PIXEL_M, NORTH_M - row * PIXEL_M
    return polygon_deg(shapely.box(west, north - height * PIXEL_M, west + width * PIXEL_M, north))


def polygon_deg(metres: shapely.Polygon) -> shapely.Polygon:
    """Return a polygon in EPSG:3857 in degrees."""

    def to_degrees(points: NDArray[np.float64]) -> NDArray[np.float64]:
        radius_m = 6378137.0
        lat = np.degrees(np.arctan(np.sinh(points[:, 1] / radius_m)))
        return np.column_stack([np.degrees(points[:, 0] / radius_m), lat]).round(7)

    degrees: shapely.Polygon = shapely.transform(metres, to_degrees)
    return degrees


def river(swell_px: float) -> NDArray[np.bool_]:
    """Return where the river is, wider by `swell_px` on its western bank."""
    row, col = np.mgrid[:SIDE_PX, :SIDE_PX]
    middle = 290 + 26 * np.sin(row / 45.0)
    return (col > middle - 10 - swell_px) & (col < middle + 12)


def painted(seed: int, *, flooded: bool) -> Image:
    """Return one date: hills, fields, a river and a compound; flooded and built up, or not."""
    random = np.random.default_rng(seed)
    row, col = np.mgrid[:SIDE_PX, :SIDE_PX]
    hills = 0.03 * np.sin(row / 31.0) * np.cos(col / 27.0) + 0.02 * np.sin((row + 2 * col) / 60.0)
    pixels = np.stack([0.085 + hills, 0.105 + hills, 0.07 + hills * 0.7]).astype(np.float32)
    for left in range(20, 220, 33):
        shade = random.uniform(0.8, 1.3) * random.uniform(0.96, 1.05, 3)
        pixels[:, 250:400, left : left + 29] *= shade.astype(np.float32)[:, None, None]
    swell = 34 * np.exp(-(((row - 215) / 60.0) ** 2)) if flooded else 0
    pixels[:, river(swell)] = np.array([0.05, 0.07, 0.062], np.float32)[:, None]
    pixels[:, 150:250, 196:270] = np.where(
        river(swell)[150:250, 196:270], pixels[:, 150:250, 196:270], 0.13
    )
    for top, left, height, width in [(160, 204, 10, 34), (180, 204, 10, 34), (220, 206, 22, 10)]:
        pixels[:, top : top + height, left : left + width] = 0.27
    if flooded:
        pixels[:, 200:212, 204:240] = 0.31
    pixels += random.normal(0, 0.006, pixels.shape).astype(np.float32)
    flags = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    if flooded:
        cloud = (row - 90) ** 2 / 1.6 + (col - 120) ** 2 < 55**2
        pixels[:, cloud] = 0.45
        flags[cloud] = Quality.CLOUD
    pixels[:, :, :4] = np.nan
    flags[:, :4] = Quality.NODATA
    return Image(pixels, ("red", "green", "blue"), "reflectance", flags, grid())


def grid() -> GeoBox:
    """Return the grid of the painted images."""
    affine = Affine(PIXEL_M, 0, WEST_M, 0, -PIXEL_M, NORTH_M)
    return GeoBox((SIDE_PX, SIDE_PX), affine, "EPSG:3857")


@functools.cache
def pictures() -> tuple[MapImage, MapImage]:
    """Return both dates rendered."""
    return render_pair(painted(1, flooded=False), painted(2, flooded=True), BEFORE, AFTER)


def outline(basis: str = "derived") -> Outline:
    """Return an outline of the compound."""
    return Outline(
        geometry=box(196, 150, 74, 100),
        basis=basis,  # type: ignore[arg-type]  # the test says which of the four
        accuracy_m=60.0,
        version=1,
        source="size_study",
        note="A rectangle of the published length and width, centred on the published point.",
    )


def facility(name: str = "Kyo-hwa-so No. 12, Jongo-ri") -> Facility:
    """Return a facility with Korean names."""
    return Facility(
        id="khs-12-jongori",
        name=name,
        names_ko=("전거리 제12호 교화소",),
        sources=(Source("size_study", "A study of the size", "A publisher", "2016"),),
        outlines=(outline(),),
    )


def findings() -> list[Finding]:
    """Return one building and one flood."""
    building = Finding(
        facility_id="khs-12-jongori",
        outline_version=1,
        kind="construction",
        method="construction/1",
        before=BEFORE,
        after=AFTER,
        geometry=box(204, 200, 36, 12),
        area_m2=5870,
        area_low_m2=5210,
        area_high_m2=6480,
        position="inside",
        confidence="high",
        measurements=measurements({"strength": 2.1, "region_px": 400}),
        caveats=(note(Code.BARE_GROUND),),
    )
    bank = shapely.Polygon(
        [(282, 150), (262, 175), (243, 200), (240, 220), (248, 245), (268, 275), (280, 275),
         (270, 245), (268, 220), (272, 195), (290, 165)]
    )  # fmt: skip
    metres = shapely.transform(
        bank, lambda p: np.column_stack([WEST_M + p[:, 0] * PIXEL_M, NORTH_M - p[:, 1] * PIXEL_M])
    )
    flood = replace(
        building,
        kind="flooding",
        method="flooding/1",
        geometry=polygon_deg(metres),
        area_m2=41200,
        area_low_m2=36900,
        area_high_m2=44800,
        position="within_error",
        confidence="medium",
        measurements=measurements(
            {"water_index_from:before": -0.31, "water_index_from:after": 0.18}
        ),
        caveats=(note(Code.LIKE_WATER),),
    )
    return [building, flood]


def observations() -> list[Observation]:
    """Return the answers to three questions: changed, changed, and not seen."""
    building, flood = findings()
    cloud = shapely.Point(WEST_M + 120 * PIXEL_M, NORTH_M - 90 * PIXEL_M).buffer(300)
    seen = Observation(
        facility_id="khs-12-jongori",
        outline_version=1,
        method="construction/1",
        before=BEFORE,
        after=AFTER,
        settings_sha256="c" * 64,
        outcome="changed",
        seen_fraction=0.93,
        reasons=(note(Code.UNUSABLE, flags=("cloud",)),),
        not_seen=polygon_deg(cloud),
        finding_ids=(building.id,),
        measurements=measurements({"shift_found_px": 3.1, "shift_left_px": 0.4}),
    )
    water = replace(seen, method="flooding/1", finding_ids=(flood.id,))
    unseen = replace(
        seen,
        method="clearing/1",
        outcome="not_seen",
        seen_fraction=0.0,
        finding_ids=(),
        not_seen=None,
        reasons=(note(Code.WATER_NEEDS_BANDS, bands=("red", "green", "blue")),),
    )
    return [seen, water, unseen]
