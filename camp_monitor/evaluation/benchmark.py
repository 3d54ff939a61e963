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
BACKSCATTER = ("sigma0_db", "gamma0_db", "amplitude8")
MOST_PIXELS = 200_000_000
RESTORE = "restore it from the benchmark's source"

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$")]
Quantity = Literal["reflectance", "sigma0_db", "gamma0_db", "dn8", "rgb8", "amplitude8"]
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
    quantity: Quantity
    scale: Annotated[float, Field(allow_inf_nan=False)] | None = None
    offset: Annotated[float, Field(allow_inf_nan=False)] | None = None
    pixel_m: Annotated[float, Field(gt=0, le=10_000)] | None = None
    bands: tuple[str, ...]
    bands_before: tuple[str, ...] | None = None
    quantity_before: Quantity | None = None
    scale_before: Annotated[float, Field(allow_inf_nan=False)] | None = None
    offset_before: Annotated[float, Field(allow_inf_nan=False)] | None = None
    before: RelativePath | None = None
    after: RelativePath
    truth: RelativePath
    ancillary: dict[str, RelativePath] = {}
    nodata: float | Literal["nan"] | None = None

    @property
    def is_radar(self) -> bool:
        """Whether the bands of its after date are backscatter."""
        return self._is_radar(self.bands)

    @property
    def is_radar_before(self) -> bool:
        """Whether the bands of its before date are backscatter."""
        return self._is_radar(self.bands_before or self.bands)

    @property
    def is_mixed(self) -> bool:
        """Whether one date is optical and the other one radar."""
        return self.before is not None and self.is_radar != self.is_radar_before

    def _is_radar(self, bands: tuple[str, ...]) -> bool:
        """Bands decide where the two dates differ; sensor and quantity where they do not."""
        if self.bands_before not in (None, self.bands):
            if set(bands) <= {*SAR_BANDS, "hh", "hv", UNKNOWN_POLARISATION}:
                return True
            if {*bands} & {*OPTICAL_BANDS}:
                return False
        return self.sensor in RADAR or self.quantity in BACKSCATTER


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

    Only the bands that both have and that `Image` knows are kept; of a mixed pair, all that it
    knows.  Where no quantity is stated for the other sensor, its numbers are `dn8` if optical; if
    radar, decibels where most are negative, and 8-bit amplitudes where not.  Pixels of unknown size
    get one metre: see `camp_monitor.evaluation.answering`.

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
        The two dates have no band in common, or one of a mixed pair has none that is known.
    """
    before_date, date = _dates(entry)
    kept = [name for name in date.names if name is not None]
    kept_before = kept
    if before_date is not None:
        kept_before = [name for name in before_date.names if name is not None]
        if not entry.is_mixed:
            kept = kept_before = [name for name in kept if name in kept_before]
    if not (kept and kept_before) and entry.bands_before not in (None, entry.bands):
        raise Refusal(
            Code.OTHER_BANDS, before=entry.before or "", after=entry.after,
            before_bands=entry.bands_before, after_bands=entry.bands,
        )  # fmt: skip
    if not kept:
        raise EvaluationError(f"{entry.id} has no band that is known: its bands are {entry.bands}.")
    after = _read(benchmark, entry, date, kept, as_dn8)
    if before_date is None:
        return None, after
    before = _read(benchmark, entry, before_date, kept_before, as_dn8)
    if before.flags.shape != after.flags.shape:
        raise EvaluationError(
            f"{entry.id}: the before image has {before.flags.shape} pixels and the after image "
            f"{after.flags.shape}; both must lie on one grid."
        )
    return before, after


@dataclass(frozen=True)
class _Date:
    """One date of an entry.

    Parameters
    ----------
    path : str
    names : list of (str or None)
        Of its bands, by standard name; None where it is not known.
    radar : bool
    quantity : str or None
        None where it is not stated.
    scale, offset : float or None
    """

    path: str
    names: list[str | None]
    radar: bool
    quantity: str | None
    scale: float | None
    offset: float | None


def _dates(entry: Entry) -> tuple[_Date | None, _Date]:
    """Return what is stated of either date; `quantity` is of the sensor that has such numbers."""

    def numbers(*, radar: bool) -> tuple[str | None, float | None, float | None]:
        if entry.is_mixed and radar != (entry.quantity in BACKSCATTER):
            return None, None, None
        return entry.quantity, entry.scale, entry.offset

    names = _standard_names(entry.bands, radar=entry.is_radar)
    after = _Date(entry.after, names, entry.is_radar, *numbers(radar=entry.is_radar))
    if entry.before is None:
        return None, after
    own = numbers(radar=entry.is_radar_before)
    if entry.is_mixed and entry.quantity_before:
        own = entry.quantity_before, entry.scale_before, entry.offset_before
    names = _standard_names(entry.bands_before or entry.bands, radar=entry.is_radar_before)
    return _Date(entry.before, names, entry.is_radar_before, *own), after


def _standard_names(bands: tuple[str, ...], *, radar: bool) -> list[str | None]:
    if radar:
        return [name if name in SAR_BANDS else UNKNOWN_POLARISATION for name in bands]
    return [name if name in OPTICAL_BANDS else None for name in bands]


def _read(benchmark: Benchmark, entry: Entry, date: _Date, kept: list[str], as_dn8: bool) -> Image:
    path = benchmark.folder / date.path
    with open_raster(path, RESTORE) as source:
        if source.width * source.height * source.count > MOST_PIXELS:
            raise EvaluationError(f"{path} has too many pixels to be read whole: cut it.")
        if source.count != len(date.names):
            raise EvaluationError(
                f"{path} has {source.count} bands and {entry.id} says {len(date.names)}: correct "
                f"the list."
            )
        numbers = source.read([date.names.index(band) + 1 for band in kept])
        affine = source.transform
    empty = _empty(numbers, entry)
    declared = as_dn8 and not date.radar
    pixels = numbers.astype(np.float32)
    if date.scale is not None and not declared:
        pixels = pixels * np.float32(date.scale) + np.float32(date.offset or 0.0)
    pixels[:, empty] = np.nan
    flags = np.where(empty, np.uint8(Quality.NODATA), np.uint8(0))
    quantity = date.quantity or _likely_quantity(pixels[:, ~empty], radar=date.radar)
    quantity = {"rgb8": "dn8"}.get(quantity, quantity)
    side = entry.pixel_m or 1.0
    grid = GeoBox(pixels.shape[1:], Affine(side, 0, affine.c, 0, -side, affine.f), None)
    return Image(pixels, tuple(kept), "dn8" if declared else quantity, flags, grid)


def _likely_quantity(values: NDArray[np.float32], *, radar: bool) -> str:
    """Tell decibels from amplitudes by their sign; of optical numbers nothing may be assumed."""
    if not radar:
        return "dn8"
    return "sigma0_db" if values.size and float(np.median(values)) < 0 else "amplitude8"


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
