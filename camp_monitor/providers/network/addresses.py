"""Which addresses on the network may be asked for anything: decided by the address alone.

An address from a catalogue is a stranger's text.  Only ``https`` to public hosts is asked, and only
to those of the source where it has a list.  Where the catalogue itself, which the user chose, is on
this computer, its own host may be asked too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote

from camp_monitor.errors import RemoteError

_HREF = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^?#\\\s]*)?(?:\?(?P<query>[^#\\\s]*))?(?:#[^\\\s]*)?",
    flags=re.IGNORECASE,
)
LONGEST_HREF = 4000
LONGEST_SHOWN = 120
_DEFAULT_PORTS = {"http": 80, "https": 443}
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", flags=re.IGNORECASE)
_TRANSLATED = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")


@dataclass(frozen=True)
class Address:
    """An address in the one form that every part of the program reads alike.

    Attributes
    ----------
    scheme : str
        ``http`` or ``https``.
    host : str
        Lower case; an IPv6 address without its brackets.
    port : int
    path : str
        As written, with its percent signs.
    query : str
        Without the question mark; it may hold a signature, so it is never shown.
    """

    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Whom a request goes to; what one origin was told is not told to another."""
        return self.scheme, self.host, self.port

    @property
    def is_this_computer(self) -> bool:
        """Whether the host is spelt as this computer's own, without asking for any name."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(href: str) -> Address:
    """Read an absolute ``http`` or ``https`` address, if no two readers can differ on it.

    Raises
    ------
    RemoteError
        Another scheme, no host, a user name before the host, a backslash, a space, a character
        that cannot be seen, ``..`` in the path, or a number in place of a host.
    """
    match = _HREF.fullmatch(href) if len(href) <= LONGEST_HREF and href.isprintable() else None
    if match is None:
        raise RemoteError(
            f"{where(href)} is not an address that is asked: only plain https addresses are."
        )
    host = match["host"].lower().strip("[]")
    path = match["path"] or "/"
    address = Address(
        scheme=match["scheme"].lower(),
        host=host,
        port=int(match["port"] or _DEFAULT_PORTS[match["scheme"].lower()]),
        path=path,
        query=match["query"] or "",
    )
    if not _is_host(host) or not 0 < address.port < 65536:
        raise RemoteError(f"{where(href)} names no host that can be asked: check the address.")
    if {".", ".."} & set(re.split(r"[/\\]", unquote(path))):
        raise RemoteError(f"{where(href)} goes up in its path, which is not followed.")
    return address


def check_address(address: Address, home: Address, hosts: Collection[str] = ()) -> None:
    """Refuse what is not public or no host of the source, as far as the spelling tells.

    Parameters
    ----------
    address : Address
    home : Address
        The catalogue that the user chose.
    hosts : collection of str
        Names that may be asked besides that of `home`, each at the usual port of ``https``;
        empty: every public one.  Another port is another host, but for names of this computer.

    Raises
    ------
    RemoteError
        ``http`` to another computer, a number that is not a public address, or another host.
    """
    if address.origin == home.origin and home.is_this_computer:
        return
    if hosts and not _is_listed(address, home, hosts):
        raise RemoteError(
            f"{_with_port(address)} is none of the hosts of this source: choose another "
            f"scene, or name it under 'hosts' in a [sources.NAME] of camp-monitor.toml."
        )
    if _is_at_home(address.host, home):
        return
    shown = f"{address.host}{address.path}"[:LONGEST_SHOWN]
    if address.scheme != "https":
        raise RemoteError(f"{shown} is asked for over http, which anyone can alter: use https.")
    try:
        ip_address(address.host)
    except ValueError:
        return
    check_resolved(address.host, [address.host], home)


def check_resolved(host: str, found: Iterable[str], home: Address) -> None:
    """Refuse a host where any one of the addresses that its name stands for is not public.

    Parameters
    ----------
    host : str
    found : iterable of str
        Numeric addresses, IPv4 or IPv6.
    home : Address

    Raises
    ------
    RemoteError
    """
    at_home = _is_at_home(host, home)
    for text in found:
        one = ip_address(text.partition("%")[0])
        if not (one.is_loopback if at_home else is_public(one)):
            raise RemoteError(
                f"{host} leads to a private or reserved address, which is not asked: only public "
                f"hosts are, and this computer where the catalogue itself is on it."
            )


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address belongs to the public internet, also one written inside another."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def where(href: str) -> str:
    """Return the host and path of an address for a message: no query, no user, no odd signs."""
    text = re.split(r"[?#]", href, maxsplit=1)[0].rpartition("@")[2]
    text = re.sub(r"^https?://", "", text, flags=re.IGNORECASE)
    text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    if len(text) <= LONGEST_SHOWN:
        return text or "An empty address"
    half = LONGEST_SHOWN // 2
    return f"{text[:half]}…{text[-half:]}"


def _is_listed(address: Address, home: Address, hosts: Collection[str]) -> bool:
    usual = address.port == _DEFAULT_PORTS[address.scheme] or address.is_this_computer
    return address.origin == home.origin or (usual and address.host in hosts)


def _with_port(address: Address) -> str:
    usual = address.port == _DEFAULT_PORTS[address.scheme]
    return f"{address.host[:LONGEST_SHOWN]}{'' if usual else f':{address.port}'}"


def _is_at_home(host: str, home: Address) -> bool:
    return home.is_this_computer and host == home.host


def _is_host(host: str) -> bool:
    """Tell a name or an ordinary numeric address; ``0x7f.1`` and ``2130706433`` are neither."""
    labels = host.rstrip(".").split(".")
    if ":" in host or _NUMBER.fullmatch(labels[-1]):
        try:
            ip_address(host)
        except ValueError:
            return False
        return True
    return all(0 < len(label) < 64 for label in labels)
