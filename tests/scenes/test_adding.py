from __future__ import annotations

import functools
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.codes import Code
from camp_monitor.demo.valley_scenes import VISITS, paint_valley
from camp_monitor.errors import SceneError
from camp_monitor.notes import note
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.catalogue import (
    MAX_JSON_BYTES,
    PROVIDER_ITEM,
    check_unaltered,
    read_scene,
    read_scenes,
)
from camp_monitor.scenes.image import Quality
from camp_monitor.scenes.reading import read_image
from camp_monitor.scenes.scene import Scene, SceneDescription
from tests.scenes.painted import BANDS, grid, numbers, texture, write_tiff

PLAIN = SceneDescription("sentinel-2", "2016-08-29", offset=0.0)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return tmp_path / "imagery"


@pytest.fixture
def tiff(tmp_path: Path) -> Path:
    return write_tiff(tmp_path / "a.tif", numbers(rows=64, columns=64), nodata=0)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def add(catalogue: Path, *paths: Path, **said: Any) -> Scene:
    described: dict[str, Any] = {
        "sensor": "sentinel-2",
        "acquired": "2016-08-29",
        "offset": 0.0,
    } | said
    return add_scene(catalogue, paths, SceneDescription(**described))[0]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, and its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_item(path: Path, **properties: Any) -> Path:
    """Write a provider's item."""
    item: dict[str, Any] = {
        "type": "Feature", "stac_version": "1.0.0", "id": "S2A_X", "geometry": None, "links": [],
        "assets": {}, "properties": {"datetime": "2022-08-29T02:16:02Z"} | properties,
    }  # fmt: skip
    path.write_text(json.dumps(item))
    return path


# What is written


@pytest.mark.usefixtures("no_network")
def test_the_catalogue_is_stac_that_others_can_read(catalogue: Path, tiff: Path) -> None:
    scene = add(catalogue, tiff)
    add(catalogue, write_tiff(tiff.with_name("b.tif"), numbers(1, 64, 64)), acquired="2016-09")
    root = pystac.Catalog.from_file(str(catalogue / "catalog.json"))
    items = {item.id: item for item in root.get_items(recursive=True)}
    assert list(items) == [found.id for found in read_scenes(catalogue)]
    item = items[scene.id]
    assert item.get_root() is root
    (asset,) = item.get_assets().values()
    held = Path(str(asset.get_absolute_href())).read_bytes()
    assert held == tiff.read_bytes(), "the original, byte for byte"
    multihash = bytes.fromhex(asset.extra_fields["file:checksum"])
    assert multihash == bytes([0x12, 32]) + hashlib.sha256(held).digest()
    assert asset.extra_fields["file:size"] == len(held)
    assert asset.extra_fields["proj:code"] == "EPSG:32652"
    assert [band["name"] for band in asset.extra_fields["bands"]] == list(BANDS)
    for path in catalogue.rglob("*.json"):
        text = path.read_text()
        assert str(catalogue.parent) not in text, "a catalogue that can be moved"
        document = json.loads(text, parse_constant=pytest.fail)
        for link in document["links"]:
            assert (path.parent / link["href"]).resolve().is_relative_to(catalogue.resolve())
            assert not Path(link["href"]).is_absolute()


def test_the_same_file_again_adds_nothing(catalogue: Path, tiff: Path) -> None:
    first, added = add_scene(catalogue, (tiff,), PLAIN)
    assert added
    before = contents(catalogue)
    again, added_again = add_scene(catalogue, (tiff,), PLAIN)
    assert (again, added_again) == (first, False)
    assert contents(catalogue) == before


@pytest.mark.parametrize(
    "said",
    [{"acquired": "2016-09-12"}, {"scale": 2e-4}, {"bands": ("red", "green", "blue", "nir")}],
)
def test_the_same_file_described_otherwise_is_refused(
    catalogue: Path, tiff: Path, said: dict[str, Any]
) -> None:
    add(catalogue, tiff)
    before = contents(catalogue)
    with pytest.raises(SceneError, match="described otherwise"):
        add(catalogue, tiff, **said)
    assert contents(catalogue) == before


