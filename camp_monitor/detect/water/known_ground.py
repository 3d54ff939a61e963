"""What is known of the ground beforehand, on the grid of a pair, for the detector of floods."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.codes import Code
from camp_monitor.detect.detection import Detection
from camp_monitor.detect.water.flooding import detect_flooding, steepest_deg
from camp_monitor.detect.water.single_date import slope_of
from camp_monitor.notes import Note, note
from camp_monitor.pairs.pair import Pair
from camp_monitor.pairs.parts import laid_out

USUAL_FROM_PERCENT = 50.0
"""Water is usual where it lay at least this share of the time: ground that is dry more often than
wet can be flooded, and of ground that is wet more often than dry its water is no news."""


@dataclass(frozen=True, eq=False)
class KnownGround:
    """Slope and usual water on one grid.

    Parameters
    ----------
    grid : GeoBox
    slope_deg : ndarray or None
        float32, (row, col), degrees; NaN where no height is known: nothing is left out there.
    usual_water : ndarray of bool or None
        (row, col).
    heights_name, usual_name : str
        Of the files, for the record.
    caveats : tuple of Note
        Where the files leave the ground unknown.
    hidden : ndarray of bool or None
        (row, col); what the radar that took both scenes cannot see.
    """

    grid: GeoBox
    slope_deg: NDArray[np.float32] | None = None
    usual_water: NDArray[np.bool_] | None = None
    heights_name: str = ""
    usual_name: str = ""
    caveats: tuple[Note, ...] = ()
    hidden: NDArray[np.bool_] | None = None

    @property
    def of_heights(self) -> tuple[Note, ...]:
        """The caveats that name the heights and their credit."""
        return tuple(c for c in self.caveats if c.numbers.get("file") == self.heights_name)

    def on(self, grid: GeoBox) -> KnownGround:
        """Cut it down to a window of its own grid.

        Raises
        ------
        ValueError
            `grid` is no such window.
        """
        if grid == self.grid:
            return self
        rows, columns = self.grid.overlap_roi(grid)
        window = (slice(rows.start, rows.stop), slice(columns.start, columns.stop))
        if self.grid[window].shape != grid.shape:
            raise ValueError(f"{grid} is no window of {self.grid}")
        slope_deg, usual = self.slope_deg, self.usual_water
        return replace(
            self,
            grid=grid,
            slope_deg=None if slope_deg is None else slope_deg[window],
            usual_water=None if usual is None else usual[window],
            hidden=None if self.hidden is None else self.hidden[window],
        )

    def under(self, pair: Pair) -> KnownGround:
        """Cut it down to the ground of a pair, or lay it out as that of a sample."""
        windows = pair.sampled
        if windows is None:
            return self.on(pair.grid)
        slope_deg, usual, hidden = (
            None if values is None else laid_out(values, windows)
            for values in (self.slope_deg, self.usual_water, self.hidden)
        )
        return replace(self, grid=pair.grid, slope_deg=slope_deg, usual_water=usual, hidden=hidden)


def know_ground(
    grid: GeoBox,
    searched: NDArray[np.bool_],
    heights: tuple[str, NDArray[np.float32]] | None = None,
    usual: tuple[str, NDArray[np.float32]] | None = None,
) -> KnownGround:
    """Make slope of heights, and usual water of the share of time under water.

    Parameters
    ----------
    grid : GeoBox
        North up, in metres.
    searched : ndarray of bool
        (row, col): a caveat says what share of it is not known.
    heights : (str, ndarray) or None
        Name of the file, and metres, float32, (row, col); NaN where there is none.
    usual : (str, ndarray) or None
        Name of the file, and percent, float32, (row, col); NaN where it is not known.  Water is
        usual from `USUAL_FROM_PERCENT` on, and not where it is not known.
    """
    known, caveats = KnownGround(grid), []
    if heights is not None:
        name, height_m = heights
        slope_deg = slope_of(height_m, abs(grid.affine.a))
        known = replace(known, slope_deg=slope_deg, heights_name=name)
        missing = np.isnan(slope_deg)[searched].mean()
        caveats.append(note(Code.HEIGHTS_FROM, file=name))
        if missing:
            caveats.append(note(Code.HEIGHTS_MISSING, missing_fraction=missing))
    if usual is not None:
        name, percent = usual
        known = replace(known, usual_water=percent >= USUAL_FROM_PERCENT, usual_name=name)
        missing = np.isnan(percent)[searched].mean()
        caveats.append(note(Code.USUAL_WATER_FROM, file=name))
        if missing:
            caveats.append(note(Code.USUAL_WATER_UNKNOWN, missing_fraction=missing))
    return replace(known, caveats=tuple(caveats))


def detect_flooding_on(ground: KnownGround, pair: Pair) -> Detection:
    """Run `detect_flooding` with what is known of the ground, and say from which files.

    Raises
    ------
    Refusal
        As `detect_flooding`.
    """
    here = ground.under(pair)
    found = detect_flooding(pair, slope_deg=here.slope_deg, usual_water=here.usual_water)
    new = (caveat for caveat in ground.caveats if caveat not in pair.caveats)
    return replace(found, caveats=(*found.caveats, *new))


def detect_where_water_can_be_new(ground: KnownGround, pair: Pair) -> Detection:
    """Run `detect_flooding_on`, and count nothing else as seen: to paint water there alone.

    Raises
    ------
    Refusal
        As `detect_flooding`.
    """
    found = detect_flooding_on(ground, pair)
    return replace(found, seen=found.seen & where_water_can_be_new(ground, pair))


def where_water_can_be_new(ground: KnownGround, pair: Pair) -> NDArray[np.bool_]:
    """Return the ground, (row, col), that is neither steep nor usually under water."""
    here = ground.under(pair)
    can_be = np.ones(pair.grid.shape, bool)
    if here.slope_deg is not None:
        can_be &= ~(here.slope_deg > steepest_deg(pair))
    if here.usual_water is not None:
        can_be &= ~here.usual_water
    return can_be
