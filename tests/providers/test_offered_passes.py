"""Tiles of one pass that a catalogue offers are one look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import shapely

from camp_monitor.pairs.selection import Look
from camp_monitor.providers.item import RemoteBand, RemoteScene
from camp_monitor.providers.offered_passes import looks_of_passes
from camp_monitor.providers.search import Offer
from camp_monitor.scenes.acquisition import Acquisition
from tests.scenes.painted import make_scene

NOON = datetime(2016, 9, 5, 2, 17, tzinfo=UTC)
AREA = shapely.box(129.0, 42.0, 129.1, 42.1)
BAND = RemoteBand("red", "red", "https://127.0.0.1/red.tif", 1e-4, 0.0, 0)


def offer(name: str, west: float, east: float, seconds: float = 0, clear: float = 1.0) -> Offer:
    """A scene from `west` to `east`, as shares of the area, of which `clear` is clear."""
    at = NOON + timedelta(seconds=seconds)
    inside = min(east, 1) - max(west, 0)
    scene = RemoteScene(
        name, "s", "c", "sentinel-2", "reflectance", at, at,
        shapely.box(129.0 + west / 10, 41.0, 129.0 + east / 10, 43.0), (BAND,), BAND, None,
        "sentinel-2a", None, 3, None, None, None, None, "", "",
    )  # fmt: skip
    return Offer(scene, inside, clear * inside)


def joined(*offers: Offer, held: tuple[Look, ...] = ()) -> list[Look]:
    scenes = [make_scene(look.id, footprint=AREA.buffer(1)) for look in held]
    return looks_of_passes(held, scenes, {one.scene.id: one for one in offers}, AREA)


def test_tiles_are_one_look_and_what_adds_nothing_is_left_out() -> None:
    west, east = offer("west", -1, 0.4, 14, clear=0.5), offer("east", 0.35, 2)
    for order in ((west, east), (east, west)):
        [look] = joined(*order)
        assert (look.id, look.others) == ("east", ("west",))
        assert abs(look.inside_fraction - 1) < 1e-9
        assert look.clear_fraction is not None
        assert abs(look.clear_fraction - (0.65 + 0.35 * 0.5)) < 1e-9
    [look] = joined(west, offer("all", -1, 2))
    assert (look.id, look.others) == ("all", ())
    assert len(joined(west, offer("next-day", -1, 2, 86_400))) == 2


def test_the_newest_processing_is_fetched_and_none_of_what_is_held() -> None:
    named = "S2A_MSIL2A_20160905T021156_{}_R003_T52TDL"
    [look] = joined(*(offer(named.format(one), -1, 2) for one in ("N0500", "N0204")))
    assert (look.id, look.others) == (named.format("N0500"), ())
    own = Acquisition("sentinel-2", NOON, NOON, "sentinel-2a")
    held = Look("held", "sentinel-2", NOON, 1.0, 1.0, processing=look.processing, taken=own)
    assert joined(offer("tile", -1, 2, 14), held=(held,)) == [held]
