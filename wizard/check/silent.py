"""What `postfix check` is content with and systemd does not see, looked at all at once.

A server may be broken by hand in many ways that no planned parameter shows: this gathers the
looks at all that surrounds them. Each is begun before any is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Callable

from wizard.answers.model import Answers
from wizard.check import certificate, dovecot
from wizard.check.aliases import judge_aliases
from wizard.check.behind import begin_behind, places
from wizard.check.hardening import judge_hardening
from wizard.check.hazards import judge_hazards
from wizard.check.model import Finding
from wizard.check.queue import begin_waiting, judge_waiting
from wizard.check.restrictions import judge_restrictions
from wizard.check.services import judge_services, smtpds
from wizard.check.settings import Settings
from wizard.check.sockets import judge_socket
from wizard.check.spool import judge_queue
from wizard.check.tables import begin_tables
from wizard.check.trust import begin_chain, judge_key
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.postfix import Configuration
from wizard.postfix.master_cf import MasterCf

MASTER_CF = "/etc/postfix/master.cf"
SELF_SIGNED = "self-signed"


def begin_silent(
    answers: Answers, door: Door, configuration: Configuration, pool: Executor
) -> Callable[[], Iterator[Finding]]:
    """Begin all looks; call the result to wait for the findings, in a stable order."""
    settings = Settings(configuration.parameters, configuration.defaults)
    try:
        services = MasterCf.parse(door.read_bytes(MASTER_CF) or b"").services
    except Trouble:
        services = ()
    listening = smtpds(services)
    tables = begin_tables(door, settings, listening, configuration.table_types)
    lmtp = dovecot.lmtp_socket(answers.delivery.mailbox_transport)
    socket = answers.delivery.mailbox_transport.rpartition(":")[2] if lmtp else ""
    waiting = begin_waiting(door, socket, pool)
    behind = begin_behind(places(settings, listening), settings, pool)
    served = certificate.files(configuration.parameters)
    # Who chose a self-signed one knows that nobody trusts it.
    follows = served and answers.certificate.source != SELF_SIGNED
    chain = begin_chain(door, served[0]) if follows else None

    def finish() -> Iterator[Finding]:
        if chain is not None:
            yield from chain()
        yield from judge_key(door, settings)
        yield from judge_socket("auth", dovecot.AUTH_SOCKET)
        if lmtp:
            yield from judge_socket("lmtp", lmtp)
        yield from judge_hazards(settings)
        yield from judge_restrictions(settings, listening)
        yield from judge_services(services, settings, door)
        yield from behind()
        yield from tables()
        yield from judge_aliases(door, settings, answers)
        yield from judge_hardening(answers, settings, services)
        yield from judge_queue(door, settings)
        yield from judge_waiting(waiting(), settings, time.time())

    return finish
