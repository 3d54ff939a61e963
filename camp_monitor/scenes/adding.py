"""Add local files to the catalogue: what an organisation buys or downloads."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pystac
import shapely

from camp_monitor.errors import SceneError
from camp_monitor.scenes.catalogue import (
    BASELINE,
    MULTIHASH_SHA256,
    OWN_BASELINE,
    PROVIDER_ITEM,
    list_scenes,
    read_item_file,
    read_scene,
    read_scenes,
    refuse_same_id,
    same_properties,
    scene_of,
    store_item,
)
from camp_monitor.scenes.footprint import bounding_box, footprint
from camp_monitor.scenes.inspecting import InspectedFile, ground_pixel_m, inspect_file
from camp_monitor.scenes.naming import name_bands
from camp_monitor.scenes.radiometry import Meaning, tell_meaning
from camp_monitor.scenes.scene import Scene, SceneDescription, parse_acquired
from camp_monitor.scenes.sensors import QUALITY_BANDS, SENSORS, Sensor
from camp_monitor.scenes.sentinel2_offset import OffsetState

KEPT_PROPERTIES = (
    "platform", "constellation", "instruments", "view:sun_azimuth", "view:sun_elevation",
    "view:off_nadir", "view:azimuth", "sat:relative_orbit", "sat:orbit_state", "eo:cloud_cover",
    "s2:processing_baseline", "processing:software",
)  # fmt: skip
"""What is taken over from a provider's item."""
MOST = 1e9
"""Angles, percentages and orbits are far from it; JSON has numbers of any length."""


@dataclass(frozen=True)
class Described:
    """A scene that was looked at and is not in the catalogue yet: its item and its files."""

    item: pystac.Item
    paths: tuple[Path, ...]
    description: SceneDescription


def add_scene(
    folder: Path, paths: tuple[Path, ...], description: SceneDescription
) -> tuple[Scene, bool]:
    """Add one scene, in one file or in one file per band, to the catalogue in `folder`.

    Every pixel is read once, so that a damaged file is met here and not in the middle of a scan.

    Returns
    -------
    (Scene, bool)
        The scene, and whether it was added: False where the same files were there already.

    Raises
    ------
    SceneError
        A file is damaged, empty, without a CRS; bands, dates or quantity cannot be told; the same
        files are in the catalogue under another description.
    """
    (result,) = add_described(folder, (describe(inspect_files(paths, description), description),))
    return result


def add_described(folder: Path, described: tuple[Described, ...]) -> tuple[tuple[Scene, bool], ...]:
    """Add scenes that were looked at; as `add_scene`, of each.

    Each is checked against the catalogue before one is added.  A disk that fills up leaves those
    that were whole; the same call adds the others later.
    """
    present = [_already_there(folder, one.item) for one in described]
    for one, held in zip(described, present, strict=True):
        if held is None:
            refuse_same_id(folder, one.item.id)
    results = []
    try:
        for one, held in zip(described, present, strict=True):
            results.append((held, False) if held else (read_scene(_store(folder, one)), True))
    finally:
        list_scenes(folder)
    return tuple(results)


def open_scene(paths: tuple[Path, ...], description: SceneDescription) -> Scene:
    """Read one scene where it lies, without a catalogue; the same as `add_scene` would give.

    Raises
    ------
    SceneError
        As `add_scene`.
    """
    item = describe(inspect_files(paths, description), description).item
    places = dict(zip(_file_names(paths), paths, strict=True))
    return scene_of(item, lambda asset: places[asset.href.removeprefix("./")], item.id)


def add_new_scene(folder: Path, paths: tuple[Path, ...], description: SceneDescription) -> Path:
    """Add a scene that is known to be new, and leave ``catalog.json`` to `list_scenes`.

    For many at a time: nothing is looked up among the scenes that are there.

    Returns
    -------
    Path
        The item.

    Raises
    ------
    SceneError
        As `add_scene`, and where a scene of that id is there.
    """
    return _store(folder, describe(inspect_files(paths, description), description))


def inspect_files(
    paths: tuple[Path, ...], description: SceneDescription
) -> tuple[InspectedFile, ...]:
    """Read the files."""
    if not paths:
        raise SceneError("No file was named: name the GeoTIFF files of one scene.")
    return tuple(inspect_file(path, SENSORS[description.sensor]) for path in paths)


