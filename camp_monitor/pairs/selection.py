"""Choose scenes: the one that a user means by a date, and the pairs of an interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shapely.geometry.base import BaseGeometry

from camp_monitor.codes import Code
from camp_monitor.errors import SceneError
from camp_monitor.notes import Note, note
from camp_monitor.scenes.acquisition import Acquisition
from camp_monitor.scenes.passes import is_one_pass, put_together
from camp_monitor.scenes.scene import Scene, parse_acquired

MOST_LISTED = 12
SEASON_DAYS = 45.0
"""Two dates of different years lie in one season when they are at most so far apart within it."""
MOST_YEARS = 5
"""A scene is compared with the same season of at most so many years before."""
RECENT, RECENT_AT_FIRST = 1, 3
"""How many scenes just before one it is compared with: in general, and where those of the same
season are missing (a first year) or scenes are few."""
FEW_DAYS = 120
"""Scenes are few where the one before lies farther back than this."""
LEAST_INSIDE_FRACTION = 0.5
"""Less of the outline inside a scene's frame than this, and it is not used."""
SEASON_WEIGHT = 0.5
"""What half a year's gap between the seasons costs, in shares of clear outline."""
UNKNOWN_ORBIT = "unknown"
"""Of radar whose item does not say it: it is compared with nothing."""
SINGLE_HEIGHT = "single_height"
"""Stands in `Look.processing` of radar that was geocoded at a single height."""


@dataclass(frozen=True)
class Look:
    """What is known of a scene over an outline before it is compared.

    Parameters
    ----------
    id, sensor : str
    acquired_at : datetime
    inside_fraction : float
        Share of the outline inside the scene's frame.
    clear_fraction : float or None
        Share of the outline that is inside and clear; None for radar, which needs no clear sky,
        and where the scene has no quality band.
    orbit : str
        Of radar, such as ``54 ascending`` (see `orbit_key`); empty for optics.
    processing : tuple of str
        Quantity and bands, see `processing_key`; only scenes that hold the same are compared.
    unread : Note or None
        Why nobody could tell what of the outline is clear: such a scene is not compared.
    others : tuple of str
        Ids of scenes of the same pass that are put together with it.
    taken : Acquisition or None
        By what and when; None where that is not told: it is then of a pass of its own.
    """

    id: str
    sensor: str
    acquired_at: datetime
    inside_fraction: float
    clear_fraction: float | None
    orbit: str = ""
    processing: tuple[str, ...] = ()
    unread: Note | None = None
    others: tuple[str, ...] = ()
    taken: Acquisition | None = None

    def is_one_pass(self, other: Look) -> bool:
        """Tell whether two looks show one moment, and are neither a pair nor two witnesses."""
        return bool(self.taken and other.taken and self.taken.is_one_pass(other.taken))

    @property
    def usable_fraction(self) -> float:
        """Share of the outline that can be expected to be seen."""
        return self.inside_fraction if self.clear_fraction is None else self.clear_fraction


@dataclass(frozen=True)
class ChosenPair:
    """Two scenes to compare, and why these two.

    Parameters
    ----------
    before, after : Look
    why : Note
    """

    before: Look
    after: Look
    why: Note


@dataclass(frozen=True)
class Choice:
    """What is compared of an interval, and what is not.

    Parameters
    ----------
    pairs : tuple of ChosenPair
        Every usable scene of the interval, in order of time, each with its before scenes.
    left_out : tuple of (Look, Note)
        Scenes of the interval that are not used, with the reason.
    """

    pairs: tuple[ChosenPair, ...]
    left_out: tuple[tuple[Look, Note], ...]


def orbit_key(relative_orbit: int | None, orbit_state: str | None) -> str:
    """Return the orbit of a radar scene as `Look` has it."""
    known = relative_orbit is not None and orbit_state
    return f"{relative_orbit} {orbit_state}" if known else UNKNOWN_ORBIT


def processing_key(
    quantity: str, bands: Sequence[str], *, in_radar_geometry: bool = False
) -> tuple[str, ...]:
    """Return what a scene holds as `Look` has it.

    Parameters
    ----------
    quantity : str
    bands : sequence of str
    in_radar_geometry : bool
        Put onto the ground as it is fetched: terrain displaces it otherwise than other radar.
    """
    return (quantity, *bands, *((SINGLE_HEIGHT,) if in_radar_geometry else ()))


