"""Check the files by which every program of this host finds names and ports.

hosts(5), nsswitch.conf(5), resolv.conf(5) and services(5) belong to no mail program, and a fault in
them looks like one of the DNS or of Postfix.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from wizard.check.host.sockets import READ, closed_to_postfix, identity
from wizard.door import Door
from wizard.finding import NO_CURE, Check, Cure, Edit, Finding, cure
from wizard.host.facts import Network
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.text import printable

HOSTS, NSSWITCH, RESOLV_CONF, SERVICES = (
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
    "/etc/services",
)
PORTS = {"smtp": 25, "submission": 587, "submissions": 465, "smtps": 465}
"""What these names stand for (RFC 5321, RFC 6409, RFC 8314)."""

_BY_DNS = frozenset({"dns", "resolve"})
_SOURCES = re.compile(r"^[ \t]*hosts[ \t]*:(.*)$", re.MULTILINE)
_INVENTS = re.compile(r"\b(?:myhostname|resolve)\b")
"""Sources that know localhost without a file."""
_KERNEL = "/proc/sys/kernel/hostname"
_ACTION = re.compile(r"\[[^]]*\]")
_ENDS_AT_FILES = re.compile(
    r"\bfiles\s*\[[^]]*(?:\bNOTFOUND\s*=\s*return|!\s*(?:SUCCESS|UNAVAIL|TRYAGAIN)\s*=\s*return)",
    re.IGNORECASE,
)
"""What ends each lookup at hosts(5), also of a name that is not in it (nsswitch.conf(5))."""


def judge_names(
    door: Door, host: str, network: Network, services: Sequence[Service], settings: Settings
) -> Iterator[Finding]:
    """`names.read`, `.hosts`, `.localhost`, `.host`, `.sources` and `.ports`; `host` is this mail server.

    An address of proxy_interfaces is this server's, and of the names in known_tcp_ports Postfix asks
    no services(5) (postconf(5)).
    """
    yield _read()
    if network.addresses:
        own = (*network.addresses, *settings.words("proxy_interfaces"))
        yield from _hosts(_rows(door, HOSTS), host, own)
    yield from _localhost(door)
    yield from _own_name(door, host)
    yield from _sources(door.read_text(NSSWITCH) or "")
    known = re.split("[=,]", settings.value("known_tcp_ports"))
    by_postfix = {name.strip() for name in known}
    yield from _ports(_rows(door, SERVICES), services, by_postfix)


def _rows(door: Door, path: str) -> list[list[str]]:
    """Return the words of each line, without comments."""
    lines = (door.read_text(path) or "").splitlines()
    return [words for words in (line.partition("#")[0].split() for line in lines) if words]


def _read() -> Finding:
    """Postfix's programs read them as their own user, and without resolv.conf ask 127.0.0.1."""
    check = Check("names.read", "files of names", "Postfix's user may read them", fatal=False)
    if identity() is None:
        return check.unknown("this host has no user postfix")
    paths = [path for path in (HOSTS, NSSWITCH, RESOLV_CONF, SERVICES) if Path(path).exists()]
    closed = {path: why for path in paths for why in [closed_to_postfix(path, READ)] if why}
    if not closed:
        return check.right("they are open to it")
    path, why = next(iter(closed.items()))
    opens = f"chmod a+r {path}"
    return check.warning(
        printable(why),
        f"What Postfix cannot read it does without: run `{opens}`, and open each directory above it.",
        cure(opens, "systemctl reload postfix") if why.startswith(f"{path} ") else NO_CURE,
    )


def _hosts(rows: Sequence[Sequence[str]], host: str, own: Sequence[str]) -> Iterator[Finding]:
    """Find an address that others have, or had, for the name of this server."""
    given = [words[0] for words in rows if host.lower() in map(str.lower, words[1:])]
    ours = {*map(_plain, own)}
    strange = [one for one in given if _plain(one) not in ours and not _is_loopback(one)]
    check = Check("names.hosts", f"{HOSTS}: {host}", "no address of another host", fatal=False)
    if strange:
        seen = f"{strange[0]} is {host} there, and no address of this host"
        advice = (
            f"Programs of this host talk to {strange[0]} instead: correct that line of {HOSTS}."
        )
        yield check.warning(printable(seen), printable(advice))
    elif given:
        yield check.right(printable(", ".join(given)))


