"""Check a zone file before it is replaced, and let named read it afterwards (rndc(8), named(8))."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator

from wizard.dns.asking import Answer, Question, ask_all
from wizard.dns.key_records import with_key
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.signing import read_keys
from wizard.plan.actions import CheckZone, ReloadZone, ReplaceFile, ReplaceZone
from wizard.run.action_kind import ActionKind
from wizard.run.actions.replace import put
from wizard.run.context import Context, Undo
from wizard.run.files import read, replace, touch
from wizard.run.past_step import Back, PastStep, Slot

CHECK = ("named-checkzone", "-i", "local")
"""With `local` no names outside the zone are looked up, so that a dead resolver delays nothing."""

PATIENCE = 10.0
"""Seconds that named may take to load a zone; rndc(8) does not wait for it."""

_SECONDS = 2.0
_PAUSE = 0.1

MAX_NAMES = 32
"""Names whose MX records are queried. All come from one file, so some are enough."""


def check(action: CheckZone, context: Context) -> Undo:
    """Let named-checkzone(8) load the staged next text. Raises Trouble if it does not."""
    doing = f"reading the new zone {action.zone} with named-checkzone"
    file, seen = action.file, context.observe(action.file.path)
    if seen.state != context.text_state(file.text):
        context.require_before(seen, file.before, doing)
    staged = str(context.staging() / os.path.basename(file.path))  # noqa: PTH119 (a string)
    replace(staged, file.text, read(staged), mode=0o600)
    advice = (
        f"Set right what it names in {file.path}, then make the plan again; it was not replaced."
    )
    context.require_success(doing, advice, *CHECK, action.zone, staged)
    return {}


def put_with_keys(action: ReplaceZone, context: Context) -> Undo:
    """Put the keys of this run in the place of their marks, and replace the file. Raises Trouble."""
    found = read_keys(Door(), action.keys)
    text = action.file.text
    for path in action.keys:
        key = found.get(path)
        if key is None or not key.public:
            raise Trouble(
                f"writing the record of {path} into {action.file.path}",
                f"its public part cannot be read: {key.why if key else 'there is no such key'}",
                f"`openssl pkey -in {path} -noout` says more. The zone was not changed.",
            )
        text = with_key(text, path, key.public)
    file = dataclasses.replace(action.file, text=text)
    check(CheckZone(action.zone, file), context)
    return put(ReplaceFile(file), context)


def reload(action: ReloadZone, context: Context) -> Undo:
    """Have named read the zone, and wait until it answers with it. Raises Trouble.

    named reads a file only if its time is newer than the last load, so the file is touched first.
    """
    doing = f"having named read the zone {action.zone}"
    undo = context.earlier or context.intend({"zone": action.zone, "was": action.was})
    touch(action.path)
    advice = "Look at `journalctl -u named -n 20`."
    for argv in action.argvs:
        context.require_success(doing, advice, *argv)
    if action.server:
        _await_serial(action, doing, context)
        _ask_names(action, doing, context)
    return undo


def _await_serial(action: ReloadZone, doing: str, context: Context) -> None:
    question = Question(action.zone, "SOA")
    deadline = time.monotonic() + PATIENCE
    while True:
        (answer,) = ask_all((question,), (action.server,), seconds=_SECONDS)
        if not answer.known:
            context.say(
                f"named does not answer on {action.server} ({answer.why}), so it was not asked."
            )
            return
        serial = next((row.split()[2] for row in answer.records), "none")
        if serial == str(action.serial):
            context.say(f"named answers with serial {serial}.")
            return
        if time.monotonic() > deadline:
            raise Trouble(
                doing,
                f"named still answers with serial {serial}, not {action.serial}",
                f"`rndc zonestatus {action.zone}` and `journalctl -u named -n 20` say why.",
            )
        context.loop.turn(_PAUSE)


def _ask_names(action: ReloadZone, doing: str, context: Context) -> None:
    names = action.names[:MAX_NAMES]
    answers = ask_all([Question(name, "MX") for name in names], (action.server,), seconds=_SECONDS)
    wrong = [answer.question.name for answer in answers if not _leads(answer, action.mail_host)]
    if wrong:
        raise Trouble(
            doing,
            f"named gives no MX {action.mail_host} for {', '.join(wrong)}",
            f"Ask it yourself: dig @{action.server} {wrong[0]} MX",
        )
    for answer in answers:
        context.say(f"{answer.question.name} MX {', '.join(answer.records)}")


def _leads(answer: Answer, mail_host: str) -> bool:
    return any(row.split()[-1].lower() == mail_host for row in answer.records)


def _reload_again(one: PastStep) -> Iterator[Back]:
    action = one.action
    yield one.back(
        Slot.ZONES,
        f"Have named read the zone {action.zone} as it was",
        f"It answers with the old serial again, {action.was}.",
        dataclasses.replace(action, was=action.serial, serial=action.was, names=(), mail_host=""),
        ("touch", action.path),
        *action.argvs,
    )


ACTION_KINDS = (
    ActionKind(CheckZone, check),
    ActionKind(ReplaceZone, put_with_keys, replaces=lambda action: (action.file.path,)),
    ActionKind(ReloadZone, reload, undo=_reload_again, reads_files=True),
)
