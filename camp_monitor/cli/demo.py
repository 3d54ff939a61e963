"""``camp-monitor demo``: the whole job on two simulated scenes, held against their truth."""

from __future__ import annotations

import json
import shlex
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Context
from camp_monitor.errors import CampMonitorError, WorkspaceError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox
    from shapely.geometry.base import BaseGeometry

    from camp_monitor.facilities import Facility
    from camp_monitor.findings.finding import Finding
    from camp_monitor.scan import Scanned
    from camp_monitor.simulation.camera import Seen
    from camp_monitor.simulation.valley_scenes import ValleyScenes
    from camp_monitor.workspace import Workspace

MARKER = "SIMULATED.txt"
MARKED = "This folder was made by 'camp-monitor demo'.\n"
MARKER_TEXT = MARKED + (
    "Every image in it is SIMULATED: painted by a program, seen by no satellite.\n"
    "The facility and its published sizes are real; what the images show is not.\n"
)
FACILITY = "khs-12-jongori"
DATES = ("2015-09-07T02:17:00Z", "2016-09-05T02:17:00Z")
"""Of the two scenes, in the season that `camp_monitor.simulation.valley_scenes` paints."""
SEED = 5
PIXEL_M = 10.0
SIDE_PX = 320
SHIFTED = 1000
"""Added to Sentinel-2's numbers since processing baseline 04.00; the demo's item says so."""
FOUND_FRACTION = 0.5
"""What was painted counts as found where at least this share of it was."""
CLOUD_SEEN_THROUGH_FRACTION = 0.1
"""At most this share of the painted cloud and shadow may pass as seen: thin rims."""


@dataclass(frozen=True)
class Row:
    """One line of the comparison: what was painted, what came of it, and whether that is right."""

    what: str
    painted: str
    found: str
    verdict: str
    right: bool


@click.command(epilog="Example: camp-monitor demo --out out/demo")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("out") / "demo",
    show_default=True,
    help="A new folder, or that of an earlier demo.",
)
@click.pass_obj
def demo(context: Context, out: Path) -> None:
    """Run the whole job on two SIMULATED scenes, offline, and compare the answer with the truth.

    Paints a prison camp that gets an annex beside a river that floods, scans the two dates, draws
    the map, and says what was found and what was not.  Exit code 1: annex or flood were missed,
    or cloud was taken for change.
    """
    from camp_monitor.findings.export import export_findings
    from camp_monitor.publication.facility_map import draw_facility_map, write_map
    from camp_monitor.scan import scan
    from camp_monitor.simulation.valley_scenes import paint_valley_scenes

    with context.messages.status("SIMULATED: painting, scanning and drawing ..."):
        workspace = _workspace(out)
        facility, grid = _place(workspace)
        scenes = paint_valley_scenes(grid, SEED)
        before, after = (
            _add(workspace, seen, date, grid)
            for seen, date in zip((scenes.before, scenes.after), DATES, strict=True)
        )
        result = scan(workspace, FACILITY, before, after, recorded_at=datetime.now(UTC))
        page = workspace.out / "maps" / f"SIMULATED-{FACILITY}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        drawn = draw_facility_map(workspace, [FACILITY], before=before, after=after)
        write_map(drawn.html, page)
        table = workspace.out / "SIMULATED-findings.gpkg"
        export_findings(result.findings, result.observations, table, overwrite=True)
        made = [page, table, *_figures(workspace, result)]
    rows = compare_with_truth(workspace, result, scenes, grid)
    written = [out / path.relative_to(workspace.root) for path in made]
    commands = _next_commands(out, result)
    if context.as_json:
        answer = {
            "simulated": True,
            "comparison": [asdict(row) for row in rows],
            "files": [str(path) for path in written],
            "next": commands,
        }
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        _print(context, facility, rows, written, commands)
    wrong = [row for row in rows if not row.right]
    if wrong:
        said = "; ".join(f"{row.what}: {row.verdict}" for row in wrong)
        raise CampMonitorError(f"The demo's answer is not the truth that was painted: {said}.")


def compare_with_truth(
    workspace: Workspace, result: Scanned, scenes: ValleyScenes, grid: GeoBox
) -> list[Row]:
    """Hold the findings of a scan against what was painted.

    Returns
    -------
    list of Row
        Annex, flood, cloud, and everything else that was called a change.
    """
    from camp_monitor.detection.regions import pixels_inside
    from camp_monitor.facilities.surroundings import search_area

    area = search_area(result.facility.outline, workspace.configuration.scan.margin_m)
    searched = pixels_inside(area, grid)
    annex = _pixels(scenes.annex, grid)
    hidden = (scenes.after.is_cloud | scenes.after.is_shadow) & searched
    flood = scenes.is_flooded & searched & ~hidden
    place = {item.id: _pixels(item.geometry, grid, "EPSG:4326") for item in result.findings}
    true = {
        item.id: (item.kind == "construction" and _mostly(place[item.id], annex))
        or (item.kind == "flooding" and _mostly(place[item.id], scenes.is_flooded))
        for item in result.findings
    }
    built, flooded = (
        [item for item in result.findings if item.kind == kind and true[item.id]]
        for kind in ("construction", "flooding")
    )
    flood_m2 = float(scenes.flooded_share[searched & ~hidden].sum()) * PIXEL_M**2
    unseen = [item.not_seen for item in result.observations if item.not_seen is not None]
    return [
        _judged("annex of the compound", scenes.annex.area, annex, built, place),
        _judged("flood on the terrace", flood_m2, flood, flooded, place),
        _judged_cloud(hidden, [_pixels(part, grid, "EPSG:4326") for part in unseen], place),
        _others([item for item in result.findings if not true[item.id]]),
    ]


