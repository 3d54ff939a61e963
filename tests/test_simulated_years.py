"""Laws of the painted years: what the monitoring benchmark rests on."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rasterio.features import geometry_mask

from benchmarks.simulation.planning import Plan, plan_years
from benchmarks.simulation.weather import SKY_SHARES, snow_on
from benchmarks.simulation.writing import TRUTH, sent_of, write_year_workspace
from benchmarks.simulation.year_events import LEAST_M2, PaintedEvent
from benchmarks.simulation.years import Acquisition, Place, Sensor, paint, sky_over, water_on
from camp_monitor.demo.sent import write_sent
from camp_monitor.facilities.registry import find_facility
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.catalogue import read_scenes

SUMMER = date(2021, 7, 10)


@functools.cache
def plan() -> Plan:
    return plan_years(3, facilities=5, years=3, events=10, outages=3)


def place_of(event: PaintedEvent) -> Place:
    return next(place for place in plan().places if place.facility_id == event.facility_id)


def clear_pass(place: Place, first_on: date, sensor: Sensor = "sentinel-2") -> Acquisition:
    """Make a pass on the first day, out of winter and its snow, that has no cloud."""
    on = first_on
    while sky_over(place, on).kind != "clear" or snow_on(place.seed, on, place.lat_deg).depth_cm:
        on += timedelta(days=1)
    return Acquisition(
        place.facility_id, sensor, datetime(on.year, on.month, on.day, 2, tzinfo=UTC)
    )


def near(place: Place, event: PaintedEvent, by_m: float) -> NDArray[np.bool_]:
    ground = event.footprint.buffer(by_m)
    inside = geometry_mask([ground], place.grid.shape, place.grid.affine, invert=True)
    return np.asarray(inside)


@pytest.mark.parametrize("number", range(10))
def test_an_event_changes_the_ground_that_the_truth_names_and_no_other(number: int) -> None:
    event = plan().events[number]
    place = place_of(event)
    assert event.footprint.area == pytest.approx(event.area_m2)
    assert event.area_m2 >= LEAST_M2
    without = replace(place, events=tuple(other for other in place.events if other != event))
    sensor: Sensor = "sentinel-1" if event.kind == "flooding" else "sentinel-2"
    at = clear_pass(place, event.whole_on, sensor)
    if event.kind == "flooding":  # it may be gone on the next clear day, and radar needs none
        at = replace(at, acquired_at=datetime.combine(event.whole_on, at.acquired_at.timetz()))
    changed = paint(place, at).image.pixels - paint(without, at).image.pixels
    strength = np.abs(changed).max(axis=0)
    limit = 1.5 if event.kind == "flooding" else 0.02
    assert np.mean(strength[near(place, event, -5)] > limit) > 0.6
    if event.kind != "flooding":  # a flood wets more than what it covers
        assert strength[~near(place, event, 90)].max() < 0.01
    before = replace(at, acquired_at=at.acquired_at.replace(year=event.began_on.year - 1))
    assert np.array_equal(paint(place, before).image.pixels, paint(without, before).image.pixels)


def test_a_flood_comes_and_goes_and_a_pond_stays() -> None:
    for event in plan().events:
        if event.kind == "construction":
            continue
        place, last_on = place_of(event), plan().last_on
        ended_on = event.ended_on or last_on
        inside = np.kron(near(place, event, -10), np.ones((2, 2), bool))
        days = (event.began_on - timedelta(days=1), event.whole_on, ended_on)
        before, whole, after = (float(water_on(place, day)[inside].mean()) for day in days)
        assert before < 0.1
        assert whole > 0.75
        assert after > 0.9 if event.kind == "water_gain" else after < 0.1


def test_the_sky_is_that_of_korea_and_clouds_leave_gaps() -> None:
    passes = [
        (place, one)
        for place in plan().places
        for one in plan().acquisitions(place)
        if one.sensor == "sentinel-2"
    ]
    for months in ((7, 8), (10, 11, 12, 1)):
        kinds = [
            sky_over(place, one.acquired_at.date()).kind
            for place, one in passes
            if one.acquired_at.month in months
        ]
        wanted = np.mean([SKY_SHARES[month][2] for month in months])
        assert kinds.count("overcast") / len(kinds) == pytest.approx(wanted, abs=0.13)
    partly = [
        (place, one)
        for place, one in passes
        if sky_over(place, one.acquired_at.date()).kind == "partly"
    ]
    covers = [float(paint(*both).is_cloud.mean()) for both in partly[::4]]
    assert 0.25 < np.mean(covers) < 0.65
    assert min(covers) < 0.3


def test_snow_lies_in_winter_only_and_the_classification_misses_thin_snow() -> None:
    for place in plan().places:
        assert all(
            snow_on(place.seed, date(2022, 5, 1) + timedelta(days=number), 41).depth_cm == 0
            for number in range(180)
        )
    winter = [date(2021, 12, 10) + timedelta(days=number) for number in range(70)]
    lies = [
        snow_on(place.seed, on, place.lat_deg).depth_cm > 1
        for place in plan().places
        for on in winter
    ]
    assert 0.2 < np.mean(lies) < 0.9
    missed = 0
    for place in plan().places[:3]:
        for on in winter:
            depth_cm = snow_on(place.seed, on, place.lat_deg).depth_cm
            at = datetime(on.year, on.month, on.day, 2, 17, tzinfo=UTC)
            if sky_over(place, on).kind != "clear" or not (0.5 < depth_cm < 1.2 or depth_cm > 9):
                continue
            classes = paint(place, Acquisition(place.facility_id, "sentinel-2", at)).classes
            assert classes is not None
            share = float(np.mean(classes == 11))
            assert share > 0.4 or depth_cm < 9
            missed += depth_cm < 1.2 and share < 0.4
    assert missed
    summer = paint(plan().places[0], clear_pass(plan().places[0], SUMMER))
    assert summer.classes is not None
    assert not (summer.classes == 11).any()


def test_no_satellite_passes_in_an_outage_of_images() -> None:
    kinds = [outage.kind for outage in plan().outages]
    assert sorted(kinds) == ["no_image", "no_image", "no_run"]
    for outage in plan().outages:
        assert 40 <= (outage.to_on - outage.from_on).days <= 80
        for place in plan().places:
            if place.facility_id in outage.facility_ids:
                dates = [one.acquired_at.date() for one in plan().acquisitions(place)]
                within = [on for on in dates if outage.from_on <= on < outage.to_on]
                assert bool(within) == (outage.kind == "no_run")


def test_the_workspace_is_as_if_each_scene_had_been_added(tmp_path: Path) -> None:
    short = replace(plan(), last_on=plan().first_on + timedelta(days=14), places=plan().places[:2])
    workspace = write_year_workspace(tmp_path / "years", short, workers=2)
    scenes = read_scenes(workspace.imagery)
    passes = [(place, one) for place in short.places for one in short.acquisitions(place)]
    assert {scene.id for scene in scenes} == {one.name for _, one in passes}
    assert {scene.sensor for scene in scenes} == {"sentinel-1", "sentinel-2"}
    other = tmp_path / "added"
    other.mkdir()
    for place, one in reversed(passes):  # in this process, and in another order
        paths, said = write_sent(sent_of(place, one), tmp_path)
        added, _ = add_scene(other, paths, said)
        written = workspace.imagery / added.id
        assert sorted(path.name for path in written.iterdir()) == sorted(
            path.name for path in (other / added.id).iterdir()
        )
        for path in written.iterdir():
            assert path.read_bytes() == (other / added.id / path.name).read_bytes()
    assert (workspace.imagery / "catalog.json").read_bytes() == (
        other / "catalog.json"
    ).read_bytes()


def test_passes_over_deep_snow_are_added_by_their_baseline_alone(tmp_path: Path) -> None:
    """Snow under trees is no sign of a wrong offset, so that nobody need give it by hand."""
    deep = [
        (place, one)
        for place in plan().places
        for one in plan().acquisitions(place)
        if one.sensor == "sentinel-2"
        and sky_over(place, one.acquired_at.date()).kind == "clear"
        and snow_on(place.seed, one.acquired_at.date(), place.lat_deg).depth_cm >= 10
    ]
    assert len(deep) >= 4
    for place, one in deep[:4]:
        paths, said = write_sent(sent_of(place, one), tmp_path)
        added, _ = add_scene(tmp_path / "catalogue", paths, said)
        assert added.id == one.name


def test_the_truth_lies_within_what_is_searched(tmp_path: Path) -> None:
    short = replace(plan(), last_on=plan().first_on - timedelta(days=1))
    workspace = write_year_workspace(tmp_path / "years", short, workers=1)
    truth = json.loads((workspace.root / TRUTH).read_text(encoding="utf-8"))
    assert len(truth["events"]) == 10
    from shapely.geometry import shape

    for event in truth["events"]:
        outline = find_facility(workspace.aoi, event["facility_id"]).outline
        searched = search_area(outline, workspace.configuration.scan.margin_m)
        ground = shape(event["geometry"])
        assert ground.intersection(searched).area > 0.98 * ground.area
