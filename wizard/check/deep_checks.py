"""Check for faults that neither `postfix check` nor systemd reports.

A hand edit can break a server in ways that no planned parameter shows. All checks start before the
first result is awaited, so they run in parallel.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Callable, Optional

from wizard.answers.model import Answers
from wizard.check.certificates.key_files import judge_key
from wizard.check.dns.named import begin_named
from wizard.check.dovecot import delivery
from wizard.check.guard import guarded
from wizard.check.host.homes import judge_homes
from wizard.check.host.labels import begin_labels
from wizard.check.host.mail_programs import judge_programs
from wizard.check.host.master_pid import judge_pid
from wizard.check.host.names import judge_names
from wizard.check.host.next_start import begin_next_start
from wizard.check.host.package import begin_package
from wizard.check.host.sockets import judge_own_sockets, judge_socket
from wizard.check.host.table_files import judge_mounts, judge_owners
from wizard.check.host.unit_settings import begin_unit_settings
from wizard.check.in_time import InTime
from wizard.check.log.mark import machine_id, mark
from wizard.check.network.routes import begin_routes
from wizard.check.paths.aliases import alias_names, judge_rows
from wizard.check.paths.ends import begin_paths
from wizard.check.paths.past_aliases import judge_past
from wizard.check.postfix.backends import backends, begin_backends, own_sockets, with_options
from wizard.check.postfix.before_login import judge_before_login
from wizard.check.postfix.domain_classes import judge_classes
from wizard.check.postfix.list_replies import judge_replies
from wizard.check.postfix.main_cf import judge_hazards
from wizard.check.postfix.policy_services import begin_policies
from wizard.check.postfix.restrictions import judge_restrictions
from wizard.check.postfix.services import for_people, judge_services, smtpds
from wizard.check.postfix.trusted import judge_trusted
from wizard.check.queue.files import judge_files
from wizard.check.queue.spool import judge_queue
from wizard.check.queue.waiting import begin_waiting, judge_waiting
from wizard.check.silent.judge import judge_silent
from wizard.check.tables.actions import judge_actions
from wizard.check.tables.forwarding import judge_forwarding
from wizard.check.tables.indexes import begin_tables, named
from wizard.check.tables.nobody import judge_nobody
from wizard.check.tables.values import judge_values, routes, sockets
from wizard.check.tls.services import certificate_files, port_settings
from wizard.door import Door
from wizard.finding import Finding
from wizard.host.dovecot import people_of
from wizard.host.facts import Network
from wizard.host.postfix import Configuration
from wizard.host.relay import relay_targets
from wizard.postfix.itself import Itself, itself, nexthops
from wizard.postfix.master_cf import read_services
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.sections.registry import SECTIONS

RELAY_SECONDS = 1.0
"""For each DNS query for the relay host: a run does not wait longer for the internet."""


def begin_deep_checks(
    answers: Answers,
    door: Door,
    configuration: Configuration,
    network: Optional[Network],
    pool: Executor,
    *,
    is_chosen: bool,
    asks_others: bool = True,
) -> Callable[[], Iterator[Finding]]:
    """Start all checks; call the result to wait for the findings, in a stable order.

    With `is_chosen` somebody chose the answers; else they were read back from the host. Without
    `asks_others` no names and servers of others are queried.
    """
    settings = Settings(configuration.parameters, configuration.defaults)
    services = read_services(door)
    network = network or Network()
    chosen = answers.networks.mynetworks if is_chosen else ()
    next_hops = [(name, has_mx) for name, has_mx, _ in nexthops(settings.value("relayhost"))]
    next_hops = next_hops if asks_others else []
    targets = pool.submit(relay_targets, next_hops, network.resolvers, RELAY_SECONDS)
    listening = smtpds(services)
    tables = begin_tables(door, settings, listening, configuration.table_types)
    lmtp = delivery.lmtp_socket(answers.delivery.mailbox_transport)
    socket = answers.delivery.mailbox_transport.rpartition(":")[2] if lmtp else ""
    waiting = begin_waiting(door, socket, pool)
    rows = routes(InTime(door), settings)
    behind = (*backends(settings, (*listening, *with_options(services))), *sockets(rows))
    # `delivery.lmtp` checks the socket of the answers, and also waits for Dovecot.
    others = [one for one in behind if not lmtp or one.path != lmtp]
    backend_findings = begin_backends(others, settings, pool, own_sockets(services, door))
    person = next(iter(people_of(door)), "postmaster")
    policies = begin_policies(
        settings,
        services,
        f"{person}@{settings.value('mydomain')}",
        pool,
        helo=mark(machine_id(door), time.time()),
        asks_others=asks_others,
    )
    served = certificate_files(settings)
    paths = begin_paths(door, settings, services, network, pool, asks_others=asks_others)
    named_domains = begin_named(door, settings, network, pool) if asks_others else _nothing
    largest = settings.number("message_size_limit") or 0
    package, unit = begin_package(door), begin_unit_settings(door, served, largest)
    next_start, routes_out = begin_next_start(door), begin_routes(door, network)
    labels = begin_labels(door, (path for _, path in named(settings, listening)), served)

    here = replace(settings, here=itself(network, services, {}))
    parts: tuple[tuple[str, Callable[[], Iterable[Finding]]], ...] = (
        ("keys", lambda: judge_key(door, _of_ports(services, settings))),
        (
            "names",
            lambda: judge_names(door, answers.hostname.myhostname, network, services, settings),
        ),
        ("sockets", lambda: _sockets(lmtp)),
        ("sockets", lambda: judge_own_sockets(services)),
        ("parameters", lambda: _hazards(settings, itself(network, services, targets.result()))),
        ("parameters", lambda: judge_silent(here, services, door)),
        ("domains", lambda: judge_classes(door, settings)),
        ("domains", named_domains),
        ("restrictions", lambda: judge_restrictions(settings, listening)),
        ("restrictions", lambda: judge_before_login(settings, for_people(services))),
        ("restrictions", lambda: judge_replies(settings, listening)),
        ("restrictions", policies),
        ("networks", routes_out),
        ("networks", lambda: judge_trusted(door, settings, network, chosen)),
        ("master.cf", lambda: judge_services(services, settings, door)),
        ("programs", backend_findings),
        ("tables", tables),
        ("tables", lambda: judge_values(InTime(door), settings, services, rows)),
        ("tables", lambda: judge_actions(door, settings, services, people_of(door))),
        ("tables", lambda: judge_owners(door, named(settings, listening), settings)),
        ("files", lambda: judge_mounts(settings)),
        ("files", lambda: judge_programs(door, settings)),
        ("labels", labels),
        ("files", package),
        ("unit", unit),
        ("unit", lambda: judge_pid(door)),
        ("unit", next_start),
        ("sections", lambda: _of_sections(door, settings, answers)),
        ("paths", paths),
        ("aliases", lambda: judge_rows(door, settings)),
        ("aliases", lambda: judge_past(InTime(door), settings, services)),
        ("aliases", lambda: judge_nobody(InTime(door), settings)),
        ("aliases", lambda: judge_forwarding(InTime(door), settings)),
        ("homes", lambda: _homes(door, settings)),
        ("queue", lambda: judge_queue(door, settings)),
        ("queue", lambda: judge_files(settings)),
        ("queue", lambda: judge_waiting(waiting(), settings, time.time())),
    )

    def finish() -> Iterator[Finding]:
        for name, part in parts:
            yield from guarded(name, part)

    return finish


def _nothing() -> Iterator[Finding]:
    """Return no findings, of a check that was not started."""
    return iter(())


def _of_ports(services: Sequence[Service], settings: Settings) -> Iterator[Settings]:
    return (one.settings for one in port_settings(services, settings).values())


def _sockets(lmtp: str) -> Iterator[Finding]:
    yield from judge_socket("auth", delivery.AUTH_SOCKET)
    if lmtp:
        yield from judge_socket("lmtp", lmtp)


def _hazards(settings: Settings, here: Itself) -> Iterator[Finding]:
    return judge_hazards(replace(settings, here=here))


def _of_sections(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    for section in SECTIONS:
        yield from section.check(door, settings, answers)


def _homes(door: Door, settings: Settings) -> Iterator[Finding]:
    """Check the homes of people where local(8) itself stores their mail."""
    if not settings.value("mailbox_transport"):
        home = settings.value("home_mailbox")
        maildir = home.rstrip("/") if home.endswith("/") else ""
        yield from judge_homes(door, maildir, alias_names(door), in_homes=bool(home))
