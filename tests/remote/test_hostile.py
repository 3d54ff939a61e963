"""What catalogues and file servers may answer, seen from the command line: a child for each case.

Every case has a workspace of its own in a folder of its own, one part of the servers' paths of its
own, and waits that are cut short (`test_remote.py` measures them).  Afterwards the folder is
compared with what it was, and the addresses that the child connected to with this computer's.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile

from camp_monitor.codes import Code
from camp_monitor.demo.scenes import grid_round
from camp_monitor.facilities import bundled_registry, find_facility
from tests.remote.conftest import SECRET
from tests.remote.painted_catalogue import (
    COLLECTION,
    FACILITY,
    SUMMER,
    TEN_METRES,
    TWENTY_METRES,
    coarser,
    cog,
    collection,
    item,
    workspace,
)
from tests.remote.servers import AssetServer, Fault, Front, StacServer
from tests.swapped import preamble

INTERVAL = ("--from", "2016-08-01", "--to", "2016-10-15")
AT_ONCE = 3
CROWD = 130
"""More scenes than one page holds."""
SERVER = """
import json, os, resource, signal, sys, time
logs, slept = [os.environ["SPY"]], time.sleep
time.sleep = lambda seconds: slept(min(seconds, 0.02))
def watch(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple):
        record("connect", args[1][0])
    elif event == "socket.getaddrinfo":
        record("connect", str(args[0]))
    elif event == "open" and isinstance(args[0], str):
        if args[1] not in ("r", "rb", None) or args[0].endswith("canary.tif"):
            record("open", os.path.abspath(args[0]))
def record(*words):
    with os.fdopen(os.open(logs[-1], os.O_WRONLY | os.O_APPEND | os.O_CREAT), "a") as file:
        file.write(" ".join(words) + "\\n")
sys.addaudithook(watch)
import camp_monitor.cli.facilities, camp_monitor.cli.scan, camp_monitor.cli.scenes
import camp_monitor.providers.fetch, camp_monitor.providers.search, camp_monitor.scan
from camp_monitor.cli import main
for line in sys.stdin:
    case = json.loads(line)
    child = os.fork()
    if not child:
        signal.alarm(120)  # what hangs ends, and is told by its exit code
        logs.append(case["spied"])
        os.environ.clear()
        os.environ.update(case["environ"])
        for number, path in enumerate((os.devnull, *case["caught"])):
            os.dup2(os.open(path, os.O_RDWR), number)
        if limit := case["limit_bytes"]:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        main(case["words"], prog_name="camp-monitor")
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Runs one command a line, each in a child that is forked when all is imported."""


@functools.cache
def grid() -> GeoBox:
    return grid_round(find_facility(bundled_registry(), FACILITY))


@functools.cache
def pictures() -> dict[str, bytes]:
    """One file for each key of an item: numbers of nothing, under a clear sky."""
    whole = grid()
    half = coarser(whole)
    chance = np.random.default_rng(1)
    files = {
        key: cog(chance.integers(300, 3000, whole.shape, dtype=np.uint16), whole)
        for key in TEN_METRES.values()
    }
    for key in TWENTY_METRES.values():
        files[key] = cog(chance.integers(300, 3000, half.shape, dtype=np.uint16), half)
    return files | {"scl": cog(np.full(half.shape, 4, np.uint8), half)}


@dataclass
class World:
    """Servers that all cases share, and what each case puts there."""

    files: AssetServer
    front: Front
    api: StacServer

    def item(self, name: str, **properties: Any) -> dict[str, Any]:
        """An item whose files are there."""
        for key, content in pictures().items():
            self.files.files[f"/{name}/{key}.tif"] = content
        made = item(self.files.home, name, SUMMER[1], grid())
        made["properties"] |= {"s2:processing_baseline": "02.14"} | properties
        del made["properties"]["earthsearch:boa_offset_applied"]
        for asset in made["assets"].values():
            asset.pop("raster:bands", None)
        return made

    def offer(self, made: Any, name: str) -> None:
        content = made if isinstance(made, bytes) else json.dumps(made).encode()
        path = f"/collections/{COLLECTION}/items/{name}"
        self.front.always[path] = Fault(status=200, content=content)


Setup = Callable[[World, str, Path], "tuple[str, ...] | None"]
Change = Callable[[World, dict[str, Any]], Any]


@dataclass(frozen=True)
class Case:
    """A command against something hostile, and how it must end."""

    name: str
    setup: Setup
    said: str = ""
    code: int = 2
    home: str = ""
    limit_bytes: int = 0
    keeps: int = 0
    """Scenes in the catalogue afterwards."""


@dataclass(frozen=True)
class Ended:
    """How a child ended, and what it left."""

    code: int
    out: str
    err: str
    spied: str
    folder: Path
    before: dict[str, str]
    after: dict[str, str]
    left: tuple[str, ...] = field(default=())


def snapshot(folder: Path) -> dict[str, str]:
    """Every file outside of the catalogue, by its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "imagery" not in path.relative_to(folder).parts
    }


