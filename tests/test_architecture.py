"""Imports go one way: a room imports only the rooms above it in ARCHITECTURE.md."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "camp_monitor"


def rooms_in_order() -> list[str]:
    """The first column of the table of rooms, so that page and code cannot part."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([a-z_]+)(?:\.py|/)` \|", page, flags=re.MULTILINE)


def named_rows() -> list[str]:
    """Rows and steps of the page that say where something is."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    steps = re.findall(r"^\d\. `.*$", page, flags=re.MULTILINE)
    rows = re.findall(r"^\| .* \| .* \|$", page.partition("Where would I change")[2], re.MULTILINE)
    return [*steps, *rows[1:]]


@pytest.mark.parametrize("row", named_rows(), ids=lambda row: row[:30])
def test_what_the_page_names_is_there(row: str) -> None:
    named = re.findall(r"`([^`]+)`", row)
    paths = [name for name in named if re.search(r"[/.]", name)]
    places = [base / path for path in paths for base in (PACKAGE, ROOT) if (base / path).exists()]
    assert len(places) >= len(paths), f"not all there: {paths}"
    files = [file for place in places for file in (place, *place.rglob("*.py")) if file.is_file()]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    for name in {*named} - {*paths}:
        assert re.search(rf"\b{name}\b", text), f"{name} is in none of {paths}"


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("camp_monitor"):
            assert node.level == 0, f"{path}: relative import"
            found.add(room_of(node.module or ""))
        elif isinstance(node, ast.Import):
            found |= {room_of(a.name) for a in node.names if a.name.startswith("camp_monitor")}
    return found - {""}


def test_every_room_is_in_the_table() -> None:
    built = {path.stem if path.suffix == ".py" else path.name for path in PACKAGE.iterdir()}
    built -= {"__init__", "__pycache__", "py", "py.typed", "aoi"}
    assert built == set(rooms_in_order())


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.stem))
def test_imports_go_one_way(path: Path) -> None:
    order = rooms_in_order()
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        return  # the front door, which names what is behind it and imports it when asked
    above = set(order[: order.index(room)]) | {room}
    assert imported_rooms(path) <= above, f"{path.relative_to(ROOT)} imports a room below its own"


def test_the_package_imports_its_rooms_when_a_name_is_asked_for() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    at_once = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert {node.module for node in at_once if isinstance(node, ast.ImportFrom)} == {
        "__future__", "importlib", "typing",
    }  # fmt: skip
    assert not any(isinstance(node, ast.Import) for node in at_once)


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Neither at the top nor within a function: also not inside a room."""
    paths = {module_of(path): path for path in PACKAGE.rglob("*.py")}
    del paths["camp_monitor"]
    graph = {name: imported_modules(path) & paths.keys() - {name} for name, path in paths.items()}
    for name in paths:
        graph[name] -= {part for part in graph[name] if name.startswith(f"{part}.")}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"modules import each other in a circle: {' -> '.join(error.args[1])}")


CONNECTS = {"connecting.py"}
"""What opens connections, for `remote.py` above it."""
ASKS = {"connecting.py", "remote.py", "search.py", "fetch.py"}
"""What speaks with servers; all else in the numerics' rooms takes values and returns them."""


def imported_modules(path: Path) -> set[str]:
    """Full names, with those imported from a module that may be modules themselves."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize("room", ["scenes", "pairs", "providers", "detect", "synthetic", "assess"])
def test_numerics_do_not_touch_clock_or_network(room: str) -> None:
    forbidden = {"requests", "httpx", "socket", "time", "random", "logging", "tenacity"}
    assert list((PACKAGE / room).rglob("*.py"))
    for path in (PACKAGE / room).rglob("*.py"):
        if room == "providers" and path.name in ASKS:
            continue
        names = {name.split(".")[0] for name in imported_modules(path)}
        assert not names & forbidden, f"{path.name} imports {names & forbidden}"
        assert not re.search(r"\bnow\(", path.read_text(encoding="utf-8")), (
            f"{path.name} reads the clock"
        )


def test_one_module_opens_connections() -> None:
    opening = {"socket", "ssl", "http", "httpx", "aiohttp", "ftplib", "smtplib", "telnetlib"}
    opening |= {"urllib.request", "urllib3.connection", "urllib3.connectionpool"}
    session = {"requests", "urllib3"}
    for path in PACKAGE.rglob("*.py"):
        names = imported_modules(path)
        wholes = names | {name.split(".")[0] for name in names}
        if path.name not in CONNECTS:
            assert not wholes & opening, f"{path.name} imports {wholes & opening}"
        if path.name not in CONNECTS | {"remote.py"}:
            assert not wholes & session, f"{path.name} imports {wholes & session}"
