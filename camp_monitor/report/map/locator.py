"""Where in the country a place is: coast and borders for both pages, from those of the figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from camp_monitor.report.figure.inset import FRAME_DEG, OWN, borders, height_by_width, is_inside
from camp_monitor.report.text.sentences import phrase

WIDTH_PX = 66
COLOURS = {"sea": "#dfe8ee", "land": "#e6e3db", "own": "#fbfaf6", "border": "#8a857a"}
"""Of the sheet and of the inset; the country of the registry is the lightest."""


def land_for(places: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Return coast and borders as GeoJSON for the overview; without a place there: nothing.

    Parameters
    ----------
    places : sequence of (float, float)
        Longitude and latitude.

    Raises
    ------
    InstallationError
        The borders are not in the package.
    """
    if not any(is_inside(*place) for place in places):
        return {"type": "FeatureCollection", "features": []}
    features = [
        {
            "type": "Feature",
            "properties": {"own": country == OWN},
            "geometry": {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]},
        }
        for country, rings in sorted(borders().items(), key=lambda item: item[0] == OWN)
    ]
    return {"type": "FeatureCollection", "features": features}


def locator_svg(lon_deg: float, lat_deg: float) -> Markup:
    """Return a small map of the country with a mark at a place; nothing where it lies outside.

    Raises
    ------
    InstallationError
        The borders are not in the package.
    """
    if not is_inside(lon_deg, lat_deg):
        return Markup("")
    height_px = round(WIDTH_PX * height_by_width())
    west, south, east, north = FRAME_DEG

    def at(lon: float, lat: float) -> tuple[float, float]:
        across, down = (lon - west) / (east - west), (north - lat) / (north - south)
        return round(across * WIDTH_PX, 1), round(down * height_px, 1)

    shapes = []
    for country, rings in sorted(borders().items(), key=lambda item: item[0] == OWN):
        corners = [dict.fromkeys(at(*point) for point in ring) for ring in rings]
        path = "".join(
            "M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z"
            for ring in corners
            if len(ring) > 2
        )
        colour = COLOURS["own" if country == OWN else "land"]
        shapes.append(
            f'<path d="{path}" fill="{colour}" stroke="{COLOURS["border"]}" stroke-width="0.6"/>'
        )
    x, y = at(lon_deg, lat_deg)
    label = escape(phrase("map.locator", lat=round(lat_deg, 1), lon=round(lon_deg, 1)))
    return Markup(
        f'<svg class="locator" width="{WIDTH_PX}" height="{height_px}" '
        f'viewBox="0 0 {WIDTH_PX} {height_px}" role="img" aria-label="{label}">'
        f'<rect width="100%" height="100%" fill="{COLOURS["sea"]}"/>{"".join(shapes)}'
        f'<rect x="{x - 3.5:g}" y="{y - 3.5:g}" width="7" height="7" fill="#b00020" '
        'stroke="#fff" stroke-width="1.2"/></svg>'
    )
