"""A caution and two hold steps for a plan that changes the address class of a domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from wizard.answers.model import Caution
from wizard.errors import harmless
from wizard.plan.actions import HoldMail
from wizard.plan.model import Step
from wizard.postfix.classes import class_parameters, may_differ
from wizard.text import shortened

FIRST, SECOND = "hold-mail", "hold-mail-again"
_LOOK, _HOLD = ("postqueue", "-j"), ("postsuper", "-h", "-")
_WHY = (
    "The lists of domains change (mydestination and others). Queued mail for a domain that changes "
    "its class would bounce; it waits on hold until you release it."
)
NONE_NOW = "Look for queued mail that would bounce (none now)"
"""The title if no message would bounce. The step stays, since mail may arrive before the run."""
_WHY_AGAIN = "Mail may have arrived between the first look and the new configuration."


def first(live: bytes, after: bytes, *, prefix: str = "", is_strict: bool = True) -> Iterator[Step]:
    """Yield the step before a new main.cf is written; nothing if no class can change."""
    if may_differ(live, after):
        yield Step(
            prefix + FIRST,
            "Put mail on hold that would bounce",
            _WHY,
            HoldMail(class_parameters(live), class_parameters(after), is_strict),
            (_LOOK, _HOLD),
        )


def second(step: Step) -> Step:
    """Return the step after the service was turned. It never fails: it is too late to refuse."""
    action = step.action
    if isinstance(action, HoldMail):
        action = replace(action, is_strict=False)
    return replace(
        step,
        action=action,
        id=step.id.replace(FIRST, SECOND),
        title="Put mail on hold that arrived meanwhile",
        why=_WHY_AGAIN,
    )


CLASS = "domain-class"
_MAX_NAMES = 5


def class_caution(changes: Mapping[str, tuple[str, str]]) -> Iterator[Caution]:
    """Yield a caution for domains that change their class; by name, the old and the new class."""
    if changes:
        listed = _shown([f"{one} from {old} to {new}" for one, (old, new) in changes.items()])
        yield Caution(
            CLASS,
            f"The address class changes: {listed}. Mail for them then goes to other recipients, or "
            "is refused where nobody of that name is known (ADDRESS_CLASS_README).",
            tuple(changes),
        )


def class_doubts(tables: Mapping[str, str]) -> Iterator[str]:
    """Warn of domains that may have another class: by name, the tables that cannot be queried."""
    if tables:
        listed = _shown([f"{one} ({names})" for one, names in tables.items()])
        yield f"Whether these domains change their address class is not known for all tables: {listed}."


def _shown(texts: Sequence[str]) -> str:
    return harmless(shortened(texts, _MAX_NAMES))


def counted(messages: int) -> str:
    """Return a number with the word "message" or "messages"."""
    return "1 message" if messages == 1 else f"{messages} messages"
