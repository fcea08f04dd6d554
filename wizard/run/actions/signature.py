"""Send a message as any program of this host does, read it in the queue, and verify its signature.

The recipient is the sender of Postfix's own notices to postmaster (`double_bounce_sender`), in a local
domain. qmgr(8) discards mail to it, so nobody gets the message, and it stays in no mailbox.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import Optional

from wizard.dns.key_record import RIGHT, UNKNOWN, KeyRecord
from wizard.errors import Trouble
from wizard.finding import UNKNOWN as NOT_KNOWN
from wizard.finding import WARNING, WRONG, Check, Finding
from wizard.host.main_cf import words
from wizard.host.milter import milter_fault
from wizard.host.signature import fault
from wizard.plan.actions import AskRecords, ProveSignatures, TurnSigner
from wizard.postfix.render import render
from wizard.run.action_kind import ActionKind
from wizard.run.actions.signing import published_now
from wizard.run.context import Context, Undo, listed
from wizard.run.queue_watch import watching
from wizard.run.records import Found
from wizard.run.units import unit_state
from wizard.text import printable

_PAUSE = 0.05
_TRIES, _AGAIN_SECONDS = 4, 1.0
"""Messages that are sent while the signature is not right, and the time between two."""
_POSTFIX = "postfix"
_NOT_A_NAME = frozenset("/:$!")
_QUEUE, _SENDER, _LOCAL = "queue_directory", "double_bounce_sender", "mydestination"


@dataclass(frozen=True)
class Copy:
    """A message as the queue had it; `why` says why there is none."""

    text: Optional[bytes] = None
    why: str = ""


def prove_signatures(action: ProveSignatures, context: Context) -> Undo:
    """Have a message of each domain signed, and verify it. Raises Trouble if a verifier would refuse it."""
    publics, records = published_now(action.keys)
    findings = []
    for name, _ in action.keys:
        record = records.get(name, KeyRecord(UNKNOWN, "its key cannot be read"))
        finding = _proven(name, publics.get(name, ""), record, context)
        context.say(f"{finding.verdict:8} {finding.looked_at}: {finding.seen}")
        findings.append(finding)
    context.record(Found(tuple(findings)))
    wrong = next((one for one in findings if one.verdict == WRONG), None)
    if wrong is not None:
        raise Trouble(f"verifying {wrong.looked_at}", wrong.seen, wrong.advice)
    return {}


def _proven(name: str, public: str, record: KeyRecord, context: Context) -> Finding:
    """Return the finding. A program of Postfix that began before the reload may take one message more."""
    selector, _, domain = name.partition("._domainkey.")
    if not public:
        return judge(name, False, "its key cannot be read", record)
    why = ""
    for at in range(_TRIES):
        if at:
            context.loop.turn(_AGAIN_SECONDS)
        copy = send(domain, context)
        if copy.text is None:
            # A message that waits for a dead signer is not in the queue, and all our mail waits with it.
            dead = _signer_fault(context)
            return judge(name, bool(dead), dead or copy.why, record)
        why = fault(copy.text, domain, selector, public)
        if not why:
            break
    queries = (one.action for one in context.plan.steps if isinstance(one.action, AskRecords))
    begins = any(name in dict(one.keys) for one in queries)
    return judge(name, True, why, record, begins=begins)


def _signer_fault(context: Context) -> str:
    """Return why the signer of the plan does not serve any more, "" if it does."""
    actions = [one.action for one in context.plan.steps]
    sockets = [path for one in actions if isinstance(one, TurnSigner) for path in one.sockets]
    return "; ".join(filter(None, map(milter_fault, sockets)))


def judge(
    name: str, is_read: bool, why: str, record: KeyRecord, *, begins: bool = False
) -> Finding:
    """`dkim.signature`: a message of a domain that signs. `why` is the fault, or why none was read.

    `begins` is True if the key begins to sign by this run, which then goes back where its record is not right.
    """
    selector, _, domain = name.partition("._domainkey.")
    check = Check("dkim.signature", f"a message from {domain}", f"signed with {selector}")
    if not is_read:
        return check.finding(NOT_KNOWN, f"not known: {printable(why)}", _OTHER_WAY.format(domain))
    if why:
        return check.wrong(printable(why), "`journalctl -u opendkim -n 20` says what it did.")
    seen = f"signed with {selector}, and right by the key of this host"
    if record.state == UNKNOWN:
        return check.finding(
            NOT_KNOWN,
            f"{seen}; not known whether it is published: {printable(record.why)}",
            _OTHER_WAY.format(domain),
        )
    if record.state != RIGHT:
        return check.finding(
            WRONG if begins else WARNING,
            f"{seen}; its record is not right: {printable(record.why)}",
            "`postfix-wizard check` prints the record to publish.",
        )
    return check.right(f"{seen}, which is published at {printable(record.why)}")


_OTHER_WAY = (
    "Send a message from {} to a mailbox at another provider. Its header Authentication-Results has "
    "dkim=pass if the signature is right."
)


def send(domain: str, context: Context) -> Copy:
    """Send one message of a domain, and read it back."""
    state = unit_state(_POSTFIX, context)
    if state != "active":
        return Copy(why=f"{_POSTFIX} is {state}")
    queue, sender, local = (
        context.query("postconf", "-xh", one).out.decode("utf-8", "surrogateescape").strip()
        for one in (_QUEUE, _SENDER, _LOCAL)
    )
    names = [one for one in words(local) if not _NOT_A_NAME & {*one}]
    if not (queue and sender and names):
        return Copy(why=f"{_LOCAL} has no domain of this host, to which a message could be sent")
    recipient, marker = f"{sender}@{names[0]}", f"<{secrets.token_hex(12)}.postfix-wizard@{domain}>"
    lines = render(
        "signed_message.j2",
        domain=domain,
        recipient=recipient,
        message_id=marker,
        date=formatdate(localtime=True),
    )
    text = "".join(f"{line}\n" for line in lines).encode("ascii")
    # With the null sender no bounce is sent if it cannot be delivered.
    argv = ("sendmail", "-i", "-f", "<>", recipient)
    with watching(queue) as watch:
        done = context.query(*argv, stdin=text)
        if done.status != 0:
            return Copy(why=listed(argv, done))
        deadline = time.monotonic() + context.patience.delivery
        while time.monotonic() < deadline:
            path = watch.complete(marker.encode("ascii"))
            if path is not None:
                return _read(path, context)
            context.loop.turn(_PAUSE)
    return Copy(why="the message was not seen in Postfix's queue; `postqueue -p` lists what waits")


def _read(path: str, context: Context) -> Copy:
    argv = ("postcat", "-bh", path)
    done = context.query(*argv)
    return Copy(done.out) if done.status == 0 else Copy(why=listed(argv, done))


ACTION_KINDS = (ActionKind(ProveSignatures, prove_signatures, returns=True),)
