"""Open an image file, and nothing but that file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from camp_monitor.errors import SceneError
from camp_monitor.foreign_warnings import ignore_for_good
from camp_monitor.scenes.bounds import check_bounds
from camp_monitor.scenes.tiff_tags import check_tags

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

DRIVERS = {
    b"II*\0": "GTiff", b"MM\0*": "GTiff", b"II+\0": "GTiff", b"MM\0+": "GTiff",
    b"\0\0\0\x0cjP  ": "JP2OpenJPEG", b"\xff\x4f\xff\x51": "JP2OpenJPEG",
}  # fmt: skip
"""First bytes of the formats whose files hold their own pixels, and what reads them.

Other formats that GDAL opens, by content and whatever their name, may point to further files or
to a host on the network.
"""


CACHE_BYTES = 64 << 20
"""What GDAL may keep of blocks that it has read: each is needed once."""


@contextmanager
def open_raster(path: Path, remedy: str) -> Iterator[DatasetReader]:
    """Open an image file on its own: a world file or statistics beside it are not read.

    What lies beside a file is not covered by its SHA-256 and does not travel with it.

    Parameters
    ----------
    path : Path
    remedy : str
        What to do where the file is damaged, for the message.

    Raises
    ------
    SceneError
        There is no such file, it is neither a GeoTIFF nor a JPEG 2000, it claims more than
        `camp_monitor.scenes.bounds` allows, or it is damaged; also where that shows only while
        the block inside reads from it.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    alone = rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO")
    try:
        driver = _driver(path)
        if driver == "GTiff":
            check_tags(path)
        ignore_for_good(NotGeoreferencedWarning)
        with alone:
            source = rasterio.open(path.resolve(), driver=driver)
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), source:
            check_bounds(source, path)
            yield source
    except (RasterioError, OSError, IndexError, UnicodeDecodeError) as error:
        cause = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise SceneError(f"{path} cannot be read as an image ({cause}): {remedy}.") from error


def _driver(path: Path) -> str:
    """Tell the format by the first bytes of a file."""
    if not path.is_file():
        raise SceneError(f"There is no file {path}: name a GeoTIFF.")
    with path.open("rb") as source:
        start = source.read(8)
    for signature, driver in DRIVERS.items():
        if start.startswith(signature):
            return driver
    raise SceneError(
        f"{path} is neither a GeoTIFF nor a JPEG 2000 image: convert it (gdal_translate) first."
    )
