"""Construction in pixels of 3 to 12 m without short-wave infrared: structures, and change."""

from __future__ import annotations

import numpy as np

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.construction.changed_ground import weigh_change
from camp_monitor.detect.construction.method import METHOD
from camp_monitor.detect.construction.new_structures import LEAST_PX, find_structures
from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.structure import measure_structures, stretched
from camp_monitor.detect.water.banks import banks, wet_ground
from camp_monitor.notes import note
from camp_monitor.pairs.pair import Pair

STRUCTURES, GROUND = "structures", "changed ground"
"""How construction was found, and how change of unknown cause."""
LEAST_GROUND_PX = 8
STRUCTURE_EDGE_PX, GROUND_EDGE_PX = 0.8, 2.0


def detect_sites(pair: Pair) -> Detection:
    """Find new structures, and all other ground that changed.

    Change comes first: what the evidence of colours, edges and corners makes likelier changed than
    not (`weigh_change`).  Plain shapes with a new outline are construction (`find_structures`).
    All other change is kind ``other``: without short-wave infrared, bare soil and roofs have the
    same colours.  With near infrared it is `altered` ground instead: seasons of farmland are most
    of it there.

    Parameters
    ----------
    pair : Pair
        Optical, pixels of 3 to 12 m; any bands and unit.

    Returns
    -------
    Detection
        Kind ``construction``, and ``other`` or altered ground; together they are what changed, by
        whatever cause.

    Notes
    -----
    Cannot see: what is smaller than about three pixels, of the colour of its surroundings, or at
    water.  Kind ``construction`` takes vehicles, stacks and new shadows for structures; kind
    ``other`` holds ploughed and cleared ground, crops and demolition as well as works.
    """
    wet_before, wet_after = wet_ground(pair)
    ground = pair.usable & ~banks(wet_before | wet_after)
    before, after, stretch = measure_structures(pair.before.pixels, pair.after_matched, ground)
    colours = [stretched(pixels, stretch) for pixels in (pair.before.pixels, pair.after_matched)]
    structures, shape = find_structures(ground, before, after, colours, pair.pixel_m)
    weighed = weigh_change(pair, ground, before, after)
    changed = (weighed.evidence > 0) & ground
    strength = np.where(ground, np.exp(weighed.evidence), 0).astype(np.float32)
    changes: tuple[Change, ...] = (
        Change(
            kind="construction",
            changed=structures,
            strength=shape,
            edge_px=STRUCTURE_EDGE_PX,
            least_px=LEAST_PX,
            caveats=(note(Code.SMALL_THINGS),),
            way=STRUCTURES,
        ),
    )
    season_told = "nir" in pair.bands
    if not season_told:
        changes += (
            Change(
                kind="other",
                changed=changed & ~structures,
                strength=strength,
                edge_px=GROUND_EDGE_PX,
                least_px=LEAST_GROUND_PX,
                caveats=(note(Code.CAUSE_UNTOLD),),
                way=GROUND,
            ),
        )
    return Detection(
        METHOD,
        changes,
        ground | (pair.usable & wet_after),
        {
            Measure.CHANGED_FRACTION: float(changed[ground].mean()) if ground.any() else 0.0,
            Measure.EDGES_IN_COMMON: weighed.agreement,
            Measure.COLOUR_WEIGHT: weighed.colour_weight,
        },
        unseen=Code.AT_WATER,
        altered=changed | structures if season_told else None,
    )
