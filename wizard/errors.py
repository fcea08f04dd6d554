"""The errors that reach an operator, each with what was being done and what to do next."""

from __future__ import annotations

import os
import re
import shlex
import sys

from wizard.secrets import masked

_STRING = "[PX^_\\]]"
SEQUENCE = re.compile(
    "|".join(
        (
            r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?",
            rf"(?:\x1b{_STRING}|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x9c|\x1b\\)?",
            r"\x1b[ -/]*[0-~]?",
        )
    )
)
"""A terminal's control sequence with all that it carries (ECMA-48): colours, titles, questions."""
_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Return foreign text with terminal control characters written as Python escapes."""
    return _OBEYED.sub(lambda match: ascii(match.group())[1:-1], text)


class Trouble(Exception):
    """Something went wrong that the operator can understand and act on.

    `doing` completes "while ..." (a gerund with its object), `wrong` says what is the matter,
    `advice` what to do next. `exit_code` is the process's exit status, after sysexits(3).
    """

    exit_code = 1

    def __init__(self, doing: str, wrong: str, advice: str = "") -> None:
        super().__init__(doing, wrong, advice)
        self.doing = doing
        self.wrong = wrong
        self.advice = advice

    def __str__(self) -> str:
        # Another program's message may be coloured, so its control sequences are removed. In a
        # path that the operator named they are written out instead.
        wrong = SEQUENCE.sub("", self.wrong).rstrip(".")
        parts = [f"While {self.doing}: {wrong}.", *([self.advice] if self.advice else [])]
        return harmless(masked(" ".join(parts)))


class UsageTrouble(Trouble):
    """The command line asks for what cannot be done (EX_USAGE)."""

    exit_code = os.EX_USAGE


class AnswersTrouble(Trouble):
    """The answers are wrong or a caution was not accepted (EX_DATAERR)."""

    exit_code = os.EX_DATAERR


class LockedTrouble(Trouble):
    """Another run is in progress (EX_TEMPFAIL)."""

    exit_code = os.EX_TEMPFAIL


class NewerTrouble(Trouble):
    """A newer version of the program wrote this, and only that version understands it.

    `why` names what this program does not know.
    """

    def __init__(self, doing: str, wrong: str, advice: str = "", why: str = "") -> None:
        super().__init__(doing, wrong, advice)
        self.why = why or wrong


class PermissionTrouble(Trouble):
    """Only root may do this (EX_NOPERM)."""

    exit_code = os.EX_NOPERM


def as_root() -> str:
    """Return how the operator runs this program as root.

    With the whole path: sudo's secure_path on RHEL has no /usr/local/bin (sudoers(5)).
    """
    program = os.path.abspath(sys.argv[0])  # noqa: PTH100 (a link stays one)
    return f"Log in as root, or use sudo with the whole path: sudo {shlex.quote(program)}"


def refused_access(doing: str, wrong: str, advice: str) -> Trouble:
    """Return the error for a path that the kernel refused (EACCES, EPERM).

    For other users than root it says that only root can do this.
    """
    if os.geteuid() != 0:
        return PermissionTrouble(doing, wrong, as_root())
    return Trouble(doing, wrong, advice)
