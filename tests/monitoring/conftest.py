from __future__ import annotations

from pathlib import Path

import pytest
from tests.monitoring.painted import contents, copy, paint, scan


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Three painted places over five weeks, painted once for all processes that test."""
    base = tmp_path_factory.getbasetemp()
    return paint((base if worker_id == "master" else base.parent) / "painted")


@pytest.fixture
def workspace(painted: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil, but for its images."""
    return copy(painted, tmp_path / "workspace")


@pytest.fixture(scope="session")
def unbroken(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Hash of the ledger of one run from beginning to end."""
    whole = copy(painted, tmp_path_factory.mktemp("unbroken") / "workspace")
    assert scan(whole).code == 0
    return contents(whole)
