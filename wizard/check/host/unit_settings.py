"""Settings of postfix.service that keep Postfix from its work (systemd.exec(5), systemd.resource-control(5)).

Postfix's own programs complain of none of them: systemd shows an active unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Callable

from wizard.check.commands import start_command
from wizard.door import Door
from wizard.finding import NO_CURE, RIGHT, WARNING, WRONG, Check, Cure, Edit, Finding, cure
from wizard.host.units import properties
from wizard.text import printable

Says = Callable[[str], bool]

LITTLE_MEMORY = 128 * 2**20
FEW_TASKS = 100


def _yes(value: str) -> bool:
    return value not in {"", "no"}


def _any(value: str) -> bool:
    return value not in {"", "~"}


def _below(least: int) -> Says:
    return lambda value: value.isdecimal() and int(value) < least


def _has(*paths: str) -> Says:
    return lambda value: any(
        one.lstrip("-+") == path or path.startswith(f"{one.lstrip('-+')}/")
        for one in value.split()
        for path in paths
    )


@dataclass(frozen=True)
class Row:
    """A property of systemctl(1) show, when its value is a fault, and what it does.

    `without` are the lines of a drop-in that take it back (systemd.unit(5)), "" where none can.
    """

    name: str
    is_fault: Says
    does: str
    verdict: str = WRONG
    without: str = ""


_NEEDED = ("/etc/resolv.conf", "/etc/postfix", "/var/spool/postfix", "/etc/services")
"""Files of the system that Postfix reads while it runs."""

ROWS = (
    Row("PrivateNetwork", _yes, "Postfix sees no network", without="PrivateNetwork=no"),
    Row("IPAddressDeny", _any, "packets of these addresses are dropped", without="IPAddressDeny="),
    Row(
        "RestrictAddressFamilies",
        _any,
        "some kinds of sockets are refused",
        WARNING,
        "RestrictAddressFamilies=",
    ),
    Row("ProtectHome", _yes, "local(8) sees no home of users", WARNING, "ProtectHome=no"),
    Row(
        "ReadOnlyPaths",
        _has("/var/spool/postfix/defer", "/var/lib/postfix", "/var/spool/postfix/bounce"),
        "the queue cannot be written",
        without="ReadOnlyPaths=",
    ),
    Row(
        "InaccessiblePaths",
        _has(*_NEEDED),
        "files that Postfix needs are hidden",
        without="InaccessiblePaths=",
    ),
    Row(
        "TasksMax",
        _below(FEW_TASKS),
        "a few clients use up all its processes",
        WARNING,
        "TasksMax=infinity",
    ),
    Row(
        "MemoryMax",
        _below(LITTLE_MEMORY),
        "its programs are killed for their memory",
        WARNING,
        "MemoryMax=infinity",
    ),
    Row(
        "LimitNOFILE",
        _below(1024),
        "a few connections use up all its files",
        WARNING,
        "LimitNOFILE=524288",
    ),
    Row(
        "RuntimeMaxUSec",
        lambda value: value not in {"", "infinity"},
        "it is ended after that time",
        WARNING,
        "RuntimeMaxSec=infinity",
    ),
    Row(
        "NoNewPrivileges",
        _yes,
        "postdrop(1) loses its group, so that programs of users send nothing",
        without="NoNewPrivileges=no",
    ),
    Row(
        "Environment",
        lambda value: "MAIL_CONFIG=" in value and "MAIL_CONFIG=/etc/postfix " not in f"{value} ",
        "it runs with another configuration than /etc/postfix",
        without="Environment=MAIL_CONFIG=/etc/postfix",
    ),
    Row(
        "ExecStart",
        lambda value: " -c " in value,
        "it runs with another configuration than /etc/postfix",
        without="ExecStart=\nExecStart=/usr/sbin/postfix start",
    ),
    Row(
        "NeedDaemonReload", _yes, "its unit file has changed, and systemd has not read it", WARNING
    ),
    Row(
        "FragmentPath",
        lambda value: value.startswith("/etc/systemd/system/"),
        "a copy of the unit hides the package's, and its later changes",
        WARNING,
    ),
    Row(
        "Conflicts",
        lambda value: bool(
            set(value.split()) - {"shutdown.target", "sendmail.service", "exim.service"}
        ),
        "it is stopped when these start",
        WARNING,
    ),
)


def _rows_of(served: Sequence[str], largest: int) -> tuple[Row, ...]:
    """Return the rows that depend on main.cf: certificates that are served, and message_size_limit."""
    return (
        Row(
            "InaccessiblePaths",
            lambda value: _has(*served)(value) and not _has(*_NEEDED)(value),
            "certificates that are served are hidden: there is no TLS",
            without="InaccessiblePaths=",
        ),
        Row(
            "LimitFSIZE",
            _below(largest),
            "larger messages are not taken or stored, though message_size_limit lets them in",
            without="LimitFSIZE=infinity",
        ),
    )


SHOW = (
    "systemctl",
    "show",
    "postfix.service",
    f"--property={','.join((*(row.name for row in ROWS), 'LimitFSIZE'))}",
)

_CHECK = Check(
    "unit.settings", "postfix.service: its settings", "nothing that stops mail", fatal=False
)


def begin_unit_settings(
    door: Door, served: Sequence[str] = (), largest: int = 0
) -> Callable[[], Iterator[Finding]]:
    """Start systemctl; call the result to wait for `unit.settings`.

    `served` are the certificate files of the ports, `largest` is message_size_limit in bytes.
    """
    pending = start_command(door, SHOW)

    def finish() -> Iterator[Finding]:
        result = pending()
        if result.failure:
            yield _CHECK.unknown(printable(result.failure))
        else:
            yield judge_unit_settings(properties(result.text)[0], served, largest)

    return finish


def judge_unit_settings(
    shown: Mapping[str, str], served: Sequence[str] = (), largest: int = 0
) -> Finding:
    """Return the worst setting that is a fault."""
    rows = (*ROWS, *_rows_of(served, largest))
    found = [row for row in rows if row.is_fault(_value(row.name, shown))]
    found.sort(key=lambda row: row.verdict != WRONG)
    if not found:
        return _CHECK.finding(RIGHT, "none")
    row = found[0]
    is_unread = row.name == _UNREAD
    name = row.name.replace("USec", "Sec")  # as systemd.unit(5) spells it
    more = f"; and {', '.join(one.name for one in found[1:])}" if len(found) > 1 else ""
    return _CHECK.finding(
        row.verdict,
        printable(f"{name}={_value(row.name, shown)}: {row.does}{more}"),
        "`systemctl cat postfix` shows what changed: see that Postfix can live with it before systemd "
        "reads it, at the next daemon-reload or start of this machine."
        if is_unread
        else f"`systemctl cat postfix` shows where {name} is set: take it out, "
        "`systemctl daemon-reload`, `systemctl restart postfix`.",
        NO_CURE if is_unread else _cure(found),
    )


DROP_IN = "/etc/systemd/system/postfix.service.d/zz-postfix-wizard-{}.conf"
"""A drop-in that is read after those of others, one for each setting, so that none replaces another."""
_UNREAD = "NeedDaemonReload"
"""What such a file does is not known: a daemon-reload may stop Postfix at its next start."""


def _cure(found: Sequence[Row]) -> Cure:
    """Return drop-ins that take all of them back; none if one cannot be."""
    rows = [row for row in found if row.name != _UNREAD]
    if not all(row.without for row in rows):
        return NO_CURE
    edits = tuple(Edit(DROP_IN.format(row.name), "", f"[Service]\n{row.without}\n") for row in rows)
    return cure("systemctl daemon-reload", "systemctl restart postfix", edits=edits)


def _value(name: str, shown: Mapping[str, str]) -> str:
    value = shown.get(name, "")
    argv = re.search(r"argv\[\]=(.*?) ;", value)
    return argv[1] if argv else value
