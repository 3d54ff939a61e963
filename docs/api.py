"""Build the reference of the Python API from its docstrings: python docs/api.py [FOLDER]."""

from __future__ import annotations

import pkgutil
import sys
import warnings
from pathlib import Path

import pdoc

import camp_monitor

FOLDER = Path("out") / "api"


def modules() -> list[str]:
    """List the package, and each module that pdoc would not reach from it by itself."""
    found = pkgutil.walk_packages(camp_monitor.__path__, "camp_monitor.")
    reached = set(pdoc.extract.walk_specs(["camp_monitor"]))
    return ["camp_monitor", *sorted({module.name for module in found} - reached)]


def build(folder: Path) -> None:
    """Write one HTML page for each module into `folder`."""
    # annotations of these libraries, which our classes inherit, cannot be read at run time
    theirs = r"Error parsing type annotation .* for (urllib3|requests)\."
    warnings.filterwarnings("ignore", message=theirs)
    pdoc.render.configure(docformat="numpy", show_source=False)
    pdoc.pdoc(*modules(), output_directory=folder)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
