"""Damaged and hostile files, each made from a sound one by its number and a seed."""

from __future__ import annotations

import json
import os
import shutil
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import rasterio
import shapely
from numpy.typing import NDArray

from tests.scenes.painted import BANDS, grid, texture, write_tiff

SIDE_PX = 96
RASTER_SHARE = 0.6
NAMES = (
    "con.kml", "a b;rm -rf.geojson", "-o.geojson", "..kml", "ｆｕｌｌ.geojson", "x\ny.geojson",
    "%2e%2e.kml", "vsizip.kml", "a" * 200 + ".geojson", "\u202egpj.geojson", "[red].kml", "a.KML",
)  # fmt: skip
"""Names that a shell, a terminal, a path or a driver may trip over."""
TAGS = (
    256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 322, 323, 324, 325, 338, 339,
    33550, 33922, 34735, 34736, 34737, 42112, 42113,
)  # fmt: skip
"""Of a TIFF: sizes, kinds, where the blocks are, georeference, GDAL's own."""


@dataclass(frozen=True)
class Base:
    """A sound file: its name, and the words that a command needs beside it."""

    path: Path
    words: tuple[str, ...]
    raster: bool


@dataclass(frozen=True)
class Input:
    """One damaged file."""

    number: int
    path: Path
    damage: str
    base: Base


def make_bases(folder: Path) -> tuple[Base, ...]:
    """Paint one sound file of every format."""
    folder.mkdir(parents=True)
    layers = np.stack([1200 + 150 * texture(seed, (SIDE_PX, SIDE_PX)) for seed in (1, 2, 3, 4)])
    layers[:, 40:44, 40:44] += 900
    sixteen, eight = layers.astype(np.uint16), (layers / 10).clip(1, 255).astype(np.uint8)
    place = grid(SIDE_PX, SIDE_PX)
    said = ("--sensor", "sentinel-2", "--offset", "0", "--bands", ",".join(BANDS))
    plain = ("--sensor", "rgb")
    tiled = {"tiled": True, "blockxsize": 32, "blockysize": 32}
    bases = []
    for name, numbers, words, options in (
        ("deflate", sixteen, said, {"compress": "deflate", **tiled}),
        ("plain", sixteen, said, {}),
        ("lzw", eight[:3], plain, {"compress": "lzw", **tiled}),
        ("jpeg", eight[:3], plain, {"compress": "jpeg", "photometric": "ycbcr", **tiled}),
    ):
        path = write_tiff(folder / f"{name}.tif", numbers, place, **options)
        bases.append(Base(path, words, True))
    path = folder / "wavelets.jp2"
    with rasterio.open(
        path, "w", driver="JP2OpenJPEG", width=SIDE_PX, height=SIDE_PX, count=4, dtype="uint16",
        crs=str(place.crs), transform=place.affine, QUALITY="100", REVERSIBLE="YES",
    ) as target:  # fmt: skip
        target.write(sixteen)
    bases.append(Base(path, said, True))
    ring = place[20:76, 20:76].extent.to_crs("EPSG:4326").geom
    return (*bases, *_vectors(folder, shapely.transform(ring, lambda points: points.round(7))))