def test_a_scene_of_the_same_name_is_not_overwritten(catalogue: Path, tiff: Path) -> None:
    item = write_item(tiff.with_name("item.json"), **{"s2:processing_baseline": "02.12"})
    add(catalogue, tiff, acquired=None, offset=None, item=item)
    before = contents(catalogue)
    other = write_tiff(tiff.with_name("b.tif"), numbers(1, 64, 64))
    with pytest.raises(SceneError, match="already holds a scene S2A_X"):
        add(catalogue, other, acquired=None, offset=None, item=item)
    assert contents(catalogue) == before


@pytest.mark.parametrize("moment", ["copyfile", "rename"])
def test_a_killed_add_leaves_no_half_scene(catalogue: Path, tiff: Path, moment: str) -> None:
    killed = f"""
import os, pathlib, shutil, signal, sys
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.scene import SceneDescription
where, name = (shutil, "copyfile") if {moment!r} == "copyfile" else (pathlib.Path, "rename")
whole = getattr(where, name)
def half(*arguments, **options):
    if name == "copyfile":
        pathlib.Path(arguments[1]).write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
setattr(where, name, half)
said = SceneDescription("sentinel-2", "2016-08-29", offset=0.0)
add_scene(pathlib.Path(sys.argv[1]), (pathlib.Path(sys.argv[2]),), said)
"""
    command = [sys.executable, "-c", killed, str(catalogue), str(tiff)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert any(path.name.startswith(".adding-") for path in catalogue.iterdir())
    assert read_scenes(catalogue) == ()
    scene = add(catalogue, tiff)
    assert read_scenes(catalogue) == (scene,)
    assert [link.rel for link in pystac.Catalog.from_file(str(catalogue / "catalog.json")).links
            if link.rel == "item"] == ["item"]  # fmt: skip


def test_a_flipped_byte_is_noticed(catalogue: Path, tiff: Path) -> None:
    scene = add(catalogue, tiff)
    check_unaltered(scene)
    kept = scene.files[0]
    held = bytearray(kept.read_bytes())
    held[len(held) // 2] ^= 1
    kept.write_bytes(held)
    with pytest.raises(SceneError, match=r"is not the file that was added"):
        check_unaltered(scene)
    kept.unlink()
    with pytest.raises(SceneError, match="cannot be read"):
        check_unaltered(scene)


def test_every_file_is_watched_whatever_it_holds(catalogue: Path, tmp_path: Path) -> None:
    """The quality band may come first, and a file may be kept that nothing is read from."""
    scl = write_tiff(tmp_path / "x_SCL_20m.tif", np.full((32, 32), 4, np.uint8), grid(32, 32, 20))
    layers = numbers(rows=64, columns=64)
    spare = [write_tiff(tmp_path / f"spare{n}.tif", layers[n]) for n in (1, 2)]
    red = write_tiff(tmp_path / "x_B04_10m.tif", layers[0])
    names = ("scl", "unused", "unused", "red")
    scene = add(catalogue, scl, *spare, red, bands=names)
    assert [path.name for path in scene.files] == [path.name for path in (scl, *spare, red)]
    assert scene.band_names == ("red",)
    assert scene.quality is not None
    check_unaltered(scene)
    scene.files[2].write_bytes(b"other")
    with pytest.raises(SceneError, match="spare2"):
        check_unaltered(scene)


# What is believed of a file


def test_bands_are_told_by_descriptions_and_file_names(catalogue: Path, tmp_path: Path) -> None:
    layers = numbers(rows=64, columns=64)
    turned = write_tiff(tmp_path / "a.tif", layers, descriptions=("B08", "B04", "B03", "B02"))
    assert add(catalogue, turned).band_names == ("nir", "red", "green", "blue")
    late, early = tmp_path / "LC08_L2SP_116031_SR_B4.TIF", tmp_path / "LE07_L2SP_116031_SR_B4.TIF"
    for path, seed, name in ((late, 1, "red"), (early, 2, "nir")):
        write_tiff(path, 10 * numbers(seed, 64, 64)[0])
        assert add(catalogue, path, sensor="landsat", offset=None).band_names == (name,)
    with pytest.raises(SceneError, match=r"name them in order with --bands"):
        add(catalogue, write_tiff(tmp_path / "five.tif", numbers(3, 64, 64, bands=5)))


def test_an_order_that_no_file_told_is_said_to_be_assumed(catalogue: Path, tmp_path: Path) -> None:
    layers = numbers(rows=64, columns=64)
    told = write_tiff(tmp_path / "told.tif", layers, descriptions=("B08", "B04", "B03", "B02"))
    assert not add(catalogue, told).bands_assumed
    silent = write_tiff(tmp_path / "silent.tif", layers + 1)
    assert add(catalogue, silent).bands_assumed
    other = write_tiff(tmp_path / "other.tif", layers + 2)
    assert not add(catalogue, other, bands=BANDS).bands_assumed


@pytest.mark.parametrize(("day", "version"), [("2020-06-01", "2.0"), ("2024-06-01", "2.1")])
def test_a_planet_mask_screens_cloud_by_its_version(
    catalogue: Path, tmp_path: Path, day: str, version: str
) -> None:
    image = write_tiff(tmp_path / "20200601_AnalyticMS_SR.tif", numbers(rows=64, columns=64))
    mask = np.zeros((8, 64, 64), np.uint8)
    mask[0] = 1
    mask[0, :, :20], mask[5, :, :20] = 0, 1  # cloud
    mask[0, 50:], mask[3, 50:] = 0, 1  # haze
    path = write_tiff(tmp_path / "20200601_udm2.tif", mask)
    said = SceneDescription("planetscope", day)
    for order in ((image, path), (path, image)):
        scene, _ = add_scene(catalogue / order[0].stem, order, said)
        assert scene.band_names == ("blue", "green", "red", "nir")
        assert scene.quality is not None
        assert scene.quality.name == f"udm2.{version[-1]}"
        seen = read_image(scene, grid(64, 64))
        assert (seen.flags[:30, :20] == Quality.CLOUD).all()
        assert (seen.flags[60:, 40:] == Quality.CIRRUS).all()
        assert seen.usable[:30, 40:].all()


def test_zero_is_empty_where_the_product_says_so(catalogue: Path, tmp_path: Path) -> None:
    """The JPEG 2000 files of Sentinel-2 say no nodata value."""
    layers = numbers(rows=64, columns=64)
    layers[:, :, :32] = 0
    path = write_tiff(tmp_path / "a.tif", layers)
    image = read_image(add(catalogue, path), grid(64, 64))
    assert image.usable[:, 32:].all()
    assert not image.usable[:, :32].any()


@pytest.mark.parametrize(
    ("properties", "offset"),
    [
        ({"s2:processing_baseline": "02.12"}, 0.0),
        ({"s2:processing_baseline": "03.01"}, 0.0),
        ({"s2:processing_baseline": "04.00"}, -0.1),
        ({"s2:processing_baseline": "05.09"}, -0.1),
        ({}, None),
        ({"s2:processing_baseline": "new"}, None),
        ({"s2:processing_baseline": None}, None),
    ],
)
def test_sentinel_2_numbers_mean_what_their_baseline_says(
    catalogue: Path, tiff: Path, properties: dict[str, Any], offset: float | None
) -> None:
    item = write_item(tiff.with_name("item.json"), **properties)
    said = SceneDescription("sentinel-2", item=item)
    if offset is None:
        why = r"offset .* could not be determined|says s2:processing_baseline is 'None'"
        with pytest.raises(SceneError, match=why) as refused:
            add_scene(catalogue, (tiff,), said)
        if "could not be determined" in str(refused.value):
            assert refused.value.notes[0] == note(Code.BASELINE_MISSING)
        assert not catalogue.exists()
        return
    scene, _ = add_scene(catalogue, (tiff,), said)
    assert scene.bands[0].offset == pytest.approx(offset)
    assert scene.bands[0].scale == 1e-4


@functools.cache
def painted_numbers() -> Any:
    """Numbers of a painted valley with a river, (band, row, col), unshifted."""
    place = grid(96, 96)
    seen = paint_valley(place, 3, VISITS[:1]).scenes[0].seen
    return np.round(seen.image.pixels * 1e4).astype(np.uint16)


@pytest.mark.parametrize(
    ("baseline", "flag", "shifted", "kind"),
    [
        ("02.12", None, False, "none"),
        ("05.09", None, True, "to_subtract"),
        ("05.09", False, True, "to_subtract"),
        ("05.09", True, False, "subtracted"),
        ("05.09", False, False, "subtracted"),  # the flag lies
        ("05.09", True, True, "to_subtract"),  # the flag lies
    ],
)
def test_the_pixels_settle_the_offset(
    catalogue: Path, tmp_path: Path, baseline: str, flag: bool | None, shifted: bool, kind: str
) -> None:
    numbers = painted_numbers() + np.uint16(1000 * shifted)
    names = ("B02", "B03", "B04", "B08", "B11", "B12")
    path = write_tiff(tmp_path / "a.tif", numbers, grid(96, 96), descriptions=names, nodata=0)
    flags = {} if flag is None else {"earthsearch:boa_offset_applied": flag}
    item = write_item(tmp_path / "item.json", **{"s2:processing_baseline": baseline}, **flags)
    scene, _ = add_scene(catalogue, (path,), SceneDescription("sentinel-2", item=item))
    assert scene.offset_kind == kind, scene.offset_notes
    assert scene.baseline == baseline
    image = read_image(scene, grid(96, 96))
    truth = painted_numbers() / 1e4
    np.testing.assert_allclose(image.pixels, truth, atol=1e-4)


def test_a_flag_that_nothing_can_check_is_not_believed(catalogue: Path, tiff: Path) -> None:
    flags = {"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": True}
    item = write_item(tiff.with_name("item.json"), **flags)
    with pytest.raises(SceneError, match="could not be determined: give --offset 0") as refused:
        add_scene(catalogue, (tiff,), SceneDescription("sentinel-2", item=item))
    assert refused.value.notes == (
        note(Code.BASELINE_WITH_OFFSET, baseline="05.09"),
        note(Code.OFFSET_FLAGGED_SUBTRACTED),
        note(Code.DARK_GROUND_MISSING),
    )


PRODUCT = "S2A_MSIL2A_20160829T021602_N0204_R003_T52TCN_20160829T022200"


def test_the_catalogue_keeps_the_notes_and_a_baseline_that_the_item_has_not(
    catalogue: Path, tiff: Path
) -> None:
    named = write_item(tiff.with_name("named.json"), **{"s2:product_uri": f"{PRODUCT}.SAFE"})
    scene, _ = add_scene(catalogue, (tiff,), SceneDescription("sentinel-2", item=named))
    assert scene.baseline == "02.04"
    assert scene.offset_notes == (
        note(Code.BASELINE_WITHOUT_OFFSET, baseline="02.04"), note(Code.DARK_GROUND_MISSING),
    )  # fmt: skip
    assert read_scenes(catalogue) == (scene,)
    properties = json.loads((catalogue / "S2A_X" / "S2A_X.json").read_text())["properties"]
    assert properties["camp_monitor:processing_baseline"] == "02.04"
    assert properties["camp_monitor:offset_notes"] == [
        {"code": "baseline_without_offset", "values": {"baseline": "02.04"}},
        {"code": "dark_ground_missing"},
    ]
    other = write_tiff(tiff.with_name("b.tif"), numbers(1, 64, 64), nodata=0)
    item = write_item(tiff.with_name("item.json"), **{"s2:processing_baseline": "02.12"})
    said = SceneDescription("sentinel-2", item=item, id="other")
    scene, _ = add_scene(catalogue, (other,), said)
    assert scene.baseline == "02.12"
    properties = json.loads((catalogue / "other" / "other.json").read_text())["properties"]
    assert "camp_monitor:processing_baseline" not in properties
    without = add(catalogue, write_tiff(tiff.with_name("c.tif"), numbers(2, 64, 64), nodata=0))
    assert (without.baseline, without.offset_kind, without.offset_notes) == (None, "", ())


REASON = "Baseline 02.12 adds no 1000 to the numbers; unchecked, because no dark ground is there."


@pytest.mark.parametrize(("credit", "simulated"), [("ESA", False), ("Simulated by us", True)])
def test_an_item_of_the_version_before_is_read_and_found_again(
    catalogue: Path, tiff: Path, credit: str, simulated: bool
) -> None:
    item = write_item(tiff.with_name("item.json"), **{"s2:processing_baseline": "02.12"})
    said = SceneDescription("sentinel-2", item=item, credit=credit, simulated=simulated)
    new, _ = add_scene(catalogue, (tiff,), said)
    path = catalogue / new.id / f"{new.id}.json"
    content = json.loads(path.read_text())
    properties = content["properties"]
    del properties["camp_monitor:offset_notes"], properties["camp_monitor:simulated"]
    properties["camp_monitor:offset"]["reason"] = REASON
    path.write_text(json.dumps(content))
    old = read_scene(path)
    assert old == replace(new, offset_notes=(note(Code.AS_RECORDED, text=REASON),))
    assert (old.baseline, old.simulated) == ("02.12", simulated)
    assert add_scene(catalogue, (tiff,), said) == (old, False)


def test_a_painted_scene_is_simulated_by_its_description_or_its_tag(
    catalogue: Path, tiff: Path, tmp_path: Path
) -> None:
    assert not add(catalogue, tiff, credit="SIMULATED").simulated, "a credit is only a credit"
    assert add(
        catalogue, write_tiff(tmp_path / "b.tif", numbers(1, 64, 64)), simulated=True
    ).simulated
    tagged = write_tiff(tmp_path / "c.tif", numbers(2, 64, 64))
    with rasterio.open(tagged, "r+") as target:
        target.update_tags(SIMULATED="painted")
    assert add(catalogue, tagged).simulated
    assert [scene.simulated for scene in read_scenes(catalogue)].count(True) == 2
    with pytest.raises(SceneError, match="described otherwise"):
        add(catalogue, tiff, credit="SIMULATED", simulated=True)


def test_without_an_item_the_offset_must_be_said(catalogue: Path, tiff: Path) -> None:
    with pytest.raises(SceneError, match="give --item"):
        add(catalogue, tiff, offset=None)


def radar_layers() -> NDArray[np.float32]:
    layers = np.stack([texture(1, (64, 64)), texture(2, (64, 64))])
    return (-12 + 2 * layers).astype(np.float32)


def test_radar_is_told_from_other_numbers_by_its_range(catalogue: Path, tmp_path: Path) -> None:
    decibels = radar_layers()
    power = 10 ** (decibels / 10)
    files = {
        "sigma0_db": write_tiff(tmp_path / "a.tif", decibels),
        "sigma0_power": write_tiff(tmp_path / "b.tif", power - np.float32(0.01)),
        "gamma0_power": write_tiff(tmp_path / "Gamma0-rtc.tif", power),
    }
    for quantity, path in files.items():
        scene = add(catalogue, path, sensor="sentinel-1")
        assert (scene.quantity, scene.band_names) == (quantity, ("vv", "vh"))
    amplitude = write_tiff(tmp_path / "d.tif", (600 * np.sqrt(power)).astype(np.uint16))
    with pytest.raises(SceneError, match="neither decibels"):
        add(catalogue, amplitude, sensor="sentinel-1")
    complex_path = write_tiff(tmp_path / "c.tif", decibels.astype(np.complex64))
    with pytest.raises(SceneError, match="complex numbers"):
        add(catalogue, complex_path, sensor="sentinel-1")


def test_a_wrong_word_about_radar_is_refused(catalogue: Path, tmp_path: Path) -> None:
    decibels = radar_layers()
    power = write_tiff(tmp_path / "p.tif", 10 ** (decibels / 10))
    with pytest.raises(SceneError, match=r"p\.tif was said to hold decibels, but its middle"):
        add(catalogue, power, sensor="sentinel-1", quantity="sigma0_db")
    named = write_tiff(tmp_path / "gamma0.tif", decibels)
    with pytest.raises(SceneError, match="never mixed"):
        add(catalogue, named, sensor="sentinel-1", quantity="sigma0_db")
    both = [
        write_tiff(tmp_path / f"{name}.tif", layer)
        for name, layer in zip(("sigma0_vv", "gamma0_vh"), decibels, strict=True)
    ]
    with pytest.raises(SceneError, match="both sigma0 and gamma0"):
        add_scene(catalogue, tuple(both), SceneDescription("sentinel-1", acquired="2016-08-29"))


SENTINEL_2 = ("sentinel-2", ("B04.tif", "B08.tif"), ("red", "nir"))
SENTINEL_1 = ("sentinel-1", ("vv.tif", "vh.tif"), ("vv", "vh"))
REAL_ITEMS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], str, dict[str, Any]]] = {
    "LC08_L2SP_028030_20200114_20200824_02_T1_SR": (
        "landsat", ("SR_B4.TIF", "SR_B5.TIF"), ("red", "nir"), "2020-01-14T17:05:46",
        {"sun_elevation_deg": 22.57988462, "sun_azimuth_deg": 158.45194309, "off_nadir_deg": 0},
    ),
    "LE07_L2SP_044033_20210329_20210424_02_T1_SR": (
        "landsat", ("SR_B3.TIF", "SR_B4.TIF"), ("red", "nir"), "2021-03-29T17:57:33",
        {"sun_elevation_deg": 43.38653299},
    ),
    "S2A_T07HFE_20190212T192646_L2A": (
        *SENTINEL_2, "2019-02-12T19:26:51",
        {"sun_elevation_deg": 57.292926148638, "relative_orbit": 13, "orbit_state": "descending",
         "credit": "ESA"},
    ),
    "S2B_MSIL2A_20190629T212529_R043_T06VVN_20201006T080531": (
        *SENTINEL_2, "2019-06-29T21:25:29", {"relative_orbit": 43, "licence": "CC-BY-SA-3.0-IGO"},
    ),
    "S1A_20200103_17RMJ_ASC_rtc": (
        *SENTINEL_1, "2020-01-03T23:35:56", {"relative_orbit": 121, "orbit_state": "ascending"},
    ),
    "S1A_IW_GRDH_20210809_grd": (
        *SENTINEL_1, "2021-08-09T17:39:53",
        {"relative_orbit": 59, "orbit_state": "ascending", "credit": "ESA"},
    ),
}  # fmt: skip


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", REAL_ITEMS)
def test_a_real_item_brings_date_sun_orbit_and_licence(
    catalogue: Path, tmp_path: Path, imagery_folder: Path, name: str
) -> None:
    sensor, files, bands, begins, expected = REAL_ITEMS[name]
    layers: Any = numbers(rows=64, columns=64)
    if sensor == "sentinel-1":
        layers = (layers / -100.0).astype(np.float32)
    paths = [write_tiff(tmp_path / file, layers[n]) for n, file in enumerate(files)]
    item = imagery_folder / "stac-items" / f"{name}.json"
    scene, _ = add_scene(catalogue, tuple(paths), SceneDescription(sensor, item=item))
    assert scene.band_names == bands
    assert scene.acquired_from_at.strftime("%Y-%m-%dT%H:%M:%S") == begins
    assert {key: getattr(scene, key) for key in expected} == expected
    assert scene.licence
    assert scene.id == json.loads(item.read_text())["id"]
    assert (catalogue / scene.id / PROVIDER_ITEM).read_bytes() == item.read_bytes()


