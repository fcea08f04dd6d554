"""Greet the next hops that mail of this host goes to, whoever set them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.answers.rules.addresses import is_address
from wizard.answers.sections.relay import SMTPS
from wizard.check.outside import NOT_QUERIED
from wizard.check.paths.rewrite import Route
from wizard.check.smtp.session import AT_ONCE, QUIT, Endpoint, converse, opening
from wizard.host.facts import Network
from wizard.host.relay import relay_targets
from wizard.limits import PROBE_SECONDS
from wizard.postfix.itself import Itself, leads_back, nexthops

MOST = 3
"""How many next hops are greeted."""

SMTP = 25


@dataclass(frozen=True)
class Hop:
    """A next hop: its host, the names and addresses that this leads to, and why it does not greet.

    `is_unknown` is True if it took the connection and did not greet in time, as some servers do, or if
    it was not queried.
    """

    nexthop: str
    host: str
    targets: tuple[str, ...]
    why: str = ""
    is_unknown: bool = False

    def leads_to(self, here: Itself) -> bool:
        """True if it is that host."""
        return leads_back(self.nexthop, here)


def greet(
    routes: Sequence[Route], network: Network, name: str, *, only: Optional[Itself] = None
) -> dict[str, Hop]:
    """Look up and greet the next hops of routes to other servers; `name` is for EHLO.

    With `only` those on other hosts than that are not queried. Returns them by next hop. Never raises.
    """
    until = time.monotonic() + PROBE_SECONDS
    found: dict[str, Hop] = {}
    for nexthop in list(dict.fromkeys(one.nexthop for one in routes))[:MOST]:
        host, has_mx, port = next(iter(nexthops(nexthop)), ("", False, SMTP))
        if only is not None and not only.has(host):
            found[nexthop] = Hop(nexthop, host, (), NOT_QUERIED, is_unknown=True)
            continue
        by_host = relay_targets([(host, has_mx)], network.resolvers, PROBE_SECONDS / 2)
        targets = by_host.get(host.lower(), ())
        addresses = [one for one in (host, *targets) if is_address(one)][:MOST]
        why, is_unknown = f"{host or nexthop} has no address", False
        for tried, address in enumerate(addresses):
            remaining = max(0.1, until - time.monotonic()) / (len(addresses) - tried)
            why = _greeting(Endpoint(address, port), name, remaining)
            is_unknown |= why == SLOW
            if not why:
                break
        found[nexthop] = Hop(nexthop, host, targets, why, is_unknown and bool(why))
    return found


SLOW = "no greeting in time"


def _greeting(where: Endpoint, name: str, seconds: float) -> str:
    """Return why a server does not greet, "" if it does; one with TLS at once only has to answer."""
    at_once = where.port == SMTPS
    script = (*opening(name, AT_ONCE if at_once else ""), QUIT)
    session = converse(where, script, seconds)
    if "ehlo" in session.replies or "ehlo-tls" in session.replies:
        return ""
    return SLOW if session.why.startswith("greeting: no answer") else session.why
