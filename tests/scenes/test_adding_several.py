"""Files that somebody was sent: bands of one scene, or scenes of their own, and the right ones."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odc.geo.geobox import GeoBox

from camp_monitor.errors import SceneError
from camp_monitor.scenes.adding_several import Addition, add_scenes
from camp_monitor.scenes.catalogue import read_scenes
from camp_monitor.scenes.scene import SceneDescription
from tests.scenes.painted import BANDS, grid, numbers, write_tiff

SIDE = 48
NEXT_TILE = grid(SIDE, SIDE).translate_pix(int(SIDE * 0.9), 0)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return tmp_path / "imagery"


def write(
    folder: Path, name: str, seed: int, bands: int = 4, place: GeoBox | None = None, **tags: str
) -> Path:
    import rasterio

    path = write_tiff(folder / name, numbers(seed, SIDE, SIDE, bands), place)
    if tags:
        with rasterio.open(path, "r+") as target:
            target.update_tags(**tags)
    return path


def add(
    catalogue: Path, *paths: Path, sha256: tuple[str, ...] = (), apart: bool | None = None,
    **said: Any,
) -> Addition:  # fmt: skip
    description = SceneDescription(**{"sensor": "planetscope"} | said)
    return add_scenes(catalogue, paths, description, apart=apart, sha256=sha256)


def made_of(done: Addition) -> list[tuple[str, str, list[str]]]:
    """Day, bands and files of each scene."""
    return [
        (scene.dates, " ".join(scene.band_names), [path.name for path in scene.files])
        for scene, _ in done.scenes
    ]


def refused(catalogue: Path, *paths: Path, **said: Any) -> str:
    with pytest.raises(SceneError) as error:
        add(catalogue, *paths, **said)
    assert read_scenes(catalogue) == (), "nothing was added"
    return str(error.value)


ALL = " ".join(BANDS)


def test_images_of_two_dates_are_two_scenes(catalogue: Path, tmp_path: Path) -> None:
    first = write(tmp_path, "camp_2016-08-20.tif", 1)
    second = write(tmp_path, "camp.tif", 2, ACQUISITION_DATE="2016-09-12")
    expected = [
        ("2016-08-20", ALL, ["camp_2016-08-20.tif"]), ("2016-09-12", ALL, ["camp.tif"]),
    ]  # fmt: skip
    done = add(catalogue, first, second)
    assert made_of(done) == expected
    assert [group.dated_by for group in done.groups] == ["name", "ACQUISITION_DATE"]
    again = add(catalogue, second, first)
    assert [added for _, added in again.scenes] == [False, False]
    assert len(read_scenes(catalogue)) == 2


def test_bands_of_two_dates_are_never_one_scene(catalogue: Path, tmp_path: Path) -> None:
    red, nir, late_red, late_nir = (
        write(tmp_path, f"{day}_{band}.tif", seed, 1)
        for seed, (day, band) in enumerate(
            [("20160820", "red"), ("20160820", "nir"), ("20160912", "red"), ("20160912", "nir")]
        )
    )
    assert made_of(add(catalogue / "a", red, late_nir)) == [
        ("2016-08-20", "red", ["20160820_red.tif"]), ("2016-09-12", "nir", ["20160912_nir.tif"]),
    ]  # fmt: skip
    assert made_of(add(catalogue / "b", red, late_red, nir, late_nir)) == [
        ("2016-08-20", "red nir", ["20160820_red.tif", "20160820_nir.tif"]),
        ("2016-09-12", "red nir", ["20160912_red.tif", "20160912_nir.tif"]),
    ]
    for doubt in ({"acquired": "2016-08-20"}, {"bands": ("red", "nir"), "acquired": "2016"}):
        said = refused(catalogue, red, late_nir, **doubt)
        assert "--together" in said
        assert "--apart" in said
    together = add(catalogue / "c", red, late_nir, apart=False, acquired="2016-08-20/2016-09-12")
    assert [bands for _, bands, _ in made_of(together)] == ["red nir"]


def test_bands_in_files_of_their_own_stay_one_scene(catalogue: Path, tmp_path: Path) -> None:
    files = [write(tmp_path, f"{band}.tif", seed, 1) for seed, band in enumerate(BANDS)]
    names = [path.name for path in files]
    assert made_of(add(catalogue / "a", *files, acquired="2016-08-20")) == [
        ("2016-08-20", ALL, names)
    ]
    spare = [write(tmp_path, f"x{seed}.tif", 10 + seed, 1) for seed in range(2)]
    done = add(catalogue / "b", *spare, acquired="2016", bands=("red", "nir"))
    assert [bands for _, bands, _ in made_of(done)] == ["red nir"]
    image = write(tmp_path, "20200601_AnalyticMS_SR.tif", 5)
    mask = write_tiff(tmp_path / "20200601_udm2.tif", np.ones((8, SIDE, SIDE), np.uint8))
    (scene, _), = add(catalogue / "c", image, mask).scenes  # fmt: skip
    assert scene.quality is not None
    assert scene.dates == "2020-06-01"


def test_tiles_of_one_day_are_a_scene_each(catalogue: Path, tmp_path: Path) -> None:
    west, east = write(tmp_path, "w.tif", 1), write(tmp_path, "e.tif", 2, place=NEXT_TILE)
    expected = [("2016-08-20", ALL, ["w.tif"]), ("2016-08-20", ALL, ["e.tif"])]
    assert made_of(add(catalogue / "a", west, east, acquired="2016-08-20")) == expected
    named = add(catalogue / "b", west, east, acquired="2016-08-20", bands=BANDS)
    assert made_of(named) == expected
    red = write(tmp_path, "red.tif", 3, 1)
    nir = write(tmp_path, "nir.tif", 4, 1, NEXT_TILE)
    assert "--together" in refused(catalogue, red, nir, acquired="2016-08-20")


def test_what_cannot_be_told_is_refused_with_both_ways(catalogue: Path, tmp_path: Path) -> None:
    one, other = write(tmp_path, "one.tif", 1), write(tmp_path, "other.tif", 2)
    said = refused(catalogue, one, other, acquired="2016-08-20")
    for part in ("one.tif", "other.tif", "--together", "--apart"):
        assert part in said
    dated = write(tmp_path, "20160820.tif", 3)
    late = write(tmp_path, "20160912.tif", 4)
    assert "one.tif does not say when" in refused(catalogue, dated, late, one)
    assert "does not say when" in refused(catalogue, one)
    assert "does not say when" in refused(catalogue, one, other, apart=True)
    assert "leave --acquired out" in refused(catalogue, dated, late, apart=True, acquired="2017")
    red, nir = write(tmp_path, "20160820_red.tif", 6, 1), write(tmp_path, "nir.tif", 7, 1)
    assert "nir.tif does not say when" in refused(catalogue, red, nir)
    morning, noon = write(tmp_path, "20160820T010000_red.tif", 8, 1), "2016-08-20T12:00:00Z"
    later = write(tmp_path, "later_red.tif", 9, 1, ACQUISITION_DATE=noon)
    assert "fits more than one" in refused(catalogue, red, morning, later)
    created = write(tmp_path, "c.tif", 5, TIFFTAG_DATETIME="2016:08:20 10:00:00")
    assert "does not say when" in refused(catalogue, created), "when it was made, not acquired"
    done = add(catalogue, one, other, apart=True, acquired="2016-08-20")
    assert [day for day, _, _ in made_of(done)] == ["2016-08-20"] * 2


def test_one_bad_file_among_good_ones_adds_nothing(catalogue: Path, tmp_path: Path) -> None:
    good = write(tmp_path, "20160820.tif", 1)
    bad = write(tmp_path, "20160912.tif", 2)
    bad.write_bytes(bad.read_bytes()[:-4000])
    assert "20160912.tif" in refused(catalogue, good, bad)
    copy = tmp_path / "20160913.tif"
    copy.write_bytes(good.read_bytes())
    assert "the same file" in refused(catalogue, good, copy)
    assert "the same file" in refused(catalogue, good, good)
    five = write(tmp_path, "20160914.tif", 3, 5)
    assert "--bands" in refused(catalogue, good, five)
    other = write(tmp_path, "20160914b.tif", 4, 5)
    assert "has 5 bands" in refused(catalogue, five, other), "and not ten"
    many = (*BANDS, "unused")
    assert "--bands" in refused(catalogue, good, bands=many), "a name too many stays too many"


# The file that was promised


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_is_held_to_the_sha256_that_was_named(catalogue: Path, tmp_path: Path) -> None:
    first, second = write(tmp_path, "20160820.tif", 1), write(tmp_path, "20160912.tif", 2)
    right = (sha256(first), f"1220{sha256(second).upper()} ")
    assert "SHA-256" in refused(catalogue, first, second, sha256=right[::-1])
    assert "for 2 files" in refused(catalogue, first, second, sha256=right[:1])
    assert "no SHA-256" in refused(catalogue, first, sha256=("abc",))
    assert "no SHA-256" in refused(catalogue, first, sha256=(f"1220{right[0][:-2]}",))
    assert len(add(catalogue, first, second, sha256=right).scenes) == 2


def write_item(path: Path, href: str, **promised: object) -> Path:
    item: dict[str, Any] = {
        "type": "Feature", "stac_version": "1.0.0", "id": "X", "geometry": None, "links": [],
        "assets": {"data": {"href": href} | promised},
        "properties": {"datetime": "2016-08-20T02:16:02Z"},
    }  # fmt: skip
    path.write_text(json.dumps(item))
    return path


@pytest.mark.parametrize("name", ["sha256", "md5", "sha1", "sha512"])
def test_a_file_is_held_to_the_checksum_of_its_item(
    catalogue: Path, tmp_path: Path, name: str
) -> None:
    file = write(tmp_path, "my camp.tif", 1)
    function = {"sha256": "1220", "md5": "d50110", "sha1": "1114", "sha512": "1340"}[name]
    digest = hashlib.new(name, file.read_bytes()).hexdigest()
    lie = ("1" if digest[0] == "0" else "0") + digest[1:]
    key, href = "file:checksum", "https://host.example/a/my%20camp.tif?sig=x"
    wrong = write_item(tmp_path / "wrong.json", href, **{key: function + lie})
    assert "not the file that was promised" in refused(catalogue, file, item=wrong)
    right = write_item(tmp_path / "right.json", href, **{key: (function + digest).upper()})
    done = add(catalogue, file, item=right)
    assert done.unchecked == ()
    assert [added for _, added in done.scenes] == [True]


def test_what_an_item_says_of_other_files_or_in_other_ways_is_not_held_against_one(
    catalogue: Path, tmp_path: Path
) -> None:
    file, key = write(tmp_path, "a.tif", 1), "file:checksum"
    size = write_item(tmp_path / "size.json", "./a.tif", **{"file:size": 7})
    assert "its item says 7" in refused(catalogue, file, item=size)
    other = write_item(tmp_path / "other.json", "./b.tif", **{key: "1220" + "0" * 64})
    assert add(catalogue / "a", file, item=other).unchecked == ()
    for number, strange in enumerate(("1b20" + "0" * 64, "z", 7, "0" * 64)):
        item = write_item(tmp_path / f"{number}.json", "http://[a/a.tif", **{key: strange})
        assert add(catalogue / f"b{number}", file, item=item).unchecked == ()
        item = write_item(tmp_path / f"{number}.json", "/x/a.tif", **{key: strange})
        assert add(catalogue / f"c{number}", file, item=item).unchecked == (file,)
