"""Check what the rows of tables name: services of master.cf, programs, sockets, levels of TLS.

A row for one user or one domain is met by no probe. Postfix learns of a missing service or program
when mail for it has come, and lets that wait or returns it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from wizard.check.paths.targets import fault_of
from wizard.check.postfix.backends import Backend, next_hops
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding
from wizard.host.postfix import INDEX_SUFFIX
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.text import printable

SECONDS = 1.0
"""For the rows of one table."""
MAX_BYTES = 4 * 2**20
"""Larger indexes are not read: each row would take its time."""

TRANSPORTS = (
    "transport_maps",
    "mailbox_transport_maps",
    "fallback_transport_maps",
    "sender_dependent_default_transport_maps",
)
"""Tables with TRANSPORT:NEXTHOP as the value (transport(5), local(8))."""
_LEVELS = frozenset(
    "none may encrypt dane dane-only fingerprint verify secure".split()  # noqa: SIM905
)
"""postconf(5), smtp_tls_policy_maps."""
_POLICIES = ("smtp_tls_policy_maps", "lmtp_tls_policy_maps")
_TABLE = re.compile(r"(?:proxy:)?((\w+):(/\S+))")

Value = tuple[str, str, str]
"""The parameter that names a table, a key and its value."""


def routes(door: Door, settings: Settings) -> tuple[Value, ...]:
    """Return the rows of all tables of transports."""
    return tuple(one for name in TRANSPORTS for one in _values(door, settings, name))


def sockets(found: Sequence[Value]) -> Iterator[Backend]:
    """Yield where programs of this host must answer by these rows."""
    for name, _, value in found:
        yield from next_hops(name, value)


def judge_values(
    door: Door, settings: Settings, services: Sequence[Service], found: Sequence[Value]
) -> Iterator[Finding]:
    """`transport.NAME` and `parameters.NAME` for the first row of a table that names what is missing."""
    there = {one.name for one in services if one.type != "inet"}
    for name in TRANSPORTS if services else ():
        for parameter, key, value in found:
            service = value.partition(":")[0]
            if parameter == name and ":" in value and service and service not in there:
                yield _wrong(
                    f"transport.{name}",
                    name,
                    f"{key} leads to {service}, which master.cf lacks: its mail waits",
                    f"Add the service {service} to master.cf, or correct the row; reload.",
                )
                break
    yield from _programs(door, settings)
    for name in _POLICIES:
        for _, key, value in _values(door, settings, name):
            level = value.split(" ", 1)[0].lower()
            if level not in _LEVELS:
                yield _wrong(
                    f"parameters.{name}",
                    name,
                    f"{key} gets {level}, which is no level of TLS: its mail waits",
                    f"Write one of {', '.join(sorted(_LEVELS))} in that row, and run `postmap`; reload.",
                )
                break


def _programs(door: Door, settings: Settings) -> Iterator[Finding]:
    """Check the programs to which local(8) gives mail, if no transport does it for all."""
    if settings.value("mailbox_transport"):
        return
    own = settings.value("mailbox_command")
    rows = (("", own), *((key, value) for _, key, value in _values(door, settings, _BY_USER)))
    for key, command in rows:
        fault = fault_of(door, f"|{command}", ()) if command else None
        if fault is not None and fault.is_wrong:
            name = _BY_USER if key else "mailbox_command"
            whose = f"{key}: " if key else ""
            yield _wrong(
                f"parameters.{name}",
                name,
                f"{whose}{fault.seen}: mail waits and is returned",
                f"Install that program, or correct {name}; reload.",
            )
            return


_BY_USER = "mailbox_command_maps"


def _wrong(finding_id: str, name: str, seen: str, advice: str) -> Finding:
    check = Check(finding_id, f"the rows of {name}", "each names what is there", fatal=False)
    return check.wrong(printable(seen), printable(advice))


def _values(door: Door, settings: Settings, name: str) -> Iterator[Value]:
    """Yield the rows of the indexed tables of a parameter, as Postfix has them (postmap(1), -s)."""
    for table, kind, path in _TABLE.findall(settings.value(name)):
        try:
            index = door.stat(f"{path}{INDEX_SUFFIX[kind]}") if kind in INDEX_SUFFIX else None
            is_small = index is not None and index.st_size <= MAX_BYTES
            done = door.run(("postmap", "-s", table), timeout=SECONDS) if is_small else None
        except Trouble:
            continue  # `tables` tells of it
        for line in done.text.splitlines() if done is not None else ():
            key, _, value = line.partition("\t")
            yield name, key, value.strip()
