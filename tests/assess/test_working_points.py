"""Working points: they nest, and a weak roof is a candidate until more is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from odc.geo.geom import Geometry
from pydantic import ValidationError
from scipy import ndimage

import camp_monitor as cm
from benchmarks.simulation.settlement import paint_settlement
from camp_monitor.assess.calibrations import EXPECTED
from camp_monitor.assess.working_points import WORKING_POINTS, counts
from camp_monitor.codes import Code
from camp_monitor.comparison import CHANGED
from camp_monitor.detect.detection import Change
from camp_monitor.detect.regions import candidate_pixels, pixels_inside
from camp_monitor.errors import InputError
from camp_monitor.facilities import Facility
from camp_monitor.records.finding import Finding
from camp_monitor.scenes.scene import Scene
from camp_monitor.settings import ScanSettings
from tests.painted_pair import write_kml

PROBABILITY = st.floats(0.03, 0.95)
Fading = list[tuple[cm.Comparison, tuple[Facility, Scene, Scene], NDArray[np.bool_]]]


@given(PROBABILITY, st.booleans())
def test_what_counts_at_one_sensitivity_counts_at_a_higher_one(p: float, called: bool) -> None:
    low, balanced, high = (counts(p, called, name) for name in ("low", "balanced", "high"))
    assert low <= balanced <= high
    assert balanced == called


@given(PROBABILITY, st.booleans(), PROBABILITY, PROBABILITY)
def test_a_probability_is_a_working_point(p: float, called: bool, one: float, two: float) -> None:
    assert counts(p, called, one) == (p >= one)
    assert counts(p, called, max(one, two)) <= counts(p, called, min(one, two))


def test_measured_working_points_find_more_the_higher_they_are() -> None:
    ways = {key[:2] for key in EXPECTED}
    assert len(ways) >= 8
    for way in ways:
        own = [EXPECTED[(*way, name)] for name in WORKING_POINTS if (*way, name) in EXPECTED]
        recalls = [one.recall for one in own]
        assert recalls == sorted(recalls, reverse=True)
        assert all(0 <= one.precision <= 1 and one.findings and one.changes for one in own)


def test_settings_take_a_word_or_a_probability() -> None:
    assert ScanSettings().sensitivity == "balanced"
    assert ScanSettings(sensitivity="high").sensitivity == "high"
    assert ScanSettings.model_validate({"sensitivity": 0.4}).sensitivity == 0.4
    for wrong in ("higher", 0, 1, -0.2, 1.5, "nan"):
        with pytest.raises(ValidationError):
            ScanSettings.model_validate({"sensitivity": wrong})
        with pytest.raises(InputError):
            ScanSettings().told(sensitivity=wrong)


def test_the_rim_of_a_region_is_no_candidate() -> None:
    strength = np.zeros((60, 60), np.float32)
    strength[10:20, 10:20] = 0.8  # the rim of what is found in its middle
    strength[13:17, 13:17] = 1.5
    strength[30:36, 30:36] = 0.8
    strength[45:47, 45:46] = 0.8  # too small
    strength[30:36, 50:56] = 0.6  # too faint
    strength[50:56, 10:16] = 0.9  # not seen
    change = Change("construction", strength >= 1, strength, edge_px=1.0, least_px=4)
    seen = np.ones(strength.shape, bool)
    seen[48:] = False
    wanted = np.zeros(strength.shape, bool)
    wanted[30:36, 30:36] = True
    np.testing.assert_array_equal(candidate_pixels(change, seen), wanted)


@pytest.fixture(scope="module")
def fading(tmp_path_factory: pytest.TempPathFactory) -> Fading:
    """A settlement whose new roofs fade into the ground of before: three comparisons."""
    folder = tmp_path_factory.mktemp("fading")
    painted = paint_settlement(np.random.default_rng(9_000_003), 192, 0.5)
    corner = (560640.0, 4674600.0)
    inner = shapely.box(corner[0] + 8, corner[1] - 88, corner[0] + 88, corner[1] - 8)
    frame = Geometry(inner, "EPSG:32652").to_crs("EPSG:4326").geom
    place = cm.read_outline(write_kml(folder / "camp.kml", frame), accuracy_m=0)
    first = painted.before.astype(float)
    given_to = []
    for part in (0.7, 0.5, 0.35):
        files = []
        after = first + part * (painted.after.astype(float) - first)
        for name, pixels in (("before", first), (f"after-{part}", after)):
            with rasterio.open(
                folder / f"{name}.tif", "w", driver="GTiff", dtype="uint8", count=3, height=192,
                width=192, crs="EPSG:32652",
                transform=Affine(0.5, 0, corner[0], 0, -0.5, corner[1]),
            ) as target:  # fmt: skip
                target.write(pixels.round().clip(0, 255).astype(np.uint8))
                target.descriptions = ("red", "green", "blue")
            files.append(Path(target.name))
        before, then = (
            cm.open_scene(path, sensor="rgb", acquired=day)
            for path, day in zip(files, ("2016-08-20", "2016-09-12"), strict=True)
        )
        asked = (place, before, then)
        given_to.append((cm.compare(*asked), asked, painted.new_roof))
    return given_to


def roofs(found: tuple[Finding, ...], result: cm.Comparison, roof: NDArray[np.bool_]) -> list[str]:
    """Return those of some findings that lie on a painted roof."""
    pair = result.result.pair
    assert pair is not None
    where = [pixels_inside(item.geometry, pair.grid) for item in found]
    wide = ndimage.binary_dilation(roof, iterations=2)
    tops = np.zeros(pair.usable.shape, bool)
    column, row = (round(value) for value in (~pair.grid.affine) * (560640.0, 4674600.0))
    tops[row : row + 192, column : column + 192] = wide
    return [item.id for item, pixels in zip(found, where, strict=True) if tops[pixels].mean() > 0.5]


def test_a_weak_roof_is_a_candidate_and_appears_at_high(fading: Fading) -> None:
    weak = 0
    for result, asked, roof in fading:
        likely = tuple(
            item
            for item in result.result.candidates
            if item.kind == "construction" and (item.probability or 0) >= WORKING_POINTS["high"][1]
        )
        if not roofs(likely, result, roof):
            continue
        weak += 1
        high = cm.compare(*asked, sensitivity="high")
        raised = {item.geometry.wkb for item in high.result.findings}
        assert raised >= {item.geometry.wkb for item in (*likely, *result.result.findings)}
        codes = [item.code for one in high.result.observations for item in one.caveats]
        assert Code.WORKING_POINT in codes
        low = cm.compare(*asked, sensitivity="low")
        kept = {item.id for item in low.result.findings}
        assert kept <= {item.id for item in result.result.findings}
        assert low.result.observations[0].settings_sha256 not in {
            one.result.observations[0].settings_sha256 for one in (result, high)
        }
    assert weak


def test_candidates_change_neither_outcome_nor_raster(fading: Fading) -> None:
    for result, *_ in fading:
        assert result.result.candidates or result.result.findings
        for looked in result.result.observations:
            own = [one for one in result.result.findings if one.id in looked.finding_ids]
            assert (looked.outcome == "changed") == bool(own)
            assert not set(looked.finding_ids) & {one.id for one in result.result.candidates}
        assert len(result.candidates) == len(result.result.candidates)
        assert result.candidates["candidate"].all()
        states = result.result.states
        assert states is not None
        pixel_m2 = result.result.pair.grid.resolution.x**2 if result.result.pair else 0
        area_m2 = sum(one.area_m2 for one in result.result.findings if one.kind == "construction")
        assert (states == CHANGED).sum() * pixel_m2 >= 0.99 * area_m2


def test_candidates_are_drawn_when_asked_for(fading: Fading, tmp_path: Path) -> None:
    result = next(one for one, *_ in fading if one.result.candidates)
    ids = [item.id for item in result.result.candidates]
    plain = result.to_map(tmp_path / "plain.html").read_text(encoding="utf-8")
    asked = result.to_map(tmp_path / "asked.html", candidates=True).read_text(encoding="utf-8")
    assert not any(one in plain for one in ids)
    assert all(one in asked for one in ids)
    assert "below the working point" not in plain
    assert "below the working point" in asked
    for suffix in ("gpkg", "kml", "geojson"):
        for candidates in (False, True):
            path = tmp_path / f"{candidates}.{suffix}"
            result.export(path, candidates=candidates)
            assert all((one.encode() in path.read_bytes()) == candidates for one in ids)
