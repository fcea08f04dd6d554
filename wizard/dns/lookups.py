"""Query the DNS records of this server, in parallel, with one timeout for all.

`wizard.check.dns.records` judges the answers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.answers.model import Answers
from wizard.dns.addresses import is_inner, public4
from wizard.dns.asking import SILENT, Answer, Question, ask_within, reversed_name

SECONDS = 3.0
"""Timeout of all questions together."""

MOST = 24
"""Local names whose MX records are queried; the rest of a longer list is skipped."""


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
) -> Lookups:
    """Query what other servers would query. Never raises; takes `seconds` or little more.

    `addresses` are this host's own. The PTR records of its public addresses are queried at once.
    Those of addresses that only the DNS has are queried afterwards, in the remaining time.
    """
    deadline = time.monotonic() + seconds
    found = ask_within(questions(answers, addresses), resolvers, seconds=seconds, port=port)
    outer = public4(found[Question(answers.hostname.myhostname, "A")].records)
    more = (Question(reversed_name(one), "PTR") for one in outer[:MOST])
    remaining = deadline - time.monotonic()
    new = [one for one in more if one not in found]
    found |= ask_within(new, resolvers, seconds=remaining, port=port)
    return Lookups(found, tuple(addresses))


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
                Question(f"_dmarc.{domain}", "TXT"),
            )
        )
    )


def is_inside(answer: Answer) -> bool:
    """True if an A answer is from an inside view: all its addresses are inner ones."""
    return bool(answer.records) and all(map(is_inner, answer.records))
