"""Write a file whole, or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from camp_monitor.errors import InputError


def write_whole(content: bytes, path: Path) -> None:
    """Write a file whole, or not at all; one that is there is replaced.

    Raises
    ------
    InputError
        It cannot be written there.
    """
    building = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        building.write_bytes(content)
        building.replace(path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}): check its folder."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            building.unlink()
