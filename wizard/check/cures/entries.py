"""Cures of master.cf: entries, their columns and options (master(5), postconf(1) -M, -F, -P)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.check.cures.known import Known
from wizard.check.cures.words import (
    RELOAD,
    RESTART,
    Argv,
    apply,
    in_main_cf,
    is_as_planned,
    joined,
    option_out,
    run,
)
from wizard.check.host.sockets import CLOSED
from wizard.check.postfix.backends import backends
from wizard.check.postfix.columns import STOCK
from wizard.check.postfix.drift import harm
from wizard.check.postfix.master_cf import BEHIND_POSTSCREEN, EXPECTED
from wizard.check.postfix.restrictions import LISTS, relays_for_all
from wizard.finding import NO_CURE, WRONG, Cure, Finding
from wizard.postfix import smtpd_entries
from wizard.postfix.service_entry import Service, port_of_entry
from wizard.postfix.settings import Settings

_SMTP = 25


def of_service(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`master.cf.NAME` of a missing service: the line of Postfix's own master.cf."""
    del finding, known
    return _stock(found[1])


def _stock(name: str) -> Cure:
    if name not in STOCK:
        return NO_CURE
    return Cure((("postconf", "-M", f"{name}/unix={name} unix {STOCK[name]}"), RELOAD))


_SCREENED = ("smtpd/pass=smtpd pass", "dnsblog/unix=dnsblog unix", "tlsproxy/unix=tlsproxy unix")
_PARTS = dict(zip(_SCREENED, ("- - n - - smtpd", "- - n - 0 dnsblog", "- - n - 0 tlsproxy")))
"""What postscreen(8) needs of master.cf, as in Postfix's own."""


_COLUMNS = {"private": 2, "unprivileged": 3, "process_limit": 6}
_FALLS_SILENT = re.compile(r"no answer within|(?:closed|broke) the connection|4\.3\.\d ")
_LISTENERS = {"smtpd": "n - n - -", "postscreen": "n - n - 1"}
"""The columns of the programs that listen for clients; of `STOCK` for the others."""


def of_columns(finding: Finding, known: Known, _: re.Match[str]) -> Cure:
    """A session that nobody answers: Postfix's own services get its own columns of master.cf again.

    Where their socket is, with whose rights they run, and that some of them run once (master(5)).
    """
    if not _FALLS_SILENT.search(finding.seen):
        return NO_CURE
    fields = [
        ("postconf", "-F", f"{one.key}/{column}={own}")
        for one in known.services
        for column, own in _columns_of(one).items()
        if one.words[_COLUMNS[column]].text not in {own, {"-": "y"}.get(own, own)}
    ]
    return Cure((*fields, RESTART)) if fields else NO_CURE


def _columns_of(service: Service) -> dict[str, str]:
    """Return the columns that Postfix's own entry has, and that no operator has a reason to change."""
    stock = STOCK.get(service.name, "") if service.type == "unix" else ""
    stock = _LISTENERS.get(service.command, "") if service.type == "inet" else stock
    if not stock or (service.type == "unix" and not stock.endswith(f" {service.command}")):
        return {}
    private, unprivileged, _, _, limit = stock.split()[:5]
    once = {"process_limit": limit} if limit == "1" else {}
    return {"private": private, "unprivileged": unprivileged, **once}


