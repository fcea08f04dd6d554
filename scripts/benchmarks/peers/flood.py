"""Runs inside a host: a run of one talkative step, with the Run screen on it or without.

flood.py screen|alone command|terminal LINES: prints the run's ID when it was alone. flood.py read
command|terminal LINES: the same child, read and thrown away at 64 KiB a read; prints seconds.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

READ = 1 << 16
HERE = Path(__file__).resolve().parent


def child(lines: int) -> tuple[str, ...]:
    """Return the argv of the child that has so much to say."""
    return ("seq", "-f", "%.0f: a child that has much to say, and says it line by line", str(lines))


def read_away(kind: str, lines: int) -> float:
    """Read the child at 64 KiB a read and throw it away; returns the seconds it took."""
    began = time.monotonic()
    if kind == "terminal":
        read, write = pty.openpty()
    else:
        read, write = os.pipe()
    with subprocess.Popen(child(lines), stdout=write, stdin=subprocess.DEVNULL):
        os.close(write)
        try:
            while os.read(read, READ):
                pass
        except OSError:
            pass  # EIO: a terminal's other side is closed
    return time.monotonic() - began


def start(kind: str, lines: int) -> None:
    """Start a worker on such a plan and wait for its end, or show it."""
    # Here and not above: the child that is read away is timed by a Python without them.
    from wizard.door import Door  # noqa: PLC0415
    from wizard.plan.actions import Command, Install  # noqa: PLC0415
    from wizard.plan.model import Plan, Step  # noqa: PLC0415
    from wizard.run.paths import Places  # noqa: PLC0415
    from wizard.session import Session  # noqa: PLC0415

    session = Session(Door(), Places(), ("/usr/bin/python3", str(HERE / "postfix-wizard")))
    argv = child(lines)
    action = Command(argv) if kind == "command" else Install("postfix", argv, ())
    steps = (
        Step("flood", "Talk at length", "", action),
        Step("second", "Do nothing more", "", Command(("true",))),
    )
    run = session.start(Plan("", (), steps, ()), attended=False)
    if sys.argv[1] == "alone":
        print(run)
        journal = Places().run(run).journal
        while not journal.exists() or b'"RunFinished"' not in journal.read_bytes():
            time.sleep(0.1)
        return
    from screens.app import WizardApp  # noqa: PLC0415
    from screens.desk import Wish  # noqa: PLC0415
    from screens.main import show  # noqa: PLC0415

    show(WizardApp(lambda: session, Wish(), watch=run))


if __name__ == "__main__":
    if sys.argv[1] == "read":
        print(read_away(sys.argv[2], int(sys.argv[3])))
    else:
        start(sys.argv[2], int(sys.argv[3]))
