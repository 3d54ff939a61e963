"""A year at five painted places, watched every ten days: what is found, what not, what was missed.

The smaller sister of ``benchmarks/monitoring.py``.  A first year has no same season before it, so
less is found than in later ones; the limits are what the method reaches here.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from benchmarks.monitoring import named, score, watch
from benchmarks.simulation.planning import plan_years
from benchmarks.simulation.writing import TRUTH, write_year_workspace
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.watch.status import read_status
from camp_monitor.workspace import Workspace


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    plan = plan_years(11, facilities=5, years=1, events=7, outages=2)
    return write_year_workspace(tmp_path_factory.mktemp("year") / "camps", plan, workers=1)


@pytest.fixture(scope="module")
def truth(year: Workspace) -> dict[str, object]:
    content: dict[str, object] = json.loads((year.root / TRUTH).read_text("utf-8"))
    watch(year, content, workers=1)
    return content


def test_events_are_found_once_and_nothing_else(year: Workspace, truth: dict[str, object]) -> None:
    with open_ledger(year.ledger) as ledger:
        assert ledger.verify() == ()
        result = score(ledger.findings(), ledger.observations(), truth)
    assert result.painted == 7
    assert result.found >= 3
    assert result.told == result.found
    assert len(result.false) <= 1
    assert all(one["kind"] != "flooding" for one in result.missed)


def test_every_outage_is_named_and_every_look_accounted_for(
    year: Workspace, truth: dict[str, list[dict[str, object]]]
) -> None:
    status = read_status(year, datetime(2022, 1, 7, tzinfo=UTC))
    for painted in truth["outages"]:
        assert named(status.outages, painted), painted
    for row in status.rows:
        assert len(row.slots) >= 36
        assert not [slot for slot in row.slots[:-2] if slot.outcome in ("missed", "failed")]


def test_watching_again_adds_nothing(year: Workspace, truth: dict[str, object]) -> None:
    with open_ledger(year.ledger) as ledger:
        before = ledger.contents_sha256()
    assert watch(year, truth, workers=1) == 0
    with open_ledger(year.ledger) as ledger:
        assert ledger.contents_sha256() == before
