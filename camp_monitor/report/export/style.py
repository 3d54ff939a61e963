"""How exported findings are drawn: colours and hatches as QGIS and KML write them.

The signs are those of the map: a kind has its colour and its hatch, so that it is told in grey
print and by colour-blind readers too.
"""

from __future__ import annotations

from xml.etree import ElementTree

from camp_monitor.records.kinds import KINDS
from camp_monitor.report.colours import KIND_COLOURS
from camp_monitor.report.text.words import kind_words

NOT_SEEN_COLOUR = "#3D434A"
FILL_OPACITY = 0.35
FAINT_OPACITY = 0.15
"""Of a finding that a reviewer rejected."""
# Opacity of a rejected finding in QGIS.  Lines of a hatch are taken twice: 60 % makes 36 %.
_FAINT_PERCENT, _FAINT_LINES_PERCENT = 35, 60
_WASH_OPACITY = 0.2
_UNSEEN_WASH_OPACITY = 0.1  # pairs of dates lie upon one another: more would hide the image
_DARK_EDGE = "#3D3800"
_INK, _PAPER = "#10202B", "#FFFFFF"
_EDGE_MM, _CASING_MM, _HATCH_MM, _THIN_MM = 0.66, 1.1, 0.4, 0.26
_SPACING_MM = 2.6

# Angles of the lines of a hatch, degrees anticlockwise from east.
_LINES = {
    "construction": (45,),
    "demolition": (45, 135),
    "water_gain": (0,),
    "water_loss": (90,),
    "not_seen": (135,),
}
# Marks of a hatch: the shape as QGIS names it, its size, and the distances between marks, mm.
_MARKS = {
    "built_up": ("square", 1.1, 2.6, 2.6),
    "flooding": ("half_arc", 1.8, 1.8, 2.8),
    "flood_recession": ("half_arc", 1.3, 3.7, 3.7),
    "clearing": ("cross", 1.2, 2.6, 2.6),
    "other": ("circle", 0.4, 2.6, 2.6),
}
_DATES = """'\\n' || replace("dates", ' and ', '\\nand ')"""


def edge_colour(kind: str) -> str:
    """Return the colour of an outline; yellow alone would vanish on bright ground."""
    return _DARK_EDGE if kind == "water_loss" else KIND_COLOURS[kind]


def findings_qml() -> str:
    """Write the QGIS style of the layer ``findings``.

    Each kind has its colour and hatch, a rejected finding is faint, and every finding is labelled
    with its kind, its area to three digits, and its dates.
    """
    root, renderer = _style("categorizedSymbol")
    renderer.set("attr", "kind")
    categories = ElementTree.SubElement(renderer, "categories")
    symbols = ElementTree.SubElement(renderer, "symbols")
    for number, kind in enumerate(KINDS):
        label = kind_words(kind)
        category = {"value": kind, "symbol": str(number), "label": label, "render": "true"}
        ElementTree.SubElement(categories, "category", category, type="string")
        symbol = _symbol(symbols, "fill", str(number))
        _faint_when_rejected(symbol, _FAINT_PERCENT)
        edge = edge_colour(kind)
        _layer(
            symbol, "SimpleFill", color=_rgba(KIND_COLOURS[kind], _WASH_OPACITY), outline_style="no"
        )
        _hatch(symbol, kind, edge, _HATCH_MM)
        _line(symbol, _PAPER, _CASING_MM)
        _line(symbol, edge, _EDGE_MM)
    _label(
        root,
        """"change" || '\\n' || """
        """format_number(round("area_m2", 2 - floor(log10(max("area_m2", 1)))), 0) || ' m²'"""
        f""" || {_DATES} || if("verdict" = 'rejected', '\\nrejected by review', '')""",
        of_findings=True,
    )
    return _written(root)


def not_seen_qml() -> str:
    """Write the QGIS style of the layer ``not_seen``: hatched, so that nobody reads it as empty."""
    root, renderer = _style("singleSymbol")
    symbol = _symbol(ElementTree.SubElement(renderer, "symbols"), "fill", "0")
    _layer(symbol, "SimpleFill", color=_rgba(_PAPER, _UNSEEN_WASH_OPACITY), outline_style="no")
    _hatch(symbol, "not_seen", NOT_SEEN_COLOUR, _THIN_MM)
    _line(symbol, _PAPER, _THIN_MM)
    _line(symbol, NOT_SEEN_COLOUR, _THIN_MM, style="dash")
    _label(root, f"""'Not seen:\\n' || "question" || {_DATES}""", of_findings=False)
    return _written(root)


def kml_colour(colour: str, opacity: float = 1.0) -> str:
    """Write ``#RRGGBB`` as KML does: opacity, blue, green, red."""
    red, green, blue = _channels(colour)
    return f"{round(opacity * 255):02x}{blue:02x}{green:02x}{red:02x}"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _rgba(colour: str, opacity: float = 1.0) -> str:
    return ",".join(str(value) for value in (*_channels(colour), round(opacity * 255)))


