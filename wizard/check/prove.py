"""Check the live host: all checks run in parallel, and the findings come in one stable order.

Commands run as processes and SMTP sessions in threads, each with a time limit. If something cannot be
checked, its finding is unknown and has the reason. Nothing changes the host but the stranger's address.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
from wizard.check.dns.blocklists import begin_lists, lists_unknown
from wizard.check.dns.records import begin_lookups
from wizard.check.dns.resolver import begin_resolver
from wizard.check.guard import guarded
from wizard.check.host import log, units
from wizard.check.log.own_sessions import OwnSessions, own_sessions
from wizard.check.log.stolen import begin_stolen
from wizard.check.network import ports
from wizard.check.network.firewall import judge_firewall
from wizard.check.network.nftables import NFT, judge_rules, let_in
from wizard.check.network.router import judge_router
from wizard.check.outbound import port_25, relay
from wizard.check.outbound.port_25 import begin_outbound, outbound_unknown, proxies
from wizard.check.outbound.relay import begin_relay, relay_unknown
from wizard.check.outside import NOT_QUERIED
from wizard.check.postfix.main_cf import PARAMETERS, judge_main_cf, judge_policy, unreadable
from wizard.check.postfix.master_cf import POSTCONF_M, POSTCONF_P, judge_master_cf
from wizard.check.postfix.trusted import expanded
from wizard.check.sessions import (
    Sessions,
    begin_sessions,
    judge_delivery,
    judge_sessions,
    served_by,
    stranger_session,
)
from wizard.check.smtp.recipients import Tried, choose
from wizard.check.tables.sender_access import judge_sender_access
from wizard.door import Door
from wizard.errors import Trouble, UsageTrouble
from wizard.finding import WARNING, WRONG, Finding
from wizard.host import facts
from wizard.host.dovecot import people_of
from wizard.host.firewall import begin_firewall
from wizard.host.firewall_facts import Firewall, Zone
from wizard.host.log_commands import JOURNAL, MAILLOG
from wizard.host.network import begin_network
from wizard.host.postfix import Configuration, begin_configuration, installed_postfix
from wizard.host.secret_file import DQS_KEY, read_secret
from wizard.paths import MAIN_CF
from wizard.postfix import served
from wizard.postfix.blocklists import needs_key
from wizard.postfix.main_cf import MainCf
from wizard.postfix.main_policy import propose_main_cf
from wizard.postfix.master_cf import read_services
from wizard.postfix.relayhost import RELAY, is_ours
from wizard.postfix.settings import Settings
from wizard.secrets import seal

COMMANDS = (ports.SS, units.SHOW_POSTFIX, units.SHOW, POSTCONF_M, POSTCONF_P, jobs.SHOW, NFT)


_IN_FILES = frozenset({"mynetworks", "mydestination", "proxy_interfaces"})
"""Lists that may name files (postconf(5))."""

SECONDS = 8.0
"""For one whole SMTP session; a healthy server needs a tenth of a second."""


def prove(
    answers: Answers,
    door: Door,
    *,
    sections: Collection[str] = (),
    expected: Optional[Sequence[tuple[str, str]]] = None,
    tolerated: Sequence[str] = (),
    seconds: float = SECONDS,
    is_quick: bool = False,
    asks_others: bool = True,
) -> Iterator[Finding]:
    """Compare the live host with the answers and yield the findings, in a stable order.

    With `sections` only their parameters are compared. If the policy is not among them, what differs
    from it is a warning. With `expected` only these parameters are compared, by name and value.
    `tolerated` are the complaints of `postconf -n` before the run. `seconds` limits each SMTP session.
    With `is_quick` there are no checks that never fail a run: of the internet and of the log. Without
    `asks_others` no server, blocklist or domain of others is queried (`check --quiet-outside`). Raises
    UsageTrouble for another root, because a server can only be tested where it runs.
    """
    if not door.is_live:
        raise UsageTrouble(
            "checking another root directory",
            "a server can only be talked to where it runs",
            "Run the check on the host itself, without --root.",
        )
    wanted = frozenset(sections) or frozenset((*SECTIONS, POLICY))
    key = _key(answers, door)
    pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="check")
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
            else _begin_names(
                answers,
                door,
                settings,
                network,
                pool,
                key=key,
                is_run=expected is not None,
                asks_others=asks_others,
            )
        )
        judge_journal = _begin_log(door, network, pool, is_quick=is_quick)
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
        yield from units.judge_unit(state())
        yield from (*units.judge_units(beside()), *units.judge_alternative(door))
        has_ipv6, sockets = network is None or network.has_ipv6_loopback, listeners()
        # A run fails for what is not as it wrote it, and `check` for what refuses or loses mail.
        drift = WARNING if expected is None else WRONG
        yield from ports.judge_ports(
            answers.networks, sockets, read_services(door), has_ipv6=has_ipv6, drift=drift
        )
        planned = _planned(answers, wanted, in_a_run=expected is not None)
        disk = certificate.on_disk(door, planned) if planned else None
        yield from guarded(
            "sessions", lambda: judge_sessions(sessions, stranger, answers, disk, door, drift=drift)
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
            yield from _main_cf(
                answers, door, configuration, wanted, key, expected=expected, tolerated=tolerated
            )
        by_policy = chain(
            judge_master_cf(services(), overrides(), main_cf, drift),
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
        yield from judge_journal(main_cf.get("mynetworks", ""))
        pool.shutdown()
    finally:
        # When a signal or the caller ends the check early, do not wait for the threads.
        pool.shutdown(wait=False)


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
    yield from guarded("rules", lambda: judge_rules(rules, networks, network))


def _planned(answers: Answers, wanted: Collection[str], *, in_a_run: bool) -> tuple[str, ...]:
    """Return the certificate file that must be served, () for those that are set.

    None is planned on a server that others set up, and in a run of other sections.
    """
    if served.SECTION in wanted and (in_a_run or POLICY in wanted):
        return certificate.planned_files(answers)
    return ()


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


def _begin_names(
    answers: Answers,
    door: Door,
    settings: Settings,
    network: Optional[facts.Network],
    pool: Executor,
    *,
    key: str,
    is_run: bool,
    asks_others: bool,
) -> tuple[Callable[[], Iterable[Finding]], ...]:
    """Start the checks of the internet; a run does not wait for them as long as `check`."""
    outside = proxies(settings.own)
    if not asks_others:
        return (
            begin_resolver(network, pool),
            lambda: lists_unknown(answers.blocklists, NOT_QUERIED),
            begin_lookups(answers, network, pool, outside, asks_others=False),
            lambda: outbound_unknown(settings.own, NOT_QUERIED),
            lambda: relay_unknown(answers.relay, NOT_QUERIED),
        )
    return (
        begin_resolver(network, pool),
        begin_lists(answers.blocklists, network, pool, key, outside),
        begin_lookups(answers, network, pool, outside),
        begin_outbound(
            settings.own,
            answers.hostname.myhostname,
            network,
            pool,
            port_25.SECONDS if is_run else port_25.PATIENT,
        ),
        begin_relay(
            answers,
            door,
            network,
            pool,
            settings,
            seconds=relay.SECONDS if is_run else relay.PATIENT,
        ),
    )


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


def _main_cf(
    answers: Answers,
    door: Door,
    configuration: Configuration,
    wanted: frozenset[str],
    key: str,
    *,
    expected: Optional[Sequence[tuple[str, str]]],
    tolerated: Sequence[str],
) -> Iterator[Finding]:
    postfix = installed_postfix(None, configuration)
    drift = WARNING if expected is None else WRONG
    spelled = " ".join(one.zone for one in answers.blocklists.custom)
    try:
        sealed = seal(door.read_bytes(MAIN_CF) or b"", key, spelled)
        policy: Sequence[tuple[str, str]] = ()
        if expected is None:
            # A relay host that was read back is written as somebody else wrote it.
            by_hand = POLICY not in wanted and not is_ours(MainCf.parse(sealed.text))
            planned = wanted - {RELAY} if by_hand else wanted
            expected = propose_main_cf(sealed.text, answers, postfix, planned).expected
            if POLICY not in wanted:
                aside = frozenset({POLICY})
                policy = propose_main_cf(sealed.text, answers, postfix, aside).expected
    except (Trouble, ValueError) as fault:
        yield PARAMETERS.unknown(str(fault))
        return
    # As in a plan: a key that differs from the key file is reported, and no key is shown.
    live = {name: sealed.without_keys(value) for name, value in configuration.parameters.items()}
    for name in _IN_FILES & live.keys():
        if re.search(r"/|\w:", live[name]):
            # A file or table with the same items is the same list, and a plan leaves it there.
            live[name] = _items(door, configuration, live[name])
            expected = [
                (one, _items(door, configuration, said) if one == name else said)
                for one, said in expected
            ]
    yield from judge_main_cf(
        live,
        configuration.stderr,
        expected,
        tolerated,
        drift=drift,
        defaults=configuration.defaults,
    )
    if policy:
        yield judge_policy(live, policy)


def _items(door: Door, configuration: Configuration, text: str) -> str:
    """Return a list with all `$names`, and with the items of its files."""
    settings = Settings({**configuration.parameters, "": text}, configuration.defaults)
    return " ".join(expanded(door, settings.words("")))


def _key(answers: Answers, door: Door) -> str:
    lists = answers.blocklists
    return read_secret(door, lists.dqs_key_file, DQS_KEY).text if needs_key(lists) else ""


def _begin_log(
    door: Door, network: Optional[facts.Network], pool: Executor, *, is_quick: bool
) -> Callable[[str], Iterator[Finding]]:
    """Begin to read the log; call the result with mynetworks for the findings, none if `is_quick`."""
    if is_quick:
        return lambda _: iter(())
    stolen = begin_stolen(door, pool)

    def finish(mynetworks: str) -> Iterator[Finding]:
        yield from _judge_log(door, mynetworks, own_sessions(door, network))
        yield from guarded("senders", stolen)

    return finish


def _judge_log(door: Door, mynetworks: str, own: OwnSessions) -> Iterator[Finding]:
    suppressed = start_command(door, log.SUPPRESSED)
    result = _log(door)
    yield from judge_router(door, mynetworks, result.text)
    yield from units.judge_loaded(result.text, door)
    yield from log.judge_log(result, log.dropped_in(suppressed().text), own)


def _log(door: Door) -> CommandResult:
    """Return the journal's lines, or those of the log file if the journal has none of Postfix."""
    journal = start_command(door, JOURNAL)()
    if "postfix/" in journal.text:
        return journal
    maillog = start_command(door, MAILLOG)()
    return journal if maillog.failure else maillog
