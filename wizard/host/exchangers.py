"""Find mail exchangers of a domain that are other hosts (RFC 5321, 5.1)."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from wizard.dns.asking import Answer, Question, ask_within

SECONDS = 1.0
"""For all queries together: a plan does not wait longer for the network."""
MAX_DOMAINS = 24
"""Domains whose MX records are queried; the rest of a longer list is skipped."""
_MIN_SECONDS = 0.05


def other_exchangers(
    domains: Sequence[str],
    own: str,
    names: Collection[str],
    addresses: Collection[str],
    resolvers: Sequence[str],
    *,
    seconds: float = SECONDS,
) -> dict[str, tuple[str, ...]]:
    """Return by domain the exchangers that are another host; nothing for what is not known.

    `own` is this host's name: behind a router, it leads to the router's address. `names` and
    `addresses` are those of hosts that are no others. An exchanger that leads to one of these
    addresses, or to none at all, is not returned. Never raises.
    """
    until = time.monotonic() + seconds
    questions = [Question(one, "MX") for one in domains[:MAX_DOMAINS]]
    found = ask_within(questions, resolvers, seconds=seconds)
    listed = {one.name: _exchangers(answer) for one, answer in found.items()}
    strange = sorted({one for those in listed.values() for one in those} - {own, *names})
    if not strange:
        return {}
    remaining = max(_MIN_SECONDS, until - time.monotonic())
    kinds = [Question(one, kind) for one in (*strange, own) for kind in ("A", "AAAA")]
    led = ask_within(kinds, resolvers, seconds=remaining)
    leads = {
        one: {record for kind in ("A", "AAAA") for record in led[Question(one, kind)].records}
        for one in (*strange, own)
    }
    ours = leads.pop(own).union(addresses)
    others = {one for one, those in leads.items() if those and those.isdisjoint(ours)}
    return {
        domain: elsewhere
        for domain, those in listed.items()
        if (elsewhere := tuple(one for one in those if one in others))
    }


def _exchangers(answer: Answer) -> tuple[str, ...]:
    """Return the exchangers of an answer, in lower case; none for the null MX (RFC 7505)."""
    words = (one.lower().split() for one in answer.records)
    return tuple(dict.fromkeys(one[1] for one in words if len(one) > 1))
