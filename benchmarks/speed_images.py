"""Seconds and memory of comparing two images, against the time that decoding them takes.

    python benchmarks/speed_images.py [--sides 1000,2745,5490,10980] [--bands 4] [--repeat 1]
    python benchmarks/speed_images.py --mad

A pair of fields, relief, grain and new buildings is painted for each side, written as a satellite's
tiles are (16 bits, deflate with predictor, blocks of 512), and compared through the public API in
a process of its own.  Prints one row for each side: the decode floor (both files, block by block,
two threads), the seconds of the first comparison and of a second one in the same process, the
ratio of the first to the floor, the seconds of all cores together that both take, which other work
on the machine sways less, and their ratio, and the peak of the resident memory, as the kernel
counts it for that process (VmHWM).  `--mad` prints instead what IR-MAD takes beside covariances by
BLAS alone, of the same samples and as often, and the same map of change.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIXEL_M = 10.0
WEST_M, NORTH_M, CRS = 500_000.0, 4_700_040.0, "EPSG:32645"
BLOCK_PX = 512
BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
LEVELS = (600, 800, 1000, 2600, 2200, 1600)
"""Usual numbers of each band: reflectance times 10,000."""
FIELD_PX, RELIEF_PX = 40, 600
BUILDING_EVERY_PX, BUILDING_PX = 250, 5
REFLECTANCE_SCALE = 1e-4
LARGEST_M2 = 4.9e9
"""Ground that the outline holds at most: of a larger image its west and its east."""
HEAD = (
    "| pixels | decode floor, s | first, s | again, s | first / floor | of all cores: floor | "
    "first | first / floor | peak, MiB | findings |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)
MAD_HEAD = "| pixels | IR-MAD, s | BLAS, s | ratio |\n| --- | --- | --- | --- |"


def paint(path: Path, side: int, bands: int, *, later: bool) -> None:
    """Write one date: the ground is that of the other one, with other grain, gain and buildings."""
    import rasterio
    from affine import Affine

    ground = np.random.default_rng(1)
    cells = side // FIELD_PX + 2
    crop = ground.integers(0, 6, (cells, cells))
    changed = ground.random((cells, cells)) < 0.02
    crops = ground.uniform(0.6, 1.5, (6, bands))
    relief = ground.uniform(0.8, 1.2, (side // RELIEF_PX + 2,) * 2)
    if later:
        crop = np.where(changed, (crop + 3) % 6, crop)
    profile = {
        "driver": "GTiff", "width": side, "height": side, "count": bands, "dtype": "uint16",
        "tiled": True, "blockxsize": BLOCK_PX, "blockysize": BLOCK_PX, "compress": "deflate",
        "predictor": 2, "crs": CRS, "num_threads": 2, "bigtiff": "if_safer",
        "transform": Affine(PIXEL_M, 0, WEST_M, 0, -PIXEL_M, NORTH_M),
    }  # fmt: skip
    grain = np.random.default_rng(3 if later else 2)
    across = np.arange(side)
    with rasterio.open(path, "w", **profile) as target:
        target.descriptions = BANDS[:bands]
        for top in range(0, side, BLOCK_PX):
            down = np.arange(top, min(top + BLOCK_PX, side))
            kind = crop[np.ix_(down // FIELD_PX, across // FIELD_PX)]
            light = _between(relief, down / RELIEF_PX, across / RELIEF_PX)
            new = _near(down, later)[:, None] & _near(across, later)[None, :]
            for band in range(bands):
                level = LEVELS[band] * crops[:, band].astype(np.float32)[kind] * light
                if later:
                    level = np.where(new, np.float32(3000 + 300 * band), 1.05 * level + 40)
                level += grain.normal(0, 25, level.shape).astype(np.float32)
                numbers = np.clip(level, 1, 20_000).astype(np.uint16)
                target.write(numbers, band + 1, window=((top, top + down.size), (0, side)))


def _near(places: NDArray[np.int_], later: bool) -> NDArray[np.bool_]:
    """Rows, or columns, of the new buildings."""
    off = places % BUILDING_EVERY_PX
    return later & (off >= 100) & (off < 100 + BUILDING_PX)


def _between(
    values: NDArray[np.float64], rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Interpolate bilinearly."""
    down, right = rows.astype(int), columns.astype(int)
    part, share = (rows - down)[:, None], (columns - right)[None, :]
    upper = values[np.ix_(down, right)] * (1 - share) + values[np.ix_(down, right + 1)] * share
    lower = values[np.ix_(down + 1, right)] * (1 - share)
    lower += values[np.ix_(down + 1, right + 1)] * share
    return np.asarray(upper * (1 - part) + lower * part, np.float32)


