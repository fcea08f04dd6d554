"""Check that the programs that Postfix needs answer: milters, filters, policy services, tables.

Only those on this host are tested. One on another host may be slow, and is not our fault.
"""

from __future__ import annotations

import errno
import os
import pwd
import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Callable

from wizard.check.host.sockets import CLOSED, closed_advice, closed_cure, closed_to_postfix
from wizard.check.paths.targets import fault_of
from wizard.check.postfix.restrictions import LISTS, items
from wizard.door import Door
from wizard.finding import NO_CURE, Check, Finding
from wizard.host.main_cf import words
from wizard.paths import QUEUE
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.text import printable

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

SECONDS = 1.0
"""For one connection; on this host it takes a thousandth of that."""

MILTERS = ("smtpd_milters", "non_smtpd_milters")
NEXT_HOPS = (
    "content_filter",
    "relayhost",
    "mailbox_transport",
    "virtual_transport",
    "fallback_transport",
    "local_transport",
    "default_transport",
    "relay_transport",
)
PROXY = "smtpd_proxy_filter"

_NEXT_HOP = re.compile(
    r"(?:[\w.-]+:)?(?:inet:)?\[?(127\.[\d.]+|::1|localhost)\]?:(\w+)|[\w.-]+:unix:(\S+)"
)
_INET = re.compile(r"(?:inet6?:)?\[?(127\.[\d.]+|::1|localhost)\]?:(\w+)")
_UNIX = re.compile(r"(?:unix|local):(\S+)")
_TABLE = re.compile(
    r"(?:proxy:)?(?:(?:tcp:|socketmap:inet:)\[?(127\.[\d.]+|::1|localhost)\]?:(\w+)(?::\S+)?"
    r"|socketmap:unix:([^\s:]+):\S+)"
)
"""A table that a program has: tcp_table(5), socketmap_table(5)."""


_NONE: Mapping[str, str] = MappingProxyType({})

DAEMON = "In the settings of its program let the group postfix use {path} (mode 0660); restart it."

_FORBIDDEN = os.strerror(errno.EACCES)
"""The error for all users but root in Postfix's private directory."""


@dataclass(frozen=True)
class Backend:
    """Where a program must answer: a host and port, or the path of a socket. A parameter names it."""

    parameter: str
    host: str = ""
    port: str = ""
    path: str = ""

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


_READERS: Mapping[str, tuple[str, ...]] = {
    "pickup": ("content_filter",),
    "qmqpd": ("content_filter",),
    "cleanup": MILTERS[1:],
    "local": ("mailbox_transport", "fallback_transport"),
    "trivial-rewrite": NEXT_HOPS[1:],
}
"""The programs besides smtpd that read these parameters, so that their `-o` count."""


def with_options(services: Iterable[Service]) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """Return the services besides smtpd that name a program by an option: name and options."""
    read = (
        (one.name, {name: one.values[name] for name in names if name in one.values})
        for one in services
        for names in [_READERS.get(one.command, ())]
    )
    return tuple((name, options) for name, options in read if options)


def backends(
    settings: Settings, services: Iterable[tuple[str, Mapping[str, str]]]
) -> tuple[Backend, ...]:
    """Return all backends on this host that main.cf or the options of a service name."""
    found: list[Backend] = []
    for one in (settings, *(settings.of(options) for _, options in services)):
        names = one.options or None
        for name in (*MILTERS, PROXY):
            if names is None or name in names:
                found += service_sockets(name, one.words(name))
        for name in NEXT_HOPS:
            if names is None or name in names:
                found += next_hops(name, one.value(name))
        for name in LISTS:
            if names is None or name in names:
                services_named = [
                    word for what, word in items(one.words(name)) if what.endswith("_service")
                ]
                found += service_sockets(name, services_named)
        for name in one.own if names is None else names:
            found += _tables(name, one.words(name))
    return tuple(dict.fromkeys(found))


def service_sockets(name: str, listed: Iterable[str]) -> Iterator[Backend]:
    """Yield the sockets on this host among milters or policy services; `name` is the parameter."""
    for word in listed:
        # In braces the address comes first, then its options.
        said = next(iter(words(word.strip("{}"))), "")
        inet, unix = _INET.fullmatch(said), _UNIX.fullmatch(said)
        if inet:
            yield Backend(name, inet[1], inet[2])
        elif unix:
            yield Backend(name, path=_below_queue(unix[1]))


