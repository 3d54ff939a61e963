"""The Sentinel-2 offset, by what items say and by painted pixels of every season and air."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.errors import SceneError
from camp_monitor.notes import Note, note
from camp_monitor.scenes.image import Quality
from camp_monitor.scenes.sentinel2_offset import OffsetState, check_offset, offset_from_item
from camp_monitor.synthetic.camera import Air, Cloud, observe
from camp_monitor.synthetic.ground import Day, paint_ground
from camp_monitor.synthetic.landscape import Landscape, finer_grid, make_valley
from camp_monitor.synthetic.materials import BANDS, Cover, spectrum
from tests.scenes.painted import grid

Numbers = NDArray[np.uint16]
SUN_DEG = {15: 26, 75: 45, 110: 57, 160: 68, 200: 65, 230: 57, 265: 46, 290: 36, 340: 26}
"""Day of the year to the sun's elevation at 42 degrees north in mid-morning."""
SIDE_PX = 160
ERROR = 0.01
"""Standard deviation of an atmospheric correction, in each band on each date."""

SAYS = {
    "none": OffsetState(
        "none", (note(Code.BASELINE_WITHOUT_OFFSET, baseline="02.14"),), "baseline", "02.14"
    ),
    "to_subtract": OffsetState("to_subtract", (note(Code.OFFSET_FLAGGED_PRESENT),), "flag"),
    "subtracted": OffsetState("subtracted", (note(Code.OFFSET_FLAGGED_SUBTRACTED),), "flag"),
    "unknown": OffsetState("unknown", (note(Code.BASELINE_MISSING),)),
}


@functools.cache
def valley(seed: int) -> Landscape:
    fine = finer_grid(grid(SIDE_PX, SIDE_PX), 2)
    return make_valley(fine, np.random.default_rng(seed))


@dataclass(frozen=True)
class Weather:
    seed: int = 0
    day: int = 200
    haze: float = 0.1
    river_rise_m: float = 0.0
    veil: float = 0.0
    year: int = 0
    clouds: int = 1


@functools.lru_cache(maxsize=32)
def painted(air: Weather, error: float = ERROR) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Reflectance as a provider's correction leaves it, and flags; `veil` is thin, unflagged."""
    rng = np.random.default_rng([air.seed, air.day, int(100 * air.haze), air.year])
    day = Day(air.day, air.seed + air.year, SUN_DEG[air.day], 160.0, air.river_rise_m)
    clouds = (Cloud(*rng.uniform((-600, -600, 150), (600, 600, 300))),) * air.clouds
    seen = observe(
        paint_ground(valley(air.seed), day), grid(SIDE_PX, SIDE_PX),
        Air(air.haze, float(rng.uniform(0.96, 1.04)), clouds), rng,
        sun_deg=(day.sun_elevation_deg, 160),
    )  # fmt: skip
    reflectance = seen.image.pixels.astype(float) * (1 - air.veil)
    reflectance += (air.veil * spectrum("cloud") + error * rng.standard_normal(6))[:, None, None]
    return reflectance, seen.image.flags


def as_stored(reflectance: NDArray[Any], truth: str, floor: int = 1) -> Numbers:
    """Write numbers as ESA or a provider does; ``twice`` has had 1000 too much taken off."""
    numbers = np.round(reflectance * 10_000)
    if truth != "none":
        numbers = np.clip(numbers + 1000, 1, 65_535)
    if truth in ("subtracted", "twice"):
        numbers = np.clip(numbers - (1000 if truth == "subtracted" else 2000), floor, None)
    return np.clip(numbers, min(floor, 1), 65_535).astype(np.uint16)


def asked(air: Weather, truth: str, says: str, **options: Any) -> OffsetState:
    reflectance, flags = painted(air)
    return check_offset(SAYS[says], as_stored(reflectance, truth, **options), BANDS, flags)


def codes(state: OffsetState) -> list[Code]:
    return [item.code for item in state.notes]


