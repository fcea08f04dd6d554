"""Report the mail that waits in the queue: for Dovecot or others, since when, and how long."""

from __future__ import annotations

import pwd
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Callable, Optional

from wizard.answers.rules.parameters import UNIT_SECONDS
from wizard.certificates.dates import moment
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import UNKNOWN, WAITS, WARNING, Check, Finding
from wizard.host import waiting as queue
from wizard.host.dovecot import FIRST_USER
from wizard.host.system_accounts import is_of_system
from wizard.host.waiting import Group, Waiting
from wizard.limits import PROBE_SECONDS
from wizard.paths import ALIASES
from wizard.postfix.settings import Settings
from wizard.text import counted, printable

_DAY = UNIT_SECONDS["d"]
"""The unit of maximal_queue_lifetime if it has none of its own (postconf(5))."""


MANY = 1000
"""Messages: a personal server has some tens that wait."""


def begin_waiting(door: Door, socket: str, pool: Executor) -> Callable[[], Waiting]:
    """Start to count; call the result to wait at most PROBE_SECONDS. Never raises."""

    def count() -> Waiting:
        until = time.monotonic() + PROBE_SECONDS
        try:
            found = queue.counted(door.stream(queue.POSTQUEUE, seconds=PROBE_SECONDS), socket)
        except Trouble as trouble:
            return Waiting(Group(), Group(), why=trouble.wrong)
        return replace(found, whole=time.monotonic() < until)

    return pool.submit(count).result


def lifetime(settings: Settings) -> int:
    """Return for how many seconds Postfix tries a message; 0 means once."""
    text = settings.value("maximal_queue_lifetime")
    number, unit = (text[:-1], text[-1:]) if text[-1:] in UNIT_SECONDS else (text, "d")
    return int(number) * UNIT_SECONDS[unit] if number.isdecimal() else 5 * _DAY


def judge_waiting(waiting: Waiting, settings: Settings, now: float) -> Iterator[Finding]:
    """`queue.waits`: mail that Dovecot does not take yet; `queue.deferred`: what waits for our fault.

    `queue.many` if much more waits for other servers than people have written.
    """
    yield from _waits(waiting, settings, now)
    yield _deferred(waiting)
    if waiting.others.count >= MANY:
        check = Check("queue.many", "mail for others", f"fewer than {MANY} messages", fatal=False)
        advice = (
            "`postqueue -p` shows who sent it. Where no person did: `postfix-wizard log` names logins"
            " that send as a stolen password does, and `postsuper -d` removes messages for good."
        )
        yield check.warning(f"{counted(waiting.others.count, 'message')} wait in the queue", advice)


def _deferred(waiting: Waiting) -> Finding:
    check = Check(
        "queue.deferred", "why mail for others waits", "for no fault of this server", fatal=False
    )
    if waiting.why:
        return check.finding(UNKNOWN, f"not known: {waiting.why}")
    ours = next((one for one in waiting.reasons if _is_ours(one)), "")
    if ours:
        advice = "Set right what it says, then `postqueue -f`; `postqueue -p` shows all that waits."
        return check.wrong(printable(ours), advice)
    if waiting.reasons:
        return check.right(printable(f"{waiting.reasons[0]}: that is the other server's"))
    return check.right("nothing waits" if waiting.whole else "nothing that was read")


def _is_ours(reason: str) -> bool:
    """True if a reason lies here. What another server said is its own, but for logins and TLS."""
    pattern = _BY_OTHERS if _SAID.search(reason) else _OURS
    return pattern.search(_NAMES.sub("", reason)) is not None


