"""Put queued mail on hold before a domain changes its class, and release it on undo."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence

from wizard.errors import Trouble, harmless
from wizard.paths import MAIN_CF
from wizard.plan.actions import HoldMail
from wizard.plan.hold import counted, first
from wizard.plan.model import Step
from wizard.plan.undo_actions import PutBack, ReleaseMail
from wizard.run import mail_queue
from wizard.run.action_kind import ActionKind
from wizard.run.actions.back import saved_bytes
from wizard.run.context import Context, Undo
from wizard.run.files import read, replace
from wizard.run.holding import AFTER, Survey, survey
from wizard.run.mail_queue import (
    HOLD,
    ON_HOLD,
    ON_HOLD_FILE,
    RELEASED,
    Message,
    messages_of,
    release_command,
    runner,
)
from wizard.run.past_step import PREFIX, Back, PastStep, Slot
from wizard.run.seals import Seals

_MAX_NAMED = 20
"""Messages that the step's output names. The file has all."""
PATIENCE_SECONDS = 60.0
"""Time limit for one command. A table on a dead server must not stop a run for long."""
_RELEASE_BY_HAND = "`postqueue -p` shows messages on hold with a !; `postsuper -H ID` releases one."


def hold(action: HoldMail, context: Context) -> Undo:
    """Put the messages on hold that would bounce after the change, and print how to release them."""
    run, undo = runner(context.loop, PATIENCE_SECONDS), dict(context.earlier or {})
    try:
        found = survey(action, context.staging(), run)
        messages = _earlier(context, found.on_hold)
        undo = context.intend(_terms([*messages, *found.affected]))
        ids = mail_queue.hold(context.staging() / AFTER, run, [one.id for one in found.affected])
    except Trouble as trouble:
        if action.is_strict:
            raise
        context.say(f"Mail that bounces now could not be put on hold: {trouble}")
        return undo
    messages += [one for one in found.affected if one.id in ids]
    _say(found, messages, context)
    return _terms(messages)


def _terms(messages: Sequence[Message]) -> Undo:
    return {ON_HOLD: [[one.id, one.arrival] for one in messages]}


def _earlier(context: Context, on_hold: Sequence[Message]) -> list[Message]:
    """Return the messages that an earlier attempt at this step put on hold and that still are."""
    known = set(messages_of(context.earlier or {}))
    return [one for one in on_hold if (one.id, one.arrival) in known]


def _say(found: Survey, messages: Sequence[Message], context: Context) -> None:
    if found.unprocessed:
        context.say(
            f"{counted(found.unprocessed)} submitted while Postfix was stopped: not in the queue yet, "
            "and not to be put on hold before Postfix runs."
        )
    if not messages:
        context.say("No queued message would bounce.")
        return
    ids = [one.id for one in messages]
    path = context.places.directory / ON_HOLD_FILE
    try:
        _add_to_list(str(path), ids)
    except Trouble as trouble:
        # The mail is on hold. Undo needs no list, since the journal has the IDs.
        context.say(f"The list of queue IDs is not complete: {trouble}")
    context.say(f"Put on hold, for the new configuration would bounce them: {found.changes}.")
    for one in messages[:_MAX_NAMED]:
        context.say(harmless(f"{one.id}: {', '.join(one.recipients) or 'not read'}"))
    if len(messages) > _MAX_NAMED:
        context.say(f"and {len(messages) - _MAX_NAMED} more; {path} has all queue IDs")
    context.say(f"To release them: {release_command(ids, path)}")


def _add_to_list(path: str, ids: Sequence[str]) -> None:
    before = read(path)
    lines = "".join(f"{one}\n" for one in ids).encode("ascii")
    replace(path, (before.text if before else b"") + lines, before, mode=0o600)


def release(action: ReleaseMail, context: Context) -> Undo:
    """Release the messages that the run put on hold and that still are. Their class is restored."""
    run, directory = runner(context.loop, PATIENCE_SECONDS), context.staging()
    undo = context.intend(dict(context.earlier or {RELEASED: []}))
    try:
        mail_queue.stage(directory / AFTER, action.settings, time.time_ns())
        on_hold = mail_queue.messages(directory / AFTER, run)
        there = {(one.id, one.arrival) for one in on_hold if one.queue == HOLD}
        wanted = [one for one in action.messages if one in there]
        done = mail_queue.release(directory / AFTER, run, [name for name, _ in wanted])
    except Trouble as trouble:
        context.say(f"The messages stay on hold: {trouble} {_RELEASE_BY_HAND}")
        return undo
    context.say(f"Released {len(done)} of {counted(len(action.messages))} from hold.")
    # A message that somebody else released or removed counts as released, too.
    stay = {one for one in wanted if one[0] not in done}
    return {RELEASED: [list(one) for one in action.messages if one not in stay]}


def first_hold(steps: Sequence[Step], seals: Seals, written: bytes) -> list[Step]:
    """Return the step of an undo that puts mail on hold, if these steps put back another main.cf.

    `written` is the main.cf of the run. A running Postfix still uses it if the file was removed.
    """
    for step in steps:
        files = step.action.files if isinstance(step.action, PutBack) else ()
        for past in files:
            if past.path == MAIN_CF and past.copy:
                try:
                    now, before = read(MAIN_CF), saved_bytes(past, seals)
                except Trouble:
                    # Nothing can be compared. The step that puts it back reports the error.
                    return []
                live = now.text if now is not None else written
                return list(first(live, before, prefix=PREFIX, is_strict=False))
    return []


def _release_again(one: PastStep) -> Iterator[Back]:
    messages = messages_of(one.terms)
    if messages:
        yield dataclasses.replace(one, id=one.id.replace("hold", "release")).back(
            Slot.MAIL,
            f"Release {counted(len(messages))} from hold",
            "The run put it on hold. Its domain has its former class again, so nothing bounces.",
            ReleaseMail(messages, one.action.before),
            ("postsuper", "-H", "-"),
        )


ACTION_KINDS = (
    ActionKind(HoldMail, hold, undo=_release_again),
    ActionKind(ReleaseMail, release),
)
