"""Dovecot: check our file before it is written, turn the unit, test a recipient, flush the queue."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.dovecot import MAIN, flattened, includes
from wizard.host.units import RUNNING_STATES
from wizard.plan.actions import AskThenFlush, CheckDovecot, TurnBeside
from wizard.postfix.dovecot import Wanted, needed
from wizard.run.action_kind import ActionKind
from wizard.run.context import Context, Undo
from wizard.run.files import read, replace
from wizard.run.past_step import Back, PastStep, RunToUndo, Slot
from wizard.run.path_state import AGAIN, Stale
from wizard.run.units import fail, has_died, stop_unit, turn_unit, unit_state

_RELATIVE = re.compile(rb"^([ \t]*!include(?:_try)?[ \t]+)(?=[^/\s])", re.MULTILINE)
_PAUSE = 0.05
_SECONDS = 10.0
"""Time limit for the LMTP session as a whole."""
_TAKEN = 250


def check(action: CheckDovecot, context: Context) -> Undo:
    """Let doveconf(1) read our file after all others, and check that none of its parts is missing.

    Raises Trouble if doveconf refuses or a part is missing. No file of Dovecot's is changed.
    """
    doing = "reading Dovecot's new configuration with doveconf"
    file, seen = action.file, context.observe(action.file.path)
    if seen.state != context.text_state(file.text):
        context.require_before(seen, file.before, doing)
    directory = context.staging()
    ours, whole = (str(directory / name) for name in (os.path.basename(file.path), "dovecot.conf"))  # noqa: PTH119
    main = staged_main(Door().read_bytes(MAIN) or b"", file.path, ours)
    texts = {ours: file.text, whole: main}
    for path, text in texts.items():
        replace(path, text, read(path), mode=0o600)
    advice = "Nothing of Dovecot's was replaced. Set right what it names."
    context.require_success(doing, advice, "doveconf", "-c", whole, "-n")
    settings = context.query("doveconf", "-c", whole, "-a").out.decode("utf-8", "surrogateescape")
    want = Wanted(
        action.lmtp,
        action.mailbox,
        action.cert,
        action.key,
        action.domains,
        action.auth_login,
    )
    lacks = needed(flattened(settings), action.version, want) & {*action.parts}
    if lacks:
        raise Trouble(
            doing,
            f"Dovecot would still lack {', '.join(sorted(lacks))}: another file overrides it",
            "Look for these settings with `grep -r` in /etc/dovecot; nothing of it was replaced.",
        )
    parts = f" ({', '.join(action.parts)})" if action.parts else ""
    context.say(f"doveconf reads the new file as planned{parts}.")
    return {}


def staged_main(text: bytes, path: str, ours: str) -> bytes:
    """Return a dovecot.conf that reads `ours` where the present one reads `path`.

    It is a copy and does not include the original: 2.4 needs its version in the first line of the
    first file.
    """
    lines = []
    for line in text.splitlines(keepends=True):
        lines.append(_RELATIVE.sub(rb"\g<1>/etc/dovecot/", line))
        if includes(line.decode("utf-8", "surrogateescape"), path):
            lines.append(b"\n!include %s\n" % os.fsencode(ours))
    return b"".join(lines)


def turn_beside(action: TurnBeside, context: Context) -> Undo:
    """Start, restart or stop the unit, and wait for that state and for answers on its sockets."""
    doing = f"doing {action.verb} of {action.unit}"
    state = unit_state(action.unit, context)
    if has_died(action.was, state):
        state = action.was
    if (
        context.earlier is None
        and action.sockets
        and (state in RUNNING_STATES) != (action.was in RUNNING_STATES)
    ):
        raise Stale(doing, f"stale: {action.unit} was {action.was}, now it is {state}", AGAIN)
    return _turn(action, state, doing, context)


def turn_again(action: TurnBeside, context: Context) -> Undo:
    """Give the unit its former state, whatever it is now: it may have died of the new files."""
    state = unit_state(action.unit, context)
    if state == "failed":
        # Several deaths in a short time use up its starts (StartLimitBurst= of systemd.unit(5)).
        context.run("systemctl", "reset-failed", action.unit)
    return _turn(action, state, f"doing {action.verb} of {action.unit}", context)


def _turn(action: TurnBeside, state: str, doing: str, context: Context) -> Undo:
    undo = context.earlier or context.intend({"unit": action.unit, "was": state})
    if action.verb == "stop":
        stop_unit(action.unit, doing, context)
        return undo
    turn_unit(action.verb, action.unit, doing, context)
    _await(action, doing, context)
    return undo


def _await(action: TurnBeside, doing: str, context: Context) -> None:
    # A run without Dovecot needs no talks.
    from wizard.check.dovecot.delivery import socket_fault  # noqa: PLC0415

    deadline = time.monotonic() + context.patience.service
    while True:
        state = unit_state(action.unit, context)
        faults = [fault for fault in map(socket_fault, action.sockets) if fault]
        if state == "active" and not faults:
            context.say(f"{action.unit} is {state}.")
            return
        if state == "failed" or time.monotonic() > deadline:
            wrong = "; ".join([f"{action.unit} is {state}", *faults])
            fail(action.unit, doing, wrong, context)
        context.loop.turn(_PAUSE)


def ask_then_flush(action: AskThenFlush, context: Context) -> Undo:
    """Ask for one recipient; flush the queue on a 250. Raises Trouble on any other answer."""
    from wizard.check.smtp.scripts import lmtp_script  # noqa: PLC0415 - as above
    from wizard.check.smtp.session import Endpoint, converse  # noqa: PLC0415

    doing = f"asking Dovecot for {action.recipient} on {action.socket}"
    talk = converse(Endpoint(action.socket), lmtp_script(action.recipient), _SECONDS)
    reply = talk.replies.get("rcpt")
    if reply is None or reply.code != _TAKEN:
        said = str(reply) if reply else talk.why
        raise Trouble(
            doing,
            f"it answers: {said}",
            "The queue was not flushed, and nothing is lost: `postfix-wizard check` names the cause.",
        )
    context.say(f"Dovecot takes mail for {action.recipient}: {reply}")
    undo = context.earlier or context.intend({})
    advice = "`postqueue -f` does it."
    context.require_success("delivering what waits", advice, "postqueue", "-f")
    context.say("What waited is being delivered.")
    return undo


def turn_back(
    one: PastStep, data: type[TurnBeside] = TurnBeside, sockets: tuple[str, ...] = ()
) -> Iterator[Back]:
    """Yield the step that turns the unit again: a restart if it ran before the run, else a stop.

    After a restart a process must listen on each of the `sockets`.
    """
    unit = one.action.unit
    ran = one.terms["was"] in RUNNING_STATES
    verb = "restart" if ran else "stop"
    yield one.back(
        Slot.OTHER_UNITS,
        f"{verb.capitalize()} {unit}",
        "It reads its files as they were before." if ran else "It did not run before.",
        data(verb, unit, "active", sockets if ran else ()),
        ("systemctl", verb, unit),
    )


def _of_sections(run: RunToUndo) -> Iterator[str]:
    from wizard.sections.registry import SECTIONS  # noqa: PLC0415 - undo alone needs it

    turned = {f"{action.unit}.service" for action, _ in run.of(TurnBeside)}
    return (one for section in SECTIONS if turned & {*section.units} for one in section.stays)


ACTION_KINDS = (
    ActionKind(CheckDovecot, check),
    ActionKind(TurnBeside, turn_beside, undo=turn_back, stays=_of_sections, reads_files=True),
    ActionKind(AskThenFlush, ask_then_flush),
)
