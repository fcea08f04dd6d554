"""The two submission services, 587 and 465, as entries of master.cf."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from wizard.answers.model import POLICY, Answers
from wizard.host.facts import Postfix
from wizard.postfix.master_cf import (
    MasterCf,
    add_entry,
    add_option,
    same_value,
    set_option,
    uncomment_entry,
    uncomment_option,
)
from wizard.postfix.proposal import Proposal
from wizard.postfix.restrictions import refuses_logins
from wizard.postfix.service_entry import Service

_SUBMISSIONS_SINCE = (3, 7)
"""The first Postfix version whose master.cf has `submissions` for port 465, not `smtps`."""

_LOG_LABEL = "syslog_name"
_SMTPD = "smtpd"


@dataclass(frozen=True)
class ServiceOption:
    """A `-o` that a submission service must have. An empty value means `postfix/SERVICE`."""

    name: str
    value: str
    why: str


@dataclass(frozen=True)
class SubmissionService:
    """A submission service: its port, the names that its inet entry may have, and its options.

    `fresh` are the names for a new entry, before and since Postfix 3.7.
    """

    port: int
    names: tuple[str, ...]
    fresh: tuple[str, str]
    why: str
    options: tuple[ServiceOption, ...] = field(default=())


_LABEL = ServiceOption(_LOG_LABEL, "", "The log tells this port's sessions from port 25's.")
RECIPIENT = "smtpd_recipient_restrictions"
USERS_ONLY = "permit_sasl_authenticated,reject"

_AUTH = ServiceOption("smtpd_sasl_auth_enable", "yes", "AUTH is off in main.cf, and on only here.")
_RELAY = ServiceOption(
    RECIPIENT,
    USERS_ONLY,
    "Logged-in users may send to anyone; nobody else may send. Without this line the service"
    " inherits main.cf's list, which refuses to relay.",
)

SUBMISSION_SERVICES: tuple[SubmissionService, ...] = (
    SubmissionService(
        587,
        names=("submission", "msp", "587"),
        fresh=("submission", "submission"),
        why="People send their mail on port 587: STARTTLS first, then a password.",
        options=(
            _LABEL,
            ServiceOption(
                "smtpd_tls_security_level", "encrypt", "No password and no mail without STARTTLS."
            ),
            _AUTH,
            _RELAY,
        ),
    ),
    SubmissionService(
        465,
        names=("smtps", "submissions", "465", "ssmtp", "urd"),
        fresh=("smtps", "submissions"),
        why="People send their mail on port 465: TLS from the first byte, then a password.",
        options=(
            _LABEL,
            ServiceOption("smtpd_tls_wrappermode", "yes", "TLS begins with the first byte."),
            _AUTH,
            _RELAY,
        ),
    ),
)


def entries(cf: MasterCf, submission: SubmissionService) -> tuple[Service, ...]:
    """Return the active inet entries of a service, under any name; of duplicates the last."""
    found = {one.key: one for one in cf.services if one.port_number == submission.port}
    return tuple(found.values())


def propose_master_cf(
    live: bytes | MasterCf,
    answers: Answers,
    postfix: Postfix,
    sections: Collection[str] = (),
    *,
    protected: Collection[str] = (),
    services: Collection[SubmissionService] = SUBMISSION_SERVICES,
) -> Proposal:
    """Return the next master.cf (master(5)); it belongs to the section policy.

    `live` is its text, or the file as another section has edited it. `expected` has whole entries
    as `postconf -M` prints them, with single blanks, under `name/type`, and options as `postconf -P`
    names them, under `name/type/option`. Entries and options in `protected`, with these names, are
    not changed. `loopback` names entries that only this host can reach.
    """
    del answers  # the services are the policy's own; all proposals have the same parameters
    cf = MasterCf.of(live)
    if sections and POLICY not in sections:
        return Proposal(bytes(cf), cf.lines.reasons())
    expected: list[tuple[str, str]] = []
    changed: list[str] = []
    warnings: list[str] = []
    loopback: list[str] = []
    for submission in services:
        before = bytes(cf)
        keys = [one.key for one in entries(cf, submission)]
        if not keys:
            opened, key = _opened(cf, submission, postfix)
            if key in protected:
                continue
            cf, keys = opened, [key]
        for key in keys:
            service = _service(cf, key)
            started = bytes(cf)
            wanted = tuple(
                one for one in submission.options if f"{key}/{one.name}" not in protected
            )
            completed = _completed(cf, key, submission, wanted)
            unfit = _unfit(service) or _misread(_service(completed, key), service, wanted)
            if unfit:
                warnings.append(f"master.cf, {key}: {unfit} The entry is left as it is.")
                continue
            cf = completed
            service = _service(cf, key)
            if bytes(cf) != started or bytes(cf) != before:
                changed.append(key)
            before = bytes(cf)
            expected.extend(_expected(service, submission))
            loopback.extend([key] if service.loopback else [])
            warnings.extend(_warnings(service))
    ports = {one.port for one in services}
    warnings.extend(
        f"master.cf, {one.key}: {_unfit(one)}"
        for one in cf.services
        if one.port_number not in ports and _program(one) == _SMTPD and _unfit(one)
    )
    return Proposal(
        text=bytes(cf),
        reasons=cf.lines.reasons(),
        expected=tuple(expected),
        changed=tuple(changed),
        warnings=tuple(warnings),
        loopback=tuple(loopback),
    )


def _program(service: Service) -> str:
    return service.command.rpartition("/")[2]


def _unfit(service: Service) -> str:
    """Return why an entry cannot be edited, "" if it can."""
    if _program(service) != _SMTPD:
        return f"{service.command} serves this port, not smtpd."
    if service.broken:
        return (
            f"Postfix refuses the braces of {service.broken}: each needs its partner, and"
            " nothing may follow the last one."
        )
    if service.stray:
        return (
            f"{service.stray} is no option, and smtpd does not start with it. Was a comment"
            " uncommented with the lines around it?"
        )
    if service.without_value:
        return f"{service.without_value} has no =VALUE, and smtpd does not start with it."
    return ""


def _misread(edited: Service, was: Service, wanted: Collection[ServiceOption]) -> str:
    """Return why Postfix would misread the edited entry, "" if it would not.

    A `-o` without its value, or with a comment before it, takes the next added word as its value.
    """
    own = {one.name for one in wanted}
    others = {name: value for name, value in was.values.items() if name not in own}
    values = edited.values
    if own <= values.keys() and not edited.stray and others.items() <= values.items():
        return ""
    return "Its options are not all of the form -o NAME=VALUE, so none can be added."


def _service(cf: MasterCf, key: str) -> Service:
    service = cf.service(key)
    if service is None:
        raise KeyError(key)
    return service


def _opened(cf: MasterCf, submission: SubmissionService, postfix: Postfix) -> tuple[MasterCf, str]:
    """Uncomment the lines of a service and its options, or write a new entry."""
    line = cf.example(submission.names)
    if line is None:
        version = tuple(int(number) for number in re.findall(r"\d+", postfix.version)[:2])
        name = submission.fresh[version >= _SUBMISSIONS_SINCE]
        above = [one for other in SUBMISSION_SERVICES for one in entries(cf, other)] + [
            one for one in cf.services if one.key == "smtp/inet"
        ]
        at = max([one.end for one in above], default=len(cf.lines))
        return add_entry(cf, at, name, submission.why), f"{name}/inet"
    cf = uncomment_entry(cf, line, submission.why)
    return cf, next(one.key for one in cf.services if one.lines[0] == line)


def _completed(
    cf: MasterCf, key: str, submission: SubmissionService, wanted: Collection[ServiceOption]
) -> MasterCf:
    """Add the missing options to an active entry, and correct the values of the others."""
    for option in wanted:
        service = _service(cf, key)
        label = service.port if service.port.isalpha() else submission.fresh[0]
        value = option.value or f"postfix/{label}"
        there = service.options.get(option.name)
        if there:
            if option.name != _LOG_LABEL and not same_value(there.value, value):
                cf = set_option(cf, there, value, option.why)
            continue
        start = service.lines[0]
        example = cf.option_example(option.name, start + 1, cf.stretch(start))
        if example is None:
            cf = add_option(cf, service.end, option.name, value, option.why)
        else:
            cf = uncomment_option(cf, example, option.name, value, option.why)
    return cf


def whole_entry(service: Service) -> list[tuple[str, str]]:
    """Return an entry as `postconf -M` prints it, under its key; nothing if that is not known."""
    plain = not any(
        "{" in word.text or (word.text.startswith("-o") and word.text != "-o")
        for word in service.words
    )
    return [(service.key, str(service))] if plain else []


def _expected(service: Service, submission: SubmissionService) -> list[tuple[str, str]]:
    options = [
        (f"{service.key}/{one.name}", service.options[one.name].value)
        for one in submission.options
        if one.name in service.options
    ]
    return whole_entry(service) + options


def _warnings(service: Service) -> Iterator[str]:
    relay = service.options.get("smtpd_relay_restrictions")
    if relay and refuses_logins(relay.value):
        yield (
            f"master.cf, {service.key}: smtpd_relay_restrictions={relay.value} lacks"
            " permit_sasl_authenticated, so people who log in there cannot send to other servers."
        )
