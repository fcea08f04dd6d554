"""Run one command, or `postfix check` (postfix(1)).

The check runs on a terminal. Elsewhere its warnings go only to the log. It checks owners, modes and the queue, and exits 0 also with warnings. A host may have faults that
are older than the run. These are shown and stop nothing.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Collection, Iterator

from wizard.errors import Trouble
from wizard.plan.actions import Command, PostfixCheck
from wizard.postfix.complaints import complaints
from wizard.run.action_kind import ActionKind
from wizard.run.commands import spelled
from wizard.run.context import Context, Undo, listed

_ARGV = ("postfix", "check")
_DOING = "running postfix check"
_GRAVE = re.compile(r"\b(?:warning|error|fatal|panic): ")
_PATH = re.compile(r"(?<![\w.])/[^\s:,;]+")
_OF_THE_DISK = re.compile(r"(?:postfix/postfix-script|postsuper): ")
"""The beginning of a line about the disk, such as damaged messages. Some name no complete path."""
_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_ADVICE = "Repair what it names."


def call(action: Command, context: Context) -> Undo:
    """Run the command. Raises Trouble on a status other than 0."""
    undo = context.intend({})
    context.require_success(f"running {spelled(action.argv)}", _ADVICE, *action.argv)
    return undo


def check(action: PostfixCheck, context: Context) -> Undo:
    """Run it. Raises Trouble on a status other than 0, or on a warning that the run caused."""
    undo = context.intend({})
    done = context.run_on_terminal(*_ARGV)
    if done.status != 0:
        raise Trouble(_DOING, listed(_ARGV, done), _ADVICE)
    new = [
        line for line in complaints(done.said, action.tolerated) if _GRAVE.search(line) is not None
    ]
    own = [line for line in new if not is_foreign(line, action.files)]
    if own:
        raise Trouble(_DOING, f"it complains: {'; '.join(own[:5])}", _ADVICE)
    if new:
        context.say("Not of this run's making, and left as it is: set it right when you can.")
    return undo


def is_foreign(line: str, files: Collection[str]) -> bool:
    """True if a line is about paths or about the disk, and names none of these files."""
    named = [os.path.normpath(path) for path in _PATH.findall(line)]
    is_of_the_disk = _OF_THE_DISK.match(line) is not None
    return (bool(named) or is_of_the_disk) and not any(path in files for path in named)


def _obstacles(action: PostfixCheck) -> Iterator[str]:
    """Yield what it would say of an existing file, since that would fail the run.

    A replaced file keeps the owner and the mode of the old one.
    """
    for path in action.files:
        with contextlib.suppress(OSError):
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode) and status.st_uid != 0:
                yield f"{path} belongs to another user than root: chown root {path}"
            if stat.S_ISREG(status.st_mode) and status.st_mode & _OTHERS:
                yield f"{path} can be written by others than root: chmod go-w {path}"


ACTION_KINDS = (
    ActionKind(Command, call, returns=True),
    ActionKind(PostfixCheck, check, obstacles=_obstacles, returns=True),
)
