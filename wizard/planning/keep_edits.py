"""Answers that say of what is kept what stands on the host, so that a check does not blame it.

What no answer can express (a banner, an option in master.cf, a value of one's own kind) is kept
in the file alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Optional

from wizard.answers.build import build_each, to_values
from wizard.answers.model import Answers
from wizard.paths import MAIN_CF, SENDER_ACCESS
from wizard.plan.choices import MINE
from wizard.plan.hand_edit import HandEdit
from wizard.postfix.parameters import (
    AUTH_RATE,
    BARE_NEWLINE,
    BY_NAME,
    RESTRICTIONS,
    SCALAR,
    Parameter,
)
from wizard.sections.registry import OWNERS

_FIELDS = {
    "mydestination": ("local",),
    "relayhost": ("host", "port"),
    "smtp_tls_policy_maps": ("tls",),
    "smtpd_recipient_restrictions": ("use", "custom"),
    **dict.fromkeys((BARE_NEWLINE, AUTH_RATE), ("use",)),
}
"""The fields of a parameter's section that it is made of, where they do not have its name."""
_ACTIONS = {"OK": "allow_senders", "REJECT": "reject_senders"}


def protected_names(edits: Collection[HandEdit]) -> dict[str, frozenset[str]]:
    """Return by path the names of what the operator chose to keep."""
    own = [one for one in edits if one.choice == MINE]
    return {
        path: frozenset(one.name for one in own if one.path == path)
        for path in {one.path for one in own}
    }


def with_hand_edits(
    answers: Answers, today: Optional[Answers], edits: Collection[HandEdit]
) -> Answers:
    """Return the answers with what is kept in them; `today` is what the host says."""
    for edit in edits:
        if edit.choice == MINE and edit.path == MAIN_CF and today is not None:
            answers = _sayable(_with_parameter(answers, today, edit), answers)
        elif edit.choice == MINE and edit.path == SENDER_ACCESS:
            answers = _sayable(_with_row(answers, edit), answers)
        elif edit.choice == MINE and edit.path in OWNERS:
            answers = OWNERS[edit.path].keep(answers, edit)
    return answers


def _sayable(changed: Answers, before: Answers) -> Answers:
    """The changed answers where each field can say what it holds, else those before."""
    return changed if isinstance(build_each(to_values(changed)), Answers) else before


def _with_parameter(answers: Answers, today: Answers, edit: HandEdit) -> Answers:
    parameter = BY_NAME.get(edit.name)
    if parameter is None:
        return answers
    section = "blocklists" if parameter.kind == RESTRICTIONS else parameter.section
    own, standing = getattr(answers, section, None), getattr(today, section, None)
    fields = _FIELDS.get(edit.name, (edit.name,))
    if own is None or not all(hasattr(own, one) for one in fields):
        return answers
    values: dict[str, Any] = {one: getattr(standing, one) for one in fields}
    changed = replace(answers, **{section: replace(own, **values)})
    return changed if _says(parameter, changed, edit) else answers


def _says(parameter: Parameter, answers: Answers, edit: HandEdit) -> bool:
    """Whether the answers say what stands: an item of a list may be beyond them, no value may."""
    return parameter.kind != SCALAR or parameter.value(answers) == (edit.now or "")


def _with_row(answers: Answers, edit: HandEdit) -> Answers:
    lists = answers.blocklists
    without: dict[str, Any] = {
        field: tuple(one for one in getattr(lists, field) if one.lower() != edit.name)
        for field in _ACTIONS.values()
    }
    field = _ACTIONS.get((edit.now or "").upper())
    if field:
        without[field] = (*without[field], edit.name)
    return replace(answers, blocklists=replace(lists, **without))
