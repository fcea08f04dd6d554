"""Parameters by which Postfix's client cannot log in at a relay host, or sees no TLS of it (smtp(8)).

The section relay removes them for a new relay host, since all mail would wait.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Optional

from wizard.answers.sections.relay import Relay
from wizard.postfix.main_cf import MainCf, comment_out

_BETWEEN = re.compile(r"[,:\s]+")


@dataclass(frozen=True)
class Bar:
    """A parameter, the values that bar the client from the relay host, and what they do.

    With `logs_in` it concerns only a relay host that wants a password.
    """

    name: str
    applies: Callable[[str], bool]
    does: str
    logs_in: bool = False


def words(value: str) -> set[str]:
    """Return the items of a list in lower case."""
    return set(filter(None, _BETWEEN.split(value.lower())))


def has_no(*wanted: str) -> Callable[[str], bool]:
    """True for a list that is set and has none of these words."""
    return lambda value: bool(value) and words(value).isdisjoint(wanted)


def has(*wanted: str) -> Callable[[str], bool]:
    """True for a list with one of these words."""
    return lambda value: not words(value).isdisjoint(wanted)


BARS = (
    Bar(
        "smtp_sasl_mechanism_filter",
        has_no("plain", "login", "all"),
        "Postfix logs in with these mechanisms alone, and most relay hosts know PLAIN and LOGIN alone:"
        " all mail would wait",
        logs_in=True,
    ),
    Bar(
        "smtp_sasl_type",
        has_no("cyrus"),
        "Postfix's client logs in by cyrus alone: all mail would wait",
        logs_in=True,
    ),
    Bar(
        "smtp_never_send_ehlo",
        has("yes"),
        "Postfix sees neither STARTTLS nor AUTH of the relay host: all mail would wait",
    ),
    Bar(
        "smtp_discard_ehlo_keywords",
        has("auth", "starttls"),
        "Postfix does not see that the relay host offers this: all mail would wait",
    ),
)
NAMES = tuple(one.name for one in BARS)


def removed_bars(
    cf: MainCf, relay: Relay, today: Optional[Relay], protected: Collection[str]
) -> Iterator[Bar]:
    """Yield what the section relay removes from main.cf: nothing for the relay host of today.

    That one may have another port or login than others know of. `protected` are hand edits of the operator that remain.
    """
    if not relay.host or relay == today:
        return
    for one in BARS:
        value = cf.value(one.name)
        is_excluded = one.name in protected or (one.logs_in and not relay.user)
        if value is not None and not is_excluded and one.applies(value):
            yield one


def without_bars(
    cf: MainCf, relay: Relay, today: Optional[Relay], protected: Collection[str]
) -> tuple[MainCf, tuple[str, ...]]:
    """Comment out what bars the client from a new relay host; warn of each."""
    warnings = []
    for one in tuple(removed_bars(cf, relay, today, protected)):
        warnings.append(f"main.cf: {one.name} = {cf.value(one.name)} is taken out. {one.does}.")
        cf = comment_out(cf, one.name, f"{one.does}.")
    return cf, tuple(warnings)
