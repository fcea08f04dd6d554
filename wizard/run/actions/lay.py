"""Install a gathered tree file by file, and remove the tree afterwards.

A file is copied only if its path and its source in the tree are as the plan saw them. Its kind
decides its owner and mode, also if it replaces a file. Replaced files and the list of new
directories are saved for undo.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterator
from typing import Optional, cast

from wizard.certificates.modes import directory_mode, file_mode
from wizard.certificates.settings import without
from wizard.errors import Trouble
from wizard.plan.actions import Forget
from wizard.plan.certificate_actions import Lay, Relink
from wizard.plan.files import LaidFile
from wizard.run import labels
from wizard.run.action_kind import ActionKind
from wizard.run.context import Context, Undo
from wizard.run.directories import explained, make_directory, missing_directories, place
from wizard.run.files import ACL, FileSnapshot, read, remove, replace
from wizard.run.past_step import RunToUndo, files_back_unless_issued
from wizard.run.path_state import AGAIN, Observed, Stale, file_state, require
from wizard.run.relabel import restore_labels
from wizard.run.seals import Seals


def lay(action: Lay, context: Context) -> Undo:
    """Copy the files and remove what they replace. Raises Stale if a source or target changed."""
    doing = f"copying {action.what}"
    todo = []
    for file in action.files:
        seen = context.observe(file.path)
        if not context.already(seen, file_state(file.written)):
            require(seen, file.was, doing)
            if file.sha256 is not None:
                _source(file, action.tree, doing, context.seals)
            todo.append((file, seen))
    begun = cast("list[str]", (context.earlier or {}).get("directories", []))
    directories = begun or missing_directories(
        file.path for file in action.files if file.sha256 is not None
    )
    undo = context.earlier or context.intend(
        {
            "files": [context.undo_file(seen, file_state(file.written)) for file, seen in todo],
            "directories": directories,
        }
    )
    for directory in directories:
        make_directory(directory, directory_mode(directory))
    with labels.expected((file.path for file in action.files), labels.FILE):
        for file, seen in todo:
            _put(file, seen, action.tree, doing)
            context.say(f"{file.path}: {'copied' if file.sha256 else 'removed'}")
    restore_labels({os.path.dirname(file.path) for file in action.files})  # noqa: PTH120 (strings)
    return undo


def _put(file: LaidFile, seen: Observed, tree: str, doing: str) -> None:
    if file.sha256 is None:
        remove(file.path, seen.existing)
        return
    text = _source(file, tree, doing, seen.seals)
    if seen.target is not None:
        # The link is removed first, so that the file gets neither its owner nor its mode.
        remove(file.path, seen.existing)
    # The plan of an older program has the other server's mode, so the mode is chosen here.
    mode = file_mode(file.path, file.mode)
    replace(file.path, text, _with_our_rights(seen.file, mode), mode=mode, mtime_ns=file.mtime_ns)


def _with_our_rights(current: Optional[FileSnapshot], mode: int) -> Optional[FileSnapshot]:
    """Return the present file as the template for the new one: our owner and mode, without its ACL."""
    if current is None:
        return None
    like = current.metadata
    xattrs = tuple(pair for pair in like.xattrs if pair[0] != ACL)
    ours = dataclasses.replace(like, uid=0, gid=0, mode=mode, xattrs=xattrs)
    return dataclasses.replace(current, metadata=ours)


def _source(file: LaidFile, tree: str, doing: str, seals: Seals) -> bytes:
    """Return the bytes to write. Raises Stale if the file in the tree has changed."""
    path = f"{tree}{file.path}"
    source = read(path)
    text = b"" if source is None else without(source.text, file.without)
    is_same = source is not None and seals.digest(source.text) == file.sha256
    if not is_same or seals.digest(text) != file.written:
        raise Stale(doing, f"stale: {path} is not what the plan was made from", AGAIN)
    return text


def forget(action: Forget, context: Context) -> Undo:
    """Remove a gathered tree, or a run's staging/. Raises Trouble on any other directory."""
    doing = f"removing {action.directory}"
    if not context.places.is_for_use_once(action.directory):
        raise Trouble(doing, "it is no gathered tree and no run's staging/", "Report this.")
    undo = context.intend({})
    with place(action.directory, doing), explained(doing, action.directory):
        if os.path.lexists(action.directory):
            shutil.rmtree(action.directory)
    return undo


def _issued(run: RunToUndo) -> Iterator[str]:
    copied, linked = run.of(Lay), run.of(Relink)
    if any(one.stays for one, _ in copied) or any(one.stays for one, _ in linked):
        yield (
            "/etc/letsencrypt: the certificate that was issued for this host, with its key: an ACME"
            " server issues only so many."
        )


ACTION_KINDS = (
    ActionKind(
        Lay,
        lay,
        undo=files_back_unless_issued,
        changes=lambda action: {("path", file.path): "" for file in action.files},
        stays=_issued,
        writes=lambda action: (file.path for file in action.files),
    ),
    ActionKind(Forget, forget),
)
