"""Watch prison camps from space: what changed inside an outline, how sure, and what was not seen.

``read_outline``, ``open_scene`` and ``compare`` make findings of an outline and two files;
``Workspace`` keeps registry, scenes and results in a folder.  These names are stable; modules are
not.  ``ARCHITECTURE.md`` shows the rooms of the house and the way through them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "CampMonitorError": "camp_monitor.errors",
    "Comparison": "camp_monitor.api",
    "Refusal": "camp_monitor.errors",
    "Workspace": "camp_monitor.api_workspace",
    "compare": "camp_monitor.api",
    "open_scene": "camp_monitor.api",
    "read_outline": "camp_monitor.facilities.unregistered",
}
"""Where each public name is defined; it is imported when it is first asked for."""
__all__ = [
    "CampMonitorError",
    "Comparison",
    "Refusal",
    "Workspace",
    "__version__",
    "compare",
    "open_scene",
    "read_outline",
]

if TYPE_CHECKING:
    from camp_monitor.api import Comparison, compare, open_scene
    from camp_monitor.api_workspace import Workspace
    from camp_monitor.errors import CampMonitorError, Refusal
    from camp_monitor.facilities.unregistered import read_outline


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted((*globals(), *_HOMES))
