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

from benchmarks.roof_graph import draw
from benchmarks.simulation.settlement import PaintedPair, paint_settlement
from camp_monitor.detect.construction import roofs
from camp_monitor.detect.construction.roof_network import (
    GRAPH,
    LAYERS,
    MOST_BYTES,
    WEIGHTS_FOLDER,
    RoofNetwork,
    Weights,
    open_network,
    read_weights,
    run_network,
)
from camp_monitor.detect.construction.roof_pixels import (
    freed_of_light,
    resampled,
    resampled_part,
)
from camp_monitor.detect.construction.roofs import DEFAULT_WEIGHTS, RoofConstants, find_roofs
from camp_monitor.detect.regions import label_regions
from camp_monitor.errors import SceneError
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes.blocks import squares
from camp_monitor.scenes.image import Image, Quality

Floats = NDArray[np.float32]
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


def plainly(weights: Weights, dates: tuple[Floats, Floats]) -> Floats:
    """The network by its formulas, one correlation at a time; blocks of 2 x 2 pixels."""

    def layer(name: str, *inputs: Floats) -> Floats:
        values, kernels = np.concatenate(inputs), weights[f"{name}_weight"]
        sums = [
            sum(
                ndimage.correlate(channel, one, mode="constant")
                for channel, one in zip(values, kernel, strict=True)
            )
            for kernel in kernels
        ]
        summed = np.stack(sums) + weights[f"{name}_bias"][:, None, None]
        return np.asarray(summed if name == "out" else np.maximum(summed, 0), np.float32)

    def coarser(values: Floats) -> Floats:
        return np.max([values[:, i::2, j::2] for i, j in np.ndindex(2, 2)], axis=0)

    def repeated(values: Floats) -> Floats:
        return np.kron(values, np.ones((1, 2, 2), np.float32))

    described = []
    for date in dates:
        pixels = np.stack([band[i::2, j::2] for band in date for i, j in np.ndindex(2, 2)])
        fine = layer("e0", layer("stem", pixels))
        half = layer("e1", layer("d1", coarser(fine)))
        quarter = layer("e2", layer("d2", coarser(half)))
        eighth = layer("e3", layer("d3", coarser(quarter)))
        quarter = layer("u2", repeated(eighth), quarter)
        half = layer("u1", repeated(quarter), half)
        described.append(layer("u0", repeated(half), fine))
    first, second = described
    return layer("out", layer("h1", layer("h0", first, second, second - first)))[0]


def test_the_network_is_what_the_formulas_say() -> None:
    first, second = np.random.default_rng(0).normal(0, 1, (2, 3, 48, 32)).astype(np.float32)
    blocks = plainly(read_weights(DEFAULT_WEIGHTS), (first, second))
    answer = run_network(open_network(DEFAULT_WEIGHTS), first, second)
    assert answer.shape == (48, 32)
    # between the middles of blocks lies the mean of them, a quarter and three quarters
    inner = answer[1:-1, 1:-1].reshape(23, 2, 15, 2).mean(axis=(1, 3))
    corners = (blocks[:-1, :-1] + blocks[1:, :-1] + blocks[:-1, 1:] + blocks[1:, 1:]) / 4
    np.testing.assert_allclose(inner, corners, atol=1e-4)


def test_the_graph_is_the_one_that_is_drawn() -> None:
    assert GRAPH.read_bytes() == draw()


@pytest.fixture(scope="module")
def scattered() -> Pair:
    """A settlement of 896 x 640 pixels."""
    patches = [paint_settlement(np.random.default_rng(seed), 128, 0.5) for seed in SEEDS[:7]]
    chosen = np.random.default_rng(1).integers(0, len(patches), (7, 5))
    frames = []
    for date in ("before", "after"):
        rows = [np.concatenate([getattr(patches[i], date) for i in row], axis=2) for row in chosen]
        frames.append(np.concatenate(rows, axis=1))
    return pair_of(frames[0], frames[1])


@pytest.mark.parametrize("pixel_m", [0.5, 0.37])
def test_neither_threads_nor_blocks_show(
    scattered: Pair, pixel_m: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roofs, "TILE_PX", 256)
    answers = []
    for threads in ("1", "3"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        answers.append(find_roofs(scattered, pixel_m))
    np.testing.assert_array_equal(answers[0].strength, answers[1].strength)
    assert answers[0].changed.any()


def test_tiles_hardly_show(scattered: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = find_roofs(scattered, 0.5).changed
    monkeypatch.setattr(roofs, "TILE_PX", 256)
    assert f1(find_roofs(scattered, 0.5).changed, whole) > 0.97


def test_where_a_roof_is_ruled_out_at_coarse_pixels_none_is_lost(
    painted: list[PaintedPair], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Houses in the middle of fields: a few tiles are asked closely, and the answer is the same."""
    rng = np.random.default_rng(4)
    ground = ndimage.gaussian_filter(rng.normal(0, 40, (3, 1400, 1000)), (0, 3, 3)) + 90
    before, after = ground.copy(), ground + rng.normal(0, 1, ground.shape)
    for number, corner in enumerate(((0, 0), (600, 700), (1100, 300))):
        here = np.s_[:, corner[0] : corner[0] + 192, corner[1] : corner[1] + 192]
        before[here], after[here] = painted[number].before, painted[number].after
    pair = pair_of(before, after)
    asked: list[int] = []

    def counted(network: RoofNetwork, first: Floats, second: Floats) -> Floats:
        asked.append(first[0].size)
        return run_network(network, first, second)

    monkeypatch.setattr(roofs, "run_network", counted)
    chosen = find_roofs(pair, 0.5)
    closely = sum(asked)
    asked.clear()
    monkeypatch.setattr(roofs, "UNLIKELY_LOGIT", -np.inf)
    every = find_roofs(pair, 0.5)
    assert every.changed.any()
    assert closely < 0.7 * sum(asked)
    assert f1(chosen.changed, every.changed) > 0.98
    found = label_regions(chosen.changed, chosen.least_px)[1]
    assert found == label_regions(every.changed, every.least_px)[1]


def test_a_part_is_resampled_as_the_whole_is() -> None:
    bands = np.random.default_rng(0).normal(0, 1, (3, 90, 70)).astype(np.float32)
    for shape in ((45, 31), (200, 150), (90, 70)):
        whole = resampled(bands, 0, shape)
        for here in squares(shape, 17):
            part = resampled_part(lambda part: bands[:, *part], (90, 70), shape, here)
            np.testing.assert_allclose(part, whole[:, *here], atol=1e-6)


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
