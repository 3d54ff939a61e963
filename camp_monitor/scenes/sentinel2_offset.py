"""Sentinel-2's offset: whether 1000 lies in the numbers, by the item's word and by the pixels.

From processing baseline 04.00 (25 January 2022) on, ESA adds 1000 to every number of a Level-2A
product (``BOA_ADD_OFFSET`` -1000), so that reflectances down to -0.1 can be stored.  Some
catalogues take the 1000 off again, and their items do not always say so truly.  The date of the
image tells nothing, since old dates are processed again with new baselines.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.errors import SceneError
from camp_monitor.notes import Note, note
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
    notes : tuple of Note
        What the item and the pixels show, in this order.
    evidence : str
        ``baseline``: ESA's own numbers by their processing baseline; ``flag``: a provider's word
        that is known to be wrong at times, not to be relied on until `check_offset` agrees;
        ``pixels``: dark targets were looked at and settle it; ``nothing`` where `kind` is unknown.
    baseline : str or None
        The processing baseline, as ``05.11``; None where the item names none, or two.

    Raises
    ------
    SceneError
        No such kind or evidence, or they do not fit each other.
    """

    kind: str
    notes: tuple[Note, ...]
    evidence: str = "nothing"
    baseline: str | None = None

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
    flags = {key: properties[key] for key in FLAG_KEYS if properties.get(key) is not None}
    if len(sides) > 1:
        names = tuple(sorted(sides.values()))
        return OffsetState("unknown", (note(Code.BASELINES_DISAGREE, baselines=names),))
    shifted, baseline = next(iter(sides.items()), (None, None))
    if any(not isinstance(value, bool) for value in flags.values()) or len({*flags.values()}) > 1:
        disagree = note(Code.OFFSET_FLAGS_DISAGREE, flags=tuple(sorted(flags)))
        return OffsetState("unknown", (disagree,), baseline=baseline)
    listed = _listed(asset_offset)
    if listed == "odd":
        return OffsetState("unknown", (note(Code.OFFSET_LISTED_OTHER),), baseline=baseline)
    applied = next(iter(flags.values()), None)
    if baseline is None or shifted is None:
        return _without_baseline(baseline, applied is True, listed)
    if not shifted:
        return _before_the_shift(baseline, applied is True, listed)
    altered = bool(flags) or any(key.startswith(ALTERING) for key in properties)
    return _after_the_shift(baseline, applied, listed, altered)


def _without_baseline(baseline: str | None, applied: bool, listed: str | None) -> OffsetState:
    silent = note(Code.BASELINE_MISSING)
    if baseline is not None:
        silent = note(Code.BASELINE_INCONCLUSIVE, baseline=baseline)
    if applied:
        flagged = note(Code.OFFSET_FLAGGED_SUBTRACTED)
        return OffsetState("subtracted", (silent, flagged), "flag", baseline)
    if listed == "shift":
        return OffsetState("to_subtract", (silent, note(Code.OFFSET_LISTED)), "flag", baseline)
    return OffsetState("unknown", (silent,), baseline=baseline)


def _before_the_shift(baseline: str, applied: bool, listed: str | None) -> OffsetState:
    unshifted = note(Code.BASELINE_WITHOUT_OFFSET, baseline=baseline)
    if applied or listed == "shift":
        other = note(Code.OFFSET_FLAGGED_SUBTRACTED if applied else Code.OFFSET_LISTED)
        return OffsetState("unknown", (unshifted, other), baseline=baseline)
    return OffsetState("none", (unshifted,), "baseline", baseline)


def _after_the_shift(
    baseline: str, applied: object, listed: str | None, altered: bool
) -> OffsetState:
    shifted = note(Code.BASELINE_WITH_OFFSET, baseline=baseline)
    if applied is True:
        flagged = note(Code.OFFSET_FLAGGED_SUBTRACTED)
        return OffsetState("subtracted", (shifted, flagged), "flag", baseline)
    if listed == "zero":
        return OffsetState("unknown", (shifted, note(Code.OFFSET_LISTED_ZERO)), baseline=baseline)
    if applied is False:
        flagged = note(Code.OFFSET_FLAGGED_PRESENT)
        return OffsetState("to_subtract", (shifted, flagged), "flag", baseline)
    return OffsetState("to_subtract", (shifted,), "flag" if altered else "baseline", baseline)


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
    notes = (*state.notes, seen)
    unknown = replace(state, kind="unknown", notes=notes, evidence="nothing")
    if verdict == "nothing":
        return unknown if state.evidence == "flag" else replace(state, notes=notes)
    if verdict == "odd":
        return unknown
    agrees = state.kind != "unknown" and (verdict == "shifted") == (state.kind == "to_subtract")
    if agrees:
        return replace(state, notes=notes, evidence="pixels")
    if not sure:
        return replace(unknown, notes=(*notes, note(Code.OFFSET_UNSETTLED)))
    removed = "subtracted" if state.kind == "to_subtract" else "none"
    return replace(
        state,
        kind="to_subtract" if verdict == "shifted" else removed,
        notes=(*notes, note(Code.OFFSET_FROM_PIXELS)),
        evidence="pixels",
    )