def fetching(change: Change | None = None) -> Setup:
    """Fetch a scene whose item, or what is returned in its place, was changed."""

    def setup(world: World, name: str, _: Path) -> tuple[str, ...]:
        made = world.item(name)
        changed = change(world, made) if change else None
        world.offer(made if changed is None else changed, name)
        return "scenes", "fetch", FACILITY, name

    return setup


def asset(world: World, made: dict[str, Any], key: str = "red") -> str:
    """Path of a file."""
    path: str = made["assets"][key]["href"].removeprefix(world.files.home)
    return path


def with_faults(*faults: Fault, always: Fault | None = None) -> Setup:
    def change(world: World, made: dict[str, Any]) -> None:
        world.files.faults[asset(world, made)].extend(faults)
        if always:
            world.files.always[asset(world, made)] = always

    return fetching(change)


def with_file(make: Callable[[], bytes]) -> Setup:
    def change(world: World, made: dict[str, Any]) -> None:
        world.files.files[asset(world, made)] = make()

    return fetching(change)


def with_href(href: str) -> Setup:
    def change(_: World, made: dict[str, Any]) -> None:
        made["assets"]["red"]["href"] = href

    return fetching(change)


def with_checksum(multihash: Callable[[bytes], str]) -> Setup:
    def change(world: World, made: dict[str, Any]) -> None:
        for key, content in pictures().items():
            made["assets"][key] |= {
                "file:checksum": multihash(content), "file:size": len(content)
            }  # fmt: skip

    return fetching(change)


def replaced(*keys: str, value: Any) -> Setup:
    """An item with something else at a place in it."""

    def change(_: World, made: dict[str, Any]) -> None:
        holder = made
        for key in keys[:-1]:
            holder = holder[key]
        holder[keys[-1]] = value

    return fetching(change)


def tiff(numbers: np.ndarray[Any, Any], **profile: Any) -> bytes:
    count, rows, cols = numbers.shape
    settings = {
        "driver": "GTiff", "dtype": numbers.dtype.name, "count": count, "height": rows,
        "width": cols, "crs": str(grid().crs), "transform": grid().affine,
    }  # fmt: skip
    with MemoryFile() as memory:
        with memory.open(**(settings | profile)) as target:
            target.write(numbers)
        return bytes(memory.read())


def sparse(pixel_m: float) -> bytes:
    """A million by a million pixels that nobody ever wrote."""
    place = grid().affine * Affine.scale(pixel_m / 10)
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", dtype="uint16", count=1, height=10**6, width=10**6, sparse_ok=True,
            tiled=True, blockxsize=8192, blockysize=4096, crs=str(grid().crs), transform=place,
            BIGTIFF="YES",
        ):  # fmt: skip
            pass
        return bytes(memory.read())


def square(**profile: Any) -> Callable[[], bytes]:
    return lambda: tiff(np.full((1, *grid().shape), 900, np.uint16), **profile)


def elsewhere() -> bytes:
    return square(transform=Affine(10, 0, 300_000, 0, -10, 1_000_000))()


def vrt(world: World, made: dict[str, Any]) -> None:
    inner = f"/vsicurl/{world.files.home}{asset(world, made, 'blue')}"
    world.files.files[asset(world, made)] = (
        f'<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand dataType="UInt16" band="1">'
        f"<SimpleSource><SourceFilename>{inner}</SourceFilename></SimpleSource></VRTRasterBand>"
        f"</VRTDataset>"
    ).encode()


def canary(world: World, name: str, folder: Path) -> tuple[str, ...]:
    """A good file of this computer that an item points to."""
    (folder / "canary.tif").write_bytes(pictures()["red"])
    return with_href(f"file://{folder}/canary.tif")(world, name, folder) or ()


