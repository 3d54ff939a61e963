"""A benchmark: a folder of labelled pairs with ``pairs.json``, read and checked at the border."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from camp_monitor.codes import Code
from camp_monitor.errors import EvaluationError, Refusal
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.opening import open_raster
from camp_monitor.scenes.sensors import OPTICAL_BANDS, SAR_BANDS, UNKNOWN_POLARISATION

LIST = "pairs.json"
UNSCORED = 255
"""Of a truth: not labelled.  Of an answer: not seen."""
RADAR = ("sar", "sentinel-1")
MOST_PIXELS = 200_000_000
RESTORE = "restore it from the benchmark's source"

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$")]
RelativePath = Annotated[str, Field(min_length=1, max_length=300)]


class Entry(BaseModel):
    """One labelled pair, or one labelled date; fields that this program does not need are ignored.

    `quantity` and the bands are the benchmark's own words; see `read_images` for ours.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Name
    dataset: Name
    kind: Literal["construction", "flooding", "water", "change"]
    mode: Literal["pair", "single"]
    sensor: str
    quantity: Literal["reflectance", "sigma0_db", "gamma0_db", "dn8", "rgb8", "amplitude8"]
    scale: Annotated[float, Field(allow_inf_nan=False)] | None = None
    offset: Annotated[float, Field(allow_inf_nan=False)] | None = None
    pixel_m: Annotated[float, Field(gt=0, le=10_000)] | None = None
    bands: tuple[str, ...]
    bands_before: tuple[str, ...] | None = None
    before: RelativePath | None = None
    after: RelativePath
    truth: RelativePath
    ancillary: dict[str, RelativePath] = {}
    nodata: float | Literal["nan"] | None = None

    @property
    def is_radar(self) -> bool:
        """Whether its bands are backscatter."""
        return self.sensor in RADAR or self.quantity in ("sigma0_db", "gamma0_db", "amplitude8")


@dataclass(frozen=True)
class Benchmark:
    """A folder and what its list names, in the order of the list."""

    folder: Path
    entries: tuple[Entry, ...]

    def only(self, datasets: Sequence[str]) -> Benchmark:
        """Return these datasets of it, or all of it where none is named.

        Raises
        ------
        EvaluationError
            It has no such dataset.
        """
        known = dict.fromkeys(entry.dataset for entry in self.entries)
        for name in datasets:
            if name not in known:
                raise EvaluationError(
                    f"{self.folder / LIST} has no dataset {name!r}: it has {', '.join(known)}."
                )
        kept = tuple(entry for entry in self.entries if not datasets or entry.dataset in datasets)
        return Benchmark(self.folder, kept)


def read_benchmark(folder: Path) -> Benchmark:
    """Read ``pairs.json`` of a benchmark.

    Raises
    ------
    EvaluationError
        It is missing or malformed, names an entry twice, or a file outside of the folder.
    """
    path = folder / LIST
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EvaluationError(
            f"There is no {LIST} in {folder}: name a folder of labelled pairs that has one."
        ) from error
    except (ValueError, RecursionError) as error:
        raise EvaluationError(f"{path} is not JSON ({str(error)[:100]}): correct it.") from error
    if not isinstance(listed, list) or not listed:
        raise EvaluationError(f"{path} is not a list of labelled pairs: write one object for each.")
    entries = tuple(_entry(path, number, item) for number, item in enumerate(listed, start=1))
    seen: set[str] = set()
    for entry in entries:
        if entry.id.casefold() in seen:
            raise EvaluationError(f"{path} names the pair {entry.id} twice: rename one.")
        seen.add(entry.id.casefold())
    return Benchmark(folder, entries)


def _entry(path: Path, number: int, item: object) -> Entry:
    try:
        entry = Entry.model_validate(item)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the entry itself"
        raise EvaluationError(
            f"{path}, entry {number}: {where}: {fault['msg'].lower()}; correct it."
        ) from error
    if (entry.mode == "pair") != (entry.before is not None):
        raise EvaluationError(
            f"{path}, entry {number}: a pair has a before image and a single date has none; "
            f"correct mode or before of {entry.id}."
        )
    named = (entry.before, entry.after, entry.truth, *entry.ancillary.values())
    for name in (name for name in named if name is not None):
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in name:
            raise EvaluationError(
                f"{path}, entry {number}: {name!r} lies outside of the benchmark; name files "
                f"within it."
            )
    return entry


