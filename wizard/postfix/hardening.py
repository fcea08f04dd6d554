"""Hardening, one switch: each part with its reason, and only where this Postfix knows it.

Off takes away what on has written, and nothing of the operator's own: a stricter value that
stood there before stays in both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from wizard.answers.model import Answers
from wizard.answers.sections.hardening import Hardening
from wizard.answers.sections.hostname import Hostname
from wizard.host.facts import Postfix
from wizard.postfix.main_cf import MainCf, remove, set_value
from wizard.postfix.master_cf import MasterCf, same_value, set_option
from wizard.postfix.parameters import AUTH_RATE, BARE_NEWLINE, Parameter
from wizard.postfix.placement import Missing
from wizard.postfix.proposal import Proposal
from wizard.postfix.services import DOORS, RECIPIENT, USERS_ONLY, Door, entries

SECTION = "hardening"
NAMES = frozenset({AUTH_RATE, BARE_NEWLINE})
ON, OFF = "on", "off"
MAPS = "smtpd_sender_login_maps"
MISMATCH = "reject_sender_login_mismatch"
NORMALIZE_TOO = "smtpd_forbid_bare_newline_reject_code"
"""Came with the value `normalize`, in the same releases (Postfix 3.8.5's announcement)."""

OWNERS_ONLY = f"{MISMATCH},{USERS_ONLY}"
OWN_SENDERS_WHY = (
    "Who has logged in may write only the senders that smtpd_sender_login_maps gives to that login."
)
GONE = "Here stood a part of the hardening, which is off."

_SINCE: dict[str, tuple[tuple[int, ...], ...]] = {
    AUTH_RATE: ((3, 1, 0),),
    BARE_NEWLINE: ((3, 5, 23), (3, 6, 13), (3, 7, 9), (3, 8, 4), (3, 9, 0)),
    NORMALIZE_TOO: ((3, 5, 24), (3, 6, 14), (3, 7, 10), (3, 8, 5), (3, 9, 0)),
}
"""The release of each series in which a name came, for a Postfix that cannot be asked yet."""

_ON = Answers(Hostname("host.invalid", "invalid"), hardening=Hardening(ON))
_OPEN = frozenset({"", "0", "no"})
"""Values that leave a part undone."""


def knows(postfix: Postfix, name: str) -> bool:
    """Whether this Postfix has a parameter: by `postconf -d`, before the installation by version."""
    if postfix.known_parameters:
        return name in postfix.known_parameters
    version = tuple(int(part) for part in re.findall(r"\d+", postfix.version)[:3])
    return any(
        version >= one and (version[:2] == one[:2] or one == _SINCE[name][-1])
        for one in _SINCE[name]
    )


def fitted(parameters: Iterable[Parameter], postfix: Postfix) -> Iterator[Parameter]:
    """Yield the parameters less those that this Postfix does not know, with values that it takes."""
    for one in parameters:
        if one.section != SECTION:
            yield one
        elif knows(postfix, one.name):
            is_old = one.name == BARE_NEWLINE and not knows(postfix, NORMALIZE_TOO)
            yield replace(one, value=_yes) if is_old else one


def _yes(answers: Answers) -> str:
    return "yes" if answers.hardening.use == ON else ""


def switched(cf: MainCf, parameter: Parameter, value: str) -> tuple[MainCf, Missing | None]:
    """Write one part, or take it away where it has the very value that on writes."""
    live = cf.value(parameter.name)
    if not value:
        ours = live is not None and live == parameter.value(_ON)
        return (remove(cf, parameter.name, GONE) if ours else cf), None
    if live is None:
        text = f"{parameter.name} = {value}"
        return cf, Missing(parameter, value, (text,), parameter.why)
    if live not in _OPEN:
        return cf, None
    return set_value(cf, parameter.name, value, parameter.why), None


def is_on(main: MainCf, parameters: Iterable[Parameter], postfix: Postfix) -> bool:
    """Whether all parts that this Postfix knows are there; what master.cf has follows from it."""
    mine = [one for one in fitted(parameters, postfix) if one.section == SECTION]
    return bool(mine) and all((main.value(one.name) or "") not in _OPEN for one in mine)


def owns_senders(answers: Answers, main_cf: bytes) -> bool:
    """Whether 587 and 465 hold senders against logins: on, and there is a map to ask."""
    return answers.hardening.use == ON and bool(MainCf.parse(main_cf).value(MAPS))


def doors(*, hold_senders: bool) -> tuple[Door, ...]:
    """Return the doors as they are to be."""
    if not hold_senders:
        return DOORS
    return tuple(
        replace(
            door,
            options=tuple(
                replace(one, value=OWNERS_ONLY, why=f"{one.why} {OWN_SENDERS_WHY}")
                if one.name == RECIPIENT
                else one
                for one in door.options
            ),
        )
        for door in DOORS
    )


def propose_doors(
    live: bytes | MasterCf, *, hold_senders: bool, protected: Collection[str] = ()
) -> Proposal:
    """The next master.cf where only this section is asked for: one item of one list."""
    cf = MasterCf.of(live)
    wanted, other = (OWNERS_ONLY, USERS_ONLY) if hold_senders else (USERS_ONLY, OWNERS_ONLY)
    why = OWN_SENDERS_WHY if hold_senders else GONE
    changed, warnings = [], []
    for key in [one.key for door in DOORS for one in entries(cf, door)]:
        service = cf.service(key)
        option = service.options.get(RECIPIENT) if service else None
        if f"{key}/{RECIPIENT}" in protected or (option and same_value(option.value, wanted)):
            continue
        if option and same_value(option.value, other):
            cf = set_option(cf, option, wanted, why)
            changed.append(key)
        elif hold_senders:
            warnings.append(
                f"master.cf, {key}: {RECIPIENT} is not the policy's, so it is left as it is; put "
                f"{MISMATCH} before its permit_sasl_authenticated."
            )
    expected = tuple((f"{key}/{RECIPIENT}", wanted) for key in changed)
    return Proposal(bytes(cf), cf.lines.reasons(), expected, tuple(changed), tuple(warnings))


def unknown(postfix: Postfix) -> Iterator[str]:
    """Say which parts this Postfix does not know."""
    for name, what in ((BARE_NEWLINE, "smuggled mail"), (AUTH_RATE, "guessing of passwords")):
        if not knows(postfix, name):
            yield (
                f"hardening: this Postfix ({postfix.version}) does not know {name}, which stops "
                f"{what}; update it, then run the section again"
            )


def without_maps(maps: str) -> Iterator[str]:
    """Say why no sender is held against a login, where smtpd_sender_login_maps is empty."""
    if not maps:
        yield (
            f"hardening: {MISMATCH} is left out on 587 and 465, since {MAPS} is not set: without "
            "it nobody owns any sender, and all mail of users would be refused. Set it to a table "
            "of senders and their logins, then run the section again"
        )