def of_entry(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`master.cf.25` without an entry: Postfix's own. Those of 587 and 465 have options: a run writes them."""
    if f"no {BEHIND_POSTSCREEN}" in finding.seen:
        keys = {one.key for one in known.services}
        missing = [head for head in _SCREENED if head.partition("=")[0] not in keys]
        return Cure((*(("postconf", "-M", f"{one} {_PARTS[one]}") for one in missing), RELOAD))
    there = [one for one in known.services if one.port_number == int(found[1])]
    if there and there[-1].command not in {"smtpd", "postscreen" if found[1] == str(_SMTP) else ""}:
        return _by_smtpd(known, there[-1])
    if found[1] != str(_SMTP) or there or finding.seen != "no active entry":
        return NO_CURE
    return Cure((("postconf", "-M", "smtp/inet=smtp inet n - n - - smtpd"), RELOAD))


def of_harm(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`master.cf.PORT` without the options that do harm there. What 587 and 465 lack is written by a run."""
    harmful = [
        argv
        for one in known.services
        if one.command == "smtpd" and port_of_entry(one.key) == int(found[1])
        for argv in option_out(one, _harmful(one, known.settings))
    ]
    if not harmful or finding.verdict != WRONG:
        return NO_CURE
    others = NO_CURE if found[1] == str(_SMTP) else apply(known, "policy")
    return joined(Cure((*harmful, RELOAD)), others)


def _harmful(service: Service, settings: Settings) -> Iterator[str]:
    """Yield the options that do harm, without a list in whose place main.cf's own would relay for all."""
    options = service.values
    names = {one.name for one in smtpd_entries.faults(service, settings) if one.is_wrong}
    in_force = settings.of(options)
    if port_of_entry(service.key) == _SMTP:
        names |= {name for name in options if harm(name, in_force, settings.raw(name))}
    for name in sorted(names):
        rest = {one: value for one, value in options.items() if one != name}
        if not name.endswith("_restrictions") or not relays_for_all(settings.of(rest)):
            yield name


def _by_smtpd(known: Known, service: Service) -> Cure:
    """Return smtpd in place of another program, whose entry becomes a comment.

    It has no options; a run gives 587 and 465 theirs.
    """
    entry = f"{service.key}={service.name} {service.type} n - n - - smtpd"
    alone = Cure((("postconf", "-M#", service.key), ("postconf", "-M", entry), RELOAD))
    if service.port_number == _SMTP:
        return alone
    return joined(alone, run("policy")) if known.can_apply else NO_CURE


def of_options(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`master.cf.PORT`: an option goes out where main.cf has the planned value, which counts then.

    What 587 and 465 need (`EXPECTED`) is written by a run; it leaves all other options alone.
    """
    port = int(found[1])
    needs = next(one for one in EXPECTED if one.port == port)
    of_a_run = {name for name, _ in needs.settings} | set(LISTS) if needs.users_only else set()
    safe = [
        name
        for name in dict.fromkeys(re.findall(r"(\w+)=", finding.seen))
        if is_as_planned(known, name) and name not in of_a_run
    ]
    options = [
        argv
        for one in known.services
        if port_of_entry(one.key) in {port, found[1]}
        for argv in option_out(one, safe)
    ]
    return joined(Cure((*options, RELOAD)), apply(known, "policy")) if options else NO_CURE


def of_loopback(known: Known, port: int) -> Cure:
    """`port.PORT` where each entry is of one address: the last one is of all, as Postfix's own is."""
    bound = [one for one in known.services if one.port_number == port and one.name != one.port]
    if not bound:
        return NO_CURE
    one = bound[-1]
    entry = " ".join([one.port, *(word.text for word in one.words[1:])])
    gone = (("postconf", "-M#", one.key),)
    return Cure((*gone, ("postconf", "-M", f"{one.port}/inet={entry}"), RESTART))


_LACKS = re.compile(r"^master\.cf has no (\S+)$")


def of_transport(finding: Finding, known: Known, found: re.Match[str]) -> Cure:
    """`transport.NAME`, `behind.NAME`: as planned; else Postfix's own service, or its own transport.

    Where a service has the next hop by an option of its own, the option goes out, and main.cf stays.
    A program that runs, and whose socket is closed, is the one that is wanted.
    """
    name = found[1]
    if CLOSED in finding.seen:
        return NO_CURE
    options = [
        argv
        for one in known.services
        if name.endswith("_transport") and _leads_there(finding, known, one, name)
        for argv in option_out(one, [name])
    ]
    if options:
        return Cure((*options, RELOAD))
    lacking = _LACKS.match(finding.seen)
    own = _stock(lacking[1]) if lacking else NO_CURE
    planned = in_main_cf(known, [name]) if name in known.planned else NO_CURE
    return planned or own or in_main_cf(known, [name], any_name=name.endswith("_transport"))


def _leads_there(finding: Finding, known: Known, service: Service, name: str) -> bool:
    """True if the option of a service names the program that the finding saw, or the missing service."""
    own = service.values.get(name, "")
    place, lacking = finding.seen.partition(": ")[0], _LACKS.match(finding.seen)
    if lacking:
        return own.partition(":")[0] == lacking[1]
    there = backends(known.settings.of({name: own}), ())
    return any(str(one) == place for one in there)


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
