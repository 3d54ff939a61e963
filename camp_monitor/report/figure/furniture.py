"""What a panel has beside pictures and findings: scale, north, ticks of a grid, call-outs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry

from camp_monitor.report.figure.lettering import latin_font
from camp_monitor.report.figure.styles import CALLOUT, DARK, LIGHT, draw_disc

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SCALE_PT, TICK_PT = 6.5, 4.8
TICK_MM, DISC_MM, LEADER_MM = 1.1, 1.7, 4.6
TICK_STEPS_DEG = (
    0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0,
)  # fmt: skip
MOST_TICKS = 6
"""Along one side of a panel."""


@dataclass(frozen=True)
class Tick:
    """Where a meridian or a parallel meets the rim of the view, and its degrees in print."""

    along_m: float
    label: str


def grid_ticks(grid: GeoBox) -> tuple[list[Tick], list[Tick]]:
    """Return the ticks of the lower side (meridians) and of the left one (parallels)."""
    box = grid.boundingbox
    to_degrees = pyproj.Transformer.from_crs(str(grid.crs), "EPSG:4326", always_xy=True)
    along_m = np.linspace(0, box.span_x, 65)
    lons, _ = to_degrees.transform(box.left + along_m, np.full(65, box.bottom))
    _, lats = to_degrees.transform(np.full(65, box.left), box.bottom + along_m)
    span_deg = max(np.ptp(lons), np.ptp(lats))
    step_deg = next((one for one in TICK_STEPS_DEG if span_deg / one <= MOST_TICKS), 10.0)
    decimals = max(0, math.ceil(-math.log10(step_deg) - 1e-9))
    sides = (lons, "EW"), (lats, "NS")
    below, left = (
        [
            Tick(
                float(np.interp(value, degrees, along_m)),
                f"{abs(value):.{decimals}f}° {names[value < 0]}",
            )
            for value in _round_values(degrees, step_deg)
        ]
        for degrees, names in sides
    )
    return below, left


def _round_values(degrees: np.ndarray, step_deg: float) -> Iterator[float]:
    """Yield whole steps between the ends; none where the view crosses the 180th meridian."""
    first = math.ceil(degrees[0] / step_deg)
    for count in range(first, math.floor(degrees[-1] / step_deg) + 1):
        yield count * step_deg


def draw_ticks(axes: Axes, below: Sequence[Tick], left: Sequence[Tick], length_m: float) -> None:
    """Draw ticks into a panel from all of its sides."""
    side_m = axes.get_xlim()[1]
    line: dict[str, Any] = {"color": DARK, "linewidth": 0.5, "zorder": 14, "solid_capstyle": "butt"}
    for tick in below:
        for start, end in ((0, length_m), (side_m - length_m, side_m)):
            axes.plot([tick.along_m] * 2, [start, end], **line)
    for tick in left:
        for start, end in ((0, length_m), (side_m - length_m, side_m)):
            axes.plot([start, end], [tick.along_m] * 2, **line)


def draw_callout(axes: Axes, x_m: float, y_m: float, number: int, m_per_mm: float) -> None:
    """Draw a numbered disc with a line to the spot it speaks of, inside the panel."""
    side_m = axes.get_xlim()[1]
    reach = LEADER_MM * m_per_mm
    across = reach if x_m + 1.6 * reach < side_m else -reach
    up = reach if y_m + 1.6 * reach < side_m else -reach
    for colour, width in ((LIGHT, 1.6), (CALLOUT, 0.7)):
        axes.plot([x_m, x_m + across], [y_m, y_m + up], color=colour, linewidth=width, zorder=18)
    draw_disc(axes, x_m + across, y_m + up, DISC_MM * m_per_mm, number)


def draw_scale(axes: Axes) -> None:
    """Draw a scale bar in the lower left corner."""
    from matplotlib_scalebar.scalebar import ScaleBar

    font = {"fname": str(latin_font().get_file()), "size": SCALE_PT}
    bar = ScaleBar(
        1, "m", location="lower left", length_fraction=0.3, width_fraction=0.012,
        box_color=LIGHT, box_alpha=0.8, color="#000000", pad=0.25, border_pad=0.35, sep=1.5,
        font_properties=font, rotation="horizontal-only", scale_loc="top",
    )  # fmt: skip
    bar.set_zorder(15)
    axes.add_artist(bar)


def draw_north(axes: Axes, grid: GeoBox, side_mm: float) -> None:
    """Draw an arrow to true north in the upper right corner."""
    from matplotlib.patches import Circle, Polygon

    side_m = axes.get_xlim()[1]
    length = side_m * 5.2 / side_mm
    x = y = side_m - 0.85 * length
    turn = north_angle_deg(grid)
    frame = Affine.translation(x, y) * Affine.rotation(-turn) * Affine.scale(length)
    axes.add_patch(Circle((x, y), 0.66 * length, facecolor=LIGHT, alpha=0.8, lw=0, zorder=15))
    for half, colour in ((-1, "#000000"), (1, LIGHT)):
        points = [frame * point for point in ((0, 0.3), (half * 0.2, -0.5), (0, -0.34))]
        axes.add_patch(Polygon(points, facecolor=colour, edgecolor="#000000", lw=0.4, zorder=16))
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
