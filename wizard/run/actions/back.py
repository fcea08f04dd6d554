"""Give paths the state back that they had before a run (docs/journal.md, `files`).

Content is compared, never times. `wizard.run.changed` has the rule for later changes.

Lookup tables are built again from the present text (postmap(1), postalias(1)). A table is derived
data. Postfix's unit, `newaliases` and an administrator build it as well, so its bytes say nothing.
The saved bytes are used only if there is no text to build from.
"""

from __future__ import annotations

import base64
import dataclasses
import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Optional, Union

from wizard.errors import Trouble
from wizard.host.postfix import INDEX_SUFFIX
from wizard.paths import LINEAGES
from wizard.plan.files import Past
from wizard.plan.undo_actions import PutBack
from wizard.run import labels
from wizard.run.action_kind import ActionKind, Thing
from wizard.run.changed import (
    EDITED,
    GONE,
    NEWER,
    TABLE,
    WRITTEN,
    build_command,
    judged,
    kind_of,
    source_of,
)
from wizard.run.context import Context, Undo, listed
from wizard.run.directories import remove_empty
from wizard.run.files import Metadata, make_link, read, remove, replace, restore, sweep
from wizard.run.path_state import MISSING, Observed, Stale, known_state, text_state, undo_of
from wizard.run.seals import Seals

EDITED_ADVICE = (
    "Undo would lose that change, so nothing more is touched. Take it out, or put the file as "
    "you want it and leave the rest: `postfix-wizard undo --dry-run` shows what is left."
)
_INDEXES = frozenset(INDEX_SUFFIX.values())
STAYS = "another program wrote it after the run, as it should: it stays"


def put_back(action: PutBack, context: Context) -> Undo:
    """Put every path back, the last one first. Raises Trouble if one cannot be put back.

    In that case an undo changes nothing, and an automatic return first puts back the other paths.
    """
    seen, faults = _observed(action.files, context)
    files = [past for past in action.files if past.path in seen]
    state = partial(known_state, seen=seen, seals=context.seals)
    found = judged(files, action.links, state)[::-1]
    faults += [_stale(one.past) for one in found if one.verdict == EDITED]
    todo = []
    for past in (one.past for one in found if one.verdict in {WRITTEN, GONE}):
        fault = _fault_of_copy(past, context.seals)
        faults += [fault] if fault else []
        todo += [] if fault else [past]
    if faults and context.plan.undoes:
        raise faults[0]
    # No copies: an undo cannot be undone, and a copy would be one more secret.
    undo = context.earlier or context.intend(
        {"files": [undo_of(seen[past.path], past.was) for past in todo]}
    )
    for one in found:
        if one.verdict == NEWER:
            context.say(f"{one.past.path}: {STAYS}")
    with labels.expected((past.path for past in todo), labels.FILE):
        faults += [fault for past in todo for fault in _put(past, seen[past.path], context)]
    for directory in reversed(action.directories):
        if remove_empty(directory):
            context.say(f"{directory}: removed; there was none")
    if faults:
        raise _all(faults)
    return undo


def _observed(files: Sequence[Past], context: Context) -> tuple[dict[str, Observed], list[Trouble]]:
    """Return what is at each path, and an error for each that is neither a file nor a link."""
    seen: dict[str, Observed] = {}
    faults: list[Trouble] = []
    for past in files:
        found = _swept(past.path, context)
        if isinstance(found, Observed):
            seen[past.path] = found
        else:
            faults.append(found)
    return seen, faults


def _swept(path: str, context: Context) -> Union[Observed, Trouble]:
    """Remove the temporary names of a path, and return what is there."""
    try:
        if os.path.isdir(os.path.dirname(path)):  # noqa: PTH112, PTH120 (strings)
            sweep(path)
        return context.observe(path)
    except Trouble as trouble:
        return trouble


def _stale(past: Past) -> Stale:
    return Stale(f"putting {past.path} back", changed_since(past), EDITED_ADVICE)


def _fault_of_copy(past: Past, seals: Seals) -> Optional[Trouble]:
    """Return why the saved bytes cannot be used, None if they can or are not needed."""
    if not past.copy or kind_of(past.path) is TABLE:
        return None
    try:
        saved_bytes(past, seals)
    except Trouble as trouble:
        return trouble
    return None


def _all(faults: Sequence[Trouble]) -> Trouble:
    """Return one error that names each path that could not be put back."""
    first, *more = faults
    if not more:
        return first
    wrong = "; ".join(dict.fromkeys(one.wrong for one in faults))
    return Trouble("putting back what a run changed", wrong, first.advice)


