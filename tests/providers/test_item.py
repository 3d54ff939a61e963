"""A provider's item, read: whatever JSON it is, it is a scene or a refusal."""

from __future__ import annotations

import copy
import math
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camp_monitor.errors import RemoteError
from camp_monitor.providers.item import RemoteScene, read_remote_scene
from camp_monitor.providers.sources import SOURCES

EARTH_SEARCH = SOURCES["earth-search"]
PLANETARY = SOURCES["planetary-computer"]
RING = [[129, 41], [130, 41], [130, 42], [129, 42], [129, 41]]
OPTICAL: dict[str, Any] = {
    "type": "Feature",
    "id": "S2A_52TEL_20160905_0_L2A",
    "collection": "sentinel-2-l2a",
    "geometry": {"type": "Polygon", "coordinates": [RING]},
    "properties": {
        "datetime": "2016-09-05T02:20:00Z", "start_datetime": None, "end_datetime": None,
        "eo:cloud_cover": 3, "view:sun_elevation": 50, "s2:mean_solar_zenith": 40,
        "sat:relative_orbit": 3, "sat:orbit_state": "descending", "view:off_nadir": 2,
        "s2:processing_baseline": "05.00", "platform": "Sentinel-2A", "license": "CC0-1.0",
        "earthsearch:boa_offset_applied": False,
    },
    "assets": {
        key: {
            "href": f"https://files.example.org/{key}.tif", "file:size": 3,
            "file:checksum": "1220" + "ab" * 32,
            "raster:bands": [{"offset": -0.1, "scale": 1e-4, "nodata": 0}],
        }
        for key in ("blue", "green", "red", "nir", "swir16", "swir22", "scl")
    },
}  # fmt: skip
RADAR: dict[str, Any] = {
    "type": "Feature",
    "id": "S1A_IW_GRDH_1SDV_20210729T213058_rtc",
    "collection": "sentinel-1-rtc",
    "geometry": {"type": "MultiPolygon", "coordinates": [[RING]]},
    "properties": {
        "datetime": None, "start_datetime": "2021-07-29T21:30:58Z",
        "end_datetime": "2021-07-29T21:31:23Z", "sar:polarizations": ["VV", "VH"],
        "sat:relative_orbit": 61, "sat:orbit_state": "descending",
    },
    "assets": {
        key: {"href": f"https://files.example.org/{key}.tif", "bands": [{"nodata": -32768}]}
        for key in ("vv", "vh")
    },
}  # fmt: skip

leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from([10**400, -(10**400), 1e308, math.nan, math.inf, -181, 91]),
    st.sampled_from([
        "Polygon", "MultiPolygon", "Point", "GeometryCollection", "Feature", "05.00", "VV",
        "sentinel-2-l2a", "2020-01-01T00:00:00Z", "9999-12-31T23:59:59-23:00", "20200101",
    ]),
)  # fmt: skip
NAMES = ["type", "coordinates", "geometries", "href", "offset", "scale", "nodata", "bands", "x"]
anything = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    ),
    max_leaves=10,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in an item, from the whole to the last number."""
    keys = list(value) if isinstance(value, dict) else []
    if isinstance(value, list):
        keys = list(range(len(value)))
    return [path, *(found for key in keys for found in places(value[key], (*path, key)))]


def altered(item: dict[str, Any], path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(item)
    holder: Any = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


def read_or_refuse(item: object, source: Any) -> RemoteScene | None:
    try:
        return read_remote_scene(item, source)
    except RemoteError as error:
        refusal = str(error)
    assert re.search(r"[.]$", refusal)
    assert len(refusal) < 600
    return None


@settings(max_examples=300, deadline=None)
@given(anything, st.sampled_from([EARTH_SEARCH, PLANETARY]))
def test_any_json_is_a_scene_or_a_refusal(item: object, source: Any) -> None:
    assert read_or_refuse(item, source) is None


@settings(max_examples=700, deadline=None)
@given(st.data())
def test_an_item_with_anything_anywhere_in_it_is_a_scene_or_a_refusal(data: st.DataObject) -> None:
    item, source = data.draw(st.sampled_from([(OPTICAL, EARTH_SEARCH), (RADAR, PLANETARY)]))
    path = data.draw(st.sampled_from(places(item)))
    scene = read_or_refuse(altered(item, path, data.draw(anything)), source)
    if scene is None:
        return
    assert scene.acquired_from_at <= scene.acquired_to_at
    assert scene.acquired_from_at.tzinfo is UTC
    west, south, east, north = scene.footprint.bounds
    assert -180 <= west <= east <= 180
    assert -90 <= south <= north <= 90
    numbers = [scene.cloud_fraction, scene.sun_elevation_deg, scene.off_nadir_deg]
    assert all(number is None or math.isfinite(number) for number in numbers)
    assert all(isinstance(band.href, str) and math.isfinite(band.scale) for band in scene.bands)
    assert scene.files == len(scene.bands) + (scene.quality is not None)


def test_an_item_is_read() -> None:
    scene = read_remote_scene(OPTICAL, EARTH_SEARCH)
    assert (scene.sensor, scene.quantity, scene.platform) == (
        "sentinel-2", "reflectance", "sentinel-2a",
    )  # fmt: skip
    assert scene.acquired_from_at == datetime(2016, 9, 5, 2, 20, tzinfo=UTC)
    assert (scene.cloud_fraction, scene.sun_elevation_deg, scene.date) == (0.03, 50, "2016-09-05")
    assert scene.licence == "CC0-1.0"
    assert scene.bands[0].size == 3
    radar = read_remote_scene(RADAR, PLANETARY)
    assert (radar.acquired_to_at - radar.acquired_from_at).seconds == 25
    assert [band.nodata for band in radar.bands] == [-32768, -32768]
    assert radar.offset_state is None


def test_radar_of_one_polarisation_is_read_and_of_another_refused() -> None:
    single = altered(RADAR, ("properties", "sar:polarizations"), ["VV"])
    del single["assets"]["vh"]
    assert [band.name for band in read_remote_scene(single, PLANETARY).bands] == ["vv"]
    polar = altered(RADAR, ("properties", "sar:polarizations"), ["HH", "HV"])
    with pytest.raises(RemoteError, match="none of the bands vv, vh"):
        read_remote_scene(polar, PLANETARY)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("id",), "../../evil", "no safe name"),
        (("id",), ".hidden", "no safe name"),
        (("id",), "a" * 200, "no safe name"),
        (("id",), 7, "no safe name"),
        (("type",), "Collection", "not a STAC item"),
        (("collection",), "sentinel-2-l1c", "nothing is known"),
        (("properties",), [], "no properties"),
        (("assets",), [{"href": "x"}], "no properties or no assets"),
        (("assets", "red"), {"href": ["x"]}, "no asset 'red'"),
        (("assets", "red", "href"), "https://x/" + "a" * 5000, "no asset 'red'"),
        (("assets", "scl"), None, "no asset 'scl'"),
        (("geometry",), None, "no footprint"),
        (("geometry",), {"type": "Point", "coordinates": [1, 2]}, "no footprint"),
        (("geometry", "coordinates"), [[[10**400, 0]] * 4], "no footprint"),
        (("geometry", "coordinates"), [[[400_000, 4_600_000]] * 4], "beyond the longitudes"),
        (("geometry", "coordinates"), [[[-179, 1], [179, 1], [179, 2], [-179, 1]]], "antimeridian"),
        (("geometry", "coordinates"), [[[179, 1], [181, 1], [181, 2], [179, 1]]], "antimeridian"),
        (("properties", "datetime"), "yesterday", "no date"),
        (("properties", "datetime"), 20160905, "no date"),
        (("properties", "datetime"), None, "no date"),
    ],
)
def test_what_cannot_be_used_is_refused_and_named(
    path: tuple[Any, ...], value: Any, said: str
) -> None:
    with pytest.raises(RemoteError, match=said):
        read_remote_scene(altered(OPTICAL, path, value), EARTH_SEARCH)


def test_numbers_that_are_none_are_left_aside() -> None:
    item = copy.deepcopy(OPTICAL)
    item["properties"] |= {
        "eo:cloud_cover": 10**400, "view:sun_elevation": True, "s2:mean_solar_zenith": "40",
        "sat:relative_orbit": math.nan, "view:off_nadir": [],
    }  # fmt: skip
    scene = read_remote_scene(item, EARTH_SEARCH)
    assert (scene.cloud_fraction, scene.sun_elevation_deg, scene.off_nadir_deg) == (None,) * 3
    assert scene.relative_orbit is None
    item["properties"]["s2:mean_solar_zenith"] = 40
    assert read_remote_scene(item, EARTH_SEARCH).sun_elevation_deg == 50.0


@pytest.mark.parametrize("checksum", ["12", "xyz", "1220AB", 7, None, "122", ""])
def test_a_checksum_that_is_none_promises_nothing(checksum: object) -> None:
    item = altered(OPTICAL, ("assets", "red", "file:checksum"), checksum)
    red = read_remote_scene(item, EARTH_SEARCH).bands[2]
    assert (red.name, red.checksum) == ("red", None)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("assets", "red", "raster:bands", 0, "scale"), 1.0),
        (("assets", "red", "raster:bands", 0, "scale"), 0.0),
        (("assets", "red", "raster:scale"), 2.75e-5),
        (("assets", "red", "bands"), [{"name": "red", "raster:scale": 0.001}]),
    ],
)
def test_a_scale_that_contradicts_what_is_known_is_refused(path: Any, value: object) -> None:
    """In any of the places where a version of STAC puts it."""
    item = altered(OPTICAL, path[:2], {**OPTICAL["assets"]["red"], path[2]: []})
    item = altered(item, path[:3], [{"scale": value}] if len(path) > 3 else value)
    with pytest.raises(RemoteError, match="band red, says the scale"):
        read_remote_scene(item, EARTH_SEARCH)


def test_bands_that_differ_in_their_offsets_settle_none() -> None:
    item = altered(OPTICAL, ("assets", "swir22", "raster:bands", 0, "offset"), 0)
    state = read_remote_scene(item, EARTH_SEARCH).offset_state
    assert state is not None
    assert state.kind == "unknown"


def test_an_address_that_is_not_asked_gives_way_to_an_alternate_that_is() -> None:
    ours = f"https://{EARTH_SEARCH.hosts[1]}/red.tif"
    alternates = {
        "far": {"href": "https://far.example.org/red.tif"},
        "near": {"href": ours},
        "x": 7,
    }
    red = {**OPTICAL["assets"]["red"], "href": "s3://bucket/red.tif"}
    item = altered(OPTICAL, ("assets", "red"), red | {"alternate": alternates})
    assert read_remote_scene(item, EARTH_SEARCH).bands[2].href == ours
    item = altered(OPTICAL, ("assets", "red"), red | {"alternate": {"far": alternates["far"]}})
    assert read_remote_scene(item, EARTH_SEARCH).bands[2].href == "s3://bucket/red.tif"


def test_a_footprint_of_very_many_vertices_is_refused() -> None:
    ring = [[129 + n % 2 * 0.5, 41 + n / 20_000] for n in range(20_000)]
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    with pytest.raises(RemoteError, match="vertices"):
        read_remote_scene({**OPTICAL, "geometry": geometry}, EARTH_SEARCH)
