"""The runs that are recorded: how each is brought about, and what is right afterwards.

`SITUATIONS` is a table in the order of the recording. Each situation starts from an earlier one.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lab.host import Host
from tests.lab.program import ANSWERS as ANSWERS_FILE
from tests.lab.program import PENDING, PROGRAM, wizard
from tests.recorded.house import ANSWERS, SECTION_ANSWERS

BEFORE, FIRST, SECTION = "before", "first-set-up", "section-run"
_PATIENCE = 60.0
_APPLY = ("apply", "--answers", ANSWERS_FILE, "--yes")
_SECTIONS = ("--section", "domains", "--section", "blocklists")
_REACHED = "/run/recorded-reached"


@dataclass(frozen=True)
class Situation:
    """A host after a run, and what is right for any program that reads it.

    `outcomes` are those of its runs, oldest first. `resumed_to` and `undone_to` are the situations
    whose /etc a resume and an undo bring about, "" where they do nothing. `status` and `plan` are
    the exit codes of these commands.
    """

    name: str
    start: str
    make: Callable[[Host], None]
    outcomes: tuple[str, ...]
    answers: str = ANSWERS
    resumed_to: str = ""
    undone_to: str = BEFORE
    status: int = 0
    plan: int = 0


@contextmanager
def _in_place_of(host: Host, program: str, script: str) -> Iterator[None]:
    """Put a shell script in place of a program, which it finds as PROGRAM.real."""
    host.run(["mv", program, f"{program}.real"], check=True)
    host.write(program, f'#!/bin/sh\n{script}\nexec {program}.real "$@"\n', 0o755)
    yield
    host.run(["mv", f"{program}.real", program], check=True)


def killed(host: Host, program: str, word: str, command: tuple[str, ...]) -> None:
    """Let the run call a program that never ends for an argument with that word; kill the worker."""
    hang = f'case "$*" in *{word}*) echo $$ >{_REACHED}; exec sleep 999;; esac'
    with _in_place_of(host, program, hang):
        line = host.argv([PROGRAM, *command])
        with subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as screen:
            end = time.monotonic() + _PATIENCE
            while not (child := host.run(["cat", _REACHED]).stdout.strip()):
                assert time.monotonic() < end, f"the run never called {program}"
                time.sleep(0.05)
            unit = "postfix-wizard-*.service"
            kill = ["systemctl", "kill", "--signal=KILL", "--kill-who=main", unit]
            host.run(kill, check=True)
            screen.communicate()
        host.run(["kill", child], check=True)
    host.run(["rm", _REACHED], check=True)


def _ends(host: Host, code: int, *words: str) -> str:
    """Call the program, which must end so; return what it said."""
    ended, said = wizard(host, *words)
    assert ended == code, said
    return said


def _first(host: Host) -> None:
    _ends(host, 0, *_APPLY)


def _section(host: Host) -> None:
    _ends(host, 0, *_APPLY, *_SECTIONS)


def _undone(host: Host) -> None:
    _ends(host, 0, "undo", "--yes")


def _killed_set_up(host: Host) -> None:
    """Kill it while the table with the password is in staging/, before main.cf is replaced."""
    killed(host, "/usr/sbin/postmap", "sasl_passwd", _APPLY)


def _killed_section(host: Host) -> None:
    """Kill it when main.cf is replaced and Postfix has not read it yet."""
    killed(host, "/usr/sbin/postfix", "check", (*_APPLY, *_SECTIONS))


def _killed_undo(host: Host) -> None:
    """Kill it when the new files are gone and the firewall is still open."""
    killed(host, "/usr/bin/firewall-cmd", "--remove-service", ("undo", "--yes"))


def _failed(host: Host) -> None:
    refuse = 'case "$*" in *--add-service*) echo "Error: no memory" >&2; exit 1;; esac'
    with _in_place_of(host, "/usr/bin/firewall-cmd", refuse):
        said = _ends(host, 1, *_APPLY)
    assert "no memory" in said


def _returned(host: Host) -> None:
    """Let smtpd fail under the new main.cf."""
    trap = "grep -q kafe /etc/postfix/main.cf && exit 1"
    with _in_place_of(host, "/usr/libexec/postfix/smtpd", trap):
        said = _ends(host, 1, *_APPLY, *_SECTIONS)
    assert "was put back" in said


SITUATIONS = (
    Situation(FIRST, BEFORE, _first, ("done",)),
    Situation(SECTION, FIRST, _section, ("done", "done"), SECTION_ANSWERS, undone_to=FIRST),
    Situation("undone-run", SECTION, _undone, ("done", "done", "done")),
    Situation(
        "killed-set-up",
        BEFORE,
        _killed_set_up,
        ("died",),
        resumed_to=FIRST,
        status=PENDING,
        plan=PENDING,
    ),
    Situation(
        "killed-section-run",
        FIRST,
        _killed_section,
        ("done", "died"),
        SECTION_ANSWERS,
        resumed_to=SECTION,
        undone_to=FIRST,
        status=PENDING,
        plan=PENDING,  # all files are in place, and Postfix was not told
    ),
    Situation(
        "killed-undo",
        FIRST,
        _killed_undo,
        ("done", "died"),
        resumed_to=BEFORE,
        undone_to="",
        status=PENDING,
        plan=PENDING,
    ),
    Situation(
        "failed-set-up",
        BEFORE,
        _failed,
        ("failed",),
        resumed_to=FIRST,
        status=PENDING,
        plan=PENDING,
    ),
    Situation("returned-run", FIRST, _returned, ("done", "failed"), SECTION_ANSWERS, plan=PENDING),
)
