"""A gathered tree put in place, file by file, and removed once it is.

A file is copied only where what stands at its path is what the plan saw, and only with the bytes
that the plan saw in the tree. What is replaced is kept for undo, and so is the list of the
directories that were made.
"""

from __future__ import annotations

import os
import shutil
import stat

from wizard.errors import Trouble
from wizard.plan.model import Forget, LaidFile, Lay
from wizard.run.actions.labels import restore_labels
from wizard.run.context import Context, Undo
from wizard.run.directories import explained, make_directory, missing_directories, place
from wizard.run.files import Held, read, remove, replace
from wizard.run.states import AGAIN, Observed, Stale, file_state, observe, require


def lay(action: Lay, context: Context) -> Undo:
    """Copy the files and remove what they replace. Raises Stale where either end has changed."""
    doing = f"copying {action.what}"
    todo = []
    for file in action.files:
        seen = observe(file.path)
        if not context.already(seen, file_state(file.sha256)):
            require(seen, file.was, doing)
            if file.sha256 is not None:
                _source(f"{action.tree}{file.path}", file.sha256, doing)
            todo.append((file, seen))
    directories = missing_directories(file.path for file in action.files if file.sha256 is not None)
    undo = context.earlier or context.intend(
        {
            "files": [context.undo_file(seen, file_state(file.sha256)) for file, seen in todo],
            "directories": directories,
        }
    )
    for directory in directories:
        make_directory(directory, _mode(f"{action.tree}{directory}"))
    for file, seen in todo:
        _put(file, seen, action.tree, doing)
        context.say(f"{file.path}: {'copied' if file.sha256 else 'removed'}")
    holding = {os.path.dirname(file.path) for file in action.files}  # noqa: PTH120 (strings)
    restore_labels(action.what, sorted(holding), context)
    return undo


def _mode(directory: str) -> int:
    return stat.S_IMODE(os.lstat(directory).st_mode)


def _put(file: LaidFile, seen: Observed, tree: str, doing: str) -> None:
    if file.sha256 is None:
        remove(file.path, seen.standing)
        return
    source = _source(f"{tree}{file.path}", file.sha256, doing)
    if seen.target is not None:
        # A link gives way to a file: neither owner nor mode is to be taken from it.
        remove(file.path, seen.standing)
    replace(file.path, source.text, seen.held, mode=file.mode, mtime_ns=file.mtime_ns)


def _source(path: str, sha256: str, doing: str) -> Held:
    held = read(path)
    if held is None or held.sha256 != sha256:
        raise Stale(doing, f"stale: {path} is not what the plan was made from", AGAIN)
    return held


def forget(action: Forget, context: Context) -> Undo:
    """Remove a gathered tree. Raises Trouble where it is none."""
    doing = f"removing {action.directory}"
    if os.path.dirname(action.directory) != str(context.places.gathered):  # noqa: PTH120
        raise Trouble(doing, "it is no gathered tree", "Report this.")
    undo = context.intend({})
    with place(action.directory, doing), explained(doing, action.directory):
        if os.path.lexists(action.directory):
            shutil.rmtree(action.directory)
    return undo