def _judged(
    what: str,
    painted_m2: float,
    painted: NDArray[np.bool_],
    found: list[Finding],
    place: dict[str, NDArray[np.bool_]],
) -> Row:
    """Say how much of something was found, and with which area."""
    import numpy as np

    from camp_monitor.publication.words import quantity_words

    said = f"{quantity_words(painted_m2)} m²"
    union = np.zeros(painted.shape, bool)
    for item in found:
        union |= place[item.id]
    share = float((union & painted).sum() / max(painted.sum(), 1))
    if share < FOUND_FRACTION:
        return Row(what, said, f"{share:.0%} of it", "missed", False)
    area, low, high = (
        sum(getattr(item, name) for item in found)
        for name in ("area_m2", "area_low_m2", "area_high_m2")
    )
    answer = (
        f"{quantity_words(area)} m² ({quantity_words(low)} to {quantity_words(high)} m²), "
        f"{share:.0%} of the place"
    )
    within = "inside" if low <= painted_m2 <= high else "outside"
    return Row(what, said, answer, f"found; the true area is {within} the interval", True)


def _judged_cloud(
    hidden: NDArray[np.bool_],
    not_seen: list[NDArray[np.bool_]],
    place: dict[str, NDArray[np.bool_]],
) -> Row:
    """Say whether cloud and shadow were reported as not seen, by every detector."""
    from camp_monitor.publication.words import quantity_words

    said = f"{quantity_words(float(hidden.sum()) * PIXEL_M**2)} m² of the search area"
    reported = min((float((part & hidden).sum()) for part in not_seen), default=0.0)
    share = reported / max(float(hidden.sum()), 1.0)
    called = sum(_mostly(part, hidden) for part in place.values())
    answer = f"{share:.0%} of it reported as not seen"
    if called:
        return Row("cloud and its shadow", said, answer, f"{called} findings under it", False)
    if share < 1 - CLOUD_SEEN_THROUGH_FRACTION:
        return Row("cloud and its shadow", said, answer, "some of it passed as seen", False)
    return Row("cloud and its shadow", said, answer, "not seen; no change called under it", True)


def _others(findings: list[Finding]) -> Row:
    """Everything else that was called a change: false alarms."""
    from camp_monitor.findings.finding import KINDS
    from camp_monitor.publication.words import count_words, quantity_words

    if not findings:
        return Row("anything else", "nothing", "nothing", "no false alarm", True)
    said = ", ".join(
        f"{KINDS[item.kind].lower()} {quantity_words(item.area_m2)} m² ({item.confidence})"
        for item in findings
    )
    verdict = count_words(len(findings), "false alarm")
    return Row("anything else", "nothing", said, verdict, True)


def _workspace(out: Path) -> Workspace:
    """Make the workspace, or open that of an earlier demo, of which nothing is removed."""
    from camp_monitor.facilities import bundled_registry
    from camp_monitor.workspace import create_workspace, open_workspace

    marker = out / MARKER
    if marker.is_file() and marker.read_bytes()[: len(MARKED)] == MARKED.encode():
        return open_workspace(out)
    workspace = create_workspace(out, bundled_registry())
    marker.write_text(MARKER_TEXT, encoding="utf-8")
    return workspace


def _place(workspace: Workspace) -> tuple[Facility, GeoBox]:
    """Find the facility, and lay the grid of scenes round the middle of its first outline."""
    from odc.geo.geobox import GeoBox
    from odc.geo.geom import Geometry

    from camp_monitor.facilities import find_facility

    facility = find_facility(workspace.aoi, FACILITY)
    middle = Geometry(facility.outlines[0].geometry.centroid, "EPSG:4326").to_crs("utm")
    x_m, y_m = (round(value / PIXEL_M) * PIXEL_M for value in middle.coords[0])
    half_m = SIDE_PX / 2 * PIXEL_M
    bounds = (x_m - half_m, y_m - half_m, x_m + half_m, y_m + half_m)
    return facility, GeoBox.from_bbox(bounds, middle.crs, resolution=PIXEL_M, tight=True)