def antimeridian(_: World, made: dict[str, Any]) -> None:
    ring = [[-179.5, 41], [179.5, 41], [179.5, 43], [-179.5, 43], [-179.5, 41]]
    made["geometry"] = {"type": "Polygon", "coordinates": [ring]}


def swollen(_: World, made: dict[str, Any]) -> None:
    made["properties"]["more"] = "x" * 6_000_000


def other_item(world: World, made: dict[str, Any]) -> dict[str, Any]:
    return world.item(f"{made['id']}_other")


def nan_item(_: World, made: dict[str, Any]) -> bytes:
    return json.dumps(made).replace('"eo:cloud_cover": 50.0', '"eo:cloud_cover": NaN').encode()


def huge_item(_: World, made: dict[str, Any]) -> bytes:
    long = "1" + "0" * 400
    return json.dumps(made).replace('"eo:cloud_cover": 50.0', f'"eo:cloud_cover": {long}').encode()


def searched(answer: Callable[[World, str], Any] | None, *words: str) -> Setup:
    """Ask a catalogue that answers every search alike; it is `Case.home`'s own front."""

    def setup(world: World, name: str, folder: Path) -> tuple[str, ...]:
        if answer is not None:
            content = answer(world, name)
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            world.front.always["/search"] = Fault(status=200, content=raw)
        return words or ("--json", "scenes", "search", FACILITY, *INTERVAL)

    return setup


def page(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), "links": []}


def odd_items(world: World, name: str) -> dict[str, Any]:
    good = world.item(name)

    def other(**parts: Any) -> dict[str, Any]:
        return deepcopy(good) | parts

    crossing = deepcopy(good)
    antimeridian(world, crossing)
    return page(
        good, other(id="../../evil"), other(id=7), other(assets=[]), other(assets={"red": []}),
        other(properties=None), other(geometry="here"), other(collection=["x"]), crossing, "text",
        None, [], other(id=f"{name}-b", geometry={"type": "Point", "coordinates": [10**300, 1]}),
    )  # fmt: skip


def differs(world: World, name: str) -> dict[str, Any]:
    """The search shows two scenes; asked for by itself, the second is of another day."""
    first, second = (world.item(f"{name}_{day}", datetime=f"2016-09-0{day}T02:20:00Z")
                     for day in (1, 5))  # fmt: skip
    world.offer(first, first["id"])
    changed = deepcopy(second)
    changed["properties"]["datetime"] = "2016-09-07T02:20:00Z"
    world.offer(changed, second["id"])
    return page(first, second)


def unlooked_at(world: World, name: str) -> dict[str, Any]:
    """Two scenes of which one's quality band cannot be had now."""
    good, away = (world.item(f"{name}_{day}", datetime=f"2016-09-0{day}T02:20:00Z")
                  for day in (1, 5))  # fmt: skip
    world.offer(good, good["id"])
    world.files.always[asset(world, away, "scl")] = AWAY
    return page(good, away)


def said(*words: str, setup: Callable[[Path], object] = lambda folder: None) -> Setup:
    def make(_: World, __: str, folder: Path) -> tuple[str, ...]:
        setup(folder)
        return words

    return make


def configured(**settings: int) -> Setup:
    def make(world: World, name: str, folder: Path) -> tuple[str, ...]:
        file = folder / "camps" / "camp-monitor.toml"
        text = file.read_text("utf-8")
        for key, value in settings.items():
            text, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            assert found == 1
        file.write_text(text, encoding="utf-8")
        return fetching()(world, name, folder) or ()

    return make


def of_listed_hosts(setup: Setup) -> Setup:
    """Another setup, in a workspace whose source names the hosts of its files."""

    def make(world: World, name: str, folder: Path) -> tuple[str, ...]:
        file = folder / "camps" / "camp-monitor.toml"
        text = file.read_text("utf-8")
        table = text.index("[sources.local]\n") + len("[sources.local]\n")
        listed = 'hosts = ["127.0.0.1"]\n'
        file.write_text(text[:table] + listed + text[table:], encoding="utf-8")
        return setup(world, name, folder) or ()

    return make


