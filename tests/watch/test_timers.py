"""Units for timers: whatever a path holds, the program gets it as it is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from click.testing import CliRunner

from camp_monitor.cli import main
from camp_monitor.errors import WorkspaceError
from camp_monitor.watch.timers import cron_line, systemd_units, windows_task

ROOT = Path(__file__).parents[2]
PATHS = [
    "plain",
    "two words",
    "100% $HOME ${x} `id` $(id) ; & | # ~ * ? [a]",
    'it\'s "so"',
    "line\nbreak\n",
    "back\\slash \\% \\\\% \\n",
    "요덕 관리소\u3000\u00a0é",
    "-dash = <&>",
]
SPEAKING = '#!/bin/sh\nprintf "%s\\0" "$@" >> "$RECORD"\n'


@pytest.fixture(params=PATHS, ids=ascii)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """A program that writes its arguments down, and a workspace, in a folder of that name."""
    folder = tmp_path / request.param
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / "camp-monitor"
    program.write_text(SPEAKING)
    program.chmod(0o755)
    return program, folder


def wanted(workspace: Path) -> list[list[str]]:
    start = ["--workspace", str(workspace), "--quiet"]
    return [[*start, "scan", "--due"], [*start, "notify"]]


def as_cron(line: str, *, strips_pairs: bool) -> str:
    """Read a crontab's command as cron does; crons differ on two backslashes."""
    assert "\n" not in line
    command = line.split(maxsplit=5)[5]
    pattern = r"\\([%\\])" if strips_pairs else r"\\(%)"
    assert not re.search(r"(?<!\\)%", command)
    return re.sub(pattern, r"\1", command)


@pytest.mark.parametrize("strips_pairs", [True, False])
def test_cron(place: tuple[Path, Path], tmp_path: Path, strips_pairs: bool) -> None:
    program, workspace = place
    command = as_cron(cron_line(program, workspace), strips_pairs=strips_pairs)
    record = tmp_path / "record"
    done = subprocess.run(
        ["/bin/sh", "-c", command], env={"RECORD": str(record)}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    words = record.read_bytes().decode().split("\0")[:-1]
    first, second = wanted(workspace)
    assert len(words) == len(first) + len(second)
    # "X\n/." is the folder "X\n"; sh would have cut the line break at the end.
    read = [word.removesuffix("/.") for word in words]
    assert read == [*first, *second]
    assert Path(words[1]).is_dir()


def as_systemd(line: str) -> list[str]:
    """Split an Exec line by the rules of systemd.service(5): quotes, C escapes, %% and $$."""
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line.partition("=")[2])
    read = []
    for place, (quoted, bare) in enumerate(words):
        text = quoted or bare
        escapes = rb'\\(?:x([0-9a-f]{2})|([\\"]))'
        raw = re.sub(
            escapes, lambda m: bytes([int(m[1], 16)]) if m[1] else m[2], text.encode()
        ).decode()
        assert not re.search(r"(?<!%)%(%%)*(?!%)", raw), "a specifier"
        raw = raw.replace("%%", "%")
        read.append(raw.replace("$$", "$") if place else raw)
    return read


