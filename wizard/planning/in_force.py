"""Apply the rules between parameters to the values in force after the run.

A check has the same rules (`wizard.postfix.hazards`), so no plan writes what it would call wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Optional

from wizard.answers.model import SECTIONS, Problem, host_problem
from wizard.host.facts import Host
from wizard.host.main_cf import own_parameters
from wizard.plan.scope import Scope
from wizard.planning.files import Proposed
from wizard.postfix import served
from wizard.postfix.hazards import HAZARDS, Hazard
from wizard.postfix.itself import itself
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.parameters import BY_NAME, DEFAULTS
from wizard.postfix.settings import Settings

_TRANSPORT = "mailbox_transport"


def obstacles(proposed: Proposed, host: Host, protected: Collection[str]) -> Iterator[Problem]:
    """Yield each rule that the planned main.cf breaks.

    A check reports a rule that was broken before. It is an obstacle only if the plan writes a
    parameter of the rule, or if the operator keeps a hand edit of one (`protected`).
    """
    entries, planned = proposed.master.live or b"", proposed.master.proposal.text
    before = settings_of(proposed.main.live or b"", entries, host)
    after = settings_of(proposed.main.proposal.text, planned, host)
    own = {one for one in {*before.own, *after.own} if before.own.get(one) != after.own.get(one)}
    for hazard in HAZARDS:
        decides = [one for one in (hazard.name, *hazard.reads) if one in own or one in protected]
        found = _broken(hazard, after, planned) if hazard.is_wrong else None
        if found and (decides or not _broken(hazard, before, entries)):
            yield _problem(hazard, found, decides)
    if _TRANSPORT in own or _TRANSPORT in protected:
        yield from _transport(planned, after)


def _broken(hazard: Hazard, settings: Settings, master: bytes) -> Optional[Settings]:
    """Return the settings that break a rule, with the `-o` options of the rule's program.

    None if no settings break it.
    """
    services = MasterCf.parse(master).services if hazard.program else ()
    own = [
        settings.of({name: option.value for name, option in service.options.items()})
        for service in services
        if service.command == hazard.program
    ]
    return next((one for one in own or [settings] if hazard.applies(one)), None)


def warnings(proposed: Proposed, host: Host, scope: Scope) -> Iterator[str]:
    """Yield a warning for each service without TLS for the certificate."""
    if served.SECTION in scope:
        main, master = (one.proposal.text for one in (proposed.main, proposed.master))
        yield from served.without_tls(MasterCf.parse(master), settings_of(main, master, host))


def _transport(master: bytes, after: Settings) -> Iterator[Problem]:
    """Yield a problem if mailbox_transport would deliver no local mail (master(5), local(8))."""
    transport = after.value(_TRANSPORT).partition(":")[0]
    there = {one.name: one for one in MasterCf.parse(master).services if one.type != "inet"}
    if not transport or not there:
        return
    if transport not in there:
        why = f"master.cf has no service {transport}"
    elif there[transport].command == "local":
        why = f"the service {transport} is local(8) itself, which passes mail on to this transport"
    else:
        return
    yield Problem(
        BY_NAME[_TRANSPORT].section,
        _TRANSPORT,
        f"{why}, so no local mail would be delivered; name another service, such as lmtp, or none",
    )


def settings_of(main: bytes, master: bytes, host: Host) -> Settings:
    """Return the parameters in force with these texts of main.cf and master.cf."""
    name = {"myhostname": host.network.hostname} if host.network.hostname else {}
    here = itself(host.network, MasterCf.parse(master).services, host.relay_targets)
    settings = Settings(own_parameters(main), {**DEFAULTS, **name, **host.postfix.defaults})
    return replace(settings, here=here)


def _problem(hazard: Hazard, after: Settings, decides: list[str]) -> Problem:
    values = ", ".join(
        f"{one} = {after.value(one) or '(empty)'}" for one in (hazard.name, *hazard.reads[:1])
    )
    by_option = not after.options.keys().isdisjoint((hazard.name, *hazard.reads))
    where = f" (with the -o of {hazard.program} in master.cf)" if by_option else ""
    message = (
        f"after this run {values}{where}: {hazard.does}. {hazard.advice.replace('; reload', '')}"
    )
    for name in decides:
        parameter = BY_NAME.get(name)
        if parameter and parameter.section in SECTIONS:
            return Problem(parameter.section, parameter.fields[0], message)
    return host_problem(message)