def describe(files: tuple[InspectedFile, ...], description: SceneDescription) -> Described:
    """Say what the files of one scene are."""
    sensor = SENSORS[description.sensor]
    provider = read_item_file(description.item) if description.item else None
    acquired = _acquired(description, provider)
    platform = str(provider.properties.get("platform", "")) if provider else ""
    bands, assumed = name_bands(files, sensor, description.bands, platform, acquired[0].date())
    measured = tuple(name for name in bands if name not in (*QUALITY_BANDS, "unused"))
    meaning = tell_meaning(files, bands, measured, sensor, description, provider)
    item = _make_item(files, bands, meaning, sensor, acquired, description, provider)
    if assumed:
        item.properties["camp_monitor:bands_assumed"] = True
    return Described(item, tuple(file.path for file in files), description)


def _store(folder: Path, one: Described) -> Path:
    names, received = _file_names(one.paths), one.description.item
    raw = received.read_bytes() if received else None
    return store_item(folder, one.item, dict(zip(names, one.paths, strict=True)), raw)


def _acquired(said: SceneDescription, provider: pystac.Item | None) -> tuple[datetime, datetime]:
    if said.acquired is not None:
        return parse_acquired(said.acquired)
    if provider is None:
        raise SceneError("The date is missing: give --acquired, or --item ITEM.json that says it.")
    said_by_item = provider.properties
    first, last = (
        said_by_item.get(key) or said_by_item.get("datetime")
        for key in ("start_datetime", "end_datetime")
    )
    if not isinstance(first, str) or not isinstance(last, str):
        raise SceneError(f"{said.item} says no date: give --acquired.")
    return parse_acquired(f"{first}/{last}")


def _make_item(
    files: tuple[InspectedFile, ...],
    bands: tuple[str, ...],
    meaning: Meaning,
    sensor: Sensor,
    acquired: tuple[datetime, datetime],
    said: SceneDescription,
    provider: pystac.Item | None,
) -> pystac.Item:
    frame = footprint(files[0].grid)
    given = provider.properties if provider else {}
    properties: dict[str, Any] = {key: given[key] for key in KEPT_PROPERTIES if key in given}
    _check_kept(properties, said.item)
    credit = said.credit or _provider_credit(given) or sensor.credit
    properties |= {
        "start_datetime": _iso(acquired[0]),
        "end_datetime": _iso(acquired[1]),
        "gsd": round(ground_pixel_m(files), 3),
        "license": said.licence or str(given.get("license") or sensor.licence or "other"),
        "camp_monitor:credit": credit,
        "camp_monitor:sensor": sensor.key,
        "camp_monitor:quantity": meaning.quantity,
        "camp_monitor:simulated": said.simulated or any(file.simulated for file in files),
    }
    if meaning.offset_state is not None:
        properties |= _offset_properties(meaning.offset_state, properties.get(BASELINE))
    if said.geocoding is not None:
        properties["camp_monitor:geocoding"] = asdict(said.geocoding)
    item = pystac.Item(
        id=said.id or _scene_id(files, sensor, acquired, provider),
        geometry=shapely.geometry.mapping(frame),
        bbox=list(bounding_box(frame)),
        datetime=acquired[0] if acquired[0] == acquired[1] else None,
        properties=properties,
        stac_extensions=[
            "https://stac-extensions.github.io/file/v2.1.0/schema.json",
            "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
            "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
            "https://stac-extensions.github.io/view/v1.0.0/schema.json",
        ],
    )
    start = 0
    for file, name in zip(files, _file_names(tuple(file.path for file in files)), strict=True):
        named = bands[start : start + len(file.descriptions)]
        start += len(file.descriptions)
        alone = len(named) == 1 and len(files) > 1 and named[0] != "unused"
        item.add_asset(named[0] if alone else name, _asset(file, name, named, meaning))
    for asset, address in zip(item.assets.values(), said.addresses, strict=bool(said.addresses)):
        asset.extra_fields["alternate"] = {"source": {"href": address}}
    return item


def _offset_properties(state: OffsetState, named: object) -> dict[str, Any]:
    """Write the offset of a Sentinel-2 scene; its baseline where the item does not name it."""
    properties: dict[str, Any] = {
        "camp_monitor:offset": {"kind": state.kind, "evidence": state.evidence},
        "camp_monitor:offset_notes": [item.to_dict() for item in state.notes],
    }
    if state.baseline not in (None, named):
        properties[OWN_BASELINE] = state.baseline
    return properties


