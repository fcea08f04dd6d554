"""Write and remove the profiles of the section tls in main.cf and master.cf (postconf(5)).

Only values that a profile sets are changed or removed. Any other value is the operator's and stays
(`others_in_main_cf`, `others_in_entries`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Optional

from wizard.answers.model import Answers
from wizard.answers.sections.tls import INTERMEDIATE, MODERN, POLICY, STRICT
from wizard.host.facts import Postfix
from wizard.postfix.lines import Lines
from wizard.postfix.main_cf import MainCf, remove, set_value
from wizard.postfix.master_cf import MasterCf, add_option, remove_option, same_value, set_option
from wizard.postfix.parameters import Parameter
from wizard.postfix.placement import Missing
from wizard.postfix.proposal import Proposal
from wizard.postfix.service_entry import Service
from wizard.postfix.services import SUBMISSION_SERVICES, entries, whole_entry
from wizard.postfix.tls_values import (
    IN_MAIN_CF,
    OLDER_SPELLING,
    OPTIONS,
    PARAMETERS,
    Option,
)

SECTION = "tls"
GONE = "Here stood a part of the section tls that is not in force any more."

_NEW_SPELLING = (3, 6)
"""The first Postfix version that knows `>=TLSv1.2` (postconf(5), smtpd_tls_protocols)."""
OF_ENTRIES = tuple({name: value for name, value, _ in one} for one in OPTIONS.values())
OF_MAIN_CF = tuple(IN_MAIN_CF.values())
"""The values that profiles set in entries of 587 and 465, and in main.cf."""


def is_requested(answers: Answers, *, named: bool) -> bool:
    """True if a plan of the section has something to do: a profile, or sections were named."""
    return named or answers.tls.profile != POLICY


def as_today(answers: Answers, today: Optional[Answers], *, named: bool) -> Answers:
    """Return the answers with port25 strict if it is so today: only a run of the section ends that."""
    own = answers.tls
    if named or today is None or own.profile == POLICY or today.tls.port25 != STRICT:
        return answers
    return replace(answers, tls=replace(own, port25=STRICT))


def unset(answers: Answers, *, named: bool) -> frozenset[str]:
    """Return the parameters of main.cf that a plan leaves alone: without a value, unless named."""
    values = IN_MAIN_CF[answers.tls.port25] if answers.tls.profile != POLICY else {}
    return frozenset() if named else frozenset(PARAMETERS) - values.keys()


def spelled(value: str, postfix: Postfix) -> str:
    """Return a value as this Postfix reads it; one of unknown version gets the older spelling."""
    version = tuple(int(number) for number in re.findall(r"\d+", postfix.version)[:2])
    return value if version >= _NEW_SPELLING else OLDER_SPELLING.get(value, value)


def fitted(parameters: Iterable[Parameter], postfix: Postfix) -> Iterator[Parameter]:
    """Yield the parameters, those of tls with values that this Postfix reads."""

    def fit(value: Callable[[Answers], str]) -> Callable[[Answers], str]:
        return lambda answers: spelled(value(answers), postfix)

    for one in parameters:
        yield replace(one, value=fit(one.value)) if one.section == SECTION else one


def switched(cf: MainCf, parameter: Parameter, value: str) -> tuple[MainCf, Optional[Missing]]:
    """Write a parameter of main.cf, or remove it; the operator's own value stays."""
    live = cf.value(parameter.name)
    if live is None:
        text = f"{parameter.name} = {value}"
        return cf, Missing(parameter, value, (text,), parameter.why) if value else None
    if not is_of_profile(OF_MAIN_CF, parameter.name, live) or (value and same_value(live, value)):
        return cf, None
    if value:
        return set_value(cf, parameter.name, value, parameter.why), None
    return remove(cf, parameter.name, GONE), None


def with_profile(
    proposal: Proposal, answers: Answers, postfix: Postfix, protected: Collection[str] = ()
) -> Proposal:
    """Return the next master.cf with the options of the profile on 587 and 465.

    `proposal` is what the other sections make of the file. Options in `protected`
    (`name/type/option`) are not changed.
    """
    cf = MasterCf(Lines.of(proposal))
    wanted = {name: (value, why) for name, value, why in _options(answers.tls.profile, postfix)}
    changed = []
    for service in _entries(cf):
        edited = _edited(cf, service, wanted, protected)
        if bytes(edited) != bytes(cf) and _is_as_meant(edited.service(service.key), service):
            cf = edited
            changed.append(service.key)
    if not changed:
        return proposal
    pairs = dict(proposal.expected)
    for key in changed:
        pairs.pop(key, None)
        pairs.update(_expected(cf.service(key), wanted))
    return replace(
        proposal,
        text=bytes(cf),
        reasons=cf.lines.reasons(),
        expected=tuple(pairs.items()),
        changed=tuple(dict.fromkeys((*proposal.changed, *changed))),
    )


