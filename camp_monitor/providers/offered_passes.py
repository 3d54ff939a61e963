"""What a catalogue offers, pass by pass: the tiles round an outline are one look at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.pairs.selection import Look
from camp_monitor.providers.search import Offer
from camp_monitor.scenes.passes import LEAST_ADDED_FRACTION
from camp_monitor.scenes.scene import Scene


def looks_of_passes(
    looks: Sequence[Look], held: Sequence[Scene], offers: Mapping[str, Offer], area: BaseGeometry
) -> list[Look]:
    """Join offers of one pass into one look, beside those of scenes that are held.

    Parameters
    ----------
    looks : sequence of Look
        Of `held`, in their order.
    held : sequence of Scene
        Of the catalogue of the workspace, put together.
    offers : mapping of str to Offer
        By id.
    area : shapely geometry
        What is searched, EPSG:4326.

    Returns
    -------
    list of Look
        One of each pass and processing: what is held, or what is offered where that shows more.
    """
    kept = list(zip(looks, held, strict=True))
    found = []
    for group in _of_one_pass(list(offers.values())):
        look = _joined(group, area)
        chosen = [offers[name] for name in (look.id, *look.others)]
        offered = _share(shapely.union_all([one.scene.footprint for one in chosen]), area)
        same = [(one, scene) for one, scene in kept if _is_same(one, look)]
        if any(_share(scene.footprint, area) >= offered - LEAST_ADDED_FRACTION
               for _, scene in same):  # fmt: skip
            continue
        kept = [pair for pair in kept if not any(pair[0] is one for one, _ in same)]
        found.append(look)
    return [*(look for look, _ in kept), *found]


def _of_one_pass(offers: Sequence[Offer]) -> list[list[Offer]]:
    groups: list[list[Offer]] = []
    for offer in sorted(offers, key=lambda one: (one.scene.acquired_from_at, one.scene.id)):
        fits = (group for group in groups if all(_is_same(one.look, offer.look) for one in group))
        group = next(fits, None)
        if group is None:
            groups.append([offer])
        else:
            group.append(offer)
    return groups


def _is_same(first: Look, second: Look) -> bool:
    """Tell whether two looks are of one pass and processing, so that they can be put together."""
    if first.taken is None or second.taken is None or first.processing != second.processing:
        return False
    return first.sensor == second.sensor and first.taken.is_one_pass(second.taken)


def _joined(group: Sequence[Offer], area: BaseGeometry) -> Look:
    """Make one look of those offers of a pass that are needed for an area, most of it first."""
    left = {one.scene.id: one for one in group}
    open_area, chosen = area, list[Offer]()
    inside = clear = 0.0
    while left:
        shares = {key: _share(one.scene.footprint, open_area, area) for key, one in left.items()}
        best = max(left, key=lambda key: (round(shares[key], 2), left[key].scene.newness, key))
        if chosen and shares[best] <= LEAST_ADDED_FRACTION:
            break
        offer = left.pop(best)
        new = _share(offer.scene.footprint, open_area, area) if chosen else offer.inside_fraction
        part = new / offer.inside_fraction if offer.inside_fraction else 0.0
        inside += new
        clear += part * offer.look.usable_fraction
        chosen.append(offer)
        open_area = open_area.difference(offer.scene.footprint)
    first = chosen[0].look
    if len(chosen) == 1:
        return first
    return replace(
        first,
        inside_fraction=min(inside, 1.0),
        clear_fraction=None if first.clear_fraction is None else min(clear, inside, 1.0),
        others=tuple(one.scene.id for one in chosen[1:]),
    )


def _share(footprint: BaseGeometry, part: BaseGeometry, area: BaseGeometry | None = None) -> float:
    """Share of an area, or of all of which it is a part, inside a footprint."""
    whole = (area or part).area
    return float(footprint.intersection(part).area / whole) if whole else 0.0
