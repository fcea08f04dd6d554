"""The whole list of attempts from this host itself, by a stranger's address on lo."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator

from wizard.answers.model import Answers
from wizard.check.abuse.attempts import Target
from wizard.check.abuse.rates import rates_unknown, try_rates
from wizard.check.abuse.trials import try_all
from wizard.check.commands import ask
from wizard.check.dovecot import delivery
from wizard.check.network import ports
from wizard.check.network.stranger import NoStrangerError, new_faces, stranger_address
from wizard.check.sessions import networks
from wizard.door import Door
from wizard.finding import RIGHT, Check, Finding
from wizard.host.facts import Host

LIFETIME = 90
"""Seconds after which the kernel takes the address away, should we be SIGKILLed."""

STAGES: tuple[Callable[[Target, str], Iterable[Finding]], ...] = (try_all, try_rates)
"""Each by an address of its own, since the second is shut out in the end."""

_UNSAID_UNIT = ("60", "s")
"""The time unit of the rates where no answer says it: Postfix's own."""
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def target_of(answers: Answers, address: str, waits: str = "", bare_newline: str = "") -> Target:
    """What a server at `address` should be, by its answers."""
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
        int(number) * _UNITS[unit],
        limits.smtpd_client_connection_rate_limit,
        limits.smtpd_client_connection_count_limit,
        limits.smtpd_client_message_rate_limit,
        limits.smtpd_client_recipient_rate_limit,
    )


def check_as_stranger(answers: Answers, host: Host, door: Door) -> Iterator[Finding]:
    """Try everything on this host, then reach for the limits; no address of ours outlives it.

    `stranger` alone is found where no stranger can be played.
    """
    trusted = host.parameters.get("mynetworks", "")
    if not trusted:
        # Without one Postfix trusts the host's addresses, and the stranger's would be one of them.
        yield _nobody("mynetworks is not set in main.cf")
        return
    address = ports.reachable(answers.networks, door)[25]
    waits = delivery.socket_fault(delivery.AUTH_SOCKET)
    target = target_of(answers, address, waits, bare_newline(door))
    version = ipaddress.ip_address(address).version
    taken, trusted_networks = (
        networks(host.network.networks),
        networks(re.split(r"[,\s]+", trusted)),
    )
    found: list[Finding] = []
    try:
        for stage in STAGES:
            with stranger_address(
                version, taken, trusted_networks, candidates=new_faces(), lifetime=LIFETIME
            ) as source:
                found += stage(target, source)
            if found[0].verdict != RIGHT:
                found += rates_unknown(target, f"port 25: {found[0].seen}")
                break
    except NoStrangerError as fault:
        found.append(_nobody(str(fault)))
    yield from found


def bare_newline(door: Door) -> str:
    """What smtpd_forbid_bare_newline is: "-" where this Postfix does not know it, "" unknown."""
    told = ask(door, ("postconf", "-h", "smtpd_forbid_bare_newline"))()
    return "" if told.failure else told.text.strip() or "-"


def _nobody(why: str) -> Finding:
    return Check("stranger", "a stranger's attempts", "refused").unknown(why)
