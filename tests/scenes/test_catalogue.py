"""A page of text in the catalogue's folder is no scene and stays as it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from camp_monitor.errors import WorkspaceError
from camp_monitor.facilities import bundled_registry
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.catalogue import CATALOGUE, list_scenes, read_scenes
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.workspace import create_workspace, find_workspace
from tests.scenes.painted import numbers, write_tiff

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "imagery" / "README.md"


def test_a_page_in_the_catalogue_is_no_scene(tmp_path: Path) -> None:
    catalogue = tmp_path / "imagery"
    catalogue.mkdir()
    page = shutil.copyfile(PAGE, catalogue / PAGE.name)
    assert read_scenes(catalogue) == ()
    tiff = write_tiff(tmp_path / "a.tif", numbers(rows=64, columns=64), nodata=0)
    described = SceneDescription("sentinel-2", "2016-08-29", offset=0.0)
    scene, added = add_scene(catalogue, (tiff,), described)
    list_scenes(catalogue)
    assert added
    assert [held.id for held in read_scenes(catalogue)] == [scene.id]
    links = json.loads((catalogue / CATALOGUE).read_text(encoding="utf-8"))["links"]
    assert [link["href"] for link in links if link["rel"] == "item"] == [
        f"./{scene.id}/{scene.id}.json"
    ]
    assert page.read_bytes() == PAGE.read_bytes()


def test_the_repository_is_a_workspace_and_init_leaves_it_alone() -> None:
    before = PAGE.read_bytes()
    assert find_workspace(ROOT / "imagery").root == ROOT
    with pytest.raises(WorkspaceError):
        create_workspace(ROOT, bundled_registry())
    assert PAGE.read_bytes() == before


def test_git_keeps_the_page_and_no_pixels() -> None:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert lines.index("/imagery/*") < lines.index("!/imagery/README.md")
