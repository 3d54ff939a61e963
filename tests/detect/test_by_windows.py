"""Large pairs are looked at in windows: where a window ends has no influence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from camp_monitor.detect import by_windows
from camp_monitor.detect.detection import Detection
from camp_monitor.detect.detectors import detectors
from camp_monitor.pairs import parts
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes import stored
from camp_monitor.scenes.image import Image
from tests.painted_pair import BANDS, PIXEL_M, _after, _before

SIDE_PX = 512
GRID = GeoBox((SIDE_PX, SIDE_PX), Affine(PIXEL_M, 0, 560640, 0, -PIXEL_M, 4674600), "EPSG:32652")


def _painted() -> Pair:
    """Four times the painted valley, with a corner that is no data."""
    flags = np.zeros(GRID.shape, np.uint8)
    flags[:30, 400:] = 1
    before, after = (
        Image(
            np.where(flags, np.nan, np.tile(pixels, (1, 2, 2))).astype(np.float32), BANDS,
            "reflectance", flags, GRID,
        )
        for pixels in (_before(), _after())
    )  # fmt: skip
    return pair_images(
        before, after, lambda shift_px: after, max_residual_px=1.0, interval_days=23.0,
        unscreened=True,
    )  # fmt: skip


def _told(found: dict[str, by_windows.Answer]) -> list[bytes]:
    rasters = []
    for answer in found.values():
        assert isinstance(answer, Detection)
        rasters += [np.asarray(one).tobytes() for one in by_windows._rasters(answer)]
    return rasters


def test_where_a_window_ends_has_no_influence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The law of windows: byte for byte, of both questions."""
    pair, asked = _painted(), detectors()
    whole = by_windows.answers(asked, pair)
    monkeypatch.setattr(stored, "LARGE_PX", 150_000)
    monkeypatch.setattr(parts, "SAMPLED_SIDE_PX", 120)
    monkeypatch.setattr(parts, "SAMPLED_ALONG", 3)
    found = []
    for side_px, threads in ((96, "1"), (128, "3")):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        monkeypatch.setattr(by_windows, "WINDOW_PX", side_px)
        found.append(by_windows.answers(asked, pair))
    assert _told(found[0]) == _told(found[1])
    for method, answer in found[0].items():
        first = whole[method]
        assert isinstance(first, Detection)
        assert isinstance(answer, Detection)
        assert np.mean(np.asarray(answer.seen) != first.seen) < 0.01
        for one, other in zip(answer.changes, first.changes, strict=True):
            assert np.mean(np.asarray(one.changed) != other.changed) < 0.01
        assert any(np.asarray(one.changed).any() for one in answer.changes)


def test_a_window_goes_by_the_statistics_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = parts.with_statistics(_painted())
    detect = next(iter(detectors().values()))
    monkeypatch.setattr(parts, "SAMPLED_SIDE_PX", 120)
    monkeypatch.setattr(parts, "SAMPLED_ALONG", 3)
    measured = detect(parts.sample(pair)).measured
    parts.close_statistics(pair)
    window = parts.cut(pair, (slice(300, 400), slice(300, 400)))
    colours = {name: value for name, value in measured.items() if "fraction" not in name}
    assert colours.items() <= detect(window).measured.items()
    alone = replace(window, statistics=None, before=replace(window.before, statistics=None))
    assert not colours.items() <= detect(alone).measured.items()
