"""Compare the size that `smallest_found` states with the truth of the simulator.

In painted valleys, buildings of known sizes are put on the ground by the simulator: on cells finer
than the pixels, before air, blur, shift, noise and digital numbers.  Which of them the detector
finds is counted.  `smallest_found` is given the same dates without those buildings.

    python benchmarks/detectability.py --seeds 3 --first 21
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage

from camp_monitor.assess.detection_limit import (
    DetectionLimit,
    Tried,
    is_found,
    size_found,
    smallest_found,
)
from camp_monitor.demo.compound import Stage, list_structures, place_compound
from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.detection import Detection
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.synthetic.camera import Air, Camera, observe
from camp_monitor.synthetic.ground import Day, paint_ground, water_fraction
from camp_monitor.synthetic.landscape import Landscape, finer_grid, make_valley
from camp_monitor.synthetic.materials import BANDS, spectrum
from camp_monitor.synthetic.structures import (
    Structure,
    covered_share,
    paint_structures,
    rectangle,
)

SIDE_PX, SEARCHED_PX, CELLS = 192, 120, 4
APART_PX, RIM_PX = 22.0, 6.0
BEFORE = Day(250, 15, 51.4, 160.2)
AFTER = Day(249, 16, 51.8, 159.8)
AIRS = (Air(haze=0.06), Air(haze=0.16, gain=1.03))
SHIFTS_PX = ((0.0, 0.0), (0.46, -0.63))
MATERIALS = ("roof_cement", "roof_tile", "roof_blue", "concrete")
MOST_TOUCHED = 0.005
"""Buildings of one picture, three pixels round each included, touch at most this share of it: many
at a time would hide each other from a detector that sets its threshold by the scene."""
WET_SHARE = 0.1
"""A pixel with more than this share of open water is no building ground."""


@dataclass(frozen=True)
class Eye:
    """A sensor of the benchmark, and the sizes of buildings that are worth trying on it."""

    name: str
    camera: Camera
    pixel_m: float
    sizes_m2: tuple[float, ...]
    stretched: bool = False


FOUR, THREE = Camera(BANDS[:4], (1, 1, 1, 1)), Camera(BANDS[:3], (1, 1, 1))
FINE_M2 = (65, 100, 160, 250, 400)
EYES = (
    Eye("10 m, six bands", Camera(), 10.0, (250, 400, 650, 1000, 1400)),
    Eye("5 m, four bands", FOUR, 5.0, FINE_M2),
    Eye("5 m, red, green and blue as dn8", THREE, 5.0, FINE_M2, True),
)


@dataclass(frozen=True, eq=False)
class Place:
    """One painted valley: its ground, what has always stood there, and its date before."""

    eye: Eye
    grid: GeoBox
    landscape: Landscape
    before: Image
    seed: int

    def pair(self, buildings: list[Structure]) -> Pair:
        """Return the pair in which these buildings are new."""
        after = _picture(self, AFTER, buildings)
        return pair_images(
            self.before, after, lambda shift_px: _moved_back(after, shift_px),
            max_residual_px=0.75, interval_days=365.0, unscreened=False,
        )  # fmt: skip


def make_place(eye: Eye, seed: int) -> Place:
    """Lay out the valley of a seed and take its picture of the date before."""
    affine = Affine(eye.pixel_m, 0, 562000, 0, -eye.pixel_m, 4674000)
    grid = GeoBox((SIDE_PX, SIDE_PX), affine, "EPSG:32652")
    landscape = make_valley(finer_grid(grid, CELLS), np.random.default_rng(seed))
    empty = Image(
        np.zeros((1, SIDE_PX, SIDE_PX), np.float32), ("red",), "reflectance",
        np.zeros((SIDE_PX, SIDE_PX), np.uint8), grid,
    )  # fmt: skip
    place = Place(eye, grid, landscape, empty, seed)
    return replace(place, before=_picture(place, BEFORE, []))


def _picture(place: Place, day: Day, buildings: list[Structure]) -> Image:
    """Take one picture; the noise of a date is the same with buildings and without."""
    number = int(day is AFTER)
    standing = list_structures(place_compound(place.grid), Stage.NONE)
    ground, _ = paint_structures(
        paint_ground(place.landscape, day), [*standing, *buildings],
        np.random.default_rng(0), psf_px=0.0, sun_elevation_deg=day.sun_elevation_deg,
        sun_azimuth_deg=day.sun_azimuth_deg,
    )  # fmt: skip
    image = observe(
        ground, place.grid, AIRS[number], np.random.default_rng([place.seed, number]),
        camera=place.eye.camera, shift_px=SHIFTS_PX[number],
    ).image  # fmt: skip
    return _stretched(image) if place.eye.stretched else image


def _stretched(image: Image) -> Image:
    """Return 8-bit numbers such as a provider of pictures makes, by each date's own brightest."""
    high = 1.25 * np.percentile(image.pixels, 99.9, axis=(1, 2))[:, None, None]
    pixels = np.clip(np.round(255 * image.pixels / high), 0, 255)
    return replace(image, pixels=pixels.astype(np.float32), quantity="dn8")