def _add(workspace: Workspace, seen: Seen, date: str, grid: GeoBox) -> str:
    """Write one painted scene as its provider would, add it as a user would; return its id."""
    from camp_monitor.errors import SceneError
    from camp_monitor.imagery.adding import SceneDescription, add_scene

    name = f"SIMULATED-{date[:10]}"
    with tempfile.TemporaryDirectory() as folder:
        bands, classes, item = (
            Path(folder) / f"{name}{end}" for end in ("-bands.tif", "-scl.tif", ".json")
        )
        _write_tif(bands, seen.image.pixels * 1e4 + SHIFTED, "uint16", seen.image.bands, grid)
        _write_tif(classes, seen.classes[None], "uint8", ("scl",), grid)
        item.write_text(json.dumps(_item(name, date, seen, grid)), encoding="utf-8")
        said = SceneDescription(
            sensor="sentinel-2", item=item, licence="CC0-1.0", credit="SIMULATED"
        )
        try:
            return add_scene(workspace.imagery, (bands, classes), said)[0].id
        except SceneError as error:
            raise WorkspaceError(
                f"{workspace.root} holds the demo of another version of this program ({error}): "
                f"name another folder with --out DIR."
            ) from error


def _write_tif(
    path: Path, numbers: NDArray[np.number[Any]], dtype: str, bands: tuple[str, ...], grid: GeoBox
) -> None:
    import numpy as np
    import rasterio

    profile = {
        "driver": "GTiff", "dtype": dtype, "count": len(bands), "height": grid.shape[0],
        "width": grid.shape[1], "crs": str(grid.crs), "transform": grid.affine, "nodata": 0,
        "compress": "deflate", "tiled": True, "blockxsize": 256, "blockysize": 256,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(np.round(numbers).astype(dtype))
        target.descriptions = bands
        target.update_tags(SIMULATED="painted by camp-monitor demo; seen by no satellite")


def _item(name: str, date: str, seen: Seen, grid: GeoBox) -> dict[str, object]:
    """Make the STAC item that a provider would have sent with the scene."""
    from camp_monitor.simulation.valley_scenes import DAYS

    footprint = grid.extent.to_crs("EPSG:4326").geom
    day = DAYS[DATES.index(date)]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "geometry": footprint.__geo_interface__,
        "bbox": list(footprint.bounds),
        "properties": {
            "datetime": date,
            "description": "SIMULATED",
            "s2:processing_baseline": "05.00",
            "eo:cloud_cover": round(float(seen.is_cloud.mean()) * 100, 1),
            "view:sun_elevation": day.sun_elevation_deg,
            "view:sun_azimuth": day.sun_azimuth_deg,
        },
        "links": [],
        "assets": {},
    }


def _pixels(geometry: BaseGeometry, grid: GeoBox, crs: str | None = None) -> NDArray[np.bool_]:
    """Pixels whose middle lies inside a geometry; `crs` where it is not the grid's."""
    import numpy as np
    from odc.geo.geom import Geometry
    from rasterio.features import geometry_mask

    placed = Geometry(geometry, crs).to_crs(str(grid.crs)).geom if crs else geometry
    return np.asarray(geometry_mask([placed], grid.shape, grid.affine, invert=True))


def _mostly(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> bool:
    return bool((part & whole).sum() > FOUND_FRACTION * part.sum())


def _figures(workspace: Workspace, result: Scanned) -> list[Path]:
    """Draw the figure of the first finding of construction, if there is one."""
    from camp_monitor.publication.finding_figure import draw_finding_figure, write_figure

    built = [item for item in result.findings if item.kind == "construction"][:1]
    paths = []
    for finding in built:
        path = workspace.out / "figures" / "SIMULATED-annex.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = draw_finding_figure(workspace, finding.id, file_format="png")
        write_figure(drawn.content, path)
        paths.append(path)
    return paths


def _next_commands(out: Path, result: Scanned) -> list[str]:
    start = f"camp-monitor --workspace {shlex.quote(str(out))}"
    overview = shlex.quote(str(out / "out" / "maps" / "SIMULATED-overview.html"))
    shown = f"findings show {result.findings[0].id}" if result.findings else "scenes list"
    rest = ("findings list", shown, f"map -o {overview}")
    return [f"{start} {command}" for command in rest]


def _print(
    context: Context,
    facility: Facility,
    rows: list[Row],
    written: list[Path],
    commands: list[str],
) -> None:
    from rich.table import Table

    console = context.console
    console.print("SIMULATED: the images were painted; no satellite saw this.", style="bold")
    dates = " and ".join(date[:10] for date in DATES)
    console.print(f"{facility.name}, two painted Sentinel-2 scenes, {dates}\n", soft_wrap=True)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
    for name in ("", "Painted", "Found (interval)", "So"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row.what, row.painted, row.found, row.verdict)
    console.print(table)
    console.print("Written, each marked SIMULATED:")
    for path in written:
        console.print(f"  {path}", soft_wrap=True)
    console.print("\nTry next (with 'uv run' before each, if that is how you started this):")
    for command in commands:
        console.print(f"  {command}", soft_wrap=True)