# What is hostile


@pytest.mark.parametrize(
    "name", ["../../x.tif", "/etc/passwd", "https://host/x.tif", "/vsicurl/host/x.tif", "..", ""]
)
def test_an_item_that_points_elsewhere_is_refused(catalogue: Path, tiff: Path, name: str) -> None:
    scene = add(catalogue, tiff)
    path = catalogue / scene.id / f"{scene.id}.json"
    item = json.loads(path.read_text())
    next(iter(item["assets"].values()))["href"] = name
    path.write_text(json.dumps(item))
    with pytest.raises(SceneError, match="outside its own folder"):
        read_scenes(catalogue)


@pytest.mark.parametrize(
    "name",
    [
        "종로리 <b>&.tif",
        "-rf.tif",
        ".hidden.tif",
        "a\nb.tif",
        PROVIDER_ITEM,
        "S2A_X.json",
        "%s.tif",
    ],
)
def test_a_hostile_file_name_stays_a_name(catalogue: Path, tiff: Path, name: str) -> None:
    path = tiff.rename(tiff.with_name(name))
    item = write_item(tiff.with_name("the-item"), **{"s2:processing_baseline": "02.12"})
    scene, _ = add_scene(catalogue, (path,), SceneDescription("sentinel-2", item=item))
    assert scene.files[0].parent == catalogue / "S2A_X"
    assert scene.files[0].read_bytes() == path.read_bytes()
    assert (catalogue / "S2A_X" / PROVIDER_ITEM).read_bytes() == item.read_bytes()
    check_unaltered(read_scenes(catalogue)[0])


