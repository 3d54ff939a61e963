"""Whom messages go to, and sending one: all that this program asks of apprise.

An address holds passwords.  It is read, used, and never printed, logged or stored: a target is
named by its place in the list and the kind of its service, and known again by a short hash.
"""

from __future__ import annotations

import hashlib
import logging
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from camp_monitor.settings import NotificationSettings

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
ID_DIGITS = 8
"""Of the hash of an address: enough to tell one's own apart, too few to test a password by."""
ANSWER_S = 60.0
"""How long a service may take to answer, seconds.  apprise gives up after 4, and a message that a
slow server took in spite of that would be sent to it again and again."""
PATIENCE_TIMES = 4
"""Likewise for the connection, on which mail waits for its answer: times what apprise gives it."""
LONGEST_S = 300.0
"""Of one message to one target, seconds."""
HURRIED_S = 3.0
"""For the answer, where the last run found no network: what waits is tried again."""
UNREACHABLE = ("it did not answer in time", "no connection to it came about, or it broke off")
"""Reasons that hold for any message, and not for one alone."""
REASONS = {
    r"timed? ?out|deadline": UNREACHABLE[0],
    r"authenti|credential|login": "it refused the user name or the password",
    r"onnect|ocket|resolve": UNREACHABLE[1],
    r"ttachment": "the service could not take the attachments",
}
"""What a line of apprise's log can mean, in words of our own: the line itself may hold secrets."""


@dataclass(frozen=True)
class Target:
    """One address that messages go to.

    Parameters
    ----------
    id : str
        Beginning of the SHA-256 of the address, in hexadecimal.
    name : str
        Fit to print: ``the first address (E-Mail)``.
    service : NotifyBase
        What apprise made of the address.
    """

    id: str
    name: str
    service: NotifyBase


@dataclass(frozen=True)
class Addresses:
    """What the settings name.

    Parameters
    ----------
    targets : tuple of Target
    faults : tuple of str
        Sentences: addresses that cannot be used, by their place in the list.
    """

    targets: tuple[Target, ...]
    faults: tuple[str, ...]


def read_addresses(
    settings: NotificationSettings,
    environment: Mapping[str, str],
    root: Path,
    *,
    hurried: bool = False,
) -> Addresses:
    """Read the addresses from the environment variable and from the file that the settings name.

    Parameters
    ----------
    settings : NotificationSettings
    environment : mapping
        Such as ``os.environ``.
    root : Path
        Folder that a relative name of the file starts from.
    hurried : bool
        Whether little is waited for an answer, see `HURRIED_S`.
    """
    import apprise

    targets: dict[str, Target] = {}
    faults = []
    with _listening():
        asset = _asset()
        for number, address in enumerate(environment.get(settings.variable, "").split()):
            name = f"the {_ordinal(number)} address"
            service = _service(address, asset)
            if not isinstance(service, apprise.NotifyBase):
                faults.append(
                    f"{name.capitalize()} in {settings.variable} is none that apprise understands: "
                    f"write it as apprise's documentation has it for the service."
                )
                continue
            _add(targets, faults, address, name, service, hurried=hurried)
    if settings.file:
        services, fault = _read_file(root / settings.file)
        faults += [fault] if fault else []
        for number, service in enumerate(services):
            name = f"the {_ordinal(number)} address of the file"
            url = str(service.url(privacy=False))
            _add(targets, faults, url, name, service, hurried=hurried)
    return Addresses(tuple(targets.values()), tuple(faults))


def send(target: Target, title: str, body: str, files: Sequence[Path]) -> str:
    """Send a plain text with files to one target; return why that failed, or an empty text.

    The reason is a clause in words of our own, so that nothing of the address can be in it.
    """
    import apprise

    sender = apprise.Apprise(asset=target.service.asset)
    sender.add(target.service)
    with _listening() as heard:
        try:
            done = sender.notify(
                body=body,
                title=title,
                body_format=apprise.NotifyFormat.TEXT,
                attach=[str(path) for path in files] or None,
            )
        except Exception as error:  # a service's code; whatever it was, the message stays
            return f"apprise failed ({type(error).__name__})"
    # None: nobody was there to be told; only a plain yes is one
    return "" if done else _reason(heard)


