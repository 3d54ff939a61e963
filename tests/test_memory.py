"""A pair that is too large to be looked at as a whole is compared in 1.5 GiB."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio

from benchmarks.speed_images import compare_s, paint

SIDE_PX, REPEATED, BANDS = 7748, 4, 4
MOST_BYTES = 3 << 29


@pytest.mark.timeout(3000)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_large_pair_is_compared_in_one_and_a_half_gibibytes(tmp_path: Path) -> None:
    for name, later in (("before", False), ("after", True)):
        paint(tmp_path / "part.tif", SIDE_PX // REPEATED, BANDS, later=later)
        _repeat(tmp_path / "part.tif", tmp_path / f"{name}.tif")
    command = [sys.executable, "-m", "tests.test_memory", str(tmp_path), str(SIDE_PX)]
    environment = os.environ | {
        "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2",
    }  # fmt: skip
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr[-2000:]
    found = json.loads(told.stdout)
    assert found["findings"]
    assert not found["refused"]
    assert found["peak"] * (1 << 20) < MOST_BYTES


def _repeat(part: Path, whole: Path) -> None:
    """Write a picture that shows another one over and over, without compression: that is quick."""
    with rasterio.open(part) as source:
        numbers, profile, names = source.read(), source.profile, source.descriptions
    side = REPEATED * numbers.shape[1]
    profile |= {"width": side, "height": side}
    del profile["compress"]
    with rasterio.open(whole, "w", **profile) as target:
        target.descriptions = names
        target.write(np.tile(numbers, (1, REPEATED, REPEATED)))


def _compare_within_bounds(folder: Path, side: int) -> None:
    """Compare with 1.5 GiB of address space beyond what libraries have mapped and do not use."""
    import camp_monitor.comparison
    import camp_monitor.detect.construction.sites
    import camp_monitor.detect.water.flooding  # noqa: F401

    mapped = _kib("VmSize") - _kib("VmRSS")
    most = MOST_BYTES + mapped * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    print(json.dumps(compare_s(folder, side, 1)))


def _kib(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


if __name__ == "__main__":
    _compare_within_bounds(Path(sys.argv[1]), int(sys.argv[2]))
