from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the program; before numpy is loaded

import pytest

from camp_monitor.cli import progress
from tests.swapped import swap_for_good

IMAGERY_VARIABLE = "CAMP_MONITOR_IMAGERY"
IMAGERY_PARTS = ("scenes", "benchmark", "stac-items")

OF_TEXTS = (
    "test_page_of_codes", "test_scene_texts", "test_swapped_texts", "test_texts", "test_words",
)  # fmt: skip
"""Tests in tests/report of what the texts say; all others hold whatever they say."""
LONGEST = (
    "watch/test_years.py", "test_memory.py", "watch/test_run.py", "remote/test_hostile.py",
    "test_notebooks.py", "test_demo.py", "report/test_map_size.py", "browser/test_every_control.py",
    "detect/test_roofs.py", "evaluation/test_same_ground.py", "test_real_imagery.py",
    "test_real_series.py",
    "remote/test_interval.py", "browser/test_map_walk.py", "assess/test_detection_limit.py",
    "bundle/test_bundle.py", "browser/test_hostile_names.py", "ledger/test_lists.py",
    "ledger/test_ledger.py", "evaluation/test_labelled.py",
)  # fmt: skip
"""A process works through a whole file: these begin first, and no process waits for them."""
FOREIGN_WARNINGS = (
    # odc-geo 0.5 calls a function that shapely 2.2 deprecates.
    "ignore:The 'shapely.ops.transform:DeprecationWarning",
    # rasterio 1.4 and odc-geo 0.5 multiply transforms with a sign that affine 3 will give up.
    "ignore:Use `@` matmul:PendingDeprecationWarning",
)
"""Warnings about code that is not ours and that we cannot write otherwise."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--swap-texts", action="store_true",
        help="Swap every text that a person reads for another: only tests of texts may notice.",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--swap-texts"):
        swap_for_good()
    for line in FOREIGN_WARNINGS:
        config.addinivalue_line("filterwarnings", line)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--swap-texts"):
        items[:] = [item for item in items if item.path.stem not in OF_TEXTS]
    folder = Path(__file__).parent
    first = {folder / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: first.get(item.path, len(LONGEST)))


@pytest.fixture(scope="session", autouse=True)
def no_line_of_progress() -> None:
    """A test says what a command writes, however long a busy machine takes over it."""
    progress.LINE_EVERY_S = 3600.0


@pytest.fixture(scope="session")
def imagery_folder() -> Path:
    """The folder of real imagery: absent elsewhere, required where the run must be complete."""
    named = os.environ.get(IMAGERY_VARIABLE, "")
    missing = [part for part in IMAGERY_PARTS if not named or not (Path(named) / part).is_dir()]
    if not missing:
        return Path(named)
    sentence = (
        f"{IMAGERY_VARIABLE} names no folder with {', '.join(missing)}: README.md says where the "
        f"datasets come from."
    )
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)
