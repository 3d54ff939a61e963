"""What a command does where its output is closed, full, read no further, or lacks signs."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camp_monitor.cli import main
from camp_monitor.cli import progress as lines
from camp_monitor.cli.context import Context
from camp_monitor.cli.streams import ESCAPED
from camp_monitor.facilities import bundled_registry, find_facility
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.workspace import create_workspace
from tests.scenes.painted import grid, numbers, write_tiff
from tests.swapped import preamble

SERVER = """
import io, json, os, sys, traceback
from camp_monitor.cli import main
answers, folder = os.fdopen(os.dup(1), "w"), sys.argv[1]
sys.__stdout__ = sys.__stderr__ = None  # so that nothing goes past the streams below
def to(number, name):
    if name == "gone":
        read, write = os.pipe()
        os.close(read)
    else:
        path = "/dev/full" if name == "full" else f"{folder}/{number}"
        write = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if name != "full" else 0))
    os.dup2(write, number)
    os.close(write)
    if name == "closed":
        os.close(number)
        return None
    encoding = name if name in ("ascii", "cp1252") else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(io.FileIO(number, "w", closefd=False)), encoding)
for line in sys.stdin:
    output, errors, words = json.loads(line)
    for path in (f"{folder}/1", f"{folder}/2"):
        open(path, "w").close()
    sys.stdout, sys.stderr = to(1, output), to(2, errors)
    code, raised = 0, ""
    try:
        main(words, prog_name="camp-monitor")
    except SystemExit as end:
        code = end.code
    except BaseException:
        raised = traceback.format_exc()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream and stream.flush()
        except OSError:
            raised += "something was left in a buffer"
    texts = [open(f"{folder}/{number}", "rb").read().decode("latin-1") for number in (1, 2)]
    print(json.dumps([code, *texts, raised]), file=answers, flush=True)
