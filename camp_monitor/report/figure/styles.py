"""How findings, outlines and what was not seen are drawn: colours, hatches, lines, the key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from camp_monitor.report.colours import KIND_COLOURS, NOT_SEEN_COLOUR
from camp_monitor.report.figure.lettering import latin_font
from camp_monitor.report.map.drawing import OUTLINE_DASHES
from camp_monitor.report.map.symbols import DASHES, EDGE_PX, NOT_SEEN

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
CALLOUT, CALLOUT_PT = "#b00020", 6.0
"""Colour of a call-out's disc, and the size of its number."""
PLAIN_GROUND = (222, 220, 214, 255)
"""Red, green, blue and opacity in place of pixels that may not be shown."""
NO_IMAGE: dict[str, Any] = {
    "facecolor": "#ffffff", "edgecolor": "#9a9a9a", "linewidth": 0, "hatch": "xxx",
}  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """A row of the key: what it says, and how its sample is drawn into a rectangle.

    Parameters
    ----------
    label : str
    patches : tuple of dict
        Settings of matplotlib for rectangles, drawn one over the other.
    number : int
        Of a call-out, whose disc is drawn instead; 0: of none.
    """

    label: str
    patches: tuple[dict[str, Any], ...] = ()
    number: int = 0

    def draw(self, axes: Axes, left: float, top: float, width: float, height: float) -> None:
        """Draw the sample; lengths in the units of `axes`."""
        from matplotlib.patches import Rectangle

        for settings in self.patches:
            axes.add_patch(Rectangle((left, top), width, height, **settings))
        if self.number:
            draw_disc(axes, left + width / 2, top + height / 2, 0.7 * height, self.number)


def draw_disc(axes: Axes, x: float, y: float, radius: float, number: int) -> None:
    """Draw the numbered disc of a call-out; lengths in the units of `axes`."""
    from matplotlib.patches import Circle

    disc = {"facecolor": CALLOUT, "edgecolor": LIGHT, "linewidth": 0.5}
    axes.add_patch(Circle((x, y), radius, zorder=19, **disc))
    axes.text(
        x, y, str(number), fontproperties=latin_font(bold=True), fontsize=CALLOUT_PT, color=LIGHT,
        ha="center", va="center_baseline", zorder=20, parse_math=False,
    )  # fmt: skip


def edges(colour: str, width_pt: float, dash: Any) -> list[dict[str, Any]]:
    """Return the settings of a line and, below it, of its casing."""
    beneath = DARK if _lightness(colour) > PALE_FROM else LIGHT
    plain = {"facecolor": "none", "joinstyle": "miter", "capstyle": "butt"}
    return [
        plain | {"edgecolor": beneath, "linewidth": width_pt + CASING_PT, "alpha": 0.75},
        plain | {"edgecolor": colour, "linewidth": width_pt, "linestyle": dash},
    ]


def finding_edges(kind: str) -> list[dict[str, Any]]:
    """Return the settings of a finding's edge and, below it, of its casing."""
    return edges(KIND_COLOURS[kind], FINDING_PT, _dash(kind))


def other_edge(kind: str) -> dict[str, Any]:
    """Return the settings of the edge of another finding: thin, and without a casing."""
    colour = _darker(KIND_COLOURS[kind])
    plain = {"facecolor": "none", "joinstyle": "miter", "capstyle": "butt"}
    return plain | {"edgecolor": colour, "linewidth": OTHER_PT, "linestyle": _dash(kind)}


def _darker(colour: str) -> str:
    """Return a light colour darker, to be seen on a pale image without a casing."""
    if _lightness(colour) <= PALE_FROM:
        return colour
    return _mixed(colour, 0, 0.35)


def _mixed(colour: str, grey: int, share: float) -> str:
    """Mix a colour with a share of a grey, 0 to 255."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part * (1 - share) + grey * share):02x}" for part in parts)


def wash(kind: str) -> dict[str, Any]:
    """Return the settings of a pale wash, on which a hatch stands out in grey print too."""
    if kind == NOT_SEEN:
        return {"facecolor": LIGHT, "alpha": 0.45, "linewidth": 0}
    return {"facecolor": _mixed(KIND_COLOURS[kind], 255, 0.6), "alpha": 0.7, "linewidth": 0}


def hatching(kind: str) -> dict[str, Any]:
    """Return the settings of the hatch alone; matplotlib gives it the colour of the edge."""
    colour = NOT_SEEN_COLOUR if kind == NOT_SEEN else KIND_COLOURS[kind]
    return {"facecolor": "none", "edgecolor": colour, "linewidth": 0, "hatch": HATCHES[kind]}


def _dash(kind: str) -> Any:
    """Return a kind's dash in widths of its line, from the map's, in pixels of `EDGE_PX`."""
    if kind not in DASHES:
        return "-"
    return (0, tuple(float(length) / EDGE_PX for length in DASHES[kind].split()))


def outline_dash(basis: str) -> Any:
    """Return the dash of an outline, in widths of its line."""
    if basis not in OUTLINE_DASHES:
        return "-"
    return (0, tuple(float(length) / EDGE_PX for length in OUTLINE_DASHES[basis].split()))


def _lightness(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue
