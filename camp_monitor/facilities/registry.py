"""The registry: one GeoJSON file per facility, ``aoi/<id>.geojson``.

A file is a FeatureCollection in EPSG:4326 that any GIS opens.  Its features are the versions of the
outline; a member named ``facility`` holds the rest.  ``aoi/README.md`` describes the fields.
"""

from __future__ import annotations

import difflib
import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

import shapely
from pydantic import TypeAdapter, ValidationError

from camp_monitor.errors import CampMonitorError, FacilityError, InstallationError
from camp_monitor.facilities.facility import Facility, Outline, check_facility_id

LARGEST_FILE_BYTES = 20_000_000
"""A longer file is not read."""

_FACILITY: TypeAdapter[Facility] = TypeAdapter(Facility)
_OUTLINE: TypeAdapter[Outline] = TypeAdapter(Outline)
_ROLE = "perimeter"


def read_facility(path: Path) -> Facility:
    """Read one facility file.

    Raises
    ------
    FacilityError
        The file cannot be read, or a field is wrong: the sentence names file, field and reason.
    """
    facility = _parse(read_json(path), path)
    if path.stem != facility.id:
        raise FacilityError(
            f"{path} holds the facility {facility.id!r}: name it {facility.id}.geojson."
        )
    return facility


def facility_in(path: Path) -> Facility | None:
    """Read a file of a registry wherever it lies; None for a file of another sort.

    Raises
    ------
    FacilityError
        It is one, and a field is wrong.
    """
    if path.suffix.lower() != ".geojson":
        return None
    try:
        content = read_json(path)
    except FacilityError:
        return None
    if not isinstance(content, dict) or not isinstance(content.get("facility"), dict):
        return None
    return _parse(content, path)


def read_registry(folder: Path) -> tuple[Facility, ...]:
    """Read all facility files in `folder`, sorted by id.

    Raises
    ------
    FacilityError
        `folder` is no folder, or one of its files is wrong.
    """
    return tuple(read_facility(folder / f"{name}.geojson") for name in known_ids(folder))


def find_facility(folder: Path, facility_id: str) -> Facility:
    """Read the facility of that id from the registry in `folder`.

    Raises
    ------
    FacilityError
        There is none (the sentence names the nearest ids), or its file is wrong.
    """
    known = known_ids(folder)
    if facility_id in known:
        return read_facility(folder / f"{facility_id}.geojson")
    check_facility_id(facility_id)
    near = ", ".join(nearest_ids(folder, facility_id))
    hint = f"did you mean {near}?" if near else "'camp-monitor facilities list' shows all."
    raise FacilityError(f"There is no facility {facility_id!r} in {folder}; {hint}")


def nearest_ids(folder: Path, facility_id: str, likeness: float = 0.4) -> list[str]:
    """Return up to three known ids that hold `facility_id` or resemble it, best first.

    `likeness` is the least that counts as resembling, 0 to 1 as in difflib.
    """
    known = known_ids(folder)
    near = [name for name in known if facility_id in name]
    near += difflib.get_close_matches(facility_id, known, n=3, cutoff=likeness)
    return list(dict.fromkeys(near))[:3]


def write_facility(facility: Facility, path: Path) -> None:
    """Write `facility` to `path`, the same bytes every time, whole or not at all.

    Raises
    ------
    FacilityError
        The name is not the id, a value would not survive being read again, the file there is
        unreadable or holds an outline that `facility` lacks, or the disk refuses.
    """
    if path.name != f"{facility.id}.geojson":
        raise FacilityError(f"{path} cannot hold {facility.id!r}: name it {facility.id}.geojson.")
    try:
        text = _pretty(facility_document(facility)) + "\n"
    except ValueError as error:
        raise FacilityError(
            f"{path} was not written: a value of it is no JSON ({error})."
        ) from error
    if _parse(_loads(text, path), path) != facility:
        raise FacilityError(
            f"{path} was not written: {facility.id!r} would not be read back equal."
        )
    if path.exists():
        for outline in read_facility(path).outlines:
            if outline not in facility.outlines:
                raise FacilityError(
                    f"{path} holds outline version {outline.version}, which would be lost: read "
                    f"the file again and add to it."
                )
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise FacilityError(f"{path} cannot be written: {error.strerror}.") from error


def facility_document(facility: Facility) -> dict[str, Any]:
    """Return the content of the facility's file as plain JSON values."""
    described: dict[str, Any] = {}
    for name in facility.__dataclass_fields__:
        if name != "outlines":
            described[name] = _plain(getattr(facility, name))
    return {
        "type": "FeatureCollection",
        "facility": {
            name: value for name, value in described.items() if value not in (None, [], {})
        },
        "features": [_feature(outline) for outline in facility.outlines],
    }


