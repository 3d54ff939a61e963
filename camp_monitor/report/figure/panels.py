"""The panels of the figure, and the samples of its key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import InputError
from camp_monitor.facilities.surroundings import widened
from camp_monitor.records.kinds import KINDS
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.figure.caption import Told, ViewFacts
from camp_monitor.report.figure.furniture import (
    TICK_MM,
    draw_callout,
    draw_north,
    draw_scale,
    draw_ticks,
    grid_ticks,
)
from camp_monitor.report.figure.lettering import latin_font
from camp_monitor.report.figure.options import CallOut
from camp_monitor.report.figure.styles import (
    DARK,
    GREY_FROM,
    GREY_SPAN,
    LIGHT,
    NO_IMAGE,
    OUTLINE_PT,
    PLAIN_GROUND,
    Sample,
    edges,
    finding_edges,
    hatching,
    other_edge,
    outline_dash,
    wash,
)
from camp_monitor.report.map.symbols import NOT_SEEN
from camp_monitor.report.picture import render_beside, render_pair
from camp_monitor.report.text import words
from camp_monitor.report.text.places import place_words
from camp_monitor.report.text.sentences import name_of, phrase
from camp_monitor.scenes.image import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path as DrawnPath

    from camp_monitor.records.finding import Finding

LETTERS = "abcdefg"


@dataclass(frozen=True, eq=False)
class Shown:
    """Everything that the panels show.

    Parameters
    ----------
    told : Told
        The finding, drawn in all panels, and what is on record of it.
    before, after : Image
        Both scenes on one square grid in metres, north up, that shows the finding.
    others : sequence of Finding
        More of the same pair; drawn lightly in the panel of change.
    beside : tuple of (SceneReference, Image)
        Further dates on the same grid.
    callouts : tuple of CallOut
        Each with its place and its text.
    """

    told: Told
    before: Image
    after: Image
    others: Sequence[Finding] = ()
    beside: tuple[tuple[SceneReference, Image], ...] = ()
    callouts: tuple[CallOut, ...] = ()

    @property
    def simulated(self) -> bool:
        """Whether a program painted any of the scenes."""
        return self.told.finding.simulated or any(one.simulated for one, _ in self.beside)


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture: its title, the rest of its heading, and its pixels."""

    title: str
    rest: str
    pixels: NDArray[np.uint8]
    is_change: bool = False


