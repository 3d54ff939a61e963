"""Import an outline that someone drew: from a file, into the registry, as the next version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import shapely
from shapely.geometry import MultiPolygon, Polygon

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.facility import (
    Facility,
    Outline,
    check_facility_id,
)
from camp_monitor.facilities.fields import check_text, printable
from camp_monitor.facilities.geometry import (
    check_coordinates,
    check_crossings,
    checked_geometry,
    mended_geometry,
    polygons_only,
)
from camp_monitor.facilities.nearness import check_near
from camp_monitor.facilities.outline_files import (
    MOST_POINTS,
    DrawnShape,
    composed,
    read_shapes,
    to_lon_lat,
)
from camp_monitor.facilities.registry import nearest_ids, read_facility, write_facility

DRAWN_ACCURACY_M = 20.0
"""Accuracy of an outline drawn by hand whose author states none, metres.  Our own choice: a few
metres of drawing, and 10-15 m by which images in public globes are commonly displaced."""


@dataclass(frozen=True)
class ImportedOutline:
    """What a file held, ready to become an `Outline`.

    Parameters
    ----------
    geometry : shapely Polygon or MultiPolygon
        EPSG:4326, lon then lat, valid.
    remarks : tuple of str
        Sentences: what was chosen, mended or reprojected.
    file_name : str
        Name of the file, without its folder.
    sha256 : str
        Of the file.
    facility_ids, names : tuple of str
        What the features give as id and name of the facility, each once, not checked.
    """

    geometry: Polygon | MultiPolygon
    remarks: tuple[str, ...]
    file_name: str
    sha256: str
    facility_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Addition:
    """What `add_outline` did.

    ``added`` is False when the facility's newest outline was already this one; ``remarks`` are
    sentences that a person should read.
    """

    facility: Facility
    added: bool
    created: bool
    path: Path
    remarks: tuple[str, ...] = ()


def import_outline(
    path: Path, *, layer: str | None = None, feature: str | None = None, union: bool = False
) -> ImportedOutline:
    """Read an outline from a GeoJSON, KML, KMZ or GeoPackage file.

    Parameters
    ----------
    path : Path
        The file.
    layer : str or None
        Read only this GeoPackage layer or KML folder.
    feature : str or None
        Name of the feature, or its number among those with polygons, from 1.
    union : bool
        Join all features into one outline.

    Returns
    -------
    ImportedOutline
        The geometry in EPSG:4326 and what was done to it.

    Raises
    ------
    FacilityError
        The file cannot be read; it holds no polygon, or several and no choice was made; a
        coordinate is not finite or out of range; the coordinate system is missing or unknown.
    """
    shapes, remarks = read_shapes(path, layer)
    chosen, said = _choose(shapes, feature, union, path)
    return _imported(path, chosen, remarks + said, sha256_of(path))


def import_each(path: Path) -> list[tuple[str, ImportedOutline | FacilityError]]:
    """Read every outline of a file, each on its own, with its name in the file.

    An outline that cannot be used is an error in the list, so that it does not hide the others.

    Raises
    ------
    FacilityError
        The file cannot be read or holds no polygon.
    """
    shapes, remarks = read_shapes(path)
    sha256 = sha256_of(path)
    read: list[tuple[str, ImportedOutline | FacilityError]] = []
    for drawn in shapes:
        try:
            read.append((printable(drawn.name), _imported(path, [drawn], remarks, sha256)))
        except FacilityError as error:
            read.append((printable(drawn.name), error))
    return read


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _imported(
    path: Path, chosen: list[DrawnShape], remarks: list[str], sha256: str
) -> ImportedOutline:
    """Bring the chosen features to one valid outline in EPSG:4326."""
    remarks = list(remarks)
    if sum(int(shapely.get_num_coordinates(drawn.geometry)) for drawn in chosen) > MOST_POINTS:
        raise FacilityError(f"{path} has an outline of over {MOST_POINTS:,} points: simplify it.")
    parts = []
    try:
        for drawn in chosen:
            geometry, said = to_lon_lat(drawn)
            check_coordinates(geometry)
            mended, crossed = mended_geometry(geometry)
            parts.append(mended)
            remarks += [*drawn.remarks, *said, *crossed]
        check_crossings(shapely.GeometryCollection(parts))
        whole = parts[0] if len(parts) == 1 else polygons_only(shapely.union_all(parts))
        whole = checked_geometry(whole)
    except FacilityError as error:
        raise FacilityError(f"{path}: {error}") from error
    return ImportedOutline(
        geometry=whole,
        remarks=tuple(dict.fromkeys(remarks)),
        file_name=printable(path.name),
        sha256=sha256,
        facility_ids=_each_once(drawn.facility_id for drawn in chosen),
        names=_each_once(drawn.facility_name for drawn in chosen),
    )


def _each_once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def add_outline(
    folder: Path,
    facility_id: str | None,
    imported: ImportedOutline,
    *,
    name: str | None = None,
    accuracy_m: float | None = None,
    basis: Literal["drawn", "published"] = "drawn",
    source: str | None = None,
) -> Addition:
    """Make an imported outline the newest version of a facility's, or make a new facility.

    Older versions stay in the file.  An outline that equals the newest one in every coordinate, and
    contradicts nothing that is said of it, adds nothing.

    Parameters
    ----------
    folder : Path
        The registry.
    facility_id : str or None
        A known id, or, with a name, a new one; None takes the one that the file gives.
    imported : ImportedOutline
        From `import_outline`.
    name : str or None
        Name of a new facility; None takes the one that the file gives, unless `facility_id` looks
        like a slip of the pen for a known one.
    accuracy_m : float or None
        How far the edge may be off; `DRAWN_ACCURACY_M` when the author states nothing.
    basis : str
        ``drawn``, or ``published`` for a polygon that someone published.
    source : str or None
        Who drew or published it; the file's name when nothing is said.

    Raises
    ------
    FacilityError
        A bad id or name, an unknown id without a name, a known one with another name, an outline
        far from the facility, or the registry cannot be written.
    """
    facility, path, remarks = _known_or_new(folder, facility_id, name, imported)
    created = not path.exists()
    outline = next_outline(facility, imported, accuracy_m, basis, source)
    if facility.outlines and _says_nothing_new(facility.outline, outline, accuracy_m, source):
        return Addition(facility, added=False, created=False, path=path, remarks=remarks)
    remarks += check_near(facility, outline)
    grown = replace(facility, outlines=(*facility.outlines, outline))
    write_facility(grown, path)
    return Addition(grown, added=True, created=created, path=path, remarks=remarks)


def _known_or_new(
    folder: Path, facility_id: str | None, name: str | None, imported: ImportedOutline
) -> tuple[Facility, Path, tuple[str, ...]]:
    """Read the facility that an outline is for, or make it, and say what the file gave."""
    remarks: tuple[str, ...] = ()
    slips: list[str] = []
    if facility_id is not None:
        slips = nearest_ids(folder, check_facility_id(facility_id), likeness=0.8)
    else:
        facility_id = id_in(imported)
        remarks = (f"The id {facility_id!r} was taken from {imported.file_name}.",)
    path = folder / f"{facility_id}.geojson"
    if path.exists():
        facility = read_facility(path)
        if name is not None and name != facility.name:
            raise FacilityError(
                f"{facility_id!r} is already the facility {facility.name!r}: leave the name out to "
                f"give it a new outline, or choose another id."
            )
        return facility, path, remarks
    if name is None and imported.names and not slips:
        name = _the_one(imported.names, "name", imported)
        remarks += (f"The name {name!r} was taken from {imported.file_name}.",)
    if name is None:
        near = ", ".join(nearest_ids(folder, facility_id))
        hint = f"did you mean {near}, or is it new? Then" if near else "to create it,"
        raise FacilityError(
            f"There is no facility {facility_id!r} in {folder}: {hint} give its name with --name."
        )
    return new_facility(facility_id, name), path, remarks


def id_in(imported: ImportedOutline) -> str:
    """Return the facility id that a file gives, checked like one that is typed."""
    facility_id = _the_one(imported.facility_ids, "id", imported)
    try:
        return check_facility_id(facility_id)
    except FacilityError as error:
        fault = f"The id in {imported.file_name} cannot be used: choose one with --id. {error}"
        raise FacilityError(fault) from error


def _the_one(texts: tuple[str, ...], what: str, imported: ImportedOutline) -> str:
    """Return the one id or name that the features of a file agree on."""
    if len(texts) == 1:
        return texts[0]
    several = ", ".join(repr(printable(text)[:80]) for text in texts[:8])
    found = f"several {what}s ({several})" if texts else f"no {what} that is text"
    raise FacilityError(f"{imported.file_name} gives {found}: choose one with --{what}.")


def new_facility(facility_id: str, name: str) -> Facility:
    """Make a facility of which nothing but its name is known."""
    try:
        check_text(name)
        if len(name) > 200:
            raise ValueError(f"it has {len(name)} characters, and 200 are allowed")
    except ValueError as error:
        raise FacilityError(f"The name of {facility_id!r} cannot be used: {error}.") from error
    return Facility(id=facility_id, name=name)


def next_outline(
    facility: Facility,
    imported: ImportedOutline,
    accuracy_m: float | None = None,
    basis: Literal["drawn", "published"] = "drawn",
    source: str | None = None,
) -> Outline:
    """Make the outline that follows a facility's newest, with a note of how it came about."""
    said = "" if accuracy_m is not None else " Its accuracy was not stated and is assumed."
    remarks = " ".join(imported.remarks)[:2000]
    note = (
        f"Imported from {imported.file_name} (SHA-256 {imported.sha256[:16]}...).{said} {remarks}"
    )
    return Outline(
        geometry=imported.geometry,
        basis=basis,
        accuracy_m=DRAWN_ACCURACY_M if accuracy_m is None else accuracy_m,
        version=facility.outlines[-1].version + 1 if facility.outlines else 1,
        source=source or f"file {imported.file_name}",
        note=note.strip(),
    )


