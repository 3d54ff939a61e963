"""Sentinel-2's offset: whether 1000 lies in the numbers, by the item's word and by the pixels.

From processing baseline 04.00 (25 January 2022) on, ESA adds 1000 to every number of a Level-2A
product (``BOA_ADD_OFFSET`` -1000), so that reflectances down to -0.1 can be stored.  Some
catalogues take the 1000 off again, and their items do not always say so truly.  The date of the
image tells nothing, since old dates are processed again with new baselines.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.errors import SceneError
from camp_monitor.scenes.dark_ground import SHIFT, judge

SHIFT_REFLECTANCE = -0.1
"""The offset that undoes `SHIFT`, at the scale of 0.0001."""
OFFSETS: dict[str, float | None] = {
    "none": 0.0, "to_subtract": SHIFT_REFLECTANCE, "subtracted": 0.0, "unknown": None,
}  # fmt: skip
"""The offset that each kind of state calls for, in reflectance."""
EVIDENCE = ("baseline", "flag", "pixels", "nothing")

FIRST_MAJOR_WITH_SHIFT, LAST_MAJOR = 4, 98
"""Baseline 99.99 marks products that a user made with Sen2Cor, of any version."""
BASELINE_KEYS = ("s2:processing_baseline", "sentinel:processing_baseline", "processing:version")
PRODUCT_KEYS = ("s2:product_uri", "sentinel:product_id", "id", "title")
"""Where a product's name may stand, such as ``S2A_MSIL2A_20220801T105631_N0400_R094_...``."""
FLAG_KEYS = ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
ALTERING = ("earthsearch:", "sentinel:")
"""Properties of a provider that takes the 1000 off some products and leaves it on others."""
_PRODUCT = re.compile(r"S2[A-D]_MSIL2A_\d{8}T\d{6}_N(\d\d)(\d\d)_", re.ASCII)


@dataclass(frozen=True)
class OffsetState:
    """Whether a Sentinel-2 scene's numbers hold the shift of 1000, and how that is known.

    Parameters
    ----------
    kind : str
        ``none``: not shifted (a baseline before 04.00, or the pixels show it and no item says that
        they ever were); ``to_subtract``: shifted, and still so in the pixels; ``subtracted``: the
        provider has taken it off; ``unknown``: the scene must not be compared.
    reason : str
        One sentence.
    evidence : str
        ``baseline``: ESA's own numbers by their processing baseline; ``flag``: a provider's word
        that is known to be wrong at times, not to be relied on until `check_offset` agrees;
        ``pixels``: dark targets were looked at and settle it; ``nothing`` where `kind` is unknown.

    Raises
    ------
    SceneError
        No such kind or evidence, or they do not fit each other.
    """

    kind: str
    reason: str
    evidence: str = "nothing"

    def __post_init__(self) -> None:
        fits = (self.kind == "unknown") == (self.evidence == "nothing")
        if self.kind not in OFFSETS or self.evidence not in EVIDENCE or not fits:
            raise SceneError(
                f"An offset cannot be {self.kind!r} by {self.evidence!r}: use one of "
                f"{', '.join(OFFSETS)} by one of {', '.join(EVIDENCE)}."
            )

    @property
    def offset(self) -> float | None:
        """Reflectance = number * 0.0001 + this; None where it is unknown."""
        return OFFSETS[self.kind]

    @property
    def settled(self) -> bool:
        """True where the scene may be compared: known, and not by a provider's word alone."""
        return self.evidence in ("baseline", "pixels")