def choose_pairs(
    looks: Iterable[Look],
    least_clear: float,
    interval: tuple[datetime, datetime] | None = None,
) -> Choice:
    """Choose the pairs that tell what happened in an interval, pass by pass.

    Each usable scene is compared with the same season of the year before and of the earliest year
    known (at most `MOST_YEARS` before), so that crops, leaves and snow are alike, and with the
    scene just before it, which dates a change and shows water that came and went.  In a first
    year, with no same season before it, and where scenes are few, it is with the three before it.

    Which scenes serve a scene as before depends on earlier ones alone: the choice for a date stays
    as it is when later dates come.

    Parameters
    ----------
    looks : iterable of Look
    least_clear : float
        A scene with less of the outline usable is left out, 0 to 1.
    interval : (datetime, datetime) or None
        Only scenes acquired in it are after scenes; None: all.

    Notes
    -----
    Scenes are compared within one processing only, and radar within one orbit, as
    `check_comparable` would refuse all others.
    """
    groups: dict[tuple[str, str, tuple[str, ...]], list[Look]] = defaultdict(list)
    left_out: list[tuple[Look, Note]] = []
    for look in sorted(looks, key=lambda item: (item.acquired_at, item.id)):
        reason = _unusable(look, least_clear)
        if reason is None:
            group = groups[look.sensor, look.orbit, look.processing]
            twin = next((other for other in group if other.is_one_pass(look)), None)
            if twin is None:
                group.append(look)
                continue
            if look.usable_fraction > twin.usable_fraction:
                group[group.index(twin)] = look
                look, twin = twin, look
            on = f"{look.acquired_at:%Y-%m-%d}"
            reason = note(Code.ONE_PASS, before=twin.id, after=look.id, on=on)
        if _within(look, interval):
            left_out.append((look, reason))
    pairs: list[ChosenPair] = []
    for _, group in sorted(groups.items()):
        found = [
            pair
            for number, after in enumerate(group)
            if _within(after, interval)
            for pair in _befores(after, group[:number])
        ]
        used = {look.id for pair in found for look in (pair.before, pair.after)}
        left_out.extend((look, _alone(look)) for look in group
                        if look.id not in used and _within(look, interval))  # fmt: skip
        pairs.extend(found)
    return Choice(tuple(pairs), tuple(left_out))


