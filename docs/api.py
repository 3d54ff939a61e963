"""Build the reference of the Python API from its docstrings: python docs/api.py [FOLDER]."""

from __future__ import annotations

import pkgutil
import sys
import warnings
from pathlib import Path

import pdoc

import camp_monitor

FOLDER = Path("out") / "api"


def resolve_names() -> None:
    """Put the public names where pdoc looks for them, and the rooms of the package beside them."""
    for name in camp_monitor.__all__:
        setattr(camp_monitor, name, getattr(camp_monitor, name))
    rooms = (module.name for module in pkgutil.iter_modules(camp_monitor.__path__))
    camp_monitor.__all__ += rooms


def modules() -> list[str]:
    """List the package, and each module that pdoc would not reach from one before it."""
    listed = ["camp_monitor"]
    reached = set(pdoc.extract.walk_specs(listed))
    for module in pkgutil.walk_packages(camp_monitor.__path__, "camp_monitor."):
        if module.name not in reached:
            listed.append(module.name)
            reached |= set(pdoc.extract.walk_specs([module.name]))
    return listed


def build(folder: Path) -> None:
    """Write one HTML page for each module into `folder`; that of the package is the front page."""
    # annotations that a class inherits from another module cannot all be read at run time
    inherited = r"(urllib3|requests|camp_monitor\.(api_workspace\.)?Workspace)\."
    warnings.filterwarnings("ignore", message=f"Error parsing type annotation .* for {inherited}")
    resolve_names()
    pdoc.render.configure(docformat="numpy", show_source=False)
    pdoc.pdoc(*modules(), output_directory=folder)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
