"""Work on large images by blocks: where a block ends, and on which machine, has no influence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from camp_monitor.detect.construction import new_structures
from camp_monitor.detect.construction.sites import detect_sites
from camp_monitor.detect.regions import outline_regions
from camp_monitor.detect.water.flooding import detect_flooding
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes import blocks
from camp_monitor.scenes.image import Image
from tests.painted_pair import BANDS, GRID, _after, _before


@pytest.mark.parametrize("side_px", [7, 40, 1000])
def test_a_filter_by_blocks_gives_the_bytes_of_the_whole(
    side_px: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = np.random.default_rng(1).normal(size=(2, 83, 131)).astype(np.float32)
    whole = ndimage.gaussian_filter(image, (0, 1.5, 1.5))
    monkeypatch.setattr(blocks, "ONE_BLOCK_PX", 0)
    monkeypatch.setattr(blocks, "BLOCK_PX", side_px)
    parted = blocks.by_blocks(
        lambda part: ndimage.gaussian_filter(part, (0, 1.5, 1.5)), image, halo_px=6
    )
    assert parted.tobytes() == whole.tobytes()


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_evenly_spread_pixels_do_not_hang_on_how_many_are_looked_at_together(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = np.random.default_rng(2).random((90, 110)) < share
    monkeypatch.setattr(blocks, "RUN_PX", 501)
    every = np.flatnonzero(where)
    for most in (1, 70, 100_000):
        expected = every[:: max(1, every.size // most)]
        assert (blocks.spread_out(where, most) == expected).all()


@pytest.mark.parametrize("threads", ["1", "3"])
def test_one_block_and_many_find_the_same_regions(
    threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The law of blocks: byte for byte, of both questions."""
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    found = []
    for side_px in (None, 64, 150):
        if side_px:
            monkeypatch.setattr(blocks, "ONE_BLOCK_PX", 0)
            monkeypatch.setattr(blocks, "BLOCK_PX", side_px)
            monkeypatch.setattr(new_structures, "FLOODED_PX", side_px)
        found.append(_told(_painted()))
    assert found[0] == found[1] == found[2]
    assert found[0][0]


def _painted() -> Pair:
    flags = np.zeros(GRID.shape, np.uint8)
    flags[:30, 200:] = 1
    before, after = (
        Image(np.where(flags, np.nan, pixels), BANDS, "reflectance", flags, GRID)
        for pixels in (_before(), _after())
    )
    return pair_images(
        before, after, lambda shift_px: after, max_residual_px=1.0, interval_days=23.0,
        unscreened=True,
    )  # fmt: skip


def _told(pair: Pair) -> tuple[list[bytes], list[bytes]]:
    """Outlines of all regions, and the maps of both detectors."""
    maps, regions = [], []
    for detection in (detect_sites(pair), detect_flooding(pair)):
        for change in detection.changes:
            maps += [change.changed.tobytes(), change.strength.tobytes()]
            everywhere = np.ones(change.changed.shape, bool)
            regions += [
                one.geometry.wkb for one in outline_regions(change, pair.grid, everywhere, 0.1)
            ]
    return regions, maps