def test_systemd(place: tuple[Path, Path], tmp_path: Path) -> None:
    program, workspace = place
    units = systemd_units(program, workspace)
    assert "Persistent=true" in units["camp-monitor.timer"].splitlines()
    lines = units["camp-monitor.service"].splitlines()
    started = [as_systemd(line) for line in lines if line.startswith(("ExecStart=", "ExecStopP"))]
    for words, expected in zip(started, wanted(workspace), strict=True):
        if words[0] == "/bin/sh":
            assert words[1:4] == ["-c", 'exec "$@"', "sh"]
            words = words[4:]
        assert words == [str(program), *expected]
    if shutil.which("systemd-analyze") is None:
        return
    (tmp_path / "units").mkdir()
    for name, text in units.items():
        (tmp_path / "units" / name).write_text(text, encoding="utf-8")
    paths = [str(tmp_path / "units" / name) for name in units]
    command = ["systemd-analyze", "verify", "--man=no", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    if "/bin/sh" not in units["camp-monitor.service"]:
        program.unlink()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "is not executable" in done.stderr, "else it does not look at the program"


def as_windows(line: str) -> list[str]:
    """Split a command line as Windows programs do; backslashes count before a quote only."""
    words, word, quoted, begun = [], "", False, False
    for part in re.findall(r'\\*"|\\+|[ \t]+|[^\\" \t]+', line):
        if part.endswith('"'):
            slashes = len(part) - 1
            word, begun = word + "\\" * (slashes // 2), True
            if slashes % 2:
                word += '"'
            else:
                quoted = not quoted
        elif part.isspace() and part.strip(" \t") == "" and not quoted:
            words += [word] if begun else []
            word, begun = "", False
        else:
            word, begun = word + part, True
    return words + [word] * begun


@pytest.mark.parametrize("name", [name for name in PATHS if name.isprintable()], ids=ascii)
def test_windows(name: str) -> None:
    program, workspace = Path("/x") / name / "camp-monitor.exe", Path("/x") / name
    if re.search("%[^%]+%", name):
        with pytest.raises(WorkspaceError, match="name of a variable"):
            windows_task(program, workspace)
        return
    task = ElementTree.fromstring(windows_task(program, workspace))
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    assert task.findtext("t:Settings/t:StartWhenAvailable", namespaces=space) == "true"
    actions = task.findall("t:Actions/t:Exec", space)
    for action, expected in zip(actions, wanted(workspace), strict=True):
        assert action.findtext("t:Command", namespaces=space) == str(program)
        assert as_windows(action.findtext("t:Arguments", "", space)) == expected


def test_a_line_break_is_no_path_on_windows() -> None:
    with pytest.raises(WorkspaceError, match="control character"):
        windows_task(Path("/x/camp-monitor.exe"), Path("/x/a\nb"))


# --- the command


def test_units_are_written_and_never_overwritten(tmp_path: Path) -> None:
    def call(*words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(main, ["--workspace", str(tmp_path / "ws"), *words])
        return done.exit_code, done.stdout, done.stderr

    CliRunner().invoke(main, ["init", str(tmp_path / "ws")])
    folder = tmp_path / "units"
    for kind, names in (
        ("systemd", ["camp-monitor.service", "camp-monitor.timer"]),
        ("cron", ["camp-monitor.crontab"]),
        ("windows", ["camp-monitor.xml"]),
    ):
        code, printed, _ = call("schedule", kind)
        assert code == 0
        code, listed, steps = call("schedule", kind, "--into", str(folder))
        assert code == 0
        assert listed.split() == [str(folder / name) for name in names]
        assert "To install" in steps
        for name in names:
            text = (folder / name).read_text(encoding="utf-8")
            assert text in printed
            (folder / name).write_text("mine")
        code, _, said = call("schedule", kind, "--into", str(folder))
        assert code == 2
        assert "not overwritten" in said
        assert {(folder / name).read_text() for name in names} == {"mine"}
    code, _, said = call("schedule", "cron", "--into", str(folder / "camp-monitor.xml" / "x"))
    assert (code, said.count("\n")) == (2, 1)
    code, printed, _ = call("--json", "schedule", "show")
    assert code == 0
    first = json.loads(printed)["watched"][0]
    assert first["facility_id"] == "khs-01-kaechon"
    assert first["is_due"]
    assert "10 d" in call("schedule", "show")[1]


# --- the page


def blocks(language: str) -> list[str]:
    page = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def test_the_examples_of_the_page_are_what_they_say() -> None:
    workflow, job = (yaml.safe_load(block) for block in blocks("yaml"))
    assert workflow["concurrency"]["cancel-in-progress"] is False
    steps = workflow["jobs"]["watch"]["steps"]
    commands = " ".join(step.get("run", "") for step in steps)
    assert "scan --due" in commands
    assert any("always()" in step.get("if", "") and "notify" in step["run"] for step in steps)
    assert all("secrets." in value for step in steps for value in step.get("env", {}).values())
    assert job["kind"] == "CronJob"
    spec = job["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] > 600
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    mounted = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    claimed = {volume["name"] for volume in pod["volumes"] if "persistentVolumeClaim" in volume}
    assert mounted == claimed
    assert "secretRef" in str(pod["containers"][0]["envFrom"])