def changed_since(past: Past) -> str:
    """Return the message that a path is not as the run wrote it."""
    return f"stale: {past.path} was changed after the run"


def saved_bytes(past: Past, seals: Seals) -> bytes:
    """Return the saved bytes of a path. Raises Trouble if the copy is missing or damaged."""
    file = read(past.copy)
    if file is None or text_state(file.text, seals) != past.was:
        raise Trouble(
            f"putting {past.path} back",
            f"its copy {past.copy} is {'damaged' if file else 'gone'}",
            f"What there was before any run is {past.path}.orig, where that is there.",
        )
    return file.text


def _put(past: Past, seen: Observed, context: Context) -> Iterator[Trouble]:
    """Put one path back; yield an error if that fails."""
    try:
        words = _put_table(past, seen, context) if kind_of(past.path) is TABLE else ""
        words = words or _as_saved(past, seen)
    except Trouble as trouble:
        yield trouble
    else:
        context.say(f"{past.path}: {words}")


def _put_table(past: Past, seen: Observed, context: Context) -> str:
    """Build a table from its text and return the words for it; "" if it has no text.

    If it cannot be built, put the table back as it was saved.
    """
    try:
        return "built again from its text" if rebuild(past, seen, context) else ""
    except Trouble as trouble:
        context.say(str(trouble))
        # The table may be the new one already, if only the sync of its directory failed.
        return _as_saved(past, context.observe(past.path))


def _as_saved(past: Past, seen: Observed) -> str:
    kind = past.was.partition(":")[0]
    if seen.state != past.was:
        _WAYS[kind](past, seen)
    return _WORDS[kind]


def _file(past: Past, seen: Observed) -> None:
    saved = saved_bytes(past, seen.seals)
    restore(past.path, saved, metadata_of(past, past.mtime_ns), seen.existing)


_WAYS: dict[str, Callable[[Past, Observed], None]] = {
    "file": _file,
    "link": lambda past, seen: make_link(past.path, past.was.partition(":")[2], seen.existing),
    MISSING: lambda past, seen: remove(past.path, seen.existing),
}
_WORDS = {"file": "as it was", "link": "linked as it was", MISSING: "removed; there was none"}


def rebuild(past: Past, seen: Observed, context: Context) -> bool:
    """Build a table again from its text. Return False, and build nothing, if there is no text.

    Raises Trouble if the text is unreadable or the builder fails. Then the old table stays.
    """
    doing = f"building {past.path} again"
    source = source_of(past.path)
    text = read(source)
    if text is None:
        return False
    saved = read(past.copy) if past.copy else None
    head = seen.file or saved
    builder, kind = build_command(past.path, head.text if head else b"")
    copy = str(context.staging() / os.path.basename(source))  # noqa: PTH119
    like = _like(past, seen, text.metadata)
    replace(copy, text.text, read(copy), mode=like.mode, mtime_ns=context.stamp_ns)
    argv = (builder, f"{kind}:{copy}")
    done = context.run(*argv)
    built = read(f"{copy}{past.path[len(source) :]}")
    if done.status != 0 or built is None:
        raise Trouble(doing, listed(argv, done), f"Run `{builder} {kind}:{source}`.")
    restore(past.path, built.text, like, seen.existing)
    return True


def metadata_of(past: Past, mtime_ns: int) -> Metadata:
    """Return the owner, mode and attributes that a path had before the run, with this time."""
    xattrs = tuple((name, base64.b64decode(value)) for name, value in past.xattrs)
    return Metadata(past.uid, past.gid, past.mode, mtime_ns, mtime_ns, xattrs)


def _like(past: Past, seen: Observed, text: Metadata) -> Metadata:
    """Return a table's owner and mode: those before the run, else the present ones, else its text's."""
    now = time.time_ns()
    if past.was != MISSING:
        return metadata_of(past, now)
    like: Optional[Metadata] = seen.file.metadata if seen.file else None
    return dataclasses.replace(like or text, atime_ns=now, mtime_ns=now)


def _changes(action: PutBack) -> dict[Thing, str]:
    found: dict[Thing, str] = {}
    for past in action.files:
        found["path", past.path] = ""
        source, dot, kind = past.path.rpartition(".")
        if dot + kind in _INDEXES:
            found["table", source] = ""
        if past.path.startswith(f"{LINEAGES}/"):
            found["lineage", past.path[len(LINEAGES) + 1 :].partition("/")[0]] = ""
    return found


def _written(action: PutBack) -> Iterator[str]:
    return (one.path for one in action.files if one.was != one.now)


ACTION_KINDS = (ActionKind(PutBack, put_back, changes=_changes, writes=_written),)
