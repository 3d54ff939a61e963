"""What happens over years at many places: the plan that is painted, and the truth for a scorer."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry, point

from benchmarks.simulation.year_events import (
    BUILDING_DAYS,
    DIGGING_DAYS,
    FLOODS_DAYS,
    FLOODS_M,
    LEAST_M2,
    EventKind,
    PaintedEvent,
    PassingKind,
    PassingThing,
    building_ground,
    draw_pond,
    draw_yard,
    flood_rise_m,
    flooded_ground,
    place_on,
)
from benchmarks.simulation.years import (
    CELLS,
    Acquisition,
    Place,
    list_passes,
    searched_ground,
    sky_over,
)  # fmt: skip
from camp_monitor.demo.compound import place_compound
from camp_monitor.errors import SceneError
from camp_monitor.synthetic.landscape import Landscape, finer_grid, make_valley
from camp_monitor.synthetic.materials import Cover
from camp_monitor.synthetic.structures import rectangle

SIDE_PX, PIXEL_M = 136, 10.0
MARGIN_M, ACCURACY_M = 350.0, 40.0
"""What is searched round an outline, and the error that its drawing is said to have."""
SHARES: dict[EventKind, float] = {"construction": 28 / 60, "flooding": 20 / 60}
"""Of the events; the rest are ponds."""
MOST_EVENTS = 4
QUIET_SHARE = 0.14
"""Share of the facilities where nothing happens."""
FIRST_ON = date(2021, 1, 1)
SETTLED_DAYS = {"works": 365, "flood": 60}
"""No works begin earlier than this after the first day, in a record of more than a year: before,
there is no same season that shows the ground without them.  In a record of one year, as floods."""
FOLLOWED_DAYS = {"works": 240, "flood": 60}
"""And no event begins later than this before the last day: works take up to three months, and the
leafless season hides bare yards among bare fields.  In a record of one year, works as 120."""
OUTAGE_DAYS = (40, 80)
NO_RUN_SHARE = 0.4
FLOOD_SEASON = ((6, 20), (9, 15))
FLOODS_APART_DAYS = 60


@dataclass(frozen=True)
class Outage:
    """A time without looks.

    Parameters
    ----------
    kind : str
        ``no_image``: no satellite passed; ``no_run``: passes there were, but nobody ran the
        monitor.
    facility_ids : tuple of str
    from_on, to_on : date
        First day of it, and the first after it.
    """

    kind: Literal["no_image", "no_run"]
    facility_ids: tuple[str, ...]
    from_on: date
    to_on: date


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that is painted, and so the truth.

    Parameters
    ----------
    seed : int
    first_on, last_on : date
    places : tuple of Place
    outages : tuple of Outage
    """

    seed: int
    first_on: date
    last_on: date
    places: tuple[Place, ...]
    outages: tuple[Outage, ...]

    @property
    def events(self) -> tuple[PaintedEvent, ...]:
        """All events, place after place."""
        return tuple(event for place in self.places for event in place.events)

    def acquisitions(self, place: Place) -> list[Acquisition]:
        """List the passes over a place that there were, in order."""
        gone = [
            outage for outage in self.outages
            if outage.kind == "no_image" and place.facility_id in outage.facility_ids
        ]  # fmt: skip
        return [
            one for one in list_passes(place, self.last_on)
            if not any(outage.from_on <= one.acquired_at.date() < outage.to_on for outage in gone)
        ]  # fmt: skip


