"""Find processes of Postfix and Dovecot that a signal stopped (signal(7), SIGSTOP).

systemd and `postfix status` call them running. Connections to them are made and never answered, so a
probe alone could not tell them from a server that is slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.door import Door
from wizard.finding import Check, Cure, Finding
from wizard.text import shortened

_UNITS = ("postfix.service", "dovecot.service")
_STAT = re.compile(r"\d+ \((.*)\) (\S) ", re.DOTALL)
"""A process's name and state in /proc/PID/stat (proc_pid_stat(5))."""
_STOPPED = "T"
SHOWN = 3

_CHECK = Check("unit.processes", "processes of Postfix and Dovecot", "none is stopped")


def judge_processes(door: Door) -> Iterator[Finding]:
    """`unit.processes`: no process of these services is stopped; nothing if /proc shows none of them."""
    names: dict[str, list[str]] = {unit: [] for unit in _UNITS}
    count = 0
    for pid in filter(str.isdecimal, door.readable_names("/proc")):
        unit = _unit_of(door.readable_text(f"/proc/{pid}/cgroup"))
        found = _STAT.match(door.readable_text(f"/proc/{pid}/stat")) if unit else None
        if found is None:
            continue
        count += 1
        if found[2] == _STOPPED:
            names[unit].append(f"{found[1]} ({pid})")
    stopped = {unit: listed for unit, listed in names.items() if listed}
    if stopped:
        argvs = tuple(("systemctl", "kill", "-s", "CONT", unit) for unit in stopped)
        listed = [one for several in stopped.values() for one in several]
        commands = ", ".join(f"`{' '.join(argv)}`" for argv in argvs)
        yield _CHECK.wrong(
            f"stopped by a signal: {shortened(listed, SHOWN)}; nobody gets an answer from them",
            f"{commands} lets them continue.",
            Cure(argvs),
        )
    elif count:
        yield _CHECK.right(f"{count}, none is stopped")


def _unit_of(cgroup: str) -> str:
    """Return the service that a process belongs to, "" for another one (cgroups(7))."""
    return next((unit for unit in _UNITS if f"/{unit}" in cgroup), "")
