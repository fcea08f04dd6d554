"""Call systemctl(1) and firewall-cmd(1) once more if their connection was lost.

systemd closes every connection while it restarts itself (`systemctl daemon-reexec`, an update of
its package), and so does firewalld. Such an end tells nothing about the unit, whose job continues.
So the second answer decides.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from wizard.errors import Trouble
from wizard.host.units import RUNNING_STATES, STOPPED_STATES
from wizard.run.commands import Completed, spelled

SETTLE_SECONDS = 15.0
"""Time limit until systemd answers again and the unit has no job in progress."""
_PAUSE_SECONDS = 0.2
_REACHES = {
    **dict.fromkeys(("start", "reload", "restart"), RUNNING_STATES),
    "stop": STOPPED_STATES,
}
"""The states of a unit after a verb of systemctl."""
_CANCELED = re.compile(rb"^Job for \S+ canceled\.$", re.MULTILINE)
"""`systemctl isolate` and a stop by somebody else cancel a job. That tells nothing about the unit."""
_IN_TRANSIT = frozenset({"", "unknown", "activating", "deactivating", "reloading"})

Argv = tuple[str, ...]


class ConnectionLost(Trouble):
    """A service manager did not answer twice. That tells nothing about the unit."""


@dataclass(frozen=True)
class _Peer:
    """The service manager that a program connects to.

    `lost` matches what the program prints if the connection was lost. `unit` returns the unit of a
    command line. If the manager is a unit itself (`is_unit`) and does not run, the first answer
    counts.
    """

    name: str
    lost: re.Pattern[bytes]
    unit: Callable[[Argv], str]
    is_unit: bool = False


_PEERS = {
    "systemctl": _Peer(
        "systemd",
        re.compile(
            rb"Connection (?:reset by peer|refused|timed out)|Transport endpoint is not connected"
            rb"|Broken pipe|D-Bus connection terminated|disconnected from message bus"
            rb"|Failed to connect to (?:system scope )?bus"
        ),
        lambda argv: argv[-1],
    ),
    "firewall-cmd": _Peer(
        "firewalld",
        re.compile(
            rb"disconnected from message bus|not provided by any \.service files"
            rb"|DBus\.Error\.NoReply|not running"
        ),
        lambda _: "firewalld",
        is_unit=True,
    ),
}
"""By program. The texts are those of systemd 247 and 257, firewalld 0.9 and 2.3 in the C locale."""


def steady(
    argv: Argv,
    call: Callable[[Argv], Completed],
    query: Callable[[Argv], Completed],
    say: Callable[[str], None],
    wait: Callable[[float], None],
) -> Completed:
    """Call `argv`, and once more if its connection was lost. The second answer has `again`.

    `query` runs a command without showing its output, `wait` waits so many seconds. If the
    connection was lost twice, the unit's state decides. Raises ConnectionLost if it does not.
    """
    done = call(argv)
    peer = _PEERS.get(argv[0])
    if peer is not None and done.status != 0 and _CANCELED.search(done.err):
        state = _settled(peer.unit(argv), query, wait)
        say(f"Another job canceled this one; the unit is {state or 'unknown'}. Once more:")
        return replace(call(argv), again=True)
    if peer is None or not _is_lost(peer, done):
        return done
    unit = peer.unit(argv)
    state = _settled(unit, query, wait)
    if peer.is_unit and state not in RUNNING_STATES:
        return done
    say(f"The connection to {peer.name} was lost. {unit} is {state or 'unknown'}; once more:")
    second = replace(call(argv), again=True)
    if not _is_lost(peer, second):
        return second
    # The job of a verb continues without the connection, so the unit's state shows its result.
    if _settled(unit, query, wait) in _REACHES.get(argv[1], ()):
        return replace(second, status=0)
    raise ConnectionLost(
        f"running {spelled(argv)}",
        f"{peer.name} closed the connection twice",
        f"See that `systemctl is-active {unit}` answers.",
    )


def _is_lost(peer: _Peer, done: Completed) -> bool:
    return done.status != 0 and peer.lost.search(done.err + done.out) is not None


def _settled(unit: str, query: Callable[[Argv], Completed], wait: Callable[[float], None]) -> str:
    """Return the unit's state once it does not change any more, or the last one at the time limit."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        words = query(("systemctl", "is-active", unit)).out.decode("ascii", "replace").split()
        state = words[0] if words else ""
        if state not in _IN_TRANSIT or time.monotonic() > deadline:
            return state
        wait(_PAUSE_SECONDS)
