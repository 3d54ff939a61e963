"""Sentinel-1's numbers become backscatter as ESA's documents say, or are refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from camp_monitor.errors import SceneError
from camp_monitor.scenes.sar import calibration_files
from camp_monitor.scenes.sar.backscatter import to_decibels
from camp_monitor.scenes.sar.calibration import (
    Calibration,
    Table,
    find_annotations,
    sigma0_power,
)
from camp_monitor.scenes.sar.calibration_files import read_calibration, read_noise
from tests.scenes.products import (
    LINES,
    PIXELS,
    Floats,
    calibration_xml,
    header,
    incidence,
    noise_across,
    noise_along,
    noise_xml,
    sigma_table,
)

ROWS: Floats = np.arange(LINES, dtype=np.float64)
COLUMNS: Floats = np.arange(PIXELS, dtype=np.float64)
CALIBRATION = read_calibration(calibration_xml(), "calibration.xml")


@given(
    slopes=st.tuples(*[st.floats(-2, 2)] * 3),
    lines=st.lists(st.integers(-50, 900), min_size=1, max_size=6, unique=True),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_a_plane_is_interpolated_exactly_whatever_pixels_each_line_has(
    slopes: tuple[float, float, float], lines: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    where = np.sort(np.array(lines, np.float64))
    inner = [np.sort(rng.choice(np.arange(1, 600), 5, replace=False)) for _ in lines]
    pixels = tuple(np.array([0, *some, 600], np.float64) for some in inner)
    level, by_line, by_pixel = slopes
    values = tuple(
        level + by_line * line + by_pixel * at for line, at in zip(where, pixels, strict=True)
    )
    asked = np.linspace(where[0], where[-1], 7), np.linspace(0, 600, 13)
    truth = level + by_line * asked[0][:, None] + by_pixel * asked[1]
    found = Table(where, pixels, values).over(*asked)
    assert found == pytest.approx(truth, abs=2e-3)


def test_beyond_its_ends_a_table_holds_its_last_value() -> None:
    table = Table(np.array([10.0, 20.0]), (np.array([5.0, 9.0]),) * 2, (np.array([1.0, 2.0]),) * 2)
    assert table.over(np.array([-99.0, 99.0]), np.array([0.0, 99.0])).tolist() == [[1, 2], [1, 2]]


def test_sigma0_is_the_square_of_the_numbers_over_the_square_of_the_table() -> None:
    numbers = np.random.default_rng(1).integers(1, 900, (LINES, PIXELS)).astype(np.uint16)
    numbers[40, 50] = 0
    found = sigma0_power(numbers, CALIBRATION)
    truth = (numbers / sigma_table(ROWS, COLUMNS)) ** 2
    assert np.isnan(found[40, 50])
    seen = numbers > 0
    assert np.abs(to_decibels(found[seen]) - 10 * np.log10(truth[seen])).max() < 0.001
    window = sigma0_power(numbers[100:220, 301:400], CALIBRATION, None, (100, 301))
    assert_allclose(window, found[100:220, 301:400], rtol=1e-6)


def test_the_angle_follows_from_the_two_tables() -> None:
    found = CALIBRATION.incidence_deg(ROWS[::50], COLUMNS)
    assert found == pytest.approx(
        np.degrees(np.broadcast_to(incidence(COLUMNS), found.shape)), abs=0.01
    )


def test_the_angle_of_a_real_product_is_that_of_its_near_edge() -> None:
    """First entries of an IW product of 2021: 474 and 662.8682, where the swath begins at 30.7."""
    one = np.array([0.0])
    tables = (Table(one, (one,), (np.array([value]),)) for value in (662.8682, 474.0))
    assert Calibration("vv", *tables).incidence_deg(one, one)[0, 0] == pytest.approx(30.75, abs=0.1)


@pytest.mark.parametrize("old", [True, False])
def test_noise_of_either_layout_is_taken_off(old: bool) -> None:
    noise = read_noise(noise_xml(old=old), "noise.xml")
    truth = noise_across(ROWS, COLUMNS)
    if not old:
        truth = truth * noise_along(ROWS, COLUMNS)
    assert_allclose(noise.over(ROWS, COLUMNS), truth, rtol=1e-4)
    numbers = np.full((LINES, PIXELS), 50, np.uint16)
    power = sigma0_power(numbers, CALIBRATION, noise)
    assert_allclose(power, (2500 - truth) / sigma_table(ROWS, COLUMNS) ** 2, rtol=1e-3)


def test_calm_water_under_the_noise_keeps_its_mean() -> None:
    """Speckled echo of -27 dB under noise of about -26: clipping each pixel would raise it."""
    rng = np.random.default_rng(5)
    noise = read_noise(noise_xml(), "noise.xml")
    table = sigma_table(ROWS, COLUMNS)
    whole = noise_across(ROWS, COLUMNS) * noise_along(ROWS, COLUMNS)
    square = (10**-2.7 * table**2 + whole) * rng.gamma(4.4, 1 / 4.4, table.shape)
    power = sigma0_power(np.rint(np.sqrt(square)).astype(np.uint16), CALIBRATION, noise)
    assert (power < 0).mean() > 0.1
    assert 10 * np.log10(np.nanmean(power)) == pytest.approx(-27, abs=0.05)
    assert 10 * np.log10(np.nanmean(np.maximum(power, 0))) > -26.8


def test_files_of_two_bands_or_of_another_product_are_refused() -> None:
    noise = read_noise(noise_xml(), "noise.xml")
    other = read_calibration(calibration_xml("VH"), "calibration-vh.xml")
    with pytest.raises(SceneError, match=r"calibration is of VH and the noise of VV"):
        sigma0_power(np.ones((5, 5), np.uint16), other, noise)
    with pytest.raises(SceneError, match="another product"):
        sigma0_power(np.ones((5, PIXELS + 30), np.uint16), CALIBRATION)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE calibration [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<calibration>&c;</calibration>"""