def _check_kept(properties: dict[str, Any], item: Path | None) -> None:
    """Refuse an item whose words are not what the STAC extensions say they are."""
    for key, value in properties.items():
        if not _fits(key, value):
            raise SceneError(
                f"{item} says {key} is {str(value)[:40]!r}, which it cannot be: correct the item "
                f"or add the scene without it."
            )


def _fits(key: str, value: object) -> bool:
    if key.startswith("view:") or key in ("sat:relative_orbit", "eo:cloud_cover"):
        return isinstance(value, (int, float)) and abs(value) <= MOST  # no NaN either
    if key in ("instruments", "processing:software"):
        parts = [*value.values()] if isinstance(value, dict) else value
        return isinstance(parts, list) and all(isinstance(part, str) for part in parts)
    return isinstance(value, str)


def _asset(
    file: InspectedFile, name: str, bands: tuple[str, ...], meaning: Meaning
) -> pystac.Asset:
    nodata: float | str | None = file.nodata
    if isinstance(nodata, float) and not math.isfinite(nodata):
        nodata = str(nodata)
    described = []
    for band in bands:
        is_measured = band not in (*QUALITY_BANDS, "unused")
        factor, offset = (meaning.scale, meaning.offset) if is_measured else (1.0, 0.0)
        described.append(
            {"name": band, "data_type": file.dtype, "nodata": nodata, "raster:scale": factor,
             "raster:offset": offset}
        )  # fmt: skip
    crs = file.grid.crs
    epsg = crs.to_epsg() if crs else None
    placed = {"proj:code": f"EPSG:{epsg}"} if epsg else {"proj:wkt2": crs.to_wkt() if crs else ""}
    return pystac.Asset(
        href=f"./{name}",
        media_type="image/tiff; application=geotiff",
        roles=["data"],
        extra_fields={
            "bands": described,
            "file:checksum": MULTIHASH_SHA256 + file.sha256,
            "file:size": file.size,
            **placed,
            "proj:shape": list(file.grid.shape),
            "proj:transform": list(file.grid.affine)[:6],
        },
    )


def _already_there(folder: Path, item: pystac.Item) -> Scene | None:
    """Return the scene that holds the same files; refuse it where it is described otherwise."""
    checksums = {asset.extra_fields["file:checksum"] for asset in item.assets.values()}
    for scene in read_scenes(folder):
        if {MULTIHASH_SHA256 + digest for digest in scene.sha256} != checksums:
            continue
        stored = json.loads((folder / scene.id / f"{scene.id}.json").read_text(encoding="utf-8"))
        described = json.loads(json.dumps(item.to_dict(transform_hrefs=False)))
        same = same_properties(stored["properties"], described["properties"])
        if same and stored["assets"] == described["assets"]:
            return scene
        raise SceneError(
            f"The same files are in the catalogue as {scene.id} ({scene.dates}, "
            f"{scene.quantity}), described otherwise: if that description is wrong, take it out "
            f"with 'camp-monitor scenes remove {scene.id}' and add them again."
        )
    return None


def _scene_id(
    files: tuple[InspectedFile, ...],
    sensor: Sensor,
    acquired: tuple[datetime, datetime],
    provider: pystac.Item | None,
) -> str:
    """Take the provider's id where it is a safe name, else sensor, date and content hash."""
    safe = provider is not None and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}", provider.id)
    if provider is not None and safe and provider.id != Path(PROVIDER_ITEM).stem:
        return provider.id
    digest = hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()
    return f"{sensor.key}-{acquired[0]:%Y%m%d}-{digest[:8]}"


def _file_names(paths: tuple[Path, ...]) -> tuple[str, ...]:
    """Names in the catalogue: the files' own, without what a file system may trip over."""
    names = [re.sub(r"[^A-Za-z0-9._-]+", "_", path.name).lstrip(".") for path in paths]
    if len(set(names)) != len(names) or not all(names) or any(n.endswith(".json") for n in names):
        names = [f"{number:02d}-{name}.tif" for number, name in enumerate(names, start=1)]
    return tuple(names)


def _provider_credit(properties: dict[str, Any]) -> str:
    providers = properties.get("providers")
    entries = providers if isinstance(providers, list) else []
    names = [str(entry.get("name", "")) for entry in entries if isinstance(entry, dict)]
    return ", ".join(name for name in names if name)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
