"""Where things are, and the settings in ``camp-monitor.toml``.

A workspace is a folder with ``camp-monitor.toml``, ``aoi/`` (the registry of facilities),
``imagery/`` (the catalogue of scenes) and ``out/`` (everything that the program writes).
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from camp_monitor.errors import WorkspaceError

CONFIGURATION = "camp-monitor.toml"


class ScanSettings(BaseModel):
    """The ``[scan]`` table of ``camp-monitor.toml``: how a pair of scenes is read and judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    margin_m: Annotated[float, Field(ge=0, le=10_000)] = 100.0
    """Searched beyond the outline and its stated error, metres on the ground."""

    context_px: Annotated[int, Field(ge=64, le=4096)] = 256
    """Least side of the window read round the outline, pixels, for alignment and brightness."""

    max_residual_px: Annotated[float, Field(gt=0, le=5)] = 0.75
    """A pair with more shift than this left after correction is refused, pixels."""

    min_seen_fraction: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Less of the outline seen than this, and nothing found, reads as "not seen"."""

    structure_model: Literal["default", "research"] = "default"
    """How new roofs are told in pixels under a metre; ``research`` is for research only."""

    detectability: bool = False
    """Whether structures are painted into the scenes, to say how small a one would be found."""

    dem: Annotated[str, Field(max_length=1000)] = ""
    """GeoTIFF of heights in metres, relative to the workspace; no flood is found on a slope."""

    usual_water: Annotated[str, Field(max_length=1000)] = ""
    """GeoTIFF of the share of time under water, percent, relative to the workspace."""


class FetchSettings(BaseModel):
    """The ``[fetch]`` table of ``camp-monitor.toml``: where imagery comes from, and how much."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = "earth-search"
    """Catalogue that is searched: a preset, or one described under ``[sources.NAME]``."""

    sensors: tuple[str, ...] = ("sentinel-2",)
    """What is looked for: ``sentinel-2``, ``landsat``, ``sentinel-1``."""

    budget_mb: Annotated[int, Field(ge=1, le=100_000_000)] = 5_000
    """Nothing is fetched that would make the catalogue larger than this, megabytes."""

    workers: Annotated[int, Field(ge=1, le=32)] = 4
    """How many files are read at a time."""


class SourceSettings(BaseModel):
    """A ``[sources.NAME]`` table of ``camp-monitor.toml``: a catalogue of one's own choice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, Field(pattern=r"^https?://", max_length=500)]
    """Landing page of its STAC API."""

    like: str = "earth-search"
    """The preset whose names for collections and bands it follows."""

    collections: tuple[str, ...] = ()
    """Those of the preset's collections that are searched, in this order; empty for all of them."""

    hosts: tuple[Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,253}$")], ...] = ()
    """Where its files are: no other host is asked, but the API's own; empty: every public one."""


Question = Literal["construction", "flooding"]
DETECTORS: tuple[Question, ...] = ("construction", "flooding")
"""What a scan can look for."""
Sensors = tuple[Literal["sentinel-2", "landsat", "sentinel-1"], ...]
Detectors = Annotated[tuple[Question, ...], Field(min_length=1)]
Day = Annotated[str, AfterValidator(lambda text: text and date.fromisoformat(text).isoformat())]
CadenceDays = Annotated[int, Field(ge=1, le=366)]


class GroupSettings(BaseModel):
    """A ``[schedule.groups.NAME]`` table: facilities that are watched otherwise than the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facilities: Annotated[tuple[str, ...], Field(min_length=1)]
    """Their ids; a facility is in one group at most."""

    cadence_days: CadenceDays | None = None
    """Instead of that of ``[schedule]``; likewise all that follow."""

    sensors: Sensors | None = None
    detectors: Detectors | None = None
    since: Day | None = None


class ScheduleSettings(BaseModel):
    """The ``[schedule]`` table of ``camp-monitor.toml``: what ``scan --due`` looks at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facilities: tuple[str, ...] = ()
    """Ids of those that are watched; empty: all that have an outline."""

    cadence_days: CadenceDays = 10
    """A look is expected within every so many days."""

    sensors: Sensors = ()
    """What is looked for; empty: as ``[fetch]`` has it."""

    detectors: Detectors = DETECTORS
    """What is looked for in them."""

    since: Day = ""
    """First day of the watch, such as ``2024-01-01``; empty: a year before the first run."""

    groups: dict[str, GroupSettings] = {}


class NotificationSettings(BaseModel):
    """The ``[notification]`` table of ``camp-monitor.toml``: who is told, and of what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    variable: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,99}$")] = "CAMP_MONITOR_NOTIFY"
    """Environment variable with the addresses, as apprise has them, apart by spaces."""

    file: Annotated[str, Field(max_length=1000)] = ""
    """Or a file of apprise's own with them; outside of the workspace is safest."""

    provisional: bool = False
    """Whether what one scene alone shows is told, too."""

    heartbeat_days: Annotated[int, Field(ge=0, le=366)] = 7
    """A message comes at least so often, also where nothing is new; 0: never without news."""

    alarm_after_days: Annotated[int, Field(ge=1, le=366)] = 3
    """No run came to its end for so long: that is an alarm."""


