from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from camp_monitor.bundle.making import Bundle, make_bundle
from camp_monitor.bundle.stamps import ask_stamps, write_stamp
from camp_monitor.cli import main
from camp_monitor.cli.demo import FACILITY, SEED
from camp_monitor.demo.scenes import add_scenes, demo_workspace, grid_round
from camp_monitor.demo.valley_scenes import VISITS, paint_valley
from camp_monitor.facilities import find_facility
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.records.review import Review
from camp_monitor.scan import scan
from camp_monitor.workspace import Workspace, open_workspace
from tests.bundle.authority import Authority, make_authority, serving
from tests.ledger.conftest import _finding, _observation

DATES = ("2015-09-07", "2016-09-05")
SCANNED, REVIEWED, LATER = (datetime(2026, 3, day, 12, tzinfo=UTC) for day in (1, 2, 3))


@dataclass(frozen=True)
class Made:
    """A workspace, a stamped bundle of its annex, and heads of its ledger."""

    workspace: Workspace
    bundle: Bundle
    finding_id: str
    authority_folder: Path
    head_of_scan: str
    head: str

    @property
    def folder(self) -> Path:
        return self.bundle.folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A scan of two painted scenes, a review, a later scan of elsewhere; bundled and stamped."""
    home = tmp_path_factory.mktemp("bundled")
    workspace = demo_workspace(home / "camps")
    facility = find_facility(workspace.aoi, FACILITY)
    visits = tuple(one for one in VISITS if one.date in DATES)
    ids = add_scenes(workspace, paint_valley(grid_round(facility), SEED, visits))
    before, after = (ids[date] for date in DATES)
    scanned = scan(workspace, FACILITY, before, after, recorded_at=SCANNED)
    annex = max((one for one in scanned.findings if one.kind == "construction"),
                key=lambda one: one.area_m2)  # fmt: skip
    at = REVIEWED.isoformat()
    with open_ledger_of(workspace) as ledger:
        ledger.review(Review(annex.id, "rejected", "A. Reader", at), recorded_at=REVIEWED)
        head_of_scan = ledger.head_sha256()
    with open_ledger_of(workspace) as ledger:
        elsewhere = _finding(facility_id="other-place-99")
        looked = [_observation(elsewhere, facility_id="other-place-99")]
        ledger.record(looked, [elsewhere], recorded_at=LATER)
        head = ledger.head_sha256()
    root = make_authority(home / "authority")
    with serving(home / "authority") as authority:
        workspace = named(workspace, authority, root)
        result = run("--workspace", workspace.root, "ledger", "stamp")
        assert result.exit_code == 0, result.output
        bundle = make_bundle(workspace, [annex.id], home / "evidence")
        given, failures = ask_stamps(
            workspace, (bundle.folder / "tagmanifest-sha256.txt").read_bytes()
        )
    assert not failures
    write_stamp(bundle.folder / "stamps", given[0][0])
    return Made(workspace, bundle, annex.id, home / "authority", head_of_scan, head)


def named(workspace: Workspace, authority: Authority, certificates: Path) -> Workspace:
    """Name one authority in the settings, in place of those that are there."""
    path = workspace.root / "camp-monitor.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    said = f'authorities = [{{url = "{authority.url}", certificates = "{certificates}"}}]'
    lines = [said if line.startswith("authorities =") else line for line in lines]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return open_workspace(workspace.root)


@pytest.fixture
def copy(made: Made, tmp_path: Path) -> Path:
    """A copy of the bundle, to be tampered with."""
    return Path(shutil.copytree(made.folder, tmp_path / "evidence"))


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])
