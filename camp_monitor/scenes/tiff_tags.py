"""The lists of tags of a TIFF, looked at before a library reads what they hold."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

from camp_monitor.errors import SceneError

MOST_TEXT_BYTES = 4 << 20
"""Of one tag that holds text or bytes; text of 64 MiB took the reader of it 1 GB and half a
minute.  Lists of numbers are not meant: where the blocks lie is such a list."""
MOST_LISTS = 1000
"""A picture with its overviews and masks has some twenty."""
MOST_TAGS = 1000
"""Of one list."""
_BYTES_AND_TEXT = (1, 2, 6, 7)


def check_tags(path: Path) -> None:
    """Refuse a TIFF whose tags would cost memory or time before a pixel is read.

    A list that leads back to one before it ends there.

    Raises
    ------
    SceneError
        There are too many lists or tags, or one of them is too long.
    """
    with path.open("rb") as source:
        size = os.fstat(source.fileno()).st_size
        start = source.read(16)
        order = "<" if start[:2] == b"II" else ">"
        big = start[2:4] in (b"+\0", b"\0+")
        at = _number(start[8:16] if big else start[4:8], order + ("Q" if big else "I"))
        seen: set[int] = set()
        while at and at < size and at not in seen:
            seen.add(at)
            if len(seen) > MOST_LISTS:
                raise SceneError(
                    f"{path} has more than {MOST_LISTS} pictures in one file: take out the one "
                    f"that is needed (gdal_translate GTIFF_DIR:n:FILE)."
                )
            at = _look_at_list(source, at, order, big, path)


def _look_at_list(source: BinaryIO, at: int, order: str, big: bool, path: Path) -> int:
    """Check the tags of one list; return where the next one is, 0 at the end."""
    head, entry, link = ("Q", "HHQQ", "Q") if big else ("H", "HHII", "I")
    source.seek(at)
    count = _number(source.read(struct.calcsize("<" + head)), order + head)
    if count > MOST_TAGS:
        raise SceneError(
            f"{path} claims {count} tags, and {MOST_TAGS} are the most: it may be damaged, so "
            f"get it again."
        )
    length = struct.calcsize("<" + entry)
    held = source.read(length * count)
    for tag, kind, number, _ in struct.iter_unpack(
        order + entry, held[: len(held) // length * length]
    ):
        if kind in _BYTES_AND_TEXT and number > MOST_TEXT_BYTES:
            raise SceneError(
                f"{path} has a tag ({tag}) of {number / 1e6:.3g} MB, and "
                f"{MOST_TEXT_BYTES / 1e6:.2g} MB are the most: write the image "
                f"without it (gdal_translate)."
            )
    return _number(source.read(struct.calcsize("<" + link)), order + link)


def _number(held: bytes, form: str) -> int:
    """Read one number; 0 where the file ends."""
    return int(struct.unpack(form, held)[0]) if len(held) == struct.calcsize(form) else 0