def profile_in(cf: MasterCf) -> str:
    """Return the profile of which an entry of 587 or 465 has nearly all options, else policy."""
    services = _entries(cf)
    return next(
        (name for name in (MODERN, INTERMEDIATE) for one in services if _follows(one, name)), POLICY
    )


def port_25_in(cf: MainCf) -> str:
    """Return strict if main.cf has nearly all of its parameters, else policy."""
    wanted = IN_MAIN_CF[STRICT]
    there = [name for name, value in wanted.items() if _is(cf.value(name), value)]
    return STRICT if len(there) >= len(wanted) - 1 else POLICY


def others_in_main_cf(cf: MainCf, answers: Answers) -> Iterator[tuple[str, str]]:
    """Yield the parameters of main.cf that have another value than the profile's, and stay."""
    if answers.tls.profile != POLICY:
        for name in IN_MAIN_CF[answers.tls.port25]:
            live = cf.value(name)
            if live is not None and not is_of_profile(OF_MAIN_CF, name, live):
                yield name, live


def others_in_entries(cf: MasterCf, answers: Answers) -> Iterator[tuple[str, str, str]]:
    """Yield entry, option and value where an option of 587 or 465 is not the profile's, and stays."""
    for service in _entries(cf):
        for name, _, _ in OPTIONS[answers.tls.profile]:
            option = service.options.get(name)
            if option and not is_of_profile(OF_ENTRIES, name, option.value):
                yield service.key, name, option.value


def uneditable(cf: MasterCf) -> Iterator[str]:
    """Yield the entries of 587 and 465 that get no option: smtpd would misread it, or is not there."""
    for service in _entries(cf):
        if why_no_options(service):
            yield f"master.cf, {service.key}: {why_no_options(service)}"


def _entries(cf: MasterCf) -> tuple[Service, ...]:
    return tuple(one for submission in SUBMISSION_SERVICES for one in entries(cf, submission))


def _options(profile: str, postfix: Postfix) -> Iterator[Option]:
    """Yield the options of a profile in the form of master.cf, without blanks."""
    for name, value, why in OPTIONS[profile]:
        yield name, spelled(value, postfix).replace(", ", ","), why


def _edited(
    cf: MasterCf,
    service: Service,
    wanted: Mapping[str, tuple[str, str]],
    protected: Collection[str],
) -> MasterCf:
    """Return the file with the wanted options in one entry, and without those of another profile."""
    if why_no_options(service):
        return cf
    was_ours = any(_follows(service, profile) for profile in (INTERMEDIATE, MODERN))
    for name in PARAMETERS:
        value, why = wanted.get(name, ("", GONE))
        now = cf.service(service.key)
        option = now.options.get(name) if now else None
        if now is None or f"{service.key}/{name}" in protected:
            continue
        if option is None:
            cf = add_option(cf, now.end, name, value, why) if value else cf
        elif not is_of_profile(OF_ENTRIES, name, option.value) or same_value(option.value, value):
            continue
        elif value:
            cf = set_option(cf, option, value, why)
        elif was_ours:
            cf = remove_option(cf, service.key, name, why)
    return cf


def why_no_options(service: Service) -> str:
    """Return why an entry gets no options, "" if it can have them (smtpd(8), master(5))."""
    if service.command.rpartition("/")[2] != "smtpd":
        return f"{service.command} serves this port, not smtpd."
    fault = service.broken or service.stray or service.without_value
    if fault:
        return f"smtpd does not start with {fault}."
    return ""


def _is_as_meant(edited: Optional[Service], was: Service) -> bool:
    """True if smtpd reads all other options of an edited entry as before."""
    others = {name: value for name, value in was.values.items() if name not in PARAMETERS}
    return edited is not None and not edited.stray and others.items() <= edited.values.items()


def _expected(service: Optional[Service], wanted: Collection[str]) -> Iterator[tuple[str, str]]:
    if service is not None:
        yield from whole_entry(service)
        for name in wanted:
            if name in service.options:
                yield f"{service.key}/{name}", service.options[name].value


def _follows(service: Service, profile: str) -> bool:
    """True if an entry has the options of a profile; up to a third may be the operator's."""
    options, values = OPTIONS[profile], service.values
    others = [name for name, value, _ in options if not _is(values.get(name), value)]
    return 3 * len(others) <= len(options)


def _is(live: Optional[str], value: str) -> bool:
    """True if a live value is this one of the tables, in either spelling."""
    return live is not None and any(
        same_value(live, one) for one in (value, OLDER_SPELLING.get(value, value))
    )


def is_of_profile(tables: Iterable[Mapping[str, str]], name: str, live: str) -> bool:
    """True if one of these tables sets this value; another one is the operator's."""
    return any(_is(live, one[name]) for one in tables if name in one)