def _moved_back(image: Image, shift_px: tuple[float, float]) -> Image:
    back = (-shift_px[0], -shift_px[1])
    bands = [ndimage.shift(np.nan_to_num(band), back, order=1) for band in image.pixels]
    flags = ndimage.shift(image.flags, back, order=0, cval=int(Quality.NODATA))
    pixels = np.where(flags & Quality.NODATA, np.nan, np.array(bands, np.float32))
    return replace(image, pixels=pixels.astype(np.float32), flags=flags)


def searched_area() -> NDArray[np.bool_]:
    """Return the middle of the window, (row, col)."""
    searched = np.zeros((SIDE_PX, SIDE_PX), bool)
    rim = (SIDE_PX - SEARCHED_PX) // 2
    searched[rim:-rim, rim:-rim] = True
    return searched


def count_true(
    place: Place, detect: Callable[[Pair], Detection], runs: int
) -> dict[float, NDArray[np.int_]]:
    """Count buildings that the simulator built: area to (built, found)."""
    bare = detect(place.pair([]))
    called = _construction(bare)
    cells = water_fraction(place.landscape, 0.0)
    water = cells.reshape(SIDE_PX, CELLS, SIDE_PX, CELLS).mean(axis=(1, 3)) > WET_SHARE
    closed = called | water | ~bare.seen | ~searched_area()
    room_px = ndimage.distance_transform_edt(~closed)
    counts = {size: np.zeros(2, int) for size in place.eye.sizes_m2}
    for run in range(runs):
        rng = np.random.default_rng([place.seed, run, 7])
        sizes, buildings = _built(place, room_px, rng)
        new = _construction(detect(place.pair(buildings))) & ~called
        for size, building in zip(sizes, buildings, strict=True):
            where, share = covered_share(building.footprint, place.before, 0.0)
            footprint = np.zeros(new.shape, bool)
            footprint[where[1:]] = share >= min(0.5, float(share.max()))
            counts[size] += (1, is_found(new, footprint, size / place.eye.pixel_m**2))
    return counts