OUTSIDE = b"""<!DOCTYPE calibration [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<calibration>&x;</calibration>"""
GOOD = calibration_xml()


def swapped(pattern: bytes, new: bytes, count: int = 1) -> bytes:
    changed = re.sub(pattern, new, GOOD, count=count)
    assert changed != GOOD
    return changed


HOSTILE = {
    "a bomb of entities": (BOMB, "document type"),
    "an entity from elsewhere": (OUTSIDE, "document type"),
    "a document type in another encoding": (OUTSIDE.decode().encode("utf-16"), "document type"),
    "no XML": (b"\x00\x01GIF89a", "no XML"),
    "nothing": (b"", "no XML"),
    "cut short": (GOOD[: len(GOOD) // 2], "no XML"),
    "a deep nest": (b"<calibration>" + b"<a>" * 100_000, "nested"),
    "another file": (noise_xml(), "holds <noise>"),
    "no vectors": (header("calibration", "<calibrationVectorList/>"), "no calibrationVector"),
    "HH": (calibration_xml("HH"), "'HH'"),
    "no polarisation": (swapped(b"<polarisation>VV</polarisation>", b""), "polarisation ''"),
    "a count that lies": (swapped(b'<pixel count="16"', b'<pixel count="999999999"'), "999999999"),
    "no list": (swapped(b"sigmaNought", b"sigmaNaught", 0), "no list sigmaNought"),
    "NaN": (swapped(rb"6\.200000000e\+02", b"NaN"), "not finite"),
    "infinity": (swapped(rb"6\.200000000e\+02", b"1e400"), "not finite"),
    "words": (swapped(rb"6\.200000000e\+02", b"sixhundred"), "no number"),
    "zero": (swapped(rb"6\.200000000e\+02", b"0"), "not above 0"),
    "lines out of order": (swapped(b"<line>170</line>", b"<line>-500</line>"), "do not increase"),
    "one line twice": (swapped(b"<line>170</line>", b"<line>0</line>"), "do not increase"),
    "two lines in one": (swapped(b"<line>170</line>", b"<line>170 171</line>"), "not one whole"),
    "pixels out of order": (swapped(b">0 40 80 ", b">0 80 40 "), "does not increase"),
    "pixels far away": (swapped(b" 560 599<", b" 560 99999999<"), "does not increase"),
    "one pixel less": (swapped(b'16">0 40 80 ', b'15">0 80 '), "15 pixels and 16"),
}  # fmt: skip


@pytest.mark.parametrize(("xml", "words"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_calibration_file_is_refused_in_one_sentence(xml: bytes, words: str) -> None:
    with pytest.raises(SceneError) as refused:
        read_calibration(xml, "calibration-vv.xml")
    message = str(refused.value)
    assert words in message
    assert "calibration-vv.xml" in message
    assert message.endswith(".")
    assert not re.search(r"\.\s+[A-Z]", message)
    assert len(message) < 300


@pytest.mark.parametrize(
    ("limit", "value", "words"),
    [("MAX_ANNOTATION_BYTES", 5_000, "bytes"), ("MAX_VECTORS", 3, "5 vectors"),
     ("MAX_POINTS", 10, "has 16")],
)  # fmt: skip
def test_a_file_too_large_to_be_one_is_refused(
    limit: str, value: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration_files, limit, value)
    with pytest.raises(SceneError, match=words):
        read_calibration(GOOD, "calibration-vv.xml")


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (noise_xml(old=True, scale=1e-12), "as in products of 2014"),
        (noise_xml(scale=-1.0), "below 0"),
        (header("noise", "<noiseRangeVectorList/>"), "no noiseRangeVector"),
        (re.sub(b"<firstAzimuthLine>0", b"<firstAzimuthLine>x", noise_xml()), "no number"),
        (re.sub(b"<lastRangeSample>299</lastRangeSample>", b"", noise_xml()), "lastRangeSample"),
        (re.sub(b'<line count="51">0 ', b'<line count="50">', noise_xml()), "50 lines"),
    ],
)
def test_a_hostile_noise_file_is_refused(xml: bytes, words: str) -> None:
    with pytest.raises(SceneError, match=words):
        read_noise(xml, "noise-vv.xml")


def test_the_files_of_a_band_are_found_among_the_assets() -> None:
    keys = ["vv", "vh", "calibration-vv", "calibration-vh", "noise-vv", "product-vv"]
    assert find_annotations(keys, "vv") == ("calibration-vv", "noise-vv")
    assert find_annotations(keys, "vh") == ("calibration-vh", None)
    with pytest.raises(SceneError, match="0 calibration files of VV"):
        find_annotations(["vv", "vh"], "vv")


def test_the_files_of_a_band_are_found_in_a_real_item(imagery_folder: Path) -> None:
    real_items = imagery_folder / "stac-items"
    item = json.loads((real_items / "S1A_IW_GRDH_20210809_grd.json").read_text(encoding="utf-8"))
    for band in ("vv", "vh"):
        assert find_annotations(item["assets"], band) == (
            f"schema-calibration-{band}",
            f"schema-noise-{band}",
        )
    terrain = json.loads((real_items / "S1A_20200103_17RMJ_ASC_rtc.json").read_text("utf-8"))
    with pytest.raises(SceneError, match="0 calibration files"):
        find_annotations(terrain["assets"], "vv")
