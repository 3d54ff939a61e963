"""The catalogue of scenes: a static STAC catalogue in one folder.

``catalog.json`` links to ``<id>/<id>.json``, one STAC item a scene, beside its files as they were
received and, where there was one, the provider's own item as ``provider-item.json``.  Nothing in
it is ever overwritten.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pystac
from pystac.errors import STACError, STACTypeError
from shapely.errors import ShapelyError
from shapely.geometry import shape

from camp_monitor.errors import SceneError
from camp_monitor.notes import Note, recorded
from camp_monitor.scenes.locking import alone
from camp_monitor.scenes.scene import BandFile, Geocoding, Scene
from camp_monitor.scenes.sensors import QUALITY_BANDS

BUILDING = ".adding-"
CATALOGUE = "catalog.json"
PROVIDER_ITEM = "provider-item.json"
MULTIHASH_SHA256 = "1220"
"""Prefix that the file extension's checksums carry: the function (12) and length (20, hex)."""
MAX_JSON_BYTES = 5_000_000
BASELINE, OWN_BASELINE = "s2:processing_baseline", "camp_monitor:processing_baseline"
"""The processing baseline, as an item of a provider names it, or else as we found it."""


def read_scenes(folder: Path) -> tuple[Scene, ...]:
    """Read every scene of a catalogue, in the order of acquisition.

    Raises
    ------
    SceneError
        An item cannot be read; the message names it.
    """
    if not folder.is_dir():
        return ()
    paths = sorted(folder.glob("*/*.json"))
    scenes = [_read_once(path, _stamp(path)) for path in paths if path.stem == path.parent.name]
    return tuple(sorted(scenes, key=lambda scene: (scene.acquired_from_at, scene.id)))


@lru_cache(maxsize=100_000)
def _read_once(path: Path, _: tuple[int, int]) -> Scene:
    """Read a scene that a long run asks for again and again; an item that changed is read anew."""
    return read_scene(path)


