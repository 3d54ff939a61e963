"""Measure how long a pair of half-metre scenes takes, step by step, and how much memory.

    python benchmarks/speed_fine.py [--megapixels 1 4 16 64] [--built 0.125] [--whole]

A pair of each size is painted: patches of a settlement among patches of forest and fields.  Each
size runs in a process of its own.  Prints one row for each step and size: seconds; seconds of all
cores together, which other work on the machine sways less; these for each megapixel; and what
memory rises to in that step beyond what was held before it.  With `--whole` the pair is written
into two files first, and the one step is `compare` of the public API, from these files to
findings.  Threads are those of the machine, or
`OMP_NUM_THREADS`.  Memory is read from `/proc`: on Linux only.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

import geopandas
import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from benchmarks.simulation.settlement import paint_settlement
from camp_monitor.detect.construction.built_up import find_built_up
from camp_monitor.detect.construction.fine import detect_fine_construction
from camp_monitor.detect.construction.roofs import find_roofs
from camp_monitor.detect.doubt import check_agreement
from camp_monitor.detect.pixel_size import estimate_pixel_m
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes.image import Image
from camp_monitor.synthetic.settlement_ground import (
    Canvas,
    fractal_noise,
    paint_open_ground,
    paint_tree,
    some_sun,
)

Patch = NDArray[np.uint8]
Given = TypeVar("Given")

SEED = 9_100_000
PATCH_PX, PIXEL_M, CELLS = 512, 0.5, 2
WEST_M, NORTH_M, CRS, MARGIN_M = 3e5, 4.5e6, "EPSG:32652", 300.0
BUILT_PATCHES, OPEN_PATCHES = 2, 6
HEAD = (
    "| megapixels | step | seconds | of all cores | each megapixel | memory at most, MiB | held |\n"
    "| --- | --- | --- | --- | --- | --- | --- |"
)


def paint_patches(rng: np.random.Generator) -> tuple[list[Patch], list[Patch]]:
    """Paint patches of settlement and of open ground, uint8 (date, band, row, col)."""
    painted = [paint_settlement(rng, PATCH_PX, PIXEL_M) for _ in range(BUILT_PATCHES)]
    built = [np.stack([one.before, one.after]) for one in painted]
    return built, [_paint_open(rng, forest=bool(one % 2)) for one in range(OPEN_PATCHES)]


def _paint_open(rng: np.random.Generator, *, forest: bool) -> Patch:
    """Paint a field whose crop changed, or a forest in other light."""
    cells = PATCH_PX * CELLS
    relief = fractal_noise(rng, (cells, cells), 1.4)
    crowns = rng.uniform(0, cells * PIXEL_M / CELLS, (4000, 2)) if forest else np.zeros((0, 2))
    dates = []
    for ground in ("moss", "moss") if forest else ("crop", "stubble"):
        canvas = Canvas(
            np.zeros((3, cells, cells), np.float32),
            np.full((cells, cells), -1, np.int16),
            np.zeros((cells, cells), bool),
            PIXEL_M / CELLS,
        )
        everywhere = np.ones((cells, cells), bool)
        paint_open_ground(canvas, ground, everywhere, relief, int(rng.integers(2**31)))
        sun = some_sun(rng)
        for seed, (x_m, y_m) in enumerate(crowns.tolist()):
            paint_tree(canvas, x_m, y_m, 3.0, sun, seed, 1.0)
        seen = canvas.colours.reshape(3, PATCH_PX, CELLS, PATCH_PX, CELLS).mean(axis=(2, 4))
        dates.append(np.clip(np.round(seen * 255), 0, 255).astype(np.uint8))
    return np.stack(dates)


def paint_frame(side_px: int, built_share: float) -> Patch:
    """Lay patches side by side, this share of them built, uint8 (date, band, row, col)."""
    rng = np.random.default_rng(SEED)
    built, fields = paint_patches(rng)
    frame = np.zeros((2, 3, side_px, side_px), np.uint8)
    owed = 0.5
    for row in range(0, side_px, PATCH_PX):
        for column in range(0, side_px, PATCH_PX):
            owed += built_share
            kinds = built if owed >= 1 else fields
            owed -= owed >= 1
            patch = np.rot90(kinds[rng.integers(len(kinds))], rng.integers(4), (-2, -1))
            here = frame[..., row : row + PATCH_PX, column : column + PATCH_PX]
            here[:] = patch[..., : here.shape[-2], : here.shape[-1]]
    return frame


def pair_of(frame: Patch) -> Pair:
    """Make the pair of a painted frame, as a scan would have read it."""
    shape = frame.shape[-2:]
    grid = GeoBox(shape, Affine(PIXEL_M, 0, WEST_M, 0, -PIXEL_M, NORTH_M), CRS)
    flags = np.zeros(shape, np.uint8)
    bands = ("red", "green", "blue")
    before, after = (Image(date.astype(np.float32), bands, "dn8", flags, grid) for date in frame)
    return pair_images(
        before, after, lambda shift_px: after,
        max_residual_px=99.0, interval_days=400.0, unscreened=True,
    )  # fmt: skip


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--built", type=float, default=0.125, help="share of the patches")
    parser.add_argument("--whole", action="store_true", help="from two files to findings")
    given = parser.parse_args()
    print(HEAD, flush=True)
    for megapixels in given.megapixels:
        measure = _measure_whole if given.whole else _measure
        process = get_context("spawn").Process(target=measure, args=(megapixels, given.built))
        process.start()
        process.join()
        if process.exitcode:
            print(f"| {megapixels:g} | ended with exit code {process.exitcode} | | | | | |")


def _measure(megapixels: float, built_share: float) -> None:
    """Run every step on a pair of this size and print its row."""
    frame = paint_frame(round(math.sqrt(megapixels * 1e6)), built_share)
    warm = pair_of(np.ascontiguousarray(frame[..., :256, :256]))
    detect_fine_construction(warm)  # what is imported or compiled once is no step's
    pair = _step(megapixels, "make_pair", lambda: pair_of(frame))
    _step(megapixels, "find_built_up", lambda: find_built_up(pair, PIXEL_M))
    _step(megapixels, "find_roofs", lambda: find_roofs(pair, PIXEL_M))
    _step(megapixels, "estimate_pixel_m", lambda: estimate_pixel_m(pair.before, pair.after))
    detection = _step(
        megapixels, "detect_fine_construction", lambda: detect_fine_construction(pair)
    )
    _step(megapixels, "check_agreement", lambda: check_agreement(pair, detection))


def _measure_whole(megapixels: float, built_share: float) -> None:
    """Compare two files of this size and print the row."""
    import camp_monitor as cm

    side_px = round(math.sqrt(megapixels * 1e6))
    with tempfile.TemporaryDirectory() as folder:
        writer = get_context("spawn").Process(
            target=_write_pair, args=(Path(folder), side_px, built_share)
        )
        writer.start()  # in a process of its own: the frame is not held by the one measured
        writer.join()
        inside = shapely.box(
            WEST_M, NORTH_M - side_px * PIXEL_M, WEST_M + side_px * PIXEL_M, NORTH_M
        )
        outline = Path(folder) / "outline.geojson"
        inside = inside.buffer(-MARGIN_M, join_style="mitre")
        geopandas.GeoSeries([inside], crs=CRS).to_crs(4326).to_file(outline)
        place = cm.read_outline(outline)
        before, after = (
            cm.open_scene(Path(folder) / f"{name}.tif", sensor="rgb", acquired=day)
            for name, day in (("before", "2020-06-01"), ("after", "2021-06-02"))
        )
        found = _step(megapixels, "compare", lambda: cm.compare(place, before, after)).result
    refused = [str(one.reasons) for one in found.observations if one.outcome == "not_seen"]
    print(f"{len(found.findings)} findings; refused: {refused}", file=sys.stderr)


def _write_pair(folder: Path, side_px: int, built_share: float) -> None:
    frame = paint_frame(side_px, built_share)
    for name, date in zip(("before", "after"), frame, strict=True):
        with rasterio.open(
            folder / f"{name}.tif", "w", driver="GTiff", width=side_px, height=side_px, count=3,
            dtype="uint8", crs=CRS, tiled=True, compress="deflate",
            transform=Affine(PIXEL_M, 0, WEST_M, 0, -PIXEL_M, NORTH_M),
        ) as target:  # fmt: skip
            target.write(np.maximum(date, 1))  # 0 is what was not seen


def _step(megapixels: float, name: str, work: Callable[[], Given]) -> Given:
    """Do one step and print its row."""
    held = _memory_mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is forgotten
    start, started = perf_counter(), process_time()
    result = work()
    seconds, of_cores = perf_counter() - start, process_time() - started
    print(
        f"| {megapixels:g} | {name} | {seconds:.1f} | {of_cores:.1f} | "
        f"{of_cores / megapixels:.2f} | {_memory_mib('VmHWM') - held:.0f} | {held:.0f} |",
        flush=True,
    )
    return result


def _memory_mib(name: str) -> float:
    """Read one number of this process's memory."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


if __name__ == "__main__":
    main()
