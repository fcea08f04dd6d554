"""Check that the router does not hide strangers behind its own address, which may relay.

A router with source NAT for incoming connections ("hairpin NAT" for all) shows every stranger as its
own inner address. If that address is in mynetworks, everybody may relay (postconf(5)). No test from
inside and no check of main.cf alone finds this open relay.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Optional, Union

from wizard.check.network.stranger import CANDIDATES
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WARNING, Check, Finding
from wizard.text import counted

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

ROUTES = "/proc/net/route"
"""The kernel's IPv4 routes (proc(5)): addresses in hexadecimal, the lowest byte first."""

MIN_STRANGERS = 2
"""Connections of strangers that prove that the router does not hide them."""

_CLIENT = re.compile(r"\spostfix/smtpd\[\d+\]: connect from \S+\[([0-9a-fA-F.:]+)\]$", re.MULTILINE)
"""Port 25 alone: the other two have other names in the log (syslog_name)."""
_PROBES = tuple(
    ipaddress.ip_network(f"{one}/{64 if ':' in one else 24}", strict=False) for one in CANDIDATES
)
_DESTINATION, _GATEWAY = 1, 2
_ANYWHERE = "00000000"


def judge_router(door: Door, mynetworks: str, log: str) -> Iterator[Finding]:
    """`networks.router` if the default gateway may relay; else nothing.

    `mynetworks` is main.cf's value, `log` what Postfix wrote.
    """
    words = [word for word in re.split(r"[,\s]+", mynetworks) if word]
    gateway = default_gateway(door.readable_text(ROUTES))
    if gateway is None or not may_relay(gateway, words):
        return
    clients = Counter(_CLIENT.findall(log))
    own = clients[str(gateway)]
    others = sum(number for client, number in clients.items() if _is_stranger(client, words))
    check = Check(
        "networks.router",
        "mynetworks: the router",
        "strangers come by their own addresses",
        fatal=False,
    )
    verdict = RIGHT if others >= MIN_STRANGERS else WARNING if own else UNKNOWN
    advice = (
        f"Either {gateway} itself sends mail, or it rewrites strangers' addresses, and then all may "
        "relay: turn off source NAT for port 25 there, or let mynetworks begin with "
        f"`!{gateway}`; reload."
    )
    seen = (
        f"{counted(own, 'connection')} on 25 by {gateway}, {others} by strangers"
        if own
        else f"{gateway} may relay; {counted(others, 'connection')} on 25 by strangers, none by it"
    )
    yield check.finding(verdict, seen, advice if own else "")


def may_relay(address: Address, words: Sequence[str]) -> bool:
    """True if mynetworks permits an address; the first matching item decides."""
    for word in words:
        negated, text = word.startswith("!"), re.sub(r"[][!]", "", word)
        try:
            fits = address in ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue  # a table, or a $parameter
        if fits:
            return not negated
    return False


def _is_stranger(client: str, words: Sequence[str]) -> bool:
    """True if a client came from outside. Our own tests use documentation addresses."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    return not may_relay(address, words) and not any(address in one for one in _PROBES)


def default_gateway(routes: str) -> Optional[ipaddress.IPv4Address]:
    """Return the default IPv4 gateway, None if there is none."""
    for line in routes.splitlines()[1:]:
        fields = line.split()
        if len(fields) > _GATEWAY and fields[_DESTINATION] == _ANYWHERE:
            try:
                address = ipaddress.IPv4Address(bytes.fromhex(fields[_GATEWAY])[::-1])
            except ValueError:
                continue
            if int(address):
                return address
    return None
