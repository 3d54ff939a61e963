"""Feed damaged files to the program and count what it makes of them.

::

    uv run python -m tests.hostile.damaged --count 2500

A raster is added as the later scene of an unchanged pair and scanned, a vector is imported.  What
is accepted is judged against the sound file that it was made from:

right
    Pixels and place, or the corners, are those of the sound file, and so is the answer.
wrong
    They are the same and the answer is another; or they are not, and anybody could have seen it:
    the file ends early, a reader that knows nothing of this program stumbles over it, corners got
    lost, or a scan calls "unchanged" what has another structure in more than half of the frame.
apart
    They are others, and the file is still a sound one of its format, which has no checksum: a
    number in it is another number.  Nobody can tell without the original.

"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import shapely
from odc.geo.geobox import GeoBox
from rasterio.errors import RasterioError
from scipy import ndimage
from shapely.geometry import shape

from camp_monitor.workspace import create_workspace
from tests.hostile.inputs import Base, Input, make_bases, make_input
from tests.scenes.painted import write_tiff

MOST_S = 60.0
MOST_BYTES = 1536 << 20
OTHER_FRACTION = 0.5
OTHER_NUMBER = 0.2
"""A pixel is another where it differs by more than this share of the sound file's mean ..."""
SMOOTH_PX = 15
"""... beyond what the pixels around it differ by."""
BEYOND = ("not one sentence", "traceback", "over 60 s", "over 1.5 GiB", "outside")
EVERY = ("refused", "right", "wrong", "apart", *BEYOND)


@dataclass(frozen=True)
class Ended:
    """How one command ended; the code is -1 where its process did not live to say."""

    code: int
    out: str = ""
    err: str = ""
    seconds: float = 0.0
    peak_bytes: int = 0
    connects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """One input and every name that counts for it."""

    made: Input
    verdicts: tuple[str, ...]
    said: str


