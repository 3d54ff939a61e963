"""New roofs and new built-up ground in pixels under three metres."""

from __future__ import annotations

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.construction.built_up import find_built_up
from camp_monitor.detect.construction.method import FINE_UNDER_M, METHOD
from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.pixel_size import estimate_pixel_m
from camp_monitor.errors import Refusal
from camp_monitor.notes import Note, note
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.statistics import settled

ROOFS_UNDER_M = 1.15
"""Images of a nominal metre show roofs, where a house has some eighty pixels; fewer are a spot."""
DOUBTFUL_TIMES = 4.0
"""A stated pixel size that the scene contradicts by this factor is doubted."""


def detect_fine_construction(pair: Pair, structure_model: str = "default") -> Detection:
    """Find new roofs, where pixels can show them, and new built-up ground or earthworks.

    Parameters
    ----------
    pair : Pair
        Optical, pixels under `FINE_UNDER_M`; any bands and unit.
    structure_model : str
        ``default`` or a file of weights: as in the settings of a scan.

    Returns
    -------
    Detection
        Kind ``construction`` (roofs), in pixels under `ROOFS_UNDER_M` only, and kind ``built_up``.

    Raises
    ------
    Refusal
        Radar, or coarser pixels.
    """
    pixel_m = pair.pixel_m
    if pair.nature.radar or pixel_m >= FINE_UNDER_M:
        raise Refusal(Code.CONSTRUCTION_NEEDS_FINE_PIXELS, under_m=FINE_UNDER_M, pixel_m=pixel_m)
    built_up = find_built_up(pair, pixel_m)
    changes: tuple[Change, ...] = (built_up.change,)
    if pixel_m < ROOFS_UNDER_M:
        from camp_monitor.detect.construction.roofs import find_roofs

        roofs = find_roofs(pair, pixel_m, structure_model)
        changes = changes if roofs is None else (roofs, *changes)
    return Detection(
        METHOD,
        changes,
        pair.usable,
        {
            Measure.EDGES_IN_COMMON: built_up.agreement,
            Measure.COLOUR_WEIGHT: built_up.colour_weight,
        },
        _caveats(pair, changes),
    )


def _caveats(pair: Pair, changes: tuple[Change, ...]) -> tuple[Note, ...]:
    """Say what was not told apart, and doubt a pixel size that the scene contradicts."""
    said = []
    if all(change.kind != "construction" for change in changes):
        said.append(note(Code.ROOFS_UNTOLD))
    estimate = settled(
        pair.statistics, "pixel size", lambda: estimate_pixel_m(pair.before, pair.after)
    )
    times = max(estimate.pixel_m / pair.pixel_m, pair.pixel_m / estimate.pixel_m)
    if estimate.known and times > DOUBTFUL_TIMES:
        said.append(note(Code.PIXEL_SIZE_DOUBTFUL, edges_m=estimate.pixel_m, pixel_m=pair.pixel_m))
    return tuple(said)
