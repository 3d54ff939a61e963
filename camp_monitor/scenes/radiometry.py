"""What the numbers in files mean: quantity, scale and offset, or a refusal to guess."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from camp_monitor.errors import SceneError
from camp_monitor.scenes.inspecting import InspectedFile
from camp_monitor.scenes.no_data import possible, range_of
from camp_monitor.scenes.offset_settling import settle_offset
from camp_monitor.scenes.sar.backscatter import check_backscatter, tell_unit
from camp_monitor.scenes.scene import SceneDescription, check_factors
from camp_monitor.scenes.sensors import (
    BACKSCATTER,
    PHYSICAL,
    QUALITY_BANDS,
    QUANTITIES,
    Sensor,
    is_sar,
)
from camp_monitor.scenes.sentinel2_offset import OffsetState, offset_from_item

if TYPE_CHECKING:
    import pystac

Files = tuple[InspectedFile, ...]
MOST_IMPOSSIBLE = 0.5
"""Of a larger share of impossible numbers the file is not what it is said to be."""
OFFSETS = (0.0, -0.1)
"""Of Sentinel-2, before and from processing baseline 04.00."""


@dataclass(frozen=True)
class Meaning:
    """What the numbers of a scene's files mean.

    Parameters
    ----------
    quantity : str
        Key of `QUANTITIES`.
    scale, offset : float
        ``quantity = number * scale + offset``.
    offset_state : OffsetState or None
        How the offset of a Sentinel-2 scene is known.
    """

    quantity: str
    scale: float = 1.0
    offset: float = 0.0
    offset_state: OffsetState | None = None


def tell_meaning(
    files: Files,
    bands: tuple[str, ...],
    measured: tuple[str, ...],
    sensor: Sensor,
    said: SceneDescription,
    provider: pystac.Item | None,
) -> Meaning:
    """Tell what numbers mean, from the user, the item, the pixels and the sensor.

    Parameters
    ----------
    files : tuple of InspectedFile
    bands, measured : tuple of str
        Names of all bands of the files in order, and of those that hold measurements.
    sensor : Sensor
    said : SceneDescription
    provider : pystac.Item or None

    Raises
    ------
    SceneError
        It cannot be told, or the numbers cannot mean what was said.
    """
    eight_bit = _is_eight_bit(files) and said.quantity is None
    tag = None if eight_bit or said.scale is not None else _tagged(files, bands)
    if tag is not None and said.quantity not in (None, *PHYSICAL):
        tag = None
    if tag is not None:
        _check_tag(tag, files[0], sensor)
        known = said.offset_state is not None or provider is not None
        settled = said.offset is None and _is_open(sensor) and (known or not tag[1])
        offset = said.offset if settled or said.offset is not None else tag[1]
        said = replace(said, scale=tag[0], offset=offset)
    meaning = _meaning(files, bands, measured, sensor, said, provider)
    if tag is not None and tag[1] and said.offset is None and meaning.offset != tag[1]:
        raise SceneError(
            f"The tags of {files[0].path.name} say offset {tag[1]:g}, and its item or its pixels "
            f"{meaning.offset:g}: give --offset."
        )
    _check_possible(files, meaning)
    return meaning


def _meaning(
    files: Files,
    bands: tuple[str, ...],
    measured: tuple[str, ...],
    sensor: Sensor,
    said: SceneDescription,
    provider: pystac.Item | None,
) -> Meaning:
    quantity = _quantity(files, sensor, said, measured, provider)
    if quantity != "reflectance":
        return Meaning(quantity, 1.0 if said.scale is None else said.scale, said.offset or 0.0)
    if all(file.dtype.startswith("float") for file in files) and said.scale is None:
        return Meaning(quantity, 1.0, said.offset or 0.0)
    scale = said.scale if said.scale is not None else (sensor.scale or 1.0)
    if said.offset is not None:
        return Meaning(quantity, scale, said.offset)
    if sensor.offset is not None:
        return Meaning(quantity, scale, sensor.offset)
    state = _sentinel_2_offset(files, bands, said, provider)
    return Meaning(quantity, scale, state.offset or 0.0, state)


def _is_open(sensor: Sensor) -> bool:
    """Tell whether the offset of a sensor's reflectance must be settled for each scene."""
    return sensor.quantity == "reflectance" and sensor.offset is None


def _tagged(files: Files, bands: tuple[str, ...]) -> tuple[float, float] | None:
    """Scale and offset in the tags of the measured bands; None where they say nothing."""
    said = [one for file in files for one in zip(file.scales, file.offsets, strict=True)]
    left_out = (*QUALITY_BANDS, "unused")
    found = {one for one, name in zip(said, bands, strict=True) if name not in left_out}
    for scale, offset in found:
        check_factors(scale, offset, f"A band of {files[0].path.name}")
    if len(found) > 1:
        raise SceneError(
            f"The bands of {files[0].path.name} have different scales or offsets in their tags: "
            f"give --scale and --offset that hold for all, or write the file anew."
        )
    only = found.pop()
    return None if only == (1.0, 0.0) else only


