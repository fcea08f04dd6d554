"""Find names of aliases(5) whose mail goes past /etc/aliases: only local(8) reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wizard.check.paths.aliases import alias_names
from wizard.check.paths.nobody import PERMANENT, TAKEN, Ask, reply_of
from wizard.check.paths.tables import rewritten
from wizard.door import Door
from wizard.finding import WARNING, WRONG, Check, Finding
from wizard.postfix.dovecot import lmtp_socket
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.text import printable

FIRST = {"postmaster": "myorigin", "root": "myorigin", "abuse": "mydomain"}
"""Names that a server must have (RFC 5321, RFC 2142), and that of its own programs, each with its domain."""

_LOCAL = "local"
_CHECK = Check("aliases.past", "delivery to the aliases", "local(8) reads them", fatal=False)


def judge_past(
    door: Door, settings: Settings, services: Sequence[Service], ask: Ask = reply_of
) -> Iterator[Finding]:
    """`aliases.past`; nothing where local(8) delivers, or without aliases."""
    transport = settings.value("local_transport")
    name = transport.partition(":")[0]
    command = next((one.command for one in services if one.name == name), _LOCAL)
    there = alias_names(door)
    if command == _LOCAL or not there:
        return
    path = lmtp_socket(transport)
    for alias, where in FIRST.items():
        if alias not in there:
            continue
        address = f"{alias}@{settings.value(where)}"
        found = rewritten(door, settings, address)
        if found.steps or found.fault:
            continue  # a table has it, or gives no answer, of which `tables` tells
        code = ask(path, address) if path else 0
        if code != TAKEN:
            does = "is returned" if code >= PERMANENT else "goes past them"
            yield _CHECK.finding(
                WRONG if code >= PERMANENT else WARNING,
                printable(f"local_transport = {transport}: mail for {alias} {does}"),
                "Take local_transport out of main.cf and name the service in mailbox_transport, or give "
                "each alias a row in virtual_alias_maps; reload.",
            )
            return
    yield _CHECK.right(f"{transport} takes them, or a table has them")
