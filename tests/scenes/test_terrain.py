"""What is said and refused of radar scenes that were put onto the ground at one height."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.errors import Refusal
from camp_monitor.pairs.pair import Pair, check_comparable, make_pair
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.sar.terrain import Geocoding
from camp_monitor.scenes.scene import BandFile, Scene
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
    assert (
        "Terrain was not removed: ground above or below 350 m lies up to 128 m per 100 m from its "
        "place, alike on both dates."
    ) in paired(LEVEL, GROUND).caveats


def test_two_heights_are_trusted_only_where_their_shift_was_measured() -> None:
    higher = replace(LEVEL, height_m=400.0)
    pair = paired(higher, moved(GROUND, 0, 6.4))
    assert pair.shift_found.length_px == pytest.approx(6.4, abs=0.1)
    (said,) = (one for one in pair.caveats if "Terrain" in one)
    assert "below 350 and 400 m" in said
    assert "lie 64 m apart by it, of which the measured shift of 6.4 pixels is taken back" in said
    with pytest.raises(Refusal, match="350 and 400 m, which displaces them by 64 m"):
        paired(higher, -12 + 3 * texture(2))


@pytest.mark.parametrize(("height_m", "refused"), [(353.0, False), (355.0, True)])
def test_half_a_pixel_needs_no_measured_shift(height_m: float, refused: bool) -> None:
    geocoding, other = replace(LEVEL, height_m=height_m), -12 + 3 * texture(2)
    if refused:
        with pytest.raises(Refusal, match="could not be measured"):
            paired(geocoding, other)
    else:
        assert not paired(geocoding, other).shift_found.known


@pytest.mark.parametrize(
    ("geocoding", "said"),
    [
        (None, "BEFORE was put onto the ground at one height .* AFTER was not put there by this"),
        (replace(LEVEL, noise_subtracted=False), "noise was not subtracted from AFTER"),
    ],
)
def test_other_ways_onto_the_ground_are_refused(geocoding: Geocoding | None, said: str) -> None:
    after = replace(AFTER, geocoding=geocoding)
    with pytest.raises(Refusal, match=said):
        check_comparable(BEFORE, after)
