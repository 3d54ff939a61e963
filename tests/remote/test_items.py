"""Items of each provider and sensor: recorded ones, and others written from documentation.

Those in the folder `items` are written: their ids are invented, in the providers' shape, and they
hold no more than what is read, and a little beside it that must be left alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from camp_monitor.errors import RemoteError
from camp_monitor.providers.fetch import fetch_scene, find_order
from camp_monitor.providers.item import RemoteScene, read_remote_scene
from camp_monitor.providers.network.addresses import check_address, parse_address
from camp_monitor.providers.network.signing import COPERNICUS_FILES
from camp_monitor.providers.sources import SOURCES, Source, find_source
from camp_monitor.scenes.sensors import QUALITY_BANDS, QUANTITIES, SENSORS
from camp_monitor.scenes.sentinel2_offset import OffsetState
from camp_monitor.settings import SourceSettings
from tests.remote.conftest import MakeRemote
from tests.remote.servers import AssetServer

WRITTEN = Path(__file__).parent / "items"
SENTINEL_2 = (1e-4, "scl", "reflectance")
LANDSAT = (2.75e-5, "qa_pixel", "reflectance")
OPTICAL = ("blue", "green", "red", "nir", "swir1", "swir2")
BY_NUMBER = dict(zip(OPTICAL, ("B02", "B03", "B04", "B08", "B11", "B12"), strict=True))
OLI = dict(zip(OPTICAL, (f"SR_B{n}" for n in (2, 3, 4, 5, 6, 7)), strict=True))
TM = dict(zip(OPTICAL, (f"SR_B{n}" for n in (1, 2, 3, 4, 5, 7)), strict=True))
RADAR = {"vv": "-vv", "vh": "-vh"}


@dataclass(frozen=True)
class Expected:
    """What an item must be read as; `files` are parts of the names that providers give to files."""

    source: str
    item: str
    files: dict[str, str]
    kind: tuple[float, str, str]
    offset: float
    state: str = ""
    evidence: str = ""
    nodata: float = 0.0
    orbit: tuple[int | None, str | None] = (None, None)
    sun_deg: float | None = None
    licence: str = ""


def written(source: str, item: str, *others: Any, **more: Any) -> Expected:
    return Expected(source, str(WRITTEN / f"{source}_{item}.json"), *others, **more)


S2_LICENCE, LANDSAT_LICENCE = "CC-BY-SA-3.0-IGO", "PDDL-1.0"
EXPECTED = [
    Expected("earth-search", "S2A_28QCH_20200714_0_L2A", BY_NUMBER, SENTINEL_2, 0.0,
             "none", "baseline", licence=S2_LICENCE),
    Expected("planetary-computer", "S2B_MSIL2A_20190629T212529_R043_T06VVN_20201006T080531",
             BY_NUMBER, SENTINEL_2, 0.0, "none", "baseline", orbit=(43, "descending"),
             sun_deg=52.087, licence=S2_LICENCE),
    Expected("usgs", "LC08_L2SP_028030_20200114_20200824_02_T1_SR", OLI, LANDSAT, -0.2,
             sun_deg=22.58, licence=LANDSAT_LICENCE),
    Expected("usgs", "LE07_L2SP_044033_20210329_20210424_02_T1_SR", TM, LANDSAT, -0.2,
             sun_deg=43.387, licence=LANDSAT_LICENCE),
    written("earth-search", "sentinel-2-l2a_on", BY_NUMBER, SENTINEL_2, -0.1, "to_subtract",
            "flag", sun_deg=52.3, licence=S2_LICENCE),
    written("earth-search", "sentinel-2-l2a_off", BY_NUMBER, SENTINEL_2, 0.0, "subtracted",
            "flag", sun_deg=52.3, licence=S2_LICENCE),
    written("earth-search", "sentinel-2-c1-l2a", BY_NUMBER, SENTINEL_2, -0.1, "to_subtract",
            "baseline", sun_deg=52.6, licence=S2_LICENCE),
    written("earth-search", "landsat-c2-l2", OLI, LANDSAT, -0.2, sun_deg=51.4,
            licence=LANDSAT_LICENCE),
    written("planetary-computer", "sentinel-2-l2a", BY_NUMBER, SENTINEL_2, -0.1, "to_subtract",
            "baseline", orbit=(3, "descending"), sun_deg=51.5, licence=S2_LICENCE),
    written("planetary-computer", "landsat-c2-l2_9", OLI, LANDSAT, -0.2, sun_deg=51.4,
            licence=LANDSAT_LICENCE),
    written("planetary-computer", "landsat-c2-l2_5", TM, LANDSAT, -0.2, sun_deg=51.4,
            licence=LANDSAT_LICENCE),
    written("planetary-computer", "sentinel-1-rtc", RADAR, (1.0, "", "gamma0_power"), 0.0,
            nodata=-32768.0, orbit=(61, "descending"), licence="CC-BY-4.0"),
    written("planetary-computer", "sentinel-1-grd", RADAR, (1.0, "", "sigma0_db"), 0.0,
            orbit=(61, "descending"), licence=S2_LICENCE),
    written("copernicus", "sentinel-2-l2a", BY_NUMBER, SENTINEL_2, -0.1, "to_subtract",
            "baseline", orbit=(3, "descending"), sun_deg=52.7, licence=S2_LICENCE),
    written("copernicus", "sentinel-1-grd", RADAR, (1.0, "", "sigma0_db"), 0.0,
            orbit=(61, "descending"), licence=S2_LICENCE),
]  # fmt: skip
"""Bands, scale and quality band of each come from the providers' own words, not from our table."""


