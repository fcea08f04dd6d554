"""Make lines from a plan's files, hand edits and commands. The only Textual widget here is `Row`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from itertools import groupby
from typing import Iterator, Optional, Sequence

from screens.widgets.rows import Row, text_rows
from wizard.answers.accept import form_of
from wizard.answers.build import problem_text
from wizard.paths import RENEWAL_HOOK
from wizard.plan.choices import MINE, PLANNED
from wizard.plan.conflicts import subject, values
from wizard.plan.diff import GONE, NEW, NO_NEWLINE, SAME, Hunk, hunks
from wizard.plan.foreign import text_lines
from wizard.plan.hand_edit import HandEdit
from wizard.plan.model import FileChange, Plan
from wizard.planning.by_hand import YOURS
from wizard.postfix.proposal import Reason
from wizard.sections.registry import FILES

_LOOKS = {NEW: "new", GONE: "gone"}
_SHORT = {RENEWAL_HOOK: "hook", **{path: file.short for path, file in FILES.items()}}
_STATES = {MINE: "you keep yours", PLANNED: "you take the planned", "": "NOT DECIDED"}
INDENT, _BOX = " " * 6, " " * 4
FOREIGN = "foreign:"
"""Begins the key of a row that shows something from another server. Its name follows."""


@dataclass(frozen=True)
class FileDiff:
    """One file's hunks against its `.orig`, and `against_live` if the live file differs from that."""

    path: str
    has_original: bool
    against_original: tuple[Hunk, ...]
    against_live: Optional[tuple[Hunk, ...]]
    is_live: bool
    reasons: tuple[Reason, ...]

    @property
    def name(self) -> str:
        """The name of its tab: the file's name, or a short word if that is not clear."""
        return _SHORT.get(self.path) or self.path.rpartition("/")[2]


def file_diff(change: FileChange) -> FileDiff:
    """Return the data for a file's tab."""
    original = change.original
    if original is None and change.live is not None:
        # This run makes its `.orig`, from the live file.
        original = change.live
    # Reasons are about the proposed text, so they are right for both comparisons.
    return FileDiff(
        change.path,
        original is not None,
        hunks(original or b"", change.proposed, change.reasons),
        None
        if change.live is None or change.live == original
        else hunks(change.live, change.proposed, change.reasons),
        change.live == change.proposed,
        change.reasons,
    )


def diff_rows(diff: FileDiff, width: int, *, live: bool) -> list[Row]:
    """Return a unified diff's lines, each hunk under its reasons."""
    shown = diff.against_live if live and diff.against_live is not None else diff.against_original
    old = diff.path if live else f"{diff.path}.orig" if diff.has_original else "/dev/null"
    if not shown:
        return [Row(f"No difference from {old}.", "quiet")]
    new = f"{diff.path} (as planned)"
    rows = [Row(f"--- {old}", "quiet"), Row(f"+++ {new}", "quiet")]
    for hunk in shown:
        rows.append(Row(""))
        rows.append(Row(hunk.header, "quiet"))
        rows += _hunk_rows(hunk, diff.reasons, width)
    return rows


def _hunk_rows(hunk: Hunk, reasons: tuple[Reason, ...], width: int) -> Iterator[Row]:
    """Yield a hunk's lines, each group of changes under its reasons."""
    last = hunk.new_start + max(hunk.new_count, 1) - 1
    near = [one for one in reasons if one.first_line <= last and hunk.new_start <= one.last_line]
    at = hunk.new_start
    for changed, run in groupby(hunk.lines, key=lambda line: line.sign != SAME):
        lines = list(run)
        count = sum(1 for line in lines if line.sign != GONE and line.text != NO_NEWLINE)
        until = at + max(count, 1)
        if changed:
            said = [one for one in near if one.first_line < until and at <= one.last_line]
            near = [one for one in near if one not in said]
            for why in dict.fromkeys(one.why for one in said):
                said_why = why if why.startswith(YOURS) else f"Why: {why}"
                yield from text_rows(said_why, width, "value")
        for line in lines:
            text = line.text if line.text == NO_NEWLINE else line.sign + line.text
            yield Row(text, _LOOKS.get(line.sign, ""))
        at += count


def command_rows(plan: Plan, width: int) -> Iterator[Row]:
    """Yield the pending steps in order, each with its reason and its commands."""
    for number, step in enumerate(plan.pending, 1):
        yield Row(f"{number:3}. {step.title}", "strong")
        if step.why:
            yield from text_rows(f"Why: {step.why}", width, "value", INDENT)
        for argv in step.commands:
            yield Row(f"{INDENT}# {shlex.join(argv)}")
    already = len(plan.steps) - len(plan.pending)
    if already:
        yield Row("")
        yield Row(f"Already so, and left alone: {already} more.", "quiet")


def note_rows(plan: Plan, accepted: set[str], width: int) -> Iterator[Row]:
    """Yield obstacles, cautions with a box each, warnings, and what stays."""
    for problem in plan.obstacles:
        yield from _noted("IN THE WAY", problem_text(problem), "wrong", width)
    for caution in plan.cautions:
        word = form_of(caution)
        box = "x" if word in accepted else " "
        yield Row(f"[{box}] CAUTION {caution.name}: space accepts it", "caution", word)
        yield from text_rows(word, width, "value", _BOX)
        yield from text_rows(caution.message, width, "", _BOX)
        yield Row("")
    yield from _foreign_rows(plan, width)
    for warning in plan.warnings:
        yield from _noted("Warning", warning, "", width)
    for sentence in plan.stays:
        yield from _noted("Stays", sentence, "", width)


def _foreign_rows(plan: Plan, width: int) -> Iterator[Row]:
    """Yield what comes from the other server, each with a box and its text."""
    for one in plan.foreign:
        box = "x" if one.accepted else " "
        state = "It comes along" if one.accepted else "It is left out"
        yield Row(f"[{box}] {one.name}", "caution", FOREIGN + one.name)
        said = f"{one.place}: {one.use}. {state}: space changes that."
        yield from text_rows(said, width, "", _BOX)
        for line in text_lines(one):
            yield Row(f"    | {line}", "value")
        yield Row("")


def _noted(word: str, text: str, look: str, width: int) -> Iterator[Row]:
    yield from text_rows(f"{word}: {text}", width, look)
    yield Row("")


def edit_rows(edits: Sequence[HandEdit], width: int) -> list[Row]:
    """Return all hand edits of a file, conflicts first. A row's key is its index in `edits`."""
    order = sorted(range(len(edits)), key=lambda at: not edits[at].conflict)
    return [row for at in order for row in _edit_rows(edits[at], str(at), width)]


def _edit_rows(edit: HandEdit, key: str, width: int) -> Iterator[Row]:
    name = subject(edit)
    if edit.conflict:
        text = f"CONFLICT, {_STATES[edit.choice]}: {name}"
        yield Row(text, "caution" if edit.undecided else "strong", key)
    else:
        yield Row(f"YOURS, and it stays: {name}", "strong", key)
    for heading, lines in values(edit):
        if heading == "as planned" and not edit.conflict and edit.planned == edit.now:
            continue
        for number, line in enumerate(lines):
            shown = f"{heading + ':' if not number else '':<18} {line}"
            look = "value" if heading == "as it stands now" else ""
            yield from text_rows(shown, max(20 + len(_BOX), width), look, _BOX)
    if edit.conflict:
        boxes = (
            f"[{'x' if edit.choice == choice else ' '}] {text}"
            for choice, text in ((MINE, "k keeps yours"), (PLANNED, "t takes the planned"))
        )
        yield Row(_BOX + "   ".join(boxes))
    yield Row("")
