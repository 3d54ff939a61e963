"""The halves of labelled scenes: fixed, even, and of one ground on one side."""

from __future__ import annotations

import pytest

from benchmarks.halves import best_simple, half_of, is_missed
from camp_monitor.evaluation.running import Scene
from camp_monitor.evaluation.scoring import Counts


def scene(name: str, *counts: int) -> Scene:
    return Scene(name, "painted", "", "", None, "", Counts(*counts), 0.0, 0.0)


def test_a_ground_is_on_one_side_whatever_looked_at_it() -> None:
    names = [f"place_{number:04d}" for number in range(1000)]
    halves = [half_of(name) for name in names]
    assert 450 < halves.count("tune") < 550
    for end in ("_s1", "_s2", "_4m"):
        assert [half_of(name + end) for name in names] == halves


def test_the_best_simple_method_is_that_of_the_scenes_given() -> None:
    """Shares of each scene give back the counts of all of them."""
    scenes = [scene("a", 30, 0, 70, 900), scene("b", 0, 0, 200, 800)]
    nothing = {"recall": 0.0, "predicted_share": 0.0}
    shares = {
        "a": {"plain": {"recall": 0.5, "predicted_share": 0.1}, "none": nothing},
        "b": {"plain": {"recall": 0.25, "predicted_share": 0.05}, "none": nothing},
        "c": {"none": {"recall": 1.0, "predicted_share": 0.5}},
    }
    name, f1 = best_simple(scenes, {"ids": shares})
    right, wrong, missed = 50 + 50, (100 - 50) + (50 - 50), 50 + 150
    assert name == "plain"
    assert f1 == pytest.approx(2 * right / (2 * right + wrong + missed))


@pytest.mark.parametrize(
    ("counts", "missed"),
    [
        ((0, 0, 30, 970, 0), True),
        ((0, 0, 20, 980, 0), False),
        ((0, 1, 30, 969, 0), False),
        ((0, 0, 30, 970, 501), False),
        ((0, 0, 30, 970, 500), True),
    ],
)
def test_unchanged_is_wrong_where_much_is_labelled(counts: tuple[int, ...], missed: bool) -> None:
    assert is_missed(scene("a", *counts)) is missed