NEW, OLD = "S2B_MSIL2A_20250302T095029_N0511_R079_T33UXP_20250302T104753", "02.14"
PC = {"s2:processing_baseline": "05.11", "s2:product_uri": f"{NEW}.SAFE"}
ES = {"s2:processing_baseline": "05.11", "s2:product_uri": f"{NEW}.SAFE"}
APPLIED = "earthsearch:boa_offset_applied"

ITEMS = [
    # Planetary Computer, Copernicus Data Space, Earth Search v0: ESA's own numbers
    ({"s2:processing_baseline": "02.12"}, None, "none", "baseline"),
    ({"s2:processing_baseline": "02.12"}, 0.0, "none", "baseline"),
    (PC, None, "to_subtract", "baseline"),
    ({"processing:version": "05.11", "id": NEW}, -0.1, "to_subtract", "baseline"),
    ({"id": NEW}, -1000, "to_subtract", "baseline"),
    (
        {"sentinel:product_id": "S2A_MSIL2A_20200714T115221_N0214_R123_T28QCH_20200714T191310"},
        None, "none", "baseline",
    ),
    # Earth Search: true with -0.1 is its usual contradiction, false may be a lie
    (ES | {APPLIED: True}, -0.1, "subtracted", "flag"),
    (ES | {APPLIED: True}, 0.0, "subtracted", "flag"),
    (ES | {APPLIED: False}, -0.1, "to_subtract", "flag"),
    (ES | {"earthsearch:s3_path": "s3://x"}, None, "to_subtract", "flag"),
    ({"sentinel:processing_baseline": "04.00"}, None, "to_subtract", "flag"),
    ({"sentinel:boa_offset_applied": True}, None, "subtracted", "flag"),
    ({}, -0.1, "to_subtract", "flag"),
    # an old date under a new baseline: the date is no signal
    ({"datetime": "2016-09-05T02:17:00Z", "s2:processing_baseline": "05.00"}, None,
     "to_subtract", "baseline"),
    # silent, contradictory or hostile
    ({}, None, "unknown", "nothing"),
    ({}, 0.0, "unknown", "nothing"),
    ({"s2:processing_baseline": "99.99"}, None, "unknown", "nothing"),
    ({"s2:processing_baseline": OLD, APPLIED: True}, None, "unknown", "nothing"),
    ({"s2:processing_baseline": OLD}, -0.1, "unknown", "nothing"),
    (PC | {"s2:processing_baseline": OLD}, None, "unknown", "nothing"),
    (PC, 0.0, "unknown", "nothing"),
    (ES | {APPLIED: False}, 0.0, "unknown", "nothing"),
    (ES | {APPLIED: True, "sentinel:boa_offset_applied": False}, None, "unknown", "nothing"),
    (ES | {APPLIED: "false"}, None, "unknown", "nothing"),
    (PC, 0.3, "unknown", "nothing"),
    (PC, float("nan"), "unknown", "nothing"),
    ({"s2:processing_baseline": ["04.00"], "id": NEW * 1000}, None, "to_subtract", "baseline"),
    ({"s2:processing_baseline": "04.00\n"}, None, "unknown", "nothing"),
    ({"s2:processing_baseline": "٠٤.٠٠"}, None, "unknown", "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("properties", "listed", "kind", "evidence"), ITEMS)
def test_an_item_is_taken_at_its_word_and_no_further(
    properties: dict[str, object], listed: float | None, kind: str, evidence: str
) -> None:
    state = offset_from_item(properties, listed)
    assert (state.kind, state.evidence) == (kind, evidence)
    assert state.offset == {"to_subtract": -0.1, "unknown": None}.get(kind, 0.0)
    assert state.settled == (evidence == "baseline")
    assert 1 <= len(state.notes) <= 2
    assert [Note.from_dict(item.to_dict()) for item in state.notes] == [*state.notes]


@pytest.mark.parametrize(
    ("properties", "listed", "expected", "baseline"),
    [
        (PC, None, [note(Code.BASELINE_WITH_OFFSET, baseline="05.11")], "05.11"),
        ({"id": NEW}, None, [note(Code.BASELINE_WITH_OFFSET, baseline="05.11")], "05.11"),
        ({"s2:processing_baseline": OLD}, -0.1,
         [note(Code.BASELINE_WITHOUT_OFFSET, baseline=OLD), note(Code.OFFSET_LISTED)], OLD),
        ({"s2:processing_baseline": "99.99", APPLIED: True}, None,
         [note(Code.BASELINE_INCONCLUSIVE, baseline="99.99"),
          note(Code.OFFSET_FLAGGED_SUBTRACTED)], "99.99"),
        ({}, None, [note(Code.BASELINE_MISSING)], None),
        (PC | {"s2:processing_baseline": OLD}, None,
         [note(Code.BASELINES_DISAGREE, baselines=(OLD, "05.11"))], None),
        (PC, 0.0, [note(Code.BASELINE_WITH_OFFSET, baseline="05.11"),
                   note(Code.OFFSET_LISTED_ZERO)], "05.11"),
        (ES | {APPLIED: False}, -0.1, [note(Code.BASELINE_WITH_OFFSET, baseline="05.11"),
                                       note(Code.OFFSET_FLAGGED_PRESENT)], "05.11"),
        (ES | {APPLIED: "false"}, None,
         [note(Code.OFFSET_FLAGS_DISAGREE, flags=(APPLIED,))], "05.11"),
        (PC, float("nan"), [note(Code.OFFSET_LISTED_OTHER)], "05.11"),
    ],
)  # fmt: skip
def test_what_an_item_shows_is_noted_with_its_baseline(
    properties: dict[str, object], listed: float | None, expected: list[Note], baseline: str | None
) -> None:
    state = offset_from_item(properties, listed)
    assert [*state.notes] == expected
    assert state.baseline == baseline


@given(
    properties=st.dictionaries(
        st.sampled_from([*PC, APPLIED, "sentinel:boa_offset_applied", "processing:version", "id"]),
        st.none() | st.booleans() | st.floats() | st.text(max_size=12)
        | st.sampled_from(["02.12", "04.00", "05.11", NEW]),
    ),
    listed=st.none() | st.floats() | st.sampled_from([0.0, -0.1, -1000.0]),
)  # fmt: skip
def test_no_item_fails_and_a_flag_alone_never_settles(
    properties: dict[str, object], listed: float | None
) -> None:
    state = offset_from_item(properties, listed)
    assert 1 <= len(state.notes) <= 2
    flagged = any(key.startswith(("earthsearch:", "sentinel:")) for key in properties)
    assert not (state.settled and state.kind == "to_subtract" and flagged)


SIMPLE = Weather(seed=4, day=230, haze=0.05)


@pytest.mark.parametrize(
    ("truth", "says", "kind"),
    [
        ("none", "none", "none"),
        ("to_subtract", "to_subtract", "to_subtract"),
        ("subtracted", "subtracted", "subtracted"),
        ("subtracted", "to_subtract", "subtracted"),
        ("to_subtract", "subtracted", "to_subtract"),
        ("to_subtract", "none", "to_subtract"),
        ("to_subtract", "unknown", "to_subtract"),
        ("none", "unknown", "none"),
    ],
)
def test_the_four_cases_are_told_apart(truth: str, says: str, kind: str) -> None:
    state = asked(SIMPLE, truth, says)
    assert (state.kind, state.evidence) == (kind, "pixels")
    seen = Code.PLANTS_HIGH if truth == "to_subtract" else Code.DARK_GROUND_LOW
    corrected = [] if kind == says else [Code.OFFSET_FROM_PIXELS]
    assert codes(state) == [*codes(SAYS[says]), seen, *corrected]
    assert state.baseline == SAYS[says].baseline


weathers = st.builds(
    Weather,
    seed=st.integers(0, 5),
    day=st.sampled_from(list(SUN_DEG)),
    haze=st.sampled_from([0.0, 0.1, 0.3, 0.6, 1.0]),
    river_rise_m=st.sampled_from([0.0, 1.8]),
    veil=st.sampled_from([0.0, 0.0, 0.03, 0.08, 0.1, 0.11, 0.12, 0.15, 0.25]),
    year=st.integers(0, 20),
)


@settings(max_examples=100, deadline=None, derandomize=True)  # a veil may fool one in thousands
@given(
    air=weathers,
    truth=st.sampled_from(["none", "to_subtract", "subtracted"]),
    floor=st.integers(0, 1),
    bands=st.sampled_from([BANDS, BANDS[:4], BANDS[:3], BANDS[3:]]),
)
def test_no_state_is_ever_confirmed_as_the_wrong_one(
    air: Weather, truth: str, floor: int, bands: tuple[str, ...]
) -> None:
    reflectance, flags = painted(air)
    numbers = as_stored(reflectance, truth, floor)[[BANDS.index(name) for name in bands]]
    for state in SAYS.values():
        answer = check_offset(state, numbers, bands, flags)
        assert answer.evidence != "flag", "a flag alone never settles"
        assert answer.notes[: len(state.notes)] == state.notes
        if answer.evidence == "pixels":
            assert (answer.kind == "to_subtract") == (truth == "to_subtract"), answer.notes


@pytest.mark.parametrize(
    ("error", "confirmed", "corrected"), [(0.003, 0.75, 0.3), (0.01, 0.6, 0.3)]
)
def test_how_often_the_pixels_settle_it(error: float, confirmed: float, corrected: float) -> None:
    """Share of right answers over 45 scenes, clear to light haze, by the correction's error."""
    airs = [Weather(seed, day, haze) for seed in range(3) for day in (15, 110, 200, 265, 340)
            for haze in (0.0, 0.15, 0.3)]  # fmt: skip
    right: dict[tuple[str, str], list[bool]] = {}
    for air in airs:
        reflectance, flags = painted(air, error)
        for truth in ("to_subtract", "subtracted"):
            numbers = as_stored(reflectance, truth)
            for says in ("to_subtract", "subtracted"):
                answer = check_offset(SAYS[says], numbers, BANDS, flags)
                assert answer.kind in (truth, "unknown")
                right.setdefault((truth, says), []).append(answer.settled)
    assert np.mean(right["subtracted", "subtracted"]) == 1
    assert np.mean(right["subtracted", "to_subtract"]) >= 0.95, "a lie that is corrected"
    assert np.mean(right["to_subtract", "to_subtract"]) >= confirmed
    assert np.mean(right["to_subtract", "subtracted"]) >= corrected, "a lie, corrected"


@pytest.mark.parametrize("day", [15, 160, 265])
def test_scenes_of_one_place_before_and_after_the_change_agree(day: int) -> None:
    """One forest in three years and states: no crops, which rotate, and no cloud."""
    forest = valley(2).cover[::2, ::2] <= Cover.CONIFER
    found = []
    for truth, state, year in (
        ("none", offset_from_item({"s2:processing_baseline": "02.14"}, None), 0),
        ("to_subtract", offset_from_item(PC, None), 1),
        ("subtracted", offset_from_item(ES | {APPLIED: False}, -0.1), 2),  # its flag lies
    ):
        reflectance, flags = painted(Weather(2, day, 0.05, year=year, clouds=0), 0.003)
        numbers = as_stored(reflectance, truth)
        answer = check_offset(state, numbers, BANDS, flags)
        assert answer.settled
        assert answer.offset is not None
        read = numbers * 1e-4 + answer.offset
        found.append(read[:, forest])
    for other in found[1:]:
        assert abs(np.median(other - found[0], axis=1)).max() < 0.012, "an offset left in is 0.1"


def of_one_ground(*reflectance: float, spread: float = 0.02) -> NDArray[Any]:
    noise = spread * np.random.default_rng(1).standard_normal((6, 100, 100))
    return np.array(reflectance)[:, None, None] * (1 + noise)


@pytest.mark.parametrize("truth", ["none", "to_subtract", "subtracted"])
@pytest.mark.parametrize(
    "bright",
    [
        of_one_ground(0.80, 0.80, 0.78, 0.70, 0.12, 0.10),  # fresh snow
        of_one_ground(0.14, 0.22, 0.30, 0.38, 0.46, 0.42),  # sand
        of_one_ground(0.50, 0.50, 0.50, 0.52, 0.40, 0.30),  # cloud that no flag tells
        of_one_ground(0.10, 0.11, 0.12, 0.13, 0.14, 0.14),  # asphalt and lava: flat and dark
    ],
)
def test_windows_without_dark_ground_settle_nothing(bright: NDArray[Any], truth: str) -> None:
    numbers, flags = as_stored(bright, truth), np.zeros((100, 100), np.uint8)
    for says in ("to_subtract", "subtracted"):
        answer = check_offset(SAYS[says], numbers, BANDS, flags)
        assert answer.kind == "unknown"
        assert codes(answer) == [*codes(SAYS[says]), Code.DARK_GROUND_MISSING]
    by_baseline = check_offset(SAYS["none"], numbers, BANDS, flags)
    assert (by_baseline.kind, by_baseline.evidence) == ("none", "baseline")
    assert codes(by_baseline) == [*codes(SAYS["none"]), Code.DARK_GROUND_MISSING]


def test_cloud_nodata_and_small_windows_settle_nothing() -> None:
    reflectance, _ = painted(SIMPLE)
    numbers = as_stored(reflectance, "subtracted")
    clouded = np.full(numbers.shape[1:], Quality.CLOUD, np.uint8)
    for few in (
        check_offset(SAYS["to_subtract"], numbers, BANDS, clouded),
        check_offset(SAYS["to_subtract"], numbers[:, :20, :20], BANDS, clouded[:20, :20] * 0),
        check_offset(SAYS["to_subtract"], numbers * 0, BANDS, clouded * 0),
    ):
        assert few.kind == "unknown"
        assert few.notes[-1].code == Code.CLEAR_PIXELS_FEW
        values = few.notes[-1].numbers
        assert values["least_px"] == 1000
        assert int(str(values["clear_px"])) < 1000


def test_dark_numbers_under_cloud_or_beyond_the_edge_do_not_count() -> None:
    """Shifted, with all that lies under a flag black, and the swath's edge cut off per band."""
    reflectance, flags = painted(SIMPLE)
    numbers = as_stored(reflectance, "to_subtract")
    flags = flags.copy()
    flags[:60] = Quality.SHADOW
    numbers[:, :60] = 200
    numbers[1, 60:90] = 1  # one band alone runs into negative reflectance at the edge
    numbers[4:, 90:100] = 0
    assert check_offset(SAYS["to_subtract"], numbers, BANDS, flags).evidence == "pixels"
    assert check_offset(SAYS["subtracted"], numbers, BANDS, flags).kind == "to_subtract"


@pytest.mark.parametrize("floor", [0, 1])
@pytest.mark.parametrize("says", ["none", "subtracted", "to_subtract", "unknown"])
def test_numbers_that_were_corrected_twice_are_refused(says: str, floor: int) -> None:
    answer = asked(SIMPLE, "twice", says, floor=floor)
    assert answer.kind == "unknown"
    assert answer.notes[-1].code == Code.BANDS_CUT_OFF
    assert 0.05 <= float(str(answer.notes[-1].numbers["cut_fraction"])) <= 1


@pytest.mark.parametrize(
    "shifted",
    [("blue",), ("red",), BANDS[:3], BANDS[3:], ("swir2",), ("green", "nir")],
)
@pytest.mark.parametrize("says", ["subtracted", "to_subtract", "unknown"])
def test_bands_that_were_treated_differently_are_refused(
    shifted: tuple[str, ...], says: str
) -> None:
    reflectance, flags = painted(SIMPLE)
    numbers = as_stored(reflectance, "subtracted")
    for name in shifted:
        numbers[BANDS.index(name)] += 1000
    assert check_offset(SAYS[says], numbers, BANDS, flags).kind == "unknown"


@functools.cache
def snowy(conifer_snow: float = 0.2) -> NDArray[Any]:
    """Reflectance of sunlit conifers with snow under them beside fields that snow hides."""
    rng = np.random.default_rng(8)
    light = rng.uniform(0.9, 1.5, (1, 100, 100))
    conifers = (1 - conifer_snow) * spectrum("conifer") + conifer_snow * spectrum("snow_old")
    ground = conifers[:, None, None] * light
    ground[:, :20] = spectrum("snow")[:, None, None] * light[:, :20] * 0.8
    return ground * (1 + 0.02 * rng.standard_normal(ground.shape))


@pytest.mark.parametrize("truth", ["none", "to_subtract"])
def test_snow_under_trees_is_no_shift_of_some_bands(truth: str) -> None:
    """ESA's own word stands; a flag that is known to lie does not, and nothing is confirmed."""
    flags = np.zeros((100, 100), np.uint8)
    said = OffsetState(truth, (), "baseline")
    answer = check_offset(said, as_stored(snowy(), truth), BANDS, flags)
    assert (answer.kind, answer.evidence) == (truth, "baseline")
    assert codes(answer) == [Code.SNOW_UNDER_TREES]
    for says in ("to_subtract", "subtracted"):
        doubted = check_offset(SAYS[says], as_stored(snowy(), truth), BANDS, flags)
        assert doubted.kind == "unknown"


@pytest.mark.parametrize("shifted", [BANDS[:3], ("swir2",)])
def test_where_no_snow_is_in_sight_bands_of_conifers_still_tell(shifted: tuple[str, ...]) -> None:
    """The same trees bare, visible bands shifted: they look like snow under trees, but for it."""
    numbers = as_stored(snowy(conifer_snow=0.0)[:, 20:], "none")
    for name in shifted:
        numbers[BANDS.index(name)] += 1000 if name != "swir2" else 1500
    answer = check_offset(SAYS["none"], numbers, BANDS, np.zeros(numbers.shape[1:], np.uint8))
    assert answer.kind == "unknown"
    assert codes(answer) == [*codes(SAYS["none"]), Code.SWIR_DISAGREES]


def test_without_short_wave_infrared_a_shift_cannot_be_told_from_a_veil() -> None:
    reflectance, flags = painted(SIMPLE)
    for truth, kind in (("to_subtract", "unknown"), ("subtracted", "subtracted")):
        numbers = as_stored(reflectance, truth)[:4]
        assert check_offset(SAYS["to_subtract"], numbers, BANDS[:4], flags).kind == kind


def test_large_windows_give_the_same_answer_as_small_ones() -> None:
    reflectance, flags = painted(SIMPLE)
    large = np.tile(as_stored(reflectance, "to_subtract"), (1, 9, 9))
    answer = check_offset(SAYS["subtracted"], large, BANDS, np.tile(flags, (9, 9)))
    assert (answer.kind, answer.evidence) == ("to_subtract", "pixels")


def test_shapes_and_states_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SceneError, match="the numbers have shape"):
        check_offset(
            SAYS["none"], np.zeros((2, 4, 4), np.uint16), BANDS, np.zeros((4, 4), np.uint8)
        )
    for kind, evidence in (
        ("maybe", "pixels"),
        ("none", "date"),
        ("unknown", "flag"),
        ("none", "nothing"),
    ):
        with pytest.raises(SceneError, match="An offset cannot be"):
            OffsetState(kind, (), evidence)
