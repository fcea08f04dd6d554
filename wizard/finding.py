"""The outcome of a check: a finding with its verdict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

RIGHT = "right"
WRONG = "wrong"
WARNING = "warning"
WAITS = "waits"
UNKNOWN = "unknown"
VERDICTS = (RIGHT, WRONG, WARNING, WAITS, UNKNOWN)
"""right; wrong (fails a run); warning; waits (for Dovecot); unknown (cannot be checked here)."""


_FORBIDDEN = re.compile("permission denied|not permitted", re.IGNORECASE)


@dataclass(frozen=True)
class Edit:
    """A change of one file: `old`, which occurs once in it, becomes `new`.

    With an empty `old` the file has `new` as its whole text; it and its directories may be missing.
    """

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Cure:
    """What root does to end a finding: the edits, then the commands, each in order and literally.

    `reason` says why there is none. No cure deletes mail, removes what others wrote, or lets anybody
    do more than before (`wizard.check.cures`).
    """

    commands: tuple[tuple[str, ...], ...] = ()
    edits: tuple[Edit, ...] = ()
    reason: str = ""

    def __bool__(self) -> bool:
        """Return whether there is something to do."""
        return bool(self.commands or self.edits)


def cure(*commands: str, edits: tuple[Edit, ...] = ()) -> Cure:
    """Return a cure of commands without quotes: `cure("postconf -X soft_bounce")`."""
    return Cure(tuple(tuple(one.split()) for one in commands), edits)


NO_CURE = Cure()


def cure_all(cures: Sequence[Cure]) -> Cure:
    """Return one cure for faults that one finding counts; none if the first fault has none.

    The first is the one that the advice is about.
    """
    if not cures or not cures[0]:
        return NO_CURE
    commands = dict.fromkeys(argv for one in cures for argv in one.commands)
    return Cure(tuple(commands), tuple(edit for one in cures for edit in one.edits))


@dataclass(frozen=True)
class Finding:
    """One line of the table: the subject, what is seen, what is expected, the verdict, the advice.

    `id` is stable for --json (`smtp.25.banner`). `fatal` is True if `wrong` fails a run: for checks of
    this host (ports, TLS, SMTP, parameters, firewall), not for others (DNS, blocklists, trust).
    `cure` is what ends it; `follows` is the ID of the finding that causes this one, "" for none.
    """

    id: str
    looked_at: str
    seen: str
    expected: str
    verdict: str
    advice: str = ""
    fatal: bool = True
    cure: Cure = NO_CURE
    follows: str = ""


@dataclass(frozen=True)
class Check:
    """What is checked and what is expected; the methods return its finding with a verdict.

    A method for each verdict reads as the outcome: `check.wrong(seen, advice)`. `subject` is the
    finding's `looked_at`; the other fields are the same as in `Finding`.
    """

    id: str
    subject: str
    expected: str
    fatal: bool = True

    def right(self, seen: str) -> Finding:
        """Return that all is as expected."""
        return self.finding(RIGHT, seen)

    def wrong(self, seen: str, advice: str, cured_by: Cure = NO_CURE) -> Finding:
        """Return what is wrong; this fails a run if the check is `fatal`."""
        return self.finding(WRONG, seen, advice, cured_by)

    def warning(self, seen: str, advice: str, cured_by: Cure = NO_CURE) -> Finding:
        """Return what is not as expected, and fails no run."""
        return self.finding(WARNING, seen, advice, cured_by)

    def unknown(self, why: str) -> Finding:
        """Return that the check was not possible, and why."""
        advice = "Run this as root on the server itself." if _FORBIDDEN.search(why) else ""
        return self.finding(UNKNOWN, f"not known: {why}", advice)

    def finding(
        self, verdict: str, seen: str, advice: str = "", cured_by: Cure = NO_CURE
    ) -> Finding:
        """Return the finding with a verdict; there is neither advice nor cure where all is right."""
        if verdict == RIGHT:
            advice, cured_by = "", NO_CURE
        return Finding(
            self.id, self.subject, seen, self.expected, verdict, advice, self.fatal, cured_by
        )
