"""Make lines from a plan's files and commands. The only Textual widget here is `Row`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from itertools import groupby
from typing import Iterator, Optional

from screens.columns import WIDE, beside, fits_beside, reasons_width
from screens.widgets.row import Row, text_rows
from wizard.paths import RENEWAL_HOOK
from wizard.plan.diff import GONE, NEW, NO_NEWLINE, SAME, Hunk, Line, hunks
from wizard.plan.model import FileChange, Plan
from wizard.planning.by_hand import YOURS
from wizard.postfix.proposal import Reason
from wizard.sections.registry import FILES

_LOOKS = {NEW: "new", GONE: "gone"}
_SHORT = {RENEWAL_HOOK: "hook", **{path: file.short for path, file in FILES.items()}}
_REASON = "value"
"""The look of a reason."""
INDENT = " " * 6


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

    def shown(self, *, live: bool) -> tuple[Hunk, ...]:
        """The hunks against the live file if `live` is True and that differs, else the `.orig`."""
        return (
            self.against_live if live and self.against_live is not None else self.against_original
        )


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


def diff_rows(diff: FileDiff, width: int, *, live: bool, before: int = 0, of: int = 0) -> list[Row]:
    """Return a unified diff's lines, each group of changes with its reasons.

    The reasons are shown above the group, in a wide pane beside it. The header of a hunk has the key
    `change_key`, and a number: `before` is the number of changes in the files before, `of` that of
    all changes; 0 for a file that the plan does not write.
    """
    shown = diff.shown(live=live)
    old = diff.path if live else f"{diff.path}.orig" if diff.has_original else "/dev/null"
    if not shown:
        return [Row(f"No difference from {old}.", "quiet")]
    rows = [Row(f"--- {old}", "quiet"), Row(f"+++ {diff.path} (as planned)", "quiet")]
    for number, hunk in enumerate(shown):
        said = f"  change {before + number + 1} of {of}" if of else ""
        rows.append(Row(""))
        rows.append(Row(hunk.header, "quiet", change_key(number), said))
        rows += _hunk_rows(hunk, diff.reasons, width)
    return rows


def change_key(number: int) -> str:
    """Return the key of the row with which a change of a file begins."""
    return f"change {number}"


def copy_rows(diff: FileDiff, width: int) -> list[Row]:
    """Return the lines that the operator may copy, as they are in the file, below their reasons."""
    says = f"Nothing writes this. Copy it into {diff.path}, or choose More: Dovecot, write."
    rows = [*text_rows(says, width, "strong"), Row("")]
    for hunk in diff.against_original:
        for row in _hunk_rows(hunk, diff.reasons, min(width, WIDE - 1)):
            if row.look == _LOOKS[NEW]:
                rows.append(Row(row.text[1:]))
            elif row.look == _REASON:
                rows.append(Row(f"  {row.text}", "quiet"))
    return rows


def _hunk_rows(hunk: Hunk, reasons: tuple[Reason, ...], width: int) -> Iterator[Row]:
    """Yield a hunk's lines, each group of changes under its reasons or beside them."""
    room = reasons_width(width)
    last = hunk.new_start + max(hunk.new_count, 1) - 1
    near = [one for one in reasons if one.first_line <= last and hunk.new_start <= one.last_line]
    at = hunk.new_start
    for changed, run in groupby(hunk.lines, key=lambda line: line.sign != SAME):
        lines = list(run)
        count = sum(1 for line in lines if line.sign != GONE and line.text != NO_NEWLINE)
        rows = list(map(_line_row, lines))
        until = at + max(count, 1)
        if changed:
            said = [one for one in near if one.first_line < until and at <= one.last_line]
            near = [one for one in near if one not in said]
            whys = dict.fromkeys(one.why for one in said)
            texts = [one if one.startswith(YOURS) else f"Why: {one}" for one in whys]
            if texts and fits_beside(rows, room, width):
                rows = beside(rows, texts, room, width)
            else:
                yield from (row for text in texts for row in text_rows(text, width, _REASON))
        yield from rows
        at += count


def _line_row(line: Line) -> Row:
    text = line.text if line.text == NO_NEWLINE else line.sign + line.text
    return Row(text, _LOOKS.get(line.sign, ""))


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
