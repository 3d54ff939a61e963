"""A watch whose network is not there, or goes away in the middle of a run."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from camp_monitor.errors import CampMonitorError
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.providers.gathering import open_shop
from camp_monitor.watch.due import due_errands
from camp_monitor.watch.executors import open_workers
from camp_monitor.watch.heartbeat import compose_alarm
from camp_monitor.watch.run import How, run
from camp_monitor.watch.status import network_sentence, read_status
from camp_monitor.workspace import Workspace, open_workspace
from tests.remote.painted_catalogue import workspace
from tests.remote.servers import HERE, LocalServer

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SEARCHED = 3
"""Facilities that a run reaches before the network goes."""


class Barren(LocalServer):
    """A STAC API that holds nothing, and goes silent after so many searches."""

    def __init__(self, searches: int = 10**9) -> None:
        self.left = searches
        super().__init__()

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        kind = {"Content-Type": "application/json"}
        if not self.left:
            raise ConnectionAbortedError
        if urlsplit(target).path == "/search":
            self.left -= 1
            return 200, kind, b'{"type": "FeatureCollection", "features": [], "links": []}'
        search = {"rel": "search", "href": self.url("/search"), "method": "POST"}
        landing = {
            "type": "Catalog", "id": "barren", "description": "Nothing", "stac_version": "1.0.0",
            "conformsTo": ["https://api.stacspec.org/v1.0.0/item-search"], "links": [search],
        }  # fmt: skip
        return 200, kind, json.dumps(landing).encode()


@pytest.fixture
def nobody() -> Iterator[str]:
    """Address of a port that refuses."""
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        yield f"http://{HERE}:{taken.getsockname()[1]}"


Run = Callable[[datetime], tuple[int, int]]


def runner(camps: Workspace) -> Run:
    """Return what does all that is due at a time; says how many were due, and how many failed."""

    def do(now: datetime) -> tuple[int, int]:
        how = How(
            camps.scan_settings,
            camps.ground_files,
            lambda sensors: open_shop(camps.configuration, lambda: now, sensors=sensors),
            lambda: now,
        )
        with open_ledger(camps.ledger) as ledger:
            errands = due_errands(camps, ledger, now)
        with open_workers(1, None) as workers:
            done = run(camps, errands, how, workers, f"run of {now:%Y-%m-%d}")
        return len(errands), sum(bool(one.failed) for one in done)

    return do


def camps_at(folder: Path, home: str) -> Workspace:
    return open_workspace(workspace(folder / "camps", home))


def test_the_first_day_without_a_network_is_one_sentence_and_all_is_due_again(
    nobody: str, tmp_path: Path, contacted: list[str]
) -> None:
    camps = camps_at(tmp_path, nobody)
    due, failed = runner(camps)(NOW)
    assert due == failed > 30
    assert len(contacted) <= 2, "found out once"
    status = read_status(camps, NOW)
    assert HERE in network_sentence(status)
    assert status.outages == ()
    assert {row.last_visit_at for row in status.rows} == {None}
    assert not any(row.slots for row in status.rows), "no year is lost on the first day"
    with open_ledger(camps.ledger) as ledger:
        assert len(due_errands(camps, ledger, NOW + timedelta(hours=1))) == due
        alarm = compose_alarm(camps, ledger, NOW + timedelta(hours=1))
    assert alarm is not None
    assert alarm.body.count("* ") == 1
    for days in (1, 2, 3):
        runner(camps)(NOW + timedelta(days=days))
    with open_ledger(camps.ledger) as ledger:
        alarm = compose_alarm(camps, ledger, NOW + timedelta(days=3, hours=1))
    assert alarm is not None
    assert alarm.body.count("* ") <= 2, "of the runs, and none of each facility"


def test_what_a_network_that_goes_in_the_middle_left_is_due_at_the_next_run(
    tmp_path: Path,
) -> None:
    with Barren(2 * SEARCHED) as server:
        camps = camps_at(tmp_path, server.home)
        due, failed = runner(camps)(NOW)
        assert failed == due - SEARCHED
        status = read_status(camps, NOW)
        assert sum(row.last_visit_at is not None for row in status.rows) == SEARCHED
        assert network_sentence(status)
        server.left = 10**9
        later = NOW + timedelta(hours=2)
        assert runner(camps)(later) == (failed, 0)
        status = read_status(camps, later)
        assert network_sentence(status) == ""
        assert {row.last_visit_at is None for row in status.rows} == {False}


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('like = "earth-search"', 'like = "nothing"', "none of earth-search"),
        ('url = "http://127.0.0.1', 'url = "http://192.0.2.1', "over http"),
    ],
)
def test_a_source_that_is_set_up_wrongly_is_one_sentence_and_loses_no_facility(
    nobody: str, tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    root = workspace(tmp_path / "camps", nobody)
    settings = root / "camp-monitor.toml"
    text = settings.read_text()
    assert right in text
    settings.write_text(text.replace(right, wrong))
    camps = open_workspace(root)
    with pytest.raises(CampMonitorError, match=said):
        runner(camps)(NOW)
    status = read_status(camps, NOW)
    assert {row.last_visit_at for row in status.rows} == {None}
    assert not any(row.slots for row in status.rows)
    with open_ledger(camps.ledger) as ledger:
        alarm = compose_alarm(camps, ledger, NOW + timedelta(hours=1))
    assert alarm is not None
    assert said in " ".join(alarm.body.split())
