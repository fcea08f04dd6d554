"""Check that sendmail(1), newaliases(1) and mailq(1), as people and cron call them, are Postfix's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Cure, Finding
from wizard.host.mta import read_alternative
from wizard.postfix.settings import Settings
from wizard.text import printable

PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin")
"""The directories of programs, in this order: root's path and cron's."""
_PROGRAMS = {
    "sendmail": ("sendmail_path", "mail of programs of this host does not reach Postfix"),
    "newaliases": ("newaliases_path", "it builds no aliases"),
    "mailq": ("mailq_path", "it does not show the queue"),
}
"""The program, the parameter that names Postfix's own, and what is lost without that one."""
_CHECK = Check("sendmail.path", "sendmail, newaliases, mailq in the path", "Postfix's", fatal=False)


def judge_programs(door: Door, settings: Settings) -> Iterator[Finding]:
    """`sendmail.path`; nothing if none is Postfix's by alternatives(8), which has its own finding."""
    alternative = read_alternative(door)
    if alternative.is_other:
        return
    for name, (parameter, loss) in _PROGRAMS.items():
        own = _real(door, settings.value(parameter))
        first = next((one for one in PATH if _is_there(door, f"{one}/{name}")), "")
        if not own or not first:
            continue
        path = f"{first}/{name}"
        target = _real(door, path)
        if target == own:
            continue
        leads = "" if target == path else f" (it is {target})"
        is_slave = first.startswith("/usr/local") or not alternative.current
        argv = ("alternatives", "--set", "mta", alternative.of_postfix)
        yield _CHECK.warning(
            printable(f"{path}{leads} is not Postfix's {own}: {loss}"),
            printable(f"Move {path} away, or let it lead to {own}.")
            if is_slave
            else f"`{' '.join(argv)}` sets its links anew.",
            Cure() if is_slave else Cure((argv,)),
        )
        return
    yield _CHECK.right("they are")


def _is_there(door: Door, path: str) -> bool:
    try:
        return door.lstat(path) is not None
    except Trouble:
        return False


def _real(door: Door, path: str) -> str:
    """Return where a path leads, "" if nothing is there."""
    found = os.path.realpath(door.locate(path)) if path else ""
    return found if found and Path(found).exists() else ""
