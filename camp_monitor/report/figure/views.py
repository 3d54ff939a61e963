"""What a figure shows of the ground: the square round a finding, and its images on it."""

from __future__ import annotations

from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry

from camp_monitor.errors import SceneError
from camp_monitor.facilities import Outline
from camp_monitor.facilities.geometry import sides_m
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.pairs.pair import CORRECTED_FROM_PX
from camp_monitor.records.finding import Finding
from camp_monitor.report.figure.coarse_reading import read_coarse
from camp_monitor.scenes.cloud_screening import reader
from camp_monitor.scenes.coregistration import measure_shift
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.reading import choose_grid, read_image
from camp_monitor.scenes.scene import Scene
from camp_monitor.settings import ScanSettings

LEAST_VIEW_M = 300.0
"""Least side of a panel on the ground: less shows no surroundings to know the place by."""
LEAST_VIEW_PX = 24
"""Likewise in pixels: a few squares show nothing at all."""
WIDE_RIM_M = 500.0
"""Round a finding smaller than this, its own size is shown on every side; round a larger one
this much, and never less than `RIM_FRACTION` of its size."""
RIM_FRACTION = 0.15
LARGEST_MEASURED_PX = 2048
"""The shift is measured on the searched area; on the middle of it where that is larger."""


def view_grid(before: Scene, after: Scene, finding: Finding, most_px: int) -> GeoBox:
    """Make the square grid of the panels: the pixels that were compared, or whole groups of them.

    Parameters
    ----------
    before, after : Scene
    finding : Finding
        In the middle, with a rim that shows where it lies.
    most_px : int
        Longest side; a wider view takes groups of 2 x 2, 3 x 3, ... pixels as one.

    Returns
    -------
    GeoBox
        In metres, north up.
    """
    spot = finding.geometry.representative_point().buffer(1e-6)
    native = choose_grid(before, after, spot, 1)
    pixel_m = float(native.affine.a)
    bounds = Geometry(finding.geometry, "EPSG:4326").to_crs(str(native.crs)).boundingbox
    extent_m = max(bounds.span_x, bounds.span_y)
    rim_m = max(min(extent_m, WIDE_RIM_M), RIM_FRACTION * extent_m)
    side_m = max(extent_m + 2 * rim_m, LEAST_VIEW_M, LEAST_VIEW_PX * pixel_m)
    group = max(1, -int(-side_m // (pixel_m * most_px)))
    step_m = group * pixel_m
    side_px = max(1, round(side_m / step_m))
    west, north = (
        origin + round((middle - origin) / pixel_m + half * side_px * group / 2) * pixel_m
        for origin, middle, half in (
            (native.affine.c, (bounds.left + bounds.right) / 2, -1),
            (native.affine.f, (bounds.bottom + bounds.top) / 2, 1),
        )
    )
    affine = Affine(step_m, 0, west, 0, -step_m, north)
    return GeoBox((side_px, side_px), affine, native.crs)


def read_both(
    settings: ScanSettings, scenes: tuple[Scene, Scene], outline: Outline, grid: GeoBox
) -> tuple[Image, Image]:
    """Read both scenes onto the view, the second moved to where the scan moved it."""
    first, second = scenes
    before = _read(first, grid, (0.0, 0.0))
    after = _read(second, grid, _shift_px(settings, scenes, outline, grid))
    for scene, image in ((first, before), (second, after)):
        if (image.flags & 1).all():
            raise SceneError(
                f"The scene {scene.id} has no pixels round this finding: restore its files, or "
                f"scan other scenes."
            )
    return before, after


def read_beside(
    settings: ScanSettings, first: Scene, scene: Scene, outline: Outline, grid: GeoBox
) -> Image:
    """Read a further date onto the view, moved onto the first of the pair."""
    return _read(scene, grid, _shift_px(settings, (first, scene), outline, grid))


def _read(scene: Scene, grid: GeoBox, shift_px: tuple[float, float]) -> Image:
    coarse = grid.affine.a >= 2 * scene.pixel_m
    return (read_coarse if coarse else read_image)(scene, grid, shift_px)


def _shift_px(
    settings: ScanSettings, scenes: tuple[Scene, Scene], outline: Outline, view: GeoBox
) -> tuple[float, float]:
    """Measure the shift as the scan did, in (rows, columns) of the view's pixels."""
    first, second = scenes
    if first.band_names != second.band_names or first.quantity != second.quantity:
        return 0.0, 0.0
    area = search_area(outline, settings.margin_m)
    middle = area.representative_point().buffer(1e-6)
    about_px = max(sides_m(area.bounds)) / max(first.pixel_m, second.pixel_m)
    if about_px <= LARGEST_MEASURED_PX:
        grid = choose_grid(first, second, area, settings.context_px)
    else:
        grid = choose_grid(first, second, middle, LARGEST_MEASURED_PX // 2)
    read = reader(settings.cloud_mask)
    shift = measure_shift(read(first, grid, (0.0, 0.0)), read(second, grid, (0.0, 0.0)))
    if not shift.known or shift.length_px < CORRECTED_FROM_PX:
        return 0.0, 0.0
    ratio = grid.affine.a / view.affine.a
    return shift.shift_rows_px * ratio, shift.shift_columns_px * ratio