_NAMES = re.compile(r"(?:[^\s<>@]+@)?[\w-]+(?:\.[\w-]+)+")
"""Names of servers and addresses, such as mx1.mailbox.org, which say nothing of a reason."""
_SAID = re.compile(r"\b(?:said|refused to talk)\b")
_BY_OTHERS = re.compile(r"authenticat|SASL|STARTTLS|Relay access denied", re.IGNORECASE)
_OURS = re.compile(
    r"SASL|authentication|no mechanism|Cannot start TLS|TLS is required|not offered by host"
    r"|certificate (?:verification|trust)|not trusted|unverified|loops back to myself"
    r"|mail transport unavailable|unknown mail transport"
    r"|temporary lookup failure|Permission denied|private/|configuration error|unable to|cannot "
    r"|No space left|quota|disk|Network is unreachable|Cannot assign requested address"
    r"|maps? lookup|fatal|alias database|mailbox",
    re.IGNORECASE,
)
"""Reasons (delay_reason of `postqueue -j`) that lie in this server, or in what it was given."""


def _waits(waiting: Waiting, settings: Settings, now: float) -> Iterator[Finding]:
    check = Check("queue.waits", "mail that waits", "nothing waits for Dovecot", fatal=False)
    if waiting.why:
        yield check.finding(UNKNOWN, f"not known: {waiting.why}")
        return
    least = "" if waiting.whole else "at least "
    parts = [
        f"{least}{counted(group.count, 'message')} for {whom}, the oldest since {moment(group.oldest)} "
        f"({_age(now - group.oldest)})"
        for group, whom in ((waiting.dovecot, "Dovecot"), (waiting.others, "other servers"))
        if group.count
    ]
    if not waiting.dovecot.count and not waiting.whole:
        parts.append(f"the queue was not read to its end in {PROBE_SECONDS:g} s")
        yield check.finding(UNKNOWN, "; ".join(parts))
        return
    if not waiting.dovecot.count:
        yield replace(check.right("; ".join(parts) or "none"), fatal=True)
        return
    ends = waiting.dovecot.oldest + lifetime(settings)
    parts.insert(1, f"they are returned to their senders from {moment(ends)} on")
    verdict = WARNING if ends - now < _DAY else WAITS
    if waiting.refused:
        seen, advice = _stuck(waiting.refused)
        yield check.finding(verdict, "; ".join((*parts, seen)), f"{advice} Else {_returned(ends)}")
        return
    yield check.finding(
        verdict,
        "; ".join(parts),
        f"Nothing is lost before {moment(ends)} (maximal_queue_lifetime). Once Dovecot takes mail, "
        "`postfix-wizard apply --section dovecot` asks it for a recipient and delivers it at once.",
    )


def _returned(ends: float) -> str:
    return f"what waits is returned from {moment(ends)} on (maximal_queue_lifetime)."


def _stuck(refused: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Return what is seen and what to do where Dovecot runs and refuses recipients."""
    address, reason = refused[0]
    name = re.split(r"[+@]", address, maxsplit=1)[0]
    uid = _uid(name)
    more = f", and {counted(len(refused) - 1, 'other recipient')}" if len(refused) > 1 else ""
    is_system = uid is not None and is_of_system(uid, FIRST_USER)
    because = f" (a system account, uid {uid})" if is_system else ""
    said = reason.partition(" said: ")[2]
    seen = f"Dovecot refused {address}{because}{more} when it was tried last: {said}"
    if is_system:
        advice = (
            f"{name} is a system account: Dovecot takes no mail for uids below its first_valid_uid, or without a home. Write `{name}: root` into "
            f"{ALIASES}, then `newaliases` and `postqueue -f`: root's reader gets it. "
            '`system = "root"` in [aliases] does so for all of them.'
        )
    else:
        advice = (
            f"`doveadm user {name}` and `journalctl -u dovecot -n 30` say why; once that is set right, "
            "`postqueue -f` delivers it."
        )
    return printable(seen), printable(advice, 500)


def _uid(name: str) -> Optional[int]:
    try:
        return pwd.getpwnam(name).pw_uid
    except (KeyError, ValueError):
        return None


def _age(seconds: float) -> str:
    for unit, length in (("day", _DAY), ("hour", 3600), ("minute", 60)):
        count = int(seconds // length)
        if count:
            return f"{counted(count, unit)} ago"
    return "just now"
