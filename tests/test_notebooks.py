"""The notebooks run on the demo's painted scenes, and are stored without output."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from camp_monitor.report.text.sentences import name_of, phrase
from tests.conftest import IMAGERY_VARIABLE
from tests.remote.painted_catalogue import collection, offer, workspace
from tests.remote.servers import AssetServer, StacServer
from tests.swapped import preamble

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

OFFLINE = ("01_first_scan.ipynb", "02_map_for_a_report.ipynb")


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def printed(notebook: Any) -> str:
    """All text that the cells of an executed notebook show."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            texts.append(output.get("text", ""))
            texts.append(output.get("data", {}).get("text/plain", ""))
    return "\n".join(texts)


def test_the_notebooks_are_there() -> None:
    others = ["03_find_imagery.ipynb", "04_watch_a_place.ipynb"]
    assert [path.name for path in NOTEBOOKS] == [*OFFLINE, *others]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_output(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == [
        f"cell-{number:02d}" for number in range(1, len(notebook.cells) + 1)
    ]
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert not cell.metadata
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_uses_public_names_only(path: Path) -> None:
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert not re.search(r"(import|\.) *_[a-z]", cell.source), cell.source


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for both, so that the second finds the demo of the first."""
    return tmp_path_factory.mktemp("notebooks")


def run(path: Path, folder: Path) -> str:
    """Run a notebook in a folder; return all that it shows, and want no warning."""
    notebook = read(path)
    if preamble():
        notebook.cells.insert(0, nbformat.v4.new_code_cell(preamble()))
    resources = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(notebook, timeout=300, resources=resources).execute()
    assert not [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.get("name") == "stderr"
    ]
    return printed(notebook)


@pytest.mark.parametrize("name", OFFLINE)
def test_a_notebook_runs_on_the_demo(name: str, shared: Path) -> None:
    said = run(NOTEBOOKS[0].with_name(name), shared)
    assert "SIMULATED" in said
    assert phrase("interval", first="2015-09-07", last="2016-09-05") in said
    assert "construction" in said or name_of("kind", "construction") in said
    assert re.search(r"F[0-9a-f]{12}", said)
    if name == OFFLINE[0]:
        tables = re.findall(
            r"(?m)^ *id +kind +area_m2 .*\n((?: *F[0-9a-f]{12} +[a-z_]+ .*\n?)+)", said
        )
        assert len(tables) == (3 if os.environ.get(IMAGERY_VARIABLE) else 2), said
        assert all(len(table.splitlines()) >= 2 for table in tables)


def test_the_notebook_of_catalogues_finds_the_flood(tmp_path: Path) -> None:
    with AssetServer() as files:
        offered = offer(files.home)
        files.files.update(offered.files)
        with StacServer(tmp_path / "stac", [collection()], offered.items) as api:
            workspace(tmp_path / "out" / "camps", api.home)
            said = run(NOTEBOOKS[0].with_name("03_find_imagery.ipynb"), tmp_path)
    assert "2016-08-06  clear   0%" in said
    assert "to fetch: 3 scenes" in said
    assert re.search(r"between 2016-08-16 and 2016-09-05\n.*\n.*\n  F[0-9a-f]{12} flooding", said)


def test_the_notebook_of_a_watch_tells_of_the_flood_and_of_what_was_not_seen(
    tmp_path: Path,
) -> None:
    said = run(NOTEBOOKS[0].with_name("04_watch_a_place.ipynb"), tmp_path)
    assert "painted: a flood that began on 2021-08-03 and was gone on 2021-09-07" in said
    assert "2021-07-16: not due before 2021-07-22" in said
    came = phrase("interval", first="2021-07-27", last="2021-08-08")
    flood = f"{name_of('kind', 'flooding')}, .*\n   came {came}"
    assert re.search(f"E[0-9a-f]{{12}}  {flood}", said)
    assert "too_cloudy" in said
    silent: dict[str, Any] = {
        "first": "2021-08-04",
        "last": "2021-09-13",
        "lasted": 40,
        "names": "sim-01",
    }
    assert phrase("outage.run", **silent) in said
    assert "SIMULATED" in said
    assert "attached: sim-01-map.html" in said
