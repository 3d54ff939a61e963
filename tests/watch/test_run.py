"""Runs that are cut off, doubled, starved and cheated: nothing is lost, and it is said."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.kills import count, processes_of
from camp_monitor.codes import Code
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.records.run import RunRecord
from camp_monitor.report.text.sentences import phrase
from tests.watch.painted import (
    EVERYTHING,
    FLOODED,
    PLACES,
    as_json,
    contents,
    copy,
    ended,
    run_log,
    scan,
    start,
    visits,
    wait_until,
    workers_of,
)

DUE = ("scan", "--due", "--offline")
PAIRS = 12
NOTHING_DUE = phrase("scan.nothing_due") + "\n"


# --- cut off


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_killed_at_any_moment_is_finished_by_the_next(
    workspace: Path, unbroken: str, workers: str
) -> None:
    moments = random.Random(int(workers))
    for _ in range(3):
        run = start(workspace, *EVERYTHING, "--workers", workers)
        enough = count(workspace) + moments.randrange(8)
        wait_until(lambda enough=enough: count(workspace) >= enough)  # type: ignore[misc]
        time.sleep(moments.uniform(0, 0.3))
        run.kill()
        ended(run)
        wait_until(lambda group=run.pid: not processes_of(group), 20)  # type: ignore[misc]
    last = scan(workspace, *EVERYTHING, "--workers", workers)
    assert last.code == 0, last.err
    assert contents(workspace) == unbroken
    assert set(visits(run_log(workspace))) == set(PLACES)


def test_ctrl_c_ends_a_run_at_once_and_leaves_no_process(workspace: Path, unbroken: str) -> None:
    run = start(workspace, *EVERYTHING, "--workers", "2")
    wait_until(lambda: count(workspace))
    os.killpg(run.pid, signal.SIGINT)
    pressed_at = time.monotonic()
    stopped = ended(run)
    assert time.monotonic() - pressed_at < 30
    assert stopped.code == 130
    assert stopped.err == "Stopped: what was not finished was not recorded; run it again.\n"
    wait_until(lambda: not processes_of(run.pid), 5)
    assert scan(workspace).code == 0
    assert contents(workspace) == unbroken


def test_ctrl_c_while_workers_start_shows_no_traceback_of_theirs(workspace: Path) -> None:
    run = start(workspace, *EVERYTHING, "--workers", "2")
    wait_until(lambda: len(workers_of(run.pid)) == 2)
    os.killpg(run.pid, signal.SIGINT)
    stopped = ended(run)
    assert (stopped.code, stopped.err.count("\n")) == (130, 1), stopped.err


def test_a_worker_that_is_killed_loses_nothing(workspace: Path, unbroken: str) -> None:
    run = start(workspace, *EVERYTHING, "--workers", "2")
    for done in (1, 8):
        wait_until(lambda done=done: count(workspace) >= done)  # type: ignore[misc]
        os.kill(workers_of(run.pid)[0], signal.SIGKILL)
    last = ended(run)
    assert (last.code, last.err) == (0, "")
    assert contents(workspace) == unbroken


# --- doubled


def test_two_that_start_together_do_every_look_once(workspace: Path, unbroken: str) -> None:
    both = [start(workspace, "--json", *DUE) for _ in range(2)]
    first, second = (ended(one) for one in both)
    assert (first.code, second.code) == (0, 0), first.err + second.err
    said = [*as_json(first.out), *as_json(second.out)] if second.out.strip() else []
    added = [one["added"]["observations"] for one in said]  # type: ignore[index]
    assert sum(added) == 2 * PAIRS, "for each pair, one of construction and one of water"
    assert contents(workspace) == unbroken
    assert visits(run_log(workspace)) == list(PLACES)
    third = scan(workspace, *DUE)
    assert (third.code, third.out) == (0, NOTHING_DUE)
    assert visits(run_log(workspace)) == list(PLACES)


def test_a_place_that_another_run_is_at_is_left_to_it(workspace: Path) -> None:
    from filelock import FileLock

    locks = workspace / "out" / "runs" / "locks"
    locks.mkdir(parents=True)
    with FileLock(locks / f"{FLOODED}.lock"):
        said = scan(workspace, *DUE)
    assert said.code == 0
    assert phrase("scan.to_another_run", facility=FLOODED) in said.err
    assert visits(run_log(workspace)) == sorted({*PLACES} - {FLOODED})
    assert as_json(scan(workspace, "--json", *DUE).out)[0]["facility"] == FLOODED


def test_a_file_system_without_locks_is_named(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import fcntl

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    said = scan(workspace, *DUE)
    assert (said.code, "No locks available" in said.sentence) == (1, True)


# --- the disk and the ledger


@pytest.fixture
def small_disk(workspace: Path) -> Iterator[Path]:
    """Put ``out/`` on a disk of its own that has little room."""
    out = workspace / "out"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(out)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a disk can be mounted by root alone; the limit of a file's size is tested")
    yield out
    subprocess.run(["umount", str(out)], check=True)


def fill(ballast: Path) -> None:
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)


def test_a_full_disk_loses_nothing(workspace: Path, small_disk: Path, unbroken: str) -> None:
    ballast = small_disk / "ballast"
    for kept_kb in (0, 90):
        shutil.rmtree(small_disk / "runs", ignore_errors=True)
        fill(ballast)
        os.truncate(ballast, max(ballast.stat().st_size - kept_kb * 1024, 0))
        before = count(workspace)
        full = scan(workspace)
        assert full.code == 1
        assert "full" in full.sentence or "No space" in full.sentence
        ballast.unlink()
        assert count(workspace) >= before
        contents(workspace)
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    assert scan(workspace).code == 0
    assert contents(workspace) == unbroken


def test_a_file_that_may_not_grow_loses_nothing(
    workspace: Path, whole: Path, unbroken: str
) -> None:
    limit = ((whole / "out" / "ledger.sqlite").stat().st_size // 2,) * 2
    short = ended(
        start(
            workspace, *EVERYTHING, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        )
    )
    assert short.code == 1
    assert "check the disk" in short.sentence
    assert "full" not in short.sentence
    assert count(workspace), "what was recorded before stays"
    assert scan(workspace).code == 0
    assert contents(workspace) == unbroken


def test_out_that_cannot_be_written_is_named(workspace: Path) -> None:
    out = workspace / "out"
    out.rmdir() if out.exists() else None
    out.write_bytes(b"")  # permissions do not stop root
    said = scan(workspace)
    assert said.code == 1
    assert str(out) in said.sentence


@pytest.fixture
def scanned(whole: Path, tmp_path: Path) -> Path:
    """Everything is scanned."""
    return copy(whole, tmp_path / "scanned")


def test_a_ledger_that_is_read_only_is_named(scanned: Path, unbroken: str) -> None:
    out = scanned / "out"
    mounted = subprocess.run(["mount", "--bind", str(out), str(out)], capture_output=True)
    if mounted.returncode:
        out.chmod(0o500)
        (out / "ledger.sqlite").chmod(0o400)
    else:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(out)], check=True)
    try:
        said = scan(scanned)
    finally:
        if mounted.returncode:
            out.chmod(0o700)
            (out / "ledger.sqlite").chmod(0o600)
        else:
            subprocess.run(["umount", str(out)], check=True)
    assert said.code == 1
    assert "read-only: nothing was recorded" in said.sentence
    assert scan(scanned).code == 0
    assert contents(scanned) == unbroken


def flip(path: Path, table: str, column: str, row: int, at: str) -> None:
    """Flip one bit of the sign after `at` in a value of the ledger."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        guard = f"SELECT sql FROM sqlite_master WHERE name = '{table}_update'"
        (statement,) = file.execute(guard).fetchone()
        (value,) = file.execute(f"SELECT {column} FROM {table} WHERE seq = {row}").fetchone()
        place = value.index(at) + len(at)
        spoilt = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
        file.execute(f"DROP TRIGGER {table}_update")
        file.execute(f"UPDATE {table} SET {column} = ? WHERE seq = {row}", (spoilt,))
        file.execute(statement)


