"""What happened between two dates, from a catalogue on the network to the ledger."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from camp_monitor.cli import main
from camp_monitor.codes import Code
from camp_monitor.report.text.sentences import name_of, phrase
from camp_monitor.scenes.catalogue import check_unaltered, read_scenes
from tests.remote.painted_catalogue import FACILITY, Offered, collection, offer, workspace
from tests.remote.servers import AssetServer, Fault, StacServer

INTERVAL = ("--from", "2016-08-01", "--to", "2016-10-15")
CLEAR, FLOOD, DRAINED = "2016-08-16", "2016-09-05", "2016-09-25"
KILLS, WORKSPACES = 10, 2


@dataclass(frozen=True)
class Net:
    """A STAC API and the server of its files."""

    files: AssetServer
    home: str
    offered: Offered


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    with AssetServer() as files:
        offered = offer(files.home)
        files.files.update(offered.files)
        folder = tmp_path_factory.mktemp("stac")
        with StacServer(folder, [collection()], offered.items) as api:
            yield Net(files, api.home, offered)


@pytest.fixture
def camps(net: Net, tmp_path: Path) -> Path:
    net.files.always.clear()
    net.files.faults.clear()
    return workspace(tmp_path / "camps", net.home)


def camp_monitor(camps: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in this process."""
    said = CliRunner().invoke(main, ["--workspace", str(camps), *words])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return subprocess.CompletedProcess(words, said.exit_code, said.stdout, said.stderr)


def catalogue(camps: Path) -> dict[str, str]:
    """Every file of the catalogue but locks and what a run that was cut off may leave."""
    folder = camps / "imagery"
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def test_search_says_how_clear_each_scene_is_over_the_outline(camps: Path) -> None:
    answer = camp_monitor(camps, "--json", "scenes", "search", FACILITY, *INTERVAL)
    assert answer.returncode == 0, answer.stderr
    clear = {one["acquired_at"][:10]: one["clear_fraction"] for one in json.loads(answer.stdout)}
    assert list(clear) == ["2016-08-06", CLEAR, FLOOD, "2016-09-15", DRAINED]
    assert [round(value, 1) for value in clear.values()] == [0, 1, 1, 0, 1]
    table = camp_monitor(camps, "scenes", "search", FACILITY, *INTERVAL)
    assert name_of("scene_column", "clear") in table.stdout
    said = phrase("scenes.next", facility=FACILITY, first=INTERVAL[1], last=INTERVAL[3])
    assert said in table.stderr


def test_the_flood_is_found_from_fetched_scenes_and_fetched_once(net: Net, camps: Path) -> None:
    net.files.seen.clear()
    answer = camp_monitor(camps, "--json", "scan", FACILITY, *INTERVAL)
    assert answer.returncode == 0, answer.stderr
    (place,) = json.loads(answer.stdout)["facilities"]
    kinds = {
        (one["kind"], one["before"]["acquired_from_at"][:10], one["after"]["acquired_from_at"][:10])
        for one in place["findings"]
    }
    assert kinds == {("flooding", CLEAR, FLOOD), ("flood_recession", FLOOD, DRAINED)}
    left_out = {one["acquired_at"][:10]: one["reason"] for one in place["not_used"]}
    assert left_out["2016-08-06"]["code"] == Code.TOO_CLOUDY
    assert left_out["2016-08-06"]["values"] == {"clear_fraction": 0.0}
    assert left_out["2016-08-06"]["text"] in answer.stderr
    scenes = read_scenes(camps / "imagery")
    assert [scene.dates for scene in scenes] == [CLEAR, FLOOD, DRAINED]
    assert {scene.offset_kind for scene in scenes} == {"to_subtract"}
    fetched = catalogue(camps)
    runs = camps / "out" / "runs" / "fetched.jsonl"
    noted = [json.loads(line) for line in runs.read_text("utf-8").splitlines()]
    assert {line["scene"] for line in noted} == {scene.id for scene in scenes}
    assert all(line["source"] == "local" and line["fetched_at"].endswith("Z") for line in noted)
    (item,) = (camps / "imagery").glob("S2A_52TEL_20160905*/S2A*.json")
    blue = json.loads(item.read_text("utf-8"))["assets"]["blue"]
    assert blue["alternate"]["source"]["href"].startswith(f"{net.files.home}/S2A_52TEL_20160905")
    net.files.seen.clear()
    again = camp_monitor(camps, "--json", "scan", FACILITY, *INTERVAL)
    (same,) = json.loads(again.stdout)["facilities"]
    assert same["added"] == {"observations": 0, "findings": 0}
    assert same["known_pairs"] == len(same["pairs"]) == 3
    assert {one.path.rsplit("/", 1)[1] for one in net.files.seen} <= {"scl.tif"}, "looked at only"
    assert catalogue(camps) == fetched
    assert len(runs.read_text("utf-8").splitlines()) == len(noted)
    net.files.seen.clear()
    assert camp_monitor(camps, "scan", FACILITY, *INTERVAL, "--offline").returncode == 0
    assert net.files.seen == []


def test_a_fetch_that_is_killed_and_run_again_ends_with_the_same_catalogue(
    net: Net, camps: Path, tmp_path: Path
) -> None:
    names = [item["id"] for item in net.offered.items]
    words = ("scenes", "fetch", FACILITY, *names)
    assert camp_monitor(camps, *words).returncode == 0
    whole = catalogue(camps)
    assert len([name for name in whole if name.endswith(".tif")]) == 7 * len(names)
    net.files.always["*"] = Fault(delay_s=0.02)
    program = str(Path(sys.executable).with_name("camp-monitor"))
    rng = random.Random(5)
    for number in range(WORKSPACES):
        other = workspace(tmp_path / f"other-{number}", net.home)
        killed = 0
        while killed < KILLS / WORKSPACES:
            command = [program, "--workspace", str(other), *words]
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                child.wait(timeout=rng.uniform(1.0, 4.0))
                shutil.rmtree(other / "imagery")  # it was done before it could be killed
            except subprocess.TimeoutExpired:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
                killed += 1
        answer = camp_monitor(other, *words)
        assert answer.returncode == 0, answer.stderr
        assert catalogue(other) == whole
        assert not list((other / "imagery").glob(".fetching-*"))
        for scene in read_scenes(other / "imagery"):
            check_unaltered(scene)
