"""New construction: which way of looking suits a pair."""

from __future__ import annotations

from camp_monitor.codes import Code
from camp_monitor.detect.construction.method import FINE_UNDER_M, STRUCTURE_UP_TO_M
from camp_monitor.detect.detection import Detection
from camp_monitor.errors import Refusal
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.sensors import Unit


def detect_construction(pair: Pair, structure_model: str = "default") -> Detection:
    """Find ground on which something was built, in the way that suits bands and pixels.

    Parameters
    ----------
    pair : Pair
    structure_model : str
        ``default`` or a file of weights, for the finest pixels: as in the settings of a scan.

    Returns
    -------
    Detection
        Kind ``construction``; some ways add ``built_up`` or ``other``.

    Raises
    ------
    Refusal
        Bands and pixels that cannot show a building, nearly everything changed, or one date is
        optical and the other one radar.
    """
    if pair.mixed:
        raise Refusal(
            Code.NEEDS_ONE_SENSOR, before_bands=pair.before.bands, after_bands=pair.after.bands
        )
    if pair.nature.radar:
        from camp_monitor.detect.construction.radar import detect_radar_construction

        return detect_radar_construction(pair)
    if {"swir1", "nir", "red"} <= set(pair.bands):
        from camp_monitor.detect.construction.multiband import detect_by_colours

        return detect_by_colours(pair)
    if pair.pixel_m < FINE_UNDER_M:
        from camp_monitor.detect.construction.fine import detect_fine_construction

        return detect_fine_construction(pair, structure_model)
    if pair.pixel_m <= STRUCTURE_UP_TO_M:
        from camp_monitor.detect.construction.sites import detect_sites

        return detect_sites(pair)
    if pair.nature.unit is not Unit.REFLECTANCE and len(pair.bands) >= 3:
        from camp_monitor.detect.construction.multiband import detect_by_colours

        return detect_by_colours(pair)
    raise Refusal(
        Code.CONSTRUCTION_NEEDS_BANDS, bands=pair.bands, pixel_m=pair.pixel_m,
        most_m=STRUCTURE_UP_TO_M,
    )  # fmt: skip
