"""The painted settlement: the same bytes from the same seed, and a truth that holds."""

from __future__ import annotations

import numpy as np

from benchmarks.simulation.settlement import paint_settlement


def test_the_same_seed_paints_the_same_place() -> None:
    first, second, other = (paint_settlement(np.random.default_rng(s), 64) for s in (4, 4, 5))
    assert first.before.tobytes() == second.before.tobytes()
    assert first.after.tobytes() == second.after.tobytes()
    assert first.before.tobytes() != other.before.tobytes()


def test_new_and_lost_roofs_are_roofs_of_their_date_only() -> None:
    new = lost = 0
    for seed in range(12):
        scene = paint_settlement(np.random.default_rng(seed), 128)
        assert scene.before.shape == (3, 128, 128)
        assert scene.before.dtype == np.uint8
        assert not (scene.new_roof & ~scene.roof_after).any()
        assert not (scene.lost_roof & ~scene.roof_before).any()
        new, lost = new + int(scene.new_roof.sum()), lost + int(scene.lost_roof.sum())
    assert new > lost > 0


def test_a_new_roof_changes_the_picture_more_than_its_surroundings() -> None:
    """Relighting changes everything; a roof where there was none changes it beyond that."""
    inside, outside = [], []
    for seed in range(12):
        scene = paint_settlement(np.random.default_rng(seed), 128)
        first, second = (p.astype(float).mean(axis=0) for p in (scene.before, scene.after))
        ranks = [np.argsort(np.argsort(p.ravel())).reshape(p.shape) for p in (first, second)]
        moved = np.abs(ranks[0] - ranks[1]) / first.size
        if scene.new_roof.mean() > 0.02:
            inside.append(moved[scene.new_roof].mean())
            outside.append(moved[~scene.new_roof].mean())
    assert len(inside) >= 3
    assert np.mean(inside) > np.mean(outside)
