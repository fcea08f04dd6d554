"""Dovecot: our file read aside before it is written, the unit turned, a recipient asked, the flush."""

from __future__ import annotations

import os
import re
import time

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.dovecot import MAIN, flattened, includes
from wizard.plan.model import AskThenFlush, CheckDovecot, TurnBeside
from wizard.postfix.dovecot import Wanted, needed
from wizard.run.context import Context, Undo, listed
from wizard.run.files import read, replace
from wizard.run.states import AGAIN, Stale, observe, text_state

_RELATIVE = re.compile(rb"^(\s*!include(?:_try)?\s+)(?=[^/\s])", re.MULTILINE)
_RUNS = frozenset({"active", "reloading", "activating"})
_PAUSE = 0.05
_SECONDS = 10.0
"""For the talk by LMTP as a whole."""
_TAKEN = 250
_LOOK = "Look at `journalctl -u {unit} -n 30`, set that right, then: postfix-wizard resume"


def check(action: CheckDovecot, context: Context) -> Undo:
    """Let doveconf(1) read our file behind all others, and see that nothing is lacking then.

    Raises Trouble when it refuses or still lacks something; nothing of Dovecot's was touched.
    """
    doing = "reading Dovecot's new configuration with doveconf"
    file, seen = action.file, observe(action.file.path)
    if seen.state != text_state(file.text):
        context.require_before(seen, file.before, doing)
    directory = context.staging()
    ours, whole = (str(directory / name) for name in (os.path.basename(file.path), "dovecot.conf"))  # noqa: PTH119
    main = staged_main(Door().read_bytes(MAIN) or b"", file.path, ours)
    texts = {ours: file.text, whole: main}
    for path, text in texts.items():
        replace(path, text, read(path), mode=0o600)
    argv = ("doveconf", "-c", whole, "-n")
    done = context.run(*argv)
    if done.status != 0:
        raise Trouble(
            doing, listed(argv, done), "Nothing of Dovecot's was replaced. Set right what it names."
        )
    told = context.query("doveconf", "-c", whole, "-a").out.decode("utf-8", "surrogateescape")
    want = Wanted(action.lmtp, action.mailbox, action.cert, action.key)
    lacks = needed(flattened(told), action.version, want)
    if lacks:
        raise Trouble(
            doing,
            f"Dovecot would still lack {', '.join(sorted(lacks))}: another file overrides it",
            "Look for these settings with `grep -r` in /etc/dovecot; nothing of it was replaced.",
        )
    context.say(f"doveconf reads the new file as planned ({', '.join(action.parts)}).")
    return {}


def staged_main(text: bytes, path: str, ours: str) -> bytes:
    """Return a dovecot.conf that reads `ours` where the present one would read `path`.

    It is a copy and no include, since 2.4 wants its version in the first line of the first file.
    """
    lines = []
    for line in text.splitlines(keepends=True):
        lines.append(_RELATIVE.sub(rb"\g<1>/etc/dovecot/", line))
        if includes(line.decode("utf-8", "surrogateescape"), path):
            lines.append(b"\n!include %s\n" % os.fsencode(ours))
    return b"".join(lines)


def turn(action: TurnBeside, context: Context) -> Undo:
    """Start, restart or stop the unit and wait until it is so, its sockets answering."""
    doing = f"doing {action.verb} of {action.unit}"
    state = _state(action.unit, context)
    if context.earlier is None and action.sockets and (state in _RUNS) != (action.was in _RUNS):
        raise Stale(doing, f"stale: {action.unit} was {action.was}, now it is {state}", AGAIN)
    undo = context.earlier or context.intend({"unit": action.unit, "was": state})
    argv = ("systemctl", action.verb, action.unit)
    done = context.run(*argv)
    if done.status != 0:
        context.run("journalctl", "-u", action.unit, "-n", "20", "--no-pager", "-o", "cat")
        raise Trouble(doing, listed(argv, done), _LOOK.format(unit=action.unit))
    _await(action, doing, context)
    return undo


def _await(action: TurnBeside, doing: str, context: Context) -> None:
    # A run without Dovecot needs no talks.
    from wizard.check.dovecot import socket_fault  # noqa: PLC0415

    deadline = time.monotonic() + context.patience.service
    wanted = "inactive" if action.verb == "stop" else "active"
    while True:
        state = _state(action.unit, context)
        faults = [fault for fault in map(socket_fault, action.sockets) if fault]
        if state == wanted and not faults:
            context.say(f"{action.unit} is {state}.")
            return
        if state == "failed" or time.monotonic() > deadline:
            context.run("journalctl", "-u", action.unit, "-n", "20", "--no-pager", "-o", "cat")
            raise Trouble(
                doing,
                "; ".join([f"{action.unit} is {state}", *faults]),
                _LOOK.format(unit=action.unit),
            )
        context.loop.turn(_PAUSE)


def _state(unit: str, context: Context) -> str:
    words = context.query("systemctl", "is-active", unit).out.decode("ascii", "replace").split()
    return words[0] if words else "unknown"


def ask_then_flush(action: AskThenFlush, context: Context) -> Undo:
    """Ask for one recipient; flush the queue on a 250. Raises Trouble on any other answer."""
    from wizard.check.scripts import lmtp_script  # noqa: PLC0415 - as above
    from wizard.check.smtp import Endpoint, converse  # noqa: PLC0415

    doing = f"asking Dovecot for {action.recipient} on {action.socket}"
    talk = converse(Endpoint(action.socket), lmtp_script(action.recipient), _SECONDS)
    reply = talk.replies.get("rcpt")
    if reply is None or reply.code != _TAKEN:
        said = str(reply) if reply else talk.why
        raise Trouble(
            doing,
            f"it answers: {said}",
            "The queue was not flushed, and nothing is lost: `postfix-wizard check` names the cause; "
            "then: postfix-wizard resume",
        )
    context.say(f"Dovecot takes mail for {action.recipient}: {reply}")
    undo = context.earlier or context.intend({})
    argv = ("postqueue", "-f")
    done = context.run(*argv)
    if done.status != 0:
        raise Trouble("delivering what waits", listed(argv, done), "`postqueue -f` does it.")
    context.say("What waited is being delivered.")
    return undo