def _localhost(door: Door) -> Iterator[Finding]:
    """Find a hosts(5) without localhost, where no other source is sure to have it (nss-myhostname(8))."""
    text = door.read_text(HOSTS)
    names = {one.lower() for words in _rows(door, HOSTS) for one in words[1:]}
    sources = _SOURCES.search(door.read_text(NSSWITCH) or "")
    if text is None or "localhost" in names or (sources and _INVENTS.search(sources[1])):
        return
    lines = "".join(f"{one} localhost localhost.localdomain\n" for one in ("127.0.0.1", "::1"))
    yield Check("names.localhost", f"{HOSTS}: localhost", "this host itself", fatal=False).warning(
        f"{HOSTS} has no localhost: programs ask the DNS for it, and may find nobody",
        f"Add `127.0.0.1 localhost` and `::1 localhost` to {HOSTS}.",
        Cure(edits=(Edit(HOSTS, "", f"{lines}{text}"),)),
    )


def _own_name(door: Door, host: str) -> Iterator[Finding]:
    """Find a host that has no name of its own: its log and its own mail name localhost."""
    name = door.readable_text(_KERNEL).strip()
    if name.partition(".")[0].lower() == "localhost":
        sets = f"hostnamectl set-hostname {host}"
        yield Check("names.host", "the name of this host", "one of its own", fatal=False).warning(
            printable(f"hostname(1) is {name}: its log and mail of its programs name no host"),
            printable(f"`{sets}`, or another name of yours."),
            cure(sets),
        )


def _plain(address: str) -> str:
    """Return an address in its one shortest form, without the zone (RFC 5952)."""
    try:
        return str(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return address


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _sources(text: str) -> Iterator[Finding]:
    """Find programs that ask no DNS at all. A file without the line means files and dns."""
    named = _SOURCES.search(text)
    if named is None:
        return
    said = named[1].partition("#")[0]
    ends = _ENDS_AT_FILES.search(said)
    words = _ACTION.sub(" ", said[: ends.end()] if ends else said).partition("[")[0].split()
    check = Check("names.sources", f"{NSSWITCH}: hosts", "dns among them", fatal=False)
    if _BY_DNS & set(words):
        yield check.right(printable(" ".join(words)))
        return
    advice = (
        "dnf, certbot and all that is no mail server find no names: write `hosts: files dns` there,"
        " or choose a profile by authselect(8)."
    )
    yield check.warning(printable(" ".join(said.split())) or "nothing", advice)


def _ports(
    rows: Sequence[Sequence[str]], services: Sequence[Service], by_postfix: Container[str]
) -> Iterator[Finding]:
    """Find ports of master.cf whose names services(5) lacks, or has another number for."""
    known = {
        name: words[1].partition("/")[0]
        for words in reversed(rows)
        if len(words) > 1 and words[1].endswith("/tcp")
        for name in (words[0], *words[2:])
    }
    used = [
        name
        for one in services
        if one.type == "inet"
        for name in [one.name.rpartition(":")[2]]
        if name in PORTS and name not in by_postfix
    ]
    wrong = [name for name in used if known.get(name) != str(PORTS[name])]
    check = Check(
        "names.ports", f"{SERVICES}: names in master.cf", "the ports by these names", fatal=False
    )
    if not used or not rows:
        return
    if not wrong:
        yield check.right(", ".join(f"{name} {PORTS[name]}" for name in used))
        return
    name = wrong[0]
    seen = f"{name} is {known[name]}/tcp" if name in known else f"{name} is no name there"
    yield check.wrong(
        printable(seen),
        f"Postfix stops at it: add `{name} {PORTS[name]}/tcp` to {SERVICES} in place of any other"
        f" line for it, or `dnf reinstall setup`; then restart Postfix.",
    )