def _style(kind: str) -> tuple[ElementTree.Element, ElementTree.Element]:
    """Return the root of a style and its renderer; the version says how later QGIS reads it."""
    root = ElementTree.Element(
        "qgis", version="3.22.0", styleCategories="Symbology|Labeling", labelsEnabled="1"
    )
    renderer = ElementTree.SubElement(
        root, "renderer-v2", type=kind, symbollevels="0", enableorderby="0", forceraster="0"
    )
    return root, renderer


def _symbol(parent: ElementTree.Element, kind: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0"
    )


def _layer(
    symbol: ElementTree.Element, kind: str, **properties: str | float
) -> ElementTree.Element:
    layer = ElementTree.SubElement(
        symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"}
    )
    options = ElementTree.SubElement(layer, "Option", type="Map")
    for key, value in properties.items():
        ElementTree.SubElement(options, "Option", type="QString", name=key, value=str(value))
    return layer


def _line(symbol: ElementTree.Element, colour: str, width_mm: float, style: str = "solid") -> None:
    _layer(
        symbol,
        "SimpleLine",
        line_color=_rgba(colour),
        line_style=style,
        line_width=width_mm,
        line_width_unit="MM",
        joinstyle="miter",
    )


def _hatch(symbol: ElementTree.Element, kind: str, colour: str, width_mm: float) -> None:
    """Add the lines or marks of a kind; without any, the place is washed with colour only."""
    for angle in _LINES.get(kind, ()):
        lines = _layer(
            symbol, "LinePatternFill", angle=angle, distance=_SPACING_MM, distance_unit="MM"
        )
        part = _symbol(lines, "line", "@0@0")
        if kind == "not_seen":
            _line(part, _PAPER, 2 * width_mm)
        else:
            _faint_when_rejected(part, _FAINT_LINES_PERCENT)
        _line(part, colour, width_mm)
    if kind in _MARKS:
        shape, size_mm, across_mm, down_mm = _MARKS[kind]
        marks = _layer(
            symbol,
            "PointPatternFill",
            distance_x=across_mm,
            distance_x_unit="MM",
            distance_y=down_mm,
            distance_y_unit="MM",
            displacement_x=across_mm / 2,
            displacement_x_unit="MM",
        )
        part = _symbol(marks, "marker", "@0@0")
        _faint_when_rejected(part, _FAINT_PERCENT)
        _layer(
            part,
            "SimpleMarker",
            name=shape,
            size=size_mm,
            size_unit="MM",
            color=_rgba(colour),
            outline_color=_rgba(colour),
            outline_width=width_mm,
            outline_width_unit="MM",
        )


def _faint_when_rejected(symbol: ElementTree.Element, percent: int) -> None:
    properties = ElementTree.SubElement(symbol, "data_defined_properties")
    top = ElementTree.SubElement(properties, "Option", type="Map")
    ElementTree.SubElement(top, "Option", type="QString", name="name", value="")
    every = ElementTree.SubElement(top, "Option", type="Map", name="properties")
    opacity = ElementTree.SubElement(every, "Option", type="Map", name="alpha")
    expression = f"""if("verdict" = 'rejected', {percent}, 100)"""
    for kind, name, value in (
        ("bool", "active", "true"),
        ("QString", "expression", expression),
        ("int", "type", "3"),
    ):
        ElementTree.SubElement(opacity, "Option", type=kind, name=name, value=value)
    ElementTree.SubElement(top, "Option", type="QString", name="type", value="collection")


def _label(root: ElementTree.Element, words: str, *, of_findings: bool) -> None:
    """Label findings inside or beside, the unseen only inside; painted scenes say so first."""
    settings = ElementTree.SubElement(
        ElementTree.SubElement(root, "labeling", type="simple"), "settings"
    )
    text = ElementTree.SubElement(
        settings,
        "text-style",
        fieldName=f"""if("credit" ILIKE '%SIMULATED%', 'SIMULATED\\n', '') || {words}""",
        isExpression="1",
        fontSize="8",
        fontSizeUnit="Point",
        fontWeight="75",
        textColor=_rgba(_INK),
    )
    ElementTree.SubElement(
        text,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor=_rgba(_PAPER),
        bufferOpacity="1",
    )
    ElementTree.SubElement(settings, "text-format", multilineAlign="1")
    ElementTree.SubElement(
        settings,
        "placement",
        placement="4",
        polygonPlacementFlags="3" if of_findings else "2",
        dist="1",
        distUnits="MM",
        priority="10" if of_findings else "2",
    )
    ElementTree.SubElement(
        settings,
        "rendering",
        drawLabels="1",
        obstacle="1" if of_findings else "0",
    )


def _written(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"
