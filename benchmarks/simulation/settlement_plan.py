"""What lies where in a painted settlement, and on which of two dates it stands."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from camp_monitor.synthetic.settlement_ground import (
    GROUNDS,
    PAVINGS,
    Box,
    Colour,
    Strip,
    Tree,
)
from camp_monitor.synthetic.settlement_roofs import (
    ROOF_COLOURS,
    Building,
    Wing,
    hall,
    house,
    shed,
)

Wings = Callable[[np.random.Generator, float, float, float], tuple[Wing, ...]]


@dataclass(eq=False)
class Plan:
    """Everything that stands on at least one of the dates, within a square of `side_m`."""

    side_m: float
    strips: list[Strip] = field(default_factory=list)
    buildings: list[Building] = field(default_factory=list)
    trees: list[Tree] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)


def some_plan(rng: np.random.Generator, side_m: float) -> Plan:
    """Draw up a suburb, halls with car parks, rows of barracks, a yard, or open country."""
    plan = Plan(side_m)
    share_new = float(rng.choice([0.0, 0.3, 0.7, 1.0]))
    kind = rng.choice(5, p=[0.45, 0.25, 0.11, 0.09, 0.10])
    if kind == 0:
        _suburb(rng, plan, share_new)
    elif kind == 1:
        _halls(rng, plan, share_new)
    elif kind == 2:
        _barracks(rng, plan, share_new)
    elif kind == 3:
        _yard(rng, plan, share_new)
    else:
        _open_country(rng, plan)
    if rng.random() < 0.4:
        _tracks(rng, plan)
    _trees(rng, plan)
    return plan


def _palette(rng: np.random.Generator) -> list[Colour]:
    """Choose the few roof colours of one neighbourhood."""
    picks = rng.choice(len(ROOF_COLOURS), size=int(rng.integers(1, 6)))
    vivid = rng.uniform(0.2, 1.0)
    return [_faded(ROOF_COLOURS[pick], vivid) for pick in picks]


def _faded(colour: Colour, vivid: float) -> Colour:
    """Bring a colour nearer to its grey."""
    red, green, blue = colour
    grey = (1 - vivid) * (red + green + blue) / 3
    return grey + red * vivid, grey + green * vivid, grey + blue * vivid


def _dates(rng: np.random.Generator, is_new: bool) -> tuple[bool, bool]:
    if is_new:
        return False, True
    return (True, False) if rng.random() < 0.06 else (True, True)


def _add_building(
    rng: np.random.Generator,
    plan: Plan,
    wings: tuple[Wing, ...],
    palette: list[Colour],
    dates: tuple[bool, bool],
    forms: tuple[float, float, float, float],
) -> None:
    """Add a building; `forms` are the chances of hip, gable, flat and shed roofs."""
    form = str(rng.choice(["hip", "gable", "flat", "shed"], p=forms))
    small = wings[0].length_m < 22
    tone = rng.normal(1, 0.12)
    red, green, blue = palette[rng.integers(len(palette))] * (rng.normal(1, 0.05, 3) * tone)
    plan.buildings.append(
        Building(
            wings=wings,
            form=form,
            slope=0.0 if form == "flat" else float(rng.uniform(0.1, 0.7 if small else 0.45)),
            height_m=float(rng.uniform(2.4, 6.0 if small else 12.0)),
            colour=(float(red), float(green), float(blue)),
            before=dates[0],
            after=dates[1],
            seed=int(rng.integers(2**31)),
        )
    )


def _suburb(rng: np.random.Generator, plan: Plan, share_new: float) -> None:
    """Lay parallel streets with a house on each plot."""
    turn, spacing_m = rng.uniform(0, math.pi), rng.uniform(46, 75)
    bend = rng.normal(0, 0.004) * (rng.random() < 0.6)
    palette, asphalt = _palette(rng), PAVINGS[rng.integers(4)]
    flat = 0.15 if rng.random() < 0.2 else 0.02
    hip = rng.uniform(0.2, 0.95) * (0.95 - flat)
    forms = hip, 0.95 - flat - hip, flat, 0.05
    start_m, infill = rng.uniform(0, spacing_m), rng.uniform(0, 0.2)
    cos, sin = math.cos(turn), math.sin(turn)
    for number in range(-3, 4):
        off_m = start_m + number * spacing_m
        x_m, y_m = plan.side_m / 2 - sin * off_m, plan.side_m / 2 + cos * off_m
        street_new = rng.random() < share_new
        there = (not street_new) or rng.random() < 0.35
        road = Strip(
            there, True, x_m, y_m, 400.0, rng.uniform(5, 10), turn, asphalt, bend, is_road=True
        )
        plan.strips.append(road)
        for side in (-1, 1):
            is_new = street_new if rng.random() < 0.85 else not street_new
            _row_of_houses(rng, plan, road, side, (is_new, infill, palette, forms))


def _row_of_houses(
    rng: np.random.Generator,
    plan: Plan,
    road: Strip,
    side: int,
    ways: tuple[bool, float, list[Colour], tuple[float, float, float, float]],
) -> None:
    """Set houses along one side of a street, with gardens, drives, sheds and cars."""
    is_new, infill, palette, forms = ways
    cos, sin = math.cos(road.turn), math.sin(road.turn)
    setback_m = road.width_m / 2 + rng.uniform(9, 15)
    concrete = PAVINGS[rng.integers(len(PAVINGS))]
    gardens, fences = rng.random() < 0.6, rng.random() < 0.4
    along = -plan.side_m * 0.75
    while along < plan.side_m * 0.75:
        along += rng.uniform(14, 26)
        if rng.random() < 0.12:
            continue
        out_m = road.bend * along**2 + side * (setback_m + rng.normal(0, 1.0))
        x_m, y_m = road.x_m + along * cos - out_m * sin, road.y_m + along * sin + out_m * cos
        if not (-15 < x_m < plan.side_m + 15 and -15 < y_m < plan.side_m + 15):
            continue
        slope = math.atan(2 * road.bend * along)
        turn = road.turn + slope + rng.normal(0, 0.05) + rng.choice([0, math.pi / 2])
        dates = _dates(rng, is_new != (rng.random() < infill))
        if gardens:
            _garden(rng, plan, (x_m, y_m, road.turn + slope), dates, fences)
        _add_building(rng, plan, house(rng, x_m, y_m, turn), palette, dates, forms)
        if rng.random() < 0.75:
            back = road.bend * along**2 + side * (road.width_m / 2 + setback_m) / 2
            shift = along + rng.uniform(-6, 6)
            middle = road.x_m + shift * cos - back * sin, road.y_m + shift * sin + back * cos
            drive = (*middle, setback_m - 2, rng.uniform(3, 6.5), road.turn + math.pi / 2)
            plan.strips.append(Strip(*dates, *drive, concrete))
            _park(rng, plan, middle, road.turn + math.pi / 2)
        if rng.random() < 0.25:
            away = out_m + side * rng.uniform(10, 16)
            place = road.x_m + along * cos - away * sin, road.y_m + along * sin + away * cos
            wings = shed(rng, *place, turn)
            # drawn in this order: what the shipped weights have learnt from must not change
            colours, other = _palette(rng), rng.random() < infill
            _add_building(rng, plan, wings, colours, _dates(rng, is_new != other), forms)


def _garden(
    rng: np.random.Generator,
    plan: Plan,
    place: tuple[float, float, float],
    dates: tuple[bool, bool],
    fenced: bool,
) -> None:
    """Lay a lawn or bare plot round a house, with a fence or hedge on one side."""
    x_m, y_m, turn = place
    length_m, width_m = rng.uniform(14, 22), rng.uniform(22, 36)
    kind = str(rng.choice(["lawn", "meadow", "dry grass", "soil", "pale soil", "moss"]))
    red, green, blue = np.array(GROUNDS[kind]) * rng.normal(1, 0.12)
    colour = float(red), float(green), float(blue)
    plan.strips.insert(0, Strip(*dates, x_m, y_m, length_m, width_m, turn, colour))
    if fenced:
        along = length_m / 2 * rng.choice([-1, 1])
        right, down = x_m + along * math.cos(turn), y_m + along * math.sin(turn)
        dark = float(rng.uniform(0.1, 0.5))
        colour = dark, dark * 0.95, dark * 0.85
        hedge = rng.uniform(0.25, 1.2), width_m
        plan.strips.insert(1, Strip(*dates, right, down, *hedge, turn, colour))


def _park(rng: np.random.Generator, plan: Plan, place: tuple[float, float], turn: float) -> None:
    """Put a car near a place on either date or both."""
    if rng.random() < 0.5:
        x_m, y_m = place[0] + rng.normal(0, 1.5), place[1] + rng.normal(0, 1.5)
        size = rng.uniform(3.8, 5.5), rng.uniform(1.7, 2.2)
        plan.boxes.append(
            Box(rng.random() < 0.4, rng.random() < 0.6, (x_m, y_m, turn), size, _seed(rng))
        )


def _somewhere(rng: np.random.Generator, plan: Plan) -> tuple[float, float]:
    right, down = rng.uniform(0, plan.side_m, 2)
    return float(right), float(down)


def _near_middle(rng: np.random.Generator, plan: Plan) -> tuple[float, float]:
    right, down = rng.uniform(0.3, 0.7, 2) * plan.side_m
    return float(right), float(down)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _halls(rng: np.random.Generator, plan: Plan, share_new: float) -> None:
    """Set a few large buildings on paved yards with rows of cars."""
    turn = rng.uniform(0, math.pi)
    forms = (0.3, 0.25, 0.4, 0.05)
    for _ in range(int(rng.integers(1, 8))):
        x_m, y_m = _somewhere(rng, plan)
        is_new = rng.random() < share_new
        paving = PAVINGS[rng.integers(len(PAVINGS))]
        yard = x_m, y_m, rng.uniform(40, 90), rng.uniform(30, 70), turn
        plan.strips.insert(0, Strip(not is_new or rng.random() < 0.3, True, *yard, paving))
        wings = hall(rng, x_m, y_m, turn + rng.choice([0, math.pi / 2]))
        far_enough = all(
            math.hypot(x_m - other.wings[0].x_m, y_m - other.wings[0].y_m)
            > (other.radius_m + wings[0].length_m / 2) * 0.75
            for other in plan.buildings
        )
        if far_enough:
            _add_building(rng, plan, wings, _palette(rng), _dates(rng, is_new), forms)
        _rows_of_boxes(rng, plan, (*_somewhere(rng, plan), turn), (4.5, 1.9))
    road = (*_somewhere(rng, plan), 400.0, rng.uniform(6, 16), turn)
    plan.strips.append(
        Strip(rng.random() < 0.6, True, *road, PAVINGS[rng.integers(4)], is_road=True)
    )


def _rows_of_boxes(
    rng: np.random.Generator,
    plan: Plan,
    start: tuple[float, float, float],
    size: tuple[float, float],
) -> None:
    """Line up cars or containers; each may stand on either date."""
    x_m, y_m, turn = start
    shares = rng.uniform(0, 1, 2)
    for row in range(int(rng.integers(1, 4))):
        for place in range(int(rng.integers(3, 16))):
            along, across = place * (size[1] + 0.8), row * (size[0] + rng.uniform(0.5, 6))
            right = x_m + along * math.cos(turn) - across * math.sin(turn)
            down = y_m + along * math.sin(turn) + across * math.cos(turn)
            dates = rng.random() < shares[0], rng.random() < shares[1]
            real = size[0] * rng.normal(1, 0.06), size[1] * rng.normal(1, 0.06)
            plan.boxes.append(Box(*dates, (right, down, turn + math.pi / 2), real, _seed(rng)))


def _barracks(rng: np.random.Generator, plan: Plan, share_new: float) -> None:
    """Set long low buildings in rows on trodden ground, with a wall round them."""
    turn, palette = rng.uniform(0, math.pi), _palette(rng)
    length, width = rng.uniform(14, 45), rng.uniform(6, 13)
    gap = rng.uniform(5, 18)
    cos, sin = math.cos(turn), math.sin(turn)
    middle = _near_middle(rng, plan)
    if rng.random() < 0.6:
        ground = PAVINGS[int(rng.integers(4, 8))]
        yard = (*middle, rng.uniform(60, 110), rng.uniform(60, 110), turn)
        plan.strips.append(Strip(rng.random() < 0.5, True, *yard, ground))
    for row in range(-2, 3):
        for column in range(-1, 2):
            if rng.random() < 0.25:
                continue
            along, across = column * (length + gap), row * (width + gap)
            x_m = middle[0] + along * cos - across * sin
            y_m = middle[1] + along * sin + across * cos
            wings = (Wing(x_m, y_m, length * rng.normal(1, 0.1), width, turn),)
            dates = _dates(rng, rng.random() < share_new)
            _add_building(rng, plan, wings, palette, dates, (0.25, 0.65, 0.05, 0.05))


def _yard(rng: np.random.Generator, plan: Plan, share_new: float) -> None:
    """Strew containers, lorries and stacks over gravel, with a few sheds."""
    turn = rng.uniform(0, math.pi)
    ground = (*_near_middle(rng, plan), 120.0, 100.0, turn)
    plan.strips.append(
        Strip(rng.random() < 0.6, True, *ground, PAVINGS[rng.integers(len(PAVINGS))])
    )
    for _ in range(int(rng.integers(3, 12))):
        start = (*_somewhere(rng, plan), turn + rng.normal(0, 0.3))
        size = (12.0, 2.4) if rng.random() < 0.4 else (6.0, 2.4)
        _rows_of_boxes(rng, plan, start, size)
    for _ in range(int(rng.integers(0, 5))):
        wings = hall if rng.random() < 0.4 else shed
        placed = wings(rng, *_somewhere(rng, plan), turn)
        dates = _dates(rng, rng.random() < share_new)
        _add_building(rng, plan, placed, _palette(rng), dates, (0.1, 0.5, 0.3, 0.1))


def _open_country(rng: np.random.Generator, plan: Plan) -> None:
    """Lay tracks and yards without any building."""
    for _ in range(int(rng.integers(0, 4))):
        is_road = bool(rng.random() < 0.7)
        width_m = rng.uniform(3, 14) if is_road else rng.uniform(15, 50)
        length_m = 400.0 if is_road else rng.uniform(15, 60)
        place = (*_somewhere(rng, plan), length_m, width_m, rng.uniform(0, math.pi))
        paving = PAVINGS[rng.integers(len(PAVINGS))]
        dates = rng.random() < 0.5, rng.random() < 0.8
        bend = rng.normal(0, 0.003)
        plan.strips.append(Strip(*dates, *place, paving, bend, is_road=is_road))


def _tracks(rng: np.random.Generator, plan: Plan) -> None:
    """Wear paths and the tracks of vehicles into the ground, on either date."""
    for _ in range(int(rng.integers(1, 7))):
        place = *_somewhere(rng, plan), rng.uniform(20, 300), rng.uniform(0.5, 3.0)
        tone = float(rng.choice([0.6, 0.8, 1.15]))
        red, green, blue = (part * tone for part in GROUNDS["pale soil"])
        dates = rng.random() < 0.5, rng.random() < 0.5
        bend = rng.normal(0, 0.006)
        turn = rng.uniform(0, math.pi)
        plan.strips.insert(0, Strip(*dates, *place, turn, (red, green, blue), bend))


def _trees(rng: np.random.Generator, plan: Plan) -> None:
    """Plant woods, hedges and single trees; woods are often felled where houses come."""
    for _ in range(int(rng.integers(0, 7))):
        middle, spread_m = rng.uniform(0, plan.side_m, 2), rng.uniform(4, 40)
        size_m, felled, planted = rng.uniform(1.2, 3.6), rng.random() < 0.4, rng.random() < 0.2
        for _ in range(int(rng.integers(1, 120 if rng.random() < 0.2 else 40))):
            x_m, y_m = middle + rng.normal(0, spread_m, 2)
            near = any(
                building.after
                and math.hypot(x_m - building.wings[0].x_m, y_m - building.wings[0].y_m)
                < building.radius_m * 0.7
                for building in plan.buildings
            )
            after = not felled and (not near or rng.random() < 0.1)
            before = not planted
            radius_m = size_m * float(np.exp(rng.normal(0, 0.3)))
            plan.trees.append(Tree(before, after, x_m, y_m, radius_m, _seed(rng)))
