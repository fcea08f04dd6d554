"""postfix.service turned and enabled (systemctl(1)), and waited for until master listens."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from wizard.errors import Trouble
from wizard.plan.model import EnableUnit, Service
from wizard.run.context import Context, Undo, listed
from wizard.run.states import AGAIN, Stale

_LISTEN = "0A"
"""TCP_LISTEN as /proc/net/tcp has it (proc(5))."""
_RUNS = frozenset({"active", "reloading", "activating"})
_PAUSE = 0.02
_LOOK = "Look at `journalctl -u {unit} -n 50`, set that right, then start again."


def turn(action: Service, context: Context) -> Undo:
    """Start, reload or restart the unit, and wait until it is active and listens."""
    doing = f"doing {action.verb} of {action.unit}"
    state = _asked(context, "is-active", action.unit)
    if context.earlier is None and (state in _RUNS) != (action.was in _RUNS):
        raise Stale(doing, f"stale: {action.unit} was {action.was}, now it is {state}", AGAIN)
    undo = context.earlier or context.intend(
        {"unit": action.unit, "verb": action.verb, "was": state}
    )
    argv = ("systemctl", action.verb, action.unit)
    done = context.run(*argv)
    if done.status != 0:
        _show_log(action.unit, context)
        raise Trouble(doing, listed(argv, done), _LOOK.format(unit=action.unit))
    _await_service(action, doing, context)
    return undo


def enable(action: EnableUnit, context: Context) -> Undo:
    """Have the unit started at boot; undo returns it to what it was right before."""
    state = _asked(context, "is-enabled", action.unit)
    undo = context.earlier or context.intend({"unit": action.unit, "was": state})
    argv = ("systemctl", "enable", action.unit)
    done = context.run(*argv)
    if done.status != 0:
        raise Trouble(
            f"enabling {action.unit}",
            listed(argv, done),
            f"If it is masked: systemctl unmask {action.unit} - then start again.",
        )
    return undo


def _asked(context: Context, verb: str, unit: str) -> str:
    """Return the word that `systemctl is-active` or `is-enabled` answers, whatever its status."""
    words = context.query("systemctl", verb, unit).out.decode("ascii", "replace").split()
    return words[0] if words else "unknown"


def _show_log(unit: str, context: Context) -> None:
    context.run("journalctl", "-u", unit, "-n", "20", "--no-pager", "-o", "cat")


def _await_service(action: Service, doing: str, context: Context) -> None:
    deadline = time.monotonic() + context.patience.service
    while True:
        state, pid = _shown(context, action.unit)
        if state == "active" and (action.verb == "reload" or listens(pid)):
            context.say(f"{action.unit} is active, its master is process {pid}.")
            return
        if state == "failed" or time.monotonic() > deadline:
            _show_log(action.unit, context)
            raise Trouble(
                doing,
                f"{action.unit} is {state}"
                + ("" if listens(pid) else " and nothing of it listens on a port"),
                _LOOK.format(unit=action.unit),
            )
        context.loop.turn(_PAUSE)


def _shown(context: Context, unit: str) -> tuple[str, int]:
    out = context.query("systemctl", "show", "-p", "ActiveState", "-p", "MainPID", unit).out
    fields = dict(
        line.split("=", 1) for line in out.decode("ascii", "replace").splitlines() if "=" in line
    )
    pid = fields.get("MainPID", "0")
    return fields.get("ActiveState", "unknown"), int(pid) if pid.isdigit() else 0


def listens(pid: int) -> bool:
    """Whether the process has a listening TCP socket; true when it cannot be known (pid 0)."""
    if pid <= 0:
        return True
    try:
        links = [os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")]  # noqa: PTH115
    except OSError:
        return False
    own = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    return any(inode in own for inode in _listening())


def _listening() -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN:
                yield fields[9]
