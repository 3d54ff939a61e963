"""The sheet that a figure is printed on, filled from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from camp_monitor.report.figure import inset
from camp_monitor.report.figure.furniture import TICK_PT
from camp_monitor.report.figure.lettering import (
    left_to_right,
    printable,
    shorten,
    text_width_pt,
    wrap,
)
from camp_monitor.report.figure.panels import Panels
from camp_monitor.report.figure.styles import Sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import PathPatch

DPI = 300
MM_PER_INCH, PT_PER_MM = 25.4, 72 / 25.4
MARGIN_MM, GAP_MM = 1.0, 2.2
TICK_LABEL_MM = 2.4
"""Left of the panels, and below them, for the degrees of the ticks."""
INSET_MM = 16.0
LEAST_BLOCK_MM = 56.0
"""The key stands in a free place of the last row of panels where that is so wide; else only the
inset does."""
TITLE_PT, TEXT_PT, SMALL_PT = 9.0, 7.5, 6.5
LINE_MM = 1.32 / PT_PER_MM
"""Height of a line for each point of its letters, millimetres."""
INK, PALE_INK, ALARM = "#111111", "#444444", "#9b1111"


@dataclass(frozen=True)
class Layout:
    """How panels stand in rows; lengths in millimetres."""

    columns: int
    rows: int
    side_mm: float

    def across_mm(self, number: int) -> float:
        """Return the left edge of a panel, which is counted from 0."""
        step_mm = self.side_mm + GAP_MM
        return MARGIN_MM + TICK_LABEL_MM + number % self.columns * step_mm


def lay_out(width_mm: float, panels: int) -> Layout:
    """Choose rows of panels: up to three in a row of 120 mm, and more of 50 mm where they fit."""
    most = max(2, int(width_mm // 40)) if panels <= 3 else max(2, int(width_mm // 50))
    rows = -(-panels // min(panels, most))
    columns = -(-panels // rows)
    room_mm = width_mm - 2 * MARGIN_MM - TICK_LABEL_MM
    return Layout(columns, rows, (room_mm - (columns - 1) * GAP_MM) / columns)


def panel_px(width_mm: float, panels: int = 3) -> int:
    """Return the dots of print across one panel of a figure."""
    return int(lay_out(width_mm, panels).side_mm / MM_PER_INCH * DPI)


class Sheet:
    """A figure that is filled from top to bottom; lengths are millimetres from its upper left.

    `fonts` are the plain and the bold one.  Where `as_outlines` says so, letters of the machine's
    fonts are drawn as shapes: a PDF cannot hold those of a collection.
    """

    def __init__(
        self, width_mm: float, figure: Figure, fonts: tuple[Any, Any], *, as_outlines: bool = False
    ) -> None:
        self.as_outlines = as_outlines
        self.width_mm = width_mm
        self.figure = figure
        self.down_mm = MARGIN_MM
        self.plain, self.bold = fonts
        self.drawn: list[tuple[float, float, str, dict[str, Any]]] = []
        self.places: list[tuple[Axes, float, float, float, float]] = []
        self.samples: list[tuple[Sample, float, float]] = []
        self.free: tuple[float, float, float] | None = None

    def text(
        self, across_mm: float, text: str, font: Any, size_pt: float, colour: str = INK
    ) -> None:
        """Print a line at the present height."""
        how = {"fontproperties": font, "fontsize": size_pt, "color": colour, "va": "baseline"}
        line = left_to_right(text)
        self.drawn.append((across_mm, self.down_mm + size_pt / PT_PER_MM, line, how))

    def advance(self, size_pt: float) -> None:
        """Go down by a line."""
        self.down_mm += size_pt * LINE_MM

    def print_heading(self, names: Sequence[tuple[str, Any]], what: str, mark: str) -> None:
        """Print names with their fonts, one after the other, and below what is shown.

        A `mark` is printed in red in the upper right corner.
        """
        room_mm = self.width_mm - 2 * MARGIN_MM
        first_mm = room_mm
        if mark:
            mark_mm = text_width_pt(mark, self.bold, TITLE_PT) / PT_PER_MM
            first_mm -= mark_mm + 4
            self.text(self.width_mm - MARGIN_MM - mark_mm, mark, self.bold, TITLE_PT, ALARM)
        across_mm = 0.0
        for name, font in names:
            name = printable(name, font)
            wide_mm = text_width_pt(name, font, TITLE_PT) / PT_PER_MM
            if across_mm and across_mm + wide_mm > first_mm:
                self.advance(TITLE_PT)
                across_mm, first_mm = 0.0, room_mm
            first, *others = wrap(name, font, TITLE_PT, (first_mm - across_mm) * PT_PER_MM) or [""]
            self.text(MARGIN_MM + across_mm, first, font, TITLE_PT)
            across_mm += text_width_pt(first, font, TITLE_PT) / PT_PER_MM + 3
            if others:
                self.advance(TITLE_PT)
                rest = shorten(" ".join(others), font, TITLE_PT, room_mm * PT_PER_MM)
                self.text(MARGIN_MM, rest, font, TITLE_PT)
                across_mm, first_mm = room_mm, room_mm
        self.advance(TITLE_PT)
        for line in wrap(printable(what, self.plain), self.plain, TEXT_PT, room_mm * PT_PER_MM):
            self.text(MARGIN_MM, line, self.plain, TEXT_PT)
            self.advance(TEXT_PT)
        self.down_mm += 1.0

    def place_panels(self, panels: Panels) -> Layout:
        """Draw the panels with their titles, row by row, and note where the last row has room."""
        layout = lay_out(self.width_mm, len(panels.panels))
        for first in range(0, len(panels.panels), layout.columns):
            top_mm = self.down_mm
            row = range(first, min(first + layout.columns, len(panels.panels)))
            for number in row:
                panel = panels.panels[number]
                self._print_title(panel.title, panel.rest, layout.across_mm(number), layout.side_mm)
            self.advance(TEXT_PT)
            self.down_mm += 0.4
            for number in row:
                axes = self.figure.add_axes((0, 0, 1, 1))
                across_mm = layout.across_mm(number)
                self.places.append((axes, across_mm, self.down_mm, layout.side_mm, layout.side_mm))
                panels.draw(panels.panels[number], axes, layout.side_mm)
                self._print_ticks(panels, across_mm, layout.side_mm, left=number == first)
            self.down_mm += layout.side_mm + TICK_LABEL_MM + 0.6
            if len(row) < layout.columns:
                left_mm = layout.across_mm(row[-1]) + layout.side_mm + GAP_MM
                self.free = (left_mm, top_mm, self.width_mm - MARGIN_MM - left_mm)
        return layout

    def _print_title(self, title: str, rest: str, across_mm: float, side_mm: float) -> None:
        title = shorten(printable(title, self.bold), self.bold, TEXT_PT, side_mm * PT_PER_MM)
        self.text(across_mm, title, self.bold, TEXT_PT)
        title_mm = text_width_pt(title, self.bold, TEXT_PT) / PT_PER_MM + 2
        if title_mm < side_mm - 4:
            room_pt = (side_mm - title_mm) * PT_PER_MM
            rest = shorten(printable(rest, self.plain), self.plain, TEXT_PT, room_pt)
            self.text(across_mm + title_mm, rest, self.plain, TEXT_PT)

    def _print_ticks(self, panels: Panels, across_mm: float, side_mm: float, left: bool) -> None:
        """Print the degrees below a panel, and left of the first of a row."""
        mm_per_m = side_mm / panels.side_m
        how = {"fontproperties": self.plain, "fontsize": TICK_PT, "color": PALE_INK}
        below_mm = self.down_mm + side_mm + 0.5
        nearest_mm = 1.15 * max(
            [text_width_pt(tick.label, self.plain, TICK_PT) for tick in panels.ticks_below] or [0]
        ) / PT_PER_MM  # fmt: skip
        last_mm = -nearest_mm
        for tick in panels.ticks_below:
            along_mm = tick.along_m * mm_per_m
            inside = nearest_mm / 2 < along_mm < side_mm - nearest_mm / 2
            if inside and along_mm - last_mm >= nearest_mm:
                place: dict[str, Any] = {"ha": "center", "va": "top"}
                self.drawn.append((across_mm + along_mm, below_mm, tick.label, how | place))
                last_mm = along_mm
        for tick in panels.ticks_left if left else ():
            along_mm = tick.along_m * mm_per_m
            if nearest_mm / 2 < along_mm < side_mm - nearest_mm / 2:
                place = {"ha": "right", "va": "center", "rotation": 90}
                up_mm = self.down_mm + side_mm - along_mm
                self.drawn.append((across_mm - 0.5, up_mm, tick.label, how | place))

    def print_key(
        self,
        samples: Sequence[Sample],
        spot: tuple[float, float] | None,
        paragraphs: Sequence[str],
        most_lines: int,
    ) -> None:
        """Print the key, paragraphs of at most so many lines, and the inset of a spot beside them.

        They stand in the free place of the last row of panels where there is one, else below.
        A spot is (lon, lat) in degrees.
        """
        below_mm = self.down_mm
        left_mm, width_mm = MARGIN_MM, self.width_mm - 2 * MARGIN_MM
        is_wide = self.free is not None and self.free[2] >= LEAST_BLOCK_MM
        if self.free is not None and is_wide:
            left_mm, self.down_mm, width_mm = self.free
            self.advance(TEXT_PT)
        text_mm = width_mm
        if spot is not None and self.free is not None and not is_wide:
            inset_mm = min(1.4 * INSET_MM, self.free[2])
            self._place_inset(spot, self.free[0], self.free[1] + TEXT_PT * LINE_MM, inset_mm)
        elif spot is not None:
            text_mm -= INSET_MM + 3
            high_mm = self._place_inset(spot, left_mm + width_mm - INSET_MM, self.down_mm, INSET_MM)
            below_mm = max(below_mm, self.down_mm + high_mm)
        self._print_samples(samples, left_mm, text_mm)
        if not is_wide:
            self._print_lines(paragraphs, most_lines, text_mm)
        self.down_mm = max(self.down_mm, below_mm)
        if is_wide:
            self._print_lines(paragraphs, most_lines, self.width_mm - 2 * MARGIN_MM)

    def _place_inset(
        self, spot: tuple[float, float], across_mm: float, down_mm: float, wide_mm: float
    ) -> float:
        """Draw the inset and return the room below its upper edge that it takes."""
        high_mm = wide_mm * inset.height_by_width()
        axes = self.figure.add_axes((0, 0, 1, 1))
        self.places.append((axes, across_mm, down_mm, wide_mm, high_mm))
        inset.draw_inset(axes, *spot)
        return high_mm + 1

    def _print_samples(self, samples: Sequence[Sample], left_mm: float, width_mm: float) -> None:
        """Print samples of signs and what they mean, as many in a line as it holds."""
        across_mm = left_mm
        for sample in samples:
            label = printable(sample.label, self.plain)
            lines = wrap(label, self.plain, SMALL_PT, (width_mm - 7.5) * PT_PER_MM)
            wide_mm = 7.5 + max(text_width_pt(line, self.plain, SMALL_PT) for line in lines) / (
                PT_PER_MM
            )
            if across_mm > left_mm and across_mm + wide_mm > left_mm + width_mm:
                across_mm = left_mm
                self.down_mm += SMALL_PT * LINE_MM + 0.5
            self.samples.append((sample, across_mm, self.down_mm))
            for number, line in enumerate(lines):
                if number:
                    self.advance(SMALL_PT)
                self.text(across_mm + 7.5, line, self.plain, SMALL_PT)
            across_mm += wide_mm + 4.5 + (width_mm if len(lines) > 1 else 0)
        self.down_mm += SMALL_PT * LINE_MM + 1.2

    def _print_lines(self, paragraphs: Sequence[str], most_lines: int, width_mm: float) -> None:
        for paragraph in paragraphs:
            text = printable(paragraph, self.plain)
            lines = wrap(text, self.plain, SMALL_PT, width_mm * PT_PER_MM)
            if len(lines) > most_lines:
                lines = [*lines[: most_lines - 1], f"{lines[most_lines - 1][:-2]}…"]
            for line in lines:
                self.text(MARGIN_MM, line, self.plain, SMALL_PT, PALE_INK)
                self.advance(SMALL_PT)

    def finish(self) -> Figure:
        """Give the figure its size, and everything its place on it."""
        across_px = round(self.width_mm / MM_PER_INCH * DPI)
        down_px = round((self.down_mm + MARGIN_MM) / MM_PER_INCH * DPI)
        self.figure.set_dpi(DPI)
        self.figure.set_size_inches(across_px / DPI, down_px / DPI)
        height_mm = down_px / DPI * MM_PER_INCH
        for axes, across_mm, down_mm, wide_mm, high_mm in self.places:
            axes.set_position((
                across_mm / self.width_mm, 1 - (down_mm + high_mm) / height_mm,
                wide_mm / self.width_mm, high_mm / height_mm,
            ))  # fmt: skip
        paper = self.figure.add_axes((0, 0, 1, 1), xlim=(0, self.width_mm), ylim=(height_mm, 0))
        paper.set_axis_off()
        for sample, across_mm, down_mm in self.samples:
            sample.draw(paper, across_mm, down_mm + 0.2, 6.0, SMALL_PT * LINE_MM - 0.5)
        for across_mm, down_mm, text, how in self.drawn:
            if self.as_outlines and how["fontproperties"].get_file() is None:
                paper.add_patch(_outlines(across_mm, down_mm, text, how))
            else:
                paper.text(across_mm, down_mm, text, parse_math=False, **how)
        return self.figure


def _outlines(across_mm: float, down_mm: float, text: str, how: Mapping[str, Any]) -> PathPatch:
    """Return the outlines of a line of letters, turned and aligned; the axes run downwards."""
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    plain = text.replace("$", "\\$")  # else two of them would be a formula
    flat = TextPath((0, 0), plain, size=how["fontsize"], prop=how["fontproperties"])
    path = flat.transformed(Affine2D().rotate_deg(how.get("rotation", 0)))
    box = path.get_extents()
    across_pt = {"left": 0.0, "center": (box.x0 + box.x1) / 2, "right": box.x1}
    up_pt = {"baseline": 0.0, "center": (box.y0 + box.y1) / 2, "top": box.y1}
    place = Affine2D().translate(-across_pt[how.get("ha", "left")], -up_pt[how["va"]])
    place = place.scale(1 / PT_PER_MM, -1 / PT_PER_MM).translate(across_mm, down_mm)
    return PathPatch(path.transformed(place), facecolor=how["color"], linewidth=0)
