"""``camp-monitor compare``: three files in, the findings of a scan out."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner, Result

from camp_monitor.cli import main
from camp_monitor.codes import Code
from tests.painted_pair import AFTER, BEFORE, Files, write_files

DATES = ("2016-08-20", "2016-09-12")
SAID = rb"Ledger head [0-9a-f]{64}\."
HEAD = re.compile(
    rb"\n *<section>\s*<h2>Notes</h2>\s*<p>"
    + SAID
    + rb"</p>\s*</section>|<p>"
    + SAID
    + rb"</p>|\n+"
    + SAID
)
"""What a scan's outputs say of the ledger, which a comparison has not."""
DATED = ("--before-date", DATES[0], "--after-date", DATES[1])


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def compare(files: Files, *words: str | Path) -> Result:
    return run("compare", files.before, files.after, "--outline", files.outline, *words)


def refusal(result: Result) -> str:
    """Return the one sentence of an error, of which there is no traceback."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    [line] = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert result.stderr.splitlines()[-1] == line
    return line


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return write_files(tmp_path_factory.mktemp("three files"))


@pytest.fixture(scope="module")
def workspace(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the same files and a facility of the same id, name and outline."""
    root = tmp_path_factory.mktemp("workspace") / "camps"
    for words in (
        ("init", root),
        ("--workspace", root, "facilities", "import", files.outline, "--id", "camp", "--name",
         "Camp", "--accuracy-m", "20"),
        ("--workspace", root, "scenes", "add", files.before, "--sensor", "planetscope",
         "--acquired", DATES[0]),
        ("--workspace", root, "scenes", "add", files.after, "--sensor", "planetscope",
         "--acquired", DATES[1]),
    ):  # fmt: skip
        result = run(*words)
        assert result.exit_code == 0, result.output
    return root


SUFFIXES = ("gpkg", "geojson", "kml", "csv")


@pytest.fixture(scope="module")
def scanned(workspace: Path) -> tuple[dict[str, Any], Path]:
    """What a scan of the workspace printed, and the files that its commands then wrote."""
    to = workspace.parent / "written"
    to.mkdir()
    words = ("--json", "scan", "camp", "--before", DATES[0], "--after", DATES[1])
    said = run("--workspace", workspace, *words)
    answer: dict[str, Any] = json.loads(said.stdout)
    largest = max(answer["findings"], key=lambda item: item["area_m2"])["id"]
    for command in (
        ("map", "camp", "-o", to / "map.html"),
        ("figure", largest, "-o", to / "figure.png"),
        *(("findings", "export", to / f"findings.{suffix}") for suffix in SUFFIXES),
    ):
        result = run("--workspace", workspace, *command)
        assert result.exit_code == 0, result.output
    return answer, to


@pytest.mark.parametrize("outline", ["drawn", "registered"])
def test_the_findings_are_those_of_a_scan_byte_for_byte(
    files: Files,
    workspace: Path,
    scanned: tuple[dict[str, Any], Path],
    tmp_path: Path,
    outline: str,
) -> None:
    """The map prints where an outline comes from, so only that of the registry gives its bytes."""
    by_scan, written = scanned
    assert len(by_scan["findings"]) == 5
    place = workspace / "aoi" / "camp.geojson" if outline == "registered" else files.outline
    outputs = ("-o", tmp_path / "map.html", "--figure", tmp_path / "figure.png", "--geotiff",
               tmp_path / "change.tif", "--json")  # fmt: skip
    for suffix in SUFFIXES:
        words = outputs if suffix == SUFFIXES[0] else ("--json",)
        export = tmp_path / f"findings.{suffix}"
        one = Files(files.before, files.after, place)
        result = compare(one, *DATED, "--export", export, *words)
        assert result.exit_code == 0, result.output
        by_compare = json.loads(result.stdout)
        for name in ("facility", "observations", "findings"):
            assert by_compare[name] == by_scan[name]
        named = {str(word) for word in words if isinstance(word, Path)}
        assert set(by_compare["files"]) == named | {str(export)}
    for path in sorted(written.iterdir()):
        if outline == "registered" or path.suffix != ".html":
            without_head = HEAD.sub(b"", path.read_bytes())
            assert without_head == (tmp_path / path.name).read_bytes(), path.name
            assert (without_head != path.read_bytes()) == (path.suffix in (".html", ".txt"))
    with rasterio.open(tmp_path / "change.tif") as source:
        assert source.descriptions == ("construction", "flooding")


