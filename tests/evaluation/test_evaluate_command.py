"""``camp-monitor evaluate`` on a painted benchmark: a folder that no detector has met."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from scipy import ndimage

from camp_monitor.cli import main
from camp_monitor.cli.context import Context
from camp_monitor.codes import Code
from camp_monitor.evaluation.benchmark import Benchmark
from camp_monitor.evaluation.running import evaluate

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
BANDS = ("green", "nir", "swir1")
WATER, LAND = (0.06, 0.03, 0.02), (0.09, 0.30, 0.22)


def write(path: Path, pixels: NDArray[Any]) -> None:
    layers = np.atleast_3d(pixels) if pixels.ndim == 3 else pixels[None]
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", width=layers.shape[2], height=layers.shape[1],
        count=layers.shape[0], dtype=layers.dtype,
    ) as target:  # fmt: skip
        target.write(layers)


def painted(folder: Path, **changes: Any) -> Path:
    """Write a benchmark of one pair: a pond before, a flood beside it after."""
    rng = np.random.default_rng(1)
    shape = (160, 160)
    texture = ndimage.gaussian_filter(rng.normal(size=shape), 2) * 0.15
    pond, flood = np.zeros(shape, bool), np.zeros(shape, bool)
    pond[20:60, 20:60] = True
    flood[80:140, 50:130] = True

    def image(wet: NDArray[np.bool_]) -> NDArray[np.uint16]:
        noise = rng.normal(0, 0.002, (3, *shape))
        water, land = (np.array(c)[:, None, None] for c in (WATER, LAND))
        reflectance = np.where(wet, water, land * (1 + texture)) + noise
        return (np.clip(reflectance, 0.001, 1) * 10_000).astype(np.uint16)

    truth = np.where(flood, 1, 0).astype(np.uint8)
    truth[:, :10] = 255
    write(folder / "lake" / "before.tif", image(pond))
    write(folder / "lake" / "after.tif", image(pond | flood))
    write(folder / "lake" / "truth.tif", truth)
    entry = {
        "id": "lake", "dataset": "painted", "kind": "flooding", "mode": "pair",
        "sensor": "optical", "quantity": "reflectance", "scale": 1e-4, "offset": 0.0,
        "pixel_m": 10.0, "bands": BANDS, "before": "lake/before.tif", "after": "lake/after.tif",
        "truth": "lake/truth.tif", "source": "painted",
    } | changes  # fmt: skip
    (folder / "pairs.json").write_text(json.dumps([entry]))
    return folder


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, words)], obj=Context())


def test_a_painted_flood_is_found_and_scored(tmp_path: Path) -> None:
    folder = painted(tmp_path / "labelled")
    scores = tmp_path / "scores.json"
    result = run(folder, "--predictions", tmp_path / "answers", "--json", scores)
    assert result.exit_code == 0, result.output
    said = json.loads(scores.read_text())
    assert said["datasets"]["painted"]["f1"] > 0.95
    assert said["scenes"]["lake"]["objects_found"] == 1
    with rasterio.open(tmp_path / "answers" / "lake.tif") as source:
        answer = source.read(1)
    assert answer.dtype == np.uint8
    assert set(np.unique(answer)) <= {0, 1, 255}
    assert not (answer[20:60, 20:60] == 1).any(), "the pond was there before"


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    folder = painted(tmp_path / "labelled")
    written = []
    for name in ("first", "second"):
        out = tmp_path / name
        run(folder, "--predictions", out, "--json", out.with_suffix(".json"))
        written.append((out / "lake.tif").read_bytes() + out.with_suffix(".json").read_bytes())
    assert written[0] == written[1]


def test_the_truth_does_not_reach_the_answer(tmp_path: Path) -> None:
    """The same images with other labels, or a damaged label file, give the same answer."""
    folder = painted(tmp_path / "labelled")
    run(folder, "--predictions", tmp_path / "first")
    write(folder / "lake" / "truth.tif", np.ones((160, 160), np.uint8))
    run(folder, "--predictions", tmp_path / "second")
    (folder / "lake" / "truth.tif").write_bytes(b"no image")
    result = run(folder, "--predictions", tmp_path / "third")
    assert result.exit_code == 2
    answers = {(tmp_path / n / "lake.tif").read_bytes() for n in ("first", "second", "third")}
    assert len(answers) == 1


def test_the_name_of_a_dataset_changes_nothing(tmp_path: Path) -> None:
    answers = set()
    for name in ("painted", "levir_cd", "etci2021"):
        folder = painted(tmp_path / name, dataset=name)
        run(folder, "--predictions", tmp_path / f"{name}-answers")
        answers.add((tmp_path / f"{name}-answers" / "lake.tif").read_bytes())
    assert len(answers) == 1


def test_a_pair_that_cannot_be_compared_says_why_and_counts_as_not_seen(tmp_path: Path) -> None:
    folder = painted(tmp_path, bands=["red", "coastal", "cirrus"])
    scores = tmp_path / "scores.json"
    result = run(folder, "--json", scores)
    assert result.exit_code == 0
    assert "Not comparable: lake: " in result.output
    lake = json.loads(scores.read_text())["scenes"]["lake"]
    assert lake["unseen_fraction"] == 1.0
    assert lake["true_positive"] == 0
    assert lake["reason"]


def test_one_pair_that_fails_stops_no_other(tmp_path: Path) -> None:
    """Other bands before, a missing image, damaged labels: each is named."""
    folder = painted(tmp_path)
    [lake] = json.loads((folder / "pairs.json").read_text())
    (folder / "lake" / "damaged.tif").write_bytes(b"II*")
    pairs = [
        {**lake, "id": "gone", "after": "lake/missing.tif"},
        {**lake, "id": "other", "bands_before": ["blue", "red", "swir2"]},
        lake,
        {**lake, "id": "unlabelled", "truth": "lake/damaged.tif"},
    ]
    (folder / "pairs.json").write_text(json.dumps(pairs))
    scores = tmp_path / "scores.json"
    result = run(folder, "--json", scores, "--predictions", tmp_path / "out", "--workers", "1")
    assert result.exit_code == 0, result.output
    assert "Not read: " in result.output
    assert "missing.tif" in result.output
    assert "damaged.tif" in result.output
    assert "Not comparable: other: " in result.output
    said = json.loads(scores.read_text())
    scenes = said["scenes"]
    assert scenes["lake"]["true_positive"] > 0
    assert scenes["other"]["reason"]["code"] == Code.OTHER_BANDS
    for name in ("gone", "other"):
        assert scenes[name]["unseen_fraction"] == 1.0
        assert scenes[name]["false_negative"] > 0
    assert scenes["unlabelled"]["unseen"] == 0
    assert said["datasets"]["painted"]["not_read"] == 2
    assert said["datasets"]["painted"]["not_comparable"] == 1
    assert (tmp_path / "out" / "lake.tif").is_file()


def backscatter(folder: Path) -> None:
    """Write radar of the painted pond and flood: decibels, 8-bit numbers."""
    rng = np.random.default_rng(3)
    with rasterio.open(folder / "lake" / "truth.tif") as source:
        flood = source.read(1) == 1
    pond = np.zeros(flood.shape, bool)
    pond[20:60, 20:60] = True
    for name, wet in (("dry", pond), ("wet", pond | flood)):
        power = np.where(wet, 10**-2.2, 10**-1.0) * rng.gamma(5, 1 / 5, flood.shape)
        write(folder / "lake" / f"{name}_db.tif", (10 * np.log10(power)).astype(np.float32))
        numbers = np.clip(255 * np.sqrt(power / 0.4), 1, 255).astype(np.uint8)
        write(folder / "lake" / f"{name}_8.tif", numbers)


def test_light_before_and_radar_after_are_answered_and_the_reverse(tmp_path: Path) -> None:
    """Stated or not, decibels or 8 bits; what else is asked of them is refused, and goes on."""
    folder = painted(tmp_path)
    backscatter(folder)
    [lake] = json.loads((folder / "pairs.json").read_text())
    in_radar = {"bands": ["vv"], "bands_before": BANDS, "after": "lake/wet_8.tif"}
    decibels = {"quantity_before": "sigma0_db", "scale_before": None}
    radar_first = {"bands_before": ["vv"], "before": "lake/dry_db.tif"}
    pairs = [
        {**lake, **in_radar, "id": "unstated"},
        {**lake, **in_radar, "id": "after_db", "after": "lake/wet_db.tif"},
        {**lake, **in_radar, "id": "stated", "sensor": "sentinel-1", "quantity": "amplitude8",
         "scale": None, "quantity_before": "reflectance", "scale_before": 1e-4},
        {**lake, **radar_first, "id": "before_db", **decibels},
        {**lake, **radar_first, "id": "before_8", "before": "lake/dry_8.tif"},
        {**lake, **in_radar, "id": "quiet", "after": "lake/dry_db.tif"},
        {**lake, **radar_first, "id": "built", "kind": "construction"},
        {**lake, **radar_first, "id": "changed", "kind": "change"},
    ]  # fmt: skip
    (folder / "pairs.json").write_text(json.dumps(pairs))
    scores = tmp_path / "scores.json"
    result = run(folder, "--json", scores, "--workers", "1")
    assert result.exit_code == 0, result.output
    scenes = json.loads(scores.read_text())["scenes"]
    for name in ("unstated", "after_db", "stated", "before_db", "before_8"):
        assert scenes[name]["f1"] >= 0.9, name
        assert scenes[name]["way"] == "mixed"
    assert scenes["quiet"]["called_fraction"] == scenes["quiet"]["unseen_fraction"] == 0
    for name in ("built", "changed"):
        assert scenes[name]["reason"]["code"] == Code.NEEDS_ONE_SENSOR
        assert scenes[name]["unseen_fraction"] == 1.0


def test_weights_that_cannot_be_read_are_no_fault_of_a_pair(tmp_path: Path) -> None:
    result = run(painted(tmp_path), "--structure-model", tmp_path / "missing.npz")
    assert result.exit_code == 2, result.output
    assert "missing.npz cannot be read as weights" in result.output


def test_a_benchmark_without_entries_has_no_scores(tmp_path: Path) -> None:
    assert evaluate(Benchmark(tmp_path, ())) == ()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"after": "../../etc/passwd"}, "outside"),
        ({"after": "/etc/passwd"}, "outside"),
        ({"after": "http://127.0.0.1/x.tif"}, "outside"),
        ({"id": "../../lake"}, "id"),
        ({"kind": "treasure"}, "kind"),
        ({"scale": float("nan")}, "scale"),
        ({"pixel_m": -1}, "pixel_m"),
        ({"before": None}, "single date"),
        ({"bands": ["green"]}, "3 bands"),
        ({"bands": ["x", "y", "z"]}, "no band that is known"),
        ({"after": "lake/missing.tif"}, "no file"),
        ({"kind": "change"}, "no detector"),
    ],
)
def test_a_wrong_list_is_named_in_one_sentence(
    tmp_path: Path, changes: dict[str, Any], word: str
) -> None:
    result = run(painted(tmp_path, **changes))
    assert result.exit_code == 2, result.output
    lines = result.output.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("Error: ")
    assert word in lines[0]


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1]", "[" * 100_000, "\xff"])
def test_a_damaged_list_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "pairs.json").write_text(text, encoding="latin-1")
    result = run(tmp_path)
    assert result.exit_code == 2, result.output
    assert len(result.output.strip().splitlines()) == 1


def test_an_unknown_dataset_is_named_with_those_there_are(tmp_path: Path) -> None:
    result = run(painted(tmp_path), "--dataset", "other")
    assert result.exit_code == 2
    assert "it has painted" in result.output
