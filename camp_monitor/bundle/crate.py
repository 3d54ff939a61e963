"""The bundle's payload as an RO-Crate: what each file is, and what came from what.

RO-Crate 1.1, https://doi.org/10.5281/zenodo.4541002.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from camp_monitor import __version__
from camp_monitor.scenes.scene import Scene
from camp_monitor.scenes.sensors import SENSORS

METADATA = "ro-crate-metadata.json"
FORMATS = {
    ".json": "application/json", ".geojson": "application/geo+json", ".tif": "image/tiff",
    ".png": "image/png", ".txt": "text/plain", ".html": "text/html", ".md": "text/markdown",
    ".lock": "text/plain", ".tsr": "application/timestamp-reply",
    ".pem": "application/pem-certificate-chain",
}  # fmt: skip
LIBRARIES = (
    "numpy", "scipy", "scikit-image", "rasterio", "odc-geo", "shapely", "pyproj", "onnxruntime",
    "matplotlib",
)  # fmt: skip
"""Those whose versions can change a pixel of a result or a figure."""


@dataclass(frozen=True)
class Described:
    """A file of the payload, by its path in it.

    Parameters
    ----------
    path : str
    name : str
        What it is, in words.
    size_bytes : int
    licence : str
        Of an image; empty for what the bundle's maker wrote.
    """

    path: str
    name: str
    size_bytes: int
    licence: str = ""


@dataclass(frozen=True)
class Compares:
    """A comparison: paths of what was read and of what came of it."""

    name: str
    scenes: tuple[str, ...]
    read: tuple[str, ...]
    gave: tuple[str, ...]


@dataclass(frozen=True)
class Titles:
    """What the crate says of itself, in words."""

    name: str
    description: str
    licence: str
    ids: tuple[str, ...]
    made_until: str


def crate(
    titles: Titles, files: Sequence[Described], scenes: Iterable[Scene], work: Sequence[Compares]
) -> bytes:
    """Write ``ro-crate-metadata.json``."""
    paths = {one.path for one in files}
    acquisitions, instruments = _acquisitions(scenes, paths)
    actions = [*acquisitions, *map(_comparison, work)]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": titles.name,
        "description": titles.description,
        "identifier": _one(list(titles.ids)),
        "datePublished": titles.made_until,
        "license": {"@id": "#licences"},
        "hasPart": [_to(one.path) for one in files],
        "mentions": [{"@id": one["@id"]} for one in actions],
    }
    licences = {
        "@id": "#licences", "@type": "CreativeWork", "name": "Licences of the parts",
        "description": titles.licence,
    }  # fmt: skip
    about = {
        "@id": METADATA, "@type": "CreativeWork", "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    }  # fmt: skip
    graph = [about, root, licences, *map(_file, files), _software(), *instruments, *actions]
    content = {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _one(values: list[Any]) -> Any:
    """Return the only value, or all: JSON-LD writes a list of one as its value."""
    return values[0] if len(values) == 1 else values


def _to(path: str) -> dict[str, str]:
    return {"@id": quote(path)}


def _file(one: Described) -> dict[str, Any]:
    suffix = one.path[one.path.rfind(".") :]
    said: dict[str, Any] = {
        **_to(one.path), "@type": "File", "name": one.name, "contentSize": str(one.size_bytes),
        "encodingFormat": FORMATS.get(suffix, "application/octet-stream"),
    }  # fmt: skip
    return said | ({"description": one.licence} if one.licence else {})


def _software() -> dict[str, Any]:
    versions = [f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES]
    said: dict[str, Any] = {
        "@id": "#camp-monitor", "@type": "SoftwareApplication", "name": "camp-monitor",
        "softwareVersion": __version__, "softwareRequirements": versions,
    }  # fmt: skip
    commit = _commit()
    return said | ({"identifier": commit} if commit else {})


def _commit() -> str:
    """Return the commit that was installed, where the installer wrote it down (PEP 610)."""
    try:
        text = importlib.metadata.distribution("camp-monitor").read_text("direct_url.json")
        commit = json.loads(text or "{}").get("vcs_info", {}).get("commit_id", "")
    except (importlib.metadata.PackageNotFoundError, ValueError, AttributeError):
        return ""
    return str(commit)


def _acquisitions(
    scenes: Iterable[Scene], paths: set[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return how each scene came about, and the instruments that took them."""
    actions, instruments = [], {}
    for scene in scenes:
        name = scene.platform or SENSORS[scene.sensor].title
        key = f"#instrument-{quote(name)}"
        instruments[key] = {"@id": key, "@type": "IndividualProduct", "name": name}
        if scene.simulated:
            instruments[key] = instruments[key] | {"description": "SIMULATED: painted by a program"}
        held = [
            _to(path) for path in sorted(paths)
            if path.startswith(f"scenes/{scene.id}/") and not path.endswith(".json")
        ]  # fmt: skip
        actions.append({
            "@id": f"#acquisition-{quote(scene.id)}", "@type": "CreateAction",
            "name": f"Acquisition of {scene.id}", "instrument": {"@id": key},
            "startTime": scene.acquired_from_at.isoformat(),
            "endTime": scene.acquired_to_at.isoformat(),
            "result": _one(held or [_to(f"scenes/{scene.id}/{scene.id}.json")]),
        })  # fmt: skip
    return actions, list(instruments.values())


def _comparison(one: Compares) -> dict[str, Any]:
    return {
        "@id": f"#comparison-{quote(one.name)}", "@type": "CreateAction",
        "name": f"Comparison {one.name}", "instrument": {"@id": "#camp-monitor"},
        "object": _one([_to(path) for path in (*one.scenes, *one.read)]),
        "result": _one([_to(path) for path in one.gave]),
    }  # fmt: skip
