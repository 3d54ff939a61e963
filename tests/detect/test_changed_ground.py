"""Changed ground in pixels of a few metres: evidence that adds up, and what must not move it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage

from camp_monitor.codes import Code
from camp_monitor.detect.cells import averaged, enlarged
from camp_monitor.detect.construction.changed_ground import LEAST, MOST, weigh_change
from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.structure import measure_structures
from camp_monitor.errors import Refusal
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.image import Image
from tests.detect.test_structure import paired

SIDE_PX = 160
SITE = (slice(40, 80), slice(50, 100))
RGB, RGBN = ("red", "green", "blue"), ("red", "green", "blue", "nir")


def picture(seed: int, bands: tuple[str, ...] = RGB) -> NDArray[np.float32]:
    """Open ground of many colours with sharp parcels, 8-bit numbers."""
    rng = np.random.default_rng(seed)
    rough = ndimage.gaussian_filter(rng.standard_normal((SIDE_PX, SIDE_PX)), 6)
    parcels = np.digitize(rough, np.quantile(rough, [0.2, 0.4, 0.6, 0.8]))
    colours = rng.uniform(60, 120, (5, len(bands)))
    ground = np.moveaxis(colours[parcels], -1, 0)
    return (ground + rng.normal(0, 3, ground.shape)).astype(np.float32)


def with_site(pixels: NDArray[np.float32], seed: int = 5) -> NDArray[np.float32]:
    """Build a site of bright and dark blocks upon it, and yards between them."""
    rng = np.random.default_rng(seed)
    built = pixels.copy()
    for row in range(SITE[0].start, SITE[0].stop, 10):
        for column in range(SITE[1].start, SITE[1].stop, 10):
            built[:, row : row + 10, column : column + 10] = 150
            built[:, row : row + 6, column : column + 7] = rng.choice([60.0, 200.0, 235.0])
    return (built + rng.normal(0, 3, built.shape)).astype(np.float32)


def image(
    pixels: NDArray[np.float32], bands: tuple[str, ...] = RGB, quantity: str = "dn8"
) -> Image:
    grid = GeoBox(pixels.shape[1:], Affine(4, 0, 0, 0, -4, 0), None)
    return Image(pixels, bands, quantity, np.zeros(pixels.shape[1:], np.uint8), grid)


def evidence_of(pair: Pair) -> NDArray[np.float32]:
    before, after, _ = measure_structures(pair.before.pixels, pair.after_matched, pair.usable)
    return weigh_change(pair, pair.usable, before, after).evidence


def change_of(detection: Detection, kind: str) -> Change:
    [change] = (one for one in detection.changes if one.kind == kind)
    return change


def called_in(pair: Pair) -> NDArray[np.bool_]:
    return np.asarray(np.any([one.changed for one in detect_construction(pair).changes], axis=0))


@pytest.mark.parametrize("seed", range(3))
def test_a_site_is_found_whole_and_little_else(seed: int) -> None:
    before = picture(seed)
    called = called_in(paired(image(before), image(with_site(before))))
    assert called[SITE].mean() > 0.9
    rest = np.ones_like(called)
    rest[34:86, 44:106] = False
    assert called[rest].mean() < 0.01


def test_what_is_no_structure_is_told_as_other_change() -> None:
    before = picture(1)
    after = before.copy()
    soft = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    soft[SITE] = 80
    after += ndimage.gaussian_filter(soft, 4)
    detection = detect_construction(paired(image(before), image(after)))
    assert change_of(detection, "construction").changed[SITE].mean() < 0.05
    assert change_of(detection, "other").changed[SITE].mean() > 0.5
    assert not (detection.changes[0].changed & detection.changes[1].changed).any()


@pytest.mark.parametrize(
    ("gain", "offset", "quantity"), [(1.0, 0.0, "dn8"), (0.6, 40.0, "dn8"), (1e-3, 0.0, "dn16")]
)
def test_gain_and_offset_do_not_count(gain: float, offset: float, quantity: str) -> None:
    before = picture(2)
    after = with_site(before)
    plain = evidence_of(paired(image(before), image(after)))
    other = evidence_of(
        paired(image(before, quantity=quantity), image(after * gain + offset, quantity=quantity))
    )
    assert np.abs(plain - other).mean() < 0.02
    assert ((plain > 0) != (other > 0)).mean() < 0.01


@pytest.mark.parametrize("shift_px", [(0.0, 0.0), (1.3, -0.6), (-3.0, 2.4)])
def test_the_same_ground_is_unchanged(shift_px: tuple[float, float]) -> None:
    for seed in range(3):
        before = picture(seed)
        rng = np.random.default_rng(seed)
        after = np.stack([ndimage.shift(b, shift_px, order=3, mode="nearest") for b in before])
        after = after * 0.8 + 12 + rng.normal(0, 1, after.shape)
        assert not called_in(paired(image(before), image(after.astype(np.float32)))).any()


@pytest.mark.parametrize("side_px", [28, 44, 64, 96])
@pytest.mark.parametrize("shift_px", [(1.3, -0.6), (-3.0, 2.4)])
def test_the_same_ground_is_unchanged_in_a_small_frame(
    side_px: int, shift_px: tuple[float, float]
) -> None:
    """Only where a frame is too small for any shift to be measured may it be refused."""
    inner = np.s_[:, 20 : 20 + side_px, 30 : 30 + side_px]
    for seed in range(4):
        before = picture(seed)
        after = np.stack([ndimage.shift(b, shift_px, order=3, mode="nearest") for b in before])
        after = after * 0.8 + 12 + np.random.default_rng(seed).normal(0, 1, after.shape)
        pair = paired(image(before[inner]), image(after[inner].astype(np.float32)))
        if side_px < 40 and not pair.shift_left.known:
            with pytest.raises(Refusal) as caught:
                called_in(pair)
            assert caught.value.note.code == Code.SHIFT_LEFT
        else:
            assert not called_in(pair).any()


def test_a_third_of_the_frame_that_changed_leaves_the_rest_as_it_was() -> None:
    before = picture(3)
    after = with_site(before)
    spoilt = after.copy()
    spoilt[:, :, 107:] = picture(11)[:, :, 107:]
    called = called_in(paired(image(before), image(spoilt)))
    assert called[SITE].mean() > 0.8
    assert called[:, :38].mean() < 0.02


def test_each_evidence_is_bounded_and_unusable_ground_has_none() -> None:
    before = picture(4)
    after = image(with_site(before))
    flags = after.flags.copy()
    flags[:, :20] = 1
    pair = paired(image(before), replace(after, flags=flags))
    evidence = evidence_of(pair)
    assert evidence.min() >= LEAST
    assert evidence.max() <= MOST
    assert (evidence[:, :20] == LEAST).all()


def test_a_field_that_became_green_is_no_construction_and_counts_for_less() -> None:
    """The same new colours, near infrared up (a crop) or down (bare)."""
    means = []
    for nir in (60.0, -60.0):
        before = picture(6, RGBN)
        after = before.copy()
        after[:3, 40:80, 50:100] -= 25
        after[3, 40:80, 50:100] += nir
        pair = paired(image(before, RGBN), image(after, RGBN))
        means.append(float(evidence_of(pair)[45:75, 55:95].mean()))
    assert means[0] < means[1] - 0.3


@pytest.mark.parametrize("shape", [(8, 8), (7, 9), (1, 5)])
def test_cells_keep_the_mean_and_come_back_to_the_pixels(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).random((2, *shape)).astype(np.float32)
    cells = averaged(values, 2)
    assert cells.shape == (2, max(shape[0] // 2, 1), max(shape[1] // 2, 1))
    whole = enlarged(cells[0], 2, shape)
    assert whole.shape == shape
    assert float(whole.mean()) == pytest.approx(float(values[0].mean()), abs=1e-5)