def decode_s(paths: list[Path]) -> float:
    """Seconds that two threads need to decode both files, block by block."""
    import rasterio
    from rasterio.windows import Window

    def read(path: Path, half: int) -> None:
        with rasterio.open(path) as source:
            for top in range(half * BLOCK_PX, source.height, 2 * BLOCK_PX):
                for left in range(0, source.width, BLOCK_PX):
                    source.read(window=Window(left, top, BLOCK_PX, BLOCK_PX))

    start = perf_counter()
    for path in paths:
        threads = [threading.Thread(target=read, args=(path, half)) for half in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return perf_counter() - start


def compare_s(folder: Path, side: int, repeat: int) -> dict[str, Any]:
    """Compare the pair in `folder`, in this process: seconds of each run, and peak memory."""
    import geopandas
    import shapely

    import camp_monitor as cm

    reach_m = side * PIXEL_M
    wide_m = min(LARGEST_M2 / reach_m, reach_m) / 2
    south_m, east_m = NORTH_M - reach_m + 300, WEST_M + reach_m
    boxes = [  # the window round both is the whole image
        shapely.box(WEST_M + 300, south_m, WEST_M + wide_m, NORTH_M - 300),
        shapely.box(east_m - wide_m, south_m, east_m - 300, NORTH_M - 300),
    ]
    outline = folder / "outline.geojson"
    geopandas.GeoSeries([shapely.union_all(boxes)], crs=CRS).to_crs(4326).to_file(outline)
    place = cm.read_outline(outline)
    runs, of_cores = [], []
    for _ in range(repeat):
        start, started = perf_counter(), process_time()
        scenes = [
            cm.open_scene(folder / f"{name}.tif", sensor="sentinel-2", acquired=day, **SAID)
            for name, day in (("before", "2024-05-01"), ("after", "2025-05-03"))
        ]
        compared = cm.compare(place, *scenes)
        runs.append(perf_counter() - start)
        of_cores.append(process_time() - started)
    result = compared.result
    refused = [str(one.reasons) for one in result.observations if one.outcome == "not_seen"]
    return {
        "runs": runs, "of_cores": of_cores, "findings": len(result.findings), "refused": refused,
        "peak": peak_mib(),
        "ids": [one.id for one in (*result.observations, *result.findings, *result.candidates)],
    }  # fmt: skip


SAID = {"quantity": "reflectance", "scale": REFLECTANCE_SCALE, "offset": 0.0}


def peak_mib() -> float:
    """Largest resident memory of this process so far, MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def mad_row(side: int, bands: int) -> str:
    """Time IR-MAD and the least that its arithmetic takes, over `side` x `side` pixels."""
    from camp_monitor.detect.irmad import irmad

    rng = np.random.default_rng(1)
    before = rng.normal(size=(bands, side, side)).astype(np.float32)
    after = before + rng.normal(0, 0.3, before.shape).astype(np.float32)
    usable = np.ones((side, side), bool)
    rounds = irmad(before, after, usable).rounds
    ours = min(_seconds(lambda: irmad(before, after, usable)) for _ in range(3))
    least = min(_seconds(lambda: plain_mad(before, after, rounds)) for _ in range(3))
    return f"| {side} x {side} x {bands} | {ours:.2f} | {least:.2f} | {ours / least:.1f}x |"


def plain_mad(before: NDArray[np.float32], after: NDArray[np.float32], rounds: int) -> None:
    """Weights and weighted covariances of a sample, `rounds` times, and one map in blocks."""
    from scipy.special import chdtrc

    from camp_monitor.detect.irmad import SAMPLE_PIXELS

    bands = len(before)
    both = [image.reshape(bands, -1) for image in (before, after)]
    every = max(1, both[0].shape[1] // SAMPLE_PIXELS)
    sample = np.concatenate([image[:, ::every] for image in both]).astype(np.float64)
    weights = np.ones(sample.shape[1])
    vectors = np.linalg.qr(np.random.default_rng(2).normal(size=(bands, bands)))[0]
    for _ in range(rounds):
        covariance = (sample * weights) @ sample.T
        variates = vectors @ sample[:bands] - vectors @ sample[bands:]
        weights = chdtrc(bands, np.einsum("ij,ij->j", variates, variates))
        np.linalg.eigh(covariance)
    mapped = np.empty(both[0].shape[1], np.float32)
    combined = vectors.astype(np.float32)
    for start in range(0, mapped.size, 1 << 16):
        part = slice(start, start + (1 << 16))
        difference = combined @ both[0][:, part] - combined @ both[1][:, part]
        np.einsum("ij,ij->j", difference, difference, out=mapped[part])


def _seconds(run: Callable[[], object]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start


def row(folder: Path, side: int, bands: int, repeat: int) -> tuple[str, dict[str, Any]]:
    """Paint, decode and compare one pair; the row of the table, and what was measured."""
    paths = [folder / "before.tif", folder / "after.tif"]
    for path, later in zip(paths, (False, True), strict=True):
        paint(path, side, bands, later=later)
    floors = []
    for _ in range(3):
        started = process_time()
        floors.append((decode_s(paths), process_time() - started))
    floor_s, floor_of_cores_s = (min(one) for one in zip(*floors, strict=True))
    command = [sys.executable, __file__, "--child", str(folder), "--sides", str(side)]
    told = subprocess.run(
        [*command, "--repeat", str(repeat)], capture_output=True, text=True, check=False
    )
    if told.returncode:
        reason = (told.stderr.strip().splitlines() or ["no reason"])[-1]
        return f"| {side} x {side} x {bands} | {floor_s:.2f} | {reason} | | | | | | | |", {}
    found = json.loads(told.stdout)
    first, again = found["runs"][0], min(found["runs"][1:], default=None)
    of_cores_s = found["of_cores"][0]
    line = (
        f"| {side} x {side} x {bands} | {floor_s:.2f} | {first:.2f} | "
        f"{'' if again is None else format(again, '.2f')} | {first / floor_s:.1f}x | "
        f"{floor_of_cores_s:.2f} | {of_cores_s:.2f} | {of_cores_s / floor_of_cores_s:.1f}x | "
        f"{found['peak']:.0f} | {found['findings']} |"
    )
    return line, found


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--sides", default="1000,2745,5490,10980", help="pixels, by commas")
    parser.add_argument("--bands", type=int, default=4)
    parser.add_argument("--repeat", type=int, default=1, help="comparisons in one process")
    parser.add_argument("--mad", action="store_true", help="IR-MAD instead of comparisons")
    parser.add_argument("--folder", type=Path, help="where the images are painted")
    parser.add_argument("--json", type=Path, help="all that was measured")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    sides = [int(side) for side in given.sides.split(",")]
    if given.child:
        print(json.dumps(compare_s(given.child, sides[0], given.repeat)))
        return
    print(MAD_HEAD if given.mad else HEAD)
    measured = {}
    for side in sides:
        if given.mad:
            print(mad_row(side, given.bands), flush=True)
            continue
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            line, measured[side] = row(Path(folder), side, given.bands, given.repeat)
        print(line, flush=True)
    if given.json:
        given.json.write_text(json.dumps(measured, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
