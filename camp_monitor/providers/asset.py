"""One asset of a provider's item: its address, its numbers, and what is promised of its file."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from camp_monitor.errors import RemoteError
from camp_monitor.providers.network.addresses import LONGEST_HREF, check_address, parse_address
from camp_monitor.providers.network.signing import COPERNICUS_BUCKET
from camp_monitor.providers.sources import Source
from camp_monitor.scenes.sentinel2_offset import OffsetState

MOST_ALTERNATES = 20
SAME = 1e-6
"""Relative: a scale or offset that differs by more is another one."""


def asset_of(assets: Mapping[str, Any], key: str, named: str) -> Mapping[str, Any]:
    """Return an asset of an item that has an address."""
    asset = assets.get(key)
    href = asset.get("href") if isinstance(asset, dict) else None
    if (
        not isinstance(asset, dict)
        or not isinstance(href, str)
        or not 0 < len(href) <= LONGEST_HREF
    ):
        raise RemoteError(f"{named} has no asset {key!r} with an address: leave it out.")
    return asset


def promised(asset: Mapping[str, Any]) -> tuple[str | None, int | None]:
    """Checksum and size that the provider promises of the whole file."""
    checksum, size = asset.get("file:checksum"), asset.get("file:size")
    hexadecimal = isinstance(checksum, str) and re.fullmatch(r"([0-9a-f]{2}){3,100}", checksum)
    counted = isinstance(size, int) and not isinstance(size, bool) and size > 0
    return (checksum if hexadecimal else None), (size if counted else None)


def stated(asset: Mapping[str, Any], key: str) -> tuple[float, ...]:
    """Every scale, offset or nodata that an asset says, by each version of STAC, each once."""
    lists = (asset.get("raster:bands"), asset.get("bands"))
    firsts = [entries[0] for entries in lists if isinstance(entries, list) and entries]
    values = [
        finite(holder.get(name))
        for holder in (*firsts, asset)
        if isinstance(holder, dict)
        for name in (key, f"raster:{key}")
    ]
    return tuple(dict.fromkeys(value for value in values if value is not None))


def agreed(
    asset: Mapping[str, Any],
    key: str,
    known: float | None,
    otherwise: float,
    named: str,
    state: OffsetState | None = None,
) -> float:
    """Return the scale or offset of an asset: the known one, which the item must not contradict."""
    if state is not None:
        return state.offset or 0.0  # an unknown one is never compared
    said = stated(asset, key)
    usual = known if known is not None else next(iter(said), otherwise)
    for value in said:
        if not math.isclose(value, usual, rel_tol=SAME, abs_tol=SAME * abs(usual)):
            raise RemoteError(
                f"{named} says the {key} {value:.6g} where {usual:.6g} is known: leave it out, or "
                f"report it to the provider."
            )
    if key == "scale" and usual <= 0:
        raise RemoteError(f"{named} says the scale {usual:.6g}, which no numbers have.")
    return usual


def address_of(asset: Mapping[str, Any], source: Source) -> str:
    """Return where an asset is asked for: at an alternate, where its own address is none we ask."""
    alternates = asset.get("alternate")
    others = list(alternates.values())[:MOST_ALTERNATES] if isinstance(alternates, dict) else []
    hrefs = [asset["href"], *(one.get("href") for one in others if isinstance(one, dict))]
    asked = (href for href in hrefs if isinstance(href, str) and _is_asked(href, source))
    return str(next(asked, asset["href"]))


def _is_asked(href: str, source: Source) -> bool:
    if source.signing == "copernicus-s3" and href.startswith(f"s3://{COPERNICUS_BUCKET}/"):
        return len(href) <= LONGEST_HREF
    try:
        check_address(parse_address(href), parse_address(source.url), source.hosts)
    except RemoteError:
        return False
    return True


def finite(value: object) -> float | None:
    """Return a number as one that fits; JSON has numbers of any length."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
