"""New roofs: painted truth, nothing new where nothing is, and weights that cannot run code."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage

from benchmarks.simulation.settlement import PaintedPair, paint_settlement
from camp_monitor.detect.construction import roof_network
from camp_monitor.detect.construction.roof_network import (
    LAYERS,
    MOST_BYTES,
    WEIGHTS_FOLDER,
    read_weights,
    run_network,
)
from camp_monitor.detect.construction.roofs import (
    DEFAULT_WEIGHTS,
    RoofConstants,
    find_roofs,
    freed_of_light,
)
from camp_monitor.detect.regions import label_regions
from camp_monitor.errors import SceneError
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes.image import Image, Quality

Pixels = NDArray[np.floating] | NDArray[np.uint8]
SEEDS = range(9_000_000, 9_000_008)
"""Settlements that no weights have learnt from: those were painted with other seeds."""


def image(pixels: Pixels, pixel_m: float, flags: NDArray[np.uint8] | None = None) -> Image:
    shape = pixels.shape[1:]
    grid = GeoBox(shape, Affine(pixel_m, 0, 0, 0, -pixel_m, 0), None)
    flags = np.zeros(shape, np.uint8) if flags is None else flags
    bands = ("red", "green", "blue") if len(pixels) == 3 else ("nir",)
    return Image(pixels.astype(np.float32), bands, "dn8", flags, grid)


def pair_of(before: Pixels, after: Pixels, pixel_m: float = 0.5) -> Pair:
    """Pair two pictures without aligning them: what is left of a shift is the detector's."""
    second = image(after, pixel_m)
    pair = pair_images(
        image(before, pixel_m),
        second,
        lambda shift_px: second,
        max_residual_px=99.0,
        interval_days=400.0,
        unscreened=True,
    )
    return replace(pair, after=second)


def called(pair: Pair, pixel_m: float = 0.5) -> NDArray[np.bool_]:
    """Where a scan would report a roof."""
    change = find_roofs(pair, pixel_m)
    assert change.kind == "construction"
    assert change.strength.dtype == np.float32
    np.testing.assert_array_equal(change.changed, (change.strength >= 1) & pair.usable)
    return label_regions(change.changed, change.least_px)[0] > 0


@pytest.fixture(scope="module")
def painted() -> list[PaintedPair]:
    return [paint_settlement(np.random.default_rng(seed), 192, 0.5) for seed in SEEDS]


def f1(answer: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return float(2 * (answer & truth).sum() / (answer.sum() + truth.sum()))


def test_painted_roofs_are_found(painted: list[PaintedPair]) -> None:
    answers = np.stack([called(pair_of(p.before, p.after)) for p in painted])
    truth = np.stack([p.new_roof for p in painted])
    assert truth.mean() > 0.02
    assert f1(answers, truth) > 0.6


def test_a_demolished_roof_is_no_new_roof(painted: list[PaintedPair]) -> None:
    for scene in painted:
        answer = called(pair_of(scene.after, scene.before))
        gone = scene.new_roof & ~scene.roof_before
        assert answer[gone].mean() < 0.02 if gone.any() else True


def test_finer_pixels_show_the_same_roofs(painted: list[PaintedPair]) -> None:
    scene = next(p for p in painted if p.new_roof.mean() > 0.05)
    coarse = called(pair_of(scene.before, scene.after))
    before, after = (p.repeat(2, axis=1).repeat(2, axis=2) for p in (scene.before, scene.after))
    fine = called(pair_of(before, after, 0.25), 0.25)
    assert f1(fine[::2, ::2], coarse) > 0.8


@pytest.mark.parametrize("shift_px", [(0.0, 0.0), (1.0, -2.0), (3.0, 3.0)])
def test_an_image_against_itself_has_no_new_roof(
    painted: list[PaintedPair], shift_px: tuple[float, float]
) -> None:
    rng = np.random.default_rng(3)
    for scene in painted:
        for picture in (scene.before, scene.after):
            moved = ndimage.shift(picture.astype(np.float64), (0, *shift_px), mode="nearest")
            other = moved * 0.7 + 25 + rng.normal(0, 2, moved.shape)
            assert not called(pair_of(picture, other)).any()


@settings(max_examples=10, deadline=None)
@given(
    gain=st.floats(0.01, 100),
    offsets=st.tuples(*[st.floats(-1000, 1000)] * 3),
)
def test_the_unit_of_the_numbers_does_not_matter(
    gain: float, offsets: tuple[float, float, float]
) -> None:
    rng = np.random.default_rng(5)
    bands = ndimage.gaussian_filter(rng.normal(0, 100, (3, 40, 40)), (0, 2, 2)) + 120
    everything = np.ones(bands.shape[1:], bool)
    changed = bands * gain + np.array(offsets)[:, None, None] * gain
    np.testing.assert_allclose(
        freed_of_light(bands, everything), freed_of_light(changed, everything), atol=1e-3
    )


def test_what_is_not_usable_is_never_called_and_its_numbers_do_not_matter(
    painted: list[PaintedPair],
) -> None:
    scene = max(painted, key=lambda p: float(p.new_roof[:, :96].mean()))
    before, after = scene.before.astype(np.float32), scene.after.astype(np.float32)
    flags = np.zeros(scene.new_roof.shape, np.uint8)
    flags[:, 96:] = Quality.CLOUD
    answers = []
    for inside in (255.0, np.nan):
        hidden = np.where(flags > 0, np.float32(inside), after)
        pair = pair_of(before, after)
        pair = replace(pair, after=image(hidden, 0.5, flags), usable=flags == 0)
        answers.append(find_roofs(pair, 0.5))
    assert not answers[0].changed[:, 96:].any()
    assert not answers[0].strength[:, 96:].any()
    assert answers[0].changed[:, :96].any()
    np.testing.assert_array_equal(answers[0].strength, answers[1].strength)


def test_one_band_does_and_flat_ground_holds_no_roof(painted: list[PaintedPair]) -> None:
    greys = [np.stack([p.before, p.after]).mean(axis=1, keepdims=True) for p in painted]
    answers = np.stack([called(pair_of(*grey)) for grey in greys])
    assert f1(answers, np.stack([p.new_roof for p in painted])) > 0.5
    flat = np.full((3, 64, 64), 80.0) + np.random.default_rng(1).normal(0, 2, (3, 64, 64))
    assert not called(pair_of(flat, flat)).any()


def test_the_numpy_network_is_what_the_formulas_say() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, (2, 4, 5)).astype(np.float32)
    weights = {
        "e0_weight": rng.normal(0, 1, (3, 2, 3, 3)).astype(np.float32),
        "e0_bias": np.array([0.5, -1, 0], np.float32),
    }
    slow = np.zeros((3, 4, 5))
    for out, row, column in np.ndindex(slow.shape):
        slow[out, row, column] = weights["e0_bias"][out]
        for channel, down, right in np.ndindex(2, 3, 3):
            r, c = row + down - 1, column + right - 1
            if 0 <= r < 4 and 0 <= c < 5:
                slow[out, row, column] += (
                    values[channel, r, c] * weights["e0_weight"][out, channel, down, right]
                )
    np.testing.assert_allclose(roof_network._convolve(weights, "e0", values), slow, atol=1e-5)


