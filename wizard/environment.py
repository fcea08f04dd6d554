"""The environment of every child process: ours, never the caller's (environ(7)).

The variables of an operator's shell would change what a command does or prints. PATH and
PYTHONPATH decide which program runs, LC_ALL its language, MAIL_CONFIG which Postfix it reads
(postconf(1)), LD_PRELOAD anything at all.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence


def child_environment() -> dict[str, str]:
    """Return the whole environment of a child process, as a new dict."""
    return {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "SHELL": "/bin/sh",
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "SYSTEMD_COLORS": "0",
        "SYSTEMD_PAGER": "",
    }


def captured(argv: Sequence[str], seconds: float) -> subprocess.CompletedProcess[bytes]:
    """Run a command without input and return its status and output.

    Raises OSError if it cannot be started, subprocess.TimeoutExpired after `seconds`.
    """
    return subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=child_environment(),
        cwd="/",
        timeout=seconds,
        check=False,
    )
