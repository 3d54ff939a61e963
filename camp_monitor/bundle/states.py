"""What can be said of a file of a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """One of five words."""

    OK = "ok"
    ALTERED = "altered"
    MISSING = "missing"
    ADDED = "added"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True)
class Checked:
    """A file of a bundle, and what is known of it.

    Parameters
    ----------
    path : str
        In the bundle, with slashes; of what came by another way, the option that named it.
    state : State
    why : str
        A clause; empty where the word says all.
    """

    path: str
    state: State
    why: str = ""