def season_before(interval: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """Return the interval, a year earlier, from which before scenes of the same season come.

    Parameters
    ----------
    interval : (datetime, datetime)
    """
    first, last = interval
    year, reach = timedelta(days=365), timedelta(days=SEASON_DAYS)
    return first - year - reach, min(last - year + reach, first)


def _within(look: Look, interval: tuple[datetime, datetime] | None) -> bool:
    return interval is None or interval[0] <= look.acquired_at <= interval[1]


def _unusable(look: Look, least_clear: float) -> Note | None:
    if look.orbit == UNKNOWN_ORBIT:
        return note(Code.NO_ORBIT)
    if look.unread is not None:
        return look.unread
    too_little = look.usable_fraction < least_clear
    if look.inside_fraction < LEAST_INSIDE_FRACTION or (too_little and look.clear_fraction is None):
        return note(Code.PARTLY_INSIDE, inside_fraction=look.inside_fraction)
    return note(Code.TOO_CLOUDY, clear_fraction=look.usable_fraction) if too_little else None


def _alone(look: Look) -> Note:
    if not look.orbit:
        return note(Code.ALONE, sensor=look.sensor, processing=look.processing)
    return note(
        Code.ALONE_IN_ORBIT, sensor=look.sensor, processing=look.processing, orbit=look.orbit
    )


def _befores(after: Look, group: Sequence[Look]) -> list[ChosenPair]:
    """Choose what a scene is compared with, of like scenes in order of time."""
    earlier = [look for look in group if look.acquired_at < after.acquired_at]
    by_year: dict[int, list[Look]] = defaultdict(list)
    for look in earlier:
        years = round((after.acquired_at - look.acquired_at).days / 365.25)
        if years >= 1 and season_gap_days(look.acquired_at, after.acquired_at) <= SEASON_DAYS:
            by_year[years].append(look)
    years_known = sorted(year for year in by_year if year <= MOST_YEARS)
    chosen: dict[str, ChosenPair] = {}
    for year in dict.fromkeys((*years_known[:1], *years_known[-1:])):
        before = max(by_year[year], key=lambda look: (_fitness(look, after), look.acquired_at))
        chosen[before.id] = ChosenPair(before, after, _why(before, after))
    few = not earlier or (after.acquired_at - earlier[-1].acquired_at).days > FEW_DAYS
    recent = RECENT if years_known and not few else RECENT_AT_FIRST
    for before in reversed(earlier[-recent:]):
        chosen.setdefault(before.id, ChosenPair(before, after, _why(before, after)))
    return sorted(chosen.values(), key=lambda pair: (pair.before.acquired_at, pair.before.id))


def _fitness(before: Look, after: Look) -> float:
    gap = season_gap_days(before.acquired_at, after.acquired_at) / 182.5
    return before.usable_fraction - SEASON_WEIGHT * gap


def _why(before: Look, after: Look) -> Note:
    between = (after.acquired_at - before.acquired_at).days
    gap_days = season_gap_days(before.acquired_at, after.acquired_at)
    years = round(between / 365.25)
    if years >= 1 and gap_days <= SEASON_DAYS:
        return note(Code.SAME_SEASON, years=years, gap_days=round(gap_days))
    return note(Code.DATE_BEFORE, days=between)


def season_gap_days(first: datetime, second: datetime) -> float:
    """Days between two dates within the year, at most half a year."""
    gap = abs(first.timetuple().tm_yday - second.timetuple().tm_yday)
    return float(min(gap, 365 - gap))


def choose_earlier(scenes: Sequence[Scene], before: Scene, area: BaseGeometry) -> list[Scene]:
    """Return scenes older than `before` that it could be compared with, the best first.

    Nearest in season, then in time; of the same sensor, bands and numbers, and reaching as much of
    the area.

    Parameters
    ----------
    scenes : sequence of Scene
    before : Scene
    area : shapely geometry
        EPSG:4326.
    """
    reached = _share(before, area) - 0.01
    fit = [
        scene
        for scene in scenes
        if (scene.sensor, scene.quantity, scene.band_names)
        == (before.sensor, before.quantity, before.band_names)
        and (scene.relative_orbit, scene.orbit_state) == (before.relative_orbit, before.orbit_state)
        and scene.acquired_to_at < before.acquired_from_at
        and not is_one_pass(scene, before)
        and _share(scene, area) >= reached
    ]

    def apart(scene: Scene) -> tuple[float, float, str]:
        gap_days = season_gap_days(scene.acquired_from_at, before.acquired_from_at)
        ago = before.acquired_from_at - scene.acquired_from_at
        return round(gap_days / 30), ago.total_seconds(), scene.id

    return sorted(fit, key=apart)


def choose_scene(
    scenes: Sequence[Scene], asked: str, area: BaseGeometry, role: str, context_px: int = 0
) -> Scene:
    """Return the scene with the id `asked`, or the pass acquired within the date `asked`.

    A scene that reaches `area` is preferred to one that does not, and one that covers more of it
    to one that covers less; a scene that misses it altogether is returned where there is no other,
    so that the refusal can be recorded.

    Parameters
    ----------
    scenes : sequence of Scene
    asked : str
        A scene's id, which is that scene alone, or a date for `parse_acquired`.
    area : shapely geometry
        EPSG:4326.
    role : str
        ``before`` or ``after``, for the message.
    context_px : int
        See `put_together`.

    Raises
    ------
    SceneError
        There is no such scene, or there are several that serve equally.
    """
    passes = put_together(scenes, area, context_px)
    named = [scene for scene in (*scenes, *passes) if scene.id == asked]
    if named:
        return named[0]
    if not scenes:
        raise SceneError(
            "The catalogue holds no scene yet: add some with 'camp-monitor scenes add'."
        )
    first, last = parse_acquired(asked)
    within = [
        scene
        for scene in passes
        if any(
            first <= one.acquired_from_at and one.acquired_to_at <= last
            for one in (scene.tiles or (scene,))
        )
    ]
    if not within:
        raise SceneError(
            f"The catalogue holds no {role} scene of {asked}; it has {_listed(scenes, area)}."
        )
    share = {scene.id: _share(scene, area) for scene in within}
    best = max(share.values())
    chosen = [scene for scene in within if share[scene.id] >= best - 0.01]
    if len(chosen) > 1:
        raise SceneError(
            f"{len(chosen)} scenes of {asked} serve equally as the {role} scene: name one of "
            f"{', '.join(scene.id for scene in chosen[:MOST_LISTED])} instead of the date."
        )
    return chosen[0]


def _share(scene: Scene, area: BaseGeometry) -> float:
    """Share of the area inside the scene's frame."""
    return float(scene.footprint.intersection(area).area / area.area) if area.area else 0.0


def _listed(scenes: Sequence[Scene], area: BaseGeometry) -> str:
    near = [scene for scene in scenes if scene.footprint.intersects(area)] or list(scenes)
    dates = [f"{scene.dates} ({scene.sensor})" for scene in near]
    more = f" and {len(dates) - MOST_LISTED} more" if len(dates) > MOST_LISTED else ""
    return ", ".join(dates[:MOST_LISTED]) + more
