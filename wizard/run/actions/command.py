"""Run one command. Its exit status decides."""

from __future__ import annotations

from wizard.plan.actions import Command
from wizard.run.action_kind import ActionKind
from wizard.run.commands import spelled
from wizard.run.context import Context, Undo


def call(action: Command, context: Context) -> Undo:
    """Run the command. Raises Trouble on a status other than 0."""
    undo = context.intend({})
    advice = "Set right what it names, then start again."
    context.require_success(f"running {spelled(action.argv)}", advice, *action.argv)
    return undo


ACTION_KINDS = (ActionKind(Command, call, returns=True),)