def _built(
    place: Place, room_px: NDArray[np.float64], rng: np.random.Generator
) -> tuple[list[float], list[Structure]]:
    """Scatter buildings of all sizes over the searched area."""
    spots: list[NDArray[np.float64]] = []
    sizes, buildings = [], []
    order = rng.permutation(place.eye.sizes_m2)
    touched_px = 0.0
    for _ in range(400):
        spot = rng.uniform(0, SIDE_PX, 2)
        size = float(order[len(spots) % len(order)])
        longer = rng.uniform(1, 3)
        width_m = math.sqrt(size / longer)
        least = RIM_PX + 0.5 * math.hypot(width_m, width_m * longer) / place.eye.pixel_m
        far = all(np.hypot(*(spot - other)) > APART_PX for other in spots)
        if room_px[int(spot[0]), int(spot[1])] < least or not far:
            continue
        touched_px += (math.sqrt(size) / place.eye.pixel_m + 6) ** 2
        if touched_px > MOST_TOUCHED * SIDE_PX**2:
            break
        x_m = place.grid.affine.c + spot[1] * place.eye.pixel_m
        y_m = place.grid.affine.f - spot[0] * place.eye.pixel_m
        outline = rectangle(x_m, y_m, width_m * longer, width_m, float(rng.uniform(0, 180)))
        tone = float(np.clip(rng.normal(1, 0.09), 0.8, 1.2))
        colour = tone * spectrum(str(rng.choice(MATERIALS)))
        buildings.append(
            Structure(
                outline, tuple(float(value) for value in colour), float(rng.uniform(3, 6.5)),
                bool(rng.uniform() < 0.5),
            )
        )  # fmt: skip
        spots.append(spot)
        sizes.append(size)
    return sizes, buildings


def _construction(detection: Detection) -> NDArray[np.bool_]:
    """Return what would be reported, (row, col)."""
    change = next(change for change in detection.changes if change.kind == "construction")
    labels, count = ndimage.label(ndimage.binary_dilation(change.changed), np.ones((3, 3)))
    sizes = ndimage.sum_labels(change.changed, labels, np.arange(count + 1))
    return change.changed & (sizes >= change.least_px)[labels]


def true_size(counts: dict[float, NDArray[np.int_]]) -> tuple[Tried, ...]:
    """Return counts as the fit takes them."""
    return tuple(
        Tried(size, int(built), int(found)) for size, (built, found) in sorted(counts.items())
        if built
    )  # fmt: skip


@dataclass(frozen=True)
class Agreement:
    """What is true of one valley, and what was said of it."""

    seed: int
    true: tuple[Tried, ...]
    said: DetectionLimit


def compare(eye: Eye, seeds: range, runs: int) -> Iterator[Agreement]:
    """Measure the truth and ask `smallest_found`, valley by valley."""
    for seed in seeds:
        place = make_place(eye, seed)
        true = true_size(count_true(place, detect_construction, runs))
        said = smallest_found(
            place.pair([]), detect_construction, "construction", searched_area(), seed=seed
        )
        yield Agreement(seed, true, said)


def pooled(parts: list[tuple[Tried, ...]]) -> tuple[Tried, ...]:
    """Add the counts of several valleys, size by size."""
    counts: dict[float, NDArray[np.int_]] = {}
    for one in (tried for part in parts for tried in part):
        own = np.array((one.painted, one.found))
        counts[one.area_m2] = counts.get(one.area_m2, np.zeros(2, int)) + own
    return true_size(counts)


def _line(name: str, true: tuple[Tried, ...], said: tuple[Tried, ...]) -> str:
    cells, sizes = [name], []
    for tried in (true, said):
        area, low, high = size_found(tried)
        sizes.append(area)
        words = ["-" if value is None else f"{value:.0f}" for value in (area, low, high)]
        cells.append(f"{words[0]} ({words[1]} to {words[2]})")
    first, second = sizes
    cells.append(f"{second / first:.2f}" if first and second else "-")
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print a table of agreement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="number of valleys")
    parser.add_argument("--first", type=int, default=1, help="seed of the first valley")
    parser.add_argument("--runs", type=int, default=60, help="pictures with buildings per valley")
    parser.add_argument("--eye", type=int, choices=range(len(EYES)), help="only this sensor")
    asked = parser.parse_args()
    for eye in EYES if asked.eye is None else (EYES[asked.eye],):
        print(f"\n{eye.name}: size found nine times in ten, m2\n")
        print("| valley | true | said | said / true |\n|---|---|---|---|")
        done = []
        for one in compare(eye, range(asked.first, asked.first + asked.seeds), asked.runs):
            print(_line(str(one.seed), one.true, one.said.tried), flush=True)
            done.append(one)
        print(_line("all", pooled([one.true for one in done]),
                    pooled([one.said.tried for one in done])))  # fmt: skip


if __name__ == "__main__":
    main()