class Panels:
    """One view of the ground, and everything that is drawn on it."""

    def __init__(self, shown: Shown, bold: FontProperties | None = None) -> None:
        self.bold = bold or latin_font(bold=True)
        self.shown, self.told = shown, shown.told
        self.finding, self.outline = shown.told.finding, shown.told.outline
        self.observation, self.language = shown.told.observation, shown.told.language
        self.grid = shown.before.grid
        self.side_m = float(self.grid.affine.a) * self.grid.shape[1]
        self.view_deg = self.grid.extent.to_crs("EPSG:4326").geom.envelope
        is_local = self.told.withheld.is_local
        self.ticks_below, self.ticks_left = ([], []) if is_local else grid_ticks(self.grid)
        self.panels, self.facts = self._render()
        self.shape = self._place(self.finding.geometry)
        # Overlapping lines look the same for any order.
        ordered = sorted(shown.others, key=lambda item: item.id)
        placed = [(item.kind, self._place(item.geometry)) for item in ordered]
        self.others = [(kind, shape) for kind, shape in placed if not shape.is_empty]
        self.edge = self._place(self.outline.geometry)
        self.error = self._place(widened(self.outline.geometry, self.outline.accuracy_m))
        self.unseen = self._place(self._not_seen())

    def draw(self, panel: Panel, axes: Axes, side_mm: float) -> None:
        """Draw one panel: an image with the finding, or what changed over a pale grey one."""
        self._draw_picture(axes, panel.pixels)
        if panel.is_change:
            self._draw_change(axes)
        self._draw_signs(axes, side_mm)

    def _draw_change(self, axes: Axes) -> None:
        """Draw what changed, and what was not seen."""
        self._patch(axes, self.unseen, **wash(NOT_SEEN))
        self._patch(axes, self.unseen, **hatching(NOT_SEEN))
        for kind, shape in self.others:
            self._patch(axes, shape, **other_edge(kind))
        self._patch(axes, self.shape, **wash(self.finding.kind))
        self._patch(axes, self.shape, **hatching(self.finding.kind))
        if self.outline.basis != "placeholder":
            self._draw_edges(axes, self.error, edges(LIGHT, OUTLINE_PT / 2, (0, (1, 2.5))))

    def key(self) -> list[Sample]:
        """Return the samples of what is drawn, the finding first, the call-outs last."""
        language, kind = self.language, self.finding.kind
        named = words.kind_words(kind, language)
        finding = phrase("figure.key.finding", language, kind=named)
        samples = [Sample(finding, (wash(kind), hatching(kind), *finding_edges(kind)))]
        counted = Counter(kind for kind, _ in self.others)
        samples += [
            Sample(self._counted(kind, counted[kind]), (other_edge(kind),))
            for kind in KINDS if counted[kind]
        ]  # fmt: skip
        samples.append(self._outline_sample())
        if not self.unseen.is_empty and self.observation is not None:
            question = words.question_words(self.observation.method, language).lower()
            unseen = phrase("figure.key.not_seen", language, question=question)
            samples.append(Sample(unseen, (wash(NOT_SEEN), hatching(NOT_SEEN))))
        if any((panel.pixels[..., 3] == 0).any() for panel in self.panels):
            samples.append(Sample(phrase("figure.key.no_image", language), (NO_IMAGE,)))
        return samples + [
            Sample(text, number=number) for number, text in enumerate(self.facts.callouts, 1)
        ]

    def _counted(self, kind: str, count: int) -> str:
        return phrase(
            "figure.key.others",
            self.language,
            kind=words.kind_words(kind, self.language),
            findings=words.count_words(count, "other finding", self.language),
        )

    def _outline_sample(self) -> Sample:
        view = shapely.box(0, 0, self.side_m, self.side_m)
        label = words.outline_words(self.outline, self.language)
        if self.edge.is_empty:
            label = phrase("figure.key.outline_beyond", self.language, outline=label)
        elif self.edge.covers(view):
            label = phrase("figure.key.outline_around", self.language, outline=label)
        elif self.outline.basis != "placeholder" and self.error.boundary.intersects(view):
            label = phrase("figure.key.outline_error", self.language, outline=label)
        return Sample(label, tuple(edges(LIGHT, OUTLINE_PT, outline_dash(self.outline.basis))))

    def _render(self) -> tuple[list[Panel], ViewFacts]:
        """Render all dates in their order, and the change over the image after."""
        shown, finding, language = self.shown, self.finding, self.language
        pair = (_for_picture(shown.before), _for_picture(shown.after))
        before, after = render_pair(*pair, finding.before, finding.after)
        rows = [("before", finding.before, before), ("after", finding.after, after)]
        for scene, image in shown.beside:
            role = _role(scene, finding)
            rows.append((role, scene, render_beside(_for_picture(image), scene, pair)))
        rows.sort(key=lambda row: (row[1].acquired_from_at, row[1].id))
        panels, images = [], []
        for letter, (role, scene, picture) in zip(LETTERS, rows, strict=False):
            title = f"{letter}  {name_of('panel', role, language)}"
            pixels = self._ground(picture.pixels)
            panels.append(Panel(title, words.date_words(scene, language), pixels))
            images.append((letter, scene))
        over = next(letter for letter, scene in images if scene == finding.after)
        title = f"{LETTERS[len(rows)]}  {name_of('panel', 'change', language)}"
        rest = phrase("figure.over", language, letter=over)
        panels.append(Panel(title, rest, _grey(self._ground(after.pixels)), is_change=True))
        shown_as = before.shown_as
        if before.shown_as != after.shown_as:
            shown_as = phrase(
                "caption.shown_apart", language, before=before.shown_as, after=after.shown_as
            )
        return panels, ViewFacts(
            shown_as, shown.before.pixel_m, self._projection(), self.side_m, tuple(images),
            self._corners(), tuple(one.text for one in shown.callouts),
        )  # fmt: skip

    def _ground(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a picture; plain ground where its pixels may not be shown."""
        if not self.told.withheld.licences or pixels[..., 3].any():
            return pixels
        return np.broadcast_to(np.array(PLAIN_GROUND, np.uint8), pixels.shape)

    def _projection(self) -> str:
        if self.told.withheld.is_local:
            return phrase("audience.projection", self.language)
        return _projection(self.grid)

    def _corners(self) -> tuple[str, str]:
        """Print the lower left and the upper right corner; nothing where they are withheld."""
        if self.told.withheld.is_local:
            return "", ""
        west, south, east, north = self.view_deg.bounds
        pixel_m = self.shown.before.pixel_m
        first = place_words(west, south, pixel_m, self.language)
        return first, place_words(east, north, pixel_m, self.language)

    def _not_seen(self) -> BaseGeometry:
        """Where the finding's own question was not answered."""
        if self.observation is None:
            return shapely.Polygon()
        return self.observation.not_seen or shapely.Polygon()

    def _place(self, geometry: BaseGeometry) -> BaseGeometry:
        """Move a geometry, EPSG:4326, into the view, in metres from its lower left.

        It is cut a little beyond the view's rim, so that the cut is not drawn, and no finer than
        print.
        """
        if not geometry.intersects(self.view_deg):
            return shapely.Polygon()
        flat = Geometry(geometry, "EPSG:4326").to_crs(str(self.grid.crs)).geom
        left, bottom = self.grid.boundingbox.left, self.grid.boundingbox.bottom
        moved = shapely.transform(flat, lambda points: points - (left, bottom))
        if not moved.is_valid:
            moved = shapely.make_valid(moved)
        rim = 0.05 * self.side_m
        cut = moved.intersection(shapely.box(-rim, -rim, self.side_m + rim, self.side_m + rim))
        simple = cut.simplify(self.side_m / 2000)
        parts = [part for part in getattr(simple, "geoms", [simple]) if part.area > 0]
        view = shapely.box(0, 0, self.side_m, self.side_m)
        shape = shapely.union_all(parts) if parts else shapely.Polygon()
        return shape if shape.intersects(view) else shapely.Polygon()

    def _draw_picture(self, axes: Axes, pixels: NDArray[np.uint8]) -> None:
        """Draw an image true to scale, pixels as squares, and hatch where it has none."""
        from matplotlib.patches import Rectangle

        axes.set(xlim=(0, self.side_m), ylim=(0, self.side_m))
        axes.xaxis.set_visible(False)
        axes.yaxis.set_visible(False)
        if (pixels[..., 3] == 0).any():
            axes.add_patch(Rectangle((0, 0), self.side_m, self.side_m, **NO_IMAGE))
        axes.imshow(
            pixels, extent=(0, self.side_m, 0, self.side_m), origin="upper", aspect="equal",
            interpolation="antialiased", zorder=1,
        )  # fmt: skip
        for spine in axes.spines.values():
            spine.set(linewidth=0.5, color=DARK)

    def _draw_signs(self, axes: Axes, side_mm: float) -> None:
        """Draw what all panels have: outline, finding, ticks, scale, north, call-outs."""
        m_per_mm = self.side_m / side_mm
        lines = edges(LIGHT, OUTLINE_PT, outline_dash(self.outline.basis))
        self._draw_edges(axes, self.edge, lines)
        self._draw_edges(axes, self.shape, finding_edges(self.finding.kind))
        draw_ticks(axes, self.ticks_below, self.ticks_left, TICK_MM * m_per_mm)
        draw_scale(axes)
        draw_north(axes, self.grid, side_mm)
        for number, callout in enumerate(self.shown.callouts, 1):
            spot = self._spot(callout)
            draw_callout(axes, spot.x, spot.y, number, m_per_mm)
        if self.shown.simulated:
            axes.text(
                0.97, 0.03, phrase("map.simulated_mark", self.language), transform=axes.transAxes,
                ha="right", va="bottom", fontproperties=self.bold, fontsize=7,
                color="#ffffff", zorder=20, parse_math=False,
                bbox={"boxstyle": "square,pad=0.25", "facecolor": "#9b1111", "linewidth": 0},
            )  # fmt: skip

    def _spot(self, callout: CallOut) -> shapely.Point:
        """Move the place of a call-out into the view; beyond it, it is refused."""
        flat = Geometry(shapely.Point(callout.lon, callout.lat), "EPSG:4326")
        point = flat.to_crs(str(self.grid.crs)).geom
        box = self.grid.boundingbox
        x, y = point.x - box.left, point.y - box.bottom
        if not (0 <= x <= self.side_m and 0 <= y <= self.side_m):
            raise InputError(
                f"A call-out at {callout.lat:g}, {callout.lon:g} lies beyond the figure, which "
                f"shows {self.facts.corners[0]} to {self.facts.corners[1]}."
            )
        return shapely.Point(x, y)

    def _draw_edges(self, axes: Axes, shape: BaseGeometry, edges: Sequence[dict[str, Any]]) -> None:
        for settings in edges:
            self._patch(axes, shape, **settings)

    def _patch(self, axes: Axes, shape: BaseGeometry, **settings: Any) -> None:
        from matplotlib.patches import PathPatch

        if not shape.is_empty:
            axes.add_patch(PathPatch(_path(shape), zorder=5, **settings))


def _for_picture(image: Image) -> Image:
    """Give an image the kind of grid that `render_pair` asks for: only its colours are used."""
    page = GeoBox(image.grid.shape, Affine.scale(1, -1), "EPSG:3857")
    return replace(image, grid=page)


def _role(scene: SceneReference, finding: Finding) -> str:
    """Name when a further date is, seen from the pair."""
    if scene.acquired_from_at < finding.before.acquired_from_at:
        return "earlier"
    return "between" if scene.acquired_from_at < finding.after.acquired_from_at else "later"


def _projection(grid: GeoBox) -> str:
    crs = pyproj.CRS.from_user_input(str(grid.crs))
    name = crs.name.replace("zone ", "")
    return f"{name} (EPSG:{crs.to_epsg()})" if crs.to_epsg() else name


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a pale grey version of a picture; where it has no data stays so."""
    brightness = pixels[..., :3] @ np.array([0.299, 0.587, 0.114]) / 255
    pale = ((GREY_FROM + GREY_SPAN * brightness) * 255).round().astype(np.uint8)
    return np.dstack([pale, pale, pale, pixels[..., 3]])


def _path(shape: BaseGeometry) -> DrawnPath:
    """Return the rings of polygons as one path, holes wound against their shells."""
    from matplotlib.path import Path as DrawnPath

    oriented = shapely.orient_polygons(shape)
    polygons = [p for p in getattr(oriented, "geoms", [oriented]) if p.geom_type == "Polygon"]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    paths = [DrawnPath(shapely.get_coordinates(ring), closed=True) for ring in rings]
    return DrawnPath.make_compound_path(*paths)