def read(expected: Expected, imagery_folder: Path) -> RemoteScene:
    path = imagery_folder / "stac-items" / f"{expected.item}.json"
    if "/" in expected.item:
        path = Path(expected.item)
    return read_remote_scene(json.loads(path.read_text("utf-8")), SOURCES[expected.source])


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda one: f"{one.source}-{one.item[-32:]}")
def test_an_item_is_read_into_its_bands_scale_offset_and_quality(
    expected: Expected, imagery_folder: Path
) -> None:
    scene = read(expected, imagery_folder)
    scale, quality, quantity = expected.kind
    assert tuple(band.name for band in scene.bands) == tuple(expected.files)
    for band in scene.bands:
        assert expected.files[band.name] in band.href.rsplit("/", 1)[1], band.name
        assert "?" not in band.href, "unsigned"
        assert (band.scale, band.offset, band.nodata) == (scale, expected.offset, expected.nodata)
    assert scene.quantity == quantity
    if quality:
        assert scene.quality is not None
        assert scene.quality.name == quality
        assert quality.upper() in scene.quality.href.rsplit("/", 1)[1]
        assert (scene.quality.scale, scene.quality.offset) == (1.0, 0.0)
    else:
        assert scene.quality is None
    state = scene.offset_state
    found = (state.kind, state.evidence) if state else ("", "")
    assert found == (expected.state, expected.evidence)
    assert (scene.relative_orbit, scene.orbit_state) == expected.orbit
    if expected.sun_deg is not None:
        assert scene.sun_elevation_deg == pytest.approx(expected.sun_deg, abs=0.01)
    assert scene.licence == expected.licence
    assert scene.credit


def test_every_written_item_is_read_and_every_collection_has_one() -> None:
    named = {Path(one.item).name for one in EXPECTED if "/" in one.item}
    assert {path.name for path in WRITTEN.glob("*.json")} == named
    read_for = {(one.source, one.item.rsplit("/", 1)[-1]) for one in EXPECTED}
    covered = {
        (source, json.loads((WRITTEN / name).read_text("utf-8"))["collection"])
        for source, name in read_for
        if name.endswith(".json")
    } | {("earth-search", "sentinel-s2-l2a-cogs"), ("usgs", "landsat-c2l2-sr")}
    table = {(one.name, held.id) for one in SOURCES.values() for held in one.collections}
    assert covered == table


def test_the_table_names_what_the_program_knows() -> None:
    for source in SOURCES.values():
        for collection in source.collections:
            sensor = SENSORS[collection.sensor]
            assert set(sensor.bands) <= set(collection.bands)
            assert collection.quantity in QUANTITIES
            assert collection.licence
            assert collection.credit
            if collection.quality:
                assert collection.quality[0] in QUALITY_BANDS


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda one: f"{one.source}-{one.item[-32:]}")
def test_every_file_lies_on_a_host_of_its_source(expected: Expected, imagery_folder: Path) -> None:
    source, scene = SOURCES[expected.source], read(expected, imagery_folder)
    home = parse_address(source.url)
    assert home.host in source.hosts
    bands = scene.bands if scene.quality is None else (*scene.bands, scene.quality)
    hrefs = [href for one in bands for href in (one.href, one.calibration, one.noise) if href]
    if hrefs[0].startswith("s3://eodata/"):
        assert parse_address(COPERNICUS_FILES).host in source.hosts
        return
    if hrefs[0].startswith("s3://usgs-landsat/"):
        return  # its readers pay: not supported
    for href in hrefs:
        check_address(parse_address(href), home, source.hosts)


