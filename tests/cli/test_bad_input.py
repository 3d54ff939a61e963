"""What the command line says to bad input: one sentence, the right exit code, nothing lost.

The commands run in a process of their own, without pytest's handling of logs and warnings, so
that whatever a user would see on the terminal is seen here.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from camp_monitor.codes import Code
from camp_monitor.facilities import bundled_registry
from camp_monitor.notes import note
from camp_monitor.report.text.sentences import phrase, sentence
from camp_monitor.report.text.words import question_words
from camp_monitor.workspace import create_workspace
from tests.scenes.painted import grid, numbers, write_tiff
from tests.swapped import preamble

SERVER = """
import json, os, sys, traceback
from pathlib import Path
from camp_monitor.cli import main
folder, answers = Path(sys.argv[1]), os.fdopen(os.dup(1), "w")
for line in sys.stdin:
    for number in (1, 2):
        target = os.open(folder / str(number), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(target, number)
        os.close(target)
    code = 0
    try:
        main(json.loads(line), prog_name="camp-monitor")
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 99
    sys.stdout.flush(), sys.stderr.flush()
    texts = [(folder / str(number)).read_text() for number in (1, 2)]
    print(json.dumps([code, *texts]), file=answers, flush=True)
"""
"""Runs one command a line; file descriptors are caught, so that C libraries are heard too."""


@dataclass(frozen=True)
class Answer:
    code: int
    output: str
    errors: str


@dataclass(frozen=True)
class Shell:
    """A workspace, and a process that runs commands in it."""

    workspace: Path
    process: subprocess.Popen[str]

    def run(self, *arguments: object, workspace: Path | None = None) -> Answer:
        words = ["--workspace", str(workspace or self.workspace), *map(str, arguments)]
        questions, answers = self.process.stdin, self.process.stdout
        assert questions is not None
        assert answers is not None
        print(json.dumps(words), file=questions, flush=True)
        return Answer(*json.loads(answers.readline()))

    @property
    def recorded(self) -> str:
        """What the ledger and the catalogue hold, as one hash."""
        files = [self.workspace / "out" / "ledger.sqlite"]
        files += sorted((self.workspace / "imagery").rglob("*"))
        held = [(str(path), path.read_bytes()) for path in files if path.is_file()]
        return hashlib.sha256(repr(held).encode()).hexdigest()


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("cli")
    workspace = create_workspace(folder / "workspace", bundled_registry()).root
    process = subprocess.Popen(
        [sys.executable, "-c", preamble() + SERVER, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder,
    )  # fmt: skip
    try:
        shell = Shell(workspace, process)
        _fill(shell, folder)
        yield shell
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)
        assert process.stdout is not None
        process.stdout.close()


def _fill(shell: Shell, folder: Path) -> None:
    """Add an outline, two scenes that serve, one of another sensor, and two that miss it."""
    ring = grid(40, 40).translate_pix(100, 100).extent.to_crs("EPSG:4326").geom
    outline = folder / "outline.geojson"
    outline.write_text(json.dumps(ring.__geo_interface__))
    place = ("--id", "site", "--name", "Site", "--accuracy-m", "10")
    assert shell.run("facilities", "import", outline, *place).code == 0
    away = grid().translate_pix(3000, 0)
    for name, day, sensor, where in (
        ("before", "2016-08-20", "sentinel-2", grid()),
        ("after", "2016-09-12", "sentinel-2", grid()),
        ("other", "2016-10-12", "landsat", grid()),
        ("away", "2017-08-20", "sentinel-2", away),
        ("away2", "2017-09-12", "sentinel-2", away),
    ):
        seed = {"before": 1, "after": 1}.get(name, len(name))
        stored = numbers(seed) + (name == "after")
        stored = 8000 + stored if sensor == "landsat" else stored
        path = write_tiff(folder / f"{name}.tif", stored.astype(np.uint16), where)
        said = ("--sensor", sensor, "--acquired", day, "--offset", "0")
        bands = ("--bands", "blue,green,red,nir")
        answer = shell.run("scenes", "add", path, *said, *bands)
        assert (answer.code, answer.errors) == (0, ""), answer
    answer = shell.run("scan", "site", "--before", "2016-08-20", "--after", "2016-09-12")
    assert (answer.code, answer.errors) == (0, ""), answer


def assert_one_sentence(answer: Answer, code: int, said: str) -> None:
    assert answer.code == code, answer
    assert answer.output == ""
    assert answer.errors.startswith("Error: ")
    assert answer.errors.count("\n") == 1, answer.errors
    assert answer.errors.rstrip().endswith((".", "?"))
    assert said in answer.errors


def write_whole(path: Path) -> bytes:
    write_tiff(path, numbers(rows=128, columns=128), compress="deflate")
    return path.read_bytes()


def cut_short(path: Path) -> None:
    path.write_bytes(write_whole(path)[:60_000])


def overwritten(path: Path) -> None:
    held = bytearray(write_whole(path))
    held[20_000:40_000] = bytes(20_000)
    path.write_bytes(held)


def header_only(path: Path) -> None:
    path.write_bytes(b"II*\0\x08\0\0\0")


def without_crs(path: Path) -> None:
    write_tiff(path, numbers(rows=64, columns=64), crs=None)


def all_nodata(path: Path) -> None:
    write_tiff(path, np.zeros((4, 64, 64), np.uint16), nodata=0)


def five_bands(path: Path) -> None:
    write_tiff(path, numbers(rows=64, columns=64, bands=5))


def text(path: Path) -> None:
    path.write_text("not an image\n")


def not_there(path: Path) -> None:
    path.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut_short, "it may be truncated"),
        (overwritten, "it may be truncated"),
        (header_only, "it may be truncated"),
        (without_crs, "no coordinate reference system"),
        (all_nodata, "every pixel is nodata"),
        (Path.touch, "neither a GeoTIFF nor a JPEG 2000"),
        (text, "neither a GeoTIFF nor a JPEG 2000"),
        (Path.mkdir, "There is no file"),
        (not_there, "There is no file"),
        (five_bands, "has 5 bands where Sentinel-2 has 4, and its file does not name them"),
    ],
)
def test_a_bad_image_is_refused(
    shell: Shell, tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    bad_file = tmp_path / "bad.tif"
    spoil(bad_file)
    before = shell.recorded
    described = ("--sensor", "sentinel-2", "--acquired", "2016-08-29", "--offset", "0")
    answer = shell.run("scenes", "add", bad_file, *described)
    assert_one_sentence(answer, 2, said)
    assert bad_file.name in answer.errors
    assert shell.recorded == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("scan", "khs-hoeryong", "--before", "2016", "--after", "2017"), "outline"),
        (("scan", "nowhere", "--before", "2016-08-20", "--after", "2016-09-12"), "nowhere"),
        (("scan", "../site", "--before", "2016-08-20", "--after", "2016-09-12"), "../site"),
        (("scan", "site", "--before", "2016-08-21", "--after", "2016-09-12"), "no before scene"),
        (("scan", "site", "--before", "2016-08-20", "--after", "soon"), "not understood"),
        (("scan", "site", "--before", "2016", "--after", "2017"), "serve equally"),
        (("facilities", "show", "nowhere"), "nowhere"),
        (("scenes", "list", "nowhere"), "nowhere"),
        (("map", "nowhere", "-o", "map.html"), "nowhere"),
        (("map", "site", "-o", "map.png"), "a map is an .html file"),
        (("map", "-o", "map"), "a map is an .html file"),
        (("findings", "list", "--facility", "sit"), "did you mean site"),
        (("findings", "export", "findings.csv", "--facility", "sit"), "did you mean site"),
        (("findings", "export", "findings.csv", "--facility", "nowhere"), "nowhere"),
        (("facilities", "import", "before.tif", "--id", "x", "--name", "X"), "before.tif"),
        (("facilities", "import", "gone.kml", "--id", "x", "--name", "X"), "gone.kml"),
        (("init", "outline.geojson/here"), "outline.geojson/here"),
        (("init", "workspace"), "workspace is a workspace already"),
        (("init", "."), "is not an empty folder"),
        (
            ("scenes", "add", "before.tif", "--sensor", "sentinel-2", "--acquired", "2016-13-01",
             "--offset", "0"),
            "2016-13-01",
        ),
        (
            ("scenes", "add", "before.tif", "--sensor", "rgb", "--acquired", "2016",
             "--item", "outline.geojson"),
            "is not a STAC item",
        ),
    ],
)  # fmt: skip
def test_bad_words_are_refused(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    before = shell.recorded
    assert_one_sentence(shell.run(*arguments), 2, said)
    assert shell.recorded == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("scenes", "add"), "Missing argument 'FILES...'"),
        (("scenes", "add", "a.tif", "--acquired", "2016"), "Missing option '--sensor'"),
        (("scenes", "add", "a.tif", "--sensor", "spy", "--acquired", "2016"), "'spy' is not one"),
        (("scan", "site", "--before", "2016"), "give --before and --after"),
        (("scan", "site", "--sensitivity", "higher"), "use high, balanced, low"),
        (("scan", "site", "--sensitivity", "1.5"), "between 0 and 1"),
        (("map", "site"), "Missing option '-o'"),
        (("scna",), "No such command 'scna'"),
    ],
)
def test_wrong_usage_is_told(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    answer = shell.run(*arguments)
    assert answer.code == 2
    assert answer.errors.startswith("Usage: camp-monitor")
    assert said in answer.errors


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("2017-08-20", "2017-09-12", "nothing_usable"),
        ("2016-09-12", "2016-10-12", "other_sensor"),
    ],
)
def test_what_cannot_be_compared_is_recorded_as_not_seen(
    shell: Shell, before: str, after: str, reason: str
) -> None:
    answer = shell.run("scan", "site", "--before", before, "--after", after)
    assert answer.code == 3
    assert answer.errors == ""
    assert phrase("not_seen") in answer.output
    assert "o change" not in answer.output
    listed = shell.run("--json", "findings", "list", "--facility", "site")
    recorded = [
        item
        for item in json.loads(listed.output)["observations"]
        if [said["code"] for said in item["reasons"]] == [reason]
    ]
    assert {item["outcome"] for item in recorded} == {"not_seen"}
    assert {item["method"].split("/")[0] for item in recorded} >= {"construction", "flooding"}
    held = shell.recorded
    assert shell.run("scan", "site", "--before", before, "--after", after).code == 3
    assert shell.recorded == held, "the same refusal again adds nothing"
    assert "not seen" in shell.run("findings", "list").output


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("2016-09-12", "2016-08-20", "swap them"),
        ("2016-08-20", "2016-08-20", "both the before and the after scene"),
    ],
)
def test_a_slip_of_the_order_is_no_observation(
    shell: Shell, before: str, after: str, said: str
) -> None:
    held = shell.recorded
    assert_one_sentence(shell.run("scan", "site", "--before", before, "--after", after), 2, said)
    assert shell.recorded == held


@pytest.mark.parametrize(
    "arguments", [("map", "site", "-o"), ("findings", "export")], ids=["map", "export"]
)
def test_a_file_that_cannot_be_written_is_named(shell: Shell, arguments: tuple[str, ...]) -> None:
    file = {"map": "x.html", "findings": "x.csv"}[arguments[0]]
    answer = shell.run(*arguments, shell.workspace.parent / "outline.geojson" / file)
    assert_one_sentence(answer, 2, f"outline.geojson/{file}")


def test_a_scene_altered_after_it_was_added_is_refused(shell: Shell) -> None:
    (kept,) = (shell.workspace / "imagery").glob("*20160912*/after.tif")
    whole = kept.read_bytes()
    (second,) = (path.parent.name for path in [kept])
    names = ("--before", "2016-08-20", "--after", second)
    settings = shell.workspace / "camp-monitor.toml"
    usual = settings.read_text()
    try:
        kept.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        settings.write_text("[scan]\nmargin_m = 90.0\n")
        before = shell.recorded
        assert_one_sentence(shell.run("scan", "site", *names), 2, "is not the file that was added")
        assert shell.recorded == before
    finally:
        kept.write_bytes(whole)
        settings.write_text(usual)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[scan]\nmargin = 5\n", "did you mean 'margin_m'?"),
        ("[scna]\n", "did you mean 'scan'?"),
        ("[scan]\nmargin_m = -5\n", "scan.margin_m"),
        ("[scan]\nmargin_m = nan\n", "scan.margin_m"),
        ('[scan]\ncontext_px = "many"\n', "scan.context_px"),
        ("scan = 5\n", "scan"),
        ("[scan\n", "not valid TOML"),
        ("x = " + "[" * 5000, "not valid TOML"),
        ("x = " + "9" * 5000, "not valid TOML"),
        (b"\xff\xfe", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_broken_configuration_is_named(
    shell: Shell, tmp_path: Path, text: str | bytes | None, said: str
) -> None:
    path = tmp_path / "camp-monitor.toml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    answer = shell.run("scenes", "list", workspace=tmp_path)
    assert_one_sentence(answer, 2, said)
    assert str(path) in answer.errors


def test_a_folder_that_is_no_workspace_is_named_once(shell: Shell, tmp_path: Path) -> None:
    answer = shell.run("scenes", "list", workspace=tmp_path)
    assert_one_sentence(answer, 2, "camp-monitor init DIR")
    assert answer.errors.count(str(tmp_path)) == 1
    assert "Errno" not in answer.errors


def test_what_a_script_asks_for_as_json_is_json(shell: Shell, tmp_path: Path) -> None:
    for arguments, keys in (
        (("map", "site", "-o", tmp_path / "a.html"), {"file", "facility", "iframe", "dates"}),
        (("map", "-o", tmp_path / "b.html"), {"file", "headline", "iframe"}),
        (("init", tmp_path / "work space"), {"workspace", "facilities"}),
    ):
        answer = shell.run("--json", *arguments)
        assert (answer.code, answer.errors) == (0, ""), answer
        assert keys <= json.loads(answer.output).keys()


def test_the_next_step_can_be_pasted(shell: Shell, tmp_path: Path) -> None:
    answer = shell.run("init", tmp_path / "work space")
    assert f"cd '{tmp_path / 'work space'}' && camp-monitor" in answer.errors


def test_a_note_on_both_questions_is_printed_once(shell: Shell) -> None:
    answer = shell.run("scan", "site", "--before", "2016-08-20", "--after", "2016-09-12")
    said = f"note: {sentence(note(Code.CLOUD_UNSCREENED))}"
    assert answer.output.count(said) == 1
    assert answer.output.index(question_words("flooding/4")) < answer.output.index(said)


def test_the_commands_of_a_group_are_told_in_whole_sentences(shell: Shell) -> None:
    for group in ((), ("facilities",), ("scenes",), ("findings",)):
        listed = shell.run(*group, "--help").output.split("Commands:\n")[1]
        assert "..." not in listed.replace("FID...", "")


def test_a_configuration_from_a_windows_editor_is_read(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "camp-monitor.toml").write_bytes(b"\xef\xbb\xbf[scan]\r\nmargin_m = 5.0\r\n")
    assert shell.run("scenes", "list", workspace=tmp_path).code == 0


def test_without_a_workspace_it_says_how_to_make_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from camp_monitor.cli import main; main()", "scenes", "list"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    answer = Answer(ended.returncode, ended.stdout, ended.stderr)
    assert_one_sentence(answer, 2, "camp-monitor init DIR")
