"""A claim's window and the images that bear on it, on one line of time."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from camp_monitor.records.claim import Corroboration, ImagePair
from camp_monitor.report.figure.lettering import latin_font
from camp_monitor.scenes.sensors import SENSORS

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

WIDTH_MM, ROW_MM, FRAME_MM = 170.0, 5.5, 13.0
DPI = 150
MM_PER_INCH = 25.4
MOST_ROWS = 8
WINDOW, PAIR, DATED, INK = "#C9C4B8", "#33475B", "#7F0000", "#222222"


def draw_timeline(answer: Corroboration) -> bytes:
    """Draw the window of a claim, the pairs of images over it, and how images date what was found.

    Only days and names of sensors are lettered, so that no language is drawn.

    Returns
    -------
    bytes
        A PNG: the window as a pale band, each pair as a line between its two images, filled as far
        as its place was seen; below them, where something was found, the time in which it came.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    pairs = answer.images[:MOST_ROWS]
    window = answer.claim.days
    said = (answer.absent_on, answer.present_on) if answer.absent_on else ()
    dated = tuple(map(date.fromisoformat, said))
    rows = len(pairs) + bool(dated)
    height_mm = FRAME_MM + ROW_MM * max(rows, 1)
    figure = Figure((WIDTH_MM / MM_PER_INCH, height_mm / MM_PER_INCH), dpi=DPI)
    FigureCanvasAgg(figure)
    bottom = 8.0 / height_mm
    axes = figure.add_axes((0.05, bottom, 0.76, 1 - bottom - 1.5 / height_mm))
    first, last = _limits(window, pairs, dated)
    span = max(last - first, 1)
    axes.set_xlim(first - 0.03 * span, last + 0.03 * span)
    axes.set_ylim(rows or 1, -0.1)
    left, right = window[0].toordinal(), window[1].toordinal() + 1
    axes.axvspan(left, max(right, left + span / 200), color=WINDOW, linewidth=0)
    font = latin_font()
    font.set_size(7)
    for row, pair in enumerate(pairs):
        _draw_pair(axes, row + 0.5, pair, font, last + 0.045 * span)
    if dated:
        ends = [day.toordinal() for day in dated]
        axes.plot(ends, [rows - 0.5] * 2, color=DATED, linewidth=3.2, solid_capstyle="butt")
    days = sorted({first, last, left, window[1].toordinal()})
    ticks = [days[0], *(day for one, day in pairwise(days) if day - one > span / 9)]
    axes.set_xticks(ticks, [str(date.fromordinal(day)) for day in ticks], fontproperties=font)
    axes.set_yticks([])
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def _draw_pair(axes: Any, at: float, pair: ImagePair, font: FontProperties, beside: float) -> None:
    """Draw the line of a pair and what is said beside it."""
    before, after = (date.fromisoformat(day).toordinal() for day in (pair.before_on, pair.after_on))
    axes.plot([before, after], [at, at], color=PAIR, linewidth=1.0)
    axes.plot(
        [before, after], [at, at], linestyle="none", marker="o", markersize=5,
        markeredgecolor=PAIR, markerfacecolor=PAIR if pair.seen_fraction > 0 else "white",
    )  # fmt: skip
    sensor = SENSORS[pair.sensor].title if pair.sensor in SENSORS else pair.sensor
    axes.text(
        beside, at, f"{sensor}  {int(pair.seen_fraction * 100)} %", fontproperties=font,
        va="center", color=INK, clip_on=False,
    )  # fmt: skip


def _limits(
    window: tuple[date, date], pairs: Sequence[ImagePair], dated: Sequence[date]
) -> tuple[int, int]:
    days = [*window, *dated]
    days += [date.fromisoformat(day) for one in pairs for day in (one.before_on, one.after_on)]
    return min(days).toordinal(), max(days).toordinal()
