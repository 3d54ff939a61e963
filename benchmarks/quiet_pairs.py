"""What is called construction where hardly anything was built, and what is still found there.

    python benchmarks/quiet_pairs.py FOLDER

FOLDER holds scenes of one place (NAIP: red, green, blue and near-infrared; the date as YYYYMMDD at
the end of the file's name).  Every pair of them is compared over the ground that all scenes cover.
Into the after image of each pair, roofs of 2,000 m2 in the greys of its brightest ground are then
painted on dry ground, and looked for at the same settings.
"""

from __future__ import annotations

import argparse
import itertools
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.regions import label_regions, pixels_inside
from camp_monitor.detect.water.optical import map_water
from camp_monitor.errors import Refusal
from camp_monitor.pairs.normalisation import normalise
from camp_monitor.pairs.pair import Pair, make_pair
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.catalogue import read_scenes
from camp_monitor.scenes.image import Quality
from camp_monitor.scenes.reading import choose_grid, read_image
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.synthetic.structures import Structure, paint_structures, scatter_footprints

ROOF_M2, ROOFS = 2000.0, 25
FOUND_SHARE = 0.25
"""A roof is found when this share of it is called."""
TINT = np.array([1.0, 0.98, 0.93, 0.9])
"""Of a grey roof in red, green, blue and near-infrared."""


@dataclass(frozen=True)
class Quiet:
    """One pair: share called, share not seen, and roofs painted and found."""

    days: str
    called_fraction: float
    unseen_fraction: float
    regions: int
    painted: int
    found: int
    refusal: str = ""


def painted_on_land(pair: Pair, seed: int) -> tuple[Pair, NDArray[np.int32]]:
    """Paint grey roofs of `ROOF_M2`, turned at random, on dry ground; their labels, (row, col)."""
    rng = np.random.default_rng(seed)
    wet = map_water(pair.before).is_water | map_water(pair.after).is_water
    wet = ndimage.binary_dilation(wet, iterations=6)
    flags = np.where(wet, Quality.NODATA, pair.after.flags).astype(np.uint8)
    places = scatter_footprints(replace(pair.after, flags=flags), ROOFS, ROOF_M2, rng)
    visible = np.mean([pair.after.band(name) for name in ("red", "green", "blue")], axis=0)
    greys = np.nanpercentile(visible, [97, 98.5, 99.5])
    roofs = [
        Structure(place, tuple(rng.choice(greys) * rng.uniform(0.85, 1.1) * TINT), 5.0, True)
        for place in places
    ]
    after, labels = paint_structures(pair.after, roofs, rng)
    return replace(pair, after=after, after_matched=normalise(after, pair.normalisation)), labels


def construction(pair: Pair) -> tuple[NDArray[np.bool_], NDArray[np.bool_], int]:
    """Return ground that is called construction, ground that was seen, and the regions."""
    detection = detect_construction(pair)
    change = next(change for change in detection.changes if change.kind == "construction")
    labels, count = label_regions(change.changed, change.least_px)
    return labels > 0, detection.seen, count


def look(catalogue: Path, numbers: tuple[int, int]) -> Quiet:
    """Compare two scenes, then with roofs painted into the second."""
    scenes = read_scenes(catalogue)
    common = shapely.intersection_all([scene.footprint for scene in scenes])
    first, second = (scenes[number] for number in numbers)
    days = f"{first.acquired_from_at:%Y-%m-%d} to {second.acquired_from_at:%Y-%m-%d}"
    try:
        grid = choose_grid(first, second, common, 256)
        pair = make_pair(first, second, grid, read_image, 0.75)
        own, seen, regions = construction(pair)
    except Refusal as refusal:
        return Quiet(days, 0.0, 1.0, 0, 0, 0, str(refusal))
    inside = pixels_inside(common, pair.grid)
    after, labels = painted_on_land(pair, 100 * numbers[0] + numbers[1])
    again, _, _ = construction(after)
    roofs = [labels == number for number in range(1, labels.max() + 1)]
    free = [roof for roof in roofs if not own[roof].any()]
    found = sum(bool(again[roof].mean() >= FOUND_SHARE) for roof in free)
    return Quiet(
        days, float(own[inside & seen].mean()), float(1 - seen[inside].mean()), regions,
        len(free), found,
    )  # fmt: skip


def main() -> None:
    """Read the arguments, compare and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    with tempfile.TemporaryDirectory() as made, ProcessPoolExecutor() as pool:
        catalogue = Path(made)
        for path in sorted(folder.glob("*.tif")):
            day = path.stem[-8:]
            described = SceneDescription("naip", f"{day[:4]}-{day[4:6]}-{day[6:]}")
            add_scene(catalogue, (path,), described)
        pairs = list(itertools.combinations(range(len(read_scenes(catalogue))), 2))
        done = list(pool.map(partial(look, catalogue), pairs))
    print("| pair | called construction | not seen | regions | roofs found | painted |")
    print("|---|---|---|---|---|---|")
    for one in done:
        print(
            f"| {one.days} | {one.called_fraction:.2%} | {one.unseen_fraction:.1%} | "
            f"{one.regions} | {one.found} | {one.painted} |{one.refusal}"
        )
    called = [one.called_fraction for one in done if not one.refusal]
    found, painted = sum(one.found for one in done), sum(one.painted for one in done)
    print(
        f"\n{len(done)} pairs: construction on {np.mean(called):.2%} of the ground on average, "
        f"{max(called):.2%} at most; {found} of {painted} roofs found "
        f"({found / max(painted, 1):.0%})."
    )


if __name__ == "__main__":
    main()
