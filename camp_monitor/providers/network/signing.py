"""Sign an address for the provider that wants it; the signed form is used once and kept nowhere.

A signer is a function from an address to a `Signed`.  It leaves every host but its provider's as
it is, so that no key reaches another host.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote, unquote

from camp_monitor.errors import RemoteError
from camp_monitor.providers.network.addresses import Address, parse_address, where

PLANETARY_TOKENS = "https://planetarycomputer.microsoft.com/api/sas/v1"
PLANETARY_KEY = "PC_SDK_SUBSCRIPTION_KEY"
PLANETARY_SETTINGS = Path("~/.planetarycomputer/settings.env")
BLOB_HOSTS = ".blob.core.windows.net"
KEPT_BEFORE_EXPIRY = timedelta(minutes=2)
"""A token is asked for anew this long before it ends, so that it does not end on the way."""
_TOKEN = re.compile(r"[A-Za-z0-9%&=_.:~+/-]{1,4000}")

COPERNICUS_FILES = "https://eodata.dataspace.copernicus.eu"
COPERNICUS_BUCKET = "eodata"
COPERNICUS_REGION = "default"


@dataclass(frozen=True)
class Signed:
    """An address as it is sent; its text shows nothing of it.

    Attributes
    ----------
    url : str
    headers : mapping of str to str
        To be sent with it, to this host alone.
    remedy : str
        What to do where the provider refuses it, for the message.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    remedy: str = (
        "choose a source that is open to all, or one with its signing in camp-monitor.toml"
    )


Sign = Callable[[str], Signed]


def unsigned(href: str) -> Signed:
    """Return the address as it is, for the providers that are open to all."""
    return Signed(href)


def planetary_key(
    environ: Mapping[str, str] = os.environ, settings: Path = PLANETARY_SETTINGS
) -> str:
    """Return the Planetary Computer's subscription key, or nothing.

    It is not needed, but with it more may be asked in a minute.

    Parameters
    ----------
    environ : mapping of str to str
        Looked into first, for `PLANETARY_KEY`.
    settings : Path
        The file of the provider's own tools, with lines such as ``NAME=value``.
    """
    if PLANETARY_KEY in environ:
        return environ[PLANETARY_KEY].strip()
    try:
        lines = settings.expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError, RuntimeError):
        return ""
    values = [line.partition("=")[2] for line in lines if line.startswith(f"{PLANETARY_KEY}=")]
    return values[0].strip().strip("\"'") if values else ""


def planetary_tokens(key: str, base: str = PLANETARY_TOKENS) -> Sign:
    """Sign requests for tokens, and nothing else, with the subscription key.

    Parameters
    ----------
    key : str
        May be empty.
    base : str
        Address of the service that gives the tokens.
    """
    service = parse_address(base)

    def sign(href: str) -> Signed:
        address = parse_address(href)
        is_ours = address.origin == service.origin and address.path.startswith(f"{service.path}/")
        headers = {"Ocp-Apim-Subscription-Key": key} if key and is_ours else {}
        return Signed(href, headers, f"check {PLANETARY_KEY}, or leave it unset")

    return sign


def planetary_computer(
    get_json: Callable[[str], Any], clock: Callable[[], datetime], base: str = PLANETARY_TOKENS
) -> Sign:
    """Sign files of the Planetary Computer with a token for their container.

    The token comes from ``{base}/token/{account}/{container}``.  It is kept until shortly before
    it ends, and asked for once however many threads want it.

    Parameters
    ----------
    get_json : function
        `Remote.get_json` of a `Remote` whose home is `base`, signing with `planetary_tokens`.
    clock : function
        Returns the time now, with a time zone.
    base : str
        Where it is on this computer, that host's files are signed too, with the host as account.
    """
    service = parse_address(base)
    kept: dict[str, tuple[str, datetime]] = {}
    lock = Lock()

    def token_of(container: str) -> str:
        with lock:
            token, ends_at = kept.get(container, ("", datetime.min.replace(tzinfo=UTC)))
            if clock() + KEPT_BEFORE_EXPIRY >= ends_at:
                token, ends_at = _read_token(get_json(f"{base}/token/{container}"), base)
                kept[container] = token, ends_at
            return token

    def sign(href: str) -> Signed:
        container = _container(href, service)
        if not container:
            return Signed(href)
        joint = "&" if "?" in href else "?"
        remedy = f"try again later, or set {PLANETARY_KEY} to a subscription key"
        return Signed(f"{href}{joint}{token_of(container)}", remedy=remedy)

    return sign


