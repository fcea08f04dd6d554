"""The one-file program on a host, as an operator would call it, and what it must not touch."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Callable

from lab.host import Host

BootHost = Callable[..., Host]
"""The fixture boot_host: its keywords are the fields of `lab.host.Options`."""

ROOT = Path(__file__).parents[2]
PYZ = str(ROOT / "dist/postfix-wizard.pyz")
PROGRAM = "/usr/local/bin/postfix-wizard"
ZEKE = (ROOT / "examples/zeke.toml").read_text()
ANSWERS = "/root/answers.toml"

WITHOUT_CAFE = ("--accept", "domain-class=cafe.zeke.ne.jp")
"""Accepts that cafe.zeke.ne.jp is no longer local."""

USAGE, BAD, NOT_ROOT = 64, 65, 77
PENDING = 2

_STATE = (
    "places=/etc; [ ! -e /var/lib/postfix-wizard ] || places='/etc /var/lib/postfix-wizard'; "
    "find $places -printf '%p %T@ %m %u:%g %l %s\\n'; find $places -type f -exec sha256sum {} +"
)


def state(host: Host) -> list[str]:
    """Every file below /etc and of the runs, with its bytes, time, mode, owner, link target."""
    return sorted(host.run(["sh", "-c", _STATE], check=True).stdout.splitlines())


def wizard(host: Host, *words: str, **environment: str) -> tuple[int, str]:
    """Run the program; return its exit status and all it said, which is never a traceback."""
    variables = [f"{name}={value}" for name, value in environment.items()]
    done = host.run(["env", *variables, PROGRAM, *words], timeout=180)
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    return done.returncode, said


def accepting(said: str) -> list[str]:
    """Return the `--accept` options that a refusal printed, as a shell splits them."""
    return shlex.split(said.rpartition(", add: ")[2])


def apply(host: Host, *words: str) -> tuple[int, str]:
    """Do the whole job without a screen."""
    return wizard(host, "apply", "--answers", ANSWERS, "--yes", *words)