def imagery_is(make: Callable[[Path], object]) -> Setup:
    def setup(world: World, name: str, folder: Path) -> tuple[str, ...]:
        place = folder / "camps" / "imagery"
        place.rmdir()
        make(place)
        return fetching()(world, name, folder) or ()

    return setup


BUSY, AWAY = Fault(status=429, headers={"Retry-After": "1"}), Fault(status=503)
STRANGER = Fault(status=302, headers={"Location": "https://files.example.org/x.tif"})
LINK_LOCAL = Fault(status=302, headers={"Location": "https://169.254.169.254/latest/meta-data"})
SEARCH = ("scenes", "search", FACILITY, *INTERVAL)
SHORT = ("--json", "scenes", "search", FACILITY, "--from", "2016-08-01", "--to", "2016-08-03")

CASES = [
    # files that come in the end
    Case("good", fetching(), code=0, keeps=1),
    Case("slow", with_faults(always=Fault(delay_s=0.7)), code=0, keeps=1),
    Case("busy", with_faults(BUSY, AWAY, BUSY), code=0, keeps=1),
    Case("cut", with_faults(Fault(), Fault(cut_at=9000), Fault(cut_at=0)), code=0, keeps=1),
    Case("sha512", with_checksum(lambda c: "1340" + hashlib.sha512(c).hexdigest()), code=0,
         keeps=1),
    Case("md5", with_checksum(lambda c: "d50110" + hashlib.md5(c).hexdigest()), code=0, keeps=1),
    # files that do not
    Case("always_away", with_faults(always=AWAY), "answered HTTP 503, in 5 tries"),
    Case("always_cut", with_faults(Fault(), always=Fault(cut_at=5000)), "broke off"),
    Case("missing", with_faults(always=Fault(status=404)), "is not there"),
    Case("lying_sha512", with_checksum(lambda c: "1340" + hashlib.sha512(c[1:]).hexdigest()),
         "checksum promises"),
    Case("canary", canary, "not an address that is asked"),
    Case("passwd", with_href("file:///etc/passwd"), "not an address that is asked"),
    Case("upwards", with_href("../../x.tif"), "not an address that is asked"),
    Case("metadata", with_href("http://169.254.169.254/latest/meta-data"), "over http"),
    Case("s3", with_href("s3://bucket/x.tif"), "not an address that is asked"),
    Case("redirect", with_faults(always=LINK_LOCAL), "private or reserved"),
    Case("stranger", of_listed_hosts(with_href("https://files.example.org/x.tif")),
         "files.example.org is none of the hosts"),
    Case("led_to_stranger", of_listed_hosts(with_faults(always=STRANGER)),
         "files.example.org is none of the hosts"),
    Case("listed", of_listed_hosts(fetching()), code=0, keeps=1),
    Case("html", with_file(lambda: b"<html>Sign in</html>"), "neither a GeoTIFF nor"),
    Case("vrt", fetching(vrt), "neither a GeoTIFF nor"),
    Case("no_crs", with_file(square(crs=None)), "no coordinate system"),
    Case("million", with_file(lambda: sparse(10.0)), "holds no data"),
    Case("million_fine", with_file(lambda: sparse(0.001)), "pixels of 0.001 m"),
    Case("elsewhere", with_file(elsewhere), "does not reach the outline"),
    Case("eight_bit", with_file(lambda: tiff(np.ones((1, *grid().shape), np.uint8))), "1 x uint8"),
    Case("two_bands", with_file(lambda: tiff(np.ones((2, 60, 60), np.uint16))), "2 x uint16"),
    # items
    Case("antimeridian", fetching(antimeridian), "crosses the antimeridian"),
    Case("nan", fetching(nan_item), "plain JSON"),
    Case("huge_number", fetching(huge_item), "eo:cloud_cover"),
    Case("swollen", fetching(swollen), "sends more than 5000000 bytes"),
    Case("no_asset", replaced("assets", "red", value=None), "no asset 'red'"),
    Case("list_of_assets", replaced("assets", value=[{"href": "x"}]), "no properties or no assets"),
    Case("number_for_date", replaced("properties", "datetime", value=20160816), "no date"),
    Case("list_for_sun", replaced("properties", "view:sun_elevation", value=[1]), "view:sun_elev"),
    Case("other_item", fetching(other_item), "was asked for other_item"),
    Case("evil_id", said("scenes", "fetch", FACILITY, "../../evil"), "cannot be the id"),
    Case("no_such", said("scenes", "fetch", FACILITY, "S2A_nowhere"), "has no scene S2A_nowhere"),
    # catalogues; each of them has a front of its own
    Case("pages", searched(None), code=0, home="pages"),
    Case("endless", searched(None), "more than 500 scenes", home="endless"),
    Case("empty_pages", searched(None, *SHORT), code=0, home="empty_pages"),
    Case("only_empty_pages", searched(None), "10 empty pages in a row", home="only_empty_pages"),
    Case("ignoring", searched(None, *SHORT), code=0, home="ignoring"),
    Case("catalogue_busy", searched(None, *SHORT), code=0, home="busy"),
    Case("catalogue_away", searched(None), "answered HTTP 503, in 5 tries", home="away"),
    Case("leading_away", searched(None), "not an address", home="leading"),
    Case("html_catalogue", searched(None), "plain JSON", home="html"),
    Case("no_stac", searched(None), "does not answer as a STAC API", home="no_stac"),
    Case("odd_items", searched(odd_items), code=0, home="odd"),
    Case("flood", searched(lambda *_: b" " * (33 << 20)), "sends more than", home="flood"),
    Case("differs", searched(differs, "scan", FACILITY, *INTERVAL), "otherwise than a moment ago",
         home="differs", keeps=1),
    Case("unlooked_at", searched(unlooked_at, "--json", "scan", FACILITY, *INTERVAL),
         "answered HTTP 503, in 5 tries", home="unlooked_at"),
    # what a user may get wrong
    Case("source", said(*SEARCH, "--source", "earth-serch"), "did you mean earth-search"),
    Case("sensor", said(*SEARCH, "--sensor", "sentinel2"), "did you mean sentinel-2"),
    Case("swapped_scan", said("scan", FACILITY, "--from", "2017-01-01", "--to", "2016-01-01"),
         "ends before it begins"),
    Case("no_place", said("scenes", "search", "NOWHERE", *INTERVAL), "coordinates|outline|place"),
    Case("budget", configured(budget_mb=1, context_px=2000), "budget is 1 MB"),
    Case("full", fetching(), "make room", limit_bytes=60_000),
    Case("no_folder", imagery_is(lambda place: place.write_text("x")), "cannot be written"),
    Case("read_only", imagery_is(lambda place: place.symlink_to("/proc/sys/kernel")),
         "cannot be written"),
]  # fmt: skip


