"""Compare main.cf, as Postfix reads it, with the plan (postconf(1) -n), and find what stops mail."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from wizard.check.postfix.drift import harm
from wizard.check.postfix.trusted import networks_of
from wizard.finding import RIGHT, WARNING, WRONG, Check, Finding
from wizard.host.main_cf import words
from wizard.postfix.complaints import complaints as new_complaints
from wizard.postfix.hazards import HAZARDS
from wizard.postfix.settings import Settings
from wizard.text import printable, shortened

_MISSPELT = "A misspelt name is ignored by Postfix and only named here: correct the line."
_TWICE = "It is set twice, and the last line counts: take the others out."

SHORT = 120
"""Characters of a value that is shown whole."""

_SETS = frozenset({"mynetworks", "mydestination"})
"""Lists without an order, whose items may be networks."""

PARAMETERS = Check("main.cf", "main.cf: parameters", "as planned")


def value(text: str) -> str:
    """Return a value with spaces for commas, because Postfix accepts both between list items."""
    return " ".join(re.split(r"[,\s]+", text.strip(" ,\t\r\n")))


def judge_main_cf(
    live: Mapping[str, str],
    complaints: Sequence[str],
    expected: Sequence[tuple[str, str]],
    tolerated: Sequence[str] = (),
    *,
    drift: str = WRONG,
    defaults: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Finding]:
    """`main.cf.NAME` for each parameter that differs, `main.cf` if none does, and `.complaints`.

    `drift` is the verdict of a difference that does no harm by itself, and of a complaint: a run is
    wrong then, because it wrote something else. `tolerated` are complaints from before the run; they
    are only a warning.
    """
    differing = _differing(live, expected)
    for name, planned in differing:
        seen, wanted = difference(live.get(name, ""), planned)
        does = harm(name, Settings(live, defaults), planned)
        shown = printable(seen) if name in live else "not set"
        yield Check(f"main.cf.{name}", f"main.cf: {name}", printable(wanted)).finding(
            WRONG if does else drift,
            f"{shown}: {printable(does)}" if does else shown,
            "Set it so in main.cf, then check again: "
            "the last line of a name is the one that counts.",
        )
    if not differing:
        yield PARAMETERS.right(f"{len(expected)} as planned")
    check = Check("main.cf.complaints", "postconf -n complains", "of nothing")
    new = new_complaints(complaints, tolerated)
    shown = "; ".join(map(printable, new or complaints))
    yield check.finding(
        drift if new else WARNING if complaints else RIGHT,
        shown or "of nothing",
        _TWICE if "overriding earlier" in shown else _MISSPELT,
    )


def judge_policy(live: Mapping[str, str], policy: Sequence[tuple[str, str]]) -> Finding:
    """`main.cf.policy`: what differs from the policy on a server that others set up."""
    names = [name for name, _ in _differing(live, policy)]
    return Check(
        "main.cf.policy",
        "main.cf: the wizard's own lines",
        "as the wizard sets them, or as you chose",
        fatal=False,
    ).finding(
        WARNING if names else RIGHT,
        printable(", ".join(names)) or f"{len(policy)} alike",
        "`postfix-wizard plan --section policy` shows what would change.",
    )


def difference(live: str, planned: str) -> tuple[str, str]:
    """Return two values as they are shown: long lists by the items that differ."""
    if max(len(live), len(planned)) <= SHORT:
        return live, planned
    here, there = words(live), words(planned)
    only_here = [one for one in here if one not in there]
    only_there = [one for one in there if one not in here]
    if not only_here and not only_there:
        at = next((i for i, pair in enumerate(zip(here, there)) if pair[0] != pair[1]), 0)
        return f"in another order: {' '.join(here[at:])}", " ".join(there[at:])
    more, less = _few(only_there, only_here), _few(only_here, only_there)
    parts = (*([f"lacks {more}"] if more else []), *([f"has {less}"] if less else []))
    wanted = (*([f"with {more}"] if more else []), *([f"without {less}"] if less else []))
    return "; ".join(parts), "; ".join(wanted)


_FEW = 2
_LONGEST_ITEM = 40
"""So many items of so many characters have room in what a finding shows."""


def _few(items: Sequence[str], others: Sequence[str]) -> str:
    """Return the first items, each from where it differs from the same one of the `others`."""
    pairs = itertools.zip_longest(items, others[: len(items)], fillvalue="")
    return shortened([_from_difference(one, other) for one, other in pairs], _FEW)


def _from_difference(item: str, other: str) -> str:
    """Return a long item without what it begins and ends with as the other one does."""
    if len(item) <= _LONGEST_ITEM:
        return item
    shorter = min(len(item), len(other))
    at = next((i for i in range(shorter) if item[i] != other[i]), shorter)
    begin = max(0, min(at - 4, len(item) - _LONGEST_ITEM))
    cut = item[begin : begin + _LONGEST_ITEM]
    return f"{'...' if begin else ''}{cut}{'...' if begin + len(cut) < len(item) else ''}"


def _meaning(name: str, text: str) -> object:
    if name in _SETS:
        return networks_of(words(text))
    return value(text)


def _differing(
    live: Mapping[str, str], expected: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    return [
        (name, planned)
        for name, planned in expected
        if _meaning(name, live.get(name, "")) != _meaning(name, planned)
    ]


def unreadable(complaints: Sequence[str]) -> Finding:
    """Return that `postconf -n` printed no parameter. Every Postfix program fails then."""
    return PARAMETERS.wrong(
        "; ".join(map(printable, complaints)) or "postconf -n prints nothing",
        "Correct main.cf until `postconf -n` prints it: Postfix cannot start so.",
    )


def judge_hazards(settings: Settings) -> Iterator[Finding]:
    """`parameters.NAME` for each hazard, `parameters` if there is none."""
    found = [one for one in HAZARDS if one.applies(settings)]
    for one in found:
        yield Check(f"parameters.{one.name}", f"main.cf: {one.name}", "no such value").finding(
            WRONG if one.is_wrong else WARNING,
            f"{printable(settings.value(one.name), SHORT) or 'empty'}: {one.does}",
            one.advice,
        )
    if not found:
        check = Check("parameters", "main.cf: what stops mail", "no such value")
        yield check.right(f"none of {len(HAZARDS)} such values")
