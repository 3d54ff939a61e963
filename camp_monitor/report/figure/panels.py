"""The three panels of the figure, and the samples of its key."""

from __future__ import annotations

import math
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

from camp_monitor.facilities.facility import Outline
from camp_monitor.facilities.surroundings import widened
from camp_monitor.records.finding import Finding
from camp_monitor.records.kinds import KINDS
from camp_monitor.records.observation import Observation
from camp_monitor.report.colours import KIND_COLOURS, NOT_SEEN_COLOUR
from camp_monitor.report.figure.caption import ViewFacts
from camp_monitor.report.figure.lettering import latin_font
from camp_monitor.report.map.drawing import OUTLINE_DASHES
from camp_monitor.report.map.symbols import DASHES, EDGE_PX, NOT_SEEN
from camp_monitor.report.picture import MapImage, render_pair
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import phrase
from camp_monitor.report.text.words import question_words
from camp_monitor.scenes.image import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path as DrawnPath

HATCHES = {
    "construction": "//////",
    "built_up": "ooo",
    "demolition": "xxxxx",
    "flooding": ".....",
    "flood_recession": "....",
    "water_gain": "--------",
    "water_loss": "||||||||",
    "clearing": "+++++",
    "perimeter_change": "",
    "other": "**",
    NOT_SEEN: "\\\\\\\\",
}
"""Hatches as matplotlib writes them, close to those of `camp_monitor.report.map.symbols`."""

FINDING_PT, OTHER_PT, OUTLINE_PT = 0.8, 0.5, 0.9
CASING_PT = 0.7
"""Width of the casing on either side of a line, which parts it from a ground of its own tone."""
DARK, LIGHT = "#10202b", "#ffffff"
PALE_FROM = 0.55
"""Lines lighter than this (0 black, 1 white) have a dark casing, darker ones a light one."""
GREY_FROM, GREY_SPAN = 0.38, 0.60
"""The grey image's black and the distance to its white: pale, so that signs stand out."""
SCALE_PT = 6.5


@dataclass(frozen=True)
class Sample:
    """A row of the key: what it says, and how its sample is drawn into a rectangle.

    Parameters
    ----------
    label : str
    patches : tuple of dict
        Settings of matplotlib for rectangles, drawn one over the other.
    """

    label: str
    patches: tuple[dict[str, Any], ...]

    def draw(self, axes: Axes, left: float, top: float, width: float, height: float) -> None:
        """Draw the sample; lengths in the units of `axes`."""
        from matplotlib.patches import Rectangle

        for settings in self.patches:
            axes.add_patch(Rectangle((left, top), width, height, **settings))


