"""The settings of a workspace, as camp-monitor.toml holds them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from camp_monitor.codes import Audience, LanguageCode
from camp_monitor.errors import InputError, WorkspaceError

SENSITIVITIES = ("high", "balanced", "low")
"""Working points of a scan that have a name."""


def read_sensitivity(value: str | float) -> str | float:
    """Read a working point, also one in words of a command line.

    Raises
    ------
    ValueError
        It is neither a name nor a probability.
    """
    if value in SENSITIVITIES:
        return value
    with suppress(ValueError):
        if 0 < float(value) < 1:
            return float(value)
    raise ValueError(f"use {', '.join(SENSITIVITIES)}, or a probability between 0 and 1")


Sensitivity = Annotated[str | float, AfterValidator(read_sensitivity)]

FETCHED: Final = "fetched"
"""Stands for the file that was fetched for each facility, where there is one."""


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

    structure_model: Annotated[str, Field(min_length=1, max_length=1000)] = "default"
    """How new roofs are told in pixels under a metre: ``default``, or a file of weights, relative
    to the workspace."""

    sensitivity: Sensitivity = "balanced"
    """Which findings count: ``high``, ``balanced`` or ``low``, or those of at least a probability;
    the others are kept as candidates."""

    detectability: bool = False
    """Whether structures are painted into the scenes, to say how small a one would be found."""

    cloud_mask: Literal["none", "csmask"] = "none"
    """What tells cloud in calibrated optical scenes without a quality band; ``csmask`` needs the
    extra ``cloud``."""

    dem: Annotated[str, Field(max_length=1000)] = FETCHED
    """GeoTIFF of heights in metres, relative to the workspace; no flood is found on a slope.
    ``fetched``: that of each facility; empty: none."""

    usual_water: Annotated[str, Field(max_length=1000)] = FETCHED
    """GeoTIFF of the share of time under water, percent; likewise."""

    def told(self, **said: Any) -> ScanSettings:
        """Return the settings with what was said otherwise; None says nothing.

        Raises
        ------
        InputError
            There is no such setting, or it has no such value.
        """
        given = {name: value for name, value in said.items() if value is not None}
        try:
            return ScanSettings.model_validate(self.model_dump() | given)
        except ValidationError as error:
            fault = error.errors()[0]
            raise InputError(f"{fault['loc'][0]}: {fault['msg']}.") from error


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

    ground: str = "auto"
    """Catalogue of which heights and permanent water are fetched, once for each facility;
    ``auto``: `source`, and what a preset has not, of ``planetary-computer``; ``none``: nothing is
    fetched."""


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
    """Whether what is neither confirmed nor strong is told, too."""

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


class ReportSettings(BaseModel):
    """The ``[report]`` table of ``camp-monitor.toml``: what reports say of us, and to whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contact: Annotated[str, Field(max_length=1000)] = ""
    """Whom a reader may ask: an organisation and an address."""

    audience: Audience = Audience.INTERNAL
    """For whom maps, figures, reports, exports and messages are made."""

    open_licences: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    """Licences under which pixels may be published, beside those known to be open; word for word,
    as ``scenes list --json`` has them."""


class SchedulerSettings(BaseModel):
    """The ``[scheduler]`` table of ``camp-monitor.toml``: certificates of ``--scheduler tls://``.

    Files in PEM format, relative to the workspace.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ca: Annotated[str, Field(max_length=1000)] = ""
    """Certificate of the authority that signed those of scheduler and workers."""

    certificate: Annotated[str, Field(max_length=1000)] = ""
    """Certificate of this computer, signed by that authority, too."""

    key: Annotated[str, Field(max_length=1000)] = ""
    """Its private key; empty where it is in the file of the certificate."""


class AuthoritySettings(BaseModel):
    """One of the authorities under ``[time_stamps]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, Field(pattern=r"^https?://", max_length=500)]
    """Where it is asked, by RFC 3161."""

    certificates: Annotated[str, Field(min_length=1, max_length=1000)]
    """File in PEM format, relative to the workspace: the authority's root certificate, and those
    between it and the one that signs."""


class TimeStampSettings(BaseModel):
    """The ``[time_stamps]`` table of ``camp-monitor.toml``: who signs when something existed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    authorities: tuple[AuthoritySettings, ...] = ()
    """Each is asked for a stamp on every bundle."""


class Configuration(BaseModel):
    """All of ``camp-monitor.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: LanguageCode = LanguageCode.ENGLISH
    """Of maps, figures, lists, the status and messages."""

    scan: ScanSettings = ScanSettings()
    fetch: FetchSettings = FetchSettings()
    sources: dict[str, SourceSettings] = {}
    schedule: ScheduleSettings = ScheduleSettings()
    notification: NotificationSettings = NotificationSettings()
    ledger: LedgerSettings = LedgerSettings()
    report: ReportSettings = ReportSettings()
    time_stamps: TimeStampSettings = TimeStampSettings()
    scheduler: SchedulerSettings = SchedulerSettings()


NamedFile = Path | Literal["fetched"] | None


@dataclass(frozen=True)
class GroundFiles:
    """Where a scan finds heights and permanent water; None for each that it does without.

    Parameters
    ----------
    dem, usual_water : Path, ``fetched`` or None
    folder : Path or None
        Where what was fetched is kept, in a folder for each facility.
    """

    dem: NamedFile = None
    usual_water: NamedFile = None
    folder: Path | None = None


def named_file(name: str, root: Path = Path()) -> NamedFile:
    """Read how a setting or an option names a file; relative to `root`."""
    return FETCHED if name == FETCHED else root / name if name else None