def plan_years(
    seed: int, facilities: int = 35, years: int = 3, events: int = 60, outages: int = 5
) -> Plan:
    """Plan what happens at `facilities` places over `years`, by chance from `seed`.

    Raises
    ------
    SceneError
        There is no room for so many events.
    """
    rng = np.random.default_rng([seed, 80])
    last_on = FIRST_ON.replace(year=FIRST_ON.year + years) - timedelta(days=1)
    places = [_make_place(seed, number, rng) for number in range(facilities)]
    quiet = set(rng.choice(facilities, int(QUIET_SHARE * facilities), replace=False).tolist())
    lively = [number for number in range(facilities) if number not in quiet]
    for kind in _kinds(events):
        for _ in range(200):
            number = int(rng.choice(lively))
            event = _draw_event(kind, places[number], last_on, rng)
            if len(places[number].events) < MOST_EVENTS and event is not None:
                kept = (*places[number].events, event)
                places[number] = replace(places[number], events=kept)
                break
        else:
            raise SceneError(
                f"{facilities} places over {years} years have no room for {events} events: plan "
                f"fewer events, or more places."
            )
    places = [_with_passing(place, last_on, rng) for place in places]
    return Plan(
        seed, FIRST_ON, last_on, tuple(places), _draw_outages(places, outages, last_on, rng)
    )


def _kinds(events: int) -> list[EventKind]:
    """Share the events among the kinds; ponds first, which need most room."""
    built, floods = (round(share * events) for share in SHARES.values())
    kinds: list[EventKind] = ["water_gain"] * (events - built - floods)
    kinds.extend(["construction"] * built)
    kinds.extend(["flooding"] * floods)
    return kinds


