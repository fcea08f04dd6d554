"""Lookup tables, built aside and put in place only when they answer (postmap(1)).

postmap warns of malformed and doubled rows and exits 0; so a word on standard error fails the
step, and each row is asked of the new table before anyone else can.
"""

from __future__ import annotations

import os

from wizard.errors import Trouble
from wizard.plan.model import BuildTable
from wizard.run.context import Context, Undo, listed
from wizard.run.files import read, replace, sha256
from wizard.run.states import Stale, file_state, observe

SUFFIXES = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".pag"}
"""What postmap appends to the source's name, by table type."""

Rows = dict[str, str]


def build(action: BuildTable, context: Context) -> Undo:
    """Build the table from a private copy of its source, ask it, and put it in place."""
    doing = f"building {action.table_type}:{action.path}"
    suffix = SUFFIXES.get(action.table_type)
    if suffix is None:
        raise Trouble(doing, f"{action.table_type} is no type of table kept in a file", "")
    source = read(action.path)
    if source is None:
        raise Stale(doing, f"stale: {action.path} is not there", "Make the plan again.")
    copy = str(context.staging() / os.path.basename(action.path))  # noqa: PTH119
    replace(copy, source.text, read(copy), mode=0o644, mtime_ns=context.stamp_ns)
    table = _mapped(action, copy, suffix, doing, context)
    _hold_against(action, copy, doing, context)
    target = observe(action.path + suffix)
    now = file_state(sha256(table))
    if context.already(target, now):
        return dict(context.earlier or {})
    undo = context.intend({"files": [context.undo_file(target, now)]})
    replace(target.path, table, target.held)
    return undo


def _mapped(action: BuildTable, copy: str, suffix: str, doing: str, context: Context) -> bytes:
    argv = ("postmap", f"{action.table_type}:{copy}")
    done = context.run(*argv)
    if done.status != 0 or done.said:
        raise Trouble(
            doing,
            listed(argv, done),
            f"The table in use is as it was. Set the rows right that are named, in {action.path}.",
        )
    built = read(copy + suffix)
    if built is None:
        raise Trouble(doing, f"postmap made no {copy}{suffix}", "Report this.")
    return built.text


def _hold_against(action: BuildTable, copy: str, doing: str, context: Context) -> None:
    expected = {key.lower(): value.strip() for key, value in action.rows}
    keys = "".join(f"{key}\n" for key in expected).encode("utf-8", "surrogateescape")
    table = f"{action.table_type}:{copy}"
    answered = context.query("postmap", "-q", "-", table, stdin=keys) if keys else None
    found = rows(answered.out) if answered else {}
    whole = context.query("postmap", "-s", table)
    # cdb cannot list itself on older versions; then the asked rows are all that is known.
    listed_rows = rows(whole.out) if whole.status == 0 else found
    complaint = (answered.err if answered else b"").decode("utf-8", "replace").strip()
    if complaint:
        raise Trouble(doing, f"the new table does not answer: {complaint}", "Report this.")
    for answers in (found, listed_rows):
        if answers != expected:
            raise Stale(doing, f"stale: {_difference(expected, answers)}", "Make the plan again.")
    context.say(f"The new table answers all of its {len(expected)} rows.")


def rows(out: bytes) -> Rows:
    """Return what `postmap -q -` and `-s` print, `key TAB value` a line, keys in lower case."""
    text = out.decode("utf-8", "surrogateescape")
    pairs = (line.partition("\t") for line in text.split("\n") if line)
    return {key.lower(): value.strip() for key, _, value in pairs}


def _difference(expected: Rows, found: Rows) -> str:
    for key in [*expected, *found]:
        if expected.get(key) != found.get(key):
            return (
                f"for {key} the table says {found.get(key, 'nothing')!r}, "
                f"the plan {expected.get(key, 'nothing')!r}"
            )
    return "the rows differ"
