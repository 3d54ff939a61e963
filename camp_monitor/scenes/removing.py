"""Take scenes out of the catalogue; their files are kept aside, and no record changes."""

from __future__ import annotations

import difflib
import itertools
from pathlib import Path

from camp_monitor.errors import SceneError
from camp_monitor.scenes.catalogue import list_scenes
from camp_monitor.scenes.locking import alone

REMOVED = ".removed"
"""Folder of the catalogue where the folders of removed scenes are kept, whole."""


def find_scene_folders(folder: Path, scene_ids: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the folders of scenes, also of those whose item is damaged.

    Raises
    ------
    SceneError
        The catalogue in `folder` holds no scene of such an id.
    """
    held = {path.stem: path.parent for path in folder.glob("*/*.json") if _is_item(path)}
    for scene_id in scene_ids:
        if scene_id not in held:
            near = difflib.get_close_matches(scene_id, held, 1)
            hint = f"did you mean {near[0]}?" if near else "see 'camp-monitor scenes list'."
            raise SceneError(f"The catalogue holds no scene {scene_id!r}: {hint}")
    return tuple(held[scene_id] for scene_id in dict.fromkeys(scene_ids))


def remove_scene(folder: Path, scene_id: str) -> Path:
    """Take a scene out of the catalogue, so that no later scan uses it.

    Its folder is moved as it is, with the image, the item and the provider's item: nothing is
    deleted.  The same files can be added again, from there or from where they came.

    Returns
    -------
    Path
        Where the folder is now.

    Raises
    ------
    SceneError
        There is no such scene, or the folder cannot be moved.
    """
    with alone(folder, scene_id):
        (home,) = find_scene_folders(folder, (scene_id,))
        try:
            (folder / REMOVED).mkdir(exist_ok=True)
            place = kept_in(folder, scene_id)
            home.rename(place)
        except OSError as error:
            raise SceneError(
                f"The scene {scene_id} cannot be moved to {folder / REMOVED} ({error.strerror}): "
                f"nothing was changed."
            ) from error
    list_scenes(folder)
    return place


def kept_in(folder: Path, scene_id: str) -> Path:
    """Return where a scene's folder goes when it is removed; it may have been there before."""
    suffixes = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    places = (folder / REMOVED / f"{scene_id}{suffix}" for suffix in suffixes)
    return next(place for place in places if not (place.exists() or place.is_symlink()))


def _is_item(path: Path) -> bool:
    return path.stem == path.parent.name
