"""Signs of the map: a colour, a hatch and a dash for each kind of change, legible in grey print."""

from __future__ import annotations

from camp_monitor.report.colours import KIND_COLOURS, NOT_SEEN_COLOUR

NOT_SEEN = "not_seen"
HATCH_PX = 14
"""Side of the repeated square of a hatch, in pixels of the screen."""

HATCHES = {
    "construction": "M-3.5 3.5L3.5 -3.5M0 14L14 0M10.5 17.5L17.5 10.5",
    "built_up": "M4.5 4.5H9.5V9.5H4.5Z",
    "demolition": "M0 0L14 14M14 0L0 14",
    "flooding": "M0 7q3.5 -5 7 0t7 0",
    "flood_recession": "M1 7q2.5 -4 5 0",
    "water_gain": "M0 3.5H14M0 10.5H14",
    "water_loss": "M3.5 0V14M10.5 0V14",
    "clearing": "M3.5 1.5V5.5M1.5 3.5H5.5M10.5 8.5V12.5M8.5 10.5H12.5",
    "perimeter_change": "",
    "other": "M6 7H8",
    NOT_SEEN: "M-3.5 10.5L3.5 17.5M0 0L14 14M10.5 -3.5L17.5 3.5",
}
"""SVG paths, drawn in the colour of the kind within one square of the hatch."""

DASHES = {
    "demolition": "9 4",
    "flood_recession": "6 5",
    "water_loss": "12 4 2 4",
    "clearing": "2 5",
    "perimeter_change": "14 5",
    "other": "4 4",
}
"""Dashes of the edge, as SVG writes them; kinds that are absent have an unbroken edge."""

EDGE_PX = 2.5
FAINT: dict[str, str | float] = {"opacity": 0.4, "fillOpacity": 0.3}
"""Leaflet's path options for a finding that a reviewer rejected."""
CANDIDATE: dict[str, str | float] = {"dashArray": "2 4", "fillOpacity": 0.3}
"""Likewise, for one below the working point."""
OTHER_DATE: dict[str, str | float] = {"dashArray": "8 5", "fillOpacity": 0.5}
"""Likewise, for one that other images show than those on the map."""


DARK, PALE = "#10202b", "#ffffff"
PALE_KINDS = ("water_loss",)
"""Kinds whose colour is lost on pale ground and paper: they are cased in dark, not in white."""


def casing_style(kind: str) -> dict[str, str | float | bool]:
    """Return Leaflet's path options for the wider line below the edge of a finding."""
    colour = DARK if kind in PALE_KINDS else PALE
    return {
        "color": colour, "opacity": 0.9, "weight": EDGE_PX + 1.5, "fill": False,
        "interactive": False,
    }  # fmt: skip


def edge_style(kind: str) -> dict[str, str | float]:
    """Return Leaflet's path options for a finding of `kind`."""
    colour = KIND_COLOURS[kind]
    style: dict[str, str | float] = {
        "color": colour,
        "weight": EDGE_PX,
        "fillColor": f"url(#hatch-{kind})",
        "fillOpacity": 1,
        "lineCap": "butt",
    }
    if kind in DASHES:
        style["dashArray"] = DASHES[kind]
    return style


def hatches_svg() -> str:
    """Return the SVG element that defines every hatch as ``#hatch-KIND``."""
    patterns = "".join(_hatch(kind) for kind in HATCHES)
    return (
        '<svg width="0" height="0" class="hatches" aria-hidden="true">'
        f"<defs>{patterns}</defs></svg>"
    )


def swatch_svg(kind: str) -> str:
    """Return a small sample of a kind's hatch and edge, for the legend."""
    box = '<rect x="1.5" y="1.5" width="25" height="15"'
    dash = f' stroke-dasharray="{DASHES[kind]}"' if kind in DASHES else ""
    casing = ""
    if kind == NOT_SEEN:
        edge = f' stroke="{NOT_SEEN_COLOUR}" stroke-dasharray="3 3"'
    else:
        edge = f' stroke="{KIND_COLOURS[kind]}" stroke-width="{EDGE_PX}"{dash}'
    if kind in PALE_KINDS:
        casing = f'{box} fill="none" stroke="{DARK}" stroke-width="{EDGE_PX + 1.5}"/>'
    return (
        '<svg class="swatch" width="28" height="18" aria-hidden="true">'
        f'{casing}{box} fill="url(#hatch-{kind})"{edge}/></svg>'
    )


def _hatch(kind: str) -> str:
    """Return the definition of one hatch: a thin wash of colour and the lines."""
    colour = KIND_COLOURS.get(kind, NOT_SEEN_COLOUR)
    wash, opacity = ("#ffffff", 0.3) if kind == NOT_SEEN else (colour, 0.1)
    width = 1.0 if kind == NOT_SEEN else 1.5
    path = f'<path d="{HATCHES[kind]}" fill="none" stroke'
    casing = f'{path}="{DARK}" stroke-opacity="0.7" stroke-width="3"/>' * (kind in PALE_KINDS)
    return (
        f'<pattern id="hatch-{kind}" width="{HATCH_PX}" height="{HATCH_PX}" '
        'patternUnits="userSpaceOnUse">'
        f'<rect width="{HATCH_PX}" height="{HATCH_PX}" fill="{wash}" fill-opacity="{opacity}"/>'
        f'{casing}{path}="{colour}" stroke-width="{width}"/>'
        "</pattern>"
    )
