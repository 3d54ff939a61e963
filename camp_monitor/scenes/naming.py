"""Name the bands of a user's files: by what was said, by the files, or by the sensor's order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from camp_monitor.errors import SceneError
from camp_monitor.scenes.inspecting import InspectedFile
from camp_monitor.scenes.quality import UDM2_BANDS, udm2_version
from camp_monitor.scenes.sensors import QUALITY_BANDS, Sensor, band_name

Files = tuple[InspectedFile, ...]


def name_bands(
    files: Files,
    sensor: Sensor,
    given: tuple[str, ...] | None,
    platform: str,
    acquired: date,
) -> tuple[tuple[str, ...], bool]:
    """Name every band: as the user says, by description, by file name, or in the sensor's order.

    Parameters
    ----------
    files : tuple of InspectedFile
    sensor : Sensor
    given : tuple of str or None
        The user's names, in the order of the files' bands.
    platform : str
        As the provider's item says; may be empty.
    acquired : date
        Tells the version of a Planet mask, which the file does not hold.

    Returns
    -------
    (tuple of str, bool)
        A name for each band of each file, and whether the sensor's usual order was taken for it.

    Raises
    ------
    SceneError
        The names are too few, too many, unknown or given twice.
    """
    count = sum(len(file.descriptions) for file in files)
    assumed = False
    if given is not None:
        names = tuple(_named(text, sensor) for text in given)
    else:
        plain = tuple(file for file in files if not _is_mask(file))
        found = _found_names(plain, sensor, platform)
        usual = () if found else _usual_names(plain, sensor)
        assumed = bool(usual)
        names = _with_masks(files, found or usual, acquired)
    _check_alpha(files, names)
    if len(names) != count:
        known = f"{len(names)} names were given" if given else "its file does not name them"
        alpha = ", one of them alpha," if any(file.alpha for file in files) else ""
        raise SceneError(
            f"{files[0].path.name} has {count} bands{alpha} where {sensor.title} has "
            f"{len(sensor.bands)}, and {known}: name them in order with --bands, such as "
            f"--bands {','.join(sensor.bands[:count])}; 'unused' leaves one out."
        )
    used = [name for name in names if name != "unused"]
    if len(set(used)) != len(used):
        raise SceneError(f"The bands {', '.join(names)} name one band twice: correct --bands.")
    if not any(name not in QUALITY_BANDS for name in used):
        raise SceneError(f"{files[0].path.name} holds no band that can be compared.")
    return names, assumed


def _named(text: str, sensor: Sensor) -> str:
    name = "unused" if text.strip().lower() == "unused" else band_name(text, sensor)
    if name is None:
        raise SceneError(
            f"{text!r} is not the name of a band: use blue, green, red, nir, swir1, swir2, vv, vh, "
            f"scl, qa_pixel, udm2.0, udm2.1 or unused."
        )
    return name


def _found_names(files: Files, sensor: Sensor, platform: str) -> tuple[str, ...]:
    """Names from descriptions, else from file names; none where neither tells."""
    described = [
        band_name(text, sensor, f"{file.path.stem} {platform}")
        for file in files
        for text in _light(file)
    ]
    if described and all(described):
        return tuple(str(name) for name in described)
    if len(files) > 1 or (files and len(files[0].descriptions) == 1):
        by_file = [band_name(file.path.stem, sensor, platform) for file in files]
        if all(by_file) and all(len(file.descriptions) == 1 for file in files):
            return tuple(str(name) for name in by_file)
    return ()


def _usual_names(files: Files, sensor: Sensor) -> tuple[str, ...]:
    """Names in the sensor's usual order, where one file has as many bands."""
    fits = len(files) == 1 and len(_light(files[0])) == len(sensor.bands) > 1
    return sensor.bands if fits else ()


def _light(file: InspectedFile) -> tuple[str, ...]:
    """Descriptions of the bands that are not the file's alpha."""
    texts = enumerate(file.descriptions)
    return tuple(text for position, text in texts if position not in file.alpha)


def _with_alpha(file: InspectedFile, names: Iterator[str]) -> tuple[str, ...]:
    """Name the bands of a file in order, and leave its alpha out."""
    positions = range(len(file.descriptions))
    return tuple("unused" if one in file.alpha else next(names, "") for one in positions)


def _check_alpha(files: Files, names: tuple[str, ...]) -> None:
    """Refuse a name of light for a band that its file calls alpha."""
    start = 0
    for file in files:
        own = names[start : start + len(file.descriptions)]
        start += len(file.descriptions)
        for position in file.alpha:
            if position < len(own) and own[position] != "unused":
                raise SceneError(
                    f"{file.path.name} calls its band {position + 1} alpha (what is transparent), "
                    f"so it cannot be {own[position]}: name it 'unused' in --bands, or, if it does "
                    f"hold light, correct the file (gdal_edit.py -colorinterp_{position + 1} "
                    f"undefined) and add it again."
                )


def _is_mask(file: InspectedFile) -> bool:
    """Tell whether a file is a Planet mask, by its name and its eight bands."""
    return "udm2" in file.path.stem.lower() and len(file.descriptions) == len(UDM2_BANDS)


def _with_masks(files: Files, names: tuple[str, ...], acquired: date) -> tuple[str, ...]:
    """Put the names of masks between those of the other files, in the order of the files."""
    if not names:
        return ()
    rest = iter(names)
    mask = (f"udm2.{udm2_version(acquired)[-1]}", *["unused"] * (len(UDM2_BANDS) - 1))
    parts = [mask if _is_mask(file) else _with_alpha(file, rest) for file in files]
    return tuple(name for part in parts for name in part if name)
