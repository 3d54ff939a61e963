"""What a file itself says of its date and its sensor: in its tags, or in its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from camp_monitor.errors import SceneError
from camp_monitor.scenes.opening import open_raster
from camp_monitor.scenes.scene import parse_acquired
from camp_monitor.scenes.sensors import SENSORS

DATE_TAGS = (
    "ACQUISITION_DATETIME", "ACQUISITION_DATE", "ACQUISITIONDATETIME", "ACQUIRED", "DATE_ACQUIRED",
    "SENSING_TIME", "DATATAKE_SENSING_START", "PRODUCT_START_TIME", "DATETIME",
)  # fmt: skip
"""Tags that hold the time of acquisition, in upper case, the most exact first."""
CREATION_TAG = "TIFFTAG_DATETIME"
"""Time of image creation by the TIFF standard; some providers write the acquisition here.  It
counts only where neither another tag nor the name says anything."""
_DATE = re.compile(
    r"(?<!\d)(19[4-9]\d|20\d\d|21\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])"
    r"(?:[T_ -]([01]\d|2[0-3])[:-]?([0-5]\d)[:-]?([0-5]\d))?(?!\d)"
)
_FIRST_IS_ACQUISITION = re.compile(r"^(S2[A-D]_|S1[A-D]_|L[CETOM]0[4-9]_|\d{8}_\d{6}_)", re.I)
"""Products whose names hold several dates, of which the first is that of the acquisition."""
_SENSORS = (
    ("sentinel-2", re.compile(r"^S2[A-D]_|^T\d{2}[A-Z]{3}_\d{8}T\d{6}", re.I)),
    ("sentinel-1", re.compile(r"^S1[A-D]_", re.I)),
    ("landsat", re.compile(r"^L[CETOM]0[4-9]_", re.I)),
    ("planetscope", re.compile(r"_3B_(Analytic|Visual|udm)|PSScene|^\d{8}_\d{6}_.*_SR", re.I)),
    ("naip", re.compile(r"^m_\d{7}_(ne|nw|se|sw)_", re.I)),
)
_BY_BANDS = {3: "rgb", 4: "rgbn"}


@dataclass(frozen=True)
class Stated:
    """Something that a file says of itself.

    Parameters
    ----------
    value : str
        A date as `parse_acquired` reads it, or the key of a sensor.
    source : str
        ``name``, ``bands``, or the name of the tag that says it.
    """

    value: str
    source: str


@dataclass(frozen=True)
class Resolved:
    """Sensor and date of a file, given or stated by itself, and what was taken from where."""

    sensor: str
    acquired: str
    notes: tuple[str, ...]


def resolve_stated(path: Path, sensor: str | None, acquired: str | None) -> Resolved:
    """Take what the user gives, and for the rest what the file states.

    Raises
    ------
    SceneError
        The file cannot be opened, or neither says it.
    """
    notes = []
    if sensor is None:
        kind = stated_sensor(path)
        if kind is None:
            raise SceneError(
                f"{path.name} does not say what took it: give its sensor (--sensor), one of "
                f"{', '.join(SENSORS)}."
            )
        sensor = kind.value
        notes.append(f"sensor {sensor}, from its {kind.source}")
    if acquired is None:
        when = stated_date(path)
        if when is None:
            raise SceneError(
                f"{path.name} does not say when it was acquired, in its tags or its name: give its "
                f"date (--before-date, --after-date)."
            )
        acquired = when.value
        source = when.source if when.source == "name" else f"tag {when.source}"
        doubt = ", the time of image creation: check it" if when.source == CREATION_TAG else ""
        notes.append(f"acquired {acquired}, from its {source}{doubt}")
    return Resolved(sensor, acquired, tuple(notes))


def stated_date(path: Path) -> Stated | None:
    """Return when a file says that it was acquired; None where it does not, or not clearly.

    Raises
    ------
    SceneError
        The file cannot be opened.
    """
    with open_raster(path, "it may be truncated; get it again") as source:
        tags = {name.upper(): str(value).strip() for name, value in source.tags().items()}
    for name in DATE_TAGS:
        if name in tags and _read(tags[name]):
            return Stated(_read(tags[name]), name)
    named = _date_in_name(path.name)
    if named:
        return Stated(named, "name")
    created = _read(tags.get(CREATION_TAG, "").replace(":", "-", 2))
    return Stated(created, CREATION_TAG) if created else None


def stated_sensor(path: Path) -> Stated | None:
    """Return which sensor a file's name tells, else the plain kind that its bands tell.

    Raises
    ------
    SceneError
        The file cannot be opened.
    """
    from rasterio.enums import ColorInterp

    for sensor, pattern in _SENSORS:
        if pattern.search(path.name):
            return Stated(sensor, "name")
    with open_raster(path, "it may be truncated; get it again") as source:
        names = {str(text).strip().lower() for text in source.descriptions if text}
        count = source.count
        has_alpha = ColorInterp.alpha in source.colorinterp
    if names and names <= {"vv", "vh"}:
        return Stated("sentinel-1", "bands")
    if count not in _BY_BANDS or (has_alpha and "nir" not in names):
        return None  # GDAL marks the fourth band of 8 bits as alpha, whatever it holds
    return Stated(_BY_BANDS[count], "bands")


def _date_in_name(name: str) -> str:
    found = [_moment(match) for match in _DATE.finditer(name)]
    days = {text[:10] for text in found if text}
    if not days or (len(days) > 1 and not _FIRST_IS_ACQUISITION.match(name)):
        return ""
    return next(text for text in found if text)


def _moment(match: re.Match[str]) -> str:
    year, _, month, day, hour, minute, second = match.groups()
    text = f"{year}-{month}-{day}"
    return _read(f"{text}T{hour}:{minute}:{second}Z" if hour else text)


def _read(text: str) -> str:
    """Return a date as it is if it is one, else nothing."""
    try:
        parse_acquired(text)
    except SceneError:
        return ""
    return text