def test_what_was_taken_from_a_file_is_printed_beside_the_results(
    files: Files, tmp_path: Path
) -> None:
    result = compare(files, "-o", tmp_path / "map.html")
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines() == [
        f"{BEFORE}: sensor planetscope, from its name",
        f"{BEFORE}: acquired 2016-08-20T02:16:02Z, from its name",
        f"{AFTER}: sensor planetscope, from its name",
        f"{AFTER}: acquired 2016-09-12T02:16:04Z, from its name",
    ]
    assert f"Wrote {tmp_path / 'map.html'}" in result.stdout
    assert "camp.kml" not in result.stdout
    quiet = run("--quiet", "compare", files.before, files.after, "--outline", files.outline)
    assert (quiet.exit_code, quiet.stderr) == (0, "")
    given = compare(files, *DATED, "--sensor", "planetscope", "--json")
    assert (given.exit_code, given.stderr) == (0, "")


def tagged(source: Path, target: Path, **tags: str) -> Path:
    shutil.copy(source, target)
    with rasterio.open(target, "r+") as file:
        file.update_tags(**tags)
    return target


@pytest.mark.parametrize(
    ("tags", "name", "said"),
    [
        ({"ACQUISITION_DATETIME": "2016-08-20T02:16:02Z"}, "a.tif", "2016-08-20T02:16:02Z"),
        ({"acquired": "2016-08-20"}, "scene_20160912.tif", "2016-08-20"),
        ({"TIFFTAG_DATETIME": "2016:08:20 02:16:02"}, "a.tif", "2016-08-20 02:16:02"),
        ({"TIFFTAG_DATETIME": "2024:01:01 00:00:00"}, "a_2016_08_20.tif", "2016-08-20"),
        ({"DATETIME": "yesterday"}, "a.2016-08-20.tif", "2016-08-20"),
        ({}, "S1_of_20160820T021602.tif", "2016-08-20T02:16:02Z"),
    ],
)
def test_a_date_is_taken_from_tags_then_from_the_name(
    files: Files, tmp_path: Path, tags: dict[str, str], name: str, said: str
) -> None:
    before = tagged(files.before, tmp_path / name, **tags)
    one = Files(before, files.after, files.outline)
    result = compare(one, "--sensor", "planetscope", "--json")
    assert result.exit_code == 0, result.output
    assert f"{name}: acquired {said}, from its " in result.stderr
    assert ("check it" in result.stderr) == (name == "a.tif" and "TIFFTAG_DATETIME" in tags)
    assert json.loads(result.stdout)["findings"]


def test_a_tag_that_is_no_text_states_nothing(files: Files, tmp_path: Path) -> None:
    path = tagged(files.before, tmp_path / "a_20160820.tif", ACQUIRED="2016-07-01XXXX")
    path.write_bytes(path.read_bytes().replace(b"2016-07-01XXXX", b"2016-07-01\xff\xfe\xc3("))
    result = compare(Files(path, files.after, files.outline), "--sensor", "planetscope")
    assert result.exit_code == 0, result.output
    assert "acquired 2016-08-20, from its name" in result.stderr


@pytest.mark.parametrize(
    "name", ["before.tif", "20160820_20160912.tif", "id_120160820.tif", "2016-13-20.tif"]
)
def test_a_date_that_no_one_states_is_asked_for(files: Files, tmp_path: Path, name: str) -> None:
    before = Path(shutil.copy(files.before, tmp_path / name))
    one = Files(before, files.after, files.outline)
    said = refusal(compare(one, "--sensor", "planetscope"))
    assert name in said
    assert "--before-date" in said
    assert compare(one, "--sensor", "planetscope", *DATED).exit_code == 0


