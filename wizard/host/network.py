"""Names, addresses and resolvers: ip(8), hosts(5), resolv.conf(5).

No name is looked up in the DNS here: with a dead resolver that takes half a minute.
"""

from __future__ import annotations

import ipaddress
import json
import os
from typing import Any

from wizard.door import Door, Outcome
from wizard.host.facts import Network
from wizard.host.later import Later

LOOPBACK6 = "::1"


def begin_network(door: Door) -> Later[Network]:
    """Ask ip for the addresses and read the rest from /etc; another root has no addresses."""
    running = door.start(("ip", "-json", "addr"))
    hostname = fqdn(_nodename(door), door.read_text("/etc/hosts") or "")
    resolvers = told_resolvers(door.read_text("/etc/resolv.conf") or "")

    def finish() -> Network:
        addresses = [] if running is None else told_addresses(running.outcome())
        return Network(
            hostname,
            tuple(str(one.ip) for one in addresses),
            tuple(dict.fromkeys(str(one.network) for one in addresses)),
            any(str(one.ip) == LOOPBACK6 for one in addresses),
            resolvers,
        )

    return finish


def fqdn(nodename: str, hosts: str) -> str:
    """Return the host's full name as `hostname -f` would, without asking the DNS; "" for none."""
    if "." in nodename:
        return nodename
    for line in hosts.splitlines():
        names = line.partition("#")[0].split()[1:]
        if nodename in names:
            full = next((name for name in names if "." in name), "")
            return "" if full.startswith("localhost.") else full
    return ""


def told_resolvers(text: str) -> tuple[str, ...]:
    """Return the addresses on the `nameserver` lines of resolv.conf."""
    rows = (line.split() for line in text.splitlines())
    return tuple(row[1] for row in rows if row[:1] == ["nameserver"] and row[1:])


def told_addresses(
    outcome: Outcome,
) -> list[ipaddress.IPv4Interface | ipaddress.IPv6Interface]:
    """Read what `ip -json addr` printed: every address with its network, interfaces in order."""
    try:
        interfaces: list[dict[str, Any]] = json.loads(outcome.stdout or b"[]")
    except ValueError:
        return []
    return [
        ipaddress.ip_interface(f"{row['local']}/{row['prefixlen']}")
        for interface in interfaces
        for row in interface.get("addr_info", ())
        if "local" in row
    ]


def _nodename(door: Door) -> str:
    if door.is_live:
        return os.uname().nodename
    lines = (door.read_text("/etc/hostname") or "").split()
    return lines[0] if lines else ""