def _make_place(seed: int, number: int, rng: np.random.Generator) -> Place:
    """Lay out one valley, turned and mirrored by chance, 20 km and more from the others."""
    lat_deg, lon_deg = 39.9 + 0.3 * (number // 5), 126.6 + 0.55 * (number % 5)
    middle = point(lon_deg, lat_deg, "EPSG:4326").to_crs("EPSG:32652").coords[0]
    left, top = (round(value / PIXEL_M) * PIXEL_M for value in middle)
    half_m = SIDE_PX / 2 * PIXEL_M
    affine = Affine(PIXEL_M, 0, left - half_m, 0, -PIXEL_M, top + half_m)
    grid = GeoBox((SIDE_PX, SIDE_PX), affine, "EPSG:32652")
    own = int(rng.integers(1, 10**6))
    landscape = make_valley(finer_grid(grid, CELLS), np.random.default_rng([seed, number]))
    return Place(
        facility_id=f"sim-{number + 1:02d}",
        seed=own,
        grid=grid,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        relative_orbit=int(rng.integers(1, 176)),
        first_pass_on={
            "sentinel-2": FIRST_ON + timedelta(days=int(rng.integers(10))),
            "sentinel-1": FIRST_ON + timedelta(days=int(rng.integers(12))),
        },
        landscape=_turned(landscape, int(rng.integers(4)), bool(rng.integers(2))),
    )


def _turned(landscape: Landscape, quarters: int, mirrored: bool) -> Landscape:
    def turned(values: Any) -> Any:
        flipped = values[:, ::-1] if mirrored else values
        return np.ascontiguousarray(np.rot90(flipped, quarters))

    return replace(
        landscape, cover=turned(landscape.cover), parcel=turned(landscape.parcel),
        height_m=turned(landscape.height_m), tone=turned(landscape.tone),
    )  # fmt: skip


def _draw_event(
    kind: EventKind, place: Place, last_on: date, rng: np.random.Generator
) -> PaintedEvent | None:
    """Draw an event, or None where time or ground are taken."""
    if kind == "flooding":
        return _draw_flood(place, last_on, rng)
    began_on = _draw_begin(last_on, rng)
    whole_on = began_on + timedelta(
        days=int(rng.integers(*(BUILDING_DAYS if kind == "construction" else DIGGING_DAYS)))
    )
    for other in place.events:
        if other.kind == kind and not (other.whole_on < began_on or whole_on < other.began_on):
            return None
    shape = draw_yard(rng) if kind == "construction" else draw_pond(rng)
    ground = searched_ground(place, MARGIN_M, ACCURACY_M).buffer(-30)
    taken = [place_compound(place.grid).whole, *(other.footprint for other in place.events)]
    where = place_on(shape, building_ground(place.landscape), place.landscape, ground, taken, rng)
    if where is None:
        return None
    return PaintedEvent(
        facility_id=place.facility_id, kind=kind, began_on=began_on, whole_on=whole_on,
        ended_on=None, footprint=where, area_m2=where.area, seed=int(rng.integers(10**6)),
    )  # fmt: skip


def _draw_begin(last_on: date, rng: np.random.Generator) -> date:
    """Draw a first day: works begin in winter only seldom, when the ground is frozen."""
    settled, followed = SETTLED_DAYS["works"], FOLLOWED_DAYS["works"]
    if (last_on - FIRST_ON).days < 2 * 365:
        settled, followed = SETTLED_DAYS["flood"], 120
    days = (last_on - FIRST_ON).days - settled - followed
    while True:
        on = FIRST_ON + timedelta(days=settled + int(rng.integers(days)))
        if on.month not in (12, 1, 2) or rng.random() < 0.25:
            return on


def _draw_flood(place: Place, last_on: date, rng: np.random.Generator) -> PaintedEvent | None:
    year = int(rng.integers(FIRST_ON.year, last_on.year + 1))
    first_on, latest_on = (date(year, *day) for day in FLOOD_SEASON)
    began_on = first_on + timedelta(days=int(rng.integers((latest_on - first_on).days)))
    first_on = FIRST_ON + timedelta(days=SETTLED_DAYS["flood"])
    if not first_on <= began_on <= last_on - timedelta(days=FOLLOWED_DAYS["flood"]):
        return None
    for other in place.events:
        apart_days = abs((other.began_on - began_on).days)
        if other.kind == "flooding" and apart_days < FLOODS_APART_DAYS + FLOODS_DAYS[1]:
            return None
    rise_m = float(rng.uniform(*FLOODS_M))
    ground = searched_ground(place, MARGIN_M, ACCURACY_M)
    wet = flooded_ground(place.landscape, rise_m, ground)
    if wet.area < LEAST_M2:
        return None
    return PaintedEvent(
        facility_id=place.facility_id, kind="flooding", began_on=began_on,
        whole_on=began_on + timedelta(days=int(rng.integers(1, 4))),
        ended_on=began_on + timedelta(days=int(rng.integers(FLOODS_DAYS[0], FLOODS_DAYS[1] + 1))),
        footprint=wet, area_m2=wet.area, seed=int(rng.integers(10**6)), rise_m=rise_m,
    )  # fmt: skip


_Span = tuple[int, int]
_Passing = tuple[PassingKind, _Span, _Span, date, _Span, _Span]
"""Kind, length and width in metres, first day of its season, days after it, days that it lasts."""


def _with_passing(place: Place, last_on: date, rng: np.random.Generator) -> Place:
    """Add, year by year, a field ploughed late, heaps of the harvest, now and then a greenhouse."""
    allowed = building_ground(place.landscape) & (place.landscape.cover == Cover.FIELD)
    ground = searched_ground(place, MARGIN_M, ACCURACY_M)
    taken = [place_compound(place.grid).whole, *(event.footprint for event in place.events)]
    things = []
    for year in range(FIRST_ON.year, last_on.year + 1):
        drawn: list[_Passing] = [
            ("ploughed", (35, 90), (25, 60), date(year, 5, 1), (60, 150), (20, 50)),
            ("heaps", (30, 60), (30, 60), date(year, 10, 1), (0, 15), (20, 50)),
        ]
        if rng.random() < 0.35:
            drawn.append(("greenhouse", (40, 60), (17, 27), date(year, 3, 1), (0, 40), (20, 45)))
        for kind, length, width, season_on, after, lasts in drawn:
            shape = rectangle(0, 0, rng.uniform(*length), rng.uniform(*width), rng.uniform(0, 180))
            where = place_on(shape, allowed, place.landscape, ground, taken, rng)
            from_on = season_on + timedelta(days=int(rng.integers(*after)))
            to_on = from_on + timedelta(days=int(rng.integers(*lasts)))
            if where is not None:
                things.append(PassingThing(place.facility_id, kind, from_on, to_on, where))
    return replace(place, passing=tuple(things))


def _draw_outages(
    places: list[Place], outages: int, last_on: date, rng: np.random.Generator
) -> tuple[Outage, ...]:
    """Draw outages that do not overlap; one without images hides no flood wholly.

    A flood that nobody could have seen is no event that a monitor can miss.
    """
    drawn: list[Outage] = []
    every = tuple(place.facility_id for place in places)
    not_run = int(NO_RUN_SHARE * outages)
    for _ in range(10_000):
        if len(drawn) == outages:
            return tuple(sorted(drawn, key=lambda outage: outage.from_on))
        lasts = timedelta(days=int(rng.integers(OUTAGE_DAYS[0], OUTAGE_DAYS[1] + 1)))
        days = (last_on - FIRST_ON).days - 60 - lasts.days
        from_on = FIRST_ON + timedelta(days=30 + int(rng.integers(days)))
        size = 1 if rng.random() < 0.5 else int(rng.integers(2, 7))
        some = rng.choice(len(every), min(size, len(every)), replace=False)
        hit = every if len(drawn) < not_run else tuple(sorted(every[number] for number in some))
        kind: Literal["no_image", "no_run"] = "no_run" if len(drawn) < not_run else "no_image"
        outage = Outage(kind, hit, from_on, from_on + lasts)
        if not _overlaps(outage, drawn) and not _hides_a_flood(outage, places):
            drawn.append(outage)
    raise SceneError(f"There is no room for {outages} outages: plan fewer, or more years.")


def _overlaps(outage: Outage, others: list[Outage]) -> bool:
    return any(
        outage.from_on <= other.to_on and other.from_on <= outage.to_on
        and set(outage.facility_ids) & set(other.facility_ids)
        for other in others
    )  # fmt: skip


def _hides_a_flood(outage: Outage, places: list[Place]) -> bool:
    """Tell whether more than half of a flood falls into a time without images."""
    if outage.kind == "no_run":
        return False
    for place in places:
        for event in place.events:
            if place.facility_id not in outage.facility_ids or event.ended_on is None:
                continue
            hidden = min(event.ended_on, outage.to_on) - max(event.began_on, outage.from_on)
            if hidden > 0.5 * (event.ended_on - event.began_on):
                return True
    return False


def write_truth(plan: Plan, path: Path) -> None:
    """Write what was painted as JSON, outlines in lon and lat, for a scorer to read."""
    content = {
        "seed": plan.seed,
        "first_on": plan.first_on.isoformat(),
        "last_on": plan.last_on.isoformat(),
        "facilities": [
            {
                "id": place.facility_id,
                "events": len(place.events),
                "passes": [one.name for one in plan.acquisitions(place)],
            }
            for place in plan.places
        ],
        "events": [
            _described(place, event) | {"shown_by": shown_by(plan, place, event)}
            for place in plan.places
            for event in place.events
        ],
        "passing": [_described(place, thing) for place in plan.places for thing in place.passing],
        "outages": [
            {name: _plain(value) for name, value in vars(outage).items()} for outage in plan.outages
        ],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def shown_by(plan: Plan, place: Place, event: PaintedEvent) -> list[str]:
    """Name the passes on which an event could be seen, were the detector perfect.

    Those of radar, and those under a sky that is not overcast: of a building or a pond from the day
    on which it is whole, of a flood while it covers `LEAST_M2`.
    """
    ground = searched_ground(place, MARGIN_M, ACCURACY_M)
    shown = []
    for one in plan.acquisitions(place):
        on = one.acquired_at.date()
        if one.sensor == "sentinel-2" and sky_over(place, on).kind == "overcast":
            continue
        if event.kind != "flooding":
            shows = on >= event.whole_on
        else:
            rise_m = flood_rise_m(event, on)
            shows = rise_m > 0 and flooded_ground(place.landscape, rise_m, ground).area >= LEAST_M2
        if shows:
            shown.append(one.name)
    return shown


def _described(place: Place, thing: PaintedEvent | PassingThing) -> dict[str, Any]:
    """Return the plain values of an event or a passing thing."""
    lonlat = Geometry(thing.footprint, place.grid.crs).to_crs("EPSG:4326").geom
    plain = {name: _plain(value) for name, value in vars(thing).items() if name != "footprint"}
    return plain | {"geometry": shapely.geometry.mapping(shapely.set_precision(lonlat, 1e-7))}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
