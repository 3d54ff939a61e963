"""Find the KML files in a KMZ; nothing is unpacked to disk."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.registry import LARGEST_FILE_BYTES

_PACKED = "is encrypted or packed in an unusual way: save it again as .kml."
MOST_MEMBERS = 1000
"""A KMZ with more files is a map with its pictures, not an outline."""


def read_kmz(path: Path) -> list[bytes]:
    """Return every KML file of a KMZ, in any folder of it, in the order of the archive.

    All are read, since some programs write one for each layer.  What macOS adds beside each file,
    ``__MACOSX/`` and ``._name``, is none.

    Raises
    ------
    FacilityError
        No whole zip, encrypted, no KML inside, or more than `LARGEST_FILE_BYTES` of it.
    """
    contents: list[bytes] = []
    room_bytes = LARGEST_FILE_BYTES
    try:
        with zipfile.ZipFile(path) as archive:
            for member in _kml_members(archive, path):
                with archive.open(member) as file:
                    contents.append(file.read(room_bytes + 1))
                room_bytes -= len(contents[-1])
                if room_bytes < 0:
                    raise FacilityError(
                        f"{path} unpacks to more than {LARGEST_FILE_BYTES:,} bytes: save the "
                        f"outline alone."
                    )
    except OSError as error:
        raise FacilityError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise FacilityError(f"{path} is not a whole KMZ: it may be cut short.") from error
    except RuntimeError as error:
        raise FacilityError(f"{path} {_PACKED}") from error
    return contents


def _kml_members(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    """Find the KML files of an archive."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise FacilityError(
            f"{path} holds more than {MOST_MEMBERS:,} files: save the outline alone."
        )
    found = [member for member in members if _is_kml(member.filename)]
    if not found:
        raise FacilityError(f"{path} holds no KML file: it is a zip of other files.")
    if any(m.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for m in found):
        raise FacilityError(f"{path} {_PACKED}")  # they may claim any amount of memory
    return found


def _is_kml(name: str) -> bool:
    *folders, file = re.split(r"[/\\]", name.lower())
    return file.endswith(".kml") and not file.startswith("._") and "__macosx" not in folders
