"""Query the DNS records of this server, in parallel, with one timeout for all.

`wizard.check.dns.records` judges the answers.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Optional

from wizard.answers.model import Answers
from wizard.answers.rules.addresses import is_address
from wizard.answers.rules.names import is_public_name
from wizard.dns.addresses import is_inner, public4, public6
from wizard.dns.asking import FOUND, SILENT, Answer, Question, ask_within, reversed_name
from wizard.dns.authority import EVERYWHERE, Reach, ZoneAnswers, agreed, ask_each_server
from wizard.dns.dmarc import is_dmarc, readers
from wizard.dns.domain_names import is_of_another
from wizard.dns.spf import evaluate, text_of

SECONDS = 3.0
"""Timeout of all questions together."""

MOST = 24
"""Local names whose MX records are queried; the rest of a longer list is skipped."""

MOST_SENDERS = 4
"""Addresses of this host for which SPF is evaluated."""


MOST_DOMAINS = 12
"""Domains whose records for policies and programs are queried; the rest is skipped."""

MOST_READERS = 4
"""Readers of a domain's reports whose permission is queried."""

SERVERS_SHARE = 0.6
"""Part of the time that the zones' own servers have: a dead one must not take all of it."""

ANYBODY = "192.0.2.200"
"""An address for documentation (RFC 5737): a policy that lets it pass lets everybody pass."""

SIGNED = "DNSKEY"
"""The records that a signed zone has (RFC 4034)."""


@dataclass(frozen=True)
class Lookups:
    """The answers by question, and this host's own addresses to compare them with.

    `zones` is what the servers of our zones answered. Where they agree, `answers` has their answer,
    else that of the resolvers.
    """

    answers: Mapping[Question, Answer]
    addresses: tuple[str, ...]
    zones: tuple[ZoneAnswers, ...] = ()

    def of(self, name: str, kind: str) -> Answer:
        """Return the answer to a question, a silent one if there was no such question."""
        question = Question(name, kind)
        return self.answers.get(question, Answer(question, SILENT, why="it was not asked"))

    def is_observed(self, name: str, kind: str) -> bool:
        """True if the servers of the name's zone gave the answer, and all the same one."""
        return _agreed(self.zones, Question(name, kind)) is not None

    def is_signed(self, name: str) -> bool:
        """True if the zone of a name is signed, and the zone above it says so (RFC 4035)."""
        question = Question(name, "A")
        zone = next((one.zone for one in self.zones if one.of(question)), "")
        kinds = ("DS", SIGNED)
        return bool(zone) and all(self.of(zone, kind).state == FOUND for kind in kinds)


def _agreed(zones: Iterable[ZoneAnswers], question: Question) -> Optional[Answer]:
    return next((found for one in zones if (found := agreed(one.of(question)))), None)


def look_up(
    answers: Answers,
    addresses: Sequence[str],
    resolvers: Sequence[str],
    *,
    seconds: float = SECONDS,
    port: int = 53,
    why_not: str = "",
    relay: str = "",
) -> Lookups:
    """Query what other servers would query. Never raises; takes `seconds` or little more.

    `addresses` are this host's own. The PTR records of its public addresses are queried at once.
    Those of addresses that only the DNS has are queried afterwards, in the remaining time. With
    `why_not` names and servers of others are not queried, and their answers have it as the reason.
    `relay` is a relay host of main.cf that the answers do not have.
    """
    own = _own_names(answers, addresses)
    deadline = time.monotonic() + seconds
    policies = tuple(policy_questions(answers))
    first = questions(answers, addresses)
    at_servers = [
        one for one in (*first, *policies) if one.kind != "PTR" and _is_own(one.name, own)
    ]
    reach = Reach(lambda name: _is_own(name, own), lambda one: one in addresses, why_not)
    with ThreadPoolExecutor(1, thread_name_prefix="authority") as pool:
        pending = pool.submit(
            ask_each_server,
            at_servers,
            resolvers,
            seconds=seconds * SERVERS_SHARE,
            port=port,
            reach=reach if why_not else EVERYWHERE,
        )
        found = ask_within(first, resolvers, seconds=seconds, port=port)
        zones = pending.result()
    for question in at_servers:
        answer = _agreed(zones, question)
        if answer is not None:
            found[question] = answer

    def more(wanted: Iterable[Question]) -> None:
        new = [one for one in dict.fromkeys(wanted) if one not in found]
        if why_not:
            foreign = [one for one in new if not _is_own(one.name, own)]
            found.update((one, Answer(one, SILENT, why=why_not)) for one in foreign)
            new = [one for one in new if one not in found]
        remaining = deadline - time.monotonic()
        found.update(ask_within(new, resolvers, seconds=remaining, port=port))

    def lookup(name: str, kind: str) -> Answer:
        more([Question(name, kind)])
        return found[Question(name, kind)]

    outer = public4(found[Question(answers.hostname.myhostname, "A")].records)
    exchangers = (
        name
        for question, answer in tuple(found.items())
        if question.kind == "MX"
        for name in best(answer)
    )
    more(
        [
            *(Question(reversed_name(one), "PTR") for one in outer[:MOST]),
            *(Question(name, "A") for name in islice(exchangers, MOST)),
            *policies,
            *(Question(one.zone, kind) for one in zones for kind in ("DS", SIGNED)),
        ]
    )
    seen = Lookups(found, tuple(addresses), zones)
    more(further_questions(seen, relay or answers.relay.host))
    names = dict.fromkeys((*_domains(answers), answers.hostname.myhostname))
    for name in names:
        for address in (*senders(answers, seen), ANYBODY):
            # All that SPF needs is queried here, so that a judge has it.
            evaluate(address, name, lookup)
    return Lookups(found, tuple(addresses), zones)


