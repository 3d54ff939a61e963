"""What a map is called, and the line with which a web page embeds it."""

from __future__ import annotations

import html
from pathlib import Path
from urllib.parse import quote

from camp_monitor.errors import InputError
from camp_monitor.facilities import Facility
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import phrase


def check_map_name(path: Path) -> None:
    """Refuse a file that a browser would not open as a map.

    Raises
    ------
    InputError
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(
            f"{path} ends in {path.suffix or 'nothing'!r}, and a map is an .html file: name it so; "
            f"'camp-monitor figure' draws a finding as a picture."
        )


def iframe_line(path_name: str, facility: Facility | None = None) -> str:
    """Return the one line with which an author embeds the map.

    Parameters
    ----------
    path_name : str
        Where the file lies, relative to the page that embeds it.
    facility : Facility or None
        Its name becomes the title that screen readers announce; None for an overview.
    """
    title = phrase("map.frame_overview")
    if facility:
        title = phrase("map.frame", facility=words.facility_name(facility))
    title = " ".join(html.escape(title, quote=True).split())
    address = quote(path_name, errors="replace")
    return (
        f'<iframe src="{address}" title="{title}" width="100%" height="640" '
        'style="border:0" loading="lazy" sandbox="allow-scripts" '
        'referrerpolicy="no-referrer"></iframe>'
    )
