"""The answers: one frozen dataclass a section, in the order of the screens.

The values are validated and in the form for main.cf: names as A-labels, networks in CIDR
notation. `wizard.answers.fields` has the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Collection, Optional

from wizard.answers.sections.aliases import Aliases
from wizard.answers.sections.backup import Backup
from wizard.answers.sections.blocklists import Blocklists
from wizard.answers.sections.certificate import Certificate
from wizard.answers.sections.delivery import Delivery
from wizard.answers.sections.dkim import Dkim
from wizard.answers.sections.dns import Dns
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.dovecot import Dovecot
from wizard.answers.sections.hardening import Hardening
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.limits import Limits
from wizard.answers.sections.move import Move
from wizard.answers.sections.networks import Networks
from wizard.answers.sections.relay import Relay
from wizard.answers.sections.senders import Senders
from wizard.answers.sections.tls import Tls


@dataclass(frozen=True)
class Answers:
    """All sections. Only `hostname` has no default."""

    hostname: Hostname
    domains: Domains = field(default_factory=Domains)
    networks: Networks = field(default_factory=Networks)
    certificate: Certificate = field(default_factory=Certificate)
    blocklists: Blocklists = field(default_factory=Blocklists)
    delivery: Delivery = field(default_factory=Delivery)
    limits: Limits = field(default_factory=Limits)
    dns: Dns = field(default_factory=Dns)
    aliases: Aliases = field(default_factory=Aliases)
    relay: Relay = field(default_factory=Relay)
    tls: Tls = field(default_factory=Tls)
    dovecot: Dovecot = field(default_factory=Dovecot)
    hardening: Hardening = field(default_factory=Hardening)
    senders: Senders = field(default_factory=Senders)
    dkim: Dkim = field(default_factory=Dkim)
    backup: Backup = field(default_factory=Backup)
    move: Move = field(default_factory=Move)


SECTIONS: tuple[str, ...] = tuple(Answers.__dataclass_fields__)
"""The answers' sections in order: hostname, domains, ... move."""


def narrowed(answers: Answers, today: Answers, sections: Collection[str]) -> Answers:
    """Return the answers with all other sections as they are today, so that these are unchanged."""
    return Answers(
        **{name: getattr(answers if name in sections else today, name) for name in SECTIONS}
    )


def local_domains(answers: Answers) -> tuple[str, ...]:
    """Return the local domains that the answers name."""
    own = answers.hostname
    return tuple(dict.fromkeys((own.mydomain, own.myhostname, *answers.domains.local)))


POLICY = "policy"
"""The section of all that no other section owns: banner, TLS and SASL parameters, master.cf."""


@dataclass(frozen=True)
class Problem:
    """A problem of the answers, shown at a field of a screen or a line of a file.

    `message` says what is wrong and what to write instead. `line` counts from 1 in the TOML text;
    None for a typed value.
    """

    section: str
    name: str
    message: str
    line: Optional[int] = None


def host_problem(message: str) -> Problem:
    """Return a problem of the host, which no field of the answers causes."""
    return Problem("", "", message)


@dataclass(frozen=True)
class Caution:
    """A danger that the operator must accept by `name` and `values`.

    `values` name exactly what is accepted, in the plan's order: a range, a user, a run. They are
    compared as a set (`wizard.answers.accept`).
    """

    name: str
    message: str
    values: tuple[str, ...] = ()
