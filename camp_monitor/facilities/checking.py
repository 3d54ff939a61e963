"""Check a whole registry, and outlines that are not imported yet: every doubt, grouped.

A file that cannot be read is itself a doubt, of the kind ``broken``; the others are still checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

import shapely

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.doubts import DOUBTS, Doubt, doubt_facility, doubt_size
from camp_monitor.facilities.facility import Facility, Outline
from camp_monitor.facilities.fields import printable
from camp_monitor.facilities.geometry import area_words, distances_m, geodesic_area_m2
from camp_monitor.facilities.importing import DRAWN_ACCURACY_M, ImportedOutline, import_each
from camp_monitor.facilities.nearness import (
    FARTHEST_M,
    km_words,
    known_points,
    swapped_distance_m,
)
from camp_monitor.facilities.registry import find_facility, known_ids, read_facility

NOT_TESTED = (
    "Not tested: whether an outline near its published points lies in the sea or on the wrong "
    "ground, because no base map is part of the program; whether a fact is true or its source "
    "still says so.  Look at each outline on an image."
)
"""What a person must still do."""


@dataclass(frozen=True)
class Checked:
    """What was found of one facility, or of one outline in an analyst's file.

    Parameters
    ----------
    id : str
        Of the facility; for a file of an analyst's own, its name and that of the feature.
    name : str
        Of the facility; empty where it is not known.
    path : Path
        The file.
    facility : Facility or None
        None where it could not be read, and for an outline that is not imported.
    doubts : tuple of Doubt
        In the order of `DOUBTS`.
    """

    id: str
    name: str
    path: Path
    facility: Facility | None
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True)
class RegistryCheck:
    """Every doubt about a registry and about files that are not imported yet.

    Parameters
    ----------
    facilities : tuple of Checked
        One for each file of the registry, sorted by id.
    others : tuple of Checked
        One for each other file in the registry's folder, and each outline of the files named.
    today : date
        The day from which ages were counted.
    """

    facilities: tuple[Checked, ...]
    others: tuple[Checked, ...]
    today: date

    @property
    def counts(self) -> dict[str, int]:
        """How many doubts there are of each kind, in the order of `DOUBTS`."""
        found = Counter(
            doubt.kind for checked in (*self.facilities, *self.others) for doubt in checked.doubts
        )
        return {kind: found[kind] for kind in DOUBTS}

    @property
    def outlines(self) -> int:
        """How many facilities have an outline."""
        return sum(bool(item.facility and item.facility.outlines) for item in self.facilities)


def check_registry(
    folder: Path, *, today: date, files: Sequence[Path] = (), only: Sequence[str] = ()
) -> RegistryCheck:
    """Check all facility files in `folder`, and the outlines in `files`.

    Parameters
    ----------
    folder : Path
        The registry.
    today : date
        The day from which the age of a status is counted.
    files : sequence of Path
        GeoJSON, KML, KMZ or GeoPackage files with outlines that are not imported.
    only : sequence of str
        Ids of the facilities whose doubts are wanted; of all where it is empty.

    Returns
    -------
    RegistryCheck
        With a doubt of the kind ``broken`` for each file or outline that cannot be used.

    Raises
    ------
    FacilityError
        `folder` is no folder, or `only` names a facility that is not in it.
    """
    read: dict[str, Facility | FacilityError] = {}
    for facility_id in known_ids(folder):
        read[facility_id] = _read(folder / f"{facility_id}.geojson")
    known = [facility for facility in read.values() if isinstance(facility, Facility)]
    overlaps = _overlaps(known)
    checked = []
    for facility_id, found in read.items():
        path = folder / f"{facility_id}.geojson"
        if isinstance(found, FacilityError):
            broken = (Doubt("broken", printable(str(found))),)
            checked.append(Checked(printable(facility_id), "", path, None, broken))
            continue
        doubts = doubt_facility(found, today) + overlaps.get(facility_id, [])
        checked.append(Checked(found.id, found.name, path, found, _in_order(doubts)))
    for unknown in (name for name in only if name not in read):
        find_facility(folder, unknown)
    if only:
        checked = [item for item in checked if item.id in only]
    others = [] if only else _strangers(folder)
    for path in files:
        others += _check_file(path, known)
    return RegistryCheck(tuple(checked), tuple(others), today)


def _read(path: Path) -> Facility | FacilityError:
    if not path.is_file():
        return FacilityError(f"{path} is not a plain file: remove it.")
    try:
        return read_facility(path)
    except FacilityError as error:
        return error


def _overlaps(facilities: list[Facility]) -> dict[str, list[Doubt]]:
    """Say of each facility which others its outline shares ground with."""
    drawn = [facility for facility in facilities if facility.outlines]
    found: dict[str, list[Doubt]] = {}
    for pair in combinations(drawn, 2):
        for one, other in (pair, pair[::-1]):
            shared = _shared(one.outline, other)
            if shared:
                found.setdefault(one.id, []).append(Doubt("overlap", shared))
    return found


def _shared(outline: Outline, other: Facility) -> str:
    """Say how much of an outline lies on that of a facility; empty where none does."""
    if not outline.geometry.intersects(other.outline.geometry):
        return ""
    common = shapely.get_parts(shapely.intersection(outline.geometry, other.outline.geometry))
    common_m2 = sum(geodesic_area_m2(part) for part in common if part.geom_type == "Polygon")
    if not common_m2:
        return ""
    share = common_m2 / outline.area_m2
    return (
        f"{area_words(common_m2)} of the outline, {share:.0%} of it, lie on that of {other.id} "
        f"({other.outline.basis}, {area_words(other.outline.area_m2)})."
    )


def _strangers(folder: Path) -> list[Checked]:
    """Name what lies in the registry's folder and is not read."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".geojson" or path.name.startswith(".") or path.name == "README.md":
            continue
        doubt = Doubt(
            "not read",
            "It lies in the registry's folder and is not read: to add an outline, use "
            "'camp-monitor facilities import'.",
        )
        found.append(Checked(printable(path.name), "", path, None, (doubt,)))
    return found


