from __future__ import annotations

from pathlib import Path

import pytest

from tests.watch.painted import contents, copy, paint, scan


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Two painted places over five weeks, painted once for all processes that test."""
    base = tmp_path_factory.getbasetemp()
    return paint((base if worker_id == "master" else base.parent) / "painted")


@pytest.fixture
def workspace(painted: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil, but for its images."""
    return copy(painted, tmp_path / "workspace")


@pytest.fixture(scope="session")
def whole(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the workspace after one run from beginning to end; nobody writes to it."""
    done = copy(painted, tmp_path_factory.mktemp("whole") / "workspace")
    assert scan(done).code == 0
    return done


@pytest.fixture(scope="session")
def unbroken(whole: Path) -> str:
    """Hash of what its ledger holds."""
    return contents(whole)
