"""Check what the rows of tables name: services of master.cf, programs, sockets, levels of TLS.

A row for one user or one domain is met by no probe. Postfix learns of a missing service or program
when mail for it has come, and lets that wait or returns it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wizard.check.paths.targets import fault_of
from wizard.check.postfix.backends import Backend, next_hops
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding
from wizard.host.postfix import INDEX_SUFFIX
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.postfix.tables import tables_in
from wizard.text import counted, printable

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
_BY_NAME = "tls_server_sni_maps"
_BY_USER = "mailbox_command_maps"
_ROWS = Check(
    "tables.rows", "tables: what rows name", "services and programs that are there", fatal=False
)

Value = tuple[str, str, str]
"""The parameter that names a table, a key and its value."""


def routes(door: Door, settings: Settings) -> tuple[Value, ...]:
    """Return the rows of all tables of transports."""
    return tuple(one for name in TRANSPORTS for one in values(door, settings, name))


def sockets(found: Sequence[Value]) -> Iterator[Backend]:
    """Yield where programs of this host must answer by these rows."""
    for name, _, value in found:
        yield from next_hops(name, value)


def judge_values(
    door: Door, settings: Settings, services: Sequence[Service], found: Sequence[Value]
) -> Iterator[Finding]:
    """`tables.rows`: the rows of tables name what is there; `parameters.mailbox_command` for all people.

    `found` are the rows of `routes`.
    """
    programs = () if settings.value("mailbox_transport") else values(door, settings, _BY_USER)
    rows = (
        *((one, _service(one[2], services)) for one in found),
        *((one, _program(door, one[2])) for one in programs),
        *((one, _level(one[2])) for name in _POLICIES for one in values(door, settings, name)),
        *((one, _path(one[2])) for one in values(door, settings, _BY_NAME)),
    )
    faults = [(name, key, fault) for (name, key, _), fault in rows if fault]
    if faults:
        name, key, fault = faults[0]
        more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
        yield _ROWS.wrong(
            printable(f"{name}: {key}: {fault}: its mail waits or is returned{more}"),
            printable(
                f"Correct that row of {name}, and run `postmap`; or add what is missing; reload."
            ),
        )
    elif rows:
        yield _ROWS.right(f"{counted(len(rows), 'row')} looked up")
    command = settings.value("mailbox_command")
    fault = _program(door, command) if command and not settings.value("mailbox_transport") else ""
    if fault:
        check = Check(
            "parameters.mailbox_command", "main.cf: mailbox_command", "a program", fatal=False
        )
        yield check.wrong(
            printable(f"{fault}: mail for people waits and is returned"),
            "Install that program, or take mailbox_command out; reload.",
        )


def _service(value: str, services: Sequence[Service]) -> str:
    """Return why TRANSPORT:NEXTHOP leads nowhere, "" if master.cf has the service or none is named."""
    name, colon, _ = value.partition(":")
    is_there = any(one.name == name and one.type != "inet" for one in services)
    return f"master.cf has no {name}" if name and colon and services and not is_there else ""


def _program(door: Door, command: str) -> str:
    return fault_of(door, f"|{command}", ()).seen


def _level(value: str) -> str:
    level = value.split(" ", 1)[0].lower()
    return "" if level in _LEVELS else f"{level} is none of {', '.join(sorted(_LEVELS))}"


def _path(value: str) -> str:
    """Return why smtpd has no certificate for a name: the index must have the files themselves."""
    is_built = not value.startswith("/")
    return "" if is_built else "it was built without -F, and its clients get no TLS (`postmap -F`)"


def values(door: Door, settings: Settings, name: str) -> Iterator[Value]:
    """Yield the rows of the indexed tables of a parameter, as Postfix has them (postmap(1), -s)."""
    for kind, path in tables_in(settings.value(name)):
        try:
            index = door.stat(f"{path}{INDEX_SUFFIX[kind]}") if kind in INDEX_SUFFIX else None
            is_small = index is not None and index.st_size <= MAX_BYTES
            done = (
                door.run(("postmap", "-s", f"{kind}:{path}"), timeout=SECONDS) if is_small else None
            )
        except Trouble:
            continue  # `tables` tells of it
        for line in done.text.splitlines() if done is not None else ():
            key, _, value = line.partition("\t")
            yield name, key, value.strip()
