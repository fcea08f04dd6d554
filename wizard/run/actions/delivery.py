"""Send a message to an alias as any program of this host does, and follow its delivery."""

from __future__ import annotations

import secrets
import time
from email.utils import formatdate

from wizard.check.queue.trace import Fate, fate, judge_fate
from wizard.errors import Trouble
from wizard.finding import WRONG
from wizard.host.log_commands import JOURNAL, MAILLOG
from wizard.plan.actions import Deliver
from wizard.postfix.render import render
from wizard.run.action_kind import ActionKind
from wizard.run.context import Context, Undo, listed
from wizard.run.records import Found

_PAUSE = 0.1


def deliver(action: Deliver, context: Context) -> Undo:
    """Send the message, unless an earlier attempt did, and follow it. Raises Trouble if it fails."""
    doing = f"sending a message to {action.recipient}"
    before = str((context.earlier or {}).get("message_id", ""))
    message_id = before or f"<{secrets.token_hex(12)}.postfix-wizard@{action.host}>"
    undo = context.intend({"message_id": message_id})
    if not (before and _is_sent(message_id, context)):
        _send(action, message_id, doing, context)
    found = _followed(message_id, context)
    finding = judge_fate(found, action.recipient, context.patience.delivery)
    context.say(f"{finding.verdict:8} {finding.looked_at}: {finding.seen}")
    context.record(Found((finding,)))
    if finding.verdict == WRONG:
        raise Trouble(doing, finding.seen, finding.advice)
    return undo


def _send(action: Deliver, message_id: str, doing: str, context: Context) -> None:
    lines = render(
        "test_message.j2",
        recipient=action.recipient,
        host=action.host,
        message_id=message_id,
        date=formatdate(localtime=True),
    )
    # With the null sender no bounce is sent if it cannot be delivered.
    argv = ("sendmail", "-i", "-f", "<>", action.recipient)
    done = context.query(*argv, stdin="".join(f"{line}\n" for line in lines).encode("ascii"))
    if done.status != 0:
        raise Trouble(doing, listed(argv, done), "Repair what it names.")
    context.say(f"Sent a message to {action.recipient}, {message_id}.")


def _is_sent(message_id: str, context: Context) -> bool:
    return any(f"message-id={message_id}" in line for line in _log(context))


def _followed(message_id: str, context: Context) -> Fate:
    deadline = time.monotonic() + context.patience.delivery
    while True:
        found = fate(_log(context), message_id)
        if found.status or time.monotonic() > deadline:
            return found
        context.loop.turn(_PAUSE)


def _log(context: Context) -> list[str]:
    """Return the last lines of the log: the journal, or syslog's file if it has nothing of Postfix."""
    journal = context.query(*JOURNAL).out
    out = journal if b"postfix/" in journal else context.query(*MAILLOG).out
    return out.decode("utf-8", "replace").splitlines()


ACTION_KINDS = (ActionKind(Deliver, deliver),)
