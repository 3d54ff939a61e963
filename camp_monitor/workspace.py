"""Where things are, and the settings in ``camp-monitor.toml``.

A workspace is a folder with ``camp-monitor.toml``, ``aoi/`` (the registry of facilities),
``imagery/`` (the catalogue of scenes) and ``out/`` (everything that the program writes).
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from camp_monitor.errors import WorkspaceError
from camp_monitor.settings import (
    Configuration,
    GroundFiles,
    LedgerServer,
    ScanSettings,
    SchedulerSettings,
    named_file,
)

CONFIGURATION = "camp-monitor.toml"


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
    def ground(self) -> Path:
        """Heights and permanent water that were fetched, in a folder for each facility."""
        return self.root / "ground"

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
    def heads(self) -> Path:
        """Where the ledger's chains ended each time, outside of the ledger and of ``out``."""
        return self.root / "ledger-heads.txt"

    @property
    def has_ledger(self) -> bool:
        """Whether anything was ever recorded: a ledger that is gone is no empty one."""
        return self.ledger.exists() or self.heads.exists()

    @property
    def outbox(self) -> Path:
        """The messages that someone did not get yet."""
        return self.out / "outbox.sqlite"

    @property
    def scan_settings(self) -> ScanSettings:
        """The settings of a scan; a file of weights by its full path."""
        named = self.configuration.scan
        if named.structure_model == "default":
            return named
        weights = str(self.root / named.structure_model)
        return named.model_copy(update={"structure_model": weights})

    @property
    def certificates(self) -> SchedulerSettings:
        """The certificates for a scheduler, by the full paths of their files."""
        named = self.configuration.scheduler.model_dump().items()
        full = {word: str(self.root / file) for word, file in named if file}
        return SchedulerSettings(**full)

    @property
    def ground_files(self) -> GroundFiles:
        """Heights and permanent water, as the settings name them."""
        named = self.configuration.scan
        return GroundFiles(
            named_file(named.dem, self.root), named_file(named.usual_water, self.root), self.ground
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
        ignored = "# pixels and results stay out of version control\n/imagery/\n/ground/\n/out/\n"
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

# Of maps, figures, lists, the status and messages: "en" (English) or "ko" (Korean).
language = "en"

[scan]
# Searched beyond the outline and its stated error, metres on the ground.
margin_m = 100.0
# Least side of the window read round the outline, pixels, for alignment and brightness.
context_px = 256
# A pair with more shift than this left after correction is refused, pixels.
max_residual_px = 0.75
# Less of the outline seen than this share, and nothing found, reads as "not seen".
min_seen_fraction = 0.5
# How new roofs are told in pixels under a metre: "default", or a file of weights that
# benchmarks/train_roofs.py wrote.
structure_model = "default"
# Which findings count: "high", "balanced", "low", or those of at least a probability such as 0.4;
# what is less sure is kept as a candidate.
sensitivity = "balanced"
# Paint structures into the scenes and say how small a one would have been found (slow).
detectability = false
# What tells cloud in optical scenes of reflectance without a quality band: "none", or "csmask", a
# neural network that pip install 'camp-monitor[cloud]' brings.
cloud_mask = "none"
# A GeoTIFF of heights in metres: no flood is found on steep ground; "fetched" for the file that
# was fetched for each facility (see [fetch] ground), if it is there; "" for none.
dem = "fetched"
# A GeoTIFF of the share of time under water in percent, 0 to 100 (255: not known), such as JRC
# Global Surface Water occurrence: water is no flood where it lies half of the time; likewise.
usual_water = "fetched"

[fetch]
# What is searched: earth-search, planetary-computer, copernicus, usgs, or a name in [sources].
source = "earth-search"
# What is looked for: sentinel-2, landsat, sentinel-1.
sensors = ["sentinel-2"]
# Nothing is fetched that would make the catalogue larger than this, megabytes.
budget_mb = 5000
# How many files are read at a time.
workers = 4
# Of which catalogue heights and permanent water are fetched, once for each facility: its name;
# "auto" for the source above and, for what a catalogue of this list lacks, planetary-computer;
# "none" to fetch neither.
ground = "auto"

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
# Whether events that are neither confirmed nor strong are told, too.
provisional = false
# A message comes at least every so many days, also where nothing is new; 0: never without news.
heartbeat_days = 7
# No run came to its end for so many days: that is an alarm.
alarm_after_days = 3

[ledger]
# A database of PostgreSQL for a team, such as "postgresql://USER@HOST/DATABASE", with the password
# in the environment variable PGPASSWORD or in ~/.pgpass; "" for the file out/ledger.sqlite.
url = ""

[report]
# Whom the reader of a report may ask: an organisation and an address.
contact = ""
# Who reads maps, figures, reports, exports and messages: internal, partner or public.
audience = "internal"
# Licences under which pixels may be published, beside those known to be open.
open_licences = []

[time_stamps]
# Authorities that sign when a bundle or a head of the ledger existed (RFC 3161), each as
# {url = "https://tsa.example.org/tsr", certificates = "tsa.pem"}: its address, and a file with its
# root certificate and those below it, as it publishes them.
authorities = []

[scheduler]
# Files in PEM format, for a Dask scheduler at tls://HOST:PORT: the certificate of the authority.
ca = ""
# The certificate of this computer, signed by that authority.
certificate = ""
# Its private key; "" where it is in the file of the certificate.
key = ""
"""