class Panels:
    """One view of the ground, and everything that is drawn on it."""

    def __init__(
        self,
        finding: Finding,
        outline: Outline,
        before: Image,
        after: Image,
        others: Sequence[Finding],
        observation: Observation | None,
        simulated: bool,
    ) -> None:
        self.finding, self.outline, self.observation = finding, outline, observation
        self.simulated = simulated
        self.grid = before.grid
        self.side_m = float(self.grid.affine.a) * self.grid.shape[1]
        self.view_deg = self.grid.extent.to_crs("EPSG:4326").geom.envelope
        pictures = render_pair(
            _for_picture(before), _for_picture(after), finding.before, finding.after
        )
        self.before, self.after = (picture.pixels for picture in pictures)
        self.facts = ViewFacts(
            _shown_as(*pictures), before.pixel_m, _projection(self.grid), self.side_m
        )
        self.shape = self._place(finding.geometry)
        self.others = [(item.kind, self._place(item.geometry)) for item in others]
        self.others = [(kind, shape) for kind, shape in self.others if not shape.is_empty]
        self.edge = self._place(outline.geometry)
        self.error = self._place(widened(outline.geometry, outline.accuracy_m))
        self.unseen = self._place(self._not_seen())

    def draw_before(self, axes: Axes, side_mm: float) -> None:
        """Draw the image before, with the finding's place in it."""
        self._draw_picture(axes, self.before)
        self._draw_signs(axes, side_mm)

    def draw_after(self, axes: Axes, side_mm: float) -> None:
        """Draw the image after, with the finding."""
        self._draw_picture(axes, self.after)
        self._draw_signs(axes, side_mm)

    def draw_change(self, axes: Axes, side_mm: float) -> None:
        """Draw what changed, and what was not seen, over a pale grey image."""
        self._draw_picture(axes, _grey(self.after))
        self._patch(axes, self.unseen, **_wash(NOT_SEEN))
        self._patch(axes, self.unseen, **_hatching(NOT_SEEN))
        for kind, shape in self.others:
            self._patch(axes, shape, **_other_edge(kind))
        self._patch(axes, self.shape, **_wash(self.finding.kind))
        self._patch(axes, self.shape, **_hatching(self.finding.kind))
        if self.outline.basis != "placeholder":
            self._draw_edges(axes, self.error, _edges(LIGHT, OUTLINE_PT / 2, (0, (1, 2.5))))
        self._draw_signs(axes, side_mm)

    def key(self) -> list[Sample]:
        """Return the samples of what is drawn, the finding first."""
        kind = self.finding.kind
        samples = [
            Sample(f"{words.kind_words(kind)}: this finding",
                   (_wash(kind), _hatching(kind), *_finding_edges(kind)))
        ]  # fmt: skip
        counted = Counter(kind for kind, _ in self.others)
        samples += [
            Sample(_counted(kind, counted[kind]), (_other_edge(kind),))
            for kind in KINDS if counted[kind]
        ]  # fmt: skip
        samples.append(self._outline_sample())
        if not self.unseen.is_empty and self.observation is not None:
            question = question_words(self.observation.method).lower()
            samples.append(
                Sample(f"Not seen, for {question}", (_wash(NOT_SEEN), _hatching(NOT_SEEN)))
            )
        if any((picture[..., 3] == 0).any() for picture in (self.before, self.after)):
            samples.append(Sample("No image", (_NO_IMAGE,)))
        return samples

    def _outline_sample(self) -> Sample:
        label = words.outline_words(self.outline)
        view = shapely.box(0, 0, self.side_m, self.side_m)
        if self.edge.is_empty:
            label += " (beyond this view)"
        elif self.edge.covers(view):
            label += " (all of this view lies within it)"
        elif self.outline.basis != "placeholder" and self.error.boundary.intersects(view):
            label += " (its error dotted)"
        dash = _outline_dash(self.outline.basis)
        return Sample(label, tuple(_edges(LIGHT, OUTLINE_PT, dash)))

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
            axes.add_patch(Rectangle((0, 0), self.side_m, self.side_m, **_NO_IMAGE))
        axes.imshow(
            pixels, extent=(0, self.side_m, 0, self.side_m), origin="upper", aspect="equal",
            interpolation="antialiased", zorder=1,
        )  # fmt: skip
        for spine in axes.spines.values():
            spine.set(linewidth=0.5, color=DARK)

    def _draw_signs(self, axes: Axes, side_mm: float) -> None:
        """Draw what all panels have: outline, finding, scale, north, and the mark of a painting."""
        dash = _outline_dash(self.outline.basis)
        self._draw_edges(axes, self.edge, _edges(LIGHT, OUTLINE_PT, dash))
        self._draw_edges(axes, self.shape, _finding_edges(self.finding.kind))
        self._draw_scale(axes)
        self._draw_north(axes, side_mm)
        if self.simulated:
            axes.text(
                0.97, 0.03, "SIMULATED", transform=axes.transAxes, ha="right", va="bottom",
                fontproperties=latin_font(bold=True), fontsize=7, color="#ffffff", zorder=20,
                bbox={"boxstyle": "square,pad=0.25", "facecolor": "#9b1111", "linewidth": 0},
                parse_math=False,
            )  # fmt: skip

    def _draw_edges(self, axes: Axes, shape: BaseGeometry, edges: Sequence[dict[str, Any]]) -> None:
        for settings in edges:
            self._patch(axes, shape, **settings)

    def _patch(self, axes: Axes, shape: BaseGeometry, **settings: Any) -> None:
        from matplotlib.patches import PathPatch

        if not shape.is_empty:
            axes.add_patch(PathPatch(_path(shape), zorder=5, **settings))

    def _draw_scale(self, axes: Axes) -> None:
        from matplotlib_scalebar.scalebar import ScaleBar

        font = {"fname": str(latin_font().get_file()), "size": SCALE_PT}
        bar = ScaleBar(
            1, "m", location="lower left", length_fraction=0.3, width_fraction=0.012,
            box_color=LIGHT, box_alpha=0.8, color="#000000", pad=0.25, border_pad=0.35, sep=1.5,
            font_properties=font, rotation="horizontal-only", scale_loc="top",
        )  # fmt: skip
        bar.set_zorder(15)
        axes.add_artist(bar)

    def _draw_north(self, axes: Axes, side_mm: float) -> None:
        """Draw an arrow to true north in the upper right corner."""
        from matplotlib.patches import Circle, Polygon

        length = self.side_m * 5.2 / side_mm
        x = y = self.side_m - 0.85 * length
        turn = north_angle_deg(self.grid)
        frame = Affine.translation(x, y) * Affine.rotation(-turn) * Affine.scale(length)
        axes.add_patch(Circle((x, y), 0.66 * length, facecolor=LIGHT, alpha=0.8, lw=0, zorder=15))
        for half, colour in ((-1, "#000000"), (1, LIGHT)):
            points = [frame * point for point in ((0, 0.3), (half * 0.2, -0.5), (0, -0.34))]
            axes.add_patch(
                Polygon(points, facecolor=colour, edgecolor="#000000", lw=0.4, zorder=16)
            )
        at = frame * (0.0, 0.44)
        axes.text(
            *at, "N", fontproperties=latin_font(bold=True), fontsize=6, ha="center", va="center",
            rotation=-turn, zorder=17, parse_math=False,
        )  # fmt: skip


