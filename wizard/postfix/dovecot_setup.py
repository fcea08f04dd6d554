"""Say how Dovecot is set up for Postfix, for each state of the host and of the answers."""

from __future__ import annotations

from wizard.answers.model import Answers

APPLY = "`postfix-wizard apply --section dovecot`"
CHOOSE = (
    'set `conf = "write"` (in the screens: `postfix-wizard --section dovecot`), since with "leave" a '
    "run writes and starts nothing of Dovecot"
)


def set_up_advice(answers: Answers, *, is_installed: bool, is_masked: bool) -> str:
    """Return what the operator does, in order, until Dovecot serves Postfix.

    A run starts no masked Dovecot, and neither writes nor starts anything if `conf` is leave.
    """
    steps = (
        (not is_installed, "`dnf install dovecot`"),
        (is_masked, "`systemctl unmask dovecot`"),
        (answers.dovecot.conf != "write", CHOOSE),
        (answers.dovecot.conf == "write", f"{APPLY} sets it up and starts it"),
    )
    return ", then ".join(words for applies, words in steps if applies)
