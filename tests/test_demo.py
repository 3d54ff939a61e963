"""The demo: the whole job on painted scenes, its verdict, and what it leaves alone."""

from __future__ import annotations

import functools
import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from camp_monitor.cli import main
from camp_monitor.cli.demo import FACILITY, PAIRS
from camp_monitor.codes import Code
from camp_monitor.demo import valley_scenes
from camp_monitor.demo.scenes import MARKER
from camp_monitor.demo.truth import Row, judged, judged_cloud
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.report.text.sentences import name_of, phrase
from camp_monitor.report.text.words import count_words, findings_words
from camp_monitor.scenes.catalogue import read_scenes

PAINT_ONCE = functools.cache(valley_scenes.paint_valley)
"""For a demo that need not paint anew: it takes what the first one painted."""


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def contents(folder: Path) -> dict[str, bytes]:
    """What must be the same: everything but the ledger's clock and the container of the table."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("ledger.sqlite")
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("demo") / "first demo"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(valley_scenes, "paint_valley", PAINT_ONCE)
        return folder, run("--json", "demo", "--out", str(folder))


def test_annex_and_flood_are_found_and_the_cloud_is_not_seen(demo: tuple[Path, Result]) -> None:
    folder, result = demo
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["simulated"] is True
    rows = {(row["dates"], row["what"]): row for row in answer["comparison"]}
    year, drains, radar_flood, radar_drains, cloudy, _ = (f"{one} to {two}" for one, two in PAIRS)
    assert rows[year, "annex of the compound"]["painted"] == "5,890 m²"
    for dates, what in (
        (year, "annex of the compound"),
        (year, "flood on the terrace"),
        (drains, "flood that drained"),
        (radar_flood, "flood on the terrace"),
        (radar_drains, "flood that drained"),
    ):
        assert rows[dates, what]["verdict"] == "found; the true area is inside the interval"
    for dates in (year, drains):
        verdict = rows[dates, "cloud and its shadow"]["verdict"]
        assert verdict == "not seen; no change called under it"
    assert rows[cloudy, "a date under cloud"]["verdict"] == "no answer, and none was given"
    assert [row["right"] for row in rows.values()] == [True] * len(rows)
    others = [row["verdict"] for (_, what), row in rows.items() if what == "anything else"]
    assert others == ["no false alarm"] * 5
    for file in answer["files"]:
        assert Path(file).is_file()
    with open_ledger(folder / "out" / "ledger.sqlite") as ledger:
        kinds = {finding.kind for finding in ledger.findings(FACILITY)}
        refusals = {
            reason.code
            for item in ledger.observations(FACILITY)
            if item.seen_fraction == 0
            for reason in item.reasons
        }
    assert kinds == {"construction", "flooding", "flood_recession"}
    assert refusals == {Code.UNUSABLE}


def test_a_map_opens_with_the_first_event_and_says_what_the_newest_images_show(
    demo: tuple[Path, Result], tmp_path: Path
) -> None:
    def said(*words: str) -> Any:
        result = run("--workspace", str(demo[0]), "--json", *words)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    page = tmp_path / "map.html"
    opened = said("map", FACILITY, "-o", str(page))
    html = page.read_text("utf-8")
    first = said("events", "list")["events"][0]
    assert first["was_confirmed"]
    assert opened["findings"] > 0
    assert opened["events_not_shown"] == []
    *_, latest = PAIRS
    newest = said("map", FACILITY, "--after", latest[1], "-o", str(page))
    assert newest["findings"] == 0
    aside = phrase("map.aside", interval=newest["dates"], headline="")
    assert f'<p class="aside">{aside}{findings_words(0).lower()}' in html
    assert opened["dates"] != newest["dates"]
    assert 'class="aside"' not in page.read_text("utf-8")
    by_id = said("map", first["id"], "-o", str(page))
    assert by_id["dates"] == opened["dates"]
    assert name_of("state", "ended").capitalize() in page.read_text("utf-8")


def test_everything_says_that_it_is_simulated(demo: tuple[Path, Result]) -> None:
    folder, _ = demo
    scenes = read_scenes(folder / "imagery")
    assert len(scenes) == 12
    for scene in scenes:
        assert scene.simulated
        assert scene.credit == "SIMULATED"
        assert scene.licence == "CC0-1.0"
        assert scene.id.startswith("SIMULATED")
    page = (folder / "out" / "maps" / f"SIMULATED-{FACILITY}.html").read_text(encoding="utf-8")
    assert page.count("SIMULATED") > 2
    assert (folder / MARKER).read_text(encoding="utf-8").count("SIMULATED") == 1


def test_the_next_commands_work_as_printed(demo: tuple[Path, Result], tmp_path: Path) -> None:
    folder, result = demo
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    commands = json.loads(result.stdout)["next"]
    assert len(commands) == 3
    for command in commands:
        program, *words = shlex.split(command.replace(str(folder), str(copy)))
        assert program == "camp-monitor"
        assert words[:2] == ["--workspace", str(copy)]
        answer = run(*words)
        assert answer.exit_code == 0, answer.output
    listed = run("--workspace", str(copy), "--json", "findings", "list").stdout
    reviews = [item["review"] for item in json.loads(listed)["findings"]]
    assert "confirmed" in [review["verdict"] for review in reviews if review]


def test_again_gives_the_same_bytes_and_loses_nothing(demo: tuple[Path, Result]) -> None:
    folder, _ = demo
    before = contents(folder)
    own = folder / "notes.txt"
    own.write_text("mine", encoding="utf-8")
    with open_ledger(folder / "out" / "ledger.sqlite") as ledger:
        held = ledger.contents_sha256()
    again = run("demo", "--out", str(folder))
    assert again.exit_code == 0, again.output
    assert again.output.startswith("SIMULATED")
    assert own.read_text(encoding="utf-8") == "mine"
    own.unlink()
    after = contents(folder)
    assert after.keys() == before.keys()
    assert [name for name in before if before[name] != after[name]] == []
    with open_ledger(folder / "out" / "ledger.sqlite") as ledger:
        assert ledger.contents_sha256() == held


def test_elsewhere_gives_the_same_map_and_ledger(demo: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = demo
    assert run("demo", "--out", str(tmp_path / "other")).exit_code == 0
    page = Path("out") / "maps" / f"SIMULATED-{FACILITY}.html"
    assert (tmp_path / "other" / page).read_bytes() == (folder / page).read_bytes()
    held = []
    for place in (folder, tmp_path / "other"):
        with open_ledger(place / "out" / "ledger.sqlite") as ledger:
            held.append(ledger.contents_sha256())
    assert held[0] == held[1]


@pytest.mark.parametrize("name", ["thesis.txt", MARKER])
def test_a_folder_of_the_users_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("years of work", encoding="utf-8")
    result = run("demo", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "not an empty folder" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "years of work"


def test_scenes_of_another_version_are_refused_in_one_sentence(
    demo: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(valley_scenes, "paint_valley", PAINT_ONCE)
    copy = tmp_path / "copy"
    shutil.copytree(demo[0], copy)
    item = next((copy / "imagery").glob(f"*{PAIRS[0][0]}/SIMULATED-*.json"))
    text = item.read_text(encoding="utf-8")
    item.write_text(text.replace('"file:checksum": "1220', '"file:checksum": "12200'), "utf-8")
    result = run("demo", "--out", str(copy))
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    assert "--out DIR" in result.stderr


def test_the_verdict_can_be_missed_and_cloud_can_be_called_a_change() -> None:
    painted = np.zeros((20, 20), bool)
    painted[5:15, 5:15] = True
    missed = judged("dates", "annex", 10_000, painted, [], {})
    assert missed == Row("dates", "annex", "10,000 m²", "0% of it", "missed", False)
    called = judged_cloud("dates", 10_000, painted, [painted], {"F1": painted})
    assert not called.right
    assert f"{count_words(1, 'finding')} under it" in called.verdict
    through = judged_cloud("dates", 10_000, painted, [np.zeros_like(painted)], {})
    assert not through.right