def _vectors(folder: Path, ring: shapely.Polygon) -> list[Base]:
    geojson = folder / "ring.geojson"
    feature = {
        "type": "Feature",
        "properties": {"name": "Ring"},
        "geometry": ring.__geo_interface__,
    }
    geojson.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    corners = " ".join(f"{x},{y},0" for x, y in ring.exterior.coords)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'
        "<Document><Placemark><name>Ring</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{corners}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document>"
        "</kml>"
    )
    kml = folder / "ring.kml"
    kml.write_text(text)
    kmz = folder / "ring.kmz"
    with zipfile.ZipFile(kmz, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", text)
    paths = [geojson, kml, kmz]
    geopackage = folder / "ring.gpkg"
    pyogrio.raw.write(
        geopackage, np.array([shapely.to_wkb(ring)]), [np.array(["Ring"])], ["name"],
        geometry_type="Polygon", crs="EPSG:4326", driver="GPKG",
    )  # fmt: skip
    paths.append(geopackage)
    words = ("--id", "ring", "--name", "Ring", "--accuracy-m", "10")
    return [Base(path, words, False) for path in paths]


def make_input(number: int, seed: int, bases: tuple[Base, ...], folder: Path) -> Input:
    """Make the damaged file of a number in an empty folder."""
    chance = np.random.default_rng((seed, number))
    raster = bool(chance.random() < RASTER_SHARE)
    fit = [base for base in bases if base.raster == raster]
    base = fit[int(chance.integers(len(fit)))]
    kinds: list[Callable[[Path, NDArray[np.uint8], np.random.Generator], None]]
    kinds = [truncate, flip_bits, flip_bits, overwrite, flip_head]
    kinds += [lie, lie, lie, special] if raster else [names, text_slip]
    damage = kinds[int(chance.integers(len(kinds)))]
    if damage is lie and base.path.suffix != ".tif":
        damage = flip_head
    folder.mkdir()
    path = folder / base.path.name
    damage(path, np.frombuffer(base.path.read_bytes(), np.uint8).copy(), chance)
    made = path if os.path.lexists(path) else next(iter(sorted(folder.iterdir())))
    return Input(number, made, damage.__name__, base)


def truncate(path: Path, held: NDArray[np.uint8], chance: np.random.Generator) -> None:
    """Leave off the end."""
    path.write_bytes(held[: chance.integers(len(held))].tobytes())


def flip_bits(path: Path, held: NDArray[np.uint8], chance: np.random.Generator) -> None:
    """Flip one to forty bits anywhere."""
    for place in chance.integers(len(held), size=int(chance.integers(1, 41))):
        held[place] ^= 1 << int(chance.integers(8))
    path.write_bytes(held.tobytes())


def flip_head(path: Path, held: NDArray[np.uint8], chance: np.random.Generator) -> None:
    """Flip one to eight bits where a format keeps its sizes and kinds."""
    for place in chance.integers(min(len(held), 800), size=int(chance.integers(1, 9))):
        held[place] ^= 1 << int(chance.integers(8))
    path.write_bytes(held.tobytes())


def overwrite(path: Path, held: NDArray[np.uint8], chance: np.random.Generator) -> None:
    """Put zeros, ones or noise in the place of a stretch."""
    start = int(chance.integers(len(held)))
    stretch = held[start : start + int(chance.integers(1, 2000))]
    stretch[:] = (0, 255, chance.integers(256, size=len(stretch)))[int(chance.integers(3))]
    path.write_bytes(held.tobytes())


def lie(path: Path, held: NDArray[np.uint8], chance: np.random.Generator) -> None:
    """Let tags of a TIFF claim other numbers, kinds and places, or the list of tags lead on."""
    whole = bytearray(held.tobytes())
    start = int(struct.unpack_from("<I", whole, 4)[0])
    count = int(struct.unpack_from("<H", whole, start)[0])
    if chance.random() < 0.1:  # a list of tags that follows itself, or lies elsewhere
        struct.pack_into("<I", whole, start + 2 + 12 * count, int(chance.choice([start, 8, 2**31])))
    lies = (
        0,
        1,
        7,
        255,
        65535,
        2**20,
        2**31 - 1,
        2**32 - 1,
        len(held),
        int(chance.integers(2**32)),
    )
    for _ in range(int(chance.integers(1, 4))):
        entry = start + 2 + 12 * int(chance.integers(count))
        tag, kind, number, value = struct.unpack_from("<HHII", whole, entry)
        what, told = int(chance.integers(5)), int(lies[chance.integers(len(lies))])
        if what == 0:
            number = told
        elif what == 1:
            kind = int(chance.integers(1, 19))
        elif what == 2:
            tag = int(chance.choice(TAGS))
        elif kind == 12 and value + 8 <= len(held):  # georeference: numbers of 64 bits
            wild = float(chance.choice([0, -1, 1e-300, 1e300, np.nan, np.inf, 180, 1e7]))
            struct.pack_into("<d", whole, value, wild)
        else:
            value = told
        struct.pack_into("<HHII", whole, entry, tag, kind, number, value)
    path.write_bytes(whole)


def special(path: Path, held: NDArray[np.uint8], chance: np.random.Generator) -> None:
    """Put something else than an image there, mostly something that leads to `canary.tif`."""
    canary = path.parents[1] / "canary" / "canary.tif"
    vrt = f'<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand dataType="Byte" band="1">' \
        f'<SimpleSource><SourceFilename>{canary}</SourceFilename></SimpleSource></VRTRasterBand>' \
        "</VRTDataset>"  # fmt: skip
    wms = '<GDAL_WMS><Service name="TMS"><ServerUrl>http://127.0.0.1:9/</ServerUrl></Service>' \
        "</GDAL_WMS>"  # fmt: skip
    choice = int(chance.integers(10))
    if choice == 0:
        os.mkfifo(path)
    elif choice == 1:
        path.mkdir()
    elif choice == 2:
        path.symlink_to(str(chance.choice(["/dev/zero", "/dev/stdin", "/proc/self/mem", "gone"])))
    elif choice == 3:
        path.symlink_to(path)
    elif choice in (4, 5):
        path.write_text(vrt if choice == 4 else wms)
    elif choice == 6:
        path.write_text(f"/vsizip/{canary}/a.tif\nGTIFF_DIR:1:{canary}\n")
    elif choice == 7:  # what lies beside a file is no part of it
        path.write_bytes(held.tobytes())
        for suffix in (".ovr", ".msk"):
            shutil.copy(canary, f"{path}{suffix}")
        aux = (
            f"<PAMDataset><Metadata domain='x'><MDI key='F'>{canary}</MDI></Metadata></PAMDataset>"
        )
        path.with_name(path.name + ".aux.xml").write_text(aux)
    elif choice == 8:
        _bomb(path, chance)
    else:
        path.write_bytes(held[:8].tobytes() + bytes(int(chance.integers(1, 100_000))))


def _bomb(path: Path, chance: np.random.Generator) -> None:
    """A picture without a block, or with blocks that unpack to a thousand times their size."""
    side = int(chance.choice([20_000, 60_000, 300_000]))
    block = int(chance.choice([256, 512, 16384]))
    place = grid(side, side, 0.1)
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=3, dtype="uint8", tiled=True,
        blockxsize=block, blockysize=block, compress="deflate", SPARSE_OK=True,
        crs=str(place.crs), transform=place.affine, BIGTIFF="YES",
    ):  # fmt: skip
        pass


