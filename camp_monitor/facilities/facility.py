"""`Facility` and `Outline`: where a facility is, who says so, and how far the edge may be off.

Both are frozen values.  An outline and a facility check themselves when they are made; text,
numbers and unknown fields are checked at the border, where `camp_monitor.facilities.registry` reads
a file.  Sources that disagree are all kept: nothing here settles a conflict.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal, NoReturn

from pydantic import Field
from shapely.geometry import MultiPolygon, Polygon

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.agency import NO_AGENCY, Agency
from camp_monitor.facilities.fields import STRICT, Key, Metres, Name, Text, Url, bounded
from camp_monitor.facilities.geometry import (
    LARGEST_OUTLINE_M2,
    checked_geometry,
    geodesic_area_m2,
)

TYPES = ("kwan_li_so", "kyo_hwa_so", "other")
"""The types of facility."""

BASES = ("drawn", "published", "derived", "placeholder")
"""What an outline rests on, best first."""

ROLES = ("centre", "facility", "part", "other_site")
"""What a published point stands for: the centre, the whole, a part, or another site of the name."""

GRADES = {
    "A": "two publishers within 1 km of each other",
    "B": "one publisher, or several that disagree",
    "C": "a place name only",
}
"""How well a position is attested, never whether the facility operates."""

MOST_ACCURACY_M = 1e6
"""An edge that may be farther off than this, metres, is no outline."""

# Windows takes files named con or com1 for devices, whatever their suffix.
_ID = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d)\Z)[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


@dataclass(frozen=True)
class Source:
    """A publication that anyone can ask for.

    Parameters
    ----------
    key : str
        Short name by which facts of the same file cite it.
    title, publisher, date : str
        As given by the publisher; a date may be a range or an estimate.
    urls : tuple of str
        Addresses, http or https only.
    note : str or None
        What a reader must know of the copy that was used.
    """

    __pydantic_config__ = STRICT

    key: Key
    title: Text
    publisher: Name
    date: Name
    urls: tuple[Url, ...] = ()
    note: Text | None = None

    @property
    def url(self) -> str:
        """The first address, or an empty text."""
        return self.urls[0] if self.urls else ""


@dataclass(frozen=True)
class Candidate:
    """A published coordinate.

    Parameters
    ----------
    lat, lon : float
        Decimal degrees, WGS84.
    source : str
        Key of the `Source`.
    feature : str
        What the publisher says lies there.
    as_published : str
        The coordinate as printed.
    role : str
        One of `ROLES`: our reading of `feature`.
    sensitive : bool
        The public is told neither of this part nor where it is.
    """

    __pydantic_config__ = STRICT

    lat: Annotated[float, bounded(ge=-90, le=90)]
    lon: Annotated[float, bounded(ge=-180, le=180)]
    source: Key
    feature: Text
    as_published: Text
    role: Literal["centre", "facility", "part", "other_site"] = "facility"
    sensitive: bool = False


@dataclass(frozen=True)
class Size:
    """A published area, pair of dimensions, or perimeter.

    Parameters
    ----------
    kind : str
        ``area``, ``dimensions`` or ``perimeter``.
    as_published : str
        The figure as the publisher gives it.
    source : str
        Key of the `Source`.
    area_m2, length_m, width_m, perimeter_m : float or None
        The figure in square metres or metres: the ones that `kind` calls for, no others.
        ``length_m`` is the longer side.
    irregular : bool
        The publisher says that the dimensions are those of an irregular shape.
    note : str or None
        What the publisher measured, where that is said.
    """

    __pydantic_config__ = STRICT

    kind: Literal["area", "dimensions", "perimeter"]
    as_published: Text
    source: Key
    area_m2: Annotated[float, bounded(gt=0, le=LARGEST_OUTLINE_M2)] | None = None
    length_m: Metres | None = None
    width_m: Metres | None = None
    perimeter_m: Metres | None = None
    irregular: bool = False
    note: Text | None = None

    def __post_init__(self) -> None:
        figures = {"area": {"area_m2"}, "perimeter": {"perimeter_m"}}
        needed = figures.get(self.kind, {"length_m", "width_m"})
        given = {
            name
            for name in ("area_m2", "length_m", "width_m", "perimeter_m")
            if getattr(self, name) is not None
        }
        if given != needed:
            fields = " and ".join(sorted(needed))
            _refuse(f"A published {self.kind} needs {fields}, and no other figure")
        if self.length_m is not None and self.width_m is not None and self.length_m < self.width_m:
            _refuse(f"length_m ({self.length_m:g}) is less than width_m ({self.width_m:g})")


@dataclass(frozen=True)
class Status:
    """What is said of a facility's operation, when, and who says otherwise.

    ``value`` is in the words of the source, ``date`` is when it held (None: not said), ``as_of``
    says who said it and on what grounds, ``conflict`` holds what other sources say.
    """

    __pydantic_config__ = STRICT

    value: Text = "not stated"
    date: Name | None = None
    as_of: Text | None = None
    conflict: Text | None = None


@dataclass(frozen=True)
class Outline:
    """One version of the edge of a facility.

    Coordinates are rounded to 7 decimals, about 1 cm on the ground; outer rings run anticlockwise.

    Parameters
    ----------
    geometry : shapely Polygon or MultiPolygon
        EPSG:4326, lon then lat, no heights.
    basis : str
        One of `BASES`.
    accuracy_m : float
        How far the edge may be off, metres on the ground.
    version : int
        From 1 upwards; the newest is the one in force.
    source : str
        Who gave it: the key of a `Source`, or free text.
    note : str
        How it was derived, from which published figure, or how it was drawn and repaired.

    Raises
    ------
    FacilityError
        The geometry is not one or more plain polygons within the range of lon and lat, or is
        larger than 5,000 km2.
    """

    __pydantic_config__ = STRICT

    geometry: Polygon | MultiPolygon
    basis: Literal["drawn", "published", "derived", "placeholder"]
    accuracy_m: Annotated[float, bounded(ge=0, le=MOST_ACCURACY_M)]
    version: Annotated[int, bounded(ge=1, le=100_000)]
    source: Text
    note: Text

    def __post_init__(self) -> None:
        if not 0 <= self.accuracy_m <= MOST_ACCURACY_M:
            _refuse(f"An accuracy of {self.accuracy_m:g} m is not between 0 and 1,000,000 m")
        object.__setattr__(self, "geometry", checked_geometry(self.geometry))

    @property
    def area_m2(self) -> float:
        """Area on the ellipsoid, square metres."""
        return geodesic_area_m2(self.geometry)


@dataclass(frozen=True)
class Facility:
    """A facility, with everything that is published of it and every version of its outline.

    Parameters
    ----------
    id : str
        Lower-case letters, digits and hyphens; the name of its file.
    name : str
        English name; any text.
    names_ko, aliases : tuple of str
        Korean names; other spellings.
    names_ko_note : str or None
        Where they come from, and whether they are back-transliterated.
    type : str
        One of `TYPES`.
    number : int or None
        Number in the name, where it has one.
    province, county : str or None
        Where the sources place it.
    agency, status : Agency, Status
    position_grade : str or None
        One of `GRADES`; ``position_reason`` says why.
    wikidata : str or None
        Identifier such as ``Q499011``.
    public_coordinates : str or None
        What is published of where it is: ``rounded`` to a tenth of a degree, or ``withheld``; None:
        all.
    candidates : tuple of Candidate
        Every published coordinate; a derived outline is centred on the first.
    sizes : tuple of Size
        Every published size, the preferred one of each kind first.
    sources : tuple of Source
        The publications.
    conflicts, notes : tuple of str
        Sentences: where sources disagree, and what else to know.
    outlines : tuple of Outline
        All versions, oldest first.

    Raises
    ------
    FacilityError
        A bad id, a fact whose source is not listed, two outlines or sources of one name.
    """

    __pydantic_config__ = STRICT

    id: str
    name: Name
    names_ko: tuple[Name, ...] = ()
    names_ko_note: Text | None = None
    aliases: tuple[Name, ...] = ()
    type: Literal["kwan_li_so", "kyo_hwa_so", "other"] = "other"
    number: Annotated[int, bounded(ge=0, le=100_000)] | None = None
    province: Name | None = None
    county: Name | None = None
    agency: Agency = NO_AGENCY
    status: Status = Status()
    position_grade: Literal["A", "B", "C"] | None = None
    position_reason: Text | None = None
    wikidata: Annotated[str, Field(pattern=r"^Q[1-9][0-9]{0,11}$")] | None = None
    public_coordinates: Literal["rounded", "withheld"] | None = None
    candidates: tuple[Candidate, ...] = ()
    sizes: tuple[Size, ...] = ()
    sources: tuple[Source, ...] = ()
    conflicts: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()
    outlines: tuple[Outline, ...] = ()

    def __post_init__(self) -> None:
        check_facility_id(self.id)
        versions = [outline.version for outline in self.outlines]
        for earlier, later in pairwise(versions):
            if later <= earlier:
                _refuse(
                    f"Outline version {later} of {self.id!r} follows version {earlier}: versions "
                    f"must rise, and each may appear once"
                )
        keys = [source.key for source in self.sources]
        if len(set(keys)) < len(keys):
            _refuse(f"{self.id!r} lists a source key twice: each key names one source")
        cited = [c.source for c in self.candidates] + [size.source for size in self.sizes]
        for key in cited:
            if key not in keys:
                _refuse(f"{self.id!r} cites the source {key!r}, which it does not list")

    def __repr__(self) -> str:
        return f"<Facility {self.id}: {self.name}>"

    @property
    def outline(self) -> Outline:
        """The newest version of the outline.

        Raises
        ------
        FacilityError
            There is none.
        """
        if self.outlines:
            return self.outlines[-1]
        reason = "" if self.candidates else " because no coordinate was published"
        _refuse(
            f"{self.id!r} has no outline{reason}: import one with "
            f"'camp-monitor facilities import FILE --id {self.id}'"
        )


def check_facility_id(facility_id: str) -> str:
    """Return `facility_id`, or refuse one that could not be the name of a file everywhere.

    Raises
    ------
    FacilityError
        It is not 1 to 64 lower-case letters, digits and inner hyphens, or is a device of Windows.
    """
    if not isinstance(facility_id, str) or not _ID.fullmatch(facility_id):
        shown = ascii(facility_id if not isinstance(facility_id, str) else facility_id[:80])
        _refuse(
            f"{shown} is not a facility id: use up to 64 lower-case letters, digits and hyphens, "
            f"with no hyphen at either end and no name of a Windows device"
        )
    return facility_id


def _refuse(fault: str) -> NoReturn:
    raise FacilityError(f"{fault}.")
