"""What may be chosen of a figure: its width, title, further dates, call-outs, inset, language."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from camp_monitor.errors import InputError

FORMATS = ("png", "svg", "pdf")
WIDTHS_MM = {"column": 85.0, "page": 170.0, "slide": 250.0}
"""Widths by name: a column of a journal, the text of an A4 page with margins of 2 cm, a slide."""
WIDTH_MM = WIDTHS_MM["page"]
LEAST_WIDTH_MM, MOST_WIDTH_MM = 80.0, 420.0
"""Narrower, and letters no longer fit under a panel; wider than A3, no page."""
MOST_BESIDE = 4
"""Dates beside before and after: six in all."""
MOST_CALLOUTS = 9
LONGEST_TITLE, LONGEST_CALLOUT = 300, 200
"""Characters."""


@dataclass(frozen=True)
class CallOut:
    """A numbered sign in the pictures, and what the key says of it.

    Parameters
    ----------
    text : str
        Empty for a finding: the key then says its kind and area.
    lat, lon : float
        Where, degrees (WGS 84).
    finding_id : str
        Or the finding in whose middle it stands.

    Raises
    ------
    InputError
        No such place, or a text that is missing or too long.
    """

    text: str
    lat: float = math.nan
    lon: float = math.nan
    finding_id: str = ""

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_CALLOUT or not (self.text.strip() or self.finding_id):
            raise InputError(
                f"A call-out needs a text of 1 to {LONGEST_CALLOUT} characters: give LAT,LON=TEXT."
            )
        if not self.finding_id and not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise InputError(
                f"A call-out cannot stand at {self.lat:g}, {self.lon:g}: give latitude and "
                f"longitude in degrees."
            )


@dataclass(frozen=True)
class FigureOptions:
    """How a figure is drawn.

    Parameters
    ----------
    title : str
        Printed in place of the facility's names; empty: those.
    dates : tuple of str
        Scenes shown beside before and after, by date or id, as a scan takes them.
    callouts : tuple of CallOut
        Numbered from 1 in their order.
    inset : bool
        Whether a small map shows where in the country the place is, where there is one of it.
    language : str
        Of all that is printed, by its code in ISO 639-1.
    audience : str
        ``internal``, ``partner`` or ``public``; None: as the settings say.

    Raises
    ------
    InputError
        More dates or call-outs than a figure holds, or too long a title.
    """

    title: str = ""
    dates: tuple[str, ...] = ()
    callouts: tuple[CallOut, ...] = ()
    inset: bool = True
    language: str | None = None
    audience: str | None = None

    def __post_init__(self) -> None:
        if len(self.dates) > MOST_BESIDE:
            raise InputError(
                f"A figure shows six dates at most: name up to {MOST_BESIDE} beside before and "
                f"after, not {len(self.dates)}."
            )
        if len(self.callouts) > MOST_CALLOUTS:
            raise InputError(
                f"A figure has {MOST_CALLOUTS} call-outs at most, not {len(self.callouts)}."
            )
        if len(self.title) > LONGEST_TITLE:
            raise InputError(f"A title has {LONGEST_TITLE} characters at most.")


def read_width_mm(text: str) -> float:
    """Read a width in print: a name of `WIDTHS_MM`, or millimetres.

    Raises
    ------
    InputError
        It is neither, or cannot be printed legibly.
    """
    if text in WIDTHS_MM:
        return WIDTHS_MM[text]
    try:
        return check_width_mm(float(text))
    except ValueError:
        names = ", ".join(WIDTHS_MM)
        raise InputError(f"{text!r:.40} is no width: give {names}, or millimetres.") from None


def check_width_mm(width_mm: float) -> float:
    """Return a width in print, or refuse one that no page has."""
    if not LEAST_WIDTH_MM <= width_mm <= MOST_WIDTH_MM:
        raise InputError(
            f"A figure {width_mm:g} mm wide cannot be printed legibly: give between "
            f"{LEAST_WIDTH_MM:g} and {MOST_WIDTH_MM:g} mm."
        )
    return width_mm


def read_callout(text: str) -> CallOut:
    """Read a call-out: ``42.2094,129.7551=New annex``, ``F4d12edbc1047`` or ``F4d1=Annex``.

    Raises
    ------
    InputError
        It is neither.
    """
    place, _, words = text.partition("=")
    place, words = place.strip(), words.strip()
    if re.fullmatch(r"F[0-9a-f]+", place):
        return CallOut(words, finding_id=place)
    try:
        lat, lon = map(float, place.split(","))
    except ValueError:
        raise InputError(
            f"{text!r:.80} is no call-out: give LAT,LON=TEXT, or a finding's id."
        ) from None
    return CallOut(words, lat, lon)
