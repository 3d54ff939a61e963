"""From what is on record to what an audience may see, before anything is drawn or written.

`redacted` goes through whatever it is given, so that what draws a page holds nothing that it could
forget to leave out: names and notes of people are gone, ground lies round 0, 0 where coordinates
are not published, and pictures whose licence forbids it are None.  Records in the ledger are never
changed, and what stands for one keeps its id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import shapely
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from camp_monitor.codes import Audience
from camp_monitor.errors import FacilityError
from camp_monitor.facilities import Facility, Outline, find_facility
from camp_monitor.notes import Note, Value
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.recorded import Recorded
from camp_monitor.records.review import Review
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.picture import MapImage
from camp_monitor.report.redaction.frames import Frame
from camp_monitor.report.redaction.licences import is_open
from camp_monitor.report.redaction.withheld import DECIMALS, GRID_DEG, NOTHING_WITHHELD, Withheld
from camp_monitor.report.text.sentences import phrase
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.settings import ReportSettings
from camp_monitor.workspace import Workspace

_TELLS_PLACE = re.compile(r"\d\s*[°º˚]|\d[.,]\d{3}|\d\s*deg\b|\d\s*['′]\s*\d|\d{5}", re.IGNORECASE)
"""Texts of others that may hold coordinates: too many are left out rather than too few."""
_LONG = re.compile(r"\d[.,]\d{3}")
"""A number in an address that is long enough to be a coordinate."""
_DATES = re.compile(r"\d{4}(-\d\d){0,2}(/\d{4}(-\d\d){0,2})?")
_GONE = "…"


@dataclass(frozen=True)
class Rules:
    """What one output about one facility may show.

    Parameters
    ----------
    withheld : Withheld
        What it says of that; `licences` are added when pictures are known.
    frame : Frame or None
        Where the ground is moved from; None: it stays.
    sensitive : tuple of str
        What the parts that are left out are called.
    open_licences : tuple of str
        Those that the settings add to the known ones.
    """

    withheld: Withheld = NOTHING_WITHHELD
    frame: Frame | None = None
    sensitive: tuple[str, ...] = ()
    open_licences: tuple[str, ...] = ()

    @property
    def audience(self) -> Audience:
        """For whom."""
        return self.withheld.audience

    @property
    def is_public(self) -> bool:
        """Whether anyone may read it."""
        return self.audience == Audience.PUBLIC

    def may_show(self, scene: SceneReference) -> bool:
        """Tell whether the pixels of a scene may be shown; those that a program painted may."""
        return not self.is_public or scene.simulated or is_open(scene.licence, self.open_licences)

    def pixels(self, image: Image, scene: SceneReference) -> Image:
        """Return an image of a scene; one of no data where its pixels may not be shown."""
        if self.may_show(scene):
            return image
        empty = np.full_like(image.pixels, np.nan)
        return replace(image, pixels=empty, flags=np.full_like(image.flags, Quality.NODATA))

    def with_scenes(self, scenes: Sequence[SceneReference]) -> Rules:
        """Return the rules of an output that would show these scenes."""
        shut = tuple(scene.licence.strip() for scene in scenes if not self.may_show(scene))
        return replace(self, withheld=replace(self.withheld, licences=tuple(dict.fromkeys(shut))))


ALL_IS_SHOWN = Rules()
"""Of an output of those who keep the records."""


def choose_audience(asked: Audience | str | None, settings: ReportSettings) -> Audience:
    """Return the audience asked for, else that of the settings."""
    return Audience(asked) if asked is not None else settings.audience


def rules_for(
    facility: Facility | None,
    audience: Audience,
    settings: ReportSettings,
    grid: GeoBox | None = None,
) -> Rules:
    """Make the rules of an output.

    Parameters
    ----------
    facility : Facility or None
        Whose wish counts; None: it is not in the registry, and the public is not told where it is.
    audience : Audience
    settings : ReportSettings
    grid : GeoBox or None
        In metres, of the images; None: ground is moved round the middle of the outline.
    """
    open_licences = settings.open_licences
    if audience != Audience.PUBLIC:
        return Rules(Withheld(audience), open_licences=open_licences)
    asks = "withheld" if facility is None else facility.public_coordinates or "exact"
    sensitive = (
        tuple(one.feature for one in facility.candidates if one.sensitive) if facility else ()
    )
    frame, place = None, None
    if asks != "exact":
        ground = _ground(facility)
        frame = Frame.of(grid) if grid is not None else Frame.about(ground)
        if asks == "rounded":
            middle = ground.centroid
            place = round(middle.y, DECIMALS) + 0.0, round(middle.x, DECIMALS) + 0.0
    withheld = Withheld(audience, asks, place, len(sensitive))
    return Rules(withheld, frame, sensitive, open_licences)


def rules_of(
    workspace: Workspace, facility_ids: Iterable[str], audience: Audience
) -> dict[str, Rules]:
    """Make the rules of an output about several facilities, by their ids.

    The public is not told where a facility is whose file is missing or cannot be read.
    """
    settings = workspace.configuration.report
    if audience != Audience.PUBLIC:
        return {key: rules_for(None, audience, settings) for key in facility_ids}
    known: dict[str, Facility | None] = {}
    for key in facility_ids:
        try:
            known[key] = find_facility(workspace.aoi, key)
        except FacilityError:
            known[key] = None
    return {key: rules_for(one, audience, settings) for key, one in known.items()}


def _ground(facility: Facility | None) -> BaseGeometry:
    """Return the ground whose middle is moved; a facility without an outline has no ground."""
    if facility is None or not facility.outlines:
        return shapely.Point(0, 0)
    return facility.outline.geometry


def redacted(value: Any, rules: Rules) -> Any:
    """Return what an audience may see of a value: the value itself for ``internal``.

    Parameters
    ----------
    value : any frozen value, tuple, list or mapping of them
        Facilities, outlines, findings, observations, reviews, events, pictures, grids, geometries,
        in whatever holds them.
    rules : Rules
        See `rules_for`.
    """
    if rules.audience == Audience.INTERNAL:
        return value
    return _Walk(rules).of(value)


def without_place(facility: Facility, audience: Audience, settings: ReportSettings) -> Facility:
    """Return what a map of many facilities may hold of one.

    It has no outline where its coordinates are rounded or withheld.
    """
    rules = rules_for(facility, audience, settings)
    seen: Facility = redacted(facility, rules)
    return replace(seen, outlines=()) if rules.withheld.is_local else seen


def public_region(region: BaseGeometry | None, rules: Rules) -> BaseGeometry | None:
    """Return what a file for a GIS may hold in place of a region that was moved.

    Where coordinates are rounded, the cell of the grid in which the middle of the outline lies;
    nothing where they are withheld.
    """
    if region is None or not rules.withheld.is_local:
        return region
    if rules.withheld.place is None:
        return None
    lat, lon = rules.withheld.place
    half = GRID_DEG / 2
    cell = shapely.box(lon - half, lat - half, lon + half, lat + half)
    return shapely.orient_polygons(shapely.MultiPolygon([cell]))


class _Walk:
    """Goes through a value once; records that are met again are the same again."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.known: dict[int, tuple[Any, Any]] = {}

    def of(self, value: Any) -> Any:
        """Return what may be seen of a value."""
        if value is None or isinstance(value, (str, bytes, int, float)):
            return value
        if id(value) not in self.known:
            self.known[id(value)] = (value, self._made(value))
        return self.known[id(value)][1]

    def _made(self, value: Any) -> Any:
        ways: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
            (Review, self._review), (Facility, self._facility), (Outline, self._outline),
            (Recorded, self._record), (SceneReference, self._scene), (MapImage, self._picture),
            (Note, self._note), (BaseGeometry, self._geometry), (GeoBox, self._grid),
            (Mapping, self._mapping), ((tuple, list), self._sequence),
        )  # fmt: skip
        for kind, make in ways:
            if isinstance(value, kind):
                return make(value)
        return self._fields(value) if is_dataclass(value) and not isinstance(value, type) else value

    def _fields(self, value: Any, **changed: Any) -> Any:
        names = [item.name for item in fields(value) if item.init and item.name not in changed]
        found = {name: self.of(getattr(value, name)) for name in names}
        same = all(found[name] is getattr(value, name) for name in names)
        return value if same and not changed else replace(value, **found, **changed)

    def _mapping(self, value: Mapping[Any, Any]) -> dict[Any, Any]:
        return {key: self.of(part) for key, part in value.items()}

    def _sequence(self, value: tuple[Any, ...] | list[Any]) -> Any:
        return type(value)(map(self.of, value))

    def _review(self, review: Review) -> Review:
        return replace(review, by=phrase("audience.reviewer"), note="")

    def _outline(self, outline: Outline) -> Outline:
        """Leave out who drew it, and what says where it is."""
        drawn = outline.basis == "drawn"
        moved = self.rules.frame is not None
        return replace(
            outline,
            geometry=self.of(outline.geometry),
            source=phrase("audience.withheld") if drawn else outline.source,
            note="" if drawn or moved else self._text(outline.note) or "",
        )

    def _facility(self, facility: Facility) -> Facility:
        outlines = tuple(map(self.of, facility.outlines))
        if not self.rules.is_public:
            return replace(facility, outlines=outlines)
        moved, text = self.rules.frame is not None, self._text
        kept = [] if moved else [one for one in facility.candidates if not one.sensitive]
        return replace(
            facility,
            outlines=outlines,
            candidates=tuple(kept),
            wikidata=None if moved else facility.wikidata,
            position_reason=None if moved else text(facility.position_reason),
            conflicts=() if moved else tuple(filter(None, map(text, facility.conflicts))),
            notes=() if moved else tuple(filter(None, map(text, facility.notes))),
            status=replace(
                facility.status,
                as_of=text(facility.status.as_of),
                conflict=text(facility.status.conflict),
            ),
            sizes=tuple(replace(one, note=text(one.note)) for one in facility.sizes),
            sources=tuple(
                replace(
                    one,
                    note=text(one.note),
                    urls=tuple(url for url in one.urls if not (moved and _LONG.search(url))),
                )
                for one in facility.sources
            ),
        )  # fmt: skip

    def _text(self, text: str | None) -> str | None:
        """Return a text of others; None where it may tell what is withheld."""
        if text is None or any(name in text for name in self.rules.sensitive):
            return None
        tells = self.rules.frame is not None and _TELLS_PLACE.search(text)
        return None if tells else text

    def _record(self, record: Finding | Observation) -> Finding | Observation:
        """Make what stands for a record: it keeps the hash, and so the id, of the record."""
        if self.rules.frame is None:
            return record
        ids = {scene.id: self.of(scene).id for scene in (record.before, record.after)}
        texts = partial(self._note, ids=ids)
        changed: dict[str, Any] = {"caveats": tuple(map(texts, record.caveats)), "original": ""}
        if isinstance(record, Finding):
            changed["explanations"] = tuple(
                replace(one, notes=tuple(map(texts, one.notes))) for one in record.explanations
            )
        else:
            changed["reasons"] = tuple(map(texts, record.reasons))
        shown = self._fields(record, **changed)
        shown.__dict__["sha256"] = record.sha256
        return shown

    def _scene(self, scene: SceneReference) -> SceneReference:
        """Give a scene a name that does not tell its tile; its files are not told by a hash."""
        if self.rules.frame is None:
            return scene
        name = f"{scene.sensor}-{scene.acquired_from_at[:10]}"
        return replace(scene, id=name, sha256=(), tiles=())

    def _note(self, note: Note, ids: Mapping[str, str] | None = None) -> Note:
        """Leave people out of a note, and names of scenes and files, and sentences as recorded."""
        values = dict(note.values)
        if "by" in values:
            values["by"] = phrase("audience.reviewer")
        if self.rules.frame is not None:
            values = {name: _unnamed(value, ids or {}) for name, value in values.items()}
        return replace(note, values=tuple(values.items()))

    def _picture(self, picture: MapImage) -> MapImage | None:
        if not self.rules.may_show(picture.reference):
            return None
        if self.rules.frame is None:
            return picture
        lon = (picture.west_deg + picture.east_deg) / 2
        lat = (picture.south_deg + picture.north_deg) / 2
        west, _ = self.rules.frame.moved_point(picture.west_deg, lat)
        east, _ = self.rules.frame.moved_point(picture.east_deg, lat)
        _, south = self.rules.frame.moved_point(lon, picture.south_deg)
        _, north = self.rules.frame.moved_point(lon, picture.north_deg)
        return replace(
            picture, west_deg=west, east_deg=east, south_deg=south, north_deg=north,
            reference=self.of(picture.reference),
        )  # fmt: skip

    def _geometry(self, geometry: BaseGeometry) -> BaseGeometry:
        return geometry if self.rules.frame is None else self.rules.frame.moved(geometry)

    def _grid(self, grid: GeoBox) -> GeoBox:
        return grid if self.rules.frame is None else self.rules.frame.moved_grid(grid)


def _unnamed(value: Value, ids: Mapping[str, str]) -> Value:
    """Return a value of a note; names of files and scenes, and sentences, may tell a tile."""
    if isinstance(value, tuple):
        return tuple(str(_unnamed(part, ids)) for part in value)
    if not isinstance(value, str) or _DATES.fullmatch(value) or len(re.findall(r"\d", value)) < 3:
        return value
    return ids.get(value, _GONE)