def _own_names(answers: Answers, addresses: Sequence[str]) -> frozenset[str]:
    """Return the names of this host: its own, its domains, and those of its addresses' PTR records."""
    own = public4((*addresses, *answers.networks.proxy_interfaces))
    return frozenset(
        (
            answers.hostname.myhostname.lower(),
            answers.hostname.mydomain.lower(),
            *(one.lower() for one in answers.domains.local),
            *map(reversed_name, own),
        )
    )


def _is_own(name: str, own: Collection[str]) -> bool:
    labels = name.lower().rstrip(".").split(".")
    return any(".".join(labels[first:]) in own for first in range(len(labels)))


def best(answer: Answer) -> tuple[str, ...]:
    """Return the mail exchangers with the lowest preference, in lower case (RFC 5321, 5.1)."""
    words = (one.split() for one in answer.records)
    parted = [one for one in words if one and one[0].isdecimal()]
    least = min((int(one[0]) for one in parted), default=0)
    return tuple(one[-1].lower() for one in parted if int(one[0]) == least)


def takes_no_mail(answer: Answer) -> bool:
    """True if an MX record has the root for its exchanger (RFC 7505)."""
    return any(one.rstrip(". ").isdecimal() for one in answer.records)


def exchangers(answer: Answer) -> tuple[str, ...]:
    """Return all mail exchangers, in lower case; none for the null MX (RFC 7505)."""
    return tuple(
        dict.fromkeys(one.split()[-1].lower() for one in answer.records if one[-1:] != ".")
    )


def senders(answers: Answers, found: Lookups) -> tuple[str, ...]:
    """Return the addresses that this host's own mail comes from, as far as they are known.

    They are its public ones and those of its router; else those that its name leads to.
    """
    own = (*found.addresses, *answers.networks.proxy_interfaces)
    outer = public4(own) or public4(found.of(answers.hostname.myhostname, "A").records)
    six = public6(own) if answers.networks.inet_protocols != "ipv4" else ()
    return (*outer, *six)[:MOST_SENDERS]


def questions(answers: Answers, addresses: Sequence[str]) -> tuple[Question, ...]:
    """Return the questions of the first round."""
    host, domain = answers.hostname.myhostname, answers.hostname.mydomain
    outer = answers.networks.proxy_interfaces
    names = dict.fromkeys((domain, *answers.domains.local[:MOST]))
    return tuple(
        dict.fromkeys(
            (
                Question(host, "A"),
                Question(host, "AAAA"),
                *(Question(name, "MX") for name in names),
                *(Question(reversed_name(one), "PTR") for one in public4((*addresses, *outer))),
                Question(domain, "TXT"),
                Question(host, "TXT"),
                Question(f"_dmarc.{domain}", "TXT"),
            )
        )
    )


POLICIES = (
    ("{}", "TXT"),
    ("_dmarc.{}", "TXT"),
    ("_smtp._tls.{}", "TXT"),
    ("_mta-sts.{}", "TXT"),
    ("_submissions._tcp.{}", "SRV"),
    ("_submission._tcp.{}", "SRV"),
    ("_imaps._tcp.{}", "SRV"),
    ("_imap._tcp.{}", "SRV"),
    ("{}", "CAA"),
)
"""The records of a domain for policies and mail programs: the name and the type."""


def _domains(answers: Answers) -> tuple[str, ...]:
    """Return the domains whose policies are queried."""
    names = dict.fromkeys((answers.hostname.mydomain, *answers.domains.local))
    return tuple(islice((one for one in names if is_public_name(one)), MOST_DOMAINS))


def policy_questions(answers: Answers) -> Iterator[Question]:
    """Yield the questions about policies; the zone's servers answer them, or else a resolver."""
    host = answers.hostname.myhostname
    for name in _domains(answers):
        yield from (Question(owner.format(name), kind) for owner, kind in POLICIES)
    yield from (Question(name, "CAA") for name in caa_names(host))
    yield Question(f"_25._tcp.{host}", "TLSA")


def caa_names(host: str) -> tuple[str, ...]:
    """Return the names whose CAA records may count for a host's certificate, in this order (RFC 8659, 3)."""
    labels = host.split(".")
    return tuple(".".join(labels[at:]) for at in range(max(1, len(labels) - 1)))


def further_questions(found: Lookups, relay: str) -> Iterator[Question]:
    """Yield the questions that follow from the policies: where they and our mail lead."""
    if relay and not is_address(relay):
        yield from (Question(relay, kind) for kind in ("A", "AAAA"))
    for question, answer in tuple(found.answers.items()):
        if question.kind == "SRV":
            names = (one.split()[-1].lower() for one in answer.records)
            yield from (Question(name, "A") for name in names if name != ".")
        if question.name.startswith("_dmarc."):
            domain = question.name[len("_dmarc.") :]
            yield from (Question(permit, "TXT") for permit in permits(domain, answer))
        if question.name.startswith("_mta-sts.") and answer.records:
            yield from (Question(question.name[1:], kind) for kind in ("A", "AAAA"))


def permits(domain: str, answer: Answer) -> tuple[str, ...]:
    """Return the names by which other domains permit a domain's reports (RFC 7489, 7.1)."""
    texts = (text for text in map(text_of, answer.records) if is_dmarc(text))
    names = (reader for text in texts for reader in readers(text))
    return tuple(
        f"{domain}._report._dmarc.{name}"
        for name in islice(names, MOST_READERS)
        if is_of_another(name, domain)
    )


def is_inside(answer: Answer) -> bool:
    """True if an A answer is from an inside view: all its addresses are inner ones."""
    return bool(answer.records) and all(map(is_inner, answer.records))
