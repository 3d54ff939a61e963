"""Tell which of several files are bands of one scene, and which are scenes of their own.

What decides is what the files say: the time of acquisition in their tags or names, the bands that
they hold, and the ground that they cover.  Nothing is guessed: bands of two dates put together, or
one scene counted twice, would be a wrong answer that no later step can see.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import SceneError
from camp_monitor.scenes.footprint import footprint
from camp_monitor.scenes.inspecting import InspectedFile
from camp_monitor.scenes.naming import name_bands
from camp_monitor.scenes.scene import SceneDescription, parse_acquired
from camp_monitor.scenes.sensors import SENSORS
from camp_monitor.scenes.stated import CREATION_TAG, Stated, stated_date

LEAST_OVERLAP_FRACTION = 0.5
"""Bands of one scene share at least so much of the smaller one's frame; tiles of one pass overlap
by a tenth or two."""


@dataclass(frozen=True)
class Group:
    """Files of one scene, and its description.

    Parameters
    ----------
    files : tuple of InspectedFile
    description : SceneDescription
        With the date, where the files state it and the user does not.
    dated_by : str
        Where that date was taken from: ``name`` or the name of a tag; empty where it was given.
    """

    files: tuple[InspectedFile, ...]
    description: SceneDescription
    dated_by: str = ""


@dataclass(frozen=True)
class _Seen:
    """One file, when it says that it was acquired, and the user's names of its bands."""

    file: InspectedFile
    stated: Stated | None
    bands: tuple[str, ...] | None

    @property
    def name(self) -> str:
        return self.file.path.name

    @property
    def words(self) -> str:
        return f"{self.stated.value if self.stated else 'no date'} ({self.name})"

    @property
    def interval(self) -> tuple[datetime, datetime] | None:
        return parse_acquired(self.stated.value) if self.stated else None


Files = tuple[_Seen, ...]


def group_files(
    files: tuple[InspectedFile, ...],
    said: SceneDescription,
    apart: bool | None = None,
    platform: str = "",
) -> tuple[Group, ...]:
    """Put the files of each scene together, in the order in which they were given.

    Files that state different times of acquisition are of different scenes.  Of those that do not,
    files whose bands complete each other over the same ground are one scene; files of which each
    has the same bands over other ground are a scene each.

    Parameters
    ----------
    files : tuple of InspectedFile
    said : SceneDescription
        `bands` names those of all files together, or of each file alike.
    apart : bool or None
        The user says it: each file a scene of its own (True), all of them one (False).
    platform : str
        As the provider's item says; may be empty.

    Raises
    ------
    SceneError
        It cannot be told; or a date is missing, or a file was given twice.
    """
    _refuse_copies(files)
    seen = _look(files, said)
    if apart and said.item and len(files) > 1:
        raise SceneError(
            f"{said.item} describes one scene, and --apart makes {len(files)} of these files: add "
            f"each with its own item."
        )
    if apart or len(seen) == 1:
        return tuple(_group((one,), said, alone=len(seen) == 1) for one in seen)
    if apart is False:
        return (_group(seen, said, alone=True),)
    clusters = _by_time(seen)
    if len(clusters) > 1:
        _check_times(seen, clusters, said)
    parts = [part for cluster in clusters for part in _split(cluster, said, platform)]
    return tuple(_group(part, said, alone=len(parts) == 1) for part in parts)


def _refuse_copies(files: tuple[InspectedFile, ...]) -> None:
    first: dict[str, InspectedFile] = {}
    for file in files:
        other = first.setdefault(file.sha256, file)
        if other is not file:
            raise SceneError(
                f"{other.path} and {file.path} are the same file, byte for byte: name it once."
            )


def _look(files: tuple[InspectedFile, ...], said: SceneDescription) -> tuple[_Seen, ...]:
    """Ask each file for its time, and give it its share of the names of bands."""
    names, counts = said.bands, [len(file.descriptions) for file in files]
    alike = names is not None and set(counts) == {len(names)}
    seen, start = [], 0
    for number, (file, count) in enumerate(zip(files, counts, strict=True), start=1):
        stop = start + count if number < len(files) else None  # too many names stay too many
        share = names if names is None or alike else names[start:stop]
        start += count
        stated = stated_date(file.path)
        known = stated if stated and stated.source != CREATION_TAG else None
        seen.append(_Seen(file, known, share))
    return tuple(seen)


def _by_time(seen: Files) -> list[Files]:
    """Put files together whose stated times agree, the most exact first."""
    clusters: list[list[_Seen]] = []
    for one in sorted((one for one in seen if one.interval), key=_length):
        near = [cluster for cluster in clusters if all(_agree(one, other) for other in cluster)]
        if len(near) > 1:
            raise _undecided(seen, f"{one.words} fits more than one of the other times")
        if near:
            near[0].append(one)
        else:
            clusters.append([one])
    if len(clusters) < 2:
        return [seen]
    place = {one.file.path: number for number, one in enumerate(seen)}
    ordered = [sorted(cluster, key=lambda one: place[one.file.path]) for cluster in clusters]
    ordered.sort(key=lambda cluster: place[cluster[0].file.path])
    return [tuple(cluster) for cluster in ordered]