"""
"""Runs one command a line, each with standard streams of its own kind."""


@dataclass(frozen=True)
class Ended:
    code: int
    output: str
    errors: str


@dataclass(frozen=True)
class Shell:
    workspace: Path
    process: subprocess.Popen[str]

    def run(self, output: str, errors: str, *words: str) -> Ended:
        questions, answers = self.process.stdin, self.process.stdout
        assert questions is not None
        assert answers is not None
        line = [output, errors, ["--workspace", str(self.workspace), *words]]
        print(json.dumps(line), file=questions, flush=True)
        code, said, told, raised = json.loads(answers.readline())
        assert not raised, raised
        return Ended(code, said, told)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("streams")
    registry = folder / "registry"
    registry.mkdir()
    for path in bundled_registry().glob("khs-1[25]-*.geojson"):
        shutil.copy(path, registry)
    made = create_workspace(folder / "workspace", registry)
    outline = find_facility(made.aoi, "khs-12-jongori").outline.geometry
    away = grid(64, 64)
    assert not away.extent.to_crs("EPSG:4326").geom.intersects(outline)
    for seed, day in enumerate(("2016-08-20", "2016-09-12")):
        path = write_tiff(folder / f"{day}.tif", numbers(seed, 64, 64), away)
        said = SceneDescription("planetscope", day, credit="© 종성 🛰", id=day)
        add_scene(made.imagery, (path,), said)
    process = subprocess.Popen(
        [sys.executable, "-c", preamble() + SERVER, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder,
    )  # fmt: skip
    try:
        yield Shell(made.root, process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)
        assert process.stdout is not None
        process.stdout.close()


def every_command(
    command: click.Command = main, words: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            assert member is not None
            yield from every_command(member, (*words, name))


LISTS = (
    ("--version",), ("facilities", "list"), ("facilities", "show", "khs-12-jongori"),
    ("facilities", "check", "khs-12-jongori"), ("scenes", "list"), ("findings", "list"),
    ("events", "list"), ("schedule", "cron"), ("status", "--at", "2026-01-01"),
    ("notify", "--dry-run"), ("scenes", "remove", "2016-08-20", "--dry-run"), ("schedule", "show"),
)  # fmt: skip
"""The last one tells how long ago, and never prints the same twice."""
PRINTED = [
    *((*words, "--help") for words in every_command()), *LISTS,
    *(("--json", *words) for words in LISTS[1:-1]),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def recorded(shell: Shell) -> None:
    """A scan whose reader has gone: it goes on, and what it found is recorded."""
    dates = ("--before", "2016-08-20", "--after", "2016-09-12")
    assert shell.run("gone", "gone", "scan", "khs-12-jongori", *dates).code == 3
    assert "2016-09-12" in shell.run("utf-8", "utf-8", "findings", "list").output


@pytest.mark.parametrize("words", PRINTED, ids=" ".join)
def test_no_command_fails_by_its_output(shell: Shell, words: tuple[str, ...]) -> None:
    usual = shell.run("utf-8", "utf-8", *words)
    assert usual.output
    assert usual.code == 0, usual.errors
    gone = shell.run("gone", "utf-8", *words)
    assert (gone.code, gone.errors) == (0, usual.errors)
    assert shell.run("closed", "full", *words).code == 0
    full = shell.run("full", "utf-8", *words)
    assert (full.code, full.output) == (1, "")
    assert full.errors.startswith(usual.errors)
    lost = full.errors.removeprefix(usual.errors)
    assert lost.startswith("Error: The output could not be written")
    assert lost.count("\n") == 1
    narrow = shell.run("ascii", "ascii", *words)
    assert narrow.code == 0
    assert (narrow.output + narrow.errors).isascii()
    if "--help" in words:
        return
    western = shell.run("cp1252", "cp1252", *words)
    assert western.code == 0
    if "--json" in words:
        told = json.loads(usual.output.encode("latin-1").decode())
        assert json.loads(narrow.output) == told, "not a sign is lost"
        assert json.loads(western.output.encode("latin-1").decode("cp1252")) == told


@pytest.mark.parametrize("kind", ["closed", "gone", "full"])
def test_an_error_keeps_its_exit_code(shell: Shell, kind: str) -> None:
    for words, code in (
        (("scenes", "list", "nowhere"), 2),
        (("scna",), 2),
        (("map", "-o", "a"), 2),
    ):
        assert shell.run(kind, kind, *words).code == code


@given(st.text(), st.sampled_from(["ascii", "cp1252", "cp949", "utf-8"]))
def test_what_an_encoding_lacks_is_json_all_the_same(text: str, encoding: str) -> None:
    text += "\udcff 🛰 m²"
    written = json.dumps(text, ensure_ascii=False).encode(encoding, ESCAPED)
    assert json.loads(written.decode(encoding)) == text


def test_a_real_process_with_closed_streams_ends_well(shell: Shell) -> None:
    """A file that is opened next would get the number of a closed stream, and what is printed."""
    program = "import sys; from camp_monitor.cli import main; main(sys.argv[1:])"
    words = [sys.executable, "-c", preamble() + program, "--workspace", str(shell.workspace)]

    def close() -> None:
        os.closerange(0, 3)

    ledger = shell.workspace / "out" / "ledger.sqlite"
    held = ledger.read_bytes()
    ended = subprocess.run([*words, "findings", "list"], preexec_fn=close, check=False)
    assert ended.returncode == 0
    assert ledger.read_bytes() == held
    pipe = subprocess.Popen([*words, "facilities", "list"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)  # fmt: skip
    assert pipe.stdout is not None
    assert pipe.stderr is not None
    pipe.stdout.close()
    assert pipe.stderr.read() == b""
    pipe.stderr.close()
    assert pipe.wait(timeout=60) == 0


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LINE_EVERY_S", 0.02)
    for quiet in (False, True):
        written = io.StringIO()
        monkeypatch.setattr(sys, "stderr", written)
        context = Context(quiet=quiet)
        with lines.progress(context, "Comparing") as start:
            count, _ = start(2), start(40)
            count()
            time.sleep(0.3)
        with lines.working(context, "Drawing ...") as say:
            say("Writing ...")
            time.sleep(0.3)
        said = written.getvalue()
        if quiet:
            assert said == ""
            continue
        assert "Comparing: 1 of 42 (" in said
        assert "Writing (" in said
        assert "\r" not in said
        assert "\x1b" not in said
    monkeypatch.setattr(lines, "LINE_EVERY_S", 60.0)
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    with lines.working(Context(), "Drawing ..."):
        pass
    assert written.getvalue() == "", "what ends soon writes no line"
