"""Files: save the original once, and replace the file by its next text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import cast

from wizard.plan.actions import KeepOriginal, ReplaceFile
from wizard.plan.diff import hunks, unified
from wizard.run.action_kind import ActionKind
from wizard.run.context import Context, Undo
from wizard.run.directories import make_directory, missing_directories
from wizard.run.files import keep_original, replace, sweep
from wizard.run.past_step import RunToUndo
from wizard.run.path_state import AGAIN, Observed, Stale
from wizard.run.unseal import open_file
from wizard.secrets import masked_file

DIRECTORY = 0o755
"""The mode of a directory that is made for a file."""


def keep(action: KeepOriginal, context: Context) -> Undo:
    """Copy `path` to `original`. Raises Stale if there is already another `original`."""
    doing = f"keeping {action.path} as {action.original}"
    seen = context.observe(action.path)
    context.require_before(seen, action.sha256, doing)
    sweep(action.original)
    there = context.observe(action.original)
    if there.file is None and there.target is None:
        undo = context.intend({"original": action.original})
        if seen.file is not None:
            keep_original(action.path, action.original, seen.file)
        return undo
    if there.state != seen.state:
        raise Stale(doing, f"stale: {action.original} has come into being since the review", AGAIN)
    return {"original": action.original}


def put(action: ReplaceFile, context: Context) -> Undo:
    """Replace one file by its next text. Raises Stale if it changed since the review."""
    file = open_file(action.file, context.seals)
    now = context.text_state(file.text)
    seen = context.observe(file.path)
    if context.already(seen, now):
        return dict(context.earlier or {})
    try:
        context.require_before(seen, file.before, f"replacing {file.path}")
    except Stale:
        _show_change(seen, context)
        raise
    begun = cast("list[str]", (context.earlier or {}).get("directories", []))
    directories = begun or missing_directories((file.path,))
    undo = context.intend(
        {
            "files": [context.undo_file(seen, now)],
            **({"directories": directories} if directories else {}),
        }
    )
    for directory in directories:
        make_directory(directory, DIRECTORY)
    replace(file.path, file.text, seen.file, mode=file.mode, mtime_ns=context.stamp_ns)
    return undo


def _show_change(seen: Observed, context: Context) -> None:
    reviewed = next((one.live for one in context.plan.files if one.path == seen.path), None)
    if reviewed is None or seen.file is None:
        return
    context.say(f"What changed in {seen.path} since the review:")
    changes = hunks(reviewed, masked_file(seen.path, seen.file.text))
    for line in unified(f"{seen.path} (reviewed)", f"{seen.path} (now)", changes):
        context.say(line)


def _originals(run: RunToUndo) -> Iterator[str]:
    originals = (
        step.action.original for step in run.plan.steps if isinstance(step.action, KeepOriginal)
    )
    paths = [path for path in originals if os.path.lexists(path)]
    if paths:
        yield f"{', '.join(paths)}: made once, for `diff` with any later state; no undo removes it."


ACTION_KINDS = (
    ActionKind(KeepOriginal, keep, stays=_originals, replaces=lambda action: (action.original,)),
    ActionKind(ReplaceFile, put, replaces=lambda action: (action.file.path,)),
)
