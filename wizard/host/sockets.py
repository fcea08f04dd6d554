"""Read the TCP listeners (ss(8)), and Dovecot's sockets in Postfix's queue directory."""

from __future__ import annotations

import re
import stat

from wizard.door import Door, Later
from wizard.host.facts import Listener
from wizard.host.mta import with_unit

AUTH = "private/auth"
LMTP = "private/dovecot-lmtp"

MASTER = "master"
"""Postfix's listener (master(8)); its children have the same socket open while they serve it."""

_PROCESS = re.compile(r'\("((?:[^"\\]|\\.)*)",pid=(\d+)')
SMTP = frozenset({25, 465, 587})
_FEWEST_COLUMNS = 4


def begin_listeners(door: Door) -> Later[tuple[Listener, ...]]:
    """Get the TCP listeners from ss; none are known in another root."""
    running = door.start(("ss", "-Hnltp"))

    def finish() -> tuple[Listener, ...]:
        listeners = () if running is None else parse_listeners(running.outcome().text)
        return tuple(with_unit(door, one) if one.port in SMTP else one for one in listeners)

    return finish


def parse_listeners(text: str) -> tuple[Listener, ...]:
    """Parse the output of `ss -Hnltp`, without the interface after an address (%lo)."""
    listeners = []
    for line in text.splitlines():
        columns = line.split(None, 5)
        if len(columns) < _FEWEST_COLUMNS:
            continue
        address, _, port = columns[3].rpartition(":")
        if not port.isdecimal():
            continue
        holders = _PROCESS.findall(line)
        pids = dict(reversed(holders))
        process = MASTER if MASTER in pids else next((name for name, _ in holders), "")
        place = address.partition("%")[0].strip("[]"), int(port)
        listeners.append(Listener(*place, process, int(pids.get(process, 0))))
    return tuple(sorted(dict.fromkeys(listeners), key=lambda one: (one.port, one.address)))


def is_socket(door: Door, path: str) -> bool:
    """True if there is a socket at a path."""
    status = door.stat(path)
    return status is not None and stat.S_ISSOCK(status.st_mode)
