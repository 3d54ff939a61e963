"""Open KML and KMZ files: hostile ones stay small and harmless, whatever their encoding."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.facility import printable
from camp_monitor.facilities.registry import LARGEST_FILE_BYTES

MOST_MEMBERS = 1000
"""A KMZ with more files is a map with its pictures, not an outline."""


_ENCODING = re.compile(
    rb"encoding=[\"']((?:big5|cp|euc|gb|iso|koi8|ks|latin|shift|windows)[\w.:-]*)", re.IGNORECASE
)
_WIDE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}


def read_kml(path: Path) -> ElementTree.Element:
    """Return the outermost element of a KML file, or of the one KML file of a KMZ.

    Raises
    ------
    FacilityError
        The file cannot be read, is no whole KML, or declares a document type.
    """
    try:
        content = read_kmz(path) if path.suffix.lower() == ".kmz" else path.read_bytes()
        parser = ElementTree.XMLParser(target=_NoDocumentType(path))
        root = ElementTree.parse(io.BytesIO(_utf8(content, path)), parser).getroot()
    except OSError as error:
        raise FacilityError(f"{path} cannot be read: {error.strerror}.") from error
    except (ElementTree.ParseError, ValueError) as error:
        raise FacilityError(f"{path} is not whole XML ({error}): it may be cut short.") from error
    if tag_of(root) != "kml":
        raise FacilityError(
            f"{path} is XML but not KML: its outermost element is {tag_of(root)[:60]!r}."
        )
    return root


def tag_of(element: ElementTree.Element) -> str:
    """Name of an element without its namespace: many programs write their own."""
    return element.tag.rpartition("}")[2]


class _NoDocumentType(ElementTree.TreeBuilder):
    """A document type can declare entities, which make a small file grow without bound."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise FacilityError(
            f"{self.path} declares a document type, which no KML file needs: remove it."
        )


def _utf8(content: bytes, path: Path) -> bytes:
    """Recode as UTF-8 and drop the XML declaration, which often names another encoding."""
    declared = _ENCODING.search(content[:200])
    tried = [_WIDE.get(content[:2], "utf-8-sig"), *([declared[1].decode()] if declared else [])]
    for encoding in tried:
        try:
            text = content.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
        return re.sub(r"\A\s*<\?xml.*?\?>", "", text, flags=re.DOTALL).encode()
    raise FacilityError(f"{path} is not text in {' or '.join(tried)}: save it as UTF-8.")


def read_kmz(path: Path) -> bytes:
    """Return the one KML file of a KMZ, in any folder of it; nothing is unpacked to disk.

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
    except RuntimeError as error:
        raise FacilityError(
            f"{path} is encrypted or packed in an unusual way: save it again as .kml."
        ) from error
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
    found = [
        member
        for member in members
        if member.filename.lower().endswith(".kml")
        and not member.filename.startswith("__MACOSX/")  # what macOS adds beside each file
    ]
    if len(found) != 1:
        names = ", ".join(printable(member.filename)[:40] for member in found[:5]) or "none"
        raise FacilityError(
            f"{path} holds {len(found)} KML files ({names}), and one is needed: unpack the one "
            f"with the outline."
        )
    if found[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotImplementedError("other methods may claim any amount of memory")
    return found[0]