def test_a_sensor_that_no_one_states_is_asked_for(tmp_path: Path, files: Files) -> None:
    numbers = np.random.default_rng(0).integers(1, 255, (4, 64, 64), np.uint8)
    place = Affine(3, 0, 560640, 0, -3, 4674600)
    paths = [tmp_path / "a-2016-08-20.tif", tmp_path / "b-2016-09-12.tif"]
    for path in paths:
        with rasterio.open(
            path, "w", driver="GTiff", dtype="uint8", count=4, height=64, width=64,
            crs="EPSG:32652", transform=place, photometric="RGB", alpha="yes",
        ) as target:  # fmt: skip
            target.write(numbers)
    one = Files(paths[0], paths[1], files.outline)
    assert "--sensor" in refusal(compare(one))
    result = compare(one, "--sensor", "rgb", "--bands", "red,green,blue,unused", "--json")
    assert result.exit_code in (0, 3), result.output
    first = json.loads(result.stdout)["observations"][0]
    assert first["before"]["sensor"] == "rgb"


def test_scenes_that_cannot_be_compared_end_with_3_and_the_reason(
    files: Files, tmp_path: Path
) -> None:
    out = tmp_path / "change.tif"
    overlapping = ("--before-date", "2016-08", "--after-date", "2016-08-20")
    result = compare(
        files, *overlapping, "-o", tmp_path / "map.html", "--geotiff", out, "--figure",
        tmp_path / "f.png", "--json",
    )  # fmt: skip
    assert result.exit_code == 3, result.output
    answer = json.loads(result.stdout)
    assert answer["findings"] == []
    reasons = {item["code"] for one in answer["observations"] for item in one["reasons"]}
    assert reasons == {Code.DATES_OVERLAP}
    assert answer["files"] == [str(tmp_path / "map.html")]
    assert str(out) in result.stderr
    assert not out.exists()
    plain = compare(files, *overlapping)
    assert plain.exit_code == 3
    assert answer["observations"][0]["text"] in plain.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--before-date", "last week"), "last week"),
        (("--before-date", "2016-09-30"), "swap them"),
        (("-o", "map.png"), "map.png"),
        (("--figure", "figure.jpg"), "figure.jpg"),
        (("--export", "findings.xlsx"), "findings.xlsx"),
        (("-o", "absent/map.html"), "check its folder"),
        (("--geotiff", "absent/change.tif"), "check its folder"),
        (("--geotiff", "/vsis3/bucket/change.tif"), "check its folder"),
        (("--accuracy", "20", "--bands", "blue,green"), "4 bands"),
    ],
)
def test_a_slip_is_one_sentence(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...], said: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert said in refusal(compare(files, "--sensor", "planetscope", *words))
    assert list(tmp_path.iterdir()) == []


def test_no_file_that_was_named_is_written_over(files: Files, tmp_path: Path) -> None:
    (tmp_path / "c.kml").write_bytes(files.outline.read_bytes())
    one = Files(files.before, files.after, tmp_path / "c.kml")
    held = [path.read_bytes() for path in (files.before, files.after)]
    for words in (
        ("--geotiff", files.after), ("--geotiff", files.before), ("--export", tmp_path / "c.kml"),
        ("--export", tmp_path / "x.csv", "--geotiff", tmp_path / "x.csv"),
    ):  # fmt: skip
        assert "named twice" in refusal(compare(one, *words))
    assert [path.read_bytes() for path in (files.before, files.after)] == held
    assert [path.name for path in tmp_path.iterdir()] == ["c.kml"]


def _truncated(files: Files, path: Path) -> None:
    path.write_bytes(files.after.read_bytes()[:-60_000])


def _text(files: Files, path: Path) -> None:
    path.write_text("not an image", encoding="utf-8")


def _empty(files: Files, path: Path) -> None:
    path.write_bytes(b"")


def _folder(files: Files, path: Path) -> None:
    path.mkdir()


def _loop(files: Files, path: Path) -> None:
    path.symlink_to(path)


