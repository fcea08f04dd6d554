"""Check the live host: all checks run in parallel, and the findings come in one stable order.

Commands run as processes and SMTP sessions in threads, each with a time limit. If something cannot be
checked, its finding is unknown and has the reason. Nothing changes the host but the stranger's address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from typing import Callable, Optional

from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.answers.sections.networks import Networks
from wizard.check.certificates import jobs
from wizard.check.certificates import served as certificate
from wizard.check.certificates.judging import files_in_force, judge_files, judge_tls, surroundings
from wizard.check.commands import CommandResult, begin, start_command
from wizard.check.deep_checks import begin_deep_checks
from wizard.check.guard import guarded
from wizard.check.host import units
from wizard.check.host.next_start import judge_timers
from wizard.check.host.stopped import judge_processes
from wizard.check.internet import begin_internet
from wizard.check.network import ports
from wizard.check.network.firewall import judge_firewall
from wizard.check.network.nftables import NFT, judge_rules, let_in
from wizard.check.planned import judge_planned, list_key, planned_certificates
from wizard.check.postfix.main_cf import PARAMETERS, unreadable
from wizard.check.postfix.master_cf import POSTCONF_M, POSTCONF_P, judge_master_cf
from wizard.check.reading_log import begin_log
from wizard.check.sessions import (
    Sessions,
    begin_sessions,
    judge_delivery,
    judge_sessions,
    served_at,
    served_by,
    stranger_session,
)
from wizard.check.smtp.recipients import Tried, choose
from wizard.check.tables.sender_access import judge_sender_access
from wizard.door import Door
from wizard.errors import UsageTrouble
from wizard.finding import UNKNOWN, WARNING, WRONG, Finding
from wizard.host import facts
from wizard.host.dovecot import people_of
from wizard.host.firewall import begin_firewall
from wizard.host.firewall_facts import Firewall, Zone
from wizard.host.network import begin_network
from wizard.host.postfix import begin_configuration
from wizard.limits import PROBE_SECONDS
from wizard.plan.firewall import PORTS
from wizard.postfix.master_cf import read_services
from wizard.postfix.settings import Settings

COMMANDS = (ports.SS, units.SHOW_POSTFIX, units.SHOW, POSTCONF_M, POSTCONF_P, jobs.SHOW, NFT)


WORKERS = 40
"""Probes at a time: all of them, so that none waits for another one that hangs."""


def prove(
    answers: Answers,
    door: Door,
    *,
    sections: Collection[str] = (),
    expected: Optional[Sequence[tuple[str, str]]] = None,
    tolerated: Sequence[str] = (),
    seconds: float = PROBE_SECONDS,
    silence: str = UNKNOWN,
    is_quick: bool = False,
    asks_others: bool = True,
) -> Iterator[Finding]:
    """Compare the live host with the answers and yield the findings, in a stable order.

    With `sections` only their parameters are compared. If the policy is not among them, what differs
    from it is a warning. With `expected` only these parameters are compared, by name and value.
    `tolerated` are the complaints of `postconf -n` before the run. `seconds` limits each SMTP session,
    and `silence` is the verdict of a port that says nothing until then. With `is_quick` there are no
    checks that never fail a run: of the internet and of the log. Without `asks_others` no server,
    blocklist or domain of others is queried (`check --quiet-outside`). Raises UsageTrouble for another
    root, because a server can only be tested where it runs.
    """
    if not door.is_live:
        raise UsageTrouble(
            "checking another root directory",
            "a server can only be talked to where it runs",
            "Run the check on the host itself, without --root.",
        )
    door = door.within(PROBE_SECONDS)
    wanted = frozenset(sections) or frozenset((*SECTIONS, POLICY))
    key = list_key(answers, door)
    pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="check")
    try:
        configured = begin(begin_configuration, door)
        addresses = begin(begin_network, door)
        firewall = begin(begin_firewall, door)
        listeners, state, beside, services, overrides, timers, rules = (
            start_command(door, argv) for argv in COMMANDS
        )
        configuration, why_not = configured()
        main_cf = configuration.parameters if configuration else {}
        settings = Settings(main_cf, configuration.defaults if configuration else {})
        sessions = begin_sessions(answers, door, pool, seconds, settings, asks_others=asks_others)
        network, _ = addresses()
        tried = _begin_choice(answers, door, settings, network, pool) if asks_others else None
        deep_checks = (
            begin_deep_checks(
                answers,
                door,
                configuration,
                network,
                pool,
                is_chosen=POLICY in wanted,
                asks_others=asks_others,
            )
            if configuration and main_cf
            else None
        )
        names = (
            ()
            if is_quick
            else begin_internet(
                answers,
                door,
                settings,
                network,
                pool,
                key=key,
                is_run=expected is not None,
                asks_others=asks_others,
                port_25=lambda: served_at(sessions, 25),
            )
        )
        judge_journal = begin_log(door, network, pool, is_quick=is_quick)
        triggered = start_command(door, jobs.show_services(timers().text))
        # In this thread, because only the main thread may handle the signals that must remove the
        # address. Before the first yield, because a generator may never be resumed.
        stranger = stranger_session(
            answers,
            door,
            settings,
            network,
            seconds,
            here=sessions.here[25],
            chosen=tried,
        )

        if configuration is not None and not main_cf:
            yield unreadable(configuration.stderr)
        yield from _units(door, state(), beside(), triggered())
        has_ipv6, sockets = network is None or network.has_ipv6_loopback, listeners()
        # A run fails for what is not as it wrote it, and `check` for what refuses or loses mail.
        drift = WARNING if expected is None else WRONG
        yield from ports.judge_ports(
            answers.networks, sockets, read_services(door), has_ipv6=has_ipv6, drift=drift
        )
        planned = planned_certificates(answers, wanted, in_a_run=expected is not None)
        disk = certificate.on_disk(door, planned) if planned else None
        yield from guarded(
            "sessions",
            lambda: judge_sessions(
                sessions, stranger, answers, disk, door, drift=drift, silence=silence
            ),
        )
        walls, why_no_walls = firewall()
        yield from _certificates(
            answers,
            door,
            sessions,
            planned,
            units=f"{timers().text}\n\n{triggered().text}",
            owners={one.port: one.owner for one in ports.sockets(sockets.text)},
            zone=None if walls is None else walls.zone(answers.networks.firewall_zone),
        )
        yield from guarded("delivery", lambda: judge_delivery(sessions))
        if configuration is None:
            yield PARAMETERS.unknown(why_not)
        elif main_cf:
            yield from judge_planned(
                answers, door, configuration, wanted, key, expected=expected, tolerated=tolerated
            )
        by_policy = chain(
            judge_master_cf(services(), overrides(), settings, drift),
            judge_sender_access(door, answers, main_cf, drift),
        )
        # A run compares with what was wrong before it. In `check` alone the policy is a choice.
        is_choice = POLICY not in wanted and expected is None
        yield from map(_by_choice, by_policy) if is_choice else by_policy
        yield from deep_checks() if deep_checks else ()
        for one in names:
            yield from guarded("the internet", one)
        yield from _walls(
            walls, why_no_walls, rules(), answers.networks, network or facts.Network()
        )
        yield from judge_journal(settings)
        pool.shutdown()
    finally:
        # When a signal or the caller ends the check early, do not wait for the threads.
        pool.shutdown(wait=False)


def _units(
    door: Door, postfix: CommandResult, others: CommandResult, of_timers: CommandResult
) -> Iterator[Finding]:
    """Check the units and their processes, by what `systemctl show` printed of them."""
    yield from units.judge_unit(postfix)
    yield from (*units.judge_units(others), *units.judge_alternative(door))
    yield judge_timers(of_timers)
    yield from guarded("processes", lambda: judge_processes(door))


def _walls(
    firewall: Optional[Firewall],
    why: str,
    rules: CommandResult,
    networks: Networks,
    network: facts.Network,
) -> Iterator[Finding]:
    """Check what firewalld opens, then what the kernel's rules do with a stranger's packets."""
    allowed = let_in(rules, networks, network)
    yield from judge_firewall(firewall, why, networks.firewall_zone, network, allowed)
    zone = None if firewall is None else firewall.zone(networks.firewall_zone)
    claimed = {PORTS[one] for one in (zone.runtime if zone else ()) if one in PORTS}
    yield from guarded("rules", lambda: judge_rules(rules, networks, network, claimed))


def _certificates(
    answers: Answers,
    door: Door,
    sessions: Sessions,
    planned: Sequence[str],
    *,
    units: str,
    owners: Mapping[int, str],
    zone: Optional[Zone],
) -> Iterator[Finding]:
    """Check what the ports served, and who renews the files."""
    yield from judge_tls(answers, door, served_by(sessions), sessions.here, sessions.verifier)
    around = surroundings(door, units, owners, zone)
    files = dict.fromkeys((*planned, *files_in_force(sessions.here)))
    yield from judge_files(answers, door, tuple(files), around)


def _begin_choice(
    answers: Answers,
    door: Door,
    settings: Settings,
    network: Optional[facts.Network],
    pool: Executor,
) -> Callable[[], Tried]:
    """Choose the addresses of the stranger's session in a thread of the pool, since the DNS is queried."""
    domain = answers.hostname.mydomain
    return pool.submit(choose, settings, people_of(door), domain, network or facts.Network()).result


def _by_choice(finding: Finding) -> Finding:
    """Return a finding of the policy as a warning, because the policy was not chosen."""
    verdict = WARNING if finding.verdict == WRONG else finding.verdict
    return replace(finding, verdict=verdict, fatal=False)
