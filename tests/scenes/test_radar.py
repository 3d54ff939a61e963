"""Power and decibels are not mistaken for each other, and speckle hides no shift."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.demo.compound import Stage, list_structures, place_compound
from camp_monitor.errors import SceneError
from camp_monitor.scenes.coregistration import measure_shift
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.sar.backscatter import (
    FLOOR_DB,
    check_backscatter,
    despeckle,
    despeckled,
    tell_unit,
    to_decibels,
    to_power,
)
from camp_monitor.synthetic import radar as simulated_radar
from camp_monitor.synthetic.ground import Day
from camp_monitor.synthetic.landscape import Landscape, finer_grid, make_valley
from camp_monitor.synthetic.radar import observe_by_radar

GRID = GeoBox((256, 256), Affine(10, 0, 560640, 0, -10, 4674600), "EPSG:32652")
AUGUST = Day(day_of_year=233, year_seed=16, sun_elevation_deg=0, sun_azimuth_deg=0)
FLOOD = replace(AUGUST, day_of_year=245, river_rise_m=1.9)


@functools.cache
def valley(seed: int) -> Landscape:
    return make_valley(finer_grid(GRID, 4), np.random.default_rng(seed))


def radar(seed: int, day: Day, shift_px: tuple[float, float], speckle: int) -> Image:
    built = list_structures(place_compound(GRID), Stage.BUILT)
    rng = np.random.default_rng(speckle)
    return observe_by_radar(valley(seed), day, built, GRID, rng, shift_px=shift_px).image


@given(arrays(np.float32, 20, elements=st.floats(-60, 40, width=32)))
def test_decibels_to_power_and_back(decibels: NDArray[np.float32]) -> None:
    assert to_decibels(to_power(decibels)) == pytest.approx(decibels, abs=1e-4)


def test_what_products_mark_as_empty_is_not_seen() -> None:
    numbers = np.array([-32768, 0, -1e-6, np.nan, 0.1], np.float32)
    assert to_decibels(numbers) == pytest.approx([np.nan] * 4 + [-10], nan_ok=True)
    floored = to_decibels(np.array([-1e-3, 0, 1e-9, np.nan, 0.1]), FLOOR_DB)
    assert floored == pytest.approx([FLOOR_DB] * 3 + [np.nan, -10], nan_ok=True)


def test_speckle_is_averaged_in_power() -> None:
    """The mean decibel of one echo at -30 and the rest at 0 would be far lower."""
    decibels = np.zeros((9, 9), np.float32)
    decibels[4, 4] = -30
    decibels[0, 0] = np.nan
    found = despeckle(decibels)
    assert found[4, 4] == pytest.approx(10 * np.log10((24 + 1e-3) / 25), abs=1e-4)
    assert np.isnan(found[0, 0])
    assert found[0, 1] == pytest.approx(0, abs=1e-5)


def sample(quantity: str) -> NDArray[np.float32]:
    decibels = radar(1, AUGUST, (0, 0), 1).pixels
    return decibels.ravel() if quantity.endswith("_db") else to_power(decibels).ravel()


CASES = {
    "decibels": (sample("sigma0_db"), "db"),
    "power": (sample("sigma0_power"), "power"),
    "power, some of it below the noise": (sample("sigma0_power") - 0.004, "power"),
    "power with a ship": (np.append(sample("sigma0_power"), 4e4), "power"),
    "power filled with zeros": (np.append(sample("sigma0_power"), np.zeros(900_000)), "power"),
    "decibels filled with zeros": (np.append(sample("sigma0_db"), np.zeros(900_000)), "db"),
    "decibels of a town": (sample("sigma0_db") + 8, "db"),
    "decibels of calm water": (sample("sigma0_db") - 18, "db"),
    "amplitudes as in the file": (600 * np.sqrt(sample("sigma0_power")), None),
    "decibels of decibels": (10 * np.log10(-sample("sigma0_db") + 40), None),
    "hundredths of decibels": (100 * sample("sigma0_db"), None),
    "nothing": (np.full(500, np.nan), None),
}


@pytest.mark.parametrize(("numbers", "unit"), CASES.values(), ids=CASES)
def test_the_unit_is_told_by_the_numbers(numbers: NDArray[np.floating], unit: str | None) -> None:
    assert tell_unit(numbers) == unit


@pytest.mark.parametrize(
    ("said", "numbers", "words"),
    [
        ("sigma0_db", sample("sigma0_power"), "as in linear power: say --quantity sigma0_power"),
        (
            "gamma0_power",
            sample("sigma0_db"),
            "100% are negative, as in decibels: say --quantity g",
        ),
        ("sigma0_db", 600 * np.sqrt(sample("sigma0_power")), "neither decibels"),
        ("sigma0_power", np.full(9, 0.1), "too few to tell"),
    ],
)
def test_a_wrong_declaration_is_refused_with_what_was_measured(
    said: str, numbers: NDArray[np.floating], words: str
) -> None:
    with pytest.raises(SceneError, match=words) as refused:
        check_backscatter(numbers, said, "scene.tif")
    assert "scene.tif" in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("said", ["sigma0_db", "gamma0_db", "sigma0_power", "gamma0_power"])
def test_a_right_declaration_passes(said: str) -> None:
    check_backscatter(sample(said), said, "scene.tif")


@pytest.mark.parametrize(
    ("seed", "day", "shift_px"),
    [(1, AUGUST, (2.0, -1.0)), (2, AUGUST, (0.0, 0.0)), (3, FLOOD, (-2.6, 1.45))],
)
def test_the_shift_between_two_radar_scenes_is_measured_through_their_speckle(
    seed: int, day: Day, shift_px: tuple[float, float]
) -> None:
    before, after = radar(seed, AUGUST, (0, 0), 10), radar(seed, day, shift_px, 11)
    found = measure_shift(despeckled(before), despeckled(after))
    assert found.known
    assert (found.shift_rows_px, found.shift_columns_px) == pytest.approx(shift_px, abs=0.2)


@pytest.fixture
def faint(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, tuple[float, float], int], Image]:
    """Radar pictures of ground with three tenths of its contrast and no buildings."""
    ground_power = simulated_radar.ground_power

    def less(landscape: Landscape, day: Day) -> NDArray[np.float32]:
        decibels = to_decibels(ground_power(landscape, day))
        middle = np.median(decibels, axis=(1, 2), keepdims=True)
        return to_power(middle + 0.3 * (decibels - middle))

    monkeypatch.setattr(simulated_radar, "ground_power", less)

    def take(seed: int, shift_px: tuple[float, float], speckle: int) -> Image:
        rng = np.random.default_rng(speckle)
        return observe_by_radar(valley(seed), AUGUST, [], GRID, rng, shift_px=shift_px).image

    return take


def test_averaging_finds_shifts_that_speckle_hides(
    faint: Callable[[int, tuple[float, float], int], Image],
) -> None:
    shift_px = 1.5, -2.0
    as_read, averaged = [], []
    for seed in range(1, 6):
        before, after = faint(seed, (0, 0), seed), faint(seed, shift_px, 100 + seed)
        as_read.append(measure_shift(before, after))
        averaged.append(measure_shift(despeckled(before), despeckled(after)))
    known = [found for found in averaged if found.known]
    assert len(known) >= 3
    assert len(known) > sum(found.known for found in as_read)
    for found in known:
        assert (found.shift_rows_px, found.shift_columns_px) == pytest.approx(shift_px, abs=0.7)


def test_radar_of_two_valleys_has_no_known_shift(
    faint: Callable[[int, tuple[float, float], int], Image],
) -> None:
    first, second = (despeckled(faint(seed, (0, 0), seed)) for seed in (1, 2))
    assert not measure_shift(first, second).known
