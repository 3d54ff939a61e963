"""Floods between an optical and a radar scene: in the painted valley, and in real scenes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.mixed_pairs import mixed_pairs
from camp_monitor.cli.demo import FACILITY, SEED
from camp_monitor.codes import Cause, Code, Verdict
from camp_monitor.demo.scenes import add_scenes, demo_workspace, grid_round
from camp_monitor.demo.truth import compare_with_truth
from camp_monitor.demo.valley_scenes import CELLS, VISITS, Valley, paint_valley
from camp_monitor.evaluation.answering import answer
from camp_monitor.evaluation.benchmark import read_benchmark, read_truth
from camp_monitor.evaluation.scoring import Counts, count
from camp_monitor.facilities import find_facility
from camp_monitor.report.figure.finding_figure import draw_finding_figure
from camp_monitor.report.map.facility_map import draw_facility_map
from camp_monitor.report.text.sentences import name_of
from camp_monitor.scan import scan
from camp_monitor.settings import GroundFiles
from camp_monitor.synthetic.camera import pixel_means
from camp_monitor.synthetic.landscape import finer_grid, make_valley
from camp_monitor.workspace import Workspace
from tests.scenes.painted import write_tiff

NOW = datetime(2024, 1, 1, tzinfo=UTC)
FLOODS = [("2016-06-13", "2016-09-01"), ("2016-08-20", "2016-09-05")]
"""Light before and radar after, and the reverse."""
DRAINED = [("2016-09-01", "2016-09-25"), ("2016-09-05", "2016-09-13")]


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Valley]:
    workspace = demo_workspace(tmp_path_factory.mktemp("mixed") / "demo")
    dates = {date for pair in (*FLOODS, *DRAINED) for date in pair}
    grid = grid_round(find_facility(workspace.aoi, FACILITY))
    valley = paint_valley(grid, SEED, tuple(one for one in VISITS if one.date in dates))
    add_scenes(workspace, valley)
    return workspace, valley


@pytest.fixture(scope="module")
def heights(
    painted: tuple[Workspace, Valley], tmp_path_factory: pytest.TempPathFactory
) -> GroundFiles:
    """The heights that the valley was painted on."""
    _, valley = painted
    landscape = make_valley(finer_grid(valley.grid, CELLS), np.random.default_rng(SEED))
    folder = tmp_path_factory.mktemp("heights")
    path = write_tiff(folder / "heights.tif", pixel_means(landscape.height_m, CELLS), valley.grid)
    return GroundFiles(dem=path)


@pytest.mark.parametrize("dates", [*FLOODS, *DRAINED], ids=str)
def test_a_flood_and_its_end_are_found_in_the_painted_valley(
    painted: tuple[Workspace, Valley], heights: GroundFiles, dates: tuple[str, str]
) -> None:
    workspace, valley = painted
    result = scan(workspace, FACILITY, *dates, recorded_at=NOW, ground_files=heights)
    rows = compare_with_truth(workspace, result, valley)
    assert [row for row in rows if not row.right] == []
    kind = "flooding" if dates in FLOODS else "flood_recession"
    assert {finding.kind for finding in result.findings} == {kind}
    outcomes = {item.method.split("/")[0]: item for item in result.observations}
    assert outcomes["flooding"].outcome == "changed"
    assert Code.SHIFT_NOT_MEASURED in {one.code for one in outcomes["flooding"].caveats}
    assert outcomes["construction"].outcome == "not_seen"
    assert [one.code for one in outcomes["construction"].reasons] == [Code.NEEDS_ONE_SENSOR]
    for finding in result.findings:
        said = {one.code for one in finding.caveats}
        assert {Code.LIKE_WATER_TO_ONE_SENSOR, Code.UNTESTED} <= said
        assert finding.confidence != "high"
        causes = [one.cause for one in finding.explanations]
        assert causes == [Cause.TWO_SENSORS, Cause.SEASON, Cause.RESIDUAL_MISREGISTRATION,
                          Cause.CLOUD_EDGE]  # fmt: skip
        assert not any(name.startswith("earlier_") for name, _ in finding.measurements)


def test_crops_grew_where_radar_alone_shows_the_flood(
    painted: tuple[Workspace, Valley], heights: GroundFiles
) -> None:
    verdicts = []
    for dates in FLOODS:
        result = scan(painted[0], FACILITY, *dates, recorded_at=NOW, ground_files=heights)
        [told] = {finding.explanations[0] for finding in result.findings}
        verdicts.append((told.verdict, told.notes[0].code))
    assert verdicts == [
        (Verdict.RULED_OUT, Code.VEGETATION_ON_DATE),
        (Verdict.POSSIBLE, Code.WATER_TO_LIGHT_ALONE),
    ]


def test_without_heights_radar_shadow_makes_the_maps_disagree(
    painted: tuple[Workspace, Valley],
) -> None:
    """Steep slopes are dark in radar: what light calls dry, and the reverse, is no flood."""
    result = scan(painted[0], FACILITY, *FLOODS[1], recorded_at=NOW)
    [flooding] = [one for one in result.observations if one.method.startswith("flooding")]
    assert flooding.outcome == "not_seen"
    assert [one.code for one in flooding.reasons] == [Code.WATER_MAPS_DISAGREE]
    assert result.findings == ()


def test_map_and_figure_show_light_beside_radar(
    painted: tuple[Workspace, Valley], heights: GroundFiles
) -> None:
    workspace, _ = painted
    result = scan(workspace, FACILITY, *FLOODS[0], recorded_at=NOW, ground_files=heights)
    [finding] = result.findings
    drawn = draw_facility_map(workspace, [FACILITY], before=result.before.id, after=result.after.id)
    figure = draw_finding_figure(workspace, finding.id, file_format="svg")
    light, radar = name_of("bands", "red green blue"), name_of("bands", "vv")
    for text in (drawn.html, " ".join(figure.note)):
        assert light in text
        assert radar.split(":")[0] in text


@pytest.mark.parametrize(("light_first", "least_f1"), [(True, 0.7), (False, 0.42)])
def test_floods_cut_from_real_scenes_are_found(
    imagery_folder: Path, light_first: bool, least_f1: float
) -> None:
    """Of places of which optical and radar scenes lie on one grid; bounds a little below reached.

    Radar of 8 bits, stretched date by date, and optics under cloud: a few pairs cannot be answered.
    """
    benchmark = read_benchmark(imagery_folder / "benchmark")
    counts, answered = Counts(), []
    for entry in mixed_pairs(benchmark, "tune", light_first=light_first):
        given = answer(benchmark, entry)
        answered.append(given.way == "mixed")
        counts += count(given.called, read_truth(benchmark, entry))
    assert np.mean(answered) >= 0.85
    assert counts.f1 >= least_f1
