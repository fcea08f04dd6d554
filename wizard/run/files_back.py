"""The undo of a step that wrote files: it puts them back, as the step journalled them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import cast

from wizard.plan.files import Past
from wizard.plan.undo_actions import PutBack
from wizard.run.changed import CERTBOT, TABLE, build_command, kind_of, lineage_of, source_of
from wizard.run.past_step import Back, PastStep, RunToUndo, Slot, Terms
from wizard.run.paths import RunPlaces

_PLAIN = frozenset({"path", "was", "now", "uid", "gid", "mode", "mtime_ns"})


def files_back(one: PastStep) -> Iterator[Back]:
    """Yield the step that puts back the files and directories of a step, if it wrote any."""
    if not (one.terms.get("files") or one.terms.get("directories")):
        return
    past = tuple(past_of(entry, one.run.places) for entry in one.terms["files"])
    directories = tuple(cast("Sequence[str]", one.terms.get("directories", ())))
    action = PutBack(past, directories, tuple(_needed(past, one.run.links)))
    yield one.back(
        Slot.CHANGES,
        f"Put back {_place(tuple(entry.path for entry in past) or directories)}",
        "From its text, which is back by then; without a text it is as before the run."
        if is_table(action)
        else "As it stood before the run, with its owner, mode and time.",
        action,
        *(argv for entry in past for argv in _typed(entry, one.run)),
        *(("rmdir", directory) for directory in directories[::-1]),
    )


def files_back_unless_issued(one: PastStep) -> Iterator[Back]:
    """Yield the same, but nothing for a certificate that was issued for this host."""
    if not one.action.stays:
        yield from files_back(one)


def is_table(action: object) -> bool:
    """True if an action puts lookup tables back, and nothing else."""
    files = action.files if isinstance(action, PutBack) else ()
    return bool(files) and all(kind_of(one.path) is TABLE for one in files)


def past_of(entry: Terms, run: RunPlaces) -> Past:
    """Return a path of the journal as undo needs it."""
    copy = str(run.replaced / entry["copy"]) if entry.get("copy") else ""
    xattrs = tuple(sorted(entry.get("xattrs", {}).items()))
    fields = {name: value for name, value in entry.items() if name in _PLAIN}
    return Past(**fields, copy=copy, xattrs=xattrs)


def _needed(files: Sequence[Past], links: Sequence[Past]) -> Iterator[Past]:
    """Yield the links whose renewal makes certbot need these files.

    An account serves every lineage; a file of a lineage serves that one.
    """
    of_certbot = [one.path.split("/") for one in files if kind_of(one.path) is CERTBOT]
    for link in links:
        name = lineage_of(link.path)
        if any("accounts" in parts or {name, f"{name}.conf"} & {*parts} for parts in of_certbot):
            yield link


def _place(paths: Sequence[str]) -> str:
    if len(paths) == 1:
        return PurePosixPath(paths[0]).name
    return f"{PurePosixPath(os.path.commonpath(paths)).name} ({len(paths)} files)"


def _typed(past: Past, run: RunToUndo) -> Iterator[tuple[str, ...]]:
    kind, _, rest = past.was.partition(":")
    source = source_of(past.path)
    if kind_of(past.path) is TABLE and source not in run.new:
        builder, table_type = build_command(past.path)
        yield (builder, f"{table_type}:{source}")
    elif kind == "file":
        yield ("cp", "-p", past.copy, past.path)
    elif kind == "link":
        yield ("ln", "-sfn", rest, past.path)
    else:
        yield ("rm", past.path)
