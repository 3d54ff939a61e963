"""Floods between light and radar, from two maps of water that vouch for each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.detection import Detection
from camp_monitor.detect.water.flooding import detect_flooding
from camp_monitor.errors import Refusal
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.image import Image, Quality
from tests.detect import painted_radar, painted_water
from tests.detect.painted_water import SIDE, Mask, agreement, clouded, disc, in_numbers, landscape

POND, FLOOD = disc(14, 30, 30), disc(30, 95, 95)
NOTHING = np.zeros((SIDE, SIDE), bool)


def radar(water: Mask, seed: int = 0, quantity: str = "sigma0_db") -> Image:
    """The same ground by radar: water is dark, land as it is."""
    whole = np.zeros((painted_radar.SIDE, painted_radar.SIDE), bool)
    whole[:SIDE, :SIDE] = water
    ground = painted_radar.land(whole, painted_radar.relief_db())
    if quantity == "amplitude8":
        image = painted_radar.amplitude8(ground["vv"], seed=seed, gain=3.0)
    else:
        image = painted_radar.image(ground, seed=seed)
    cut = landscape()
    return replace(image, pixels=image.pixels[:, :SIDE, :SIDE], flags=cut.flags, grid=cut.grid)


def asked(before: Image, after: Image, days: float = 12.0) -> tuple[Pair, Detection]:
    pair = painted_water.pair(before, after, days)
    return pair, detect_flooding(pair)


def codes(detection: Detection) -> set[Code]:
    return {one.code for one in detection.caveats}


@pytest.mark.parametrize("quantity", ["sigma0_db", "amplitude8"])
@pytest.mark.parametrize("as_dn8", [False, True])
@pytest.mark.parametrize("light_first", [True, False])
def test_a_flood_is_found_between_the_sensors(
    quantity: str, as_dn8: bool, light_first: bool
) -> None:
    wet = (POND, POND | FLOOD)
    light = landscape(wet[0 if light_first else 1])
    light = in_numbers(light, (1.0,) * 6) if as_dn8 else light
    echo = radar(wet[1 if light_first else 0], quantity=quantity)
    pair, found = asked(*((light, echo) if light_first else (echo, light)))
    flooding, recession = found.changes
    assert pair.mixed
    assert not pair.shift_left.known
    assert (flooding.kind, recession.kind) == ("flooding", "flood_recession")
    assert {flooding.way, recession.way} == {"mixed"}
    assert agreement(flooding.changed, FLOOD) >= 0.85
    assert not recession.changed.any()
    assert np.median(flooding.strength[flooding.changed]) >= 1
    assert found.measured[Measure.WATER_IN_COMMON_FRACTION] >= 0.9
    assert flooding.edge_px >= 2


def test_the_end_of_a_flood_and_lasting_change_are_told_by_the_interval() -> None:
    light, echo = landscape(POND | FLOOD), radar(POND)
    _, found = asked(light, echo)
    assert agreement(found.changes[1].changed, FLOOD) >= 0.85
    assert not found.changes[0].changed.any()
    _, lasting = asked(light, echo, days=800)
    assert [one.kind for one in lasting.changes] == ["water_gain", "water_loss"]


def test_the_rim_of_water_that_both_show_is_no_flood() -> None:
    """A sensor may see the same lake wider all round by less than the two may lie apart."""
    wider = disc(42, 80, 80)
    _, found = asked(landscape(disc(40, 80, 80)), radar(wider))
    assert not any(one.changed.any() for one in found.changes)
    _, found = asked(radar(wider), landscape(disc(40, 82, 81)))
    assert not any(one.changed.any() for one in found.changes)


def test_maps_that_disagree_are_no_answer() -> None:
    """Water before that the other sensor does not show, and water after where there was none."""
    with pytest.raises(Refusal) as caught:
        asked(landscape(disc(20, 30, 30)), radar(disc(25, 110, 110)))
    said = caught.value.note
    assert said.code == Code.WATER_MAPS_DISAGREE
    assert said.numbers["before_fraction"] == said.numbers["after_fraction"] == 0


def test_a_first_flood_is_found_though_nothing_vouches_for_the_maps() -> None:
    _, found = asked(landscape(NOTHING), radar(FLOOD))
    assert agreement(found.changes[0].changed, FLOOD) >= 0.85
    assert Code.WATER_MAPS_UNCHECKED in codes(found)
    _, checked = asked(landscape(POND), radar(POND | FLOOD))
    assert Code.WATER_MAPS_UNCHECKED not in codes(checked)


def test_what_cloud_hides_or_is_steep_is_no_flood() -> None:
    half = np.zeros((SIDE, SIDE), bool)
    half[:, 95:] = True
    flags = np.where(half, Quality.CLOUD, 0).astype(np.uint8)
    light = replace(landscape(POND), flags=flags)
    _, found = asked(light, radar(POND | FLOOD))
    assert not found.seen[half].any()
    assert found.changes[0].changed[FLOOD & ~half].mean() >= 0.85
    assert not found.changes[0].changed[half].any()
    # the same without a quality band: thick cloud is not seen
    _, found = asked(clouded(landscape(POND), half), radar(POND | FLOOD))
    assert found.seen[half].mean() <= 0.05
    steep = np.where(half, 15.0, 0.0).astype(np.float32)
    pair, _ = asked(radar(POND), landscape(POND | FLOOD))
    level = detect_flooding(pair, slope_deg=steep)
    assert not level.changes[0].changed[half].any()
    assert level.measured[Measure.STEEPEST_DEG] == 10


def test_water_that_is_always_there_is_no_flood() -> None:
    pair, _ = asked(landscape(POND), radar(POND | FLOOD))
    assert not detect_flooding(pair, usual_water=FLOOD).changes[0].changed[FLOOD].any()


def test_what_cannot_tell_water_is_refused() -> None:
    plain = landscape(POND, bands=("blue", "green", "red"))
    with pytest.raises(Refusal) as caught:
        asked(plain, radar(POND))
    assert caught.value.note.code == Code.WATER_NEEDS_BANDS
    speckle = radar(NOTHING, quantity="amplitude8")
    flat = np.random.default_rng(1).gamma(4, 25, speckle.pixels.shape).astype(np.float32)
    with pytest.raises(Refusal) as caught:
        asked(landscape(POND), replace(speckle, pixels=flat))
    assert caught.value.note.code == Code.ONLY_SPECKLE


def test_construction_is_not_asked_of_two_sensors() -> None:
    for images in ((landscape(POND), radar(POND)), (radar(POND), landscape(POND))):
        with pytest.raises(Refusal) as caught:
            detect_construction(painted_water.pair(*images))
        assert caught.value.note.code == Code.NEEDS_ONE_SENSOR