def offset_from_item(properties: Mapping[str, object], asset_offset: float | None) -> OffsetState:
    """Read what a provider's item says of the offset; `check_offset` asks the pixels.

    A Planetary Computer item of baseline 05.11 gives ``to_subtract``; an Earth Search item of the
    same baseline with ``earthsearch:boa_offset_applied`` true gives ``subtracted``, even though its
    ``raster:bands`` still say -0.1, as they always do.

    Parameters
    ----------
    properties : mapping
        The item's properties.  The item's own id, where it names the product, goes under ``id``.
    asset_offset : float or None
        ``offset`` of the asset's ``raster:bands``, in reflectance (-0.1) or numbers (-1000).

    Returns
    -------
    OffsetState
        ``unknown`` where the item is silent or contradicts itself.  The date is never used.
    """
    sides = {_shifted(name): name for name in _baselines(properties)}
    said = {key: properties[key] for key in FLAG_KEYS if properties.get(key) is not None}
    if len(sides) > 1:
        return OffsetState("unknown", f"The item names two baselines, {_and(sides.values())}.")
    if any(not isinstance(value, bool) for value in said.values()) or len({*said.values()}) > 1:
        values = _and(f"{key} {str(value)[:20]!r}" for key, value in said.items())
        return OffsetState("unknown", f"The item's flags about the offset do not agree: {values}.")
    listed = _listed(asset_offset)
    if listed == "odd":
        reason = f"The item lists an offset of {asset_offset:g}, which is neither 0 nor -0.1."
        return OffsetState("unknown", reason)
    shifted, name = next(iter(sides.items()), (None, ""))
    applied = next(iter(said.values()), None)
    if shifted is None:
        return _without_baseline(name, applied is True, listed)
    if not shifted:
        return _before_the_shift(name, applied is True, listed)
    altered = bool(said) or any(key.startswith(ALTERING) for key in properties)
    return _after_the_shift(name, applied, listed, altered)


def _without_baseline(name: str, applied: bool, listed: str | None) -> OffsetState:
    told = f"The baseline {name} says nothing" if name else "The item names no processing baseline"
    if applied:
        return OffsetState("subtracted", f"{told}; its flag says that 1000 was taken off.", "flag")
    if listed == "shift":
        return OffsetState("to_subtract", f"{told}; its bands list an offset of -0.1.", "flag")
    return OffsetState("unknown", f"{told}, and nothing else in the item settles the offset.")


def _before_the_shift(name: str, applied: bool, listed: str | None) -> OffsetState:
    if applied or listed == "shift":
        other = "its flag says that 1000 was taken off" if applied else "its bands list -0.1"
        return OffsetState("unknown", f"Baseline {name} adds no 1000, but {other}.")
    return OffsetState("none", f"Baseline {name} adds no 1000 to the numbers.", "baseline")


def _after_the_shift(name: str, applied: object, listed: str | None, altered: bool) -> OffsetState:
    added = f"Baseline {name} adds 1000 to the numbers"
    if applied is True:
        return OffsetState("subtracted", f"{added}, and the item's flag says it is off.", "flag")
    if listed == "zero":
        return OffsetState("unknown", f"{added}, but the item's bands list an offset of 0.")
    if applied is False:
        return OffsetState("to_subtract", f"{added}, and the item's flag says it is on.", "flag")
    return OffsetState("to_subtract", f"{added}.", "flag" if altered else "baseline")


def _baselines(properties: Mapping[str, object]) -> list[str]:
    """Every baseline that an item names, as ``05.11``."""
    found = []
    for key in BASELINE_KEYS:
        value = properties.get(key)
        if isinstance(value, str) and re.fullmatch(r"\d\d\.\d\d", value, re.ASCII):
            found.append(value)
    for key in PRODUCT_KEYS:
        value = properties.get(key)
        if isinstance(value, str) and (product := _PRODUCT.match(value[:200])):
            found.append(f"{product[1]}.{product[2]}")
    return found


def _shifted(baseline: str) -> bool | None:
    """Tell whether a baseline adds the shift; None where it does not say."""
    major = int(baseline[:2])
    return None if major > LAST_MAJOR else major >= FIRST_MAJOR_WITH_SHIFT