def _says_nothing_new(
    newest: Outline, outline: Outline, accuracy_m: float | None, source: str | None
) -> bool:
    """Whether `outline` has the newest one's edge and nothing given with it says otherwise."""
    return (
        newest.basis == outline.basis
        and (accuracy_m is None or accuracy_m == newest.accuracy_m)
        and (source is None or source == newest.source)
        and bool(shapely.normalize(newest.geometry) == shapely.normalize(outline.geometry))
    )


def _choose(
    shapes: list[DrawnShape], feature: str | None, union: bool, path: Path
) -> tuple[list[DrawnShape], list[str]]:
    """Choose the features that make the outline, and say which."""
    if feature is not None:
        named = [drawn for drawn in shapes if drawn.name == composed(feature)]
        if not named and feature in map(str, range(1, len(shapes) + 1)):
            named = [shapes[int(feature) - 1]]
        if len(named) != 1:
            found = f"{len(named)} features named" if named else "no feature"
            raise FacilityError(f"{path} has {found} {feature!r}: choose {_offered(shapes)}.")
        return named, [f"Feature {feature!r} was chosen of {len(shapes)}."] if len(
            shapes
        ) > 1 else []
    if len(shapes) == 1:
        return shapes, []
    if union:
        return shapes, [f"{len(shapes)} features were joined into one outline."]
    one = len({drawn.facility_id for drawn in shapes}) == 1
    raise FacilityError(
        f"{path} holds {len(shapes)} features with polygons: choose one with --feature, from "
        f"{_offered(shapes)}, or join them with --union{'' if one else ' and --id'}."
    )


def _offered(shapes: list[DrawnShape]) -> str:
    listed = [
        f"{number}"
        + (f" {printable(drawn.name)!r}" if drawn.name else "")
        + (f" (id {printable(drawn.facility_id)[:80]!r})" if drawn.facility_id else "")
        for number, drawn in enumerate(shapes[:8], start=1)
    ]
    return ", ".join(listed) + (", ..." if len(shapes) > 8 else "")