def _asset() -> AppriseAsset:
    """Set apprise up: one target after another, and no pictures or links of its own."""
    import apprise

    return apprise.AppriseAsset(
        async_mode=False,
        app_id="camp_monitor",
        app_desc="camp_monitor",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,  # a password follows none
        allow_templates=False,
        service_timeout=LONGEST_S,
    )


def _service(address: str, asset: AppriseAsset) -> NotifyBase | None:
    import apprise

    try:
        return apprise.Apprise.instantiate(address, asset=asset)
    except Exception:  # hostile text; what apprise says of it may repeat it
        return None


def _add(
    targets: dict[str, Target],
    faults: list[str],
    address: str,
    name: str,
    service: NotifyBase,
    *,
    hurried: bool,
) -> None:
    """Take a service as a target, unless it would send what is not ours to send."""
    import apprise

    if any(
        isinstance(held, apprise.AppriseAttachment) and len(held) for held in vars(service).values()
    ):
        faults.append(
            f"{name.capitalize()} names a file of its own that apprise would send: leave that "
            f"out of the address."
        )
        return
    service.optional = False  # else apprise calls a failure a success
    if "overflow=" not in address:  # a long text comes in parts, not cut and not refused
        service.overflow_mode = apprise.OverflowMode.SPLIT
    if "rto=" not in address:
        service.socket_read_timeout = HURRIED_S if hurried else ANSWER_S
    if "cto=" not in address:
        times = 1 if hurried else PATIENCE_TIMES
        service.socket_connect_timeout = times * type(service).socket_connect_timeout
    key = hashlib.sha256(address.encode(errors="replace")).hexdigest()[:ID_DIGITS]
    targets.setdefault(key, Target(key, f"{name} ({service.service_name})", service))


def _read_file(path: Path) -> tuple[list[NotifyBase], str]:
    """Read apprise's own file; return its services and a sentence if a part cannot be used."""
    import apprise

    if not path.is_file():
        return [], (
            f"The file of addresses that the settings name under [notification] is not there: "
            f'make it, or write file = "" in camp-monitor.toml ({path.name}).'
        )
    with _listening() as heard:
        try:
            config = apprise.AppriseConfig(asset=_asset(), recursion=0)  # includes no other file
            config.add(path.resolve().as_uri())
            services = list(config.services())
        except Exception as error:  # hostile text; what apprise says of it may repeat it
            return [], f"The file of addresses cannot be used ({type(error).__name__}): mend it."
    if not heard and services:
        return services, ""
    lines = sorted({int(number) for line in heard for number in re.findall(r"line (\d+)", line)})
    where = f" (line {', '.join(map(str, lines))})" if lines else ""
    return services, f"The file of addresses has parts that apprise does not understand{where}."


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Keep what apprise logs from the screen and from any log; yield the lines to be judged."""
    heard: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING:
                heard.append(record.getMessage())

    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [Listener()], False
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they may name the host
            yield heard
    finally:
        # for good: a service that was given up may speak later, and of the address
        logger.handlers = [logging.NullHandler()]


def _reason(heard: Sequence[str]) -> str:
    text = " ".join(heard)
    status = re.search(r"error=([1-5]\d\d)\b", text)
    if status:
        return f"it answered with status {status.group(1)}"
    for pattern, words in REASONS.items():
        if re.search(pattern, text, re.IGNORECASE):
            return words
    return "apprise could not deliver it"


def _ordinal(number: int) -> str:
    return ORDINALS[number] if number < len(ORDINALS) else f"{number + 1}th"
