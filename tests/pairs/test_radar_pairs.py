"""What terrain and satellite do to two radar scenes, and when they are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.codes import Code
from camp_monitor.errors import Refusal
from camp_monitor.notes import Note, note
from camp_monitor.pairs.pair import Pair, check_comparable, make_pair
from camp_monitor.pairs.radar import platform_caveats
from camp_monitor.scenes.coregistration import Alignment
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.scene import BandFile, Geocoding, Scene
from tests.scenes.painted import grid, make_scene, moved, texture

LEVEL = Geocoding(350.0, 331.0, 38.0, 128.0, True)
RADAR: dict[str, Any] = {
    "sensor": "sentinel-1", "quantity": "sigma0_db", "relative_orbit": 54,
    "orbit_state": "ascending", "platform": "sentinel-1a", "geocoding": LEVEL,
    "bands": (BandFile("vv", Path("vv.tif"), 1, 1.0, 0.0, None),),
}  # fmt: skip
BEFORE = make_scene("BEFORE", "2016-08-20", **RADAR)
AFTER = make_scene("AFTER", "2016-09-01", **RADAR)
GROUND = -12 + 3 * texture(1)


def paired(geocoding: Geocoding, seen: NDArray[np.float64]) -> Pair:
    """Make a pair of `GROUND`, put to 350 m, and of what was seen on the other date."""
    pictures = {"BEFORE": GROUND, "AFTER": seen}

    def read(scene: Scene, where: GeoBox, shift_px: tuple[float, float]) -> Image:
        pixels = moved(pictures[scene.id], -shift_px[0], -shift_px[1])[None].astype(np.float32)
        return Image(pixels, ("vv",), "sigma0_db", np.zeros(where.shape, np.uint8), where)

    after = replace(AFTER, geocoding=geocoding)
    check_comparable(BEFORE, after)
    return make_pair(BEFORE, after, grid(), read, 0.75)


def test_terrain_that_was_not_removed_is_said() -> None:
    remains = note(Code.TERRAIN_REMAINS, height_m=350.0, displaced_m_per_100_m=128.0)
    assert remains in paired(LEVEL, GROUND).caveats


def test_two_heights_are_trusted_only_where_their_shift_was_measured() -> None:
    higher = replace(LEVEL, height_m=400.0)
    pair = paired(higher, moved(GROUND, 0, 6.4))
    assert pair.shift_found.length_px == pytest.approx(6.4, abs=0.1)
    heights = {"before_height_m": 350.0, "after_height_m": 400.0, "displaced_m": 64.0}
    remains = note(
        Code.TERRAIN_REMAINS_APART, **heights, displaced_m_per_100_m=128.0,
        shift_found_px=pair.shift_found.length_px,
    )  # fmt: skip
    assert remains in pair.caveats
    with pytest.raises(Refusal) as refusal:
        paired(higher, -12 + 3 * texture(2))
    expected = note(Code.HEIGHTS_APART, before="BEFORE", after="AFTER", **heights)
    assert refusal.value.note == expected


@pytest.mark.parametrize(("height_m", "refused"), [(353.0, False), (355.0, True)])
def test_half_a_pixel_needs_no_measured_shift(height_m: float, refused: bool) -> None:
    geocoding, other = replace(LEVEL, height_m=height_m), -12 + 3 * texture(2)
    if refused:
        with pytest.raises(Refusal) as refusal:
            paired(geocoding, other)
        assert refusal.value.note.code == Code.HEIGHTS_APART
    else:
        assert not paired(geocoding, other).shift_found.known


@pytest.mark.parametrize(
    ("geocoding", "expected"),
    [
        (None, note(Code.OTHER_GEOCODING, scene="BEFORE", other="AFTER")),
        (replace(LEVEL, noise_subtracted=False), note(Code.OTHER_NOISE, scene="AFTER")),
    ],
)
def test_other_ways_onto_the_ground_are_refused(
    geocoding: Geocoding | None, expected: Note
) -> None:
    after = replace(AFTER, geocoding=geocoding)
    with pytest.raises(Refusal) as refusal:
        check_comparable(BEFORE, after)
    assert refusal.value.note == expected


def flown(first: str | None, second: str | None) -> tuple[Scene, Scene]:
    return replace(BEFORE, platform=first), replace(AFTER, platform=second)


def aligned(length_px: float = 0.0, *, known: bool = True) -> Alignment:
    return Alignment(length_px, 0.0, 25, 8, 8 if known else 2, known=known)


@pytest.mark.parametrize(
    ("first", "second"),
    [("sentinel-1a", "S1A"), ("SENTINEL-1C", "sentinel-1c"), ("Sentinel-1 B", "s1b"),
     ("iceye-x9", "ICEYE-X9")],
)  # fmt: skip
def test_one_satellite_needs_no_measured_shift(first: str, second: str) -> None:
    assert platform_caveats(*flown(first, second), aligned(known=False)) == ()


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [("sentinel-1a", "sentinel-1c", ("sentinel-1a", "sentinel-1c")),
     ("sentinel-1b", "S1D", ("sentinel-1b", "sentinel-1d")),
     ("sentinel-1a", None, ("sentinel-1a", "unknown")),
     (None, None, ("unknown", "unknown"))],
)  # fmt: skip
def test_two_satellites_are_trusted_only_once_their_shift_was_measured(
    first: str | None, second: str | None, names: tuple[str, str]
) -> None:
    pair = flown(first, second)
    ids = {"before": "BEFORE", "after": "AFTER"}
    platforms = {"before_platform": names[0], "after_platform": names[1]}
    with pytest.raises(Refusal) as unknown:
        platform_caveats(*pair, aligned(known=False))
    assert unknown.value.note == note(
        Code.PLATFORM_SHIFT_UNKNOWN, **ids, **platforms, agreeing_groups=2, groups=8
    )
    with pytest.raises(Refusal) as far:
        platform_caveats(*pair, aligned(7.0))
    assert far.value.note == note(
        Code.PLATFORM_SHIFT_LONG, **ids, **platforms, shift_found_px=7.0, most_px=6.0
    )
    assert platform_caveats(*pair, aligned(2.3)) == (
        note(Code.OTHER_PLATFORM, **platforms, shift_found_px=2.3),
    )


def test_a_scene_of_unknown_offset_is_refused_with_what_is_known_of_it() -> None:
    notes = (note(Code.BASELINE_MISSING), note(Code.DARK_GROUND_MISSING))
    for given, why in (
        (notes, ("baseline_missing", "dark_ground_missing")),
        ((note(Code.AS_RECORDED, text="A sentence."),), ("as_recorded",)),
        ((), ("as_recorded",)),
    ):
        after = make_scene("AFTER", "2016-09-01", offset_kind="unknown", offset_notes=given)
        with pytest.raises(Refusal) as refusal:
            check_comparable(make_scene("BEFORE", "2016-08-20"), after)
        assert refusal.value.note == note(Code.OFFSET_UNKNOWN, scene="AFTER", why=why)