def north_angle_deg(grid: GeoBox) -> float:
    """Return how far true north lies clockwise of the grid's north at its middle, degrees."""
    box = grid.boundingbox
    middle = shapely.Point((box.left + box.right) / 2, (box.bottom + box.top) / 2)
    there = Geometry(middle, grid.crs).to_crs("EPSG:4326").geom
    step = 1e-3 if there.y < 89 else -1e-3
    further = Geometry(shapely.Point(there.x, there.y + step), "EPSG:4326").to_crs(str(grid.crs))
    east, north = further.geom.x - middle.x, further.geom.y - middle.y
    return math.degrees(math.atan2(east * np.sign(step), north * np.sign(step)))


def _for_picture(image: Image) -> Image:
    """Give an image the kind of grid that `render_pair` asks for: only its colours are used."""
    page = GeoBox(image.grid.shape, Affine.scale(1, -1), "EPSG:3857")
    return replace(image, grid=page)


def _shown_as(before: MapImage, after: MapImage) -> str:
    """Name the bands that are shown: of each date where the two are of other sensors."""
    if before.shown_as == after.shown_as:
        return after.shown_as
    return phrase("caption.shown_apart", before=before.shown_as, after=after.shown_as)


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


def _edges(colour: str, width_pt: float, dash: Any) -> list[dict[str, Any]]:
    """Return the settings of a line and, below it, of its casing."""
    beneath = DARK if _lightness(colour) > PALE_FROM else LIGHT
    plain = {"facecolor": "none", "joinstyle": "miter", "capstyle": "butt"}
    return [
        plain | {"edgecolor": beneath, "linewidth": width_pt + CASING_PT, "alpha": 0.75},
        plain | {"edgecolor": colour, "linewidth": width_pt, "linestyle": dash},
    ]


def _finding_edges(kind: str) -> list[dict[str, Any]]:
    return _edges(KIND_COLOURS[kind], FINDING_PT, _dash(kind))


def _other_edge(kind: str) -> dict[str, Any]:
    """Return the settings of the edge of another finding: thin, and without a casing."""
    colour = _darker(KIND_COLOURS[kind])
    plain = {"facecolor": "none", "joinstyle": "miter", "capstyle": "butt"}
    return plain | {"edgecolor": colour, "linewidth": OTHER_PT, "linestyle": _dash(kind)}


def _counted(kind: str, count: int) -> str:
    return f"{words.kind_words(kind)}: {words.count_words(count, 'other finding')} here"


def _darker(colour: str) -> str:
    """Return a light colour darker, to be seen on a pale image without a casing."""
    if _lightness(colour) <= PALE_FROM:
        return colour
    return _mixed(colour, 0, 0.35)


def _mixed(colour: str, grey: int, share: float) -> str:
    """Mix a colour with a share of a grey, 0 to 255."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part * (1 - share) + grey * share):02x}" for part in parts)


def _wash(kind: str) -> dict[str, Any]:
    """Return the settings of a pale wash, on which a hatch stands out in grey print too."""
    if kind == NOT_SEEN:
        return {"facecolor": LIGHT, "alpha": 0.45, "linewidth": 0}
    return {"facecolor": _mixed(KIND_COLOURS[kind], 255, 0.6), "alpha": 0.7, "linewidth": 0}


def _hatching(kind: str) -> dict[str, Any]:
    """Return the settings of the hatch alone; matplotlib gives it the colour of the edge."""
    colour = NOT_SEEN_COLOUR if kind == NOT_SEEN else KIND_COLOURS[kind]
    return {"facecolor": "none", "edgecolor": colour, "linewidth": 0, "hatch": HATCHES[kind]}


def _dash(kind: str) -> Any:
    """Return a kind's dash in widths of its line, from the map's, in pixels of `EDGE_PX`."""
    if kind not in DASHES:
        return "-"
    return (0, tuple(float(length) / EDGE_PX for length in DASHES[kind].split()))


def _outline_dash(basis: str) -> Any:
    if basis not in OUTLINE_DASHES:
        return "-"
    return (0, tuple(float(length) / EDGE_PX for length in OUTLINE_DASHES[basis].split()))


def _lightness(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


_NO_IMAGE: dict[str, Any] = {
    "facecolor": "#ffffff", "edgecolor": "#9a9a9a", "linewidth": 0, "hatch": "xxx",
}  # fmt: skip