def _tables(name: str, listed: Iterable[str]) -> Iterator[Backend]:
    for word in listed:
        found = _TABLE.fullmatch(word.strip("{}").strip())
        if found:
            host, port, path = found.groups(default="")
            yield Backend(name, host, port, _below_queue(path) if path else "")


def next_hops(name: str, said: str) -> Iterator[Backend]:
    """Yield where TRANSPORT:NEXTHOP leads on this host; `name` is the parameter that has it."""
    found = _NEXT_HOP.fullmatch(said)
    if found:
        host, port, path = found.groups(default="")
        yield Backend(name, host, port, _below_queue(path) if path else "")


def _below_queue(path: str) -> str:
    return path if path.startswith("/") else f"{QUEUE}/{path}"


_OWN = "this is the socket of a service of Postfix's own"
_SPAWN = "spawn"
"""spawn(8) starts a program of others for each connection."""


def own_sockets(services: Iterable[Service], door: Door) -> dict[str, str]:
    """Return the sockets of master(8) where no program of others can answer, each with the reason."""
    faults = {
        one.name: _spawn_fault(one, door) if one.command == _SPAWN else _OWN
        for one in services
        if one.type == "unix"
    }
    return {
        f"{QUEUE}/{directory}/{name}": fault
        for name, fault in faults.items()
        if fault
        for directory in ("private", "public")
    }


def _spawn_fault(service: Service, door: Door) -> str:
    """Return why spawn(8) cannot start its program, "" if it can: `user=` and `argv=` must be there."""
    named = dict(one.split("=", 1) for one in service.arguments if "=" in one)
    user, program = named.get("user", "").partition(":")[0], named.get("argv", "")
    try:
        pwd.getpwnam(user)
    except (KeyError, ValueError):
        return f"there is no user {user} to run it"
    return fault_of(door, f"|{program}", ()).seen


def begin_backends(
    found: Iterable[Backend],
    settings: Settings,
    pool: Executor,
    own: Mapping[str, str] = _NONE,
) -> Callable[[], Iterator[Finding]]:
    """Connect to all backends in parallel; call the result to wait for the findings.

    `own` are sockets of master(8) itself that accept connections, and why no program answers there.
    """
    probes: dict[str, list[tuple[Backend, Future[str]]]] = {}
    for backend in found:
        probes.setdefault(backend.parameter, []).append(
            (backend, pool.submit(why_silent, backend, own))
        )
    passed_over = settings.value("milter_default_action") == "accept"
    return lambda: _judge(probes, passed_over=passed_over)


def why_silent(backend: Backend, own: Mapping[str, str] = _NONE) -> str:
    """Return why nobody answers there, "" if somebody does; `own` has the reason for some sockets."""
    if backend.path in own:
        return own[backend.path]
    try:
        if backend.path:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(SECONDS)
                probe.connect(backend.path)
            return closed_to_postfix(backend.path)
        port = int(backend.port) if backend.port.isdecimal() else socket.getservbyname(backend.port)
        host = "127.0.0.1" if backend.host == "localhost" else backend.host
        with socket.create_connection((host, port), SECONDS):
            return ""
    except (OSError, OverflowError) as error:
        return getattr(error, "strerror", None) or str(error)


def _judge(
    probes: Mapping[str, Sequence[tuple[Backend, Future[str]]]], *, passed_over: bool
) -> Iterator[Finding]:
    for name, several in probes.items():
        check = Check(f"behind.{name}", f"behind main.cf: {name}", "a program that answers")
        faults = [
            (backend, fault) for backend, probe in several for fault in [probe.result()] if fault
        ]
        if not faults:
            yield check.right(f"{len(several)} answer" + ("s" if len(several) == 1 else ""))
            continue
        backend, fault = faults[0]
        advice = f"Start what listens on {backend}, or take it out of {name}; reload."
        cured_by = NO_CURE
        if CLOSED in fault:
            advice = closed_advice(backend.path, fault, DAEMON)
            cured_by = closed_cure(backend.path, fault)
        if fault == _FORBIDDEN:
            yield check.unknown(f"{backend}: {fault}")
        elif passed_over and name in MILTERS:
            passed = printable(f"{backend}: {fault}: it is passed over")
            yield check.warning(passed, advice, cured_by)
        else:
            seen = printable(f"{backend}: {fault}: mail waits for it, or is refused")
            yield check.wrong(seen, advice, cured_by)
