"""Why nobody answers on a socket of Dovecot: the package, the unit, the directory, the listener, in this order."""

from __future__ import annotations

import os
from typing import NamedTuple

from wizard.answers.model import Answers
from wizard.check.host.sockets import closed_advice, closed_to_postfix
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import UNKNOWN, WAITS, WRONG, Check, Finding
from wizard.host.dovecot import begin_dovecot
from wizard.host.facts import Unit
from wizard.host.units import DOVECOT, RUNNING_STATES, begin_units
from wizard.postfix.dovecot import serves_postfix
from wizard.postfix.dovecot_setup import set_up_advice

PROGRAM = "/usr/sbin/dovecot"
_NOT_LOST = ". Mail is not lost meanwhile."


class Absent(NamedTuple):
    """The first cause: its verdict, what is seen, and what to do."""

    verdict: str
    seen: str
    advice: str

    def finding(self, check: Check) -> Finding:
        """Return it as a finding about what needs the socket."""
        return check.finding(self.verdict, self.seen, self.advice)


def why_absent(door: Door, path: str, fault: str, answers: Answers) -> Absent:
    """Return why nobody answers on `path`; `fault` is what a connection said. Never raises.

    Without Dovecot, before its first start, or before it was set up for Postfix, mail waits for it.
    One that was there and is gone is wrong: people cannot log in, or mail is stuck. If the answers
    let a run set it up, it must be.
    """
    if "denied" in fault and os.geteuid() != 0:
        return Absent(UNKNOWN, f"not known: {fault}", "Run this as root.")
    try:
        if door.stat(PROGRAM) is None:
            advice = set_up_advice(answers, is_installed=False, is_masked=False)
            seen = f"waits for Dovecot, which is not installed: {fault}"
            return Absent(WAITS, seen, _sentence(advice) + _NOT_LOST)
        unit = begin_units(door, (DOVECOT,))().states[DOVECOT]
        if unit.active not in RUNNING_STATES:
            return _stopped(unit, fault, answers)
        settings = {} if answers.dovecot.conf == "write" else begin_dovecot(door)().settings
    except Trouble as trouble:
        return Absent(UNKNOWN, f"not known: {trouble.wrong}", "")
    if settings and not serves_postfix(settings):
        advice = f"`postfix-wizard plan --section dovecot` shows the lines that it needs{_NOT_LOST}"
        seen = f"waits for Dovecot, which runs and is not set up for Postfix: {fault}"
        return Absent(WAITS, seen, advice)
    return _running(path, fault)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _stopped(unit: Unit, fault: str, answers: Answers) -> Absent:
    if unit.active == "inactive" and unit.enabled != "enabled":
        is_masked = unit.enabled.startswith("masked")
        advice = set_up_advice(answers, is_installed=True, is_masked=is_masked)
        state = "masked" if is_masked else unit.active
        seen = f"waits for Dovecot, which is installed and {state}: {fault}"
        return Absent(WAITS, seen, _sentence(advice) + _NOT_LOST)
    advice = "Run `systemctl start dovecot`; `journalctl -u dovecot -n 30` says why it stopped."
    return Absent(WRONG, f"Dovecot is {unit.active}: {fault}", advice)


def _running(path: str, fault: str) -> Absent:
    closed = closed_to_postfix(path)
    if closed:
        return Absent(WRONG, closed, closed_advice(path, closed))
    advice = (
        f"Open a unix_listener {path} in Dovecot: `postfix-wizard plan --section dovecot` shows the "
        "lines."
    )
    return Absent(WRONG, f"Dovecot runs, and {fault}", advice)
