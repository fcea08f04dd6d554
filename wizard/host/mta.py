"""Read which other mail servers a host has: systemd's units, alternatives(8), queues on disk.

It starts no command: it reads the links and files of alternatives, and `wizard.host.units` has the
units from its call of systemctl(1).
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import replace

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import Listener, Unit
from wizard.host.mta_facts import KNOWN, Alternative, KnownMta, Mtas, MtaUnit, OtherMta

LINK = "/etc/alternatives/mta"
STATE = "/var/lib/alternatives/mta"
"""chkconfig's file: the mode, the link, pairs of slave links, an empty line, the choices."""

AUTO, MANUAL = "auto", "manual"
MAX_DIRECTORIES = 1000
"""Directories of a split queue that are read."""

_UNIT = re.compile(r"/([^/\n]+\.(?:service|scope))(?=/|$)", re.MULTILINE)


def read_mtas(door: Door, states: Mapping[str, Unit], loaded: frozenset[str]) -> Mtas:
    """Return the other mail servers; `loaded` are the units that systemd has a file for."""
    found = (_other(door, known, states, loaded) for known in KNOWN)
    return Mtas(tuple(one for one in found if one.units), read_alternative(door))


def _other(
    door: Door, known: KnownMta, states: Mapping[str, Unit], loaded: frozenset[str]
) -> OtherMta:
    of_all = ((name, states.get(name, Unit())) for name in known.units)
    found = (MtaUnit(name, state.enabled, state.active) for name, state in of_all)
    units = tuple(one for one in found if one.unit in loaded or one.is_in_use)
    if not units:
        return OtherMta(known.name, ())
    counts = {
        directory: sum(_queued(door, *queue) for queue in known.queues if queue[0] == directory)
        for directory, _, _ in known.queues
    }
    queues = tuple(directory for directory, count in counts.items() if count)
    return OtherMta(known.name, units, sum(counts.values()), queues, known.send)


def _queued(door: Door, directory: str, depth: int, pattern: str) -> int:
    # Only root may read a queue; other users make plans without it.
    names = door.readable_names(directory)
    if depth == 0:
        return len(fnmatch.filter(names, pattern))
    below = (f"{directory}/{name}" for name in names[:MAX_DIRECTORIES])
    return sum(_queued(door, one, depth - 1, pattern) for one in below)


def read_alternative(door: Door) -> Alternative:
    """Return the group `mta`; a link to another than the best choice counts as manual."""
    try:
        current = door.read_link(LINK)
        text = door.read_text(STATE) if current is not None else None
    except Trouble:
        return Alternative()
    if current is None:
        return Alternative()
    mode, choices = parse_alternatives(text or "")
    best = max(choices, key=lambda choice: choice[1])[0] if choices else ""
    return Alternative(AUTO if mode == AUTO and current == best else MANUAL, current, choices)


def parse_alternatives(text: str) -> tuple[str, tuple[tuple[str, int], ...]]:
    """Parse alternatives' state file: the mode, and each choice with its priority."""
    lines = text.split("\n")
    head = lines.index("", 2) if "" in lines[2:] else len(lines)
    size = 2 + max(head - 2, 0) // 2
    choices = []
    for at in range(head + 1, len(lines) - 1, size):
        # `@FAMILY@PRIORITY SERVICE`; FAMILY and SERVICE are optional.
        priority = re.match(r"(?:@[^@]*@)?(-?[0-9]{1,9})", lines[at + 1])
        if not lines[at].startswith("/") or priority is None:
            break
        choices.append((lines[at], int(priority[1])))
    return lines[0].strip(), tuple(choices)


def with_unit(door: Door, listener: Listener) -> Listener:
    """Return the listener with its process's unit, "" if the kernel reports none."""
    units = _UNIT.findall(door.readable_text(f"/proc/{listener.pid}/cgroup"))
    return replace(listener, unit=units[-1] if units else "")
