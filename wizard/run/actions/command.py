"""One command; a silent one must have nothing new to say (`postfix check`, postfix(1))."""

from __future__ import annotations

from wizard.errors import Trouble
from wizard.plan.model import Command
from wizard.run.commands import spelled
from wizard.run.complaints import complaints
from wizard.run.context import Context, Undo, listed


def call(action: Command, context: Context) -> Undo:
    """Run the command. Raises Trouble on a status other than 0, or on words when silent."""
    undo = context.intend({})
    done = context.run(*action.argv)
    doing = f"running {spelled(action.argv)}"
    if done.status != 0:
        raise Trouble(
            doing, listed(action.argv, done), "Set right what it names, then start again."
        )
    new = complaints(done.said, action.tolerated) if action.silent else ()
    if new:
        raise Trouble(
            doing,
            f"it complains: {'; '.join(new[:5])}",
            "Set right what it names, then start again.",
        )
    return undo