def _container(href: str, service: Address) -> str:
    """Return ``account/container`` of a file that wants a token, or nothing."""
    address = _parse_or_none(href)
    if address is None:
        return ""
    container = address.path.split("/")[1]
    if not re.fullmatch(r"[a-z0-9$-]{1,63}", container):
        return ""
    account, dot, rest = address.host.partition(".")
    if address.scheme == "https" and address.port == 443 and dot + rest == BLOB_HOSTS:
        return f"{account}/{container}"
    on_this_computer = service.is_this_computer and address.host == service.host
    return f"{address.host}/{container}" if on_this_computer else ""


def _read_token(answer: Any, base: str) -> tuple[str, datetime]:
    try:
        token, ends_at = answer["token"], datetime.fromisoformat(answer["msft:expiry"])
        if _TOKEN.fullmatch(token) and ends_at.tzinfo is not None:
            return token, ends_at
    except (KeyError, TypeError, ValueError):
        pass
    raise RemoteError(f"{where(base)} gave no token that can be read: try again later.")


def copernicus_s3(endpoint: str = COPERNICUS_FILES) -> Sign:
    """Sign files of the Copernicus Data Space, given as ``s3://eodata/...``, with the user's keys.

    The keys are looked for at the first file: in ``AWS_ACCESS_KEY_ID`` and
    ``AWS_SECRET_ACCESS_KEY``, then in the profile of the user's own credentials file.  No other
    place is asked, and none on the network.

    Parameters
    ----------
    endpoint : str
        Address of the store; the keys are used for it alone.
    """
    store = parse_address(endpoint)
    found: list[Any] = []
    lock = Lock()

    def sign(href: str) -> Signed:
        url = _store_address(href, endpoint)
        address = _parse_or_none(url)
        if address is None or address.origin != store.origin:
            return Signed(href)
        with lock:
            if not found:
                found.append(_find_keys())
        return Signed(url, _sign_v4(url, found[0]), f"check the keys in {_KEYS}")

    return sign


_KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials"


def _store_address(href: str, endpoint: str) -> str:
    """Return where the store serves ``s3://eodata/...``; any other address as it is."""
    key = re.fullmatch(rf"s3://{COPERNICUS_BUCKET}/([^?#\\\s]+)", href)
    if key is None:
        return href
    return f"{endpoint}/{COPERNICUS_BUCKET}/{quote(unquote(key[1]), safe='/~')}"


def _find_keys() -> Any:
    """Return the user's keys from the environment or the credentials file, as botocore reads them.

    Its other places are left out: some of them are services on the network.
    """
    try:
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session
    except ImportError as error:
        raise RemoteError(
            "Files of the Copernicus Data Space need botocore: install camp-monitor[copernicus]."
        ) from error
    try:
        places = Session().get_component("credential_provider").providers
        for place in places:
            if place.METHOD in ("env", "shared-credentials-file"):
                keys = place.load()
                if keys is not None:
                    return keys.get_frozen_credentials()
    except BotoCoreError:
        pass
    raise RemoteError(
        f"Files of the Copernicus Data Space need your own keys: set {_KEYS}, with keys from "
        f"https://eodata-s3keysmanager.dataspace.copernicus.eu."
    )


def _sign_v4(url: str, keys: Any) -> dict[str, str]:
    """Return the headers that sign a GET of `url`; the range that is read is not part of them."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest

    request = AWSRequest(method="GET", url=url)
    S3SigV4Auth(keys, "s3", COPERNICUS_REGION).add_auth(request)
    return {name: str(value) for name, value in request.headers.items()}


def _parse_or_none(href: str) -> Address | None:
    """Read an address; one that cannot be read is refused later, where it would be asked."""
    try:
        return parse_address(href)
    except RemoteError:
        return None