def names(path: Path, held: NDArray[np.uint8], chance: np.random.Generator) -> None:
    """Give a sound file a name that is none, or a place that is a link."""
    fitting = [name for name in NAMES if Path(name).suffix.lower() == path.suffix]
    if not fitting:
        path.symlink_to(str(chance.choice(["/dev/zero", "/proc/self/mem", path.name])))
        return
    path.with_name(str(chance.choice(fitting))).write_bytes(held.tobytes())


def text_slip(path: Path, held: NDArray[np.uint8], chance: np.random.Generator) -> None:
    """Put words where a parser expects others: entities, numbers without end, another encoding."""
    told = held.tobytes()
    slips = (
        (b"129.0", b"1e999"), (b"129.0", b"NaN  "), (b"41.5", b"4l.5"), (b",", b";"),
        (b"<kml", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><kml'),
        (b"Ring", b"&e;&e;"), (b"utf-8", b"utf-7"), (b"UTF-8", b"UTF-16"), (b"129.", b"-129."),
        (b"Polygon", b"Polygone"), (b"[", b"[" * 3000), (b"Ring", b"\xff\xfe"),
    )  # fmt: skip
    old, new = slips[int(chance.integers(len(slips)))]
    path.write_bytes(told.replace(old, new, int(chance.integers(1, 9))))