def _check_file(path: Path, known: list[Facility]) -> list[Checked]:
    """Check each outline of a file that is not imported."""
    name = printable(path.name)
    try:
        outlines = import_each(path)
    except FacilityError as error:
        return [Checked(name, "", path, None, (Doubt("broken", printable(str(error))),))]
    checked = []
    for number, (feature, found) in enumerate(outlines, start=1):
        shown = name if len(outlines) == 1 else f"{name}, feature {number}"
        if isinstance(found, FacilityError):
            doubts = [Doubt("broken", printable(str(found)))]
        else:
            doubts = _doubt_imported(found, known)
        checked.append(Checked(shown, feature, path, None, _in_order(doubts)))
    return checked


def _doubt_imported(imported: ImportedOutline, known: list[Facility]) -> list[Doubt]:
    """Doubt an outline of which no facility is known yet."""
    note = "not imported"
    outline = Outline(imported.geometry, "drawn", DRAWN_ACCURACY_M, 1, note, note)
    doubts = [Doubt("mended", remark) for remark in imported.remarks]
    doubts += doubt_size(outline)
    shared = [_shared(outline, facility) for facility in known if facility.outlines]
    doubts += [Doubt("overlap", sentence) for sentence in shared if sentence]
    points = [(facility.id, known_points(facility)) for facility in known]
    middle = outline.geometry.representative_point()
    near = [
        (float(distances_m(middle.x, middle.y, place).min()), facility_id, place)
        for facility_id, place in points
        if len(place)
    ]
    nearest_m, nearest_id, _ = min(near, key=lambda item: item[:2], default=(0.0, "", None))
    if nearest_m > FARTHEST_M:
        swapped_m = min(swapped_distance_m(outline, place) for _, _, place in near)
        hint = (
            f"; with its axes swapped it would lie {km_words(swapped_m)} from one: write "
            f"longitude first"
            if swapped_m <= FARTHEST_M
            else ", so it must be a new one"
        )
        doubts.append(
            Doubt(
                "place",
                f"The nearest known facility, {nearest_id}, is {km_words(nearest_m)} away{hint}.",
            )
        )
    return doubts


def _in_order(doubts: list[Doubt]) -> tuple[Doubt, ...]:
    order = list(DOUBTS)
    return tuple(sorted(doubts, key=lambda doubt: order.index(doubt.kind)))
