"""A run begun by an operator and looked at from outside, while something happens to it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from lab.host import Host
from tests.faults.rig import ANSWERS

PROGRAM = "/usr/local/bin/postfix-wizard"
APPLY = (PROGRAM, "apply", "--answers", "/root/zeke.toml", "--yes")
LONG = 180.0
"""Seconds that a run may take on a loaded machine."""


def prepare(host: Host, *, with_package: bool) -> None:
    """Give a host its answers, and Postfix where dnf is not what is looked at."""
    host.write("/root/zeke.toml", ANSWERS, 0o600)
    if with_package:
        host.run(["dnf", "-y", "install", "postfix"], check=True)


def begin(host: Host, argv: tuple[str, ...] = APPLY) -> subprocess.Popen[str]:
    """Start `apply` and let it go on."""
    return subprocess.Popen(
        host.argv(argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wizard(host: Host, *words: str) -> tuple[int, str]:
    """Call the program; return its status and its words, which are never a traceback."""
    done = host.run([PROGRAM, *words], timeout=LONG)
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    return done.returncode, said


def told(host: Host, name: str = "*/journal") -> str:
    """Return what all files of that name in the runs' directories hold."""
    found = sorted((host.root / "var/lib/postfix-wizard/runs").glob(name))
    return "".join(path.read_text(errors="replace") for path in found)


def until(what: Callable[[], bool], seconds: float = LONG) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.01)


def in_step(host: Host, step: str) -> None:
    """Wait until the newest run has begun a step."""
    until(lambda: f'"StepStarted","record":{{"step":"{step}"}}' in told(host))


def worker_in_step(host: Host, step: str) -> int:
    """Wait until the newest run has begun a step; return its worker's process id as `worker` does.

    The worker is looked for before: on a machine under load the step, or the run, is over by then.
    """
    until(lambda: "RunStarted" in told(host))
    found = worker(host)
    in_step(host, step)
    return found


def ends(host: Host, outcome: str = "done") -> None:
    """Wait for the run's end, which must be this one."""
    until(lambda: "RunFinished" in told(host))
    assert f'"RunFinished","record":{{"outcome":"{outcome}"' in told(host), told(host)[-500:]


def stands(host: Host) -> None:
    """The server is what the answers say."""
    code, said = wizard(host, "check")
    assert code == 0, said
    code, said = wizard(host, "plan", "--answers", "/root/zeke.toml")
    assert code == 0, said


def worker(host: Host) -> int:
    """Return the process id of the run's worker as this machine knows it."""
    ours = Path(f"/proc/{host.leader_pid}/ns/pid").readlink()
    processes = (entry for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return next(int(one.name) for one in processes if _is_worker(one, ours))


def _is_worker(process: Path, namespace: Path) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
        return b"worker" in words[:4] and (process / "ns/pid").readlink() == namespace
    except OSError:
        return False