def fronts(world: World) -> dict[str, Front]:
    """Catalogues that err as such, by the `home` of their cases."""
    made = {
        name: Front(world.api.home)
        for name in ("pages", "endless", "ignoring", "busy", "away", "leading", "html", "no_stac",
                     "odd", "flood", "differs", "empty_pages", "only_empty_pages",
                     "unlooked_at")
    }  # fmt: skip
    made["endless"].next_link = "itself"
    made["empty_pages"].empty_pages, made["only_empty_pages"].empty_pages = 3, 10**9
    made["leading"].next_link = "file:///etc/passwd"
    made["ignoring"].ignores = {"datetime", "intersects", "collections"}
    made["busy"].faults["/search"].extend([BUSY, AWAY, Fault(cut_at=50)])
    made["away"].always["/search"] = AWAY
    made["html"].always["*"] = Fault(status=200, content=b"<html>Sign in</html>")
    made["no_stac"].always["*"] = Fault(status=200, content=b'{"a": [1]}')
    return made


def crowd(world: World) -> Iterator[dict[str, Any]]:
    """Scenes of August to October 2016, of the year after, and of another place."""
    for number in range(CROWD):
        day = f"2016-{8 + number % 2:02}-{1 + number // 2 % 30:02}T02:{number // 60:02}:00Z"
        made = world.item("crowd", datetime=day)
        yield made | {"id": f"crowd-{number:03}"}
    yield world.item("late", datetime="2017-08-16T02:20:00Z")
    far = world.item("far", datetime="2016-08-16T02:20:00Z")
    ring = [[10, 41], [11, 41], [11, 42], [10, 42], [10, 41]]
    yield far | {"geometry": {"type": "Polygon", "coordinates": [ring]}, "bbox": [10, 41, 11, 42]}


