"""From an interval to pairs of scenes in the catalogue: look, choose, fetch what is missing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import AwayError, RemoteError, SceneError
from camp_monitor.facilities import Outline
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.notes import Note
from camp_monitor.pairs.selection import (
    MOST_YEARS,
    SEASON_DAYS,
    Choice,
    ChosenPair,
    Look,
    choose_pairs,
    orbit_key,
    processing_key,
    season_before,
)
from camp_monitor.providers.fetch import catalogue_id, fetch_scene, find_order, most_bytes
from camp_monitor.providers.item import RemoteScene
from camp_monitor.providers.network import signing
from camp_monitor.providers.network.addresses import parse_address
from camp_monitor.providers.network.remote import Remote, Silences
from camp_monitor.providers.offered_passes import looks_of_passes
from camp_monitor.providers.search import Offer, clear_share, look_at_scenes, search_scenes
from camp_monitor.providers.sources import Source, find_source
from camp_monitor.scenes.acquisition import acquisition_of
from camp_monitor.scenes.opening import open_raster
from camp_monitor.scenes.passes import find_pass
from camp_monitor.scenes.reading import RESTORE
from camp_monitor.scenes.scene import BandFile, Scene
from camp_monitor.settings import Configuration, ScanSettings

MEGABYTE = 1_000_000
TOKEN_PATH = "/api/sas/v1"
"""Of the Planetary Computer's service that gives tokens, beside its catalogue."""


@dataclass(frozen=True)
class Place:
    """Where is looked.

    Parameters
    ----------
    outline, area : shapely geometry
        EPSG:4326; the area is the outline with what is searched round it.
    least_px : int
        Least side of a fetched window.
    """

    outline: BaseGeometry
    area: BaseGeometry
    least_px: int


@dataclass(frozen=True)
class Shop:
    """A catalogue on the network, and what may be taken from it.

    Parameters
    ----------
    remote : Remote
    source : Source
    sensors : tuple of str
    budget_mb : int
        The catalogue of the workspace is not made larger than this.
    workers : int
    """

    remote: Remote
    source: Source
    sensors: tuple[str, ...]
    budget_mb: int
    workers: int


@contextmanager
def open_shop(
    configuration: Configuration,
    clock: Callable[[], datetime],
    *,
    source: str | None = None,
    sensors: Sequence[str] = (),
    silences: Silences | None = None,
) -> Iterator[Shop]:
    """Open the catalogue that is named, or that the configuration names; nothing is asked yet.

    Parameters
    ----------
    configuration : Configuration
    clock : callable
        Returns the time now, in UTC; tells when a provider's token ends.
    source : str or None
        Instead of the configuration's.
    sensors : sequence of str
        Likewise, where there are any.
    silences : dict or None
        See `Remote`; of a run over many places, so that what is down is found out once.

    Raises
    ------
    WorkspaceError
        There is no such source.
    """
    settings = configuration.fetch
    found = find_source(source or settings.source, configuration.sources)
    with ExitStack() as stack:
        sign = _signer(found, clock, stack)
        remote = stack.enter_context(Remote(found.url, sign, hosts=found.hosts, silences=silences))
        wanted = tuple(sensors) or settings.sensors
        yield Shop(remote, found, wanted, settings.budget_mb, settings.workers)


def _signer(source: Source, clock: Callable[[], datetime], stack: ExitStack) -> signing.Sign:
    """Return what signs the addresses of a source."""
    if source.signing == "copernicus-s3":
        return signing.copernicus_s3()
    if source.signing == "planetary-computer":
        service = parse_address(source.url)
        base = source.url.removesuffix(service.path) + TOKEN_PATH
        keys = signing.planetary_tokens(signing.planetary_key(), base)
        tokens = stack.enter_context(Remote(base, keys, hosts=[service.host]))
        return signing.planetary_computer(tokens.get_json, clock, base)
    return signing.unsigned


def place_round(outline: Outline, settings: ScanSettings) -> Place:
    """Return where an outline is looked for: itself, and what is searched round it."""
    area = search_area(outline, settings.margin_m)
    return Place(outline.geometry, area, settings.context_px)


