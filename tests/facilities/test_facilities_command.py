"""``camp-monitor facilities``: what is printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from camp_monitor.cli.context import Context
from camp_monitor.cli.facilities import facilities
from camp_monitor.errors import FacilityError
from camp_monitor.facilities import bundled_registry, read_registry
from camp_monitor.report.text.sentences import name_of
from camp_monitor.workspace import create_workspace

SQUARE = [[129.75, 42.2], [129.76, 42.2], [129.76, 42.21], [129.75, 42.21]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return create_workspace(tmp_path / "work", bundled_registry()).root


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    path = tmp_path / "drawn.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [SQUARE]}))
    return path


def run(folder: Path, *words: str, as_json: bool = False) -> Result:
    return CliRunner().invoke(facilities, words, obj=Context(folder=folder, as_json=as_json))


def test_list_names_every_facility_and_its_basis(folder: Path) -> None:
    result = run(folder, "list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    for facility in read_registry(bundled_registry()):
        line = next(line for line in lines if line.split(" ")[0] == facility.id)
        assert (facility.outline.basis if facility.outlines else "none") in line
    assert "35 facilities; 3 without an outline; 23 placeholders" in result.stdout
    assert max(map(len, lines)) <= 110


def test_list_fits_a_narrow_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    monkeypatch.setattr(Context, "console", Console(width=80, markup=False, highlight=False))
    lines = run(folder, "list").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    first = next(n for n, line in enumerate(lines) if line.startswith("khs-12-jongori "))
    assert "derived" in lines[first]
    assert "kyo-hwa-so" in lines[first + 1]
    assert "260 m" in lines[first + 1]


def test_list_as_json(folder: Path) -> None:
    answer = json.loads(run(folder, "list", as_json=True).stdout)
    jongori = next(item for item in answer if item["id"] == "khs-12-jongori")
    assert jongori["accuracy_m"] == 260.0
    assert jongori["status_date"] == "2020"


def test_show_prints_every_fact(folder: Path) -> None:
    for facility in read_registry(bundled_registry()):
        printed = "".join(run(folder, "show", facility.id).stdout.split())
        facts = [facility.name, *facility.names_ko, *facility.conflicts, *facility.notes]
        facts += [source.title for source in facility.sources]
        facts += [url for source in facility.sources for url in source.urls]
        facts += [outline.note for outline in facility.outlines]
        facts += [facility.status.value, facility.status.conflict or ""]
        for fact in facts:
            assert "".join(fact.split()) in printed, (facility.id, fact)
        for point in facility.candidates:
            assert f"{point.lat:.6f}{point.lon:.6f}" in printed
        for size in facility.sizes:
            assert size.kind in printed


def test_show_as_json_is_the_file(folder: Path) -> None:
    printed = run(folder, "show", "kls-16-hwasong", as_json=True).stdout
    path = folder / "aoi" / "kls-16-hwasong.geojson"
    assert json.loads(printed) == json.loads(path.read_text("utf-8"))


def test_show_says_that_there_is_no_outline(folder: Path) -> None:
    assert "None: no coordinate was published." in run(folder, "show", "khs-taehung").stdout


def test_import_adds_a_version_once(folder: Path, drawing: Path) -> None:
    words = ("import", str(drawing), "--id", "khs-12-jongori", "--accuracy-m", "15")
    first = run(folder, *words)
    assert "outline version 2 added (drawn, 0.92 km², accurate to 15 m)" in first.stdout
    assert "An open ring of feature 1 was closed." in first.stderr
    assert "nothing added" in run(folder, *words).stdout
    assert f"version 1: {name_of('basis', 'derived')}" in " ".join(
        run(folder, "show", "khs-12-jongori").stdout.split()
    )


def write_features(path: Path, *properties: dict[str, object]) -> Path:
    geometry = {"type": "Polygon", "coordinates": [[*SQUARE, SQUARE[0]]]}
    listed = [{"type": "Feature", "properties": p, "geometry": geometry} for p in properties]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": listed}))
    return path


def test_import_takes_id_and_name_from_the_file_and_says_so(folder: Path, tmp_path: Path) -> None:
    path = write_features(tmp_path / "a.geojson", {"id": "my-camp", "name": "My camp"})
    result = run(folder, "import", str(path))
    assert "my-camp: outline version 1 added" in result.stdout
    assert result.stderr.splitlines() == [
        "The id 'my-camp' was taken from a.geojson.",
        "The name 'My camp' was taken from a.geojson.",
    ]
    again = json.loads(run(folder, "import", str(path), as_json=True).stdout)
    assert (again["id"], again["name"], again["added"]) == ("my-camp", "My camp", False)
    assert again["remarks"] == ["The id 'my-camp' was taken from a.geojson."]


def test_what_is_typed_comes_before_what_the_file_gives(folder: Path, tmp_path: Path) -> None:
    path = write_features(tmp_path / "a.geojson", {"id": "my-camp", "name_en": "My camp"})
    words = ("import", str(path), "--id", "other", "--name", "Other")
    made = json.loads(run(folder, *words, as_json=True).stdout)
    assert (made["id"], made["name"], made["remarks"]) == ("other", "Other", [])
    known = json.loads(
        run(folder, "import", str(path), "--id", "khs-12-jongori", as_json=True).stdout
    )
    assert known["name"] != "My camp"
    assert known["remarks"] == []


def test_a_kml_name_does_not_make_a_facility_of_a_slip_of_the_pen(
    folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "wall.kml"
    corners = " ".join(f"{lon},{lat}" for lon, lat in [*SQUARE, SQUARE[0]])
    path.write_text(
        f"<kml><Placemark><name>wall</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{corners}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>"
    )
    for slip in ("jongori", "khs-12-jongory"):
        result = run(folder, "import", str(path), "--id", slip)
        assert "did you mean khs-12-jongori" in str(result.exception)
    result = run(folder, "import", str(path), "--id", "my-camp")
    assert result.stderr == "The name 'wall' was taken from wall.kml.\n"
    assert run(folder, "show", "my-camp").stdout.startswith("wall\n")


@pytest.mark.parametrize(
    ("properties", "options", "fault"),
    [
        ([{}], [], "gives no id that is text: choose one with --id"),
        ([{"id": 7}], [], "gives no id that is text: choose one with --id"),
        ([{"id": "../x"}], [], r"choose one with --id. '../x' is not a facility id"),
        ([{"id": "Camp 12", "name": "x"}], [], r"--id. 'Camp 12' is not a facility id"),
        ([{"id": "new-one"}], [], "give its name with --name"),
        ([{"id": "new-one", "name": "a\x1bb"}], [], r"control character U\+001B"),
        ([{"id": "new-one", "name": "a" * 201}], [], "201 characters"),
        (
            [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}],
            [],
            r"from 1 'A' \(id 'a'\), 2 'B' \(id 'b'\), or join them with --union and --id",
        ),
        ([{"id": "a"}, {"id": "b"}], ["--union"], r"several ids \('a', 'b'\): choose .* --id"),
        (
            [{"id": "a", "name": "A"}, {"id": "a", "name": "B"}],
            ["--union"],
            r"several names \('A', 'B'\): choose one with --name",
        ),
    ],
)
def test_what_a_file_gives_is_checked_like_what_is_typed(
    folder: Path,
    tmp_path: Path,
    properties: list[dict[str, object]],
    options: list[str],
    fault: str,
) -> None:
    before = sorted(path.name for path in (folder / "aoi").iterdir())
    path = write_features(tmp_path / "a.geojson", *properties)
    result = run(folder, "import", str(path), *options)
    assert isinstance(result.exception, FacilityError)
    assert re.search(fault, str(result.exception)), result.exception
    assert sorted(path.name for path in (folder / "aoi").iterdir()) == before


def test_one_of_several_features_brings_its_own_id(folder: Path, tmp_path: Path) -> None:
    path = write_features(
        tmp_path / "a.geojson", {"id": "a", "name": "A"}, {"id": "b", "name": "B"}
    )
    assert run(folder, "import", str(path), "--feature", "B").stdout.startswith("b: outline")
    words = ("import", str(path), "--union", "--id", "c", "--name", "C")
    assert run(folder, *words).stdout.startswith("c: outline")


def test_a_hostile_name_is_printed_as_text(folder: Path, drawing: Path) -> None:
    name = "[red]<script>alert(1)</script>[/red]"
    result = run(folder, "import", str(drawing), "--id", "x", "--name", name, as_json=True)
    assert json.loads(result.stdout)["created"] is True
    assert name in run(folder, "show", "x").stdout
    assert "<script>" in run(folder, "list").stdout


def test_errors_are_for_main_to_print(folder: Path, drawing: Path) -> None:
    for words in (("show", "nowhere"), ("import", str(drawing), "--id", "nowhere")):
        result = run(folder, *words)
        assert isinstance(result.exception, FacilityError)
        assert not result.stdout
