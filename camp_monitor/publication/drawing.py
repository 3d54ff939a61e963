"""The map's layers, written by folium: pictures, outline, findings, and what was not seen."""

from __future__ import annotations

import html
import json
import math
from typing import Any

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from camp_monitor.findings.finding import KINDS
from camp_monitor.publication import symbols
from camp_monitor.publication.picture import MERCATOR_RADIUS_M, MapImage, picture_data_uri
from camp_monitor.publication.words import date_words

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

CASING = {"color": "#ffffff", "opacity": 0.9, "weight": 4.0, "fill": False, "interactive": False}
OUTLINE_DASHES = {"derived": "10 7", "placeholder": "2 7"}
COARSEST_PIXEL_ON_SCREEN = 16
"""The map zooms in until a pixel of the finer picture is this many pixels of the screen."""


class Drawing:
    """folium's map under construction, and the names of its elements in order of appearance."""

    def __init__(self, bounds: list[list[float]], finest_m: float) -> None:
        import folium

        (south, west), (north, east) = bounds
        self.bounds = bounds
        self.elements: list[Any] = []
        self.parts: dict[str, Any] = {"findings": []}
        closest = math.log2(
            2 * math.pi * MERCATOR_RADIUS_M / 256 * COARSEST_PIXEL_ON_SCREEN / finest_m
        )
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

    def add_picture(self, role: str, picture: MapImage) -> None:
        """Put one date's picture into a pane of its own, which the divider clips."""
        import folium

        overlay = folium.raster_layers.ImageOverlay(
            image=picture_data_uri(picture),
            bounds=[
                [picture.south_deg, picture.west_deg],
                [picture.north_deg, picture.east_deg],
            ],
            name=_layer_name(
                f"Image {role}, {date_words(picture.reference)}", _picture_sample(role)
            ),
            pane=role,
            attribution=html.escape(picture.reference.credit),
            alt=f"Image {role}, {date_words(picture.reference)}",
        )
        self.parts[role] = self._named(overlay.add_to(self.map))

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
            '<path d="M1 9H27" stroke="#10202b" stroke-width="6"/><path d="M1 9H27" '
            f'stroke="#fff" stroke-width="2.5" stroke-dasharray="{line.get("dashArray", "none")}"/>'
            "</svg>"
        )
        group = self._group(label, sample)
        error = ring.difference(geometry)
        if not error.is_empty:
            self._shapes([feature(error)], band | {"interactive": False}, "error", group)
        self._shapes([feature(geometry)], shadow | {"interactive": False}, "outline", group)
        self._shapes([feature(geometry)], line, "outline", group)
        self.parts["outline"] = group

    def add_unseen(self, label: str, features: list[dict[str, Any]]) -> None:
        """Hatch the places where some questions could not be answered."""
        style = {
            "color": symbols.NOT_SEEN_COLOUR,
            "weight": 1,
            "dashArray": "3 3",
            "fillColor": f"url(#hatch-{symbols.NOT_SEEN})",
            "fillOpacity": 1,
        }
        group = self._group(label, symbols.swatch_svg(symbols.NOT_SEEN))
        self._shapes(features, style, "unseen", group, opens="bindUnseen")

    def add_findings(self, kind: str, features: list[dict[str, Any]]) -> None:
        """Draw the findings of one kind as a layer of their own, the rejected ones faint."""
        if not features:
            return
        rejected = [item for item in features if item["properties"]["verdict"] == "rejected"]
        standing = [item for item in features if item not in rejected]
        apart = f", {len(rejected)} rejected" if rejected else ""
        group = self._group(f"{KINDS[kind]} ({len(features)}{apart})", symbols.swatch_svg(kind))
        self.parts["findings"].append(group)
        for shapes, faint in ((rejected, symbols.FAINT), (standing, {})):
            if shapes:
                bare = [item | {"properties": {}} for item in shapes]
                self._shapes(bare, CASING | faint, "casing", group)
                style = symbols.edge_style(kind) | faint
                self._shapes(shapes, style, "findings", group, opens="bindFinding")

    def finish(self, data: dict[str, Any]) -> tuple[str, str]:
        """Return the map's HTML element and its script, elements numbered in order."""
        import folium
        from folium.template import tojavascript

        control = folium.LayerControl(collapsed=False, auto_z_index=False)
        self.parts["control"] = self._named(control.add_to(self.map))
        figure = self.map.get_root()
        self.map.render()
        content = json.dumps(data | {"bounds": self.bounds}).replace("<", "\\u003c")
        start = f"campMonitor.start({self.map.get_name()}, {tojavascript(self.parts)}, {content});"
        script = f"{figure.script.render()}\n{start}"
        return self._renumbered(figure.html.render()), self._renumbered(script)

    def _group(self, label: str, sample: str) -> Any:
        """Add a layer that the reader can switch on and off."""
        import folium

        group = folium.FeatureGroup(name=_layer_name(label, sample))
        return self._named(group.add_to(self.map))

    def _shapes(
        self,
        features: list[dict[str, Any]],
        style: dict[str, Any],
        pane: str,
        group: Any,
        *,
        opens: str | None = None,
    ) -> None:
        """Draw shapes of one style; `opens` names the function of map.js that binds their popup."""
        import folium

        bind = folium.JsCode(f"campMonitor.{opens}") if opens else None
        collection = {"type": "FeatureCollection", "features": features}
        options = {"style": style, "pane": pane, "interactive": style.get("interactive", True)}
        shapes = folium.GeoJson(collection, on_each_feature=bind, smooth_factor=0.5, **options)
        self._named(shapes.add_to(group))

    def _renumbered(self, text: str) -> str:
        """Replace folium's random names by numbered ones."""
        for number, element in enumerate(self.elements):
            name = element.get_name()
            text = text.replace(name, f"{name.rsplit('_', 1)[0]}_{number}")
        return text


def feature(geometry: BaseGeometry, properties: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a GeoJSON feature."""
    return {"type": "Feature", "geometry": mapping(geometry), "properties": properties or {}}


def _picture_sample(role: str) -> str:
    """Return a sample of a picture for the layer control: the side of the divider it lies on."""
    left = 1.5 if role == "before" else 14
    return (
        '<svg class="swatch" width="28" height="18" aria-hidden="true"><rect x="1.5" y="1.5" '
        'width="25" height="15" fill="#fff" stroke="#55636f"/>'
        f'<rect x="{left}" y="1.5" width="12.5" height="15" fill="#8ba083"/></svg>'
    )


def _layer_name(label: str, sample: str) -> str:
    """Return the HTML of a row of the layer control: a sample and an escaped label."""
    return f"{sample}<span>{html.escape(label)}</span>"
