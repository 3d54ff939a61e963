"""The inset of a figure: where in the country a place is."""

from __future__ import annotations

import functools
import json
import math
from importlib.resources import files
from typing import TYPE_CHECKING

from camp_monitor.errors import InstallationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FRAME_DEG = (123.6, 37.1, 131.2, 43.4)
"""West, south, east, north of what is drawn."""
OWN, OTHERS = "KP", ("CN", "RU", "KR", "JP")
LAND, OWN_LAND, SEA, BORDER, PLACE = "#e4e2dc", "#c9c3b4", "#f4f8fb", "#77736a", "#b00020"

Ring = list[tuple[float, float]]


def is_inside(lon: float, lat: float) -> bool:
    """Tell whether a place is on the inset's map."""
    west, south, east, north = FRAME_DEG
    return west < lon < east and south < lat < north


def height_by_width() -> float:
    """Return the height of the inset as a share of its width."""
    west, south, east, north = FRAME_DEG
    return (north - south) / ((east - west) * _shrink())


def draw_inset(axes: Axes, lon: float, lat: float) -> None:
    """Draw the borders of the country and its neighbours, and a mark at a place (WGS 84)."""
    from matplotlib.patches import Polygon

    west, south, east, north = FRAME_DEG
    axes.set(xlim=(west, east), ylim=(south, north), facecolor=SEA)
    axes.set_aspect(1 / _shrink())
    axes.xaxis.set_visible(False)
    axes.yaxis.set_visible(False)
    for spine in axes.spines.values():
        spine.set(linewidth=0.4, color=BORDER)
    for country in (*OTHERS, OWN):
        colour = OWN_LAND if country == OWN else LAND
        for ring in borders()[country]:
            axes.add_patch(Polygon(ring, facecolor=colour, edgecolor=BORDER, linewidth=0.3))
    axes.plot([lon], [lat], marker="s", markersize=3.2, markerfacecolor=PLACE,
              markeredgecolor="#ffffff", markeredgewidth=0.5, zorder=5)  # fmt: skip


@functools.cache
def borders() -> dict[str, list[Ring]]:
    """Return rings of longitude and latitude by country (ISO 3166-1 alpha-2)."""
    asset = files("camp_monitor.report.figure") / "borders" / "borders.json"
    if not asset.is_file():
        raise InstallationError(
            "The borders for the inset are missing from this installation: install camp-monitor "
            "again from its wheel, build it with npm at hand, or draw without an inset."
        )
    borders: dict[str, list[Ring]] = json.loads(asset.read_text(encoding="utf-8"))
    return borders


def _shrink() -> float:
    """Return how much shorter a degree of longitude is than one of latitude, mid-map."""
    return math.cos(math.radians((FRAME_DEG[1] + FRAME_DEG[3]) / 2))
