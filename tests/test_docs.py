"""What is not documented fails here: commands, options, settings, examples, the first page."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

import camp_monitor as cm
from camp_monitor.cli import main
from camp_monitor.report.export.frames import OUTCOME_COLUMNS
from camp_monitor.report.export.tables import EVENT_COLUMNS, FINDING_COLUMNS, NOT_SEEN_COLUMNS
from camp_monitor.settings import Configuration
from camp_monitor.workspace import CONFIGURATION_TEXT, parse_configuration

ROOT = Path(__file__).parents[1]
WRITTEN = ("docs/commands.md", "docs/reference/codes.md")
"""Pages that a program writes; they have tests of their own."""
PAGES = (
    "README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "aoi/README.md", "imagery/README.md",
    *sorted(
        name
        for path in (ROOT / "docs").rglob("*.md")
        if (name := path.relative_to(ROOT).as_posix()) not in WRITTEN
    ),
)  # fmt: skip
MOST_WORDS = 900
"""Of the first page."""
EXAMPLE = "Example: "
OTHERS = ("journalctl ",)
"""Programs of the machine whose lines name the service."""

WRITER = runpy.run_path(str(ROOT / "docs" / "commands.py"))
COMMANDS: list[tuple[tuple[str, ...], click.Command]] = list(WRITER["commands"]())
IDS = [" ".join(words[1:]) or "camp-monitor" for words, _ in COMMANDS]


def parse(line: str) -> click.Command:
    """Parse a command line as the program does, without running it; click refuses a wrong one."""
    name, *rest = shlex.split(line)
    assert name == "camp-monitor", line
    command: click.Command = main
    context = click.Context(main, info_name=name)
    while isinstance(command, click.Group):
        _, rest, _ = command.make_parser(context).parse_args(rest)
        if not rest:
            return command
        _, found, rest = command.resolve_command(context, rest)
        assert found is not None, line
        command = found
        context = click.Context(command, info_name=line, parent=context)
    command.make_context(line, list(rest), parent=context.parent)
    return command


def shell_lines(page: str) -> list[str]:
    """Every command line of a page that is set as code of its own, files of others left out."""
    page = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^    (.*camp-monitor.*)$", page, flags=re.MULTILINE)
    parts = [part.strip() for line in lines for part in line.split("&&")]
    ours = [part for part in parts if "camp-monitor" in part and not part.startswith(OTHERS)]
    return [part.removeprefix("uv run ") for part in ours]


def named_commands(text: str) -> set[str]:
    """The commands that a text names, such as ``camp-monitor facilities import``."""
    return set(re.findall(r"[`']camp-monitor((?: [a-z]+)+)", text))


# --- help


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=IDS)
def test_every_command_and_option_has_help(words: tuple[str, ...], command: click.Command) -> None:
    assert command.help, words
    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help, f"{words}: {param.opts} says nothing"


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=IDS)
def test_every_help_ends_with_an_example_that_parses(
    words: tuple[str, ...], command: click.Command
) -> None:
    if isinstance(command, click.Group):
        return
    context = click.Context(command, info_name=" ".join(words), terminal_width=200)
    last = command.get_help(context).splitlines()[-1].strip()
    assert last.startswith(EXAMPLE), f"{words}: the help ends with {last!r}"
    line = last.removeprefix(EXAMPLE)
    assert shlex.split(line)[: len(words)] == list(words)
    assert parse(line) is command


@pytest.mark.parametrize(
    "line",
    [
        "camp-monitor facilites list",
        "camp-monitor facilities lst",
        "camp-monitor facilities list --all",
        "camp-monitor facilities show",
        "camp-monitor facilities import --id a",
        "camp-monitor facilities check --today tomorrow",
        "camp-monitor --colour facilities list",
    ],
)
def test_a_wrong_line_does_not_parse(line: str) -> None:
    with pytest.raises(click.UsageError):
        parse(line)


def test_the_page_of_commands_is_up_to_date() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert page == WRITER["commands_page"](), "run: python docs/commands.py"
    for words, command in COMMANDS:
        assert f"## {' '.join(words)}\n" in page
        for param in command.params:
            assert all(f"{name}" in page for name in param.opts if name.startswith("-"))


# --- settings


def test_every_setting_is_explained_in_place() -> None:
    assert tomllib.loads(CONFIGURATION_TEXT) == Configuration().model_dump(mode="json")
    assert parse_configuration(CONFIGURATION_TEXT, "it") == Configuration()
    lines = CONFIGURATION_TEXT.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"[a-z_0-9]+ *=", line):
            explained = lines[number - 1]
            assert explained.startswith("# "), line
            assert len(explained) > 20, line


def test_the_repository_is_a_workspace_with_the_defaults() -> None:
    assert (ROOT / "camp-monitor.toml").read_text("utf-8") == CONFIGURATION_TEXT


# --- pages


@pytest.mark.parametrize("name", PAGES)
def test_the_lines_of_a_page_parse(name: str) -> None:
    page = (ROOT / name).read_text("utf-8")
    for line in shell_lines(page):
        parse(line)
    for words in named_commands(page):
        parse_names(words)


def test_the_first_page_shows_commands() -> None:
    lines = shell_lines((ROOT / "README.md").read_text("utf-8"))
    assert len(lines) >= 6
    assert "camp-monitor demo" in lines


def test_the_first_page_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= MOST_WORDS


def test_the_documentation_lists_its_pages() -> None:
    listed = (ROOT / "docs" / "README.md").read_text("utf-8")
    for name in [*PAGES, *WRITTEN]:
        if name.startswith("docs/") and name != "docs/README.md":
            assert f"]({name.removeprefix('docs/')})" in listed, f"{name} is not listed"


def test_messages_name_existing_commands() -> None:
    sources = sorted((ROOT / "camp_monitor").rglob("*.py"))
    named = [words for path in sources for words in named_commands(path.read_text("utf-8"))]
    assert len(named) >= 10, "else the search finds nothing"
    for words in named:
        parse_names(words)


def parse_names(words: str) -> None:
    """Resolve the names of a command; what follows a command that is no group is free text."""
    command: click.Command = main
    for word in words.split():
        if not isinstance(command, click.Group):
            return
        found = command.get_command(click.Context(command), word)
        assert found is not None, f"there is no command 'camp-monitor{words}'"
        command = found


def headings(path: Path) -> set[str]:
    """The names by which links reach the headings of a page, as GitHub makes them."""
    page = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^#+ (.*)$", page, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in found}


@pytest.mark.parametrize("name", [*PAGES, "CHANGELOG.md", "GLOSSARY.md", "DECISIONS.md"])
def test_links_between_pages_lead_somewhere(name: str) -> None:
    path = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)", path.read_text("utf-8")):
        if "://" in target:
            continue
        file, _, heading = target.partition("#")
        place = path.parent / file if file else path
        assert place.exists(), f"{name} links to {target}"
        assert not heading or heading in headings(place), f"{name} links to {target}"


def test_the_page_of_exports_names_every_column() -> None:
    page = (ROOT / "docs" / "reference" / "exports.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+)`", page))
    columns = {*FINDING_COLUMNS, *NOT_SEEN_COLUMNS, *EVENT_COLUMNS, *OUTCOME_COLUMNS}
    assert columns <= named, columns - named


# --- Python


def test_the_reference_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(ROOT / "docs" / "api.py"), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    for path in (ROOT / "camp_monitor").rglob("*.py"):
        if path.stem != "__init__":
            page = tmp_path / path.relative_to(ROOT).with_suffix(".html")
            assert page.is_file(), f"{path.name} has no page"
    front = (tmp_path / "camp_monitor.html").read_text("utf-8")
    for name in cm.__all__:
        assert f'id="{name}"' in front, f"the front page has no {name}"


@pytest.mark.parametrize("name", PAGES)
def test_the_python_of_a_page_asks_for_what_is_there(name: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
    assert blocks or name != "README.md"
    for block in blocks:
        compile(block, name, "exec")
        imports = [line for line in block.splitlines() if line.startswith(("from ", "import "))]
        exec("\n".join(imports), {})
        for holder, attribute in re.findall(r"\b(cm|result|workspace)\.(\w+)", block):
            holds = {"cm": cm, "result": cm.Comparison, "workspace": cm.Workspace}[holder]
            assert hasattr(holds, attribute), f"{name}: {holder}.{attribute}"


def test_the_reference_names_what_is_stable() -> None:
    page = (ROOT / "docs" / "reference" / "python.md").read_text("utf-8")
    stable = page.partition("## What is stable")[2].partition("## What is not")[0]
    assert set(re.findall(r"^\| `(\w+)", stable, flags=re.MULTILINE)) == set(cm.__all__)


def bounds_named() -> list[tuple[str, str]]:
    """Every constant that docs/security.md names, with the file that it names for it."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    pairs = re.findall(r"((?:`\w+`(?:, | and )?)+) in `(?:camp_monitor/)?([\w/]+\.py)`", page)
    return [(name, path) for names, path in pairs for name in re.findall(r"`(\w+)`", names)]


def test_the_bounds_of_the_page_of_security_are_those_of_the_program() -> None:
    assert len(bounds_named()) >= 15
    for name, path in bounds_named():
        text = (ROOT / "camp_monitor" / path).read_text(encoding="utf-8")
        assert re.search(rf"^(?:class )?{name}\b", text, re.MULTILINE), f"{name} is not in {path}"