@pytest.mark.parametrize("name", ["../../evil", "a/b", ".", "", "x" * 500, "provider-item"])
def test_a_hostile_item_id_is_not_used(catalogue: Path, tiff: Path, name: str) -> None:
    item = write_item(tiff.with_name("item.json"), **{"s2:processing_baseline": "02.12"})
    content = json.loads(item.read_text())
    item.write_text(json.dumps(content | {"id": name}))
    scene, _ = add_scene(catalogue, (tiff,), SceneDescription("sentinel-2", item=item))
    assert scene.id.startswith("sentinel-2-20220829-")
    assert {path.name for path in catalogue.iterdir()} == {scene.id, "catalog.json", ".locks"}


def test_files_of_one_name_keep_apart(catalogue: Path, tmp_path: Path) -> None:
    layers = numbers(rows=64, columns=64)
    paths = [write_tiff(tmp_path / f"{n}" / "band.tif", layers[n]) for n in range(2)]
    scene = add(catalogue, *paths, bands=("red", "nir"))
    assert [path.read_bytes() for path in scene.files] == [path.read_bytes() for path in paths]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b" " * (MAX_JSON_BYTES + 1), "is larger than"),
        (b"[" * 200_000, "nested too deeply"),
        (b"\xff\xfe", "cannot be read"),
        (b"[]", "must be a GeoJSON Feature"),
        (b'{"type": "Feature"}', "is not a STAC item"),
        (None, "There is no file"),
    ],
)
def test_a_provider_item_that_is_none_is_refused(
    catalogue: Path, tiff: Path, content: bytes | None, said: str
) -> None:
    item = tiff.with_name("item.json")
    if content is not None:
        item.write_bytes(content)
    with pytest.raises(SceneError, match=said):
        add_scene(catalogue, (tiff,), SceneDescription("sentinel-2", item=item))
    assert not catalogue.exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("view:sun_elevation", float("nan")),
        ("view:off_nadir", "steep"),
        ("sat:relative_orbit", float("inf")),
        ("sat:orbit_state", ["ascending"]),
        ("platform", {"name": "sentinel-2a"}),
        ("instruments", [1]),
    ],
)
def test_an_item_that_says_nonsense_is_refused_by_its_word(
    catalogue: Path, tiff: Path, key: str, value: object
) -> None:
    item = write_item(
        tiff.with_name("item.json"), **{"s2:processing_baseline": "02.12", key: value}
    )
    with pytest.raises(SceneError, match=f"says {key} is"):
        add_scene(catalogue, (tiff,), SceneDescription("sentinel-2", item=item))
    assert not catalogue.exists()


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
FIELDS = (
    "datetime", "start_datetime", "end_datetime", "license", "providers", "platform",
    "view:sun_elevation", "sat:relative_orbit", "sat:orbit_state", "s2:processing_baseline",
    "processing:software",
)  # fmt: skip