@dataclass(frozen=True)
class LedgerServer:
    """A database of PostgreSQL that holds the ledger, in place of a file.

    Parameters
    ----------
    url : str
        ``postgresql://USER@HOST/DATABASE``, without a password: libpq takes that from the
        environment variable ``PGPASSWORD`` or from ``~/.pgpass``.

    Raises
    ------
    WorkspaceError
        It is no such address, or holds a password; it is not repeated.
    """

    url: str

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            secrets = [name for name, _ in parse_qsl(parts.query) if "password" in name]
            is_one = parts.scheme == "postgresql" and (parts.port or True)
        except ValueError:
            is_one = False
        if not is_one or parts.password is not None or secrets:
            raise WorkspaceError(
                "The url under [ledger] must be like postgresql://USER@HOST/DATABASE, without a "
                "password: put that into the environment variable PGPASSWORD or into ~/.pgpass."
            )

    def __str__(self) -> str:
        return self.url.partition("?")[0]

    def exists(self) -> bool:
        """Return True: the tables are made when it is first opened."""
        return True


def _server_url(url: str) -> str:
    return LedgerServer(url).url if url else ""


class LedgerSettings(BaseModel):
    """The ``[ledger]`` table of ``camp-monitor.toml``: where observations and findings are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, Field(max_length=1000), AfterValidator(_server_url)] = ""
    """Address of a database of PostgreSQL; empty for the file ``out/ledger.sqlite``."""


class Configuration(BaseModel):
    """All of ``camp-monitor.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scan: ScanSettings = ScanSettings()
    fetch: FetchSettings = FetchSettings()
    sources: dict[str, SourceSettings] = {}
    schedule: ScheduleSettings = ScheduleSettings()
    notification: NotificationSettings = NotificationSettings()
    ledger: LedgerSettings = LedgerSettings()


@dataclass(frozen=True)
class GroundFiles:
    """Where a scan finds heights and usual water; None for each that it does without."""

    dem: Path | None = None
    usual_water: Path | None = None


@dataclass(frozen=True)
class Workspace:
    """A folder that holds a registry, a catalogue and results."""

    root: Path
    configuration: Configuration

    @property
    def aoi(self) -> Path:
        """The registry of facilities, one GeoJSON file each."""
        return self.root / "aoi"

    @property
    def imagery(self) -> Path:
        """The catalogue of scenes."""
        return self.root / "imagery"

    @property
    def out(self) -> Path:
        """Everything that the program writes."""
        return self.root / "out"

    @property
    def ledger(self) -> Path | LedgerServer:
        """The ledger of observations and findings."""
        url = self.configuration.ledger.url
        return LedgerServer(url) if url else self.out / "ledger.sqlite"

    @property
    def outbox(self) -> Path:
        """The messages that someone did not get yet."""
        return self.out / "outbox.sqlite"

    @property
    def ground_files(self) -> GroundFiles:
        """Heights and usual water, as the settings name them."""
        named = self.configuration.scan
        return GroundFiles(
            dem=self.root / named.dem if named.dem else None,
            usual_water=self.root / named.usual_water if named.usual_water else None,
        )


def find_workspace(start: Path) -> Workspace:
    """Open the workspace that `start` lies in: the nearest folder upwards with a configuration.

    Raises
    ------
    WorkspaceError
        There is none, or its configuration is wrong.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / CONFIGURATION).is_file():
            return open_workspace(folder)
    raise WorkspaceError(
        f"There is no {CONFIGURATION} in {start} or above it: go to a workspace, name one with "
        f"--workspace DIR, or make one with 'camp-monitor init DIR'."
    )


AnyWorkspace = Workspace | Path | str
"""A workspace, or its folder."""


def open_workspace(root: AnyWorkspace) -> Workspace:
    """Open the workspace in the folder `root`; one that is open already is returned as it is.

    Raises
    ------
    WorkspaceError
        The folder holds no configuration, or one that cannot be used.
    """
    if isinstance(root, Workspace):
        return root
    root = Path(root).expanduser()
    path = root / CONFIGURATION
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        fault = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise WorkspaceError(
            f"{path} cannot be read ({fault}): name a workspace with --workspace DIR, or make one "
            f"with 'camp-monitor init DIR'."
        ) from error
    return Workspace(root=root.resolve(), configuration=parse_configuration(text, str(path)))


def parse_configuration(text: str, name: str) -> Configuration:
    """Read a configuration from TOML; `name` is what an error calls the file.

    Raises
    ------
    WorkspaceError
        Not TOML, an unknown key (with the nearest known one), or a value out of range.
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        twice = "; the table is there already: change its lines" if "twice" in str(error) else ""
        raise WorkspaceError(f"{name} is not valid TOML: {error}{twice}.") from error
    try:
        return Configuration.model_validate(content)
    except ValidationError as error:
        raise WorkspaceError(f"{name}: {_first_fault(error)}") from error


