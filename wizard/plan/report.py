"""A plan as lines for a terminal or a file, and as JSON for other programs."""

from __future__ import annotations

import re
import shlex
from dataclasses import asdict
from typing import Any, Iterator, Optional

from wizard.answers.accept import form_of
from wizard.answers.build import problem_text
from wizard.answers.model import Caution
from wizard.answers.rules.names import readable_name
from wizard.plan import conflicts, foreign
from wizard.plan.choices import MINE
from wizard.plan.diff import Hunk, hunks, unified
from wizard.plan.losses import losses
from wizard.plan.model import FileChange, Plan, Step
from wizard.secrets import masked_data
from wizard.text import counted

JSON_VERSION = 1

TO_COPY = 'To copy by hand, for nothing writes it (`conf = "write"` in [dovecot] does): what Dovecot needs.'

_A_LABELS = re.compile(rb"\b(?:[A-Za-z0-9-]+\.)*xn--[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


def notes(plan: Plan) -> Iterator[str]:
    """Yield conflicts, obstacles, cautions, warnings and other notes to read before the run."""
    yield from conflicts.report_lines(plan.edits)
    for problem in plan.obstacles:
        yield f"In the way: {problem_text(problem)}"
    for caution in plan.cautions:
        yield f"Caution {form_of(caution)}: {caution.message}"
    for warning in plan.warnings:
        yield f"Warning: {warning}"
    for sentence in plan.stays:
        yield f"Stays: {sentence}"
    yield from foreign.lines(plan.foreign)
    for name in _foreign_names(plan):
        yield f"To read: {readable_name(name)}"


def _foreign_names(plan: Plan) -> Iterator[str]:
    """Yield the A-labels (RFC 5890) that a plan adds to the files, since nobody can read them."""
    for change in plan.files:
        if b"xn--" in change.proposed and change.proposed != change.live:
            there = set(_A_LABELS.findall(change.live or b""))
            new = dict.fromkeys(_A_LABELS.findall(change.proposed))
            yield from (name.decode("ascii") for name in new if name not in there)


def file_diff(change: FileChange) -> Iterator[str]:
    """Yield the unified diff of one file against its `.orig`, each hunk with its reasons.

    The reasons follow the second @@, where diff(1) -p puts the function's name, so patch(1) still
    accepts the text. Of more than two reasons, the first is shown, and the number of the others.
    """
    shown = hunks(change.original or b"", change.proposed, change.reasons)
    if change.original is None and not shown:
        return
    old_name = "/dev/null" if change.original is None else f"{change.path}.orig"
    yield from unified(old_name, change.path, shown, _header_with_reasons)


def live_diff(change: FileChange) -> Iterator[str]:
    """Yield the unified diff of one file from the live text to the planned one."""
    shown = hunks(change.live or b"", change.proposed)
    old_name = "/dev/null" if change.live is None else change.path
    yield from unified(old_name, f"{change.path} (planned)", shown)


def put_back_diff(change: FileChange) -> Iterator[str]:
    """Yield the unified diff from the live file to the text that an undo puts back."""
    shown = hunks(change.live or b"", change.proposed)
    yield from unified(f"{change.path} (now)", f"{change.path} (put back)", shown)


def _header_with_reasons(hunk: Hunk) -> str:
    why = hunk.why
    if len(why) > 2:  # noqa: PLR2004 - more are too long for a line
        why = (f"{why[0]} (and {len(why) - 1} more reasons; the wizard's review shows each)",)
    return " ".join((hunk.header, *why))


def commands(plan: Plan) -> Iterator[str]:
    """Yield the pending steps in order, each with its commands as an operator would type them."""
    if not plan.pending:
        yield f"Nothing to do: {as_it_is(plan)}"
        return
    yield f"{counted(len(plan.pending), 'step')}, in this order:"
    for number, step in enumerate(plan.pending, 1):
        yield f"{number:3}. {step.title}"
        for argv in step.commands:
            yield f"       {shlex.join(argv)}"
    so_already = len(plan.steps) - len(plan.pending)
    if so_already:
        yield f"Already so, and left alone: {so_already} more."


def as_it_is(plan: Plan) -> str:
    """Return the sentence on a plan without pending steps: all is as planned, or the operator's own."""
    own = [conflicts.subject(one) for one in plan.edits if one.choice == MINE]
    if own:
        return f"you keep your own {', '.join(own)}, and all else is as the answers say."
    return "the host is as the answers say."


def as_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as a JSON object, version 1; docs/json.md describes its fields."""
    whole = {
        "version": JSON_VERSION,
        "pending": len(plan.pending),
        "sections": list(plan.sections),
        "gathers": plan.gathers,
        "steps": [_step(step) for step in plan.steps],
        "files": [_file(change) for change in plan.files],
        "obstacles": [problem_text(problem) for problem in plan.obstacles],
        "cautions": [_caution(one) for one in plan.cautions],
        "warnings": list(plan.warnings),
        "taken_away": list(losses(plan)),
        "foreign_hooks": [asdict(one) for one in plan.foreign],
        "to_copy": [_file(change) for change in plan.to_copy],
        "hand_edits": [conflicts.as_json(edit) for edit in plan.edits],
    }
    return dict(masked_data(whole))


def _caution(caution: Caution) -> dict[str, Any]:
    return {
        "name": caution.name,
        "message": caution.message,
        "accept": form_of(caution),
        "values": list(caution.values),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "title": step.title,
        "why": step.why,
        "done": step.done,
        "commands": [list(argv) for argv in step.commands],
    }


def _file(change: FileChange) -> dict[str, Any]:
    original: Optional[str] = None if change.original is None else f"{change.path}.orig"
    shown = hunks(change.original or b"", change.proposed, change.reasons)
    return {
        "path": change.path,
        "original": original,
        "changed": change.proposed != change.live,
        "diff": list(file_diff(change)),
        "live_diff": list(live_diff(change)),
        "reasons": [{"hunk": hunk.header, "why": list(hunk.why)} for hunk in shown],
    }
