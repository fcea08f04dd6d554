"""Copy the hand edits that the operator keeps into the answers, so that a check expects them.

Answers cannot express some of them, such as a banner or an option in master.cf. These stay in the
file only.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Optional

from wizard.answers.build import is_valid
from wizard.answers.model import Answers
from wizard.paths import MAIN_CF
from wizard.plan.choices import MINE
from wizard.plan.hand_edit import HandEdit
from wizard.postfix.parameters import BY_NAME, SCALAR, Parameter
from wizard.sections.registry import OWNERS


def protected_names(edits: Collection[HandEdit]) -> dict[str, frozenset[str]]:
    """Return by path the names of the entries that the operator chose to keep."""
    own = [one for one in edits if one.choice == MINE]
    return {
        path: frozenset(one.name for one in own if one.path == path)
        for path in {one.path for one in own}
    }


def with_hand_edits(
    answers: Answers, today: Optional[Answers], edits: Collection[HandEdit]
) -> Answers:
    """Return the answers with these hand edits; `today` are the answers read back from the host."""
    for edit in (one for one in edits if one.choice == MINE):
        changed = answers
        if edit.path == MAIN_CF and today is not None:
            changed = _with_parameter(answers, today, edit)
        elif edit.path in OWNERS:
            changed = OWNERS[edit.path].keep(answers, edit)
        if changed is not answers and is_valid(changed):
            answers = changed
    return answers


def _with_parameter(answers: Answers, today: Answers, edit: HandEdit) -> Answers:
    parameter = BY_NAME.get(edit.name)
    if parameter is None:
        return answers
    section = parameter.answered_in or parameter.section
    own, live = getattr(answers, section, None), getattr(today, section, None)
    if own is None or not all(hasattr(own, one) for one in parameter.fields):
        return answers
    values: dict[str, Any] = {one: getattr(live, one) for one in parameter.fields}
    changed = replace(answers, **{section: replace(own, **values)})
    return changed if _expresses(parameter, changed, edit) else answers


def _expresses(parameter: Parameter, answers: Answers, edit: HandEdit) -> bool:
    """True if the answers express the live value. Of a list they need not express each item."""
    return parameter.kind != SCALAR or parameter.value(answers) == (edit.now or "")