def test_tiles_do_not_show(painted: list[PaintedPair], monkeypatch: pytest.MonkeyPatch) -> None:
    weights = read_weights(DEFAULT_WEIGHTS)
    everything = np.ones((192, 192), bool)
    before, after = (
        freed_of_light(p.astype(np.float32), everything)
        for p in (painted[0].before, painted[0].after)
    )
    whole = run_network(weights, before, after)
    monkeypatch.setattr(roof_network, "TILE_PX", 64)
    tiled = run_network(weights, before, after)
    assert tiled.shape == whole.shape
    assert ((tiled > 0) != (whole > 0)).mean() < 0.002


def test_any_size_of_scene_is_answered() -> None:
    rng = np.random.default_rng(1)
    for shape in ((30, 17), (33, 50), (26, 20)):
        pixels = rng.uniform(0, 255, (2, 3, *shape))
        assert find_roofs(pair_of(*pixels), 0.5).changed.shape == shape


def test_weights_are_plain_small_and_have_a_card() -> None:
    assert list(WEIGHTS_FOLDER.glob("*.npz")) == [DEFAULT_WEIGHTS]
    path = DEFAULT_WEIGHTS
    assert path.stat().st_size < MOST_BYTES
    with zipfile.ZipFile(path) as stored:
        for member in stored.namelist():
            array = np.load(io.BytesIO(stored.read(member)), allow_pickle=False)
            assert array.dtype == np.float16
            assert np.isfinite(array).all()
    assert {f"{layer}_{part}" for layer in LAYERS for part in ("weight", "bias")} == set(
        read_weights(path)
    )
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    assert "Trained on" in card
    assert "Terms" in card


def test_bad_weights_are_refused_in_a_sentence(tmp_path: Path) -> None:
    pickled, empty, large = (tmp_path / name for name in ("p.npz", "e.npz", "l.npz"))
    np.savez(pickled, stem_weight=np.array([{"a": 1}], dtype=object))
    np.savez(empty, stem_weight=np.zeros((1, 1, 3, 3), np.float16))
    large.write_bytes(b"\0" * (MOST_BYTES + 1))
    for path in (pickled, empty, large, tmp_path / "missing.npz"):
        with pytest.raises(SceneError, match=rf"{path.name} .*train_roofs\.py wrote\.$"):
            read_weights(path)


def test_weights_of_ones_own_are_used(painted: list[PaintedPair], tmp_path: Path) -> None:
    """A file is read and asked; one that is missing is refused, and never the default instead."""
    pair = pair_of(painted[0].before, painted[0].after)
    own: dict[str, Any] = dict(read_weights(DEFAULT_WEIGHTS))
    own["out_bias"] = own["out_bias"] - 20
    np.savez(tmp_path / "own.npz", **{name: own[name].astype(np.float16) for name in own})
    assert find_roofs(pair, 0.5).changed.any()
    assert not find_roofs(pair, 0.5, str(tmp_path / "own.npz")).changed.any()
    with pytest.raises(SceneError, match="research cannot be read as weights"):
        find_roofs(pair, 0.5, "research")


def test_each_constant_can_be_turned_off(painted: list[PaintedPair]) -> None:
    scene = next(p for p in painted if p.new_roof.mean() > 0.05)
    pair = pair_of(scene.before, scene.after)
    plain = RoofConstants(views=1, segment_weight=0, least_m2=0)
    for other in (replace(plain, views=2), replace(plain, segment_weight=0.75)):
        one, two = (find_roofs(pair, 0.5, constants=each) for each in (plain, other))
        assert (one.strength != two.strength).any()
