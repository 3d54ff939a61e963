"""`Detection`: one detector's answer over one pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.notes import Note


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
    caveats : tuple of Note
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
    caveats: tuple[Note, ...] = ()
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
    measured : dict
        Thresholds and the like, by the name of a `camp_monitor.codes.Measure`, for the record.
    caveats : tuple of Note
        What weakens the whole answer.
    unseen : Code or None
        Why usable ground may still not be `seen`.
    altered : ndarray of bool or None
        (row, col); True where the ground changed so that it may be what is asked for, or something
        else, and these two dates cannot tell: of many dates together, it counts.  None where the
        detector does not ask.
    """

    method: str
    changes: tuple[Change, ...]
    seen: NDArray[np.bool_]
    measured: Mapping[str, float] = field(default_factory=dict)
    caveats: tuple[Note, ...] = ()
    unseen: Code | None = None
    altered: NDArray[np.bool_] | None = None
