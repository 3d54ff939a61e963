"""Add the files that somebody was sent: of one scene or of several, held to their checksums."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from camp_monitor.scenes.adding import add_described, describe, inspect_files
from camp_monitor.scenes.catalogue import read_item_file
from camp_monitor.scenes.checksums import check_named, check_promised
from camp_monitor.scenes.grouping import Group, group_files
from camp_monitor.scenes.scene import Scene, SceneDescription


@dataclass(frozen=True)
class Addition:
    """What came of adding files.

    Parameters
    ----------
    scenes : tuple of (Scene, bool)
        Each scene, and whether it was added: False where the same files were there already.
    groups : tuple of Group
        Which files each was made of, and where its date was taken from.
    unchecked : tuple of Path
        Files of which the item states a checksum of a kind that is not known here.
    """

    scenes: tuple[tuple[Scene, bool], ...]
    groups: tuple[Group, ...]
    unchecked: tuple[Path, ...]


def add_scenes(
    folder: Path,
    paths: tuple[Path, ...],
    description: SceneDescription,
    *,
    apart: bool | None = None,
    sha256: tuple[str, ...] = (),
) -> Addition:
    """Add the scenes that these files are, told apart by what the files say: all or none of them.

    Parameters
    ----------
    folder : Path
        The catalogue.
    paths : tuple of Path
        Files of one scene, or of several, see `camp_monitor.scenes.grouping`.
    description : SceneDescription
        Of all of them; a date that is not given is taken from each file's tags or name.
    apart : bool or None
        The user says it: each file a scene of its own (True), all of them one (False).
    sha256 : tuple of str
        What the files must have, one for each in their order; empty where nobody knows.

    Raises
    ------
    SceneError
        As `add_scene`; it cannot be told which files are one scene; a file is not the one that
        `sha256`, or ``file:checksum`` or ``file:size`` of the provider's item, promises.
    """
    check_named(paths, sha256)
    provider = read_item_file(description.item) if description.item else None
    unknown = check_promised(paths, provider) if provider else ()
    platform = str(provider.properties.get("platform", "")) if provider else ""
    groups = group_files(inspect_files(paths, description), description, apart, platform)
    described = tuple(describe(group.files, group.description) for group in groups)
    return Addition(add_described(folder, described), groups, unknown)
