"""New built-up ground in painted pairs: told from cast, shift, noise and other crops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage

from camp_monitor.codes import Code
from camp_monitor.detect.construction import built_up
from camp_monitor.detect.construction import fine as fine_construction
from camp_monitor.detect.construction.built_up import CONSTANTS, FEW_EDGES, find_built_up
from camp_monitor.detect.construction.fine import detect_fine_construction
from camp_monitor.detect.detection import Change
from camp_monitor.detect.regions import label_regions
from camp_monitor.errors import Refusal
from camp_monitor.notes import note
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes.image import Image

Pixels = NDArray[np.float32]
SIDE = 200
MARGIN = 4
"""More than the largest shift: what comes from beyond the edge is not painted."""
BLOCK = (slice(120, 160), slice(40, 110))
CAST = np.array([[1.2, 0.1, 0.0], [0.0, 0.8, 0.2], [0.1, 0.0, 0.9]])


def fields(seed: int, plots: int = 60) -> Pixels:
    """A patchwork of plain fields of all colours, with a little texture."""
    rng = np.random.default_rng(seed)
    pixels = np.full((3, SIDE, SIDE), 90.0)
    for _ in range(plots):
        row, column = rng.integers(0, SIDE - 20, 2)
        tall, wide = rng.integers(15, 70, 2)
        colour = rng.uniform(40, 140) * rng.uniform(0.8, 1.2, 3)
        pixels[:, row : row + tall, column : column + wide] = colour[:, None, None]
    grain = ndimage.gaussian_filter(rng.normal(0, 12, pixels.shape), (0, 1.5, 1.5))
    return np.asarray(ndimage.gaussian_filter(pixels, (0, 0.6, 0.6)) + grain, np.float32)


def with_houses(pixels: Pixels, place: tuple[slice, slice] = BLOCK) -> Pixels:
    """Rows of bright houses with their shadows on bare earth."""
    built = pixels.copy()
    yard = built[(slice(None), *place)]
    yard[:] = np.array([150, 135, 110])[:, None, None]
    for row in range(2, yard.shape[1] - 6, 10):
        for column in range(2, yard.shape[2] - 6, 10):
            yard[:, row : row + 5, column : column + 6] = 215
            yard[:, row + 5 : row + 7, column : column + 6] = 35
    return np.asarray(ndimage.gaussian_filter(built, (0, 0.5, 0.5)))


def image(pixels: NDArray[np.floating], pixel_m: float = 1.5) -> Image:
    shape = pixels.shape[1:]
    grid = GeoBox(shape, Affine(pixel_m, 0, 3e5, 0, -pixel_m, 4e6), "EPSG:32652")
    bands = ("red", "green", "blue")
    return Image(pixels.astype(np.float32), bands, "dn8", np.zeros(shape, np.uint8), grid)


def pair(before: Image, after: Image) -> Pair:
    def move(shift_px: tuple[float, float]) -> Image:
        back = (-shift_px[0], -shift_px[1])
        moved = [ndimage.shift(band, back, order=1, mode="nearest") for band in after.pixels]
        inside = ndimage.shift(np.ones(after.flags.shape), back, order=1) > 0.99
        flags = np.where(inside, after.flags, 1).astype(np.uint8)
        return replace(after, pixels=np.stack(moved), flags=flags)

    return pair_images(
        before, after, move, max_residual_px=0.75, interval_days=300, unscreened=True
    )


def regions(change: Change) -> int:
    return label_regions(change.changed, change.least_px)[1]


def agreement(changed: NDArray[np.bool_], place: tuple[slice, slice] = BLOCK) -> float:
    truth = np.zeros(changed.shape, bool)
    truth[place] = True
    return float((changed & truth).sum() / (changed | truth).sum())


@settings(max_examples=12, deadline=None, derandomize=True, phases=(Phase.generate,))
@given(
    seed=st.integers(0, 5),
    gain=st.floats(0.6, 1.6),
    offset=st.floats(-10, 30),
    noise=st.floats(0, 4),
    shift=st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
    is_built=st.booleans(),
)
def test_the_same_ground_in_other_light_and_place_is_no_finding(
    seed: int, gain: float, offset: float, noise: float, shift: tuple[float, float], is_built: bool
) -> None:
    ground = with_houses(fields(seed)) if is_built else fields(seed)
    moved = np.stack([ndimage.shift(band, shift, order=1) for band in ground])
    ground, other = (each[:, MARGIN:-MARGIN, MARGIN:-MARGIN] for each in (ground, moved))
    other = other * gain * np.array([1, 0.9, 1.1])[:, None, None] + offset
    other += np.random.default_rng(seed).normal(0, noise, other.shape)
    found = find_built_up(pair(image(ground), image(other)), 1.5)
    assert regions(found.change) == 0
    assert found.change.strength.max() < 0.8  # nor nearly one


@pytest.mark.parametrize("cast", [np.eye(3), CAST], ids=["same sensor", "other sensor"])
def test_new_houses_are_found_under_any_linear_cast(cast: NDArray[np.float64]) -> None:
    before = fields(1)
    after = np.tensordot(cast, with_houses(before), axes=1) + 8
    found = find_built_up(pair(image(before), image(after)), 1.5)
    assert found.agreement > 0.5
    assert agreement(found.change.changed) > 0.7
    assert found.change.changed[:100].mean() < 0.005
    # where nothing is built, the strengths must leave room below the threshold
    assert np.percentile(found.change.strength[:100], 99) < 0.7


def test_where_every_field_changed_new_edges_decide_and_the_answer_says_so() -> None:
    after = with_houses(fields(3))
    found = find_built_up(pair(image(fields(2)), image(after)), 1.5)
    assert found.agreement < 0.2
    assert FEW_EDGES in found.change.caveats
    by_colour = find_built_up(
        pair(image(fields(2)), image(after)), 1.5, replace(CONSTANTS, trust=1e9, most_colour=1.0)
    )
    for each, stands_out in ((found, True), (by_colour, False)):
        strength = each.change.strength
        assert (strength[125:155, 50:100].min() > 2 * np.median(strength)) == stands_out


def test_the_size_of_a_pixel_does_not_matter_as_long_as_it_is_known() -> None:
    before, after = fields(1), with_houses(fields(1))
    coarse = find_built_up(pair(image(before), image(after)), 1.5).change
    finer = [image(np.repeat(np.repeat(each, 3, 1), 3, 2), 0.5) for each in (before, after)]
    fine = find_built_up(pair(finer[0], finer[1]), 0.5).change
    assert np.array_equal(fine.changed[1::3, 1::3], coarse.changed)
    assert fine.least_px == pytest.approx(9 * coarse.least_px, rel=0.05)


def test_an_odd_number_of_pixels_is_averaged_to_its_very_edge() -> None:
    rows, columns = 199, 197
    before = np.repeat(np.repeat(fields(1), 3, 1), 3, 2)[:, :rows, :columns]
    after = before + np.random.default_rng(0).normal(0, 1, before.shape).astype(np.float32)
    found = find_built_up(pair(image(before, 0.5), image(after, 0.5)), 0.5)
    assert found.change.changed.shape == (rows, columns)
    assert regions(found.change) == 0


@pytest.mark.parametrize("rows_at_once", [1, 7, 66, 67])
def test_how_many_rows_are_averaged_at_a_time_does_not_show(
    rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = (
        np.repeat(np.repeat(each, 3, 1), 3, 2)[:, :-1, :-2]
        for each in (fields(1)[:, :67], with_houses(fields(1))[:, :67])
    )
    flags = np.zeros(before.shape[1:], np.uint8)
    flags[20:50, 30:90] = 2
    two = pair(image(before, 0.5), replace(image(after, 0.5), flags=flags))
    whole = find_built_up(two, 0.5).change
    monkeypatch.setattr(built_up, "ROWS_AT_ONCE", rows_at_once)
    np.testing.assert_array_equal(find_built_up(two, 0.5).change.strength, whole.strength)


def test_unusable_ground_is_never_called_and_makes_nothing_else_be_called() -> None:
    before, after = image(fields(1)), image(fields(1) * 1.3 + 5)
    flags = np.zeros((SIDE, SIDE), np.uint8)
    flags[50:90, 60:120] = 2
    cloud = after.pixels.copy()
    cloud[:, flags > 0] = np.nan
    found = find_built_up(pair(before, replace(after, pixels=cloud, flags=flags)), 1.5)
    assert regions(found.change) == 0
    assert np.isfinite(found.change.strength).all()
    built = with_houses(before.pixels)
    built[:, flags > 0] = np.nan
    found = find_built_up(pair(before, replace(after, pixels=built, flags=flags)), 1.5)
    assert found.change.changed.any()
    assert not found.change.changed[flags > 0].any()


def test_roofs_are_asked_for_in_fine_pixels_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[float, str]] = []

    def find_roofs(pair: Pair, pixel_m: float, structure_model: str) -> Change:
        asked.append((pixel_m, structure_model))
        nothing = np.zeros(pair.usable.shape, bool)
        return Change("construction", nothing, nothing.astype(np.float32), 1.0, 4)

    monkeypatch.setattr("camp_monitor.detect.construction.roofs.find_roofs", find_roofs)
    before, after = fields(1), with_houses(fields(1))

    def kinds(pixel_m: float) -> list[str]:
        two = pair(image(before, pixel_m), image(after, pixel_m))
        detection = detect_fine_construction(two, "own.npz")
        roofs_open = note(Code.ROOFS_UNTOLD) in detection.caveats
        assert roofs_open == (pixel_m >= fine_construction.ROOFS_UNDER_M)
        return [change.kind for change in detection.changes]

    assert kinds(0.5) == ["construction", "built_up"]
    assert kinds(1.5) == ["built_up"]
    assert asked == [(0.5, "own.npz")]
    with pytest.raises(Refusal, match=r"pixel_m=5\.0, under_m=3\.0"):
        kinds(5.0)
