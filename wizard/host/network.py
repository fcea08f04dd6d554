"""Read names, addresses and resolvers: ip(8), hosts(5), resolv.conf(5).

Nothing queries the DNS here: with a dead resolver that takes half a minute.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
from typing import Any

from wizard.door import Door, Later, Outcome
from wizard.host.facts import Network

LOOPBACK6 = "::1"
LOOPBACK = "lo"


def begin_network(door: Door) -> Later[Network]:
    """Get the addresses from ip and read the rest from /etc; another root has no addresses."""
    running = door.start(("ip", "-json", "addr"))
    hostname = own_name(door)
    resolvers = parse_resolvers(door.read_text("/etc/resolv.conf") or "")
    interfaces = parse_interfaces(_kernels(door, "dev"))
    outside = parse_default_routes(_kernels(door, "route"), _kernels(door, "ipv6_route"))

    def finish() -> Network:
        addresses = [] if running is None else parse_addresses(running.outcome())
        return Network(
            hostname,
            tuple(str(one.ip) for one in addresses),
            tuple(dict.fromkeys(str(one.network) for one in addresses)),
            any(str(one.ip) == LOOPBACK6 for one in addresses),
            resolvers,
            interfaces,
            tuple(one for one in outside if one in interfaces),
        )

    return finish


def own_name(door: Door) -> str:
    """Return the host's full name, "" for none. It takes no time: nothing is started or queried."""
    return fqdn(_nodename(door), door.read_text("/etc/hosts") or "")


def fqdn(nodename: str, hosts: str) -> str:
    """Return the host's full name as `hostname -f` does, but without the DNS; "" for none."""
    if "." in nodename:
        return nodename
    for line in hosts.splitlines():
        names = line.partition("#")[0].split()[1:]
        if nodename in names:
            full = next((name for name in names if "." in name), "")
            return "" if full.startswith("localhost.") else full
    return ""


def parse_resolvers(text: str) -> tuple[str, ...]:
    """Return the addresses on the `nameserver` lines of resolv.conf."""
    rows = (line.split() for line in text.splitlines())
    return tuple(row[1] for row in rows if row[:1] == ["nameserver"] and row[1:])


def parse_interfaces(text: str) -> tuple[str, ...]:
    """Return the interfaces of /proc/net/dev without lo (proc_pid_net(5))."""
    return tuple(one for one in re.findall(r"(?m)^\s*(\S+):", text) if one != LOOPBACK)


def parse_default_routes(text: str, text6: str) -> tuple[str, ...]:
    """Return the interfaces of the default routes in /proc/net/route and ipv6_route."""
    rows = [row.split() for row in text.splitlines()[1:]]
    rows6 = [row.split() for row in text6.splitlines()]
    found = [row[0] for row in rows if row[1:2] == row[7:8] == ["00000000"]]
    found += [row[-1] for row in rows6 if row[:2] == ["0" * 32, "00"]]
    return tuple(dict.fromkeys(found))


def _kernels(door: Door, name: str) -> str:
    return door.readable_text(f"/proc/net/{name}") if door.is_live else ""


def parse_addresses(
    outcome: Outcome,
) -> list[ipaddress.IPv4Interface | ipaddress.IPv6Interface]:
    """Parse the output of `ip -json addr`: each address with its network, interfaces in order."""
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
