"""Runs inside a host, by its own Python: commands in turn, each measured as a whole process.

Reads from standard input {"rounds": N, "memory": bool, "watch": str, "runs": [{"name", "argv",
"before"}]} and prints {"name": [{"wall", "cpu", "own", "all", "watched", "code"}]}: seconds by
the monotonic clock, CPU seconds and the highest resident size in kB (wait4(2), children that
were waited for included), and with "memory" the process's own VmHWM (proc(5)).
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
SAID = "/tmp/benchmark-said"


def timed(argv: list[str]) -> dict[str, Any]:
    """Run a command to its end; only its clock and its CPU are looked at."""
    out = os.open(SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    actions = [(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, out, 2)]
    began = time.monotonic()
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
    _, status, used = os.wait4(pid, 0)
    wall = time.monotonic() - began
    os.close(out)
    return {
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "code": os.waitstatus_to_exitcode(status),
    }


def weighed(argv: list[str], watch: str) -> dict[str, Any]:
    """Run a command and look at its memory.

    A process inherits the highest resident size of what it was before exec(2), this Python. So
    a small shell starts it, ends, and leaves it to us (a subreaper, prctl(2)) to wait for.
    """
    script = 'exec >"$0" 2>&1 </dev/null 3>&-; "$@" & echo $! >&4'
    read, write = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, write, 4)]
    words = ["sh", "-c", script, SAID, *argv]
    shell = os.posix_spawnp("sh", words, os.environ, file_actions=actions)
    os.close(write)
    pid = int(os.read(read, 100))
    os.close(read)
    os.waitpid(shell, 0)
    own = watched = 0
    while True:
        own = max(own, high_water(pid))
        if watch:
            watched = max([watched, *(high_water(one) for one in named(watch))])
        gone, status, used = os.wait4(pid, os.WNOHANG)
        if gone:
            break
        time.sleep(0.001)
    code = os.waitstatus_to_exitcode(status)
    return {"own": own, "all": used.ru_maxrss, "watched": watched, "code": code}


def high_water(pid: int) -> int:
    """Return a process's highest resident size so far in kB, 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(x.split()[1]) for x in status.splitlines() if x.startswith("VmHWM:")), 0)


def named(word: str) -> list[int]:
    """Return the processes that have this among their words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if word.encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


def main() -> None:
    """Measure what standard input asks for."""
    asked = json.load(sys.stdin)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    found: dict[str, list[dict[str, Any]]] = {run["name"]: [] for run in asked["runs"]}
    for _ in range(asked["rounds"]):
        for run in asked["runs"]:
            for before in run.get("before", []):
                os.waitpid(os.posix_spawnp(before[0], before, os.environ), 0)
            memory = asked.get("memory")
            one = weighed(run["argv"], asked.get("watch", "")) if memory else timed(run["argv"])
            one["said"] = Path(SAID).read_text(errors="replace")[-2000:]
            found[run["name"]].append(one)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
