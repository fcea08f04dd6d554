"""Cures of master.cf: entries, their columns and options (master(5), postconf(1) -M, -F, -P)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.check.cures.known import Known
from wizard.check.cures.words import RELOAD, Argv, apply, in_main_cf, joined, option_out
from wizard.check.postfix.columns import STOCK
from wizard.finding import NO_CURE, Cure, Finding
from wizard.postfix.service_entry import Service


def of_service(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`master.cf.NAME` of a missing service: the line of Postfix's own master.cf."""
    del finding, known
    return _stock(found[1])


def _stock(name: str) -> Cure:
    if name not in STOCK:
        return NO_CURE
    return Cure((("postconf", "-M", f"{name}/unix={name} unix {STOCK[name]}"), RELOAD))


def of_entry(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`master.cf.25` without an entry: Postfix's own. Those of 587 and 465 have options: a run writes them."""
    has_entry = any(one.port_number == int(found[1]) for one in known.services)
    if found[1] != "25" or has_entry or finding.seen != "no active entry":
        return NO_CURE
    return Cure((("postconf", "-M", "smtp/inet=smtp inet n - n - - smtpd"), RELOAD))


_LACKS = re.compile(r"^master\.cf has no (\S+)$")


def of_transport(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`transport.NAME`, `behind.NAME`: as planned; else Postfix's own service, or its own transport."""
    name = found[1]
    lacking = _LACKS.match(finding.seen)
    own = _stock(lacking[1]) if lacking else NO_CURE
    planned = in_main_cf(known, [name]) if name in known.planned else NO_CURE
    return planned or own or in_main_cf(known, [name], any_name=name.endswith("_transport"))


def _of(known: Known, finding: Finding) -> Iterator[Service]:
    """Yield the services whose names a finding has."""
    words = set(re.split(r"[\s,]+", f"{finding.seen} {finding.advice}"))
    return (one for one in known.services if one.name in words)


def of_chroot(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`master.cf.chroot`: none for those services."""
    fields = [
        ("postconf", "-F", f"{one.key}/chroot=n")
        for one in _of(known, finding)
        if one.command in {"smtpd", "smtp", "lmtp"}
    ]
    return Cure((*fields, RELOAD)) if fields else NO_CURE


def of_processes(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`master.cf.processes`: Postfix's own limit."""
    fields = [
        ("postconf", "-F", f"{one.key}/process_limit=-")
        for one in _of(known, finding)
        if one.type == "inet"
    ]
    return Cure((*fields, RELOAD)) if fields else NO_CURE


SAFE = (
    "smtpd_relay_restrictions=permit_mynetworks,permit_sasl_authenticated,reject_unauth_destination"
)


def of_other_port(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`master.cf.others`: only networks and logins may relay there, and the networks are main.cf's."""
    commands = [
        argv
        for one in _of(known, finding)
        if one.type == "inet"
        for argv in (
            *option_out(one, ["mynetworks"]),
            ("postconf", "-P", f"{one.key}/{SAFE}"),
        )
    ]
    return Cure((*commands, RELOAD)) if commands else NO_CURE


def of_twice(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """`master.cf.twice`: the others are commented out, and the last one, which counts, stays.

    A run gives a port for people its options, since those of the others are gone.
    """
    there = list(_of(known, finding))
    last = {(one.port_number or one.name, one.type): one for one in there}
    doubled = [one for one in there if last[one.port_number or one.name, one.type] is not one]
    commands: list[Argv] = []
    for one in doubled:
        commands.append(("postconf", "-M#", one.key))
        counts = last[one.port_number or one.name, one.type]
        if counts.key == one.key:
            entry = " ".join(word.text for word in counts.words)
            commands.append(("postconf", "-M", f"{one.key}={entry}"))
    if not commands:
        return NO_CURE
    once = Cure((*dict.fromkeys(commands), RELOAD))
    is_port = any(one.port_number in {587, 465} for one in doubled)
    return joined(once, apply(known, "policy")) if is_port else once