def _check_tag(tag: tuple[float, float], file: InspectedFile, sensor: Sensor) -> None:
    """Refuse a file whose tags contradict what the sensor's integers mean."""
    scale, offset = tag
    if file.dtype.startswith("float") or sensor.quantity != "reflectance":
        return
    offsets = OFFSETS if sensor.offset is None else (sensor.offset,)
    fits = sensor.scale is None or math.isclose(scale, sensor.scale, rel_tol=1e-6)
    fits_too = any(math.isclose(offset, one, rel_tol=1e-6, abs_tol=1e-9) for one in offsets)
    if not (fits and fits_too):
        usual = " or ".join(f"{one:g}" for one in offsets)
        raise SceneError(
            f"The tags of {file.path.name} say scale {scale:g} and offset {offset:g}, and "
            f"{sensor.title} has scale {sensor.scale or 1:g} and offset {usual}: give --scale and "
            f"--offset, or correct --sensor."
        )


def _check_possible(files: Files, meaning: Meaning) -> None:
    """Refuse numbers of which too many cannot be what they are said to be."""
    for file in files:
        values = file.sample * np.float32(meaning.scale) + np.float32(meaning.offset)
        outside = 1 - float(possible(values, meaning.quantity).mean()) if values.size else 0.0
        if outside > MOST_IMPOSSIBLE:
            low, high = range_of(meaning.quantity)
            raise SceneError(
                f"{file.path.name} holds numbers of {file.low:g} to {file.high:g}, of which "
                f"{outside:.0%} are no {meaning.quantity} ({low:g} to {high:g}) by scale "
                f"{meaning.scale:g} and offset {meaning.offset:g}: give --scale and --offset, "
                f"correct --sensor, or get the file again."
            )


def _is_eight_bit(files: Files) -> bool:
    several = any(file.dtype == "uint8" for file in files if len(file.descriptions) > 1)
    return several or all(file.dtype == "uint8" for file in files)


def _quantity(
    files: Files,
    sensor: Sensor,
    said: SceneDescription,
    bands: tuple[str, ...],
    provider: pystac.Item | None,
) -> str:
    """Say what the numbers mean, and refuse numbers that cannot mean it."""
    quantity = said.quantity or ("dn8" if _is_eight_bit(files) else sensor.quantity)
    if quantity not in QUANTITIES:
        raise SceneError(f"{quantity!r} is not a quantity: use {', '.join(QUANTITIES)}.")
    if (quantity in BACKSCATTER) != is_sar(bands) and not quantity.startswith("dn"):
        raise SceneError(
            f"The bands {', '.join(bands)} cannot hold {quantity}: correct --bands, --sensor or "
            f"--quantity."
        )
    return _backscatter(files, quantity, said, provider) if quantity in BACKSCATTER else quantity


def _backscatter(
    files: Files, quantity: str, said: SceneDescription, provider: pystac.Item | None
) -> str:
    """Tell sigma nought from gamma nought by names, and power from decibels by the numbers."""
    named = _named_backscatter(files, provider)
    scale = 1.0 if said.scale is None else said.scale
    samples = [file.sample * np.float32(scale) + np.float32(said.offset or 0) for file in files]
    if said.quantity is None:
        kind = named or quantity.split("_")[0]
        quantity = f"{kind}_{tell_unit(np.concatenate(samples)) or 'db'}"
    elif named and not quantity.startswith(named):
        raise SceneError(
            f"{files[0].path.name} or its item names {named}, and --quantity says {quantity}: they "
            f"are never mixed; correct --quantity."
        )
    for file, sample in zip(files, samples, strict=True):
        check_backscatter(sample, quantity, file.path.name)
    return quantity


def _named_backscatter(files: Files, provider: pystac.Item | None) -> str | None:
    """Sigma0 or gamma0, as the files' names, their bands or the item say, if they say one."""
    text = " ".join([name for f in files for name in (f.path.stem, *f.descriptions)]).lower()
    found = {kind for kind in ("sigma0", "gamma0") if re.search(rf"(?<![a-z]){kind}", text)}
    if provider is not None and provider.properties.get("sar:product_type") == "RTC":
        found.add("gamma0")
    if len(found) > 1:
        raise SceneError(
            f"{files[0].path.name} and the files or the item with it name both sigma0 and gamma0, "
            f"which are never mixed: add each as a scene of its own."
        )
    return found.pop() if found else None


def _sentinel_2_offset(
    files: tuple[InspectedFile, ...],
    bands: tuple[str, ...],
    said: SceneDescription,
    provider: pystac.Item | None,
) -> OffsetState:
    """Settle the offset by the processing baseline and the pixels; never by the date."""
    state = said.offset_state
    if state is None and provider is not None:
        state = offset_from_item({**provider.properties, "id": provider.id}, None)
    if state is None:
        raise SceneError(
            f"The processing baseline of {files[0].path.name} is not known, and from 04.00 on 1000 "
            f"is added to the numbers: give --item ITEM.json (of a comparison --before-item and "
            f"--after-item), or --offset 0 (before 04.00, or already removed), or --offset -0.1."
        )
    parts, start = [], 0
    for file in files:
        parts.append((file.path, bands[start : start + len(file.descriptions)]))
        start += len(file.descriptions)
    state = settle_offset(state, parts)
    if state.kind == "unknown" and not said.addresses:
        raise SceneError(
            f"The offset of {files[0].path.name} could not be determined: give --offset 0 (before "
            f"baseline 04.00, or already subtracted), or --offset -0.1.",
            state.notes,
        )
    return state
