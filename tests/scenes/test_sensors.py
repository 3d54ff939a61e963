from __future__ import annotations

import pytest

from camp_monitor.scenes.sensors import OPTICAL_BANDS, SENSORS, band_name


@pytest.mark.parametrize(
    ("sensor", "text", "expected"),
    [
        ("sentinel-2", "T52TEN_20160829T021602_B04_10m.jp2", "red"),
        ("sentinel-2", "T52TEN_20160829T021602_B8A_20m.jp2", "nir"),
        ("sentinel-2", "T52TEN_20160829T021602_B11_20m", "swir1"),
        ("sentinel-2", "T52TEN_20160829T021602_SCL_20m.jp2", "scl"),
        ("sentinel-2", "T52TEN_20160829T021602_TCI_10m.jp2", None),
        ("sentinel-2", "T52TEN_20160829T021602_B09_60m.jp2", None),
        ("sentinel-2", "B02 and B03", None),
        ("sentinel-2", "Red edge 1", None),
        ("landsat", "LC08_L2SP_116031_20160829_20200906_02_T1_SR_B4.TIF", "red"),
        ("landsat", "LC09_L2SP_116031_20220829_20230401_02_T1_SR_B5.TIF", "nir"),
        ("landsat", "LE07_L2SP_116031_20160829_20200906_02_T1_SR_B4.TIF", "nir"),
        ("landsat", "LT05_L2SP_116031_19960829_20200906_02_T1_SR_B1.TIF", "blue"),
        ("landsat", "LC08_L2SP_116031_20160829_20200906_02_T1_SR_B1.TIF", None),
        ("landsat", "LC08_L2SP_116031_20160829_20200906_02_T1_ST_B10.TIF", None),
        ("landsat", "LC08_L2SP_116031_20160829_20200906_02_T1_QA_PIXEL.TIF", "qa_pixel"),
        ("landsat", "SR_B4", None),
        ("landsat", "nir08", "nir"),
        ("sentinel-1", "s1a-iw-grd-vv-20160829t021602-001.tiff", "vv"),
        ("sentinel-1", "Gamma0_VH", "vh"),
        ("planetscope", "Near Infrared", "nir"),
        ("planetscope", "coastal_blue", None),
        ("planetscope", "20160829_021602_0e20_3B_AnalyticMS_SR", None),
        ("naip", "Band 1", None),
        ("rgb", "R", "red"),
        ("rgb", "", None),
    ],
)
def test_bands_by_the_names_that_providers_give(
    sensor: str, text: str, expected: str | None
) -> None:
    assert band_name(text, SENSORS[sensor]) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [("LANDSAT_7", "nir"), ("landsat-8", "red"), ("LT04_L2SP", "nir"), ("LANDSAT_7 LC08_x", None)],
)
def test_a_landsat_band_needs_the_satellite(source: str, expected: str | None) -> None:
    """The fourth band is near infrared up to Landsat 7, and red from Landsat 8 on."""
    assert band_name("SR_B4", SENSORS["landsat"], source) == expected


@pytest.mark.parametrize("key", SENSORS)
def test_every_sensor_knows_its_own_bands(key: str) -> None:
    for name in (*SENSORS[key].bands, *OPTICAL_BANDS):
        assert band_name(name, SENSORS[key]) == name
