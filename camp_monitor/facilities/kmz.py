"""Read the KML inside a KMZ file, which is a zip: hostile ones stay small and harmless."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.facility import printable
from camp_monitor.facilities.registry import LARGEST_FILE_BYTES

MOST_MEMBERS = 1000
"""A KMZ with more files is a map with its pictures, not an outline."""


def read_kmz(path: Path) -> bytes:
    """Return the one KML file of a KMZ; nothing is unpacked to disk.

    Raises
    ------
    FacilityError
        No whole zip, encrypted, no KML inside or several, or more than `LARGEST_FILE_BYTES`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            member = _kml_member(archive, path)
            with archive.open(member) as file:
                content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise FacilityError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise FacilityError(f"{path} is not a whole KMZ: it may be cut short.") from error
    if len(content) > LARGEST_FILE_BYTES:
        raise FacilityError(
            f"{path} unpacks to more than {LARGEST_FILE_BYTES:,} bytes: save the outline alone."
        )
    return content


def _kml_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    """Find the KML in an archive."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise FacilityError(
            f"{path} holds more than {MOST_MEMBERS:,} files: save the outline alone."
        )
    found = [member for member in members if member.filename.lower().endswith(".kml")]
    if len(found) != 1:
        names = ", ".join(printable(member.filename)[:40] for member in found[:5]) or "none"
        raise FacilityError(
            f"{path} holds {len(found)} KML files ({names}), and one is needed: unpack the one "
            f"with the outline."
        )
    plain = found[0].compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if found[0].flag_bits & 0x1 or not plain:
        raise FacilityError(
            f"{path} is encrypted or packed in an unusual way: save it again as .kml."
        )
    return found[0]
