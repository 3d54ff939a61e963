from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from camp_monitor.errors import SceneError
from camp_monitor.scenes.image import Quality
from camp_monitor.scenes.quality import (
    READERS,
    UDM2_BANDS,
    flags_from_qa_pixel,
    flags_from_scl,
    flags_from_udm2,
    udm2_version,
    widen_cloud,
)
from camp_monitor.scenes.sensors import QUALITY_BANDS

SCL = {
    0: Quality.NODATA, 1: Quality.SATURATED, 2: 0, 3: Quality.SHADOW, 4: 0, 5: 0, 6: 0, 7: 0,
    8: Quality.CLOUD, 9: Quality.CLOUD, 10: Quality.CIRRUS, 11: Quality.SNOW,
}  # fmt: skip
"""ESA, Sentinel-2 L2A: no data, saturated, dark, shadow, vegetation, bare, water, unclassified,
cloud medium, cloud high, thin cirrus, snow."""

QA_PIXEL = {
    1: Quality.NODATA,
    21824: 0,  # clear land
    21952: 0,  # clear water
    21826: Quality.CLOUD,  # dilated cloud over land
    22080: 0,  # medium confidence of cloud: the bit is not set
    22280: Quality.CLOUD,
    23888: Quality.SHADOW,
    24344: Quality.CLOUD | Quality.SHADOW,
    30048: Quality.SNOW,
    54596: Quality.CIRRUS,
    55052: Quality.CIRRUS | Quality.CLOUD,
}
"""USGS, LSDS-1619: values as they stand in products."""


def test_every_class_reads_as_specified() -> None:
    classes = np.array([[*SCL, 12, 255]], np.uint8)
    expected = [*SCL.values(), Quality.NODATA, Quality.NODATA]
    assert flags_from_scl(classes).tolist() == [expected]
    assert flags_from_qa_pixel(np.array([*QA_PIXEL], np.uint16)).tolist() == [*QA_PIXEL.values()]


def test_there_is_a_reader_for_each_quality_band() -> None:
    assert set(READERS) == set(QUALITY_BANDS)


@pytest.mark.parametrize("name", ["qa_pixel", "scl"])
@given(data=st.data(), pixel_m=st.sampled_from([0.5, 10.0, 30.0, 100.0]))
@settings(max_examples=40, deadline=None)
def test_where_nothing_is_known_nothing_else_is_said(
    name: str, data: st.DataObject, pixel_m: float
) -> None:
    shapes = array_shapes(min_dims=2, max_dims=2, max_side=12)
    values: NDArray[np.uint16] = data.draw(arrays(np.uint16, shapes))
    told = READERS[name](values)
    widened = widen_cloud(told, pixel_m)
    for flags in (told, widened):
        assert set(flags[(flags & Quality.NODATA) > 0].tolist()) <= {int(Quality.NODATA)}
    assert ((widened & told) == told).all(), "widening never takes a flag away"
    assert ((widened & Quality.NODATA) == (told & Quality.NODATA)).all()
    still = np.uint8(Quality.SNOW | Quality.SATURATED)
    assert ((widened & still) == (told & still)).all(), "only cloud and shadow have thin edges"


@pytest.mark.parametrize("flag", [Quality.CLOUD, Quality.CIRRUS, Quality.SHADOW])
def test_cloud_is_widened_by_sixty_metres(flag: Quality) -> None:
    flags = np.zeros((15, 15), np.uint8)
    flags[7, 7] = flag
    flags[0, 0] = Quality.NODATA
    widened = widen_cloud(flags, 20.0)
    for row, column in np.ndindex(15, 15):
        near = np.hypot(row - 7, column - 7) * 20 <= 60
        assert widened[row, column] == (flag if near else flags[row, column])


def planet(**bands: int) -> NDArray[np.uint8]:
    return np.array([[[bands.get(name, 0)]] for name in UDM2_BANDS], np.uint8)


PLANET = {
    "clear": 0, "snow": Quality.SNOW, "shadow": Quality.SHADOW, "haze_light": Quality.CIRRUS,
    "cloud": Quality.CLOUD,
}  # fmt: skip


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_planet_classes_read_as_specified(version: str) -> None:
    for name, flag in PLANET.items():
        assert flags_from_udm2(planet(**{name: 1}, confidence=80), version) == flag
        assert flags_from_udm2(planet(**{name: 1}, udm1=0b10), version) == flag, "the older cloud"
        suspect = flags_from_udm2(planet(**{name: 1}, udm1=0b1000), version)
        assert suspect == flag | Quality.SATURATED
        assert flags_from_udm2(planet(**{name: 1}, udm1=1), version) == Quality.NODATA
        assert flags_from_udm2(planet(**{name: 2}), version) == Quality.NODATA
    assert flags_from_udm2(planet(), version) == Quality.NODATA, "no class: nothing is known"


def test_planet_versions_differ_in_heavy_haze() -> None:
    assert flags_from_udm2(planet(haze_heavy=1), "2.0") == Quality.CIRRUS
    with pytest.raises(SceneError, match=r"heavy haze, which version 2\.1 never does"):
        flags_from_udm2(planet(haze_heavy=1), "2.1")
    with pytest.raises(SceneError, match=r"'3\.0' is no version"):
        flags_from_udm2(planet(clear=1), "3.0")
    with pytest.raises(SceneError, match="A Planet mask has 8 bands"):
        flags_from_udm2(planet(clear=1)[:7], "2.0")


def test_the_version_of_a_planet_mask_is_told_by_the_day_unless_someone_says_it() -> None:
    assert udm2_version(date(2023, 11, 28)) == "2.0"
    assert udm2_version(date(2023, 11, 29)) == "2.1"
    assert udm2_version(date(2019, 1, 1), "2.1") == "2.1"
    with pytest.raises(SceneError, match="'UDM' is no version"):
        udm2_version(date(2019, 1, 1), "UDM")


@given(values=arrays(np.uint8, (8, 3, 3)), version=st.sampled_from(["2.0", "2.1"]))
def test_a_planet_pixel_is_usable_only_where_it_is_called_clear(
    values: NDArray[np.uint8], version: str
) -> None:
    values[:6] %= 3
    values[4] *= version == "2.0"
    flags = flags_from_udm2(values, version)
    assert (values[0][flags == 0] == 1).all()
    assert not values[1:6, flags == 0].any()
    assert set(flags[flags & Quality.NODATA > 0].tolist()) <= {int(Quality.NODATA)}
