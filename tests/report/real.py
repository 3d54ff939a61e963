"""The map of two NAIP scenes, as the command line writes it; imagery as in test_real_imagery."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from camp_monitor.records.finding import Finding
from camp_monitor.report.map.facility_map import draw_facility_map
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.scene import SceneDescription
from tests.test_real_imagery import import_common_footprint, new_workspace, scanned

DATES = ("2009-08-18", "2014-07-20")


@functools.cache
def naip_map(imagery: Path) -> tuple[str, str, tuple[Finding, ...]]:
    """Return the map of a pair five years apart, drawn twice, and what it shows."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = new_workspace(Path(folder))
        for date in DATES:
            [path] = (imagery / "scenes" / "naip").glob(f"*_{date.replace('-', '')}.tif")
            add_scene(workspace.imagery, (path,), SceneDescription("naip", date))
        import_common_footprint(workspace, "prairie-potholes")
        findings = scanned(workspace, "prairie-potholes", *DATES).findings
        html, again = (draw_facility_map(workspace, ["prairie-potholes"]).html for _ in range(2))
    return html, again, tuple(findings)
