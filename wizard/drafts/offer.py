"""What the next start offers: the stored draft, or the answers of a run that ended early."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.answers.build import Values, to_values
from wizard.answers.form import to_texts
from wizard.answers.model import SECTIONS, Answers
from wizard.answers.toml import parse_stored
from wizard.drafts.draft import Draft
from wizard.drafts.store import DraftStore, process_of
from wizard.drafts.stored import StoredDraft, when
from wizard.errors import Trouble
from wizard.host.facts import Host
from wizard.plan.model import Plan
from wizard.run.history import RunSummary
from wizard.run.records import DIED, DONE, FAILED, STOPPED
from wizard.sections.registry import BY_NAME

_ENDS = {FAILED: "failed", STOPPED: "was stopped", DIED: "was cut off"}


@dataclass(frozen=True)
class Opening:
    """The values that the forms begin with, and whether all sections are planned (`first`).

    `today` are the answers read from the host, None if it was never set up. `host_values` are the
    host's own values where an answers file gave others.
    """

    values: Values
    first: bool
    today: Optional[Answers] = None
    host_values: Optional[Values] = None

    def draft(self, host: Host) -> Draft:
        """Return a draft in which nothing was typed yet."""
        return Draft(
            host, self.values, first=self.first, today=self.today, host_values=self.host_values
        )


@dataclass(frozen=True)
class Offer:
    """A draft to offer, in sentences. `asks` is False if none of it is for the requested sections.

    `draft` is None if there is only something to say: that the stored draft cannot be used.
    `was_undone` is True if its run was undone: then it is not what most people want.
    """

    draft: Optional[StoredDraft]
    says: tuple[str, ...] = ()
    asks: bool = True
    was_undone: bool = False


def stored_of_answers(answers: Answers, sections: Sequence[str], at: float) -> StoredDraft:
    """Return the answers of a plan as a draft of its sections; none are all of them."""
    values = to_values(answers)
    wanted = tuple(sections) or SECTIONS
    texts = {one: to_texts(one, values[one]) for one in SECTIONS if one in wanted}
    return StoredDraft(at, "", texts=texts, seen=SECTIONS if not sections else ())


def find_offer(
    store: DraftStore,
    opening: Opening,
    host: Host,
    runs: Sequence[RunSummary],
    plan_of: Callable[[str], Plan],
    *,
    now: float,
    sections: Sequence[str] = (),
) -> Optional[Offer]:
    """Return what this user can continue with, None for nothing. Writes nothing, and never raises.

    What a run of the draft has done meanwhile is not offered.
    """
    found = store.read()
    by_id = {one.run: one for one in runs}
    stored = None if found.draft is None else _not_done(found.draft, by_id)
    if stored is None:
        stored = _of_early_run(runs, plan_of)
    warnings = (found.warning,) if found.warning else ()
    if stored is None:
        return Offer(None, warnings) if warnings else None
    trial = opening.draft(host)
    skipped = trial.apply(stored, sections)
    if not (trial.is_touched or skipped):
        # For a start with --section the rest of the draft is stored again, without a question.
        return Offer(stored, asks=False) if sections else None
    says = (*warnings, _whence(stored, by_id, now), *_about(trial, stored), *skipped)
    return Offer(stored, says, was_undone=stored.run in by_id and by_id[stored.run].undone)


def settle_done(store: DraftStore, runs: Sequence[RunSummary]) -> None:
    """Remove from the stored draft what a run has done since, perhaps without a viewer.

    Never raises: what cannot be removed is not offered either.
    """
    draft = store.read().draft
    run = next((one for one in runs if draft is not None and one.run == draft.run), None)
    if run is not None and _is_done(run):
        with contextlib.suppress(Trouble):
            store.settle(run.run, run.sections)


def _not_done(stored: StoredDraft, by_id: dict[str, RunSummary]) -> Optional[StoredDraft]:
    """Return the draft without what its run has done, None if nothing remains."""
    run = by_id.get(stored.run)
    if run is None or not _is_done(run):
        return stored
    remaining = stored.without(run.sections)
    return remaining if run.sections and not remaining.is_empty else None


def _is_done(run: RunSummary) -> bool:
    return run.outcome == DONE and not (run.gathers or run.undoes)


def _of_early_run(
    runs: Sequence[RunSummary], plan_of: Callable[[str], Plan]
) -> Optional[StoredDraft]:
    """Return the answers of the newest run if it ended early, None if it did not."""
    begun = [one for one in runs if one.started is not None or one.newer is not None]
    newest = begun[-1] if begun else None
    if newest is None or newest.started is None or not newest.can_resume or newest.undoes:
        return None
    try:
        plan = plan_of(newest.run)
    except Trouble:
        return None
    answers = parse_stored(plan.answers)
    if not isinstance(answers, Answers):
        return None
    stored = stored_of_answers(answers, plan.sections, newest.started)
    return StoredDraft(stored.at, stored.writer, newest.run, stored.texts, seen=stored.seen)


def _whence(stored: StoredDraft, by_id: dict[str, RunSummary], now: float) -> str:
    run = by_id.get(stored.run)
    at = when(stored.at, now)
    if run is None or run.outcome not in _ENDS:
        return f"Answers from {at} were not run."
    undone = ", and was undone since" if run.undone else ""
    return f"Answers from {at} are not in place: their run {run.run} {_ENDS[run.outcome]}{undone}."


def _about(draft: Draft, stored: StoredDraft) -> list[str]:
    """Return what the draft changes, what else has changed, and who still has it open."""
    said = []
    if draft.changed:
        said.append(f"They change: {_titles(draft.changed)}.")
    since = draft.changed_since(stored)
    if since:
        said.append(
            f"Since then other values of {_titles(since)} changed on this server. What you typed "
            "is offered as you typed it; the rest is as the server has it now."
        )
    pid = process_of(stored.writer)
    if pid:
        said.append(
            f"The wizard in which they were typed is still open (process {pid}). If you go on "
            "here, it keeps nothing more."
        )
    return said


def _titles(sections: Sequence[str]) -> str:
    return ", ".join(
        (one in BY_NAME and BY_NAME[one].title) or one.capitalize() for one in sections
    )
