"""The errors that reach an operator, each with what was being done and what to do next."""

from __future__ import annotations

import os
import re

from wizard.secrets import masked

_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Return text of others with what a terminal would obey written out, as Python escapes."""
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
        parts = [f"While {self.doing}: {self.wrong.rstrip('.')}."]
        if self.advice:
            parts.append(self.advice)
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


class PermissionTrouble(Trouble):
    """Only root may do this (EX_NOPERM)."""

    exit_code = os.EX_NOPERM
