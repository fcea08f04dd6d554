"""Build lookup tables again on undo, from the present text (postmap(1), postalias(1)).

A table is derived data. Postfix's unit, `newaliases` and an administrator build it as well, so its
bytes say nothing. The saved bytes are used only if there is no text to build from.
"""

from __future__ import annotations

import base64
import os
import time
from dataclasses import replace as changed
from typing import Optional

from wizard.errors import Trouble
from wizard.plan.files import Past
from wizard.run.changed import build_command, source_of
from wizard.run.context import Context, listed
from wizard.run.files import Metadata, read, replace, restore
from wizard.run.path_state import MISSING, Observed


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
    return changed(like or text, atime_ns=now, mtime_ns=now)
