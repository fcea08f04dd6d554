"""Query the DNS records of this server, in parallel, with one timeout for all.

`wizard.check.dns.records` judges the answers.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from wizard.answers.model import Answers
from wizard.dns.addresses import is_inner, public4, public6
from wizard.dns.asking import SILENT, Answer, Question, ask_within, reversed_name
from wizard.dns.spf import evaluate

SECONDS = 3.0
"""Timeout of all questions together."""

MOST = 24
"""Local names whose MX records are queried; the rest of a longer list is skipped."""

MOST_SENDERS = 4
"""Addresses of this host for which SPF is evaluated."""


@dataclass(frozen=True)
class Lookups:
    """The answers by question, and this host's own addresses to compare them with."""

    answers: dict[Question, Answer]
    addresses: tuple[str, ...]

    def of(self, name: str, kind: str) -> Answer:
        """Return the answer to a question, a silent one if there was no such question."""
        question = Question(name, kind)
        return self.answers.get(question, Answer(question, SILENT, why="it was not asked"))


def look_up(
    answers: Answers,
    addresses: Sequence[str],
    resolvers: Sequence[str],
    *,
    seconds: float = SECONDS,
    port: int = 53,
    why_not: str = "",
) -> Lookups:
    """Query what other servers would query. Never raises; takes `seconds` or little more.

    `addresses` are this host's own. The PTR records of its public addresses are queried at once.
    Those of addresses that only the DNS has are queried afterwards, in the remaining time. With
    `why_not` names of others are not queried, and their answers have it as the reason.
    """
    own = _own_names(answers, addresses)
    deadline = time.monotonic() + seconds
    found = ask_within(questions(answers, addresses), resolvers, seconds=seconds, port=port)

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
        ]
    )
    seen = Lookups(found, tuple(addresses))
    for name in (answers.hostname.mydomain, answers.hostname.myhostname):
        for address in senders(answers, seen):
            # All that SPF needs is queried here, so that a judge has it.
            evaluate(address, name, lookup)
    return Lookups(found, tuple(addresses))


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


def is_inside(answer: Answer) -> bool:
    """True if an A answer is from an inside view: all its addresses are inner ones."""
    return bool(answer.records) and all(map(is_inner, answer.records))
