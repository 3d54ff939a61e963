"""One writer at a time, among threads and processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from camp_monitor.errors import SceneError

LOCKS = ".locks"
"""Folder of the catalogue with an empty file for each lock; it may be removed when nothing runs."""


@contextmanager
def alone(folder: Path, name: str) -> Iterator[None]:
    """Wait until no one else holds the lock `name` of the catalogue in `folder`, and hold it.

    A program that ends, in whatever way, holds no lock any more.

    Raises
    ------
    SceneError
        The catalogue cannot be written.
    """
    from filelock import FileLock

    try:
        (folder / LOCKS).mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCKS / f"{name}.lock")
        lock.acquire()
    except OSError as error:
        raise SceneError(
            f"The catalogue {folder} cannot be written ({error.strerror}): check its folder."
        ) from error
    try:
        yield
    finally:
        lock.release()
