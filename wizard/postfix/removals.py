"""What a section removes from main.cf before its own parameters are written, by section."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Optional

from wizard.answers.model import Answers
from wizard.answers.unsaid import is_unsaid
from wizard.postfix import served
from wizard.postfix.main_cf import MainCf
from wizard.postfix.parameters import ORDER, PARAMETERS, WITH_ITS_BLOCK
from wizard.postfix.relay_logins import NAMES, without_bars
from wizard.postfix.relayhost import RELAY, without_heading, without_parameter

_Result = tuple[MainCf, tuple[str, ...]]
_Remove = Callable[[MainCf, Answers, Optional[Answers], Collection[str]], _Result]

_NO_RELAY = "Not needed by the relay host of the answers, or by none."


def removed(
    cf: MainCf,
    answers: Answers,
    today: Answers | None,
    protected: Collection[str],
    chosen: Collection[str],
) -> _Result:
    """Remove parameters that would override the answers' own; return the file and the warnings."""
    warnings: tuple[str, ...] = ()
    for section, remove in _REMOVALS.items():
        if section in chosen:
            cf, more = remove(cf, answers, today, protected)
            warnings += more
    return cf, warnings


def _without_relay(
    cf: MainCf, answers: Answers, today: Answers | None, protected: Collection[str]
) -> _Result:
    """Remove the parameters that the relay host does not need, or all of them without a relay.

    Without `today`, answers without a relay do not remove one that was set by hand.
    """
    before, everywhere = cf, today is not None or bool(answers.relay.host)
    for one in PARAMETERS:
        if one.when_empty != WITH_ITS_BLOCK or one.value(answers) or one.name in protected:
            continue
        # For another relay host a parameter goes that no answer read, such as a wrapper mode.
        is_as_today = (
            today is not None
            and one.value(answers) == one.value(today)
            and (not answers.relay.host or answers.relay == today.relay)
        )
        if not one.is_unsaid(answers) and not is_as_today:
            cf = without_parameter(cf, one.name, _NO_RELAY, everywhere=everywhere)
    if cf.lines != before.lines:
        cf = without_heading(cf, ORDER[RELAY], _NO_RELAY)
    return without_bars(cf, answers.relay, today.relay if today else None, protected)


def _without_certificates(
    cf: MainCf, answers: Answers, _today: Answers | None, protected: Collection[str]
) -> _Result:
    """Remove the certificates beside the answers' own; all stay where no answer expresses it."""
    if is_unsaid(answers.certificate.source):
        return cf, ()
    return served.without_others(cf, protected)


_REMOVALS: dict[str, _Remove] = {
    RELAY: _without_relay,
    served.SECTION: _without_certificates,
}

REMOVED_ONLY = {served.SECTION: tuple(served.TAKEN_OUT), RELAY: NAMES}
"""By section: the parameters that it removes and that no answer writes."""
