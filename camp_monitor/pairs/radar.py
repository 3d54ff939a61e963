"""Two radar scenes: how terrain and satellite displace them, and when they are not compared."""

from __future__ import annotations

import re

from camp_monitor.codes import Code
from camp_monitor.errors import Refusal
from camp_monitor.notes import Note, note
from camp_monitor.scenes.coregistration import Alignment
from camp_monitor.scenes.scene import Scene

MOST_APART_PX = 0.5
"""Two dates that heights displace differently by more than this need a shift that was measured."""
MOST_PLATFORM_SHIFT_PX = 6.0
"""Two satellites' products lie a few pixels apart; a longer shift is some other fault."""
UNKNOWN = "unknown"
"""Stands for a satellite that the item does not name."""

_SENTINEL_1 = re.compile(r"s(?:entinel)?[-_ ]?1[-_ ]?([a-d])(?![a-z0-9])", re.IGNORECASE)


def check_geocoding(before: Scene, after: Scene) -> None:
    """Refuse two radar scenes that were geocoded, or freed of noise, in different ways.

    Raises
    ------
    Refusal
    """
    first, second = before.geocoding, after.geocoding
    if first is None and second is None:
        return
    if first is None or second is None:
        ours, other = (before, after) if second is None else (after, before)
        raise Refusal(Code.OTHER_GEOCODING, scene=ours.id, other=other.id)
    if first.noise_subtracted != second.noise_subtracted:
        noisy = after if first.noise_subtracted else before
        raise Refusal(Code.OTHER_NOISE, scene=noisy.id)


def terrain_caveats(
    before: Scene, after: Scene, found: Alignment, pixel_m: float
) -> tuple[Note, ...]:
    """Say how far terrain displaces a pair, and refuse one that it displaces differently, unseen.

    Parameters
    ----------
    before, after : Scene
        Of one orbit; they passed `check_geocoding`.
    found : Alignment
        As measured before any correction.
    pixel_m : float
        Side of a pixel of the grid that it was measured on.

    Returns
    -------
    tuple of Note
        None where the provider corrected for terrain.

    Raises
    ------
    Refusal
        The scenes were geocoded at two heights, and the shift that this makes could not be
        measured.
    """
    first, second = before.geocoding, after.geocoding
    if first is None or second is None:
        return ()
    slope = (first.displaced_m_per_100_m + second.displaced_m_per_100_m) / 200
    apart_m = abs(first.height_m - second.height_m) * slope
    if apart_m <= MOST_APART_PX * pixel_m:
        remains = note(
            Code.TERRAIN_REMAINS, height_m=first.height_m, displaced_m_per_100_m=slope * 100
        )
        return (remains,)
    heights = {"before_height_m": first.height_m, "after_height_m": second.height_m}
    if not found.known:
        raise Refusal(
            Code.HEIGHTS_APART, before=before.id, after=after.id, displaced_m=apart_m, **heights
        )
    remains = note(
        Code.TERRAIN_REMAINS_APART, displaced_m_per_100_m=slope * 100, displaced_m=apart_m,
        shift_found_px=found.length_px, **heights,
    )  # fmt: skip
    return (remains,)


def platform_caveats(before: Scene, after: Scene, found: Alignment) -> tuple[Note, ...]:
    """Trust two radar scenes of different satellites only where their shift was measured.

    Terrain-corrected products of Sentinel-1A and 1C have been reported to lie a few pixels apart
    since 2025, and those of one satellite to have moved by two pixels in late 2024.

    Parameters
    ----------
    before, after : Scene
    found : Alignment
        As measured before any correction.

    Returns
    -------
    tuple of Note
        None for one satellite.

    Raises
    ------
    Refusal
        The satellites differ, or one is not known, and the shift could not be measured, or is
        longer than `MOST_PLATFORM_SHIFT_PX`.
    """
    first, second = platform_name(before), platform_name(after)
    if first == second != UNKNOWN:
        return ()
    platforms = {"before_platform": first, "after_platform": second}
    if not found.known:
        raise Refusal(
            Code.PLATFORM_SHIFT_UNKNOWN, before=before.id, after=after.id, **platforms,
            agreeing_groups=found.agreeing_groups, groups=found.groups,
        )  # fmt: skip
    if found.length_px > MOST_PLATFORM_SHIFT_PX:
        raise Refusal(
            Code.PLATFORM_SHIFT_LONG, before=before.id, after=after.id, **platforms,
            shift_found_px=found.length_px, most_px=MOST_PLATFORM_SHIFT_PX,
        )  # fmt: skip
    return (note(Code.OTHER_PLATFORM, shift_found_px=found.length_px, **platforms),)


def platform_name(scene: Scene) -> str:
    """Name the satellite, one word for one satellite: ``sentinel-1a`` of ``S1A``."""
    named = (scene.platform or "").strip()
    known = _SENTINEL_1.match(named)
    return f"sentinel-1{known[1].lower()}" if known else (named.casefold()[:40] or UNKNOWN)
