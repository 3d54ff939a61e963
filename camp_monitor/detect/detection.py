"""`Detection`: one detector's answer over one pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Change:
    """One kind of change, over the grid of a pair.

    Parameters
    ----------
    kind : str
        One of `camp_monitor.records.finding.KINDS`.
    changed : ndarray of bool
        (row, col); True where this kind of change was found.
    strength : ndarray
        float32, (row, col): evidence in units of the detector's threshold; 1 is just enough.
    edge_px : float
        How far, in pixels, the edge of a region may be off, inwards and outwards.
    least_px : int
        Smaller regions are noise to this detector.
    caveats : tuple of str
        What else may look like this kind of change to this detector.
    way : str
        How it was found, where a detector has several ways: ``roofs``, ``radar``.  Evidence of one
        way cannot be held against that of another.
    """

    kind: str
    changed: NDArray[np.bool_]
    strength: NDArray[np.float32]
    edge_px: float
    least_px: int
    caveats: tuple[str, ...] = ()
    way: str = ""


@dataclass(frozen=True, eq=False)
class Detection:
    """One detector's answer over one pair.

    Parameters
    ----------
    method : str
        Detector and number, such as ``construction/1``; the number rises when results change.
    changes : tuple of Change
        One for each kind that the detector can tell.
    seen : ndarray of bool
        (row, col); True where the question could be answered.
    measured : tuple of (str, str)
        Thresholds and the like, as (name, printed value), for the record.
    caveats : tuple of str
        What weakens the whole answer.
    unseen : str
        Why usable ground may still not be `seen`, as part of a sentence; else empty.
    altered : ndarray of bool or None
        (row, col); True where the ground changed so that it may be what is asked for, or something
        else, and these two dates cannot tell: of many dates together, it counts.  None where the
        detector does not ask.
    """

    method: str
    changes: tuple[Change, ...]
    seen: NDArray[np.bool_]
    measured: tuple[tuple[str, str], ...] = ()
    caveats: tuple[str, ...] = ()
    unseen: str = ""
    altered: NDArray[np.bool_] | None = None
