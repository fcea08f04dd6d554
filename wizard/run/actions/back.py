"""Paths given back the state that they had before a run (docs/journal.md, `files`).

Content is what is compared, never times: a path in the run's own state goes back, one that is
back already is left alone, and any other was changed since and is not touched.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable

from wizard.errors import Trouble
from wizard.plan.model import Past, PutBack
from wizard.run.context import Context, Undo
from wizard.run.directories import remove_empty
from wizard.run.files import Metadata, make_link, read, remove, restore, sweep
from wizard.run.states import MISSING, Observed, Stale, file_state, observe

EDITED = (
    "Undo would lose that change, so nothing more is touched. Take it out, or put the file as "
    "you want it and leave the rest: `postfix-wizard undo --dry-run` shows what is left."
)


def put_back(action: PutBack, context: Context) -> Undo:
    """Put every path back, the last one first. Raises Stale on one that was changed since."""
    for past in action.files:
        if os.path.isdir(os.path.dirname(past.path)):  # noqa: PTH112, PTH120 (strings)
            sweep(past.path)
    seen = [(past, observe(past.path)) for past in reversed(action.files)]
    todo = [(past, one) for past, one in seen if one.state != past.was]
    for past, one in todo:
        if one.state != past.now:
            raise Stale(f"putting {past.path} back", changed_since(past), EDITED)
        if past.copy:
            kept(past)
    undo = context.earlier or context.intend(
        {"files": [context.undo_file(one, past.was) for past, one in todo]}
    )
    for past, one in todo:
        _WAYS[past.was.partition(":")[0]](past, one)
        context.say(f"{past.path}: {_WORDS[past.was.partition(':')[0]]}")
    for directory in reversed(action.directories):
        if remove_empty(directory):
            context.say(f"{directory}: removed; there was none")
    return undo


def changed_since(past: Past) -> str:
    """Say that a path is not what the run left."""
    return f"stale: {past.path} was changed after the run"


def kept(past: Past) -> bytes:
    """Return the bytes that stood at a path. Raises Trouble where the copy is not whole."""
    held = read(past.copy)
    if held is None or file_state(held.sha256) != past.was:
        raise Trouble(
            f"putting {past.path} back",
            f"its copy {past.copy} is {'damaged' if held else 'gone'}",
            f"What there was before any run is {past.path}.orig, where that is there.",
        )
    return held.text


def _file(past: Past, seen: Observed) -> None:
    xattrs = tuple((name, base64.b64decode(value)) for name, value in past.xattrs)
    like = Metadata(past.uid, past.gid, past.mode, past.mtime_ns, past.mtime_ns, xattrs)
    restore(past.path, kept(past), like, seen.standing)


def _link(past: Past, seen: Observed) -> None:
    make_link(past.path, past.was.partition(":")[2], seen.standing)


def _missing(past: Past, seen: Observed) -> None:
    remove(past.path, seen.standing)


_WAYS: dict[str, Callable[[Past, Observed], None]] = {
    "file": _file,
    "link": _link,
    MISSING: _missing,
}
_WORDS = {"file": "as it was", "link": "linked as it was", MISSING: "removed; there was none"}
