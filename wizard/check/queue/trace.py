"""Follow one message through Postfix's log (cleanup(8), bounce(8), local(8)).

cleanup logs the queue ID for a Message-ID; each delivery agent logs the recipient and the status. An
alias to another address creates a new message with the same Message-ID.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from wizard.finding import RIGHT, UNKNOWN, WAITS, WARNING, WRONG, Check, Finding
from wizard.text import printable

SENT, DEFERRED, BOUNCED = "sent", "deferred", "bounced"

_ID = re.compile(r"postfix[\w./-]*/cleanup\[\d+\]: (\w+): message-id=(\S+)")
_STATUS = re.compile(
    r"postfix[\w./-]*\[\d+\]: (\w+): to=<([^>]*)>,.* relay=(\S+?),.* status=(\w+) \((.*)\)\s*$"
)
_REMOVED = re.compile(r"postfix[\w./-]*/qmgr\[\d+\]: (\w+): removed")
_FORWARDED = re.compile(r"forwarded as (\w+)")
_NO_DOVECOT = re.compile(r"dovecot.*(No such file or directory|Connection refused)", re.IGNORECASE)
_WORST_FIRST = (BOUNCED, "expired", DEFERRED, SENT)


@dataclass(frozen=True)
class Fate:
    """The state of a message: `status` is "" if it is unknown, `said` is the agent's text."""

    status: str = ""
    recipient: str = ""
    relay: str = ""
    said: str = ""

    @property
    def waits_for_dovecot(self) -> bool:
        """True if it is deferred because nobody answers on Dovecot's socket."""
        return self.status == DEFERRED and bool(_NO_DOVECOT.search(f"{self.relay} {self.said}"))


def fate(lines: Iterable[str], message_id: str) -> Fate:
    """Return the worst status among the message's recipients, once the log has all of them."""
    names: set[str] = set()
    over: set[str] = set()
    fates: dict[tuple[str, str], Fate] = {}
    for line in lines:
        named, status, removed = (one.search(line) for one in (_ID, _STATUS, _REMOVED))
        if named and named[2] == message_id:
            names.add(named[1])
        elif status and status[1] in names:
            fates[status[1], status[2]] = Fate(status[4], status[2], status[3], status[5])
            # A deferred message remains in the queue: there is no later status for now.
            over |= {status[1]} if status[4] == DEFERRED else set()
        elif removed:
            over.add(removed[1])
    awaited = {one[1] for fate in fates.values() if (one := _FORWARDED.search(fate.said))}
    if not names or (names | awaited) - over:
        return Fate()
    ends = [one for one in fates.values() if not _FORWARDED.search(one.said)]
    return next((one for kind in _WORST_FIRST for one in ends if one.status == kind), Fate())


def judge_fate(found: Fate, recipient: str, seconds: float) -> Finding:
    """`aliases.delivery`: a message to an alias of this host must arrive."""
    verdict = _VERDICTS.get(found.status, UNKNOWN)
    seen = f"{found.status} to {found.recipient}: {found.said}"
    if found.waits_for_dovecot:
        verdict, seen = WAITS, f"waits for Dovecot: {found.said}"
    elif not found.status:
        seen = f"the log says nothing of it within {seconds:.0f} s"
    check = Check("aliases.delivery", f"a message to {recipient}", "arrives")
    return check.finding(verdict, printable(seen), _ADVICE.get(verdict, ""))


_VERDICTS = {SENT: RIGHT, DEFERRED: WARNING, BOUNCED: WRONG, "expired": WRONG}
_ADVICE = {
    WAITS: "It is kept in the queue, and arrives once Dovecot is there.",
    WARNING: "Postfix tries again for five days, then it bounces; `postqueue -p` says why it waits.",
    WRONG: "Name somebody who can be delivered to: `postfix-wizard --section aliases`. If it is only "
    "that somebody changed /etc/aliases, `postfix-wizard apply --section aliases` writes the reader "
    "of the answers again.",
    UNKNOWN: "Look for it with `postqueue -p` and in `journalctl -u postfix`.",
}