def _listed(offset: float | None) -> str | None:
    if offset is None:
        return None
    if offset == 0:
        return "zero"
    known = any(math.isclose(offset, value, rel_tol=1e-6) for value in (SHIFT_REFLECTANCE, -SHIFT))
    return "shift" if known else "odd"


def _and(parts: Iterable[str]) -> str:
    return " and ".join(sorted(parts))


def check_offset(
    state: OffsetState,
    numbers: NDArray[np.integer],
    names: tuple[str, ...],
    flags: NDArray[np.uint8],
) -> OffsetState:
    """Confirm, correct or refuse an offset by the dark targets in the pixels.

    An item that says ``to_subtract`` over a forest whose red lies at 250 comes back as
    ``subtracted``: with the shift, no forest is that dark.

    Parameters
    ----------
    state : OffsetState
        From `offset_from_item`.
    numbers : ndarray
        Integers, (band, row, col), as stored; 0 is no data.
    names : tuple of str
        Standard names of the bands, ``blue`` to ``swir2``; others are not looked at.
    flags : ndarray
        uint8, (row, col), bits of `Quality`; only pixels without any are looked at.

    Returns
    -------
    OffsetState
        With evidence ``pixels`` where they settle it.  Where they show nothing, a state by
        baseline is returned as it is, and one by a provider's flag becomes ``unknown``; where they
        contradict without settling it, every state does.

    Raises
    ------
    SceneError
        The shapes do not fit together.

    Notes
    -----
    Dark ground settles it: closed plants reflect 0.01-0.05 in blue and red, water under 0.02 in
    the short-wave infrared, shadow little anywhere.  Atmospheric corrections err by 0.01 (standard
    deviation [1]_), so two bands below -0.03 (-0.05 to correct an item) on a hundredth of the
    window cannot be: such numbers are not shifted.  Shifted ones are proven by closed plants at
    levels that only shifted ones have, in clear air; both are told by differences of bands, which
    no offset changes (near infrared above red; blue, red and 2.2 um to each other).

    Cannot see: anything in windows of snow, sand, cloud or thick haze; a shift without closed
    plants, or without the band ``swir2`` (a veil of thin cloud looks like it in the others); a
    shift of the near infrared or ``swir1`` alone; whether unshifted numbers never were shifted or
    were put right, where the item does not say; a correction that errs by 0.03 in two bands; bands
    treated differently where snow lies under trees, since both lift red above 2.2 um.

    References
    ----------
    .. [1] O. Hagolle, "Can surface reflectance be negative?", CESBIO, www.cesbio.cnrs.fr/multitemp.
    """
    if numbers.ndim != 3 or numbers.shape != (len(names), *flags.shape):
        raise SceneError(
            f"The offset is checked on {len(names)} bands with flags of shape {flags.shape}, but "
            f"the numbers have shape {numbers.shape}."
        )
    verdict, sure, seen = judge(numbers, names, flags)
    said = state.reason.removesuffix(".")
    if verdict == "nothing":
        if state.evidence == "flag":
            return OffsetState("unknown", f"{said}, which cannot be checked, because {seen}.")
        return OffsetState(state.kind, f"{said}; unchecked, because {seen}.", state.evidence)
    if verdict == "odd":
        return OffsetState("unknown", f"{said}, but {seen}.")
    agrees = state.kind != "unknown" and (verdict == "shifted") == (state.kind == "to_subtract")
    if agrees:
        return OffsetState(state.kind, f"{said}, and the pixels agree: {seen}.", "pixels")
    if not sure:
        reason = f"{said}, but {seen}, which hints otherwise and does not settle it."
        return OffsetState("unknown", reason)
    shown = "in them" if verdict == "shifted" else "not in them"
    removed = "subtracted" if state.kind == "to_subtract" else "none"
    kind = "to_subtract" if verdict == "shifted" else removed
    return OffsetState(kind, f"{said}, but the pixels show that 1000 is {shown}: {seen}.", "pixels")
