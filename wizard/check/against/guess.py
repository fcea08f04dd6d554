"""Without a target: what HOST and the DNS say of a server, and how far that supports a verdict."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from wizard.answers.rules.addresses import is_address
from wizard.check.abuse.attempts import GROUPS, Target
from wizard.check.abuse.trials import literal
from wizard.dns.asking import Question, ask_all, reversed_name
from wizard.dns.lookups import best
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding

SECONDS = 3.0
"""For each of two rounds of questions."""

MAX_PARENTS = 4
"""Parent domains of a name whose MX records are queried."""

MAX_POINTERS = 4
"""Names of an address whose addresses are queried."""

_POLICY = frozenset({"no-auth", "auth", "login", "vrfy", "expn", "helo-malformed", "local"})
"""Attempts that the wizard's policy refuses, and that another server may allow."""

_FOR_DOMAIN = frozenset(
    f"stranger.{group.door}.{attempt.id}"
    for group in GROUPS
    for attempt in group.attempts
    if any(line.startswith("RCPT") and "{domain}" in line for line in attempt.say)
)
"""Attempts that tell something only if the server has mail for the domain in them."""

_NOT_SURELY = frozenset(
    {"stranger.587.reached", "stranger.587-tls.reached", "stranger.465.reached"}
)
"""Ports that a mail server need not have."""


@dataclass(frozen=True)
class Guess:
    """A server's name and its domain. `is_domain_sure` is True if the domain's MX leads to it."""

    name: str
    domain: str
    is_domain_sure: bool

    @property
    def target(self) -> Target:
        """What the server should be, without its address; its limits are not known."""
        return Target("", self.name, self.domain, 0)


def guess(host: str, addresses: Sequence[str], resolvers: Sequence[str]) -> Guess:
    """Return the name and the domain of the server at `host`. Never raises.

    An address has the name of its PTR record if that leads back. The domain is the first one, from
    the name upwards, whose best MX is the server.
    """
    name = _name_of(host, resolvers) if is_address(host) else host
    if not name:
        return Guess(literal(host), literal(host), is_domain_sure=False)
    labels = name.split(".")
    domains = [".".join(labels[at:]) for at in range(len(labels) - 1)][: MAX_PARENTS + 1]
    answers = ask_all([Question(one, "MX") for one in domains], resolvers, seconds=SECONDS)
    exchangers = {answer.question.name: best(answer) for answer in answers}
    others = {one for names in exchangers.values() for one in names if one != name.lower()}
    leading = _leading(sorted(others)[:MAX_PARENTS], addresses, resolvers)
    for domain in domains:
        if {name.lower(), *leading} & set(exchangers[domain]):
            return Guess(name, domain, is_domain_sure=True)
    return Guess(name, name, is_domain_sure=False)


def softened(findings: Iterable[Finding], sure: Guess) -> Iterator[Finding]:
    """Yield the findings with the verdicts that HOST and the DNS support.

    Nobody said that the server has the wizard's policy, so what differs from it is a warning. A port
    that does not answer may not be meant to. A refusal of mail for a domain tells nothing unless
    the domain is the server's.
    """
    for one in findings:
        attempt = one.id.rpartition(".")[2]
        if one.verdict == WRONG and one.id in _NOT_SURELY:
            yield replace(one, verdict=UNKNOWN, seen=f"not known: {one.seen}", advice=_TARGET)
        elif one.verdict == WRONG and attempt in _POLICY:
            yield replace(one, verdict=WARNING, fatal=False)
        elif one.verdict == RIGHT and one.id in _FOR_DOMAIN and not sure.is_domain_sure:
            seen = f"not known whether {sure.domain} is a domain of this server: {one.seen}"
            yield replace(one, verdict=UNKNOWN, seen=seen, advice=_TARGET)
        else:
            yield one


_TARGET = "Whether it should be otherwise, only the server knows: see --target."


def _name_of(address: str, resolvers: Sequence[str]) -> str:
    """Return the name of an address whose own records lead back to it, "" without any."""
    (pointers,) = ask_all([Question(reversed_name(address), "PTR")], resolvers, seconds=SECONDS)
    names = [one.lower() for one in pointers.records[:MAX_POINTERS]]
    leading = _leading(names, [address], resolvers)
    return next((one for one in names if one in leading), "")


def _leading(
    names: Sequence[str], addresses: Sequence[str], resolvers: Sequence[str]
) -> frozenset[str]:
    """Return the names of which at least one address is among the addresses."""
    wanted = frozenset(map(ipaddress.ip_address, addresses))
    questions = [Question(one, kind) for one in names for kind in ("A", "AAAA")]
    return frozenset(
        answer.question.name
        for answer in ask_all(questions, resolvers, seconds=SECONDS)
        if wanted & {ipaddress.ip_address(one) for one in answer.records}
    )