def test_own_source_has_its_own_hosts_or_those_of_the_same_api() -> None:
    preset = SOURCES["earth-search"]
    own = {
        "same": SourceSettings(url=preset.url, collections=("sentinel-2-c1-l2a",)),
        "other": SourceSettings(url="https://stac.example.org/v1"),
        "named": SourceSettings(url=preset.url, hosts=("files.example.org",)),
    }
    found = {name: find_source(name, own).hosts for name in own}
    assert found == {"same": preset.hosts, "other": (), "named": ("files.example.org",)}


@pytest.mark.parametrize("host", ["https://files.example.org", "*.example.org", "Files.org", ""])
def test_host_that_is_no_plain_name_is_refused(host: str) -> None:
    with pytest.raises(ValidationError):
        SourceSettings(url="https://stac.example.org/v1", hosts=(host,))


def test_what_was_tried_is_said_truly() -> None:
    """The words of `Source.tried` follow from the items that are read above."""
    for name, source in SOURCES.items():
        items = {"/" in one.item for one in EXPECTED if one.source == name}
        assert ("recorded" in source.tried) == (False in items)
        assert ("written" in source.tried) == (True in items)


def test_a_promise_of_a_provider_is_kept_with_the_band(imagery_folder: Path) -> None:
    landsat = read(EXPECTED[2], imagery_folder)
    assert landsat.bands[0].checksum is not None
    assert landsat.bands[0].checksum.startswith("1340"), "SHA-512"
    copernicus = read(EXPECTED[-2], imagery_folder)
    assert copernicus.quality is not None
    assert copernicus.quality.checksum == "d50110" + "0c" * 16, "MD5"
    assert copernicus.quality.size == 2345678
    assert copernicus.bands[0].href.startswith("s3://eodata/")


def stactools(item: dict[str, Any], home: str) -> Source:
    """A source that an item of stactools could come from: collections and keys of its own."""
    offers = {
        "sentinel2-l2a-example": SOURCES["earth-search"].collections[0],
        "sentinel1-rtc-aws": replace(
            SOURCES["planetary-computer"].collections[2],
            bands={"vv": "gamma0_vv", "vh": "gamma0_vh"},
        ),
        "sentinel1-grd": SOURCES["planetary-computer"].collections[3],
    }
    collection = replace(offers[item["collection"]], id=item["collection"])
    return replace(SOURCES["earth-search"], url=home, collections=(collection,))


STACTOOLS = [
    ("S2A_T07HFE_20190212T192646_L2A", 6, (13, "descending"), True),
    ("S1A_20200103_17RMJ_ASC_rtc", 2, (121, "ascending"), False),
    ("S1A_IW_GRDH_20210809_grd", 2, (59, "ascending"), True),
]


@pytest.mark.parametrize(("name", "bands", "orbit", "relative"), STACTOOLS)
def test_a_recorded_item_with_addresses_in_its_own_folder_is_read_but_never_fetched(
    name: str,
    bands: int,
    orbit: tuple[int, str],
    relative: bool,
    imagery_folder: Path,
    make_remote: MakeRemote,
    assets: AssetServer,
    tmp_path: Path,
) -> None:
    raw = (imagery_folder / "stac-items" / f"{name}.json").read_bytes()
    item = json.loads(raw)
    source = stactools(item, assets.home)
    scene = read_remote_scene(item, source)
    assert (len(scene.bands), (scene.relative_orbit, scene.orbit_state)) == (bands, orbit)
    assert scene.bands[0].href.startswith("../") == relative
    if not relative:
        return
    assets.files[f"/collections/{item['collection']}/items/{item['id']}"] = raw
    remote = make_remote()
    area = scene.footprint.centroid.buffer(0.001).envelope
    order = find_order(remote, source, item["id"], area, 64)
    asked = len(assets.seen)
    with pytest.raises(RemoteError, match="not an address that is asked"):
        fetch_scene(tmp_path / "imagery", remote, order)
    assert len(assets.seen) == asked
    assert not list((tmp_path / "imagery").glob("S*"))


def test_an_offset_that_the_item_does_not_settle_is_carried_as_unknown(
    imagery_folder: Path,
) -> None:
    item = json.loads((WRITTEN / "planetary-computer_sentinel-2-l2a.json").read_text("utf-8"))
    item["properties"].pop("s2:processing_baseline")
    item["properties"].pop("s2:product_uri")
    scene = read_remote_scene(item, SOURCES["planetary-computer"])
    assert isinstance(scene.offset_state, OffsetState)
    assert (scene.offset_state.kind, scene.offset_state.settled) == ("unknown", False)