def _stamp(path: Path) -> tuple[int, int]:
    """Return what changes when a file is written: its time and size; zeros where it is gone."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def read_scene(path: Path) -> Scene:
    """Read the scene that the STAC item at `path` describes.

    Raises
    ------
    SceneError
        The item is damaged, or points outside its own folder.
    """
    return scene_of(_item(path), lambda asset: asset_file(asset, path), str(path))


def scene_of(item: pystac.Item, file_of: Callable[[pystac.Asset], Path], name: str) -> Scene:
    """Make a scene of an item that `camp_monitor.scenes.adding` made.

    Parameters
    ----------
    item : pystac.Item
    file_of : callable
        Tells where the file of an asset lies.
    name : str
        What an error calls the item.

    Raises
    ------
    SceneError
        The item is damaged.
    """
    try:
        properties = item.properties
        orbit = properties.get("sat:relative_orbit")
        bands = [band for asset in item.assets.values() for band in _bands(asset, file_of)]
        measured = tuple(band for band in bands if band.name not in QUALITY_BANDS)
        quality = [band for band in bands if band.name in QUALITY_BANDS]
        return Scene(
            id=item.id,
            sensor=properties["camp_monitor:sensor"],
            quantity=properties["camp_monitor:quantity"],
            acquired_from_at=_time(properties["start_datetime"]),
            acquired_to_at=_time(properties["end_datetime"]),
            bands=measured,
            quality=quality[0] if quality else None,
            footprint=shape(item.geometry),
            pixel_m=float(properties["gsd"]),
            files=tuple(file_of(asset) for asset in item.assets.values()),
            sha256=tuple(asset_sha256(asset) for asset in item.assets.values()),
            licence=str(properties.get("license", "")),
            credit=str(properties.get("camp_monitor:credit", "")),
            relative_orbit=None if orbit is None else int(orbit),
            orbit_state=properties.get("sat:orbit_state"),
            platform=properties.get("platform"),
            sun_elevation_deg=properties.get("view:sun_elevation"),
            sun_azimuth_deg=properties.get("view:sun_azimuth"),
            off_nadir_deg=properties.get("view:off_nadir"),
            baseline=_baseline(properties),
            offset_kind=str(properties.get("camp_monitor:offset", {}).get("kind", "")),
            offset_notes=_offset_notes(properties),
            simulated=_is_simulated(properties),
            bands_assumed=properties.get("camp_monitor:bands_assumed") is True,
            geocoding=_geocoding(properties.get("camp_monitor:geocoding")),
        )
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, ShapelyError) as error:
        raise SceneError(
            f"{name} is not an item that 'scenes add' wrote ({type(error).__name__}: {error}): "
            f"take it out with 'camp-monitor scenes remove' and add the scene again."
        ) from error


def check_unaltered(scene: Scene) -> None:
    """Refuse a scene whose files are no longer those that were added.

    Raises
    ------
    SceneError
        A file is gone or its SHA-256 is another.
    """
    for path, expected in zip(scene.files, scene.sha256, strict=True):
        try:
            found = file_sha256(path)
        except OSError as error:
            raise SceneError(
                f"{path} cannot be read ({error.strerror}): restore the file from its source."
            ) from error
        if found != expected:
            raise SceneError(
                f"{path} is not the file that was added (SHA-256 {found[:12]}…, expected "
                f"{expected[:12]}…): restore the original."
            )


def same_properties(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Tell whether two items describe a scene alike, whichever version wrote them."""
    return _of_any_version(first) == _of_any_version(second)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def store_item(
    folder: Path, item: pystac.Item, files: dict[str, Path], provider_item: bytes | None
) -> Path:
    """Copy a scene's files and its item into the catalogue, whole or not at all.

    ``catalog.json`` is left to `list_scenes`.

    Parameters
    ----------
    folder : Path
        The catalogue.
    item : pystac.Item
        With assets whose hrefs are the keys of `files`.
    files : dict
        Name in the catalogue to the file to copy.
    provider_item : bytes or None
        The provider's item, kept as received.

    Raises
    ------
    SceneError
        The scene is there already, the item cannot be read back, or the folder cannot be written.
    """
    home, building = folder / item.id, folder / f"{BUILDING}{item.id}"
    refuse_same_id(folder, item.id)
    content = item.to_dict(include_self_link=False, transform_hrefs=False)
    content["links"] = [
        {"rel": "root", "href": f"../{CATALOGUE}", "type": "application/json"},
        {"rel": "parent", "href": f"../{CATALOGUE}", "type": "application/json"},
    ]
    with alone(folder, item.id):
        try:
            shutil.rmtree(building, ignore_errors=True)  # of one that was cut off
            building.mkdir()
            for name, source in files.items():
                shutil.copyfile(source, building / name)
            if provider_item is not None:
                (building / PROVIDER_ITEM).write_bytes(provider_item)
            write_json(building / f"{item.id}.json", content)
            read_scene(building / f"{item.id}.json")
            building.rename(home)
        except OSError as error:
            raise SceneError(f"The scene cannot be added to {folder}: {error}.") from error
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return home / f"{item.id}.json"


def refuse_same_id(folder: Path, scene_id: str) -> None:
    """Refuse to overwrite a scene.

    Raises
    ------
    SceneError
        The catalogue holds a scene of this id.
    """
    if (folder / scene_id).exists():
        raise SceneError(f"The catalogue already holds a scene {scene_id}: nothing was changed.")


def list_scenes(folder: Path) -> None:
    """Write ``catalog.json`` from the items that are there, where it says anything else.

    Raises
    ------
    SceneError
        It cannot be written.
    """
    catalogue = pystac.Catalog(
        id="camp-monitor", description="Scenes of this workspace, as they were received."
    )
    content = catalogue.to_dict(include_self_link=False, transform_hrefs=False)
    with alone(folder, CATALOGUE):
        items = sorted(path for path in folder.glob("*/*.json") if path.stem == path.parent.name)
        content["links"] = [
            {"rel": "root", "href": f"./{CATALOGUE}", "type": "application/json"},
            *(
                {"rel": "item", "href": f"./{path.stem}/{path.name}",
                 "type": "application/geo+json"}
                for path in items
            ),
        ]  # fmt: skip
        try:
            write_json(folder / CATALOGUE, content)
        except OSError as error:
            raise SceneError(f"{folder / CATALOGUE} cannot be written: {error}.") from error


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON, whole or not at all, where the file says anything else."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if path.is_file() and path.read_bytes() == text.encode():
        return
    building = path.with_name(f".{path.name}.{os.getpid()}")
    building.write_text(text, encoding="utf-8")
    building.replace(path)


