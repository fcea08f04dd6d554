"""Build lookup tables in the staging directory, test them, and install them (postmap(1), postalias(1)).

Both programs warn about malformed and duplicate rows and exit 0. So a message on standard error
fails the step, and each row is looked up in the new table before it is installed. Most rows of
aliases are the operator's own. Those that postalias skips are shown, and only our rows decide.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from wizard.errors import Trouble
from wizard.host.postfix import INDEX_SUFFIX
from wizard.paths import ALIASES
from wizard.plan.actions import BuildTable, StagedCheck
from wizard.postfix import aliases
from wizard.postfix.complaints import complaints
from wizard.run.action_kind import ActionKind
from wizard.run.actions.staged import stage
from wizard.run.context import Context, Undo, listed
from wizard.run.files import read, replace
from wizard.run.past_step import RunToUndo
from wizard.run.path_state import Stale
from wizard.run.unseal import open_value, secrets_of
from wizard.text import counted

SUFFIXES = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".pag"}
"""The suffix that postmap(1) adds to the name of the text, by table type."""
Rows = dict[str, str]


@dataclass(frozen=True)
class Builder:
    """A program that builds tables.

    `rows` parses the output of its `-q -` and `-s`. `sense` returns the part of a value that
    counts. `own_faults` matches messages about skipped rows of the operator's own.
    """

    rows: Callable[[bytes], Rows]
    sense: Callable[[str], str]
    own_faults: re.Pattern[str]


def build(action: BuildTable, context: Context) -> Undo:
    """Build the table from a private copy of its source, test it, and install it."""
    doing = f"building {action.table_type}:{action.path}"
    suffix = SUFFIXES.get(action.table_type)
    if suffix is None:
        raise Trouble(doing, f"{action.table_type} is no type of table kept in a file", "")
    source = read(action.path)
    if source is None:
        raise Stale(doing, f"stale: {action.path} is not there", "Make the plan again.")
    copy = str(context.staging() / os.path.basename(action.path))  # noqa: PTH119
    # postmap gives the index the mode of its source.
    replace(copy, source.text, read(copy), mode=action.mode, mtime_ns=context.stamp_ns)
    building = _Building(action, context, doing, _configuration(context))
    table = building.mapped(copy, suffix)
    building.verify(copy)
    target = context.observe(action.path + suffix)
    if target.target is not None:
        raise Trouble(
            doing,
            f"{target.path} is a symbolic link, which replacing would cut",
            f"See where it leads with `ls -l {target.path}`, and remove it.",
        )
    now = context.text_state(table)
    if context.already(target, now):
        return dict(context.earlier or {})
    undo = context.intend({"files": [context.undo_file(target, now)]})
    replace(target.path, table, target.file, mode=action.mode)
    return undo


def _configuration(context: Context) -> Optional[Path]:
    """Stage the plan's own main.cf for postmap, which may fail with today's.

    The stock one names IPv6. On a host without IPv6 every program that reads it fails, until the
    run has installed the next one.
    """
    for step in context.plan.steps:
        if isinstance(step.action, StagedCheck):
            return stage(step.action.files, context)
    return None


@dataclass(frozen=True)
class _Building:
    """The builder on the step's private copy, with the staged configuration if there is one."""

    action: BuildTable
    context: Context
    doing: str
    configuration: Optional[Path]

    def argv(self, copy: str, *options: str) -> tuple[str, ...]:
        """Return the command line for the table at `copy`."""
        where = ("-c", str(self.configuration)) if self.configuration else ()
        return (self.action.builder, *where, *options, f"{self.action.table_type}:{copy}")

    def complaints(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Return the builder's messages that are new."""
        found = BUILDERS[self.action.builder].own_faults
        lines = [line for line in lines if not found.search(line)]
        staged = str(self.configuration or "")
        live = os.path.dirname(self.action.path)  # noqa: PTH120 (a string of the host's)
        return complaints(lines, self.action.tolerated, (staged, live))

    def mapped(self, copy: str, suffix: str) -> bytes:
        """Build the table and return its bytes. Raises Trouble on any new message of the builder."""
        argv = self.argv(copy)
        done = self.context.run(*argv)
        if done.status != 0 or self.complaints(done.said):
            raise Trouble(
                self.doing,
                listed(argv, done),
                "The table in use is as it was. "
                f"Set the rows right that are named, in {self.action.path}.",
            )
        built = read(copy + suffix)
        if built is None:
            raise Trouble(self.doing, f"{argv[0]} made no {copy}{suffix}", "Report this.")
        return built.text

    def verify(self, copy: str) -> None:
        """Look up every row in the new table. Raises Stale if one differs."""
        builder = BUILDERS[self.action.builder]
        secrets = secrets_of(self.action.keys, self.action.path, self.context.seals)
        expected = {
            key.lower(): builder.sense(open_value(value, secrets))
            for key, value in self.action.rows
        }
        keys = "".join(f"{key}\n" for key in expected).encode("utf-8", "surrogateescape")
        ask = self.argv(copy, "-q", "-")
        answered = self.context.query(*ask, stdin=keys) if keys else None
        found = builder.rows(answered.out) if answered else {}
        whole = self.context.query(*self.argv(copy, "-s"))
        # Older versions cannot list a cdb. Then only the rows of the query are known.
        listed_rows = builder.rows(whole.out) if whole.status == 0 else found
        said = (answered.err if answered else b"").decode("utf-8", "surrogateescape").splitlines()
        new = self.complaints(said)
        if new:
            wrong = f"the new table does not answer: {'; '.join(new[:5])}"
            raise Trouble(self.doing, wrong, "Report this.")
        for answers in (found, listed_rows):
            if answers != expected:
                difference = _difference(expected, answers)
                wrong = f"stale: {'the rows differ' if secrets else difference}"
                raise Stale(self.doing, wrong, "Make the plan again.")
        self.context.say(f"The new table answers all of it: {counted(len(expected), 'row')}.")


def rows(out: bytes) -> Rows:
    """Return what `postmap -q -` and `-s` print, `key TAB value` a line, keys in lower case."""
    text = out.decode("utf-8", "surrogateescape")
    pairs = (line.partition("\t") for line in text.split("\n") if line)
    return {key.lower(): value.strip() for key, _, value in pairs}


BUILDERS = {
    "postmap": Builder(rows, str.strip, re.compile(r"(?!)")),
    "postalias": Builder(
        aliases.table_rows,
        aliases.sense,
        re.compile(r"warning: \S+, line \d+: |warning: \S+: duplicate entry: "),
    ),
}
"""By the name in `BuildTable.builder`."""


def _difference(expected: Rows, found: Rows) -> str:
    for key in [*expected, *found]:
        if expected.get(key) != found.get(key):
            return (
                f"for {key} the table says {found.get(key, 'nothing')!r}, "
                f"the plan {expected.get(key, 'nothing')!r}"
            )
    return "the rows differ"


def _of_aliases(run: RunToUndo) -> Iterator[str]:
    paths = dict.fromkeys(f"{ALIASES}{suffix}" for suffix in INDEX_SUFFIX.values())
    there = [path for path in paths if os.path.lexists(path)]
    built = any(action.path == ALIASES for action, _ in run.of(BuildTable))
    if there and (run.started or built):
        yield f"{', '.join(there)}: built from {ALIASES}, which stays; Postfix does so at each start."


def _written(action: BuildTable) -> tuple[str, ...]:
    suffix = SUFFIXES.get(action.table_type)
    return (action.path, *((f"{action.path}{suffix}",) if suffix else ()))


ACTION_KINDS = (
    ActionKind(
        BuildTable,
        build,
        changes=lambda action: {("table", action.path): action.table_type},
        stays=_of_aliases,
        replaces=_written,
    ),
)