@dataclass(frozen=True)
class Shell:
    """A process that runs commands in children of its own, and what it did to be ready."""

    process: subprocess.Popen[str]
    spied: Path

    def run(self, **case: Any) -> int:
        """Run one command; return its exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(case), file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())


def environ(folder: Path, **others: str) -> dict[str, str]:
    return os.environ | {
        "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder), "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": SECRET, "PC_SDK_SUBSCRIPTION_KEY": SECRET, **others,
    }  # fmt: skip


@pytest.fixture(scope="module")
def shells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleQueue[Shell]]:
    """As many as there are cases at a time."""
    root = tmp_path_factory.mktemp("shells")
    idle: SimpleQueue[Shell] = SimpleQueue()
    with ExitStack() as stack:
        for number in range(AT_ONCE):
            spied = root / f"{number}.spied"
            spied.touch()
            process = subprocess.Popen(
                [sys.executable, "-c", preamble() + SERVER],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env=environ(root, SPY=str(spied)),
            )  # fmt: skip
            idle.put(Shell(stack.enter_context(process), spied))
        yield idle


def run(
    world: World, homes: dict[str, Front], case: Case, folder: Path, shells: SimpleQueue[Shell]
) -> Ended:
    folder.mkdir()
    front = homes.get(case.home, world.front)
    workspace(folder / "camps", front.home)
    words = case.setup(World(world.files, front, world.api), case.name, folder) or ()
    words = tuple(place_without_coordinates() if word == "NOWHERE" else word for word in words)
    spied, out, err = (folder.parent / f"{case.name}.{what}" for what in ("spied", "out", "err"))
    for path in (spied, out, err):
        path.touch()
    before = snapshot(folder)
    shell = shells.get()
    try:
        code = shell.run(
            words=["--workspace", str(folder / "camps"), *words], environ=environ(folder),
            spied=str(spied), caught=[str(out), str(err)], limit_bytes=case.limit_bytes,
        )  # fmt: skip
    finally:
        shells.put(shell)
    imagery = folder / "camps" / "imagery"
    left = tuple(
        str(path.relative_to(imagery))
        for path in (sorted(imagery.rglob("*")) if imagery.is_dir() else ())
        if path.is_file() and not imagery.is_symlink()
    )
    return Ended(
        code, out.read_text("utf-8"), err.read_text("utf-8"),
        shell.spied.read_text("utf-8") + spied.read_text("utf-8"), folder, before,
        snapshot(folder), left,
    )  # fmt: skip


def place_without_coordinates() -> str:
    for path in sorted(bundled_registry().glob("*.geojson")):
        content = json.loads(path.read_text("utf-8"))
        if not any(feature["geometry"] for feature in content["features"]):
            return path.stem
    raise LookupError("every facility has coordinates")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with AssetServer() as files:
        unborn = World(files, None, None)  # type: ignore[arg-type]  # only its items are made
        folder = tmp_path_factory.mktemp("stac")
        collections = [collection(), collection("other")]
        with (
            StacServer(folder, collections, crowd(unborn)) as api,
            Front(api.home) as front,
        ):
            yield World(files, front, api)


@pytest.fixture(scope="module")
def ended(
    world: World, shells: SimpleQueue[Shell], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Ended]]:
    """All cases, a few at a time."""
    root = tmp_path_factory.mktemp("cases")
    homes = fronts(world)
    for front in homes.values():
        front.__enter__()
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            running = {
                case.name: pool.submit(run, world, homes, case, root / case.name, shells)
                for case in CASES
            }
            yield {name: future.result() for name, future in running.items()}
    finally:
        for front in homes.values():
            front.__exit__()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_ends_in_one_sentence_and_leaves_everything_else_alone(
    ended: dict[str, Ended], case: Case
) -> None:
    end = ended[case.name]
    assert end.code == case.code, end.err
    assert "Traceback" not in end.err
    errors = [line for line in end.err.splitlines() if line.startswith("Error: ")]
    if case.code == 0:
        assert errors == []
    else:
        (error,) = errors
        assert re.search(case.said, error), error
        assert error.endswith((".", "?")), error
        assert not re.search(r"[.!?] [A-Z]", error), f"more than one sentence: {error}"
        assert len(error) < 700
    scenes = [name for name in end.left if re.fullmatch(r"([A-Za-z][^/]*)/\1\.json", name)]
    assert len(scenes) == case.keeps, end.left
    kept = {name.split("/")[0] for name in scenes} | {"catalog.json"}
    named = {name.split("/")[0] for name in end.left if not name.startswith(".")}
    assert named <= kept, "half a scene under its name"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_outside_of_the_workspace_is_touched_and_nothing_secret_is_told(
    ended: dict[str, Ended], case: Case
) -> None:
    end = ended[case.name]
    ledger = "camps/out/ledger.sqlite"
    allowed = {
        ledger, f"{ledger}-derived_events", "camps/out/runs/fetched.jsonl",
        "camps/ledger-heads.txt",
    }  # fmt: skip
    locks = "camps/out/runs/locks/"
    left = {k: v for k, v in end.after.items() if k not in allowed and not k.startswith(locks)}
    assert left == end.before
    connected = {line.split()[1] for line in end.spied.splitlines() if line.startswith("connect")}
    assert connected <= {"127.0.0.1"}
    opened = [line.split(" ", 1)[1] for line in end.spied.splitlines() if line.startswith("open")]
    inside = (str(end.folder / "camps"), os.devnull)
    strays = [path for path in opened if not path.startswith(inside)]
    assert strays == []
    assert SECRET not in end.out + end.err
    for name in end.left:
        assert SECRET.encode() not in (end.folder / "camps" / "imagery" / name).read_bytes()


def test_no_server_was_told_a_key(ended: dict[str, Ended], world: World) -> None:
    assert ended
    assert world.files.seen
    for one in (*world.files.seen, *world.front.seen):
        assert SECRET not in f"{one.headers} {one.query} {one.body!r}"


def test_what_was_hard_to_get_is_what_was_easy_to_get(ended: dict[str, Ended]) -> None:
    def bands(name: str) -> dict[str, bytes]:
        folder = ended[name].folder / "camps" / "imagery"
        return {path.name: path.read_bytes() for path in folder.glob("[a-z]*/*.tif")}

    easy = bands("good")
    assert sorted(easy) == sorted(f"{band}.tif" for band in (*TEN_METRES, *TWENTY_METRES, "scl"))
    for name in ("slow", "busy", "cut", "sha512", "md5"):
        assert bands(name) == easy, name


def test_every_page_is_read_and_what_was_not_asked_for_is_left_aside(
    ended: dict[str, Ended],
) -> None:
    offers = json.loads(ended["pages"].out)
    assert {one["id"] for one in offers} == {f"crowd-{number:03}" for number in range(CROWD)}
    assert {one["clear_fraction"] for one in offers} == {1.0}
    few = {one["id"] for one in offers if "2016-08-01" <= one["acquired_at"] < "2016-08-04"}
    assert 3 <= len(few) < 20
    for case in ("ignoring", "catalogue_busy", "empty_pages"):
        assert {one["id"] for one in json.loads(ended[case].out)} == few, case


def test_a_scene_that_nobody_could_look_at_is_not_too_cloudy(ended: dict[str, Ended]) -> None:
    (facility,) = json.loads(ended["unlooked_at"].out)["facilities"]
    codes = {one["scene"][-1]: one["reason"]["code"] for one in facility["not_used"]}
    assert codes["5"] == Code.QUALITY_UNREADABLE
    assert len(facility["failed"]) == 1


def test_odd_items_are_left_out_each_with_a_sentence(ended: dict[str, Ended]) -> None:
    end = ended["odd_items"]
    assert [one["id"] for one in json.loads(end.out)] == ["odd_items"]
    *few, more = end.err.splitlines()
    assert len(few) == 5
    assert "'../../evil', which is no safe name" in end.err
    assert "7" in more


def test_an_unlooked_at_scene_is_offered_with_the_reason(
    world: World, shells: SimpleQueue[Shell], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("unlooked")
    with Front(world.api.home) as front:
        own = World(world.files, front, world.api)
        made = own.item("unlooked")
        world.files.files["/unlooked/scl.tif"] = square(crs=None)()
        front.always["/search"] = Fault(status=200, content=json.dumps(page(made)).encode())
        case = Case("unlooked", said("--json", *SEARCH), code=0, home="own")
        end = run(own, {"own": front}, case, root / "unlooked", shells)
    (offer,) = json.loads(end.out)
    assert offer["clear_fraction"] is None
    assert offer["unread"]["code"] == Code.QUALITY_UNREADABLE
    assert "no coordinate system" in offer["unread"]["values"]["detail"]
