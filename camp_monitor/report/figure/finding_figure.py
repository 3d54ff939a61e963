"""From the ledger and the catalogue to the print figure of one finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry

from camp_monitor.assess.question import recall
from camp_monitor.errors import InputError, SceneError
from camp_monitor.events.lookup import find_finding
from camp_monitor.facilities import Facility, Outline, find_facility
from camp_monitor.facilities.geometry import sides_m
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.ledger.ledger import Ledger, open_ledger
from camp_monitor.pairs.pair import CORRECTED_FROM_PX
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, latest_reviews
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.figure.coarse_reading import read_coarse
from camp_monitor.report.figure.figure import FORMATS, WIDTH_MM, draw_figure, panel_px
from camp_monitor.report.figure.lettering import find_korean_font
from camp_monitor.scenes.catalogue import check_unaltered, read_scenes
from camp_monitor.scenes.cloud_screening import reader
from camp_monitor.scenes.coregistration import measure_shift
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.reading import choose_grid, read_image
from camp_monitor.scenes.scene import Scene
from camp_monitor.settings import ScanSettings
from camp_monitor.workspace import AnyWorkspace, Workspace, open_workspace

LEAST_VIEW_M = 300.0
"""Least side of a panel on the ground: less shows no surroundings to know the place by."""
LEAST_VIEW_PX = 24
"""Likewise in pixels: a few squares show nothing at all."""
WIDE_RIM_M = 500.0
"""Round a finding smaller than this, its own size is shown on every side; round a larger one
this much, and never less than `RIM_FRACTION` of its size."""
RIM_FRACTION = 0.15
LARGEST_MEASURED_PX = 2048
"""The shift is measured on the searched area; on the middle of it where that is larger."""


@dataclass(frozen=True)
class FindingFigure:
    """A figure and what to say of it.

    Parameters
    ----------
    content : bytes
        The whole file.
    caption : tuple of str
        Its caption in paragraphs: the facility's name, then what the figure prints below.
    facility : Facility
    finding : Finding
    remarks : tuple of str
        Sentences for whoever asked for the figure: what could not be drawn, what to mind.
    """

    content: bytes
    caption: tuple[str, ...]
    facility: Facility
    finding: Finding
    remarks: tuple[str, ...]


def draw_finding_figure(
    workspace: AnyWorkspace, finding_id: str, *, file_format: str, width_mm: float = WIDTH_MM
) -> FindingFigure:
    """Draw before, after and change of one finding.

    Parameters
    ----------
    workspace : Workspace, Path or str
        The workspace, or its folder.
    finding_id : str
        Of the finding, or of an event, see `find_finding`; or as much of it as tells it from the
        others.
    file_format : str
        One of `FORMATS`.
    width_mm : float
        Width in print, millimetres.

    Raises
    ------
    InputError
        No such finding, or a width that cannot be printed.
    SceneError
        A scene is gone from the catalogue, or is no longer the one that was compared.
    """
    workspace = open_workspace(workspace)
    with open_ledger(workspace.ledger) as ledger:
        finding = find_finding(ledger, finding_id)
        current = ledger.findings(finding.facility_id, candidates=True)
        observation = _observation(ledger, finding)
        review = latest_reviews(ledger.reviews(finding.id)).get(finding.id)
    facility = find_facility(workspace.aoi, finding.facility_id)
    pair = (finding.before, finding.after)
    subject = Subject(
        facility, _outline(facility, finding), finding, _scenes(workspace, finding),
        others=tuple(
            one for one in current
            if one.id != finding.id and (one.before, one.after) == pair and not one.candidate
        ),
        observation=observation,
        review=review,
        superseded=finding.id not in {item.id for item in current},
    )  # fmt: skip
    return draw_subject(
        subject, workspace.configuration.scan, file_format=file_format, width_mm=width_mm
    )


@dataclass(frozen=True)
class Subject:
    """What a figure is of.

    Parameters
    ----------
    facility, outline, finding
        The outline is the version that the search was made round.
    scenes : (Scene, Scene)
        Before and after, with the files that were compared.
    others : tuple of Finding
        Of the same pair.
    observation, review
        That the finding came from, and the one that counts, where there is one.
    superseded : bool
        A later scan of the same scenes has another answer.
    """

    facility: Facility
    outline: Outline
    finding: Finding
    scenes: tuple[Scene, Scene]
    others: tuple[Finding, ...] = ()
    observation: Observation | None = None
    review: Review | None = None
    superseded: bool = False


def draw_subject(
    subject: Subject, settings: ScanSettings, *, file_format: str, width_mm: float = WIDTH_MM
) -> FindingFigure:
    """Draw a figure of what was compared with these settings, as `draw_finding_figure` does."""
    facility, finding = subject.facility, subject.finding
    grid = view_grid(*subject.scenes, finding, panel_px(width_mm))
    before, after = _read_both(settings, subject.scenes, subject.outline, grid)
    korean = find_korean_font(facility.names_ko) if facility.names_ko else None
    drawn = draw_figure(
        facility, subject.outline, finding, before, after,
        others=subject.others,
        observation=subject.observation,
        review=subject.review,
        superseded=subject.superseded,
        korean_font=korean,
        width_mm=width_mm,
        file_format=file_format,
    )  # fmt: skip
    remarks = _remarks(facility, korean, (finding.before, finding.after))
    heading = f"{'SIMULATED: ' if finding.simulated else ''}{facility.name}."
    return FindingFigure(drawn.content, (heading, *drawn.caption), facility, finding, remarks)


def format_of(path: Path) -> str:
    """Return the format that the end of a file's name asks for.

    Raises
    ------
    InputError
        It is none of `FORMATS`.
    """
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise InputError(
            f"{path} ends in {path.suffix or 'nothing'!r}, and a figure is a .png or a .svg file: "
            f"name one of these."
        )
    return suffix


def view_grid(before: Scene, after: Scene, finding: Finding, most_px: int) -> GeoBox:
    """Make the square grid of the panels: the pixels that were compared, or whole groups of them.

    Parameters
    ----------
    before, after : Scene
    finding : Finding
        In the middle, with a rim that shows where it lies.
    most_px : int
        Longest side; a wider view takes groups of 2 x 2, 3 x 3, ... pixels as one.

    Returns
    -------
    GeoBox
        In metres, north up.
    """
    spot = finding.geometry.representative_point().buffer(1e-6)
    native = choose_grid(before, after, spot, 1)
    pixel_m = float(native.affine.a)
    bounds = Geometry(finding.geometry, "EPSG:4326").to_crs(str(native.crs)).boundingbox
    extent_m = max(bounds.span_x, bounds.span_y)
    rim_m = max(min(extent_m, WIDE_RIM_M), RIM_FRACTION * extent_m)
    side_m = max(extent_m + 2 * rim_m, LEAST_VIEW_M, LEAST_VIEW_PX * pixel_m)
    group = max(1, -int(-side_m // (pixel_m * most_px)))
    step_m = group * pixel_m
    side_px = max(1, round(side_m / step_m))
    west, north = (
        origin + round((middle - origin) / pixel_m + half * side_px * group / 2) * pixel_m
        for origin, middle, half in (
            (native.affine.c, (bounds.left + bounds.right) / 2, -1),
            (native.affine.f, (bounds.bottom + bounds.top) / 2, 1),
        )
    )
    affine = Affine(step_m, 0, west, 0, -step_m, north)
    return GeoBox((side_px, side_px), affine, native.crs)


def _observation(ledger: Ledger, finding: Finding) -> Observation | None:
    """Return the observation that the finding came from: one that counts, if there is."""
    for superseded in (False, True):
        for item in ledger.observations(finding.facility_id, superseded=superseded):
            if finding.id in item.named_ids:
                return item
    return None


def _outline(facility: Facility, finding: Finding) -> Outline:
    """Return the outline that the search was made round."""
    for outline in facility.outlines:
        if outline.version == finding.outline_version:
            return outline
    raise InputError(
        f"Finding {finding.id} was made round version {finding.outline_version} of the outline of "
        f"{facility.id}, which its file no longer holds: put that version back."
    )


def _scenes(workspace: Workspace, finding: Finding) -> tuple[Scene, Scene]:
    """Return the two scenes of a finding, as they were when they were compared."""
    held = {scene.id: scene for scene in read_scenes(workspace.imagery)}
    found: list[Scene] = []
    for reference in (finding.before, finding.after):
        scene = recall(held, reference)
        if scene is None:
            raise SceneError(
                f"The scene {reference.id} of finding {finding.id} is not in the catalogue, and a "
                f"figure shows both: add it again with 'camp-monitor scenes add'."
            )
        if scene.sha256 != reference.sha256:
            raise SceneError(
                f"The scene {reference.id} in the catalogue has other files than the one that "
                f"finding {finding.id} was made from: restore the original."
            )
        check_unaltered(scene)
        found.append(scene)
    return found[0], found[1]


def _read_both(
    settings: ScanSettings, scenes: tuple[Scene, Scene], outline: Outline, grid: GeoBox
) -> tuple[Image, Image]:
    """Read both scenes onto the view, the second moved to where the scan moved it."""
    first, second = scenes
    before = _read(first, grid, (0.0, 0.0))
    after = _read(second, grid, _shift_px(settings, scenes, outline, grid))
    for scene, image in ((first, before), (second, after)):
        if (image.flags & 1).all():
            raise SceneError(
                f"The scene {scene.id} has no pixels round this finding: restore its files, or "
                f"scan other scenes."
            )
    return before, after


def _read(scene: Scene, grid: GeoBox, shift_px: tuple[float, float]) -> Image:
    coarse = grid.affine.a >= 2 * scene.pixel_m
    return (read_coarse if coarse else read_image)(scene, grid, shift_px)


def _shift_px(
    settings: ScanSettings, scenes: tuple[Scene, Scene], outline: Outline, view: GeoBox
) -> tuple[float, float]:
    """Measure the shift as the scan did, in (rows, columns) of the view's pixels."""
    first, second = scenes
    if first.band_names != second.band_names or first.quantity != second.quantity:
        return 0.0, 0.0
    area = search_area(outline, settings.margin_m)
    middle = area.representative_point().buffer(1e-6)
    about_px = max(sides_m(area.bounds)) / max(first.pixel_m, second.pixel_m)
    if about_px <= LARGEST_MEASURED_PX:
        grid = choose_grid(first, second, area, settings.context_px)
    else:
        grid = choose_grid(first, second, middle, LARGEST_MEASURED_PX // 2)
    read = reader(settings.cloud_mask)
    shift = measure_shift(read(first, grid, (0.0, 0.0)), read(second, grid, (0.0, 0.0)))
    if not shift.known or shift.length_px < CORRECTED_FROM_PX:
        return 0.0, 0.0
    ratio = grid.affine.a / view.affine.a
    return shift.shift_rows_px * ratio, shift.shift_columns_px * ratio


def _remarks(
    facility: Facility, korean_font: str | None, scenes: Sequence[SceneReference]
) -> tuple[str, ...]:
    """Say what the figure leaves out, and what its licences ask."""
    remarks = []
    if facility.names_ko and korean_font is None:
        remarks.append(
            "The Korean name is left out, because no font with its letters was found: install "
            "Noto Sans CJK or Nanum (Debian: fonts-noto-cjk or fonts-nanum)."
        )
    for scene in scenes:
        if scene.licence.strip().lower() in ("", "proprietary", "other"):
            licence = scene.licence.strip() or "not stated"
            remarks.append(
                f"The licence of {scene.id} is {licence}: ask its owner before you publish these "
                f"pixels."
            )
    return tuple(dict.fromkeys(remarks))
