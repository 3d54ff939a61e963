"""Floods in painted optical pairs, and on one date with a reference: three answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camp_monitor.codes import Code
from camp_monitor.detect.regions import label_regions
from camp_monitor.detect.water.flooding import FloodConstants, detect_flooding, new_water
from camp_monitor.errors import Refusal
from camp_monitor.scenes.image import Image
from tests.detect.painted_water import (
    SIDE,
    agreement,
    changed,
    clouded,
    disc,
    in_numbers,
    landscape,
    noisy,
    pair,
    shifted,
    wet_share,
)

LAKE = disc(18, 60, 60)
FLOOD = disc(30, 70, 70)
GAINS = (1.0, 0.8, 1.1, 0.7, 0.9, 1.0)
OTHER_GAINS = (0.9, 1.1, 0.8, 0.95, 0.7, 0.8)
few = settings(max_examples=10, deadline=None, derandomize=True)


def both_ways(first: Image, second: Image) -> tuple[np.ndarray, np.ndarray]:
    gained, lost = detect_flooding(pair(first, second)).changes
    return gained.changed, lost.changed


@pytest.mark.parametrize("quantity", ["reflectance", "dn8"])
def test_new_water_is_a_flood_and_usual_water_is_not(quantity: str) -> None:
    before, after = landscape(LAKE, "river", 1), landscape(LAKE | FLOOD, "flood", 1)
    if quantity == "dn8":
        before, after = in_numbers(before, GAINS), in_numbers(after, OTHER_GAINS)
    gained, lost = both_ways(before, after)
    assert agreement(gained, FLOOD & ~LAKE) > 0.85
    assert not lost.any()
    drained, flooded = both_ways(after, before)
    assert not drained.any()
    assert agreement(flooded, FLOOD & ~LAKE) > 0.85


def test_beyond_a_year_it_is_a_gain_or_a_loss_and_never_a_flood() -> None:
    before, after = landscape(), landscape(FLOOD)
    brief, long = (detect_flooding(pair(before, after, days)) for days in (30, 700))
    assert [change.kind for change in brief.changes] == ["flooding", "flood_recession"]
    assert [change.kind for change in long.changes] == ["water_gain", "water_loss"]
    assert np.array_equal(brief.changes[0].changed, long.changes[0].changed)
    assert brief.changes[0].changed.any()


MUDDY = np.array([0.14, 0.20, 0.24, 0.36, 0.03, 0.02], np.float32)
"""Reflectance of water full of sediment, by band: bright to near infrared, dark beyond."""


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_muddy_water_is_a_flood_however_much_of_the_frame_it_fills(share: float) -> None:
    flood = wet_share(share)

    def drowned(pixels: np.ndarray) -> np.ndarray:
        noise = np.random.default_rng(6).normal(0, 0.003, pixels[:, flood].shape)
        pixels[:, flood] = MUDDY[:, None] + noise.astype(np.float32)
        return pixels

    dry = landscape(seed=5)
    gained, lost = both_ways(dry, changed(dry, drowned))
    assert agreement(gained, flood) > 0.95
    assert not lost.any()


@few
@given(
    seed=st.integers(0, 99),
    gain=st.floats(0.7, 1.5),
    offset=st.floats(-0.01, 0.04),
    shift_px=st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
    share=st.sampled_from([0.0, 0.05, 0.5]),
    quantity=st.sampled_from(["reflectance", "dn8"]),
)
def test_the_same_ground_under_other_air_noise_and_shift_is_no_flood(
    seed: int,
    gain: float,
    offset: float,
    shift_px: tuple[float, float],
    share: float,
    quantity: str,
) -> None:
    ground = landscape(wet_share(share), seed=seed)
    other = noisy(changed(shifted(ground, shift_px), lambda p: p * gain + offset), seed)
    if quantity == "dn8":
        ground, other = in_numbers(ground, GAINS), in_numbers(other, OTHER_GAINS)
    for change in detect_flooding(pair(ground, other)).changes:
        assert not label_regions(change.changed, change.least_px)[0].any()


def test_evidence_grows_with_depth_and_the_weaker_kind_decides() -> None:
    before, after = landscape(seed=3), landscape(FLOOD, seed=3)
    wet = after.pixels[:, FLOOD].mean(axis=1)
    damp = changed(after, lambda p: np.where(FLOOD, 0.75 * p + 0.25 * before.pixels, p))
    strengths = [
        np.median(detect_flooding(pair(before, scene)).changes[0].strength[FLOOD])
        for scene in (before, damp, after)
    ]
    assert wet[3] < 0.1
    assert strengths[0] < strengths[1] < strengths[2]
    assert strengths[0] < 1 < strengths[2]


def test_cloud_on_either_date_is_not_seen_and_hides_no_flood_beside_it() -> None:
    dry, wet = landscape(), landscape(FLOOD)
    cloud = disc(20, 70, 90)
    for before, after in ((clouded(dry, cloud), wet), (dry, clouded(wet, cloud))):
        found = detect_flooding(pair(before, after))
        assert not found.seen[disc(18, 70, 90)].any()
        assert not found.changes[0].changed[~found.seen].any()
        assert agreement(found.changes[0].changed, FLOOD & found.seen) > 0.85
        assert found.unseen == Code.UNDER_CLOUD_OR_SMOOTH


def test_haze_on_the_first_date_hides_no_flood() -> None:
    """A veil lifts the index of land as high as water's, but not its infrared light as low."""
    hazy = clouded(landscape(), np.ones((SIDE, SIDE), bool), 0.35)
    found = detect_flooding(pair(hazy, landscape(FLOOD)))
    assert agreement(found.changes[0].changed, FLOOD) > 0.85