@dataclass(frozen=True)
class Plan:
    """What is to be compared, and what has to be fetched for it.

    Parameters
    ----------
    choice : Choice
    missing : tuple of Offer
        Scenes of the choice that the catalogue does not hold.
    most_bytes : int
        Size of what is missing, at most, about.
    left_out : tuple of Note
        Why items of the source could not be used.
    away : tuple of AwayError
        What kept quality bands from being read now: their scenes are still to be looked at.
    """

    choice: Choice
    missing: tuple[Offer, ...]
    most_bytes: int
    left_out: tuple[Note, ...]
    away: tuple[AwayError, ...] = ()


def plan(
    scenes: Sequence[Scene],
    place: Place,
    interval: tuple[datetime, datetime],
    shop: Shop | None,
    *,
    least_clear: float,
    sensors: Sequence[str] = (),
    progress: Callable[[int], Callable[[], None]] = lambda _: lambda: None,
) -> Plan:
    """Look at what there is of an interval, here and at the source, and choose pairs.

    Scenes before the interval serve as before scenes: all that the catalogue holds of a place, and
    at the source those of the same season a year earlier, where the catalogue has none.

    Parameters
    ----------
    scenes : sequence of Scene
        What the catalogue of the workspace holds, put together by `put_together`.
    place : Place
    interval : (datetime, datetime)
    shop : Shop or None
        None to use only what the catalogue holds.
    least_clear : float
        See `choose_pairs`.
    sensors : sequence of str
        Only these of the catalogue's scenes, where there are any; a shop's own go before.
    progress : callable
        Given how many quality bands are read, returns what is called after each.
    """
    wanted = shop.sensors if shop is not None else sensors
    local = [
        scene
        for scene in scenes
        if _may_serve(scene, place, interval) and (not wanted or scene.sensor in wanted)
    ]
    held = {tile.id for scene in local for tile in (scene.tiles or (scene,))}
    looks = [look_at_local(scene, place.outline) for scene in local]
    offers: dict[str, Offer] = {}
    left_out: tuple[Note, ...] = ()
    if shop is not None:
        new = []
        for when in _searched(interval, looks):
            found = search_scenes(shop.remote, shop.source, place.outline, when, shop.sensors)
            left_out += found.left_out
            new += [
                scene
                for scene in found.scenes
                if catalogue_id(scene.id, place.area, place.least_px) not in held
            ]
        done = progress(len(new))
        for offer in look_at_scenes(
            shop.remote, new, place.outline, workers=shop.workers, progress=done
        ):
            offers[offer.scene.id] = offer
    choice = choose_pairs(looks_of_passes(looks, local, offers, place.area), least_clear, interval)
    used = dict.fromkeys(
        name
        for pair in choice.pairs
        for look in (pair.before, pair.after)
        for name in (look.id, *look.others)
    )
    missing = tuple(offers[name] for name in used if name in offers)
    size = sum(most_bytes(offer.scene, place.area, place.least_px) for offer in missing)
    away = tuple(offer.away for offer in offers.values() if offer.away is not None)
    return Plan(choice, missing, size, left_out, away)


def fetch_offers(
    folder: Path,
    place: Place,
    offers: Sequence[Offer],
    shop: Shop,
    progress: Callable[[], None] = lambda: None,
    note: Callable[[Scene], None] = lambda _: None,
) -> dict[str, str]:
    """Fetch scenes into the catalogue; return their ids there by their ids at the source.

    `note` is called with each scene that was added, for a record of when that was.

    Raises
    ------
    SceneError
        The budget would be exceeded: nothing is fetched.
    RemoteError
        A scene cannot be fetched; those before it are kept.
    """
    check_budget(folder, sum(most_bytes(one.scene, place.area, place.least_px) for one in offers),
                 shop.budget_mb)  # fmt: skip
    fetched = {}
    for offer in offers:
        order = find_order(shop.remote, shop.source, offer.scene.id, place.area, place.least_px)
        if not _is_same(order.scene, offer.scene):
            raise RemoteError(
                f"{shop.source.title} describes {offer.scene.id} otherwise than a moment ago, when "
                f"it was chosen: run it again."
            )
        scene, added = fetch_scene(
            folder, shop.remote, order, workers=shop.workers, progress=progress
        )
        if added:
            note(scene)
        fetched[offer.scene.id] = scene.id
    return fetched


