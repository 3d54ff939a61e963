"""Numbers that hold for a whole scene, measured once and used in every part of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Statistics:
    """What was measured on a sample of a scene, by name; after `close` nothing is added.

    A large scene is looked at in windows, and no window may go by its own median: whatever a
    detector measures of the scene as a whole, it asks for here.  The sample is asked first.
    """

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}
        self._closed = False

    def close(self) -> None:
        """Keep what is held as it is."""
        self._closed = True

    def of(self, name: str, measure: Callable[[], T]) -> T:
        """Return what is held by this name; else measure it."""
        if name in self._held:
            held: T = self._held[name]
            return held
        value = measure()
        if not self._closed:
            self._held[name] = value
        return value


def settled(statistics: Statistics | None, name: str, measure: Callable[[], T]) -> T:
    """Return a number of the whole scene: measured here, where this is the whole scene.

    Parameters
    ----------
    statistics : Statistics or None
        None: the pixels at hand are the whole scene.
    name : str
    measure : callable
    """
    return measure() if statistics is None else statistics.of(name, measure)
