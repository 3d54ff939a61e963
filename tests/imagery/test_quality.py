from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from camp_monitor.imagery.image import Quality
from camp_monitor.imagery.quality import READERS, flags_from_qa_pixel, flags_from_scl, widen_cloud
from camp_monitor.imagery.sensors import QUALITY_BANDS

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


@pytest.mark.parametrize("name", QUALITY_BANDS)
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