def check_budget(folder: Path, more_bytes: int, budget_mb: int) -> None:
    """Refuse to fetch more than the budget leaves."""
    held = _held_bytes(folder)
    if held + more_bytes > budget_mb * MEGABYTE:
        raise SceneError(
            f"The catalogue {folder} holds {held / MEGABYTE:.0f} MB, up to "
            f"{more_bytes / MEGABYTE:.0f} MB more are asked for, and the budget is {budget_mb} MB: "
            f"raise budget_mb in [fetch] of camp-monitor.toml, or ask for a shorter interval."
        )


def _held_bytes(folder: Path) -> int:
    """Size of all files in a folder; what another process takes away meanwhile is not counted."""
    held = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                held += Path(parent, name).lstat().st_size
    return held


def _is_same(scene: RemoteScene, offered: RemoteScene) -> bool:
    """Tell whether two readings of an item are of one acquisition and processing."""
    parts = ("collection", "acquired_from_at", "acquired_to_at", "bands", "quality", "offset_state")
    return all(getattr(scene, part) == getattr(offered, part) for part in parts)


def in_catalogue(
    pairs: Iterable[ChosenPair],
    fetched: dict[str, str],
    scenes: Sequence[Scene],
    passes: Sequence[Scene],
) -> list[tuple[Scene, Scene, Note]]:
    """Return before, after and reason of each pair, each as the pass that the catalogue holds.

    Parameters
    ----------
    pairs : iterable of ChosenPair
    fetched : dict of str to str
        As `fetch_offers` returned it.
    scenes : sequence of Scene
        All that looks or `fetched` may name.
    passes : sequence of Scene
        All of the catalogue, put together.
    """
    named = {scene.id: scene for scene in scenes}

    def of(look: Look) -> Scene:
        return find_pass(passes, named[fetched.get(look.id, look.id)])

    return [(of(pair.before), of(pair.after), pair.why) for pair in pairs]


def look_at_local(scene: Scene, outline: BaseGeometry) -> Look:
    """Say what of an outline a scene of the catalogue shows."""
    inside = float(scene.footprint.intersection(outline).area / outline.area)
    clear = _clear_shares(scene, outline)
    radar = scene.nature.radar
    return Look(
        id=scene.id,
        sensor=scene.sensor,
        acquired_at=scene.acquired_from_at,
        inside_fraction=inside,
        clear_fraction=clear,
        orbit=orbit_key(scene.relative_orbit, scene.orbit_state) if radar else "",
        processing=processing_key(
            scene.quantity, scene.band_names, in_radar_geometry=scene.geocoding is not None
        ),
        taken=acquisition_of(scene),
    )


def _clear_shares(scene: Scene, outline: BaseGeometry) -> float | None:
    """Share of an outline that is clear in a scene; each of its tiles counts where it is first."""
    if scene.quality is None:
        return None
    clear, open_part = 0.0, outline
    for tile in scene.tiles or (scene,):
        inside = tile.footprint.intersection(outline).area
        new = tile.footprint.intersection(open_part).area
        if tile.quality is not None and inside:
            clear += _clear_share(tile.quality, outline) * (new / inside)
        open_part = open_part.difference(tile.footprint)
    return clear


@lru_cache(maxsize=100_000)
def _clear_share(quality: BandFile, outline: BaseGeometry) -> float:
    """Read a quality band once, however often a long run asks."""
    with open_raster(quality.path, RESTORE) as source:
        return clear_share(source, quality.name, outline, quality.index)


def _may_serve(scene: Scene, place: Place, interval: tuple[datetime, datetime]) -> bool:
    """Whether a scene shows the place, in the interval or in the years before it."""
    earliest = interval[0] - timedelta(days=366 * MOST_YEARS + SEASON_DAYS)
    within = earliest <= scene.acquired_from_at and scene.acquired_to_at <= interval[1]
    return within and scene.footprint.intersects(place.outline)


def _searched(
    interval: tuple[datetime, datetime], looks: Iterable[Look]
) -> list[tuple[datetime, datetime]]:
    """Say when is asked for at the source: the interval, and a year before what is not held."""
    first, last = season_before(interval)
    held = any(first <= look.acquired_at <= last for look in looks)
    return [interval] if held else [(first, last), interval]
