"""Findings as KML, for Google Earth and the like; the template is ``findings.kml``."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from shapely.geometry.base import BaseGeometry

from camp_monitor.codes import Code
from camp_monitor.records.content import COORDINATE_DECIMALS
from camp_monitor.report.colours import KIND_COLOURS, NOT_SEEN_COLOUR
from camp_monitor.report.export.tables import Row, columns_of
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import name_of, phrase, share_text

EDGE_COLOURS = {**KIND_COLOURS, "water_loss": "#3D3800"}
"""The colour of each kind's outline; yellow alone would vanish on bright ground."""
_TYPES = {str: "string", datetime: "string", int: "int", float: "double", bool: "bool"}
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def kml_text(layers: Mapping[str, Sequence[Row]]) -> str:
    """Write a KML document with the folders "Events", "Findings" and "Not seen".

    The columns carry their types, so that a GIS reads numbers as numbers. Characters that XML
    forbids become U+FFFD.
    """
    named = columns_of(layers)
    columns = {
        "event": named["events"],
        "finding": named["findings"],
        "observation": named["not_seen"],
    }
    text = _template().render(
        layers=layers,
        name_of=name_of,
        phrase=phrase,
        share_text=share_text,
        area_of=lambda cell: words.area_words(_Area(cell)),
        confidence_of=_confidence,
        fills=KIND_COLOURS,
        edges=EDGE_COLOURS,
        not_seen_colour=NOT_SEEN_COLOUR,
        schemas={
            name: {column: _TYPES[kind] for column, kind in kinds.items()}
            for name, kinds in columns.items()
        },
    )
    return _FORBIDDEN.sub("\ufffd", text)


class _Area:
    """The area of a row and its interval, as `words.area_words` wants them."""

    def __init__(self, cell: Mapping[str, Any]) -> None:
        self.area_m2: float = cell["area_m2"]
        self.area_low_m2: float = cell["area_low_m2"]
        self.area_high_m2: float = cell["area_high_m2"]


def _confidence(cell: Mapping[str, Any]) -> str:
    """Say how sure a finding is, as maps and reports do."""
    untested = str(Code.UNTESTED) in cell["reasons"].split()
    return words.sure_words(cell["confidence"], cell["probability"], untested=untested)


@functools.cache
def _template() -> Template:
    """Return the template; whatever it prints is escaped, unless it made the markup itself."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"colour": _colour, "coordinates": _coordinates}
    source = Path(__file__).with_name("findings.kml").read_text(encoding="utf-8")
    return environment.from_string(source)


def _colour(colour: str, opacity: float) -> str:
    """Write ``#RRGGBB`` as KML does: opacity, blue, green, red."""
    red, green, blue = colour[1:3], colour[3:5], colour[5:7]
    return f"{round(opacity * 255):02x}{blue}{green}{red}".lower()


def _coordinates(ring: BaseGeometry) -> str:
    return " ".join(f"{_degrees(lon)},{_degrees(lat)}" for lon, lat in ring.coords)


def _degrees(value: float) -> str:
    return f"{value:.{COORDINATE_DECIMALS}f}".rstrip("0").rstrip(".")
