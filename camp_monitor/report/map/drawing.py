"""The map's layers, written by folium: pictures, outline, findings, and what was not seen."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from shapely.geometry.base import BaseGeometry

from camp_monitor.report.colours import NOT_SEEN_COLOUR
from camp_monitor.report.map import symbols
from camp_monitor.report.map.packing import Shape, pack_shapes
from camp_monitor.report.text.sentences import phrase
from camp_monitor.report.text.words import apart_words, kind_words

PANES = {
    "before": 210,
    "after": 220,
    "divider": 230,
    "error": 410,
    "unseen": 420,
    "outline": 430,
    "casing": 440,
    "findings": 450,
    "mark": 640,
}
"""Layers of the map from bottom to top, as CSS z-index between Leaflet's own."""

_PICTURE_SAMPLE = (
    '<svg class="swatch" width="28" height="18" aria-hidden="true"><rect x="1.5" y="1.5" '
    'width="25" height="15" fill="#fff" stroke="#55636f"/>'
    '<path d="M2 16 10 6 15 12 19 9 26 16Z" fill="#8ba083"/></svg>'
)
OUTLINE_DASHES = {"derived": "10 7", "placeholder": "2 7"}
COARSEST_PIXEL_ON_SCREEN = 16
"""The map zooms in until a pixel of the finer picture is this many pixels of the screen."""


