"""Self-doubt: "unchanged" is refused where a plain comparison sees much change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from camp_monitor.codes import Code
from camp_monitor.detect.detection import Detection
from camp_monitor.detect.doubt import check_agreement
from camp_monitor.detect.water.flooding import detect_flooding
from camp_monitor.errors import Refusal
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes import blocks, stored
from tests.detect import painted_radar as radar
from tests.detect import painted_water as optical

FLOOD = radar.disc(96, 96, 40)


def blind(detection: Detection) -> Detection:
    """The same detector, had it called nothing."""
    changes = (
        replace(change, changed=np.zeros_like(change.changed)) for change in detection.changes
    )
    return replace(detection, changes=tuple(changes))


def radar_pair(flood: np.ndarray | None) -> Pair:
    relief = radar.relief_db()
    before, after = radar.land(relief=relief), radar.land(flood, relief=relief)
    return radar.paired(radar.image(before, 20, 1), radar.image(after, 20, 2))


def optical_pair(flood: np.ndarray | None) -> Pair:
    return optical.pair(optical.landscape(seed=4), optical.landscape(flood, seed=4))


@pytest.mark.parametrize("flooded", [radar_pair(FLOOD), optical_pair(optical.disc(40))])
def test_a_blind_answer_is_refused_where_much_changed(flooded: Pair) -> None:
    seeing = detect_flooding(flooded)
    check_agreement(flooded, seeing)
    with pytest.raises(Refusal, match=Code.METHODS_DISAGREE) as refusal:
        check_agreement(flooded, blind(seeing))
    fraction = refusal.value.note.numbers["plain_fraction"]
    assert isinstance(fraction, float)
    assert fraction > 0.1


@pytest.mark.parametrize("quiet", [radar_pair(None), optical_pair(None)])
def test_the_same_ground_twice_is_not_doubted(quiet: Pair) -> None:
    check_agreement(quiet, blind(detect_flooding(quiet)))


@pytest.mark.parametrize("kind", ["flooding", "construction"])
def test_a_large_pair_is_doubted_by_the_same_numbers(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In strips and files, as it is as a whole in memory."""
    flooded = optical_pair(optical.disc(60))
    answer = blind(detect_flooding(flooded))
    named = replace(answer.changes[0], kind=kind)
    opposite = replace(answer.changes[1], changed=optical.disc(50))
    answer = replace(answer, changes=(named, opposite) if kind == "flooding" else (named,))
    told = []
    for large_px in (stored.LARGE_PX, 9000):
        monkeypatch.setattr(stored, "LARGE_PX", large_px)
        monkeypatch.setattr(blocks, "STRIP_PX", 3000)
        with pytest.raises(Refusal, match=Code.METHODS_DISAGREE) as refusal:
            check_agreement(flooded, answer)
        told.append(refusal.value.note.numbers)
    assert told[0] == told[1]
    seen = replace(answer, changes=(replace(named, changed=optical.disc(9, 30, 30)),))
    check_agreement(flooded, seen)
    with pytest.raises(Refusal, match=Code.METHODS_DISAGREE):
        check_agreement(flooded, seen, ~optical.disc(12, 30, 30))


def test_only_the_ground_asked_about_is_doubted() -> None:
    flooded = optical_pair(optical.disc(30, 40, 40))
    elsewhere = optical.disc(20, 130, 130)
    check_agreement(flooded, blind(detect_flooding(flooded)), elsewhere)


def test_the_opposite_on_the_same_ground_is_a_disagreement() -> None:
    flooded = radar_pair(FLOOD)
    seeing = detect_flooding(flooded)
    gain, loss = (
        next(change for change in seeing.changes if change.kind == kind)
        for kind in ("flooding", "flood_recession")
    )
    for away, disagree in ((FLOOD, True), (radar.disc(20, 20, 15), False)):
        denied = (
            replace(gain, changed=np.zeros_like(gain.changed)),
            replace(loss, changed=away),
        )
        answer = replace(seeing, changes=denied)
        if not disagree:
            check_agreement(flooded, answer)
            continue
        with pytest.raises(Refusal, match=Code.METHODS_DISAGREE):
            check_agreement(flooded, answer)
