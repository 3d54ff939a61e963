"""The print figure: the dates and the change of one finding, side by side.

`draw_figure` takes values and returns the bytes of a file.  The same values give the same bytes,
whatever the clock, the language of the machine or its settings of matplotlib.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from camp_monitor.codes import LanguageCode
from camp_monitor.errors import InputError
from camp_monitor.facilities.facility import Facility
from camp_monitor.report.figure import inset
from camp_monitor.report.figure.caption import (
    Told,
    caption,
    note_paragraphs,
    picture_lines,
    view_words,
)
from camp_monitor.report.figure.lettering import fonts_for
from camp_monitor.report.figure.options import FORMATS, WIDTH_MM, FigureOptions, check_width_mm
from camp_monitor.report.figure.panels import Panels, Shown
from camp_monitor.report.figure.sheet import DPI, Sheet
from camp_monitor.report.text import words
from camp_monitor.report.text.catalogue import contexts
from camp_monitor.report.text.sentences import language_in_use, phrase, texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LINES = 2
"""Of one paragraph inside the picture; the note holds all of it."""


@dataclass(frozen=True)
class DrawnFigure:
    """A figure and what is said of it.

    Parameters
    ----------
    content : bytes
        The file.  It holds no date, no name of a program and no address.
    caption : str
        At most 60 words, to be set below it.
    note : tuple of str
        Paragraphs with all that is on record of the finding, its images and the view.
    view : str
        The paragraphs of the note that say how the images are shown: scale, grid, corners.
    """

    content: bytes
    caption: str
    note: tuple[str, ...]
    view: str


def draw_figure(
    facility: Facility,
    shown: Shown,
    *,
    korean_font: str | None = None,
    width_mm: float = WIDTH_MM,
    file_format: str = "png",
    options: FigureOptions = FigureOptions(),  # noqa: B008 - a frozen value
) -> DrawnFigure:
    """Draw the figure of one finding.

    Parameters
    ----------
    facility : Facility
        The place.
    shown : Shown
        The finding and the images.
    korean_font : str or None
        Family for the facility's Korean names, as `lettering.find_korean_font` returns it; the
        names are left out without.
    width_mm : float
        Width in print, millimetres; a PNG has ``round(width_mm / 25.4 * 300)`` pixels across.
    file_format : str
        One of `FORMATS`.
    options : FigureOptions
        Title and inset; the dates and call-outs are in `shown`.

    Returns
    -------
    DrawnFigure

    Raises
    ------
    InputError
        A width that cannot be printed, another format, or a call-out beyond the view.
    """
    import matplotlib
    from matplotlib.figure import Figure

    check_width_mm(width_mm)
    if file_format not in FORMATS:
        names = ", ".join(FORMATS)
        raise InputError(f"A figure is written as one of {names}, not {file_format!r}.")
    told, language = shown.told, shown.told.language
    finding = told.finding
    mark = phrase("map.simulated_mark", language) if shown.simulated else ""
    what = phrase(
        "figure.what",
        language,
        kind=words.kind_words(finding.kind, language),
        interval=words.interval_words(finding.before, finding.after, language),
    )
    with matplotlib.rc_context(_settings()):
        fonts = fonts_for("".join(text for _, text in contexts(texts(language))), korean_font)
        panels = Panels(shown, fonts[1])
        sheet = Sheet(width_mm, Figure(), fonts, as_outlines=file_format == "pdf")
        sheet.print_heading(_names(facility, options, korean_font, fonts[1]), what, mark)
        layout = sheet.place_panels(panels)
        scale = _scale(panels.side_m, layout.side_mm)
        spot = _spot(told) if options.inset else None
        lines = picture_lines(told, panels.facts, scale, width_mm)
        sheet.print_key(panels.key(), spot, lines, MOST_LINES)
        title = phrase("figure.file_title", language, what=what, id=finding.id)
        content = _file(sheet.finish(), file_format, f"{mark} {title}".strip())
    note = note_paragraphs(told, panels.facts, scale, width_mm)
    view = view_words(panels.facts, scale, width_mm, language)
    return DrawnFigure(content, caption(told), tuple(note), view)


def _names(
    facility: Facility, options: FigureOptions, korean_font: str | None, bold: Any
) -> Sequence[tuple[str, Any]]:
    """Return what stands at the head, each with its font: a title, or the names of the place."""
    if options.title:
        return [(options.title, fonts_for(options.title, korean_font)[1])]
    if korean_font is None or not facility.names_ko:
        return [(facility.name, bold)]
    if language_in_use() == LanguageCode.KOREAN:
        first, also = facility.names_ko[0], facility.name
        return [(first, fonts_for(first, korean_font)[1]), (also, fonts_for(also, korean_font)[0])]
    korean = " · ".join(facility.names_ko)
    return [(facility.name, bold), (korean, fonts_for(korean, korean_font)[0])]


def _spot(told: Told) -> tuple[float, float] | None:
    """Return longitude and latitude of the inset's mark, where the inset may and can have one."""
    middle = told.finding.geometry.representative_point()
    lat, lon = told.withheld.place or (middle.y, middle.x)
    hidden = told.withheld.coordinates == "withheld"
    return None if hidden or not inset.is_inside(lon, lat) else (lon, lat)


def _scale(view_m: float, side_mm: float) -> str:
    """Print the numeric scale with three digits: ``1:7,410``."""
    return f"1:{words.quantity_words(1000 * view_m / side_mm, 0)}"


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
        "pdf.fonttype": 42,
        "hatch.linewidth": 0.6,
        "path.simplify": False,
        "text.hinting": "none",
    }


def _file(figure: Figure, file_format: str, title: str) -> bytes:
    """Write a figure without a date or the name of a program."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    content = io.BytesIO()
    if file_format == "png":
        metadata = {"Software": None, "Title": title}
        FigureCanvasAgg(figure).print_figure(content, format="png", dpi=DPI, metadata=metadata)
        return content.getvalue()
    if file_format == "pdf":
        empty = dict.fromkeys(("CreationDate", "Creator", "Producer"))
        canvas = FigureCanvasPdf(figure)
        canvas.print_figure(content, format="pdf", dpi=DPI, metadata={**empty, "Title": title})
        return content.getvalue()
    empty = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    vectors = FigureCanvasSVG(figure)
    vectors.print_figure(content, format="svg", dpi=DPI, metadata={**empty, "Title": title})
    text = content.getvalue().decode()
    start = text.index("<svg")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text[start:]}'.encode()
