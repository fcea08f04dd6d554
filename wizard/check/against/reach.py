"""Find a server from another machine: its addresses, and our own address on the way there."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.answers.rules.addresses import address, is_address, unbracketed
from wizard.answers.rules.characters import printable as plain
from wizard.answers.rules.names import fqdn
from wizard.check.abuse.trials import own_address
from wizard.check.network.stranger import Network
from wizard.text import printable

SECONDS = 10.0
"""For the system's resolver, which may wait for each name server of resolv.conf(5) in turn."""

MAX_ADDRESSES = 8
"""Addresses of one name that are tried."""


class NoWayError(Exception):
    """The server cannot be tried from this machine; the text is the reason."""


@dataclass(frozen=True)
class Way:
    """An address of the server, and our own address on the way to it."""

    address: str
    source: str


@dataclass(frozen=True)
class Ways:
    """The ways to a server, IPv4 first, and its addresses to which this machine has no way."""

    ways: tuple[Way, ...]
    closed: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses of the server."""
        return (*(one.address for one in self.ways), *self.closed)


def outside_host(text: str) -> str:
    """Accept the full name, as A-labels, or the address of a server that other machines reach.

    Raises ValueError with the fault in words, for an address of one machine alone, too.
    """
    given = unbracketed(plain(text))
    if "%" in given:
        raise ValueError("names an interface of one machine; write an address that all reach")
    return address(given) if ":" in given or is_address(given) else fqdn(given)


def ways_to(host: str, *, seconds: float = SECONDS) -> Ways:
    """Return the ways to a host, which is a name or an address. Raises NoWayError without any."""
    found = (host,) if is_address(host) else _addresses(host, seconds)
    ways, closed, why = [], [], ""
    for one in found[:MAX_ADDRESSES]:
        source, fault = _source(one)
        if source:
            ways.append(Way(one, source))
        else:
            closed.append(one)
            why = f"{one}: {fault}"
    if not ways:
        raise NoWayError(f"this machine has no way to {why}")
    return Ways(tuple(ways), tuple(closed))


def is_trusted(source: str, networks: Sequence[Network]) -> bool:
    """True if one of the networks has the address."""
    own = ipaddress.ip_address(source.partition("%")[0])
    return any(own in network for network in networks)


def is_here(way: Way) -> bool:
    """True if the way ends on this machine: its own address, or one of the loopback."""
    return way.source == way.address or ipaddress.ip_address(way.address).is_loopback


def _source(there: str) -> tuple[str, str]:
    """Return our own address on the way to an address, or the reason why there is no way."""
    try:
        return own_address(there), ""
    except OSError as fault:
        return "", fault.strerror or str(fault)


def _addresses(name: str, seconds: float) -> tuple[str, ...]:
    """Return the addresses of a name, IPv4 first (getaddrinfo(3)).

    The call has no time limit, so it runs in a thread that does not keep this process from ending.
    """
    found: list[str] = []
    faults: list[str] = []

    def ask() -> None:
        try:
            listed = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as fault:
            faults.append(str(getattr(fault, "strerror", "") or fault))
            return
        listed.sort(key=lambda one: one[0] != socket.AF_INET)
        found.extend(dict.fromkeys(str(one[4][0]) for one in listed))

    asking = threading.Thread(target=ask, name="getaddrinfo", daemon=True)
    asking.start()
    asking.join(seconds)
    if asking.is_alive():
        raise NoWayError(f"no answer to the name {name} within {seconds:g} s")
    if not found:
        raise NoWayError(f"{name}: {printable(''.join(faults)) or 'no address'}")
    return tuple(found)
