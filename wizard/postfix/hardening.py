"""Hardening, one switch for several parts, as far as this Postfix has them, and senders of logins.

Off removes what on has written, and nothing of the operator's own. A stricter value of the
operator's is not changed by either. Both sections write the same item into the lists of 587 and
465: senders for the wizard's own table, hardening for any table in smtpd_sender_login_maps.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Optional

from wizard.answers.model import Answers
from wizard.answers.sections.hardening import Hardening
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.senders import Senders
from wizard.host.facts import Postfix
from wizard.host.main_cf import words
from wizard.postfix.main_cf import MainCf, remove, set_value
from wizard.postfix.master_cf import MasterCf, same_value, set_option
from wizard.postfix.parameter_values import hardened
from wizard.postfix.parameters import (
    AUTH_RATE,
    BARE_NEWLINE,
    PIPELINING,
    SENDER_LOGIN_MAPS,
    SENDER_TABLE,
    Parameter,
)
from wizard.postfix.placement import Missing
from wizard.postfix.proposal import Proposal
from wizard.postfix.service_entry import Service
from wizard.postfix.services import (
    RECIPIENT,
    SUBMISSION_SERVICES,
    USERS_ONLY,
    SubmissionService,
    entries,
)
from wizard.postfix.settings import Settings

SECTION = "hardening"
SENDERS = "senders"
ON, OFF = "on", "off"
MAPS = SENDER_LOGIN_MAPS
NAMES: Mapping[str, frozenset[str]] = {
    SECTION: frozenset({AUTH_RATE, BARE_NEWLINE, PIPELINING}),
    SENDERS: frozenset({MAPS}),
}
"""By section with a switch: its parameters of main.cf."""
MISMATCH = "reject_sender_login_mismatch"
NORMALIZE_TOO = "smtpd_forbid_bare_newline_reject_code"
"""New in the same releases as the value `normalize` (Postfix 3.8.5's announcement)."""

OWNERS_ONLY = f"{MISMATCH},{USERS_ONLY}"
OWN_SENDERS_WHY = (
    "Who has logged in may write only the senders that smtpd_sender_login_maps gives to that login."
)
GONE = "Here stood a part of a section that is off now."

_SINCE: dict[str, tuple[tuple[int, ...], ...]] = {
    AUTH_RATE: ((3, 1, 0),),
    BARE_NEWLINE: ((3, 5, 23), (3, 6, 13), (3, 7, 9), (3, 8, 4), (3, 9, 0)),
    PIPELINING: ((3, 5, 20), (3, 6, 10), (3, 7, 6), (3, 8, 1), (3, 9, 0)),
    NORMALIZE_TOO: ((3, 5, 24), (3, 6, 14), (3, 7, 10), (3, 8, 5), (3, 9, 0)),
}
"""The first release of each series with a parameter, for a Postfix that is not installed yet."""

_YES_SINCE = (3, 9)
"""The first version that refuses early talkers by default (postconf(5), PIPELINING)."""

_ON = Answers(Hostname("host.invalid", "invalid"), hardening=Hardening(ON), senders=Senders(ON))
_LISTS = tuple(f"smtpd_{one}_restrictions" for one in ("client", "helo", "sender", "recipient"))
_COMPARING = frozenset({MISMATCH, "reject_authenticated_sender_login_mismatch"})
_OPEN = frozenset({"", "0", "no"})
"""Values with which a part is off."""


def knows(postfix: Postfix, name: str) -> bool:
    """True if this Postfix has a parameter: by `postconf -d`, else by its version."""
    if postfix.known_parameters:
        return name in postfix.known_parameters
    version = tuple(int(part) for part in re.findall(r"\d+", postfix.version)[:3])
    return any(
        version >= one and (version[:2] == one[:2] or one == _SINCE[name][-1])
        for one in _SINCE[name]
    )


def is_by_default(postfix: Postfix, name: str) -> bool:
    """True if this Postfix has the protection without a line: newer ones refuse early talkers."""
    if name != PIPELINING:
        return False
    version = tuple(int(part) for part in re.findall(r"\d+", postfix.version)[:2])
    return postfix.defaults.get(name, "yes" if version >= _YES_SINCE else "no") == "yes"


def fitted(parameters: Iterable[Parameter], postfix: Postfix, main: MainCf) -> Iterator[Parameter]:
    """Yield the parameters that this Postfix has, with values that it accepts.

    One that Postfix has by default is among them only if this main.cf has a line for it.
    """
    for one in parameters:
        if one.section != SECTION:
            yield one
        elif knows(postfix, one.name) and not (
            is_by_default(postfix, one.name) and main.value(one.name) is None
        ):
            is_old = one.name == BARE_NEWLINE and not knows(postfix, NORMALIZE_TOO)
            yield replace(one, value=hardened("yes")) if is_old else one


def switched(cf: MainCf, parameter: Parameter, value: str) -> tuple[MainCf, Missing | None]:
    """Write one part, or remove it if it has exactly the value that on writes."""
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
    """True if main.cf has all parts that this Postfix has; master.cf's part follows from it.

    PIPELINING does not decide: hosts that an older version of the program set up do not have it.
    """
    found = (one for one in fitted(parameters, postfix, main) if one.section == SECTION)
    mine = [one for one in found if one.name != PIPELINING]
    return bool(mine) and all((main.value(one.name) or "") not in _OPEN for one in mine)


def uses_table(maps: str) -> bool:
    """True if the wizard's own table is one of smtpd_sender_login_maps."""
    return SENDER_TABLE in words(maps)


def owns_senders(answers: Answers, main_cf: bytes) -> bool:
    """True if 587 and 465 compare senders with logins, by the table in this main.cf."""
    maps = MainCf.parse(main_cf).value(MAPS) or ""
    by_senders = answers.senders.use == ON and uses_table(maps)
    return by_senders or (answers.hardening.use == ON and bool(maps))


def uses_or_used(answers: Answers, today: Optional[Answers], main_cf: bytes) -> bool:
    """True if the section senders is on with its own table in this main.cf, or goes off."""
    was_on = today is not None and today.senders.use == ON
    table = uses_table(MainCf.parse(main_cf).value(MAPS) or "")
    return table if answers.senders.use == ON else was_on


def with_senders(answers: Answers, today: Optional[Answers], *, named: bool) -> Answers:
    """Return the answers with senders on if it is on today: only a run of the section ends that."""
    if named or today is None or today.senders.use != ON:
        return answers
    return replace(answers, senders=replace(answers.senders, use=ON))


def is_switched(section: str, answers: Answers, today: Optional[Answers]) -> bool:
    """True if a section is on, or off after it was on. Else its settings stay."""
    now = OFF if today is None else getattr(today, section).use
    return ON in {getattr(answers, section).use, now}


def unprotected(services: Iterable[Service], settings: Settings) -> tuple[str, ...]:
    """Return the submission entries that accept any sender from a login, by any of their lists."""
    ports = {submission.port for submission in SUBMISSION_SERVICES}
    found = []
    for one in (one for one in services if one.port_number in ports):
        own = settings.of(one.values)
        takes_logins = RECIPIENT in one.options or own.is_on("smtpd_sasl_auth_enable")
        if takes_logins and not any(_compares(own.keywords(name)) for name in _LISTS):
            found.append(one.key)
    return tuple(found)


def _compares(items: Iterable[str]) -> bool:
    """True if a list compares the sender with the login before anything else permits the mail."""
    first = next((one for one in items if one in _COMPARING or one.startswith("permit")), "")
    return first in _COMPARING


def submission_services(*, checks_senders: bool) -> tuple[SubmissionService, ...]:
    """Return the submission services with the restrictions that they need."""
    if not checks_senders:
        return SUBMISSION_SERVICES
    return tuple(
        replace(
            submission,
            options=tuple(
                replace(one, value=OWNERS_ONLY, why=f"{one.why} {OWN_SENDERS_WHY}")
                if one.name == RECIPIENT
                else one
                for one in submission.options
            ),
        )
        for submission in SUBMISSION_SERVICES
    )


def propose_sender_checks(
    live: bytes | MasterCf, *, checks_senders: bool, protected: Collection[str] = ()
) -> Proposal:
    """Return the next master.cf if only this section is planned: one item of one list changes."""
    cf = MasterCf.of(live)
    wanted, other = (OWNERS_ONLY, USERS_ONLY) if checks_senders else (USERS_ONLY, OWNERS_ONLY)
    why = OWN_SENDERS_WHY if checks_senders else GONE
    changed, warnings = [], []
    for key in [one.key for submission in SUBMISSION_SERVICES for one in entries(cf, submission)]:
        service = cf.service(key)
        option = service.options.get(RECIPIENT) if service else None
        if f"{key}/{RECIPIENT}" in protected or (option and same_value(option.value, wanted)):
            continue
        if option and same_value(option.value, other):
            cf = set_option(cf, option, wanted, why)
            changed.append(key)
        elif checks_senders and not (option and _compares(words(option.value.lower()))):
            warnings.append(
                f"master.cf, {key}: {RECIPIENT} is not the policy's, so it is left as it is; put "
                f"{MISMATCH} before its permit_sasl_authenticated."
            )
    expected = tuple((f"{key}/{RECIPIENT}", wanted) for key in changed)
    return Proposal(bytes(cf), cf.lines.reasons(), expected, tuple(changed), tuple(warnings))


def unknown(postfix: Postfix) -> Iterator[str]:
    """Yield a warning for each part that this Postfix does not have."""
    parts = (
        (BARE_NEWLINE, "smuggled mail"),
        (AUTH_RATE, "guessing of passwords"),
        (PIPELINING, "early talkers"),
    )
    for name, what in parts:
        if not knows(postfix, name):
            yield (
                f"hardening: this Postfix ({postfix.version}) does not know {name}, which stops "
                f"{what}; update it, then run the section again"
            )


def without_maps(maps: str) -> Iterator[str]:
    """Yield a warning if smtpd_sender_login_maps is empty, so that no sender is checked."""
    if not maps:
        yield (
            f"hardening: {MISMATCH} is left out on 587 and 465, since {MAPS} is not set: without "
            "it nobody owns any sender, and all mail of users would be refused. The section "
            "[senders] makes such a table; or set it to one of yours, then run this section again"
        )