FLIPS = {
    "an outcome": ("observations", "content", 3, '"outcome":"'),
    "a bracket": ("observations", "content", 3, ""),
    "a scene": ("observations", "content", 3, '"id":"SIMULATED-sim-01-'),
    "a run": ("runs", "content", 1, '"what":"'),
    "an answer": ("answers", "content", 3, '"observation_id":"'),
    "the column of an answer": ("answers", "observation_id", 3, "O"),
}


@pytest.mark.parametrize("what", FLIPS)
def test_a_flipped_byte_is_named_and_nothing_is_written_after_it(scanned: Path, what: str) -> None:
    table, column, row, at = FLIPS[what]
    path = scanned / "out" / "ledger.sqlite"
    whole = path.read_bytes()
    flip(path, table, column, row, at)
    held = count_rows(path)
    said = scan(scanned, *(DUE if table == "runs" else EVERYTHING))
    assert said.code == 1, said
    assert re.search(f"{path} (is damaged at row|was altered)", said.sentence)
    assert table in said.sentence or "no answer names it" in said.sentence
    assert count_rows(path) == held, "nothing is built on a damaged row"
    path.write_bytes(whole)
    contents(scanned)


def count_rows(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as file:
        tables = ("observations", "findings", "answers", "reviews")
        return [file.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]


# --- the clock


def write_at(workspace: Path, at: datetime, what: str = "visited", place: str = "sim-01") -> None:
    """Write into the run log as a run would have done whose clock said `at`."""
    said = at.isoformat(timespec="seconds")
    where = (place, "2021-06-01T00:00:00Z", said) if what == "visited" else ()
    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        ledger.write_run(RunRecord("R1", what, said, *where))


def test_a_clock_that_was_set_back_is_refused(workspace: Path) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    write_at(workspace, tomorrow, "ended")
    said = scan(workspace, *DUE)
    assert (said.code, clock_fault(workspace)) == (2, Code.CLOCK_BEHIND)
    assert said.sentence
    assert len(run_log(workspace)) == 1, "nothing was changed"


def clock_fault(workspace: Path) -> str:
    said = json.loads(scan(workspace, "--json", "status").out)["clock_fault"]
    return str(said["code"])


def test_a_clock_that_was_ahead_once_blocks_nothing_for_ever(
    workspace: Path, unbroken: str
) -> None:
    write_at(workspace, datetime.now(UTC) + timedelta(days=365))
    said = scan(workspace, *DUE)
    assert (said.code, clock_fault(workspace)) == (2, Code.CLOCK_BEHIND)
    by_hand = scan(
        workspace, "scan", FLOODED, "--from", "2021-07-01", "--to", "2021-08-02", "--offline"
    )
    assert by_hand.code == 0, by_hand.err
    done = scan(workspace, "--json", *DUE)
    assert done.code == 0, done.err
    assert [one["facility"] for one in as_json(done.out)] == list(PLACES), "not seen in a year"
    assert contents(workspace) == unbroken
    assert scan(workspace, *DUE).out == NOTHING_DUE


# --- images


def images(workspace: Path, sensor: str, place: str = FLOODED) -> list[Path]:
    return sorted(workspace.glob(f"imagery/*{place}-{sensor}*/*.tif"))


@pytest.mark.parametrize(("sensor", "how"), [("sentinel-1", "gone"), ("sentinel-2", "cut off")])
def test_a_damaged_image_stops_its_own_place_only(
    workspace: Path, unbroken: str, sensor: str, how: str
) -> None:
    for image in images(workspace, sensor):
        image.rename(image.with_suffix(".kept"))
        if how == "cut off":
            image.write_bytes(image.with_suffix(".kept").read_bytes()[:2000])
    said = scan(workspace)
    assert said.code == 2, said
    assert said.sentence.startswith(f"Error: 1 of 2 facilities could not be finished, {FLOODED}")
    assert ".tif" in said.sentence
    records = run_log(workspace)
    assert visits(records) == ["sim-01"]
    (failed,) = [one for one in records if one.what == "failed"]
    assert (failed.facility_id, bool(failed.from_at and failed.to_at)) == (FLOODED, True)
    assert failed.reasons
    for reason in failed.reasons:
        assert (reason.code, ".tif" in str(reason.numbers["detail"])) == (Code.FAILED, True)
    for image in images(workspace, sensor):
        image.unlink()
    for kept in workspace.glob("imagery/*/*.kept"):
        kept.rename(kept.with_suffix(".tif"))
    assert scan(workspace).code == 0
    assert contents(workspace) == unbroken


def test_an_item_that_cannot_be_read_is_named_and_written_down(workspace: Path) -> None:
    item = images(workspace, "sentinel-1")[0].parent
    item = item / f"{item.name}.json"
    whole = item.read_bytes()
    item.unlink()
    item.write_bytes(whole[:200])
    said = scan(workspace)
    assert (said.code, str(item) in said.sentence) == (2, True)
    assert [one.what for one in run_log(workspace)] == ["started", "failed"]
