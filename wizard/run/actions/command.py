"""Run one command. Its exit status decides."""

from __future__ import annotations

from wizard.errors import Trouble
from wizard.plan.actions import Command
from wizard.run.action_kind import ActionKind
from wizard.run.commands import spelled
from wizard.run.context import Context, Undo, listed


def call(action: Command, context: Context) -> Undo:
    """Run the command. Raises Trouble on a status other than 0."""
    undo = context.intend({})
    done = context.run(*action.argv)
    if done.status != 0:
        raise Trouble(
            f"running {spelled(action.argv)}",
            listed(action.argv, done),
            "Set right what it names, then start again.",
        )
    return undo


ACTION_KINDS = (ActionKind(Command, call, returns=True),)