@given(changes=st.dictionaries(st.sampled_from(FIELDS), json_values, min_size=1, max_size=3))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_provider_item_can_spoil_the_catalogue(
    tmp_path_factory: pytest.TempPathFactory, tiff: Path, changes: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("c")
    item = write_item(folder / "item.json", **{"s2:processing_baseline": "02.12"} | changes)
    catalogue = folder / "imagery"
    try:
        add_scene(catalogue, (tiff,), SceneDescription("sentinel-2", item=item))
    except SceneError:
        assert read_scenes(catalogue) == ()
    else:
        (scene,) = read_scenes(catalogue)
        json.loads(
            (catalogue / scene.id / f"{scene.id}.json").read_text(), parse_constant=pytest.fail
        )


def test_a_time_without_a_zone_is_utc_wherever_the_machine_is(
    catalogue: Path, tiff: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Pyongyang")
    time.tzset()
    item = write_item(tiff.with_name("item.json"), datetime="2019-08-29T02:16:02",
                      **{"s2:processing_baseline": "02.12"})  # fmt: skip
    try:
        scene, _ = add_scene(catalogue, (tiff,), SceneDescription("sentinel-2", item=item))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert scene.dates == "2019-08-29"
    assert scene.acquired_from_at.hour == 2


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return write_tiff(tmp_path / "outside.tif", numbers(rows=64, columns=64))


def test_a_file_may_not_send_the_reader_elsewhere(catalogue: Path, outside: Path) -> None:
    """GDAL opens by content: a text named .tif may be a recipe that names any file or host."""
    from rasterio.shutil import copy

    recipe = outside.with_name("innocent.tif")
    copy(outside, recipe, driver="VRT")
    with rasterio.open(recipe) as source:
        assert source.driver == "VRT", "the trap works without us"
    with pytest.raises(SceneError, match="neither a GeoTIFF nor a JPEG 2000"):
        add(catalogue, recipe)
    world = outside.with_name("bare.tif")
    write_tiff(world, numbers(rows=64, columns=64), crs=None)
    world.with_name("bare.tif.aux.xml").write_text("<PAMDataset><SRS>EPSG:32652</SRS></PAMDataset>")
    with pytest.raises(SceneError, match="no coordinate reference system"):
        add(catalogue, world)
    fifo = outside.with_name("pipe.tif")
    os.mkfifo(fifo)
    with pytest.raises(SceneError, match="There is no file"):
        add(catalogue, fifo)


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        ("EPSG:4326", Affine(10, 0, 500_000, 0, -10, 4_600_000)),
        ("EPSG:32652", Affine(10, 0, 5e12, 0, -10, 4_600_000)),
        ("EPSG:32652", Affine(1e7, 0, 500_000, 0, -1e7, 4_600_000)),
        ('LOCAL_CS["site",UNIT["metre",1]]', Affine(10, 0, 0, 0, -10, 64)),
    ],
)
def test_a_place_that_is_not_on_the_earth_is_refused(
    catalogue: Path, tmp_path: Path, crs: str, transform: Affine
) -> None:
    path = write_tiff(
        tmp_path / "a.tif", numbers(rows=64, columns=64), crs=crs, transform=transform
    )
    with pytest.raises(SceneError, match=r"not on the Earth|cannot be turned into longitude"):
        add(catalogue, path)


def test_an_item_in_the_catalogue_that_is_damaged_is_named(catalogue: Path, tiff: Path) -> None:
    scene = add(catalogue, tiff)
    path = catalogue / scene.id / f"{scene.id}.json"
    whole = json.loads(path.read_text())
    damages: tuple[dict[str, Any], ...] = (
        {"geometry": {"type": "Nonsense"}},
        {"geometry": {"type": "Polygon", "coordinates": [[[0, 0]]]}},
        {"assets": {}},
        {"properties": {**whole["properties"], "sat:relative_orbit": 1e999}},
        {"properties": {**whole["properties"], "gsd": "wide"}},
    )
    for damage in damages:
        path.write_text(json.dumps(whole | damage))
        with pytest.raises(SceneError, match=scene.id):
            read_scene(path)


def test_a_grid_on_its_side_can_be_added(catalogue: Path, tmp_path: Path) -> None:
    place = GeoBox((64, 64), Affine(0, 10, 500_000, 10, 0, 4_600_000), "EPSG:32652")
    scene = add(catalogue, write_tiff(tmp_path / "a.tif", numbers(rows=64, columns=64), place))
    assert scene.pixel_m == pytest.approx(10, rel=0.01)
