"""Weather moves, a roof does not: flags of many dates of one painted valley."""

from __future__ import annotations

import functools
import itertools
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.errors import SceneError
from camp_monitor.notes import note
from camp_monitor.scenes.flag_history import (
    LEAST_DATES,
    WEATHER,
    FixedFlags,
    _tail,
    find_fixed_flags,
)
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.quality import flags_from_scl
from camp_monitor.synthetic.camera import Air, Cloud, observe
from camp_monitor.synthetic.ground import Day, paint_ground
from camp_monitor.synthetic.landscape import make_valley
from tests.scenes.painted import grid

Flags = dict[date, NDArray[np.uint8]]
SIDE_PX = 128
ROOF = (slice(60, 63), slice(40, 45))
"""30 m by 50 m, called cloud whatever the weather."""
FIRST = date(2020, 1, 3)


@functools.cache
def ground() -> Image:
    valley = make_valley(grid(SIDE_PX, SIDE_PX), np.random.default_rng(1))
    return paint_ground(valley, Day(200, 1))


@functools.cache
def sky(seed: int, dates: int, most_clouds: int) -> Flags:
    """Flags as a provider gives them under clouds that lie elsewhere on every date."""
    flags = {}
    for number in range(dates):
        rng = np.random.default_rng([seed, number])
        clouds = tuple(
            Cloud(*rng.uniform((-700, -700, 60, 400), (700, 700, 350, 900)))
            for _ in range(rng.integers(0, most_clouds + 1))
        )
        seen = observe(ground(), grid(SIDE_PX, SIDE_PX), Air(0.1, clouds=clouds), rng)
        assert seen.classes is not None
        flags[FIRST + timedelta(days=5 * number)] = flags_from_scl(seen.classes)
    return flags


def with_roof(flags: Flags, missed: tuple[int, ...] = ()) -> Flags:
    """Call the roof cloud on every date but those missed."""
    roofed = {day: one.copy() for day, one in flags.items()}
    for number, one in enumerate(roofed.values()):
        if number not in missed:
            one[ROOF] = Quality.CLOUD
    return roofed


def on_roof(found: FixedFlags) -> float:
    return float(found.is_fixed[ROOF].mean())


def off_roof(found: FixedFlags) -> int:
    return int(found.is_fixed.sum() - found.is_fixed[ROOF].sum())


def test_the_roof_is_found_and_the_weather_is_not() -> None:
    """Recall 1 and no false pixel in 12 skies of 24 dates, a quarter of them under cloud."""
    cloudy = []
    for seed in range(12):
        sky_alone = sky(seed, 24, 6)
        cloudy += [float((one & int(WEATHER) > 0).mean()) for one in sky_alone.values()]
        found = find_fixed_flags(with_roof(sky_alone), 10.0)
        assert on_roof(found) == 1
        assert off_roof(found) == 0
        assert found.chance < 0.01 / SIDE_PX**2
        assert found.result.code == Code.FLAGS_PERSISTENT
        values = found.result.numbers
        assert (values["area_m2"], values["dates"]) == (1500, 24)
        assert found.chance <= float(str(values["chance_below"])) < 10 * found.chance
        alone = find_fixed_flags(sky_alone, 10.0)
        assert not alone.is_fixed.any()
        assert alone.result == note(Code.FLAGS_PERSISTENT_NOWHERE, dates=24)
    assert 0.2 < np.mean(cloudy) < 0.35


def test_one_clear_date_does_not_hide_the_roof_but_a_half_clear_history_does() -> None:
    flags = sky(3, 20, 4)
    assert on_roof(find_fixed_flags(with_roof(flags, missed=(7,)), 10.0)) == 1
    assert on_roof(find_fixed_flags(with_roof(flags, missed=tuple(range(10))), 10.0)) == 0


def test_too_few_dates_say_so() -> None:
    days = dict(itertools.islice(with_roof(sky(2, 16, 2)).items(), LEAST_DATES - 1))
    found = find_fixed_flags(days, 10.0)
    assert not found.is_fixed.any()
    assert not found.could_tell.any()
    assert found.chance == 1
    assert found.result == note(Code.FLAGS_PERSISTENT_UNKNOWN, dates=LEAST_DATES - 1)


def test_closed_cloud_tells_nothing() -> None:
    """Twenty dates, eighteen of them overcast: that the roof is flagged as well means nothing."""
    clear, overcast = np.zeros((64, 64), np.uint8), np.full((64, 64), Quality.CLOUD, np.uint8)
    flags = {FIRST + timedelta(n): (clear if n < 2 else overcast) for n in range(20)}
    found = find_fixed_flags(with_roof(flags), 10.0)
    assert not found.is_fixed.any()
    assert not found.could_tell.any()


def test_a_ridge_under_its_own_cloud_is_weather() -> None:
    """A wooded ridge gathers a cloud of a kilometre, a little elsewhere on each date."""
    flags = {}
    for number in range(20):
        rng = np.random.default_rng(number)
        one = np.zeros((200, 200), np.uint8)
        row, column = rng.integers(40, 60, 2)
        one[row : row + 100, column : column + 100] = Quality.CLOUD
        flags[FIRST + timedelta(number)] = one
    assert not find_fixed_flags(flags, 10.0).is_fixed.any()


def test_a_roof_that_is_not_imaged_is_not_called_flagged() -> None:
    flags = with_roof(sky(5, 16, 3))
    for one in itertools.islice(flags.values(), 12):
        one[:, :64] = Quality.NODATA
    found = find_fixed_flags(flags, 10.0)
    assert on_roof(found) == 0
    assert not found.could_tell[ROOF].any()
    assert found.could_tell[:, 110:].all()


@given(shares=st.lists(st.floats(0, 1), min_size=1, max_size=7), least=st.integers(0, 8))
@settings(max_examples=60, deadline=None)
def test_the_chance_is_that_of_counting_every_case(shares: list[float], least: int) -> None:
    chance = 0.0
    for faces in itertools.product((False, True), repeat=len(shares)):
        each = [share if face else 1 - share for share, face in zip(shares, faces, strict=True)]
        chance += float(np.prod(each)) * (sum(faces) >= least)
    found = _tail(np.array(shares)[:, None], np.array([least]))
    assert found == pytest.approx([chance], abs=1e-12)


def test_flags_of_two_grids_are_refused() -> None:
    flags = {FIRST: np.zeros((4, 4), np.uint8), date(2020, 2, 2): np.zeros((4, 5), np.uint8)}
    with pytest.raises(SceneError, match="2 dates have 2 shapes"):
        find_fixed_flags(flags, 10.0)
    with pytest.raises(SceneError, match="0 dates have 0 shapes"):
        find_fixed_flags({}, 10.0)
