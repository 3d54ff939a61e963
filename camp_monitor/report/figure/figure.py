"""The print figure: before, after and change of one finding, side by side, with all that is said.

`draw_figure` takes values and returns the bytes of a file.  The same values give the same bytes,
whatever the clock, the language of the machine or its settings of matplotlib.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from camp_monitor.errors import InputError
from camp_monitor.facilities.facility import Facility, Outline
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.report.figure.caption import caption
from camp_monitor.report.figure.lettering import latin_font, printable, shorten, text_width_pt, wrap
from camp_monitor.report.figure.panels import Panels, Sample
from camp_monitor.report.text import words
from camp_monitor.report.text.words import interval_words
from camp_monitor.scenes.image import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")
DPI = 300
WIDTH_MM = 170.0
"""Text width of an A4 page with margins of 2 cm."""
LEAST_WIDTH_MM, MOST_WIDTH_MM = 120.0, 420.0
"""Narrower, and letters of `SMALL_PT` no longer fit under a panel; wider than A3, no page."""

MM_PER_INCH, PT_PER_MM = 25.4, 72 / 25.4
MARGIN_MM, GAP_MM = 1.0, 2.2
TITLE_PT, TEXT_PT, SMALL_PT = 9.0, 7.5, 6.5
LINE_MM = 1.32 / PT_PER_MM
"""Height of a line for each point of its letters, millimetres."""
INK, PALE_INK, ALARM = "#111111", "#444444", "#9b1111"


def panel_px(width_mm: float) -> int:
    """Return the dots of print across one panel of a figure.

    Raises
    ------
    InputError
        The width is not between `LEAST_WIDTH_MM` and `MOST_WIDTH_MM`.
    """
    if not LEAST_WIDTH_MM <= width_mm <= MOST_WIDTH_MM:
        raise InputError(
            f"A figure {width_mm:g} mm wide cannot be printed legibly: give between "
            f"{LEAST_WIDTH_MM:g} and {MOST_WIDTH_MM:g} mm."
        )
    return int(_panel_mm(width_mm) / MM_PER_INCH * DPI)


@dataclass(frozen=True)
class DrawnFigure:
    """A figure and what stands below its panels.

    Parameters
    ----------
    content : bytes
        The file.  It holds no date, no name of a program and no address.
    caption : tuple of str
        The paragraphs of the caption, as printed in the figure.
    """

    content: bytes
    caption: tuple[str, ...]


def draw_figure(  # noqa: PLR0913 - each is a thing in the figure; a bag for them would only hide it
    facility: Facility,
    outline: Outline,
    finding: Finding,
    before: Image,
    after: Image,
    *,
    others: Sequence[Finding] = (),
    observation: Observation | None = None,
    review: Review | None = None,
    superseded: bool = False,
    korean_font: str | None = None,
    width_mm: float = WIDTH_MM,
    file_format: str = "png",
) -> DrawnFigure:
    """Draw the figure of one finding.

    Parameters
    ----------
    facility : Facility
        The place.
    outline : Outline
        The one that the search was made round.
    finding : Finding
        Drawn in all panels.
    before, after : Image
        Both scenes on one square grid in metres, north up, that shows the finding.
    others : sequence of Finding
        More of the same pair; drawn lightly in the panel of change.
    observation : Observation or None
        The one that the finding came from: it says what was not seen.
    review : Review or None
        The one of the finding that counts; the reviewer's name is not printed.
    superseded : bool
        A later scan of the same pair replaced the finding, and the figure says so.
    korean_font : str or None
        Family for the facility's Korean names, as `lettering.find_korean_font` returns it; the
        names are left out without.
    width_mm : float
        Width in print, millimetres; a PNG has ``round(width_mm / 25.4 * 300)`` pixels across.
    file_format : str
        ``png`` or ``svg``.

    Returns
    -------
    DrawnFigure

    Raises
    ------
    InputError
        A width that cannot be printed, or another format.
    """
    import matplotlib
    from matplotlib.figure import Figure

    panel_px(width_mm)
    if file_format not in FORMATS:
        raise InputError(f"A figure is written as {' or '.join(FORMATS)}, not {file_format!r}.")
    simulated = finding.simulated
    with matplotlib.rc_context(_settings()):
        panels = Panels(finding, outline, before, after, others, observation, simulated)
        paragraphs = caption(
            finding, outline, observation, panels.facts, review=review, superseded=superseded
        )
        sheet = _Sheet(width_mm, Figure())
        sheet.print_heading(facility, finding, korean_font, simulated)
        sheet.place_panels(panels, finding)
        sheet.print_key(panels.key())
        sheet.print_caption(paragraphs)
        title = f"{words.kind_words(finding.kind)} {interval_words(finding.before, finding.after)}"
        title = f"{'SIMULATED: ' if simulated else ''}{title}, finding {finding.id}"
        content = _file(sheet.finish(), file_format, title)
    return DrawnFigure(content, tuple(paragraphs))


class _Sheet:
    """A figure that is filled from top to bottom; lengths are millimetres from its upper left."""

    def __init__(self, width_mm: float, figure: Figure) -> None:
        self.width_mm = width_mm
        self.figure = figure
        self.down_mm = MARGIN_MM
        self.plain, self.bold = latin_font(), latin_font(bold=True)
        self.drawn: list[tuple[Any, ...]] = []
        self.places: list[tuple[Axes, float, float, float]] = []
        self.samples: list[tuple[Sample, float, float]] = []

    @property
    def inner_pt(self) -> float:
        """Width between the margins, points."""
        return (self.width_mm - 2 * MARGIN_MM) * PT_PER_MM

    def text(
        self, across_mm: float, text: str, font: Any, size_pt: float, colour: str = INK
    ) -> None:
        """Print a line at the present height."""
        self.drawn.append((across_mm, self.down_mm, text, font, size_pt, colour))

    def advance(self, size_pt: float) -> None:
        """Go down by a line."""
        self.down_mm += size_pt * LINE_MM

    def print_heading(
        self, facility: Facility, finding: Finding, korean_font: str | None, simulated: bool
    ) -> None:
        """Print the facility's names, the kind of change and its interval."""
        from matplotlib.font_manager import FontProperties

        room_pt = self.inner_pt
        if simulated:
            mark = "SIMULATED"
            room_pt -= text_width_pt(mark, self.bold, TITLE_PT) + 12
            width_mm = text_width_pt(mark, self.bold, TITLE_PT) / PT_PER_MM
            self.text(self.width_mm - MARGIN_MM - width_mm, mark, self.bold, TITLE_PT, ALARM)
        name = shorten(printable(facility.name, self.bold), self.bold, TITLE_PT, room_pt)
        self.text(MARGIN_MM, name, self.bold, TITLE_PT)
        across_pt = text_width_pt(name, self.bold, TITLE_PT) + 9
        if korean_font is not None and facility.names_ko:
            font = FontProperties(family=[korean_font])
            korean = printable(" · ".join(facility.names_ko), font)
            if across_pt + text_width_pt(korean, font, TITLE_PT) > room_pt:
                self.advance(TITLE_PT)
                across_pt = 0.0
            korean = shorten(korean, font, TITLE_PT, self.inner_pt)
            self.text(MARGIN_MM + across_pt / PT_PER_MM, korean, font, TITLE_PT)
        self.advance(TITLE_PT)
        what = f"{words.kind_words(finding.kind)}, {interval_words(finding.before, finding.after)}"
        self.text(MARGIN_MM, what, self.plain, TEXT_PT)
        self.advance(TEXT_PT)
        self.down_mm += 1.0

    def place_panels(self, panels: Panels, finding: Finding) -> None:
        """Draw the three panels with their titles."""
        side_mm = _panel_mm(self.width_mm)
        titles = (
            ("a  Before", words.date_words(finding.before)),
            ("b  After", words.date_words(finding.after)),
            ("c  Change", "over b in grey"),
        )
        for number, (title, rest) in enumerate(titles):
            across_mm = MARGIN_MM + number * (side_mm + GAP_MM)
            self.text(across_mm, title, self.bold, TEXT_PT)
            title_mm = text_width_pt(title, self.bold, TEXT_PT) / PT_PER_MM
            rest = shorten(rest, self.plain, TEXT_PT, (side_mm - title_mm - 2) * PT_PER_MM)
            self.text(across_mm + title_mm + 2, rest, self.plain, TEXT_PT)
        self.advance(TEXT_PT)
        self.down_mm += 0.4
        for number, draw in enumerate((panels.draw_before, panels.draw_after, panels.draw_change)):
            axes = self.figure.add_axes((0, 0, 1, 1))
            self.places.append(
                (axes, MARGIN_MM + number * (side_mm + GAP_MM), self.down_mm, side_mm)
            )
            draw(axes, side_mm)
        self.down_mm += side_mm + 1.4

    def print_key(self, samples: Sequence[Sample]) -> None:
        """Print the key: a sample of each sign and what it means."""
        across_mm = MARGIN_MM
        for sample in samples:
            label = shorten(
                printable(sample.label, self.plain), self.plain, SMALL_PT, self.inner_pt - 24
            )
            width_mm = 7.5 + text_width_pt(label, self.plain, SMALL_PT) / PT_PER_MM
            if across_mm > MARGIN_MM and across_mm + width_mm > self.width_mm - MARGIN_MM:
                across_mm = MARGIN_MM
                self.down_mm += SMALL_PT * LINE_MM + 0.5
            self.samples.append((sample, across_mm, self.down_mm))
            self.text(across_mm + 7.5, label, self.plain, SMALL_PT)
            across_mm += width_mm + 4.5
        self.down_mm += SMALL_PT * LINE_MM + 1.2

    def print_caption(self, paragraphs: Sequence[str]) -> None:
        """Print the sentences below the panels."""
        for paragraph in paragraphs:
            text = printable(paragraph, self.plain)
            for line in wrap(text, self.plain, SMALL_PT, self.inner_pt):
                self.text(MARGIN_MM, line, self.plain, SMALL_PT, PALE_INK)
                self.advance(SMALL_PT)
            self.down_mm += 0.5

    def finish(self) -> Figure:
        """Give the figure its size, and everything its place on it."""
        across_px = round(self.width_mm / MM_PER_INCH * DPI)
        down_px = round((self.down_mm + MARGIN_MM) / MM_PER_INCH * DPI)
        self.figure.set_dpi(DPI)
        self.figure.set_size_inches(across_px / DPI, down_px / DPI)
        height_mm = down_px / DPI * MM_PER_INCH
        for axes, across_mm, down_mm, side_mm in self.places:
            axes.set_position((
                across_mm / self.width_mm, 1 - (down_mm + side_mm) / height_mm,
                side_mm / self.width_mm, side_mm / height_mm,
            ))  # fmt: skip
        paper = self.figure.add_axes((0, 0, 1, 1), xlim=(0, self.width_mm), ylim=(height_mm, 0))
        paper.set_axis_off()
        for sample, across_mm, down_mm in self.samples:
            sample.draw(paper, across_mm, down_mm + 0.2, 6.0, SMALL_PT * LINE_MM - 0.5)
        for across_mm, down_mm, text, font, size_pt, colour in self.drawn:
            paper.text(
                across_mm, down_mm + size_pt / PT_PER_MM, text, fontproperties=font,
                fontsize=size_pt, color=colour, va="baseline", parse_math=False,
            )  # fmt: skip
        return self.figure


def _panel_mm(width_mm: float) -> float:
    return (width_mm - 2 * MARGIN_MM - 2 * GAP_MM) / 3


def _settings() -> Any:
    """Return matplotlib's own settings, whatever the user has changed, and ours."""
    import matplotlib

    defaults = {
        name: value
        for name, value in matplotlib.rcParamsDefault.items()
        if not name.startswith("backend") and name not in ("interactive", "toolbar", "timezone")
    }
    return defaults | {
        "svg.hashsalt": "camp-monitor",
        "svg.fonttype": "path",
        "hatch.linewidth": 0.6,
        "path.simplify": False,
        "text.hinting": "none",
    }


def _file(figure: Figure, file_format: str, title: str) -> bytes:
    """Write a figure without a date or the name of a program."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    content = io.BytesIO()
    if file_format == "png":
        metadata = {"Software": None, "Title": title}
        FigureCanvasAgg(figure).print_figure(content, format="png", dpi=DPI, metadata=metadata)
        return content.getvalue()
    empty = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    canvas = FigureCanvasSVG(figure)
    canvas.print_figure(content, format="svg", dpi=DPI, metadata={**empty, "Title": title})
    text = content.getvalue().decode()
    start = text.index("<svg")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text[start:]}'.encode()