def read_item_file(path: Path) -> pystac.Item:
    """Read any STAC item from a file, with no look at the network.

    Raises
    ------
    SceneError
        Not a file, too large, not JSON, or not a STAC item.
    """
    try:
        if not path.is_file():
            raise SceneError(f"There is no file {path}: name a STAC item.")
        if path.stat().st_size > MAX_JSON_BYTES:
            raise SceneError(f"{path} is larger than {MAX_JSON_BYTES} bytes: it is no STAC item.")
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or content.get("type") != "Feature":
            raise SceneError(f"{path} is not a STAC item: it must be a GeoJSON Feature.")
        return pystac.Item.from_dict(content, preserve_dict=False)
    except (OSError, UnicodeDecodeError) as error:
        raise SceneError(f"{path} cannot be read: {error}.") from error
    except RecursionError as error:
        raise SceneError(f"{path} is nested too deeply: it is no STAC item.") from error
    except (STACError, STACTypeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SceneError(f"{path} is not a STAC item: {error}.") from error


_item = read_item_file


def _bands(asset: pystac.Asset, file_of: Callable[[pystac.Asset], Path]) -> list[BandFile]:
    """Bands of one file."""
    file = file_of(asset)
    return [
        BandFile(
            name=band["name"],
            path=file,
            index=number,
            scale=float(band["raster:scale"]),
            offset=float(band["raster:offset"]),
            nodata=_nodata(band.get("nodata")),
        )
        for number, band in enumerate(asset.extra_fields["bands"], start=1)
        if band["name"] != "unused"
    ]


def asset_file(asset: pystac.Asset, path: Path) -> Path:
    """Return where a file of the item at `path` is: beside it, and nowhere else."""
    href = asset.href.removeprefix("./")
    if Path(href).name != href or href in ("", ".", ".."):
        raise SceneError(
            f"{path} points to {asset.href!r}, outside its own folder: remove the item."
        )
    return path.parent / href


def _geocoding(said: dict[str, Any] | None) -> Geocoding | None:
    return None if said is None else Geocoding(**said)


def _baseline(properties: dict[str, Any]) -> str | None:
    named = properties.get(OWN_BASELINE, properties.get(BASELINE))
    known = isinstance(named, str) and re.fullmatch(r"\d\d\.\d\d", named, re.ASCII)
    return named if known else None


def _offset_notes(properties: dict[str, Any]) -> tuple[Note, ...]:
    """Return what is known of the offset; an item of an earlier version has a sentence instead."""
    notes = properties.get("camp_monitor:offset_notes")
    if notes is not None:
        return tuple(Note.from_dict(item) for item in notes)
    reason = properties.get("camp_monitor:offset", {}).get("reason")
    return recorded((str(reason),)) if reason else ()


def _is_simulated(properties: dict[str, Any]) -> bool:
    """Tell whether a scene was painted; an item of an earlier version has it in its credit only."""
    credit = str(properties.get("camp_monitor:credit", ""))
    return properties.get("camp_monitor:simulated", "SIMULATED" in credit.upper()) is True


def _of_any_version(properties: dict[str, Any]) -> dict[str, Any]:
    """Leave out what follows from the rest and is written otherwise by an earlier version."""
    offset = properties.get("camp_monitor:offset", {})
    derived = ("camp_monitor:offset_notes", OWN_BASELINE)
    return {key: value for key, value in properties.items() if key not in derived} | {
        "camp_monitor:offset": {key: value for key, value in offset.items() if key != "reason"},
        "camp_monitor:simulated": _is_simulated(properties),
    }


def _nodata(value: float | str | None) -> float | None:
    """STAC writes NaN and infinity as text, because JSON has neither."""
    return None if value is None else float(value)


def asset_sha256(asset: pystac.Asset) -> str:
    """Return the SHA-256 that an item of ours names for a file."""
    return str(asset.extra_fields["file:checksum"]).removeprefix(MULTIHASH_SHA256)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
