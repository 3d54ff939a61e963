"""One HTML file that needs nothing else: template, styles, scripts and Leaflet, all inlined."""

from __future__ import annotations

import functools
import json
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from camp_monitor.errors import InstallationError
from camp_monitor.report.policy import content_policy
from camp_monitor.report.text.sentences import language_in_use, phrase, texts

SCRIPTS = ("in_view", "ruler", "swipe", "dates", "strip", "search", "printing")
"""Own scripts of every page, in the order in which they need each other."""


def make_page(
    content: dict[str, Any], *, map_element: str, map_script: str, name: str = "map"
) -> str:
    """Put the page together.

    Parameters
    ----------
    content : dict
        The values of the template; every string in it is escaped.
    map_element, map_script : str
        HTML and JavaScript that draw the map: made by us, not escaped.
    name : str
        Which page: ``map``, or ``overview``, which adds its own script and style to the map's.

    Returns
    -------
    str
        The HTML, fit to be encoded as UTF-8.

    Raises
    ------
    InstallationError
        Leaflet is not in the package.
    """
    layers = ["map"] if name == "map" else ["map", name]
    own = (_read(_room() / f"{part}.js") for part in (*SCRIPTS, *layers))
    own_script = "\n".join([_texts(), *own])
    scripts = [_inline(text) for text in (_leaflet_script(), own_script, map_script)]
    styles = (_read(_room() / f"{layer}.css") for layer in (*layers, "print"))
    style = _leaflet_style() + "".join(styles)
    style = _inline(style)
    page = _template(name).render(
        content,
        phrase=phrase,
        language=language_in_use(),
        map_element=Markup(map_element),
        policy=Markup(content_policy(styles=[style], scripts=scripts)),
        scripts=scripts,
        style=style,
    )
    return page.encode("utf-8", "replace").decode()


def _texts() -> str:
    """Hand the scripts their texts: those phrases whose names begin with ``script.``."""
    said = {
        name.removeprefix("script."): text
        for name, text in texts().phrases.items()
        if name.startswith("script.")
    }
    return f"const texts = {json.dumps(said, ensure_ascii=False)};"


@functools.cache
def _template(name: str) -> Template:
    """Return a page's template; whatever it prints is escaped unless it is Markup."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=FunctionLoader(lambda named: _read(_room() / named)),
    )  # fmt: skip
    return environment.get_template(f"{name}.html")


def _room() -> Traversable:
    return files("camp_monitor.report.map")


def _read(asset: Traversable) -> str:
    return asset.read_text(encoding="utf-8")


def _read_leaflet(name: str) -> str:
    """Read one of Leaflet's files."""
    asset = _room() / "leaflet" / name
    if not asset.is_file():
        raise InstallationError(
            f"Leaflet's {name} is missing from this installation, and maps cannot be drawn "
            "without it: install camp-monitor again from its wheel, or build it with npm at hand."
        )
    return _read(asset)


@functools.cache
def _leaflet_script() -> str:
    """Return Leaflet's script with its licence, and without the call for a source map."""
    licence = _read_leaflet("LICENSE").replace("*/", "* /")
    script = re.sub(r"//# sourceMappingURL=\S*", "", _read_leaflet("leaflet.js"))
    return f"/*\n{licence}*/\n{script}"


@functools.cache
def _leaflet_style() -> str:
    """Return Leaflet's style without its pictures, which are not used and would be called for."""
    return re.sub(r"url\([^)]*\)", "none", _read_leaflet("leaflet.css"))


def _inline(text: str) -> Markup:
    """Make text safe inside a script or style element: nothing in it can end the element."""
    return Markup(re.sub(r"<(?=/script|/style|!--)", r"\\x3c", text, flags=re.IGNORECASE))