class Child:
    """A process that runs commands, started anew where it died or took too long."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[str] | None = None

    def run(self, *words: object) -> Ended:
        """Run one command within the bounds."""
        process = self._process or self._start()
        questions, answers = process.stdin, process.stdout
        assert questions is not None
        assert answers is not None
        start = time.monotonic()
        print(json.dumps([str(word) for word in words]), file=questions, flush=True)
        ready, _, _ = select.select([answers], [], [], MOST_S + 5)
        line = answers.readline() if ready else ""
        if line:
            code, out, err, seconds, peak, connects = json.loads(line)
            return Ended(code, out, err, seconds, peak, tuple(connects))
        self.stop()
        return Ended(-1, seconds=time.monotonic() - start)

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        self.folder.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.child", str(self.folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        return self._process


class Watch:
    """Tells which files of some folders were opened or written, by any library (inotify)."""

    def __init__(self, *folders: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.inotify_init1(os.O_NONBLOCK)
        every = 0x1 | 0x2 | 0x100 | 0x200  # access, modify, create, delete
        for folder in folders:
            self._libc.inotify_add_watch(self._fd, os.fsencode(folder), every)

    def names(self) -> set[str]:
        """Return the names of files since the watch began, and end it."""
        held = b""
        while select.select([self._fd], [], [], 0)[0]:
            held += os.read(self._fd, 1 << 16)
        os.close(self._fd)
        found, at = set(), 0
        while at < len(held):
            length = struct.unpack_from("iIII", held, at)[3]
            name = held[at + 16 : at + 16 + length].rstrip(b"\0")
            if name:
                found.add(os.fsdecode(name))
            at += 16 + length
        return found


def judge_all(count: int, seed: int, folder: Path, workers: int) -> list[Judged]:
    """Make and judge inputs 0 to `count`, each worker with files and a child of its own."""
    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(
            lambda part: _judge_some(range(part, count, workers), seed, folder / f"{part}"),
            range(workers),
        )
        return sorted((one for part in parts for one in part), key=lambda one: one.made.number)


def _judge_some(numbers: range, seed: int, folder: Path) -> list[Judged]:
    bases = make_bases(folder / "bases")
    (folder / "canary").mkdir()
    shutil.copy(bases[1].path, folder / "canary" / "canary.tif")
    child = Child(folder / "said")
    try:
        sound = {base.path: _prepare(base, child, folder) for base in bases}
        judged = []
        for number in numbers:
            shutil.rmtree(folder / "in", ignore_errors=True)
            made = make_input(number, seed, bases, folder / "in")
            judged.append(_judge(made, child, folder, sound))
        return judged
    finally:
        child.stop()


def _prepare(base: Base, child: Child, folder: Path) -> str:
    """Make a workspace with an outline and the earlier scene; return the answer to a sound file."""
    place = create_workspace(folder / "ready" / base.path.name, folder / "canary").root
    if base.raster:
        config = place / "camp-monitor.toml"
        config.write_text(config.read_text().replace("context_px = 256", "context_px = 64"))
        outline = base.path.with_name("ring.geojson")
        words = ("--id", "ring", "--name", "Ring", "--accuracy-m", "10")
        ended = child.run("--workspace", place, "facilities", "import", outline, *words)
        assert ended.code == 0, ended
        before = folder / "before.tif"
        with rasterio.open(base.path) as source:
            grey = np.random.default_rng(5).integers(-2, 3, source.shape)
            numbers = (source.read().astype(int) + grey).astype(source.dtypes[0])
            write_tiff(before, numbers, GeoBox.from_rio(source))
        ended = _add(child, place, before, base, "2016-08-20")
        assert ended.code == 0, ended
    answer = _ask(Input(-1, base.path, "none", base), child, folder)
    assert answer[-1].code == 0, answer
    return _content(base, answer, folder)


def _add(child: Child, place: Path, path: Path, base: Base, day: str) -> Ended:
    return child.run(
        "--workspace", place, "scenes", "add", "--acquired", day, *base.words, "--", path
    )


def _ask(made: Input, child: Child, folder: Path) -> list[Ended]:
    place, base = folder / "workspace", made.base
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder / "ready" / base.path.name, place)
    if not base.raster:
        words = ("--workspace", place, "facilities", "import", *base.words, "--", made.path)
        return [child.run(*words)]
    ended = [_add(child, place, made.path, base, "2016-09-12")]
    if ended[0].code == 0:
        days = ("--before", "2016-08-20", "--after", "2016-09-12")
        ended.append(child.run("--workspace", place, "--json", "scan", "ring", *days))
    return ended


def _judge(made: Input, child: Child, folder: Path, sound: dict[Path, str]) -> Judged:
    watch = Watch(folder / "canary", folder / "in", folder)
    ended = _ask(made, child, folder)
    opened = watch.names() - {made.path.name, "workspace"}
    if made.path.suffix == ".gpkg":  # its journal lies beside it
        opened = {name for name in opened if Path(name).stem != made.path.stem}
    verdicts = []
    if any(one.code == 99 or "Traceback" in one.err for one in ended):
        verdicts.append("traceback")
    if any(one.seconds > MOST_S for one in ended):
        verdicts.append("over 60 s")
    if any(one.peak_bytes > MOST_BYTES for one in ended):
        verdicts.append("over 1.5 GiB")
    if ended[-1].code == -1 and ended[-1].seconds <= MOST_S:
        verdicts.append("traceback")  # it crashed
    if opened or any(one.connects for one in ended):
        verdicts.append("outside")
    if not verdicts or verdicts == ["outside"]:
        verdicts.append(_verdict(made, ended, folder, sound[made.base.path]))
    said = ended[-1].err.strip().splitlines()[-1:] or [ended[-1].out[-300:]]
    return Judged(made, tuple(verdicts), f"{sorted(opened)} {said[0][:300]}")


def _verdict(made: Input, ended: list[Ended], folder: Path, sound: str) -> str:
    if ended[0].code != 0:
        # libgeotiff writes of the keys in a JPEG 2000 to standard error, whatever GDAL is told
        own = [line for line in ended[0].err.splitlines() if not line.startswith("Error: Key ")]
        one = "\n".join(own).count("Error:") == 1 or "Usage" in ended[0].err
        return "refused" if one and ended[0].code in (1, 2, 3) else "not one sentence"
    if len(ended) > 1 and ended[1].code == 2:
        return "refused"
    if not made.base.raster:
        return _vector_verdict(made, ended, folder, sound)
    compared = _other_pixels(made)
    if compared is None:
        return "wrong"
    other, structure = compared
    if not other:
        return "right" if _content(made.base, ended, folder) == sound else "wrong"
    return "wrong" if structure > OTHER_FRACTION and "unchanged" in _answers(ended) else "apart"


def _vector_verdict(made: Input, ended: list[Ended], folder: Path, sound: str) -> str:
    content = _content(made.base, ended, folder)
    if content == sound:
        return "right"
    before, now = shape(json.loads(sound)), shape(json.loads(content))
    lost = shapely.get_num_coordinates(now) < shapely.get_num_coordinates(before)
    return "wrong" if lost or made.damage == "truncate" or made.path.suffix == ".kmz" else "apart"


def _content(base: Base, ended: list[Ended], folder: Path) -> str:
    """The answer, without what names the file: verdicts of the scan, or corners."""
    if base.raster:
        return json.dumps(_answers(ended))
    path = next((folder / "workspace" / "aoi").rglob("ring.geojson"))
    held = json.loads(path.read_text())
    return json.dumps(held["features"][0]["geometry"])


def _answers(ended: list[Ended]) -> list[str]:
    """What a scan said to each question, and how many findings it had."""
    told = json.loads(ended[-1].out)
    found = [str(one["outcome"]) for one in told["observations"]]
    return [*found, str(len(told["findings"]))]


def _other_pixels(made: Input) -> tuple[bool, float] | None:
    """Whether any pixel is another than in the sound file, or elsewhere; None: unreadable.

    And the share of pixels whose difference is large beside those around them: another structure.
    Season and light change smooth brightness, too, and no question is asked about it.
    """
    with rasterio.open(made.base.path) as source:
        numbers, transform = source.read().astype(np.float64), source.transform
    try:
        alone = rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR")
        with alone, rasterio.open(made.path) as source:
            now, place, crs = source.read().astype(np.float64), source.transform, source.crs
    except RasterioError:
        return None
    if now.shape != numbers.shape or place != transform or crs is None:
        return True, 0.0
    other = now - numbers
    smooth = np.stack([ndimage.uniform_filter(band, SMOOTH_PX) for band in other])
    structure = np.abs(other - smooth).max(axis=0) > OTHER_NUMBER * numbers.mean()
    return bool(other.any()), float(structure.mean())


def main() -> int:
    """Judge the inputs and print the counts; the code is 1 where one of them must be zero."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        judged = judge_all(options.count, options.seed, Path(name).resolve(), options.workers)
    counts = Counter(verdict for one in judged for verdict in one.verdicts)
    for one in judged:
        if set(one.verdicts) & {"wrong", *BEYOND}:
            told = (one.made.number, one.made.base.path.name, one.made.damage, one.verdicts)
            print(*told, one.said)
    for verdict in EVERY:
        print(f"{verdict:>16} {counts[verdict]:5}")
    return int(any(counts[verdict] for verdict in ("wrong", *BEYOND)))


if __name__ == "__main__":
    sys.exit(main())
