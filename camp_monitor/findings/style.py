"""How exported findings are drawn: colours and hatches as QGIS and KML write them."""

from __future__ import annotations

from xml.etree import ElementTree

from camp_monitor.findings.finding import KIND_COLOURS, KINDS

NOT_SEEN_COLOUR = "#3D434A"
FILL_OPACITY = 0.35
FAINT_OPACITY = 0.15
"""Of a finding that a reviewer rejected."""
_DARK_EDGE = "#3D3800"
_EDGE_MM = 0.6


def edge_colour(kind: str) -> str:
    """Return the colour of an outline; yellow alone would vanish on bright ground."""
    return _DARK_EDGE if kind == "water_loss" else KIND_COLOURS[kind]


def findings_qml() -> str:
    """Write the QGIS style of the layer ``findings``: coloured by kind, labelled with the area."""
    root = ElementTree.Element("qgis", styleCategories="Symbology|Labeling", labelsEnabled="1")
    renderer = _renderer(root, "categorizedSymbol")
    renderer.set("attr", "kind")
    categories = ElementTree.SubElement(renderer, "categories")
    symbols = ElementTree.SubElement(renderer, "symbols")
    for number, (kind, words) in enumerate(KINDS.items()):
        category = {"value": kind, "symbol": str(number), "label": words, "render": "true"}
        ElementTree.SubElement(categories, "category", category, type="string")
        _fill(
            symbols,
            str(number),
            color=_rgba(KIND_COLOURS[kind], FILL_OPACITY),
            outline_color=_rgba(edge_colour(kind)),
            outline_style="solid",
            style="solid",
        )
    _label(
        root,
        """"change" || '\\n' || format_number("area_m2", 0) || ' m²'"""
        """ || if("verdict" = 'rejected', '\\nrejected by review', '')""",
    )
    return _written(root)


def not_seen_qml() -> str:
    """Write the QGIS style of the layer ``not_seen``: hatched, so that nobody reads it as empty."""
    root = ElementTree.Element("qgis", styleCategories="Symbology|Labeling", labelsEnabled="1")
    symbols = ElementTree.SubElement(_renderer(root, "singleSymbol"), "symbols")
    _fill(
        symbols,
        "0",
        color=_rgba(NOT_SEEN_COLOUR),
        outline_color=_rgba(NOT_SEEN_COLOUR),
        outline_style="dash",
        style="b_diagonal",
    )
    _label(root, """'Not seen: ' || "question\"""")
    return _written(root)


def kml_colour(colour: str, opacity: float = 1.0) -> str:
    """Write ``#RRGGBB`` as KML does: opacity, blue, green, red."""
    red, green, blue = _channels(colour)
    return f"{round(opacity * 255):02x}{blue:02x}{green:02x}{red:02x}"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _rgba(colour: str, opacity: float = 1.0) -> str:
    return ",".join(str(value) for value in (*_channels(colour), round(opacity * 255)))


def _renderer(root: ElementTree.Element, kind: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        root, "renderer-v2", type=kind, symbollevels="0", enableorderby="0", forceraster="0"
    )


def _fill(symbols: ElementTree.Element, name: str, **properties: str) -> None:
    symbol = ElementTree.SubElement(
        symbols, "symbol", type="fill", name=name, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    layer = {"class": "SimpleFill", "enabled": "1", "locked": "0", "pass": "0"}
    options = ElementTree.SubElement(
        ElementTree.SubElement(symbol, "layer", layer), "Option", type="Map"
    )
    width = {"outline_width": str(_EDGE_MM), "outline_width_unit": "MM", "joinstyle": "miter"}
    for key, value in (properties | width).items():
        ElementTree.SubElement(options, "Option", type="QString", name=key, value=value)


def _label(root: ElementTree.Element, expression: str) -> None:
    settings = ElementTree.SubElement(
        ElementTree.SubElement(root, "labeling", type="simple"), "settings"
    )
    text = ElementTree.SubElement(
        settings,
        "text-style",
        fieldName=expression,
        isExpression="1",
        fontSize="9",
        fontSizeUnit="Point",
        textColor="0,0,0,255",
    )
    ElementTree.SubElement(
        text,
        "text-buffer",
        bufferDraw="1",
        bufferSize="1",
        bufferSizeUnits="MM",
        bufferColor="255,255,255,255",
        bufferOpacity="1",
    )
    ElementTree.SubElement(settings, "placement", placement="0", dist="1", distUnits="MM")
    ElementTree.SubElement(settings, "rendering", drawLabels="1", obstacle="1")


def _written(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"
