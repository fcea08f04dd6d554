"""`plan --draft`: the answers that were typed in the screens and not run yet."""

from __future__ import annotations

import os
import time
from collections.abc import Collection

from wizard.answers.build import problem_text
from wizard.answers.model import Answers
from wizard.drafts.offer import find_offer
from wizard.errors import AnswersTrouble, Trouble
from wizard.host.facts import Host
from wizard.run.history import plan_of, runs
from wizard.session import Session

_DOING = "reading the draft"


class NoDraftTrouble(Trouble):
    """This user has no draft (EX_NOINPUT)."""

    exit_code = os.EX_NOINPUT


def draft_to_plan(
    session: Session, host: Host, sections: Collection[str]
) -> tuple[Answers, tuple[str, ...], tuple[str, ...]]:
    """Return the draft's answers, the sections to plan, and what must be said about it.

    They are planned as the screens would. Raises NoDraftTrouble without a draft, AnswersTrouble for
    invalid text, which names each field.
    """
    store, opening = session.drafts(), session.opening(host)
    offer = find_offer(
        store,
        opening,
        host,
        runs(session.places),
        lambda run: plan_of(session.places, run),
        now=time.time(),
        sections=tuple(sections),
    )
    if offer is None or offer.draft is None or not offer.asks:
        why = offer.says[0].rstrip(".") if offer is not None and offer.says else ""
        raise NoDraftTrouble(
            _DOING,
            why or f"{store.login} has no answers that were typed and not run",
            "Open the wizard and type some: `postfix-wizard`. Or name a file with --answers.",
        )
    draft = opening.draft(host)
    draft.apply(offer.draft, sections)
    wrong = draft.enter_items()
    answers = draft.answers_to_plan()
    if wrong or not isinstance(answers, Answers):
        problems = (*wrong, *(() if isinstance(answers, Answers) else answers))
        lines = "\n".join(f"  {problem_text(one)}" for one in problems)
        raise AnswersTrouble(
            _DOING,
            f"it cannot be planned:\n{lines}",
            "\nNothing was changed. `postfix-wizard` opens the draft to repair that.",
        )
    return answers, draft.sections_to_plan(tuple(sections)), offer.says