def create_workspace(root: Path, registry: Path) -> Workspace:
    """Make a new workspace in `root` with a copy of the facility files in `registry`.

    Raises
    ------
    WorkspaceError
        `root` exists and is not an empty folder, or it cannot be written.
    """
    try:
        if (root / CONFIGURATION).is_file():
            raise WorkspaceError(f"{root} is a workspace already: go there, or name another one.")
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise WorkspaceError(f"{root} exists and is not an empty folder: name another one.")
        for folder in (root / "aoi", root / "imagery", root / "out"):
            folder.mkdir(parents=True, exist_ok=True)
        for source in sorted(registry.glob("*.geojson")):
            (root / "aoi" / source.name).write_bytes(source.read_bytes())
        (root / CONFIGURATION).write_text(CONFIGURATION_TEXT, encoding="utf-8")
        ignored = "# pixels and results stay out of version control\n/imagery/\n/out/\n"
        (root / ".gitignore").write_text(ignored, encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(f"{root} cannot be made a workspace: {error}.") from error
    return open_workspace(root)


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] != "extra_forbidden":
        return f"{place}: {fault['msg']}."
    known = difflib.get_close_matches(str(fault["loc"][-1]), _known_keys(Configuration), n=1)
    hint = f"; did you mean {known[0]!r}?" if known else "."
    return f"{place} is not a setting{hint}"


def _known_keys(model: type[BaseModel]) -> list[str]:
    keys: list[str] = []
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        keys.append(name)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            keys.extend(_known_keys(annotation))
    return keys


CONFIGURATION_TEXT = """\
# Settings of this camp_monitor workspace.  Each line shows the value that holds when it is absent.

[scan]
# Searched beyond the outline and its stated error, metres on the ground.
margin_m = 100.0
# Least side of the window read round the outline, pixels, for alignment and brightness.
context_px = 256
# A pair with more shift than this left after correction is refused, pixels.
max_residual_px = 0.75
# Less of the outline seen than this share, and nothing found, reads as "not seen".
min_seen_fraction = 0.5
# How new roofs are told in pixels under a metre: "default", or "research" (weights that were
# trained on images under research-only terms).
structure_model = "default"
# Paint structures into the scenes and say how small a one would have been found (slow).
detectability = false
# A GeoTIFF of heights in metres: no flood is found on steep ground; "" for none.
dem = ""
# A GeoTIFF of the share of time under water in percent, 0 to 100 (255: not known), such as JRC
# Global Surface Water occurrence: water is no flood where it lies half of the time; "" for none.
usual_water = ""

[fetch]
# What is searched: earth-search, planetary-computer, copernicus, usgs, or a name in [sources].
source = "earth-search"
# What is looked for: sentinel-2, landsat, sentinel-1.
sensors = ["sentinel-2"]
# Nothing is fetched that would make the catalogue larger than this, megabytes.
budget_mb = 5000
# How many files are read at a time.
workers = 4

# Catalogues of one's own choice, by name; 'like' is the preset whose names for bands one follows.
[sources]
# [sources.mine]
# url = "https://stac.example.org/v1"
# like = "earth-search"
# Only these of its collections, in this order; none named: all.
# collections = ["sentinel-2-c1-l2a"]
# Hosts of its files: no other is asked; none named: the preset's if it is its API, else any.
# hosts = ["files.example.org"]

[schedule]
# What 'scan --due' watches: ids of facilities; none named: all that have an outline.
facilities = []
# A look is expected within every so many days.
cadence_days = 10
# What is looked for: sentinel-2, landsat, sentinel-1; none named: as [fetch] has it.
sensors = []
# What is looked for in them: construction, flooding.
detectors = ["construction", "flooding"]
# First day of the watch, such as "2024-01-01"; "": a year before the first run.
since = ""

# Facilities that are watched otherwise; what is absent is as above.
[schedule.groups]
# [schedule.groups.rivers]
# facilities = ["khs-12-jongori"]
# cadence_days = 5
# sensors = ["sentinel-2", "sentinel-1"]

[notification]
# Environment variable that holds the addresses, as apprise has them, apart by spaces.
variable = "CAMP_MONITOR_NOTIFY"
# Or a file of apprise's own with them; "" for none.
file = ""
# Whether what one scene alone shows is told, too.
provisional = false
# A message comes at least every so many days, also where nothing is new; 0: never without news.
heartbeat_days = 7
# No run came to its end for so many days: that is an alarm.
alarm_after_days = 3

[ledger]
# A database of PostgreSQL for a team, such as "postgresql://USER@HOST/DATABASE", with the password
# in the environment variable PGPASSWORD or in ~/.pgpass; "" for the file out/ledger.sqlite.
url = ""
"""
