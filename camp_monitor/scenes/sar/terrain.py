"""What terrain does to radar scenes that this program itself put onto the ground."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from camp_monitor.errors import NotComparableError
from camp_monitor.scenes.coregistration import Alignment

MOST_APART_PX = 0.5
"""Two dates that heights displace differently by more than this need a shift that was measured."""


@dataclass(frozen=True)
class Geocoding:
    """How a radar scene was brought from its own geometry onto the ground, see `geocoding`.

    Parameters
    ----------
    height_m : float
        Ground at this height above the ellipsoid lies in its place.
    control_height_m : float
        Height that the file's own control points have there.
    incidence_deg : float
        Angle between the ray and the vertical.
    displaced_m_per_100_m : float
        How far ground that is 100 m higher lies from its place, towards the radar.
    noise_subtracted : bool
        Whether the receiver's own noise was taken off.

    Raises
    ------
    ValueError
        A number is none, or not finite.
    """

    height_m: float
    control_height_m: float
    incidence_deg: float
    displaced_m_per_100_m: float
    noise_subtracted: bool

    def __post_init__(self) -> None:
        numbers = (
            self.height_m, self.control_height_m, self.incidence_deg, self.displaced_m_per_100_m,
        )  # fmt: skip
        right = all(isinstance(n, (int, float)) and math.isfinite(n) for n in numbers)
        if not right or not isinstance(self.noise_subtracted, bool):
            raise ValueError("camp_monitor:geocoding holds what is no number")


class Placed(Protocol):
    """What is asked of a scene here."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def geocoding(self) -> Geocoding | None:
        """None for a scene that its provider put onto the ground."""


def check_geocoding(before: Placed, after: Placed) -> None:
    """Refuse two radar scenes that were put onto the ground, or freed of noise, in different ways.

    Raises
    ------
    NotComparableError
    """
    first, second = before.geocoding, after.geocoding
    if first is None and second is None:
        return
    if first is None or second is None:
        ours, other = (before, after) if second is None else (after, before)
        raise NotComparableError(
            f"{ours.id} was put onto the ground at one height for all of it and {other.id} was not "
            f"put there by this program: terrain displaces them differently; fetch both."
        )
    if first.noise_subtracted != second.noise_subtracted:
        noisy = after if first.noise_subtracted else before
        raise NotComparableError(
            f"The receiver's noise was not subtracted from {noisy.id} and was from the other, so "
            f"that calm water differs between them: choose another scene."
        )


def terrain_caveats(
    before: Placed, after: Placed, found: Alignment, pixel_m: float
) -> tuple[str, ...]:
    """Say how far terrain displaces a pair, and refuse one that it displaces differently, unseen.

    Parameters
    ----------
    before, after : Placed
        Two scenes of one orbit that passed `check_geocoding`.
    found : Alignment
        As measured before any correction.
    pixel_m : float
        Side of a pixel of the grid that it was measured on.

    Returns
    -------
    tuple of str
        Sentences for the pair's caveats; none where the provider removed the terrain.

    Raises
    ------
    NotComparableError
        The scenes were put to two heights, and the shift that this makes could not be measured.
    """
    first, second = before.geocoding, after.geocoding
    if first is None or second is None:
        return ()
    slope = (first.displaced_m_per_100_m + second.displaced_m_per_100_m) / 200
    apart_m = abs(first.height_m - second.height_m) * slope
    heights = f"{first.height_m:.0f} and {second.height_m:.0f} m"
    if apart_m > MOST_APART_PX * pixel_m:
        if not found.known:
            raise NotComparableError(
                f"{before.id} and {after.id} were put onto the ground at the heights {heights}, "
                f"which displaces them by {apart_m:.0f} m against each other, and the shift "
                f"between them could not be measured: use two other dates."
            )
        return (
            f"Terrain was not removed: ground above or below {heights} (two dates, two heights) "
            f"lies up to {slope * 100:.0f} m per 100 m from its place, and the dates lie "
            f"{apart_m:.0f} m apart by it, of which the measured shift of {found.length_px:.1f} "
            f"pixels is taken back.",
        )
    return (
        f"Terrain was not removed: ground above or below {first.height_m:.0f} m lies up to "
        f"{slope * 100:.0f} m per 100 m from its place, alike on both dates.",
    )
