"""Check for faults that neither `postfix check` nor systemd reports.

A hand edit can break a server in ways that no planned parameter shows. All checks start before the
first result is awaited, so they run in parallel.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import replace
from typing import Callable, Optional

from wizard.answers.model import Answers
from wizard.check.certificates.key_files import judge_key
from wizard.check.dovecot import delivery
from wizard.check.host.homes import judge_homes
from wizard.check.host.labels import begin_labels
from wizard.check.host.package import begin_package
from wizard.check.host.sockets import judge_socket
from wizard.check.host.unit_settings import begin_unit_settings
from wizard.check.paths.aliases import judge_rows
from wizard.check.paths.ends import begin_paths
from wizard.check.postfix.backends import backends, begin_backends
from wizard.check.postfix.before_login import judge_before_login
from wizard.check.postfix.domain_classes import judge_classes
from wizard.check.postfix.main_cf import judge_hazards
from wizard.check.postfix.restrictions import judge_restrictions
from wizard.check.postfix.services import judge_services, smtpds
from wizard.check.postfix.trusted import judge_trusted
from wizard.check.queue.spool import judge_queue
from wizard.check.queue.waiting import begin_waiting, judge_waiting
from wizard.check.silent.judge import judge_silent
from wizard.check.tables.actions import judge_actions
from wizard.check.tables.indexes import begin_tables, named
from wizard.check.tls.services import certificate_files, port_settings
from wizard.door import Door
from wizard.finding import Finding
from wizard.host.dovecot import people_of
from wizard.host.facts import Network
from wizard.host.postfix import Configuration
from wizard.host.relay import relay_targets
from wizard.postfix.itself import itself, nexthops
from wizard.postfix.master_cf import read_services
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
) -> Callable[[], Iterator[Finding]]:
    """Start all checks; call the result to wait for the findings, in a stable order.

    With `is_chosen` somebody chose the answers; else they were read back from the host.
    """
    settings = Settings(configuration.parameters, configuration.defaults)
    services = read_services(door)
    network = network or Network()
    chosen = answers.networks.mynetworks if is_chosen else ()
    next_hops = [(name, has_mx) for name, has_mx, _ in nexthops(settings.value("relayhost"))]
    targets = pool.submit(relay_targets, next_hops, network.resolvers, RELAY_SECONDS)
    listening = smtpds(services)
    tables = begin_tables(door, settings, listening, configuration.table_types)
    lmtp = delivery.lmtp_socket(answers.delivery.mailbox_transport)
    socket = answers.delivery.mailbox_transport.rpartition(":")[2] if lmtp else ""
    waiting = begin_waiting(door, socket, pool)
    backend_findings = begin_backends(backends(settings, listening), settings, pool)
    served = certificate_files(settings)
    paths = begin_paths(door, settings, services, network, pool)
    package, unit = begin_package(door), begin_unit_settings(door)
    labels = begin_labels(door, (path for _, path in named(settings, listening)), served)

    def finish() -> Iterator[Finding]:
        of_ports = (one.settings for one in port_settings(services, settings).values())
        yield from judge_key(door, of_ports)
        yield from judge_socket("auth", delivery.AUTH_SOCKET)
        if lmtp:
            yield from judge_socket("lmtp", lmtp)
        yield from judge_hazards(
            replace(settings, here=itself(network, services, targets.result()))
        )
        yield from judge_silent(
            replace(settings, here=itself(network, services, {})), services, door
        )
        yield from judge_classes(door, settings)
        yield from judge_restrictions(settings, listening)
        yield from judge_before_login(settings, listening)
        yield from judge_trusted(door, settings, network, chosen)
        yield from judge_services(services, settings, door)
        yield from backend_findings()
        yield from tables()
        yield from judge_actions(door, settings, listening, people_of(door))
        yield from labels()
        yield from (*package(), *unit())
        for section in SECTIONS:
            yield from section.check(door, settings, answers)
        yield from paths()
        yield from judge_rows(door, settings)
        if not settings.value("mailbox_transport"):
            home = settings.value("home_mailbox")
            maildir = home.rstrip("/") if home.endswith("/") else ""
            yield from judge_homes(door, maildir, in_homes=bool(home))
        yield from judge_queue(door, settings)
        yield from judge_waiting(waiting(), settings, time.time())

    return finish