def _length(one: _Seen) -> timedelta:
    return one.interval[1] - one.interval[0] if one.interval else timedelta.max


def _agree(first: _Seen, second: _Seen) -> bool:
    one, other = first.interval, second.interval
    return one is None or other is None or (one[0] <= other[1] and other[0] <= one[1])


def _check_times(seen: Files, clusters: list[Files], said: SceneDescription) -> None:
    """Refuse files of several times where one of them, or the user, leaves doubt."""
    silent = next((one for one in seen if one.stated is None), None)
    if silent is not None:
        raise _undecided(seen, f"{silent.name} does not say when it was acquired, others do")
    times = " and ".join(cluster[0].words for cluster in clusters[:2])
    if said.acquired is not None:
        raise _undecided(seen, f"they say {times}, and --acquired says {said.acquired}")
    if said.item is not None:
        raise _undecided(seen, f"they say {times}, and one --item describes one scene")


def _split(cluster: Files, said: SceneDescription, platform: str) -> list[Files]:
    """Tell the bands of one scene from scenes of the same time, by bands and ground."""
    if len(cluster) == 1:
        return [cluster]
    try:
        _bands(cluster, said, platform)
    except SceneError:
        alone = [] if said.item else _bands_of_each(cluster, said, platform)
        if not alone:
            raise
        if len(set(alone)) == 1 and not _any_overlap(cluster):
            return [(one,) for one in cluster]
        raise _undecided(
            cluster, "they hold the same bands, and do not say that they are of other times"
        ) from None
    if not _all_overlap(cluster):
        raise _undecided(cluster, "they hold the bands of one scene, and lie on other ground")
    return [cluster]


def _bands_of_each(files: Files, said: SceneDescription, platform: str) -> list[tuple[str, ...]]:
    """Name the bands of each file as a scene of its own; nothing where one cannot be."""
    try:
        return [_bands((one,), said, platform) for one in files]
    except SceneError:
        if all(len(one.file.descriptions) > 1 for one in files):
            raise  # no bands of one scene: what is wrong with the file is what matters
        return []


def _bands(files: Files, said: SceneDescription, platform: str) -> tuple[str, ...]:
    """Name the bands of a scene of these files, or raise what `name_bands` has against it."""
    given = tuple(name for one in files for name in one.bands or ()) if said.bands else None
    day = parse_acquired(said.acquired)[0].date() if said.acquired else date.max
    inspected = tuple(one.file for one in files)  # the day tells the version of a mask alone
    return name_bands(inspected, SENSORS[said.sensor], given, platform, day)[0]


def _any_overlap(files: Files) -> bool:
    frames = [footprint(one.file.grid) for one in files]
    return any(
        _overlap_fraction(one, other) >= LEAST_OVERLAP_FRACTION
        for number, one in enumerate(frames)
        for other in frames[:number]
    )


def _all_overlap(files: Files) -> bool:
    first, *rest = [footprint(one.file.grid) for one in files]
    return all(_overlap_fraction(first, other) >= LEAST_OVERLAP_FRACTION for other in rest)


def _overlap_fraction(first: BaseGeometry, second: BaseGeometry) -> float:
    """Share of the smaller frame that both have."""
    smaller = min(first.area, second.area)
    return float(first.intersection(second).area / smaller) if smaller > 0 else 0.0


def _group(files: Files, said: SceneDescription, *, alone: bool) -> Group:
    """Describe one scene; `alone`: it is the only one, so that what the user says is said of it."""
    bands = tuple(name for one in files for name in one.bands or ()) if said.bands else None
    inspected = tuple(one.file for one in files)
    dated = sorted((one for one in files if one.stated), key=_length)
    if said.item is not None or said.acquired is not None:
        if said.acquired is not None and not alone:
            _check_given(dated, said.acquired)
        return Group(inspected, replace(said, bands=bands))
    silent = next((one for one in files if not one.stated), None)
    if silent is not None:
        raise SceneError(
            f"{silent.name} does not say when it was acquired, in its tags or its name: give "
            f"--acquired{', or --item ITEM.json that says it' if alone else ', and add it alone'}."
        )
    for other in dated[1:]:
        if not _agree(dated[0], other):
            raise SceneError(
                f"These files say {dated[0].words} and {other.words}: give --acquired where they "
                f"are one scene all the same."
            )
    stated = dated[0].stated
    assert stated is not None
    return Group(inspected, replace(said, bands=bands, acquired=stated.value), stated.source)


def _check_given(dated: list[_Seen], acquired: str) -> None:
    """Refuse one date for several scenes where a file says another."""
    first, last = parse_acquired(acquired)
    for one in dated:
        if one.interval and not (one.interval[0] <= last and first <= one.interval[1]):
            raise SceneError(
                f"--acquired says {acquired} for each of these scenes, and {one.words} says "
                f"otherwise: leave --acquired out, or add the files one at a time."
            )


def _undecided(files: Files, why: str) -> SceneError:
    more = f" and {len(files) - 2} more" if len(files) > 2 else ""
    return SceneError(
        f"{files[0].name} and {files[1].name}{more} may be bands of one scene or scenes of their "
        f"own ({why}), and nothing was added: give --together with --acquired where they are one "
        f"scene, or --apart where each is its own."
    )
