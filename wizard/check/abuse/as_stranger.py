"""Try the whole list of attempts on this host, from a stranger's address on lo."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from wizard.answers.model import Answers
from wizard.answers.rules.parameters import UNIT_SECONDS
from wizard.check.abuse.attempts import Target
from wizard.check.abuse.rates import rates_unknown, try_rates
from wizard.check.abuse.trials import try_all
from wizard.check.commands import start_command
from wizard.check.dovecot import delivery
from wizard.check.log.mark import machine_id, mark
from wizard.check.network import ports
from wizard.check.network.stranger import (
    NoStrangerError,
    networks,
    stranger_address,
    unused_addresses,
)
from wizard.door import Door
from wizard.finding import RIGHT, Check, Finding
from wizard.host.facts import Host

LIFETIME = 90
"""Seconds after which the kernel removes the address, in case we are killed by SIGKILL."""

STAGES: tuple[Callable[[Target, str], Iterable[Finding]], ...] = (try_all, try_rates)
"""Each stage has an address of its own, because the second ends locked out."""

_UNSAID_UNIT = ("60", "s")
"""Postfix's default for the time unit of the rates, if no answer sets it."""


def target_of(answers: Answers, address: str, waits: str = "", bare_newline: str = "") -> Target:
    """Return what the server at `address` should be, from the answers."""
    limits = answers.limits
    found = re.fullmatch(r"([0-9]+)([smhdw]?)", limits.anvil_rate_time_unit)
    number, unit = found.groups() if found else _UNSAID_UNIT
    return Target(
        address,
        answers.hostname.myhostname,
        answers.hostname.mydomain,
        limits.message_size_limit,
        waits,
        bare_newline,
        int(number) * UNIT_SECONDS[unit],
        limits.smtpd_client_connection_rate_limit,
        limits.smtpd_client_connection_count_limit,
        limits.smtpd_client_message_rate_limit,
        limits.smtpd_client_recipient_rate_limit,
    )


def check_as_stranger(answers: Answers, host: Host, door: Door) -> Iterator[Finding]:
    """Try all attempts on this host, then the limits. All addresses are removed afterwards.

    The finding is `stranger` alone if no stranger's address can be added.
    """
    trusted = host.parameters.get("mynetworks", "")
    if not trusted:
        # Without mynetworks Postfix trusts the host's addresses, the stranger's too.
        yield _nobody("mynetworks is not set in main.cf")
        return
    address = ports.reachable(answers.networks, door)[25]
    waits = delivery.socket_fault(delivery.AUTH_SOCKET)
    target = target_of(answers, address, waits, bare_newline(door))
    target = replace(target, me=mark(machine_id(door), time.time()))
    version = ipaddress.ip_address(address).version
    taken, trusted_networks = (
        networks(host.network.networks),
        networks(re.split(r"[,\s]+", trusted)),
    )
    found: list[Finding] = []
    try:
        for stage in STAGES:
            with stranger_address(
                version, taken, trusted_networks, candidates=unused_addresses(), lifetime=LIFETIME
            ) as source:
                found += stage(target, source)
            if found[0].verdict != RIGHT:
                found += rates_unknown(target, f"port 25: {found[0].seen}")
                break
    except NoStrangerError as fault:
        found.append(_nobody(str(fault)))
    yield from found


def bare_newline(door: Door) -> str:
    """Return smtpd_forbid_bare_newline: "-" if this Postfix does not know it, "" if unknown."""
    result = start_command(door, ("postconf", "-h", "smtpd_forbid_bare_newline"))()
    return "" if result.failure else result.text.strip() or "-"


def _nobody(why: str) -> Finding:
    return Check("stranger", "a stranger's attempts", "refused").unknown(why)