def read_images(
    benchmark: Benchmark, entry: Entry, *, as_dn8: bool = False
) -> tuple[Image | None, Image]:
    """Read the before image, None for a single date, and the after image.

    Only the bands that both have and that `Image` knows are kept.  Pixels of unknown size get one
    metre: see `camp_monitor.evaluation.answering`.

    Parameters
    ----------
    benchmark : Benchmark
    entry : Entry
        Of this benchmark.
    as_dn8 : bool
        Declare optical numbers as plain digital numbers, without their scale.

    Raises
    ------
    EvaluationError
        A file is missing, damaged, or of another shape than the truth or the bands say.
    Refusal
        The two dates have no band in common.
    """
    names_after = _standard_names(entry, entry.bands)
    names_before = _standard_names(entry, entry.bands_before or entry.bands)
    kept = [name for name in names_after if name is not None]
    if entry.before is not None:
        kept = [name for name in kept if name in names_before]
    if not kept and entry.bands_before not in (None, entry.bands):
        raise Refusal(
            Code.OTHER_BANDS, before=entry.before or "", after=entry.after,
            before_bands=entry.bands_before, after_bands=entry.bands,
        )  # fmt: skip
    if not kept:
        raise EvaluationError(f"{entry.id} has no band that is known: its bands are {entry.bands}.")
    after = _read(benchmark, entry, entry.after, names_after, kept, as_dn8)
    if entry.before is None:
        return None, after
    before = _read(benchmark, entry, entry.before, names_before, kept, as_dn8)
    if before.pixels.shape != after.pixels.shape:
        raise EvaluationError(
            f"{entry.id}: the before image has {before.pixels.shape[1:]} pixels and the after "
            f"image {after.pixels.shape[1:]}; both must lie on one grid."
        )
    return before, after


def _standard_names(entry: Entry, bands: tuple[str, ...]) -> list[str | None]:
    if entry.is_radar:
        return [name if name in SAR_BANDS else UNKNOWN_POLARISATION for name in bands]
    return [name if name in OPTICAL_BANDS else None for name in bands]


def _read(
    benchmark: Benchmark,
    entry: Entry,
    name: str,
    names: list[str | None],
    kept: list[str],
    as_dn8: bool,
) -> Image:
    path = benchmark.folder / name
    with open_raster(path, RESTORE) as source:
        if source.width * source.height * source.count > MOST_PIXELS:
            raise EvaluationError(f"{path} has too many pixels to be read whole: cut it.")
        if source.count != len(names):
            raise EvaluationError(
                f"{path} has {source.count} bands and {entry.id} says {len(names)}: correct "
                f"the list."
            )
        numbers = source.read([names.index(band) + 1 for band in kept])
        affine = source.transform
    empty = _empty(numbers, entry)
    declared = as_dn8 and not entry.is_radar
    scaled = entry.scale is not None and not declared
    pixels = numbers.astype(np.float32)
    if scaled:
        pixels = pixels * np.float32(entry.scale) + np.float32(entry.offset or 0.0)
    pixels[:, empty] = np.nan
    flags = np.where(empty, np.uint8(Quality.NODATA), np.uint8(0))
    quantity = {"rgb8": "dn8"}.get(entry.quantity, entry.quantity)
    side = entry.pixel_m or 1.0
    grid = GeoBox(pixels.shape[1:], Affine(side, 0, affine.c, 0, -side, affine.f), None)
    return Image(pixels, tuple(kept), "dn8" if declared else quantity, flags, grid)


def _empty(numbers: NDArray[np.generic], entry: Entry) -> NDArray[np.bool_]:
    """Where nothing was measured: a value that is not finite, or nodata in every band."""
    plain = numbers.astype(np.float64)
    empty = ~np.isfinite(plain).all(axis=0)
    if isinstance(entry.nodata, float):
        empty |= (plain == entry.nodata).all(axis=0)
    return np.asarray(empty)


def read_truth(benchmark: Benchmark, entry: Entry) -> NDArray[np.uint8]:
    """Read the labels, uint8 (row, col): 0 unchanged, 1 changed, 255 not scored.

    Raises
    ------
    EvaluationError
        The file is missing, damaged, or holds other values.
    """
    path = benchmark.folder / entry.truth
    with open_raster(path, RESTORE) as source:
        labels = source.read(1)
    found = set(np.unique(labels).tolist()) - {0, 1, UNSCORED}
    if found:
        raise EvaluationError(
            f"{path} holds {sorted(found)[:3]}: labels are 0, 1 and {UNSCORED} only."
        )
    return labels.astype(np.uint8)
