"""Check who listens on 25, 587 and 465, and on which addresses (ss(8), postconf(5) inet_interfaces)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wizard.answers.sections.networks import Networks
from wizard.check.commands import CommandResult
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WRONG, Check, Finding
from wizard.postfix.master_cf import read_services
from wizard.postfix.service_entry import Service
from wizard.text import printable

SS = ("ss", "-Hnltp")

PORTS = (25, 587, 465)

OWNER = "master"
"""Postfix's master(8) has the listening sockets of all services open."""

NOBODY = "nobody listens"
"""What is seen if no program listens on a port."""

_LISTENER = re.compile(r"^LISTEN\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+(.*)$", re.MULTILINE)
_USER = re.compile(r'\("([^"]*)",pid=')

_INTERFACES = {
    "all": {4: "0.0.0.0", 6: "::"},  # noqa: S104 (read from ss, not bound)
    "loopback-only": {4: "127.0.0.1", 6: "::1"},
    "localhost": {4: "127.0.0.1", 6: "::1"},
}
_LOOPBACK = frozenset(_INTERFACES["localhost"].values())
_PROTOCOLS = {"ipv4": (4,), "ipv6": (6,), "all": (4, 6)}


@dataclass(frozen=True)
class Socket:
    """A listening socket: its address, its port, and all programs that have it open."""

    address: str
    port: int
    programs: frozenset[str]

    @property
    def owner(self) -> str:
        """The owner: master, if it is among the programs. Each smtpd inherits the socket from it."""
        if OWNER in self.programs:
            return OWNER
        return printable(", ".join(sorted(self.programs)), 60)


def sockets(text: str) -> tuple[Socket, ...]:
    """Parse the output of `ss -Hnltp`; only root sees the programs."""
    return tuple(
        Socket(address.partition("%")[0].strip("[]"), int(port), frozenset(_USER.findall(users)))
        for address, port, users in _LISTENER.findall(text)
    )


def versions(networks: Networks, *, has_ipv6: bool) -> tuple[int, ...]:
    """Return the IP versions that Postfix listens on; without IPv6 on the host `all` means IPv4."""
    wanted = {
        version
        for word in re.split(r"[,\s]+", networks.inet_protocols)
        for version in _PROTOCOLS.get(word, ())
    }
    if wanted == {4, 6} and not has_ipv6:
        return (4,)
    return tuple(sorted(wanted)) or (4,)


def addresses(networks: Networks, *, has_ipv6: bool) -> tuple[str, ...]:
    """Return the addresses to listen on as text; () if there are only names."""
    found: list[str] = []
    for word in re.split(r"[,\s]+", networks.inet_interfaces):
        for version in versions(networks, has_ipv6=has_ipv6):
            fixed = _INTERFACES.get(word, {}).get(version)
            if fixed is None:
                try:
                    literal = ipaddress.ip_address(word.strip("[]"))
                except ValueError:
                    continue
                if literal.version != version:
                    continue
                fixed = str(literal)
            if fixed not in found:
                found.append(fixed)
    return tuple(found)


def reachable(networks: Networks, door: Door) -> Mapping[int, str]:
    """Return by port an address of this host on which Postfix answers, IPv4 if possible.

    It is one of inet_interfaces. If all entries of a port in master.cf have an address (master(5),
    `host:port`), it is that address.
    """
    listening = addresses(networks, has_ipv6=True)
    usual = _own_address(listening[0] if listening else "127.0.0.1")
    bound: dict[int, str] = {}
    for service in read_services(door):
        port = service.port_number
        if port:
            address = _bound_to(service.name.rpartition(":")[0])
            bound[port] = bound.get(port, address) if address else ""
    return {port: bound.get(port) or usual for port in PORTS}


def _bound_to(host: str) -> str:
    """Return the address of an entry in master.cf, "" for all of inet_interfaces or a name."""
    text = "127.0.0.1" if host.lower() == "localhost" else host.strip("[]")
    try:
        return _own_address(str(ipaddress.ip_address(text)))
    except ValueError:
        return ""


def _own_address(address: str) -> str:
    """Return an address to connect to: a wildcard address means loopback."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104


def judge_ports(
    networks: Networks,
    result: CommandResult,
    services: Sequence[Service] = (),
    *,
    has_ipv6: bool,
    drift: str = WRONG,
) -> Iterator[Finding]:
    """One finding for each port: `port.25`, `port.587`, `port.465`.

    `services` are the entries of master.cf, which may not be what master runs with. `drift` is the
    verdict of more addresses than planned, if others reach the planned ones as well.
    """
    wanted = addresses(networks, has_ipv6=has_ipv6)
    expected = f"{OWNER} on {', '.join(wanted) or networks.inet_interfaces}"
    master_runs = any(one.owner == OWNER for one in sockets(result.text))
    for port in PORTS:
        entries = [one for one in services if one.port_number == port]
        check = Check(f"port.{port}", f"port {port}: listener", expected)
        if result.failure:
            yield check.unknown(result.failure)
            continue
        there = [one for one in sockets(result.text) if one.port == port]
        verdict, advice = _judge(there, frozenset(wanted), drift)
        if not there and entries and master_runs:
            advice = (
                "master.cf has the service, and master has not read it: `systemctl reload postfix`."
            )
        bound = [one.name for one in entries if ":" in one.name]
        if verdict == WRONG and there and bound and len(bound) == len(entries):
            advice = (
                f"master.cf binds it to one address: write {entries[0].port} for {bound[0]}, and "
                "`systemctl restart postfix`."
            )
        seen = ", ".join(f"{one.owner or 'somebody'} on {one.address}" for one in there)
        yield check.finding(verdict, seen or NOBODY, advice)


def _judge(there: list[Socket], wanted: frozenset[str], drift: str) -> tuple[str, str]:
    foreign = sorted({one.owner for one in there if one.owner not in {OWNER, ""}})
    if foreign:
        return WRONG, f"End {foreign[0]} (its unit too) and start Postfix."
    if not there:
        return WRONG, "Start Postfix, and see that master.cf has the service of this port."
    listening = {one.address for one in there}
    if wanted and not wanted <= listening:
        return (
            WRONG,
            "inet_interfaces and inet_protocols need `systemctl restart postfix`; see master.cf.",
        )
    if wanted and listening - wanted:
        more = "More addresses than planned: `systemctl restart postfix`, see master.cf."
        return WRONG if wanted <= _LOOPBACK else drift, more
    if any(not one.owner for one in there):
        return UNKNOWN, "Only root sees who listens."
    return RIGHT, ""