def test_a_shore_two_pixels_off_is_no_flood() -> None:
    gained, lost = both_ways(landscape(disc(30)), landscape(disc(32)))
    assert not gained.any()
    assert not lost.any()


def test_a_fall_of_infrared_is_asked_for() -> None:
    never = FloodConstants(least_fall=2.0)
    found = detect_flooding(pair(landscape(), landscape(FLOOD)), never)
    assert not found.changes[0].changed.any()


def test_one_smooth_surface_in_uncalibrated_numbers_is_refused() -> None:
    everywhere = np.ones((SIDE, SIDE), bool)
    sea = in_numbers(landscape(everywhere, "flood"), GAINS)
    with pytest.raises(Refusal, match=Code.WATER_UNTOLD):
        detect_flooding(pair(in_numbers(landscape(), GAINS), sea))


@pytest.mark.parametrize("quantity", ["reflectance", "dn8"])
def test_one_date_with_a_reference_gives_three_answers(quantity: str) -> None:
    scene = landscape(LAKE | FLOOD)
    cloud = disc(15, 70, 100)
    if quantity == "reflectance":
        scene = clouded(scene, cloud)
    else:
        flags = np.where(cloud, np.uint8(2), np.uint8(0))
        scene = in_numbers(scene, GAINS)
        scene = Image(scene.pixels, scene.bands, scene.quantity, flags, scene.grid)
    found = new_water(scene, LAKE)
    (flood,) = found.changes
    assert flood.kind == "flooding"
    assert agreement(flood.changed, FLOOD & ~LAKE & found.seen) > 0.9
    assert not flood.changed[LAKE].any()
    assert not found.seen[disc(13, 70, 100)].any()
    assert found.seen[LAKE & ~disc(17, 70, 100)].all()


def test_a_dry_date_with_a_reference_has_no_flood() -> None:
    found = new_water(landscape(LAKE), LAKE)
    assert found.seen.all()
    assert not found.changes[0].changed.any()


def test_a_reference_that_lies_elsewhere_is_refused() -> None:
    with pytest.raises(Refusal, match=Code.USUAL_WATER_MISSING):
        new_water(landscape(disc(20, 40, 40)), disc(20, 120, 120))