def bundled_registry() -> Path:
    """Return the registry that came with the program.

    Raises
    ------
    InstallationError
        There is none.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "aoi", package.parent / "aoi"):
        if folder.is_dir():
            return folder
    raise InstallationError(
        "The registry of facilities is missing from this installation: install camp-monitor again."
    )


def read_json(path: Path) -> Any:
    """Read a JSON file of at most `LARGEST_FILE_BYTES`.

    Raises
    ------
    FacilityError
        It cannot be read, is too long, or is not JSON; one member given twice is not either.
    """
    try:
        size_bytes = path.stat().st_size
        if size_bytes > LARGEST_FILE_BYTES:
            raise FacilityError(
                f"{path} has {size_bytes:,} bytes, more than the {LARGEST_FILE_BYTES:,} that are "
                f"read: simplify the outline."
            )
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FacilityError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise FacilityError(
            f"{path} is not UTF-8 text (byte {error.start}): save it as UTF-8."
        ) from error
    return _loads(text, path)


def _loads(text: str, path: Path) -> Any:
    """Parse JSON, refusing what JSON does not have and members given twice."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise FacilityError(
            f"{path} is not whole JSON ({error.msg}, line {error.lineno}): it may be cut short."
        ) from error
    except ValueError as error:
        raise FacilityError(f"{path} is not valid JSON: {error}.") from error
    except RecursionError as error:
        raise FacilityError(f"{path} is nested too deeply to be a GeoJSON file.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("an object gives one of its members twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def known_ids(folder: Path) -> list[str]:
    """Return the ids of all files in the registry `folder`, sorted, without opening them.

    Raises
    ------
    FacilityError
        `folder` is no folder.
    """
    if not folder.is_dir():
        raise FacilityError(f"{folder} is not a folder: a registry of facilities is needed there.")
    return sorted(path.stem for path in folder.glob("*.geojson") if not path.name.startswith("."))


def _parse(content: Any, path: Path) -> Facility:
    """Turn the content of a file into a facility."""
    _check_members(content, {"type", "facility", "features"}, "the file", path)
    described, features = content.get("facility"), content.get("features")
    if content.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise FacilityError(f"{path} is not a GeoJSON FeatureCollection.")
    if not isinstance(described, dict):
        raise FacilityError(
            f"{path} has no 'facility' member, which holds names and sources: a program that saved "
            f"it may have dropped it; restore the file, then use 'camp-monitor facilities import'."
        )
    if "outlines" in described:
        raise FacilityError(f"{path}: facility.outlines is not a field; outlines are the features.")
    outlines = [_parse_outline(feature, number, path) for number, feature in enumerate(features)]
    try:
        return _FACILITY.validate_python({**described, "outlines": outlines})
    except ValidationError as error:
        raise FacilityError(f"{path}: {_first_fault(error, 'facility')}") from error
    except CampMonitorError as error:
        raise FacilityError(f"{path}: {error}") from error


def _parse_outline(feature: Any, number: int, path: Path) -> Outline:
    """Turn one feature into an outline."""
    place = f"features[{number}]"
    _check_members(feature, {"type", "id", "properties", "geometry"}, place, path)
    properties = feature.get("properties")
    if not isinstance(properties, dict) or properties.get("role") != _ROLE:
        raise FacilityError(f"{path}: {place}.properties.role must be {_ROLE!r}.")
    fields = {name: value for name, value in properties.items() if name != "role"}
    shape = feature.get("geometry")
    if not isinstance(shape, dict) or shape.get("type") not in ("Polygon", "MultiPolygon"):
        raise FacilityError(f"{path}: {place}.geometry must be a Polygon or a MultiPolygon.")
    try:
        geometry = shapely.from_geojson(json.dumps(shape))
        return _OUTLINE.validate_python({**fields, "geometry": geometry})
    except shapely.errors.GEOSException as error:
        raise FacilityError(
            f"{path}: {place}.geometry is not a polygon of closed rings."
        ) from error
    except ValidationError as error:
        raise FacilityError(f"{path}: {_first_fault(error, place)}") from error
    except CampMonitorError as error:
        raise FacilityError(f"{path}: {place}: {error}") from error


def _check_members(content: Any, known: set[str], place: str, path: Path) -> None:
    """Refuse what is no object, and members that would be lost when the file is written again."""
    if not isinstance(content, dict):
        raise FacilityError(f"{path}: {place} must be a JSON object.")
    for name in content:
        if name not in known:
            raise FacilityError(f"{path}: {place} has an unknown member {name[:80]!r}: remove it.")


def _first_fault(error: ValidationError, place: str) -> str:
    fault = error.errors()[0]
    for part in fault["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f".{str(part)[:80]}"
    if fault["type"] == "unexpected_keyword_argument":
        return f"{place} is not a field of this file: remove it."
    reason = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {reason[:1].lower()}{reason[1:]}."


def _feature(outline: Outline) -> dict[str, Any]:
    properties: dict[str, Any] = {"role": _ROLE}
    for name in ("version", "basis", "accuracy_m", "source", "note"):
        properties[name] = getattr(outline, name)
    geometry = json.loads(json.dumps(shapely.geometry.mapping(outline.geometry)))
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _plain(value: Any) -> Any:
    """Turn a value of a facility into JSON values, leaving out what is not set."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {
            field.name: _plain(item)
            for field in fields(value)
            if (item := getattr(value, field.name)) is not None and item is not False and item != ()
        }
    return value


def _pretty(value: Any, indent: str = "") -> str:
    """Write JSON with one space a level and each coordinate pair on one line."""
    deeper = indent + " "
    if isinstance(value, dict) and value:
        members = (f"{deeper}{_pretty(k)}: {_pretty(v, deeper)}" for k, v in value.items())
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, (dict, list, str)) for item in value):
        items = (f"{deeper}{_pretty(item, deeper)}" for item in value)
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