def _elsewhere(files: Files, path: Path) -> None:
    path.write_text(
        '<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand dataType="Byte" band="1">'
        "<SimpleSource><SourceFilename>/vsicurl/http://127.0.0.1:9/a.tif</SourceFilename>"
        "</SimpleSource></VRTRasterBand></VRTDataset>",
        encoding="utf-8",
    )


def _placeless(files: Files, path: Path) -> None:
    numbers = np.ones((1, 9, 9), np.uint8)
    turned = Affine(1, 0, 0, 0, -1, 9)
    with rasterio.open(
        path, "w", driver="GTiff", dtype="uint8", count=1, height=9, width=9, transform=turned
    ) as target:
        target.write(numbers)


def _misnamed_band(files: Files, path: Path) -> None:
    path.write_bytes(files.after.read_bytes().replace(b">green<", b">gr\xffen<"))


def _all_nodata(files: Files, path: Path) -> None:
    shutil.copy(files.after, path)
    with rasterio.open(path, "r+") as target:
        target.write(np.zeros((4, *target.shape), np.uint16))


@pytest.mark.parametrize(
    "make",
    [
        _truncated, _text, _empty, _folder, _loop, _elsewhere, _placeless, _misnamed_band,
        _all_nodata,
    ],
    ids=lambda make: make.__name__,
)  # fmt: skip
def test_a_hostile_image_is_one_sentence(
    files: Files, tmp_path: Path, make: Callable[[Files, Path], None]
) -> None:
    path = tmp_path / AFTER
    make(files, path)
    said = compare(Files(files.before, path, files.outline), "-o", tmp_path / "map.html")
    assert said.exit_code == 2, said.output
    assert said.exception is None or isinstance(said.exception, SystemExit)
    assert "Traceback" not in said.output
    assert not (tmp_path / "map.html").exists()


def test_a_name_that_would_command_a_terminal_is_printed_tamely(
    files: Files, tmp_path: Path
) -> None:
    path = Path(shutil.copy(files.before, tmp_path / "a\x1b[2J\u202e_20160820.tif"))
    result = compare(Files(path, files.after, files.outline), "--sensor", "planetscope")
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    assert "\u202e" not in result.output


@pytest.mark.parametrize(
    "content",
    [
        "", "<kml", "{}", '{"type": "Point", "coordinates": [129.7, 42.2]}',
        '<!DOCTYPE k [<!ENTITY a "aaaa">]><kml>&a;</kml>',
    ],
)  # fmt: skip
def test_a_hostile_outline_is_one_sentence(files: Files, tmp_path: Path, content: str) -> None:
    path = tmp_path / ("a.geojson" if content.startswith("{") else "a.kml")
    path.write_text(content, encoding="utf-8")
    assert "a." in refusal(compare(Files(files.before, files.after, path)))


def test_an_item_brings_date_and_offset_of_a_sentinel_2_file(files: Files, tmp_path: Path) -> None:
    """Without one the offset is not known, and the sentence names the options that tell it."""
    words: list[str | Path] = ["--sensor", "sentinel-2", "--bands", "blue,green,red,nir", "--json"]
    items: list[str | Path] = []
    for role, day in zip(("before", "after"), DATES, strict=True):
        said = {"datetime": f"{day}T02:16:02Z", "earthsearch:boa_offset_applied": True}
        item: dict[str, Any] = {
            "type": "Feature", "stac_version": "1.0.0", "id": role, "geometry": None, "links": [],
            "assets": {}, "properties": said,
        }  # fmt: skip
        path = tmp_path / f"{role}.json"
        path.write_text(json.dumps(item), encoding="utf-8")
        items += [f"--{role}-item", path]
    told = refusal(compare(files, *DATED, *words))
    assert "--before-item" in told
    assert "--offset" in told
    for how in (items, [*DATED, "--scale", "0.0001", "--offset", "0"]):
        result = compare(files, *words, *how)
        assert result.exit_code == 0, result.output
        before = json.loads(result.stdout)["observations"][0]["before"]
        assert before["sensor"] == "sentinel-2"
        assert before["acquired_from_at"].startswith(DATES[0])