class Drawing:
    """folium's map under construction, and the names of its elements in order of appearance.

    The script that `finish` returns draws the pictures that it finds in a constant ``pictures``:
    data URIs in the order of the dates.
    """

    def __init__(self, bounds: list[list[float]], pixel_deg: float) -> None:
        import folium

        (south, west), (north, east) = bounds
        self.bounds = bounds
        self.elements: list[Any] = []
        self.parts: dict[str, Any] = {"findings": [], "shapes": []}
        self.shapes: list[list[Shape]] = []
        self.pixel_deg = pixel_deg
        self.off_by_px = 0
        closest = math.log2(360 / 256 * COARSEST_PIXEL_ON_SCREEN / pixel_deg)
        self.map = self._named(
            folium.Map(
                location=[(south + north) / 2, (west + east) / 2],
                tiles=None,
                zoom_start=12,
                zoom_snap=0.25,
                zoom_delta=0.75,
                attribution_control=False,
                max_zoom=round(min(max(closest, 14), 22)),
            )
        )
        for name, z_index in PANES.items():
            clickable = name in ("unseen", "findings")
            pane = folium.map.CustomPane(name, z_index=z_index, pointer_events=clickable)
            self._named(pane).add_to(self.map)

    def _named(self, element: Any) -> Any:
        self.elements.append(element)
        return element

    def add_pictures(self, roles: Sequence[str]) -> None:
        """Make room for a picture in the pane of each role, which the divider clips.

        Which date's picture is shown there is chosen on the page.
        """
        import folium

        if not roles:
            return
        group = self._group(phrase("map.layer_images"), _PICTURE_SAMPLE)
        for role in roles:
            overlay = folium.raster_layers.ImageOverlay("data:,", bounds=self.bounds, pane=role)
            self.parts[role] = self._named(overlay.add_to(group))

    def add_outline(
        self, geometry: BaseGeometry, ring: BaseGeometry, basis: str, label: str
    ) -> None:
        """Draw the outline, white on dark, and the band within which its edge may lie."""
        line = {"color": "#ffffff", "weight": 2.5, "fill": False, "interactive": False}
        if basis in OUTLINE_DASHES:
            line["dashArray"] = OUTLINE_DASHES[basis]
        shadow = {"color": "#10202b", "weight": 5, "opacity": 0.65, "fill": False}
        band = {"color": "#ffffff", "weight": 1, "opacity": 0.8, "fillOpacity": 0.22}
        sample = (
            '<svg class="swatch" width="28" height="18" aria-hidden="true">'
            '<rect width="28" height="18" rx="2" fill="#7d8b95"/>'
            '<path d="M0 9H28" stroke="#10202b" stroke-width="6"/><path d="M0 9H28" '
            f'stroke="#fff" stroke-width="2.5" stroke-dasharray="{line.get("dashArray", "none")}"/>'
            "</svg>"
        )
        group = self._group(label, sample)
        still = {"interactive": False}
        error = ring.difference(geometry)
        if not error.is_empty:
            self._shapes([(error, {})], [("error", band | still, None)], group)
        lines = [("outline", shadow | still, None), ("outline", line, None)]
        self._shapes([(geometry, {})], lines, group)
        self.parts["outline"] = group

    def add_unseen(self, label: str, shapes: list[Shape]) -> None:
        """Hatch the places where some questions could not be answered."""
        style = {
            "color": NOT_SEEN_COLOUR,
            "weight": 1,
            "dashArray": "3 3",
            "fillColor": f"url(#hatch-{symbols.NOT_SEEN})",
            "fillOpacity": 1,
        }
        group = self._group(label, symbols.swatch_svg(symbols.NOT_SEEN))
        self._shapes(shapes, [("unseen", style, "bindUnseen")], group)

    def add_findings(self, kind: str, shapes: list[Shape], *, candidates: bool = False) -> None:
        """Draw the findings of one kind as a layer of their own, the rejected ones faint.

        Candidates below the working point are a layer apart, in fine dashes.
        """
        if not shapes:
            return
        rejected = [shape for shape in shapes if shape[1]["verdict"] == "rejected"]
        standing = [shape for shape in shapes if shape[1]["verdict"] != "rejected"]
        counted = apart_words(len(shapes), len(rejected))
        title, own = kind_words(kind), {}
        if candidates:
            title, own = phrase("map.candidates", kind=title), symbols.CANDIDATE
        group = self._group(f"{title} ({counted})", symbols.swatch_svg(kind))
        self.parts["findings"].append(group)
        for some, faint in ((rejected, symbols.FAINT), (standing, {})):
            self._findings(kind, some, own | faint, group)

    def add_events(self, shapes: Mapping[str, list[Shape]]) -> None:
        """Draw findings of other dates, by kind, as one layer: events of which none is drawn."""
        count = sum(map(len, shapes.values()))
        if not count:
            return
        drawn = next(kind for kind, own in shapes.items() if own)
        label = phrase("map.event_layer", count=count)
        group = self._group(label, symbols.swatch_svg(drawn))
        self.parts["findings"].append(group)
        for kind, own in shapes.items():
            self._findings(kind, own, symbols.OTHER_DATE, group)

    def _findings(self, kind: str, shapes: list[Shape], style: dict[str, Any], group: Any) -> None:
        if shapes:
            layers = [
                ("casing", symbols.casing_style(kind) | style, None),
                ("findings", symbols.edge_style(kind) | style, "bindFinding"),
            ]
            self._shapes(shapes, layers, group)

    def finish(self, data: dict[str, Any]) -> tuple[str, str]:
        """Return the map's HTML element and its script, elements numbered in order."""
        import folium
        from folium.template import tojavascript

        control = folium.LayerControl(collapsed=False, auto_z_index=False)
        self.parts["control"] = self._named(control.add_to(self.map))
        figure = self.map.get_root()
        self.map.render()
        packed, self.off_by_px = pack_shapes(self.shapes, self.pixel_deg)
        content = json.dumps(
            data | {"bounds": self.bounds, "shapes": packed},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        content = content.replace("<", "\\u003c")
        parts = tojavascript(self.parts)
        start = f"campMonitor.start({self.map.get_name()}, {parts}, {content}, pictures);"
        script = f"{figure.script.render()}\n{start}"
        return self._renumbered(figure.html.render()), self._renumbered(script)

    def _group(self, label: str, sample: str) -> Any:
        """Add a layer that the reader can switch on and off."""
        import folium

        group = folium.FeatureGroup(name=_layer_name(label, sample))
        return self._named(group.add_to(self.map))

    def _shapes(
        self,
        shapes: list[Shape],
        layers: Sequence[tuple[str, Mapping[str, Any], str | None]],
        group: Any,
    ) -> None:
        """Draw the same shapes in several layers, each with its pane and its style.

        The third of a layer names the function of map.js that binds its popups.
        """
        import folium

        drawn = []
        for pane, style, opens in layers:
            bind = folium.JsCode(f"campMonitor.{opens}") if opens else None
            options = {"style": style, "pane": pane, "interactive": style.get("interactive", True)}
            nothing_yet = {"type": "FeatureCollection", "features": []}
            layer = folium.GeoJson(nothing_yet, on_each_feature=bind, smooth_factor=0.5, **options)
            drawn.append(self._named(layer.add_to(group)))
        self.parts["shapes"].append(drawn)
        self.shapes.append(shapes)

    def _renumbered(self, text: str) -> str:
        """Replace folium's random names by numbered ones."""
        for number, element in enumerate(self.elements):
            name = element.get_name()
            text = text.replace(name, f"{name.rsplit('_', 1)[0]}_{number}")
        return text


def _layer_name(label: str, sample: str) -> str:
    """Return the HTML of a row of the layer control: a sample and an escaped label."""
    return f"{sample}<span>{html.escape(label)}</span>"
