"""Scenes that records refer to, pass by pass: what shows one moment is one witness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.scenes.acquisition import HALF_ORBIT


def number_passes(
    records: Iterable[Finding | Observation],
) -> tuple[tuple[SceneReference, ...], Mapping[str, int]]:
    """Give the passes of records of one facility a number each, in order of time.

    Returns
    -------
    (tuple of SceneReference, mapping of str to int)
        One scene of each pass, and the number of the pass of each scene, by the scene's id.
    """
    every = {one.id: one for record in records for one in (record.before, record.after)}
    passes: list[list[SceneReference]] = []
    number: dict[str, int] = {}
    for scene in sorted(every.values(), key=lambda one: (one.last_instant, one.id)):
        begun = scene.instants[0] - HALF_ORBIT
        place = len(passes)
        for earlier in range(len(passes) - 1, -1, -1):
            if passes[earlier][-1].last_instant < begun:
                break
            if all(one.is_one_pass(scene) for one in passes[earlier]):
                place = earlier
                break
        if place == len(passes):
            passes.append([])
        passes[place].append(scene)
        number[scene.id] = place
    return tuple(one[0] for one in passes), number
