"""Greet the next hops that mail of this host goes to, whoever set them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.answers.rules.addresses import is_address
from wizard.check.paths.rewrite import Route
from wizard.check.smtp.session import QUIT, Endpoint, converse, opening
from wizard.host.facts import Network
from wizard.host.relay import relay_targets
from wizard.postfix.itself import Itself, leads_back, nexthops

SECONDS = 2.0
"""For all next hops together."""

MOST = 3
"""How many next hops are greeted."""

SMTP = 25


@dataclass(frozen=True)
class Hop:
    """A next hop: its host, the names and addresses that this leads to, and why it does not greet."""

    nexthop: str
    host: str
    targets: tuple[str, ...]
    why: str = ""

    def leads_to(self, here: Itself) -> bool:
        """True if it is that host."""
        return leads_back(self.nexthop, here)


def greet(routes: Sequence[Route], network: Network, name: str) -> dict[str, Hop]:
    """Look up and greet the next hops of routes to other servers; `name` is for EHLO.

    Returns them by next hop. Never raises.
    """
    until = time.monotonic() + SECONDS
    found: dict[str, Hop] = {}
    for nexthop in list(dict.fromkeys(one.nexthop for one in routes))[:MOST]:
        host, has_mx, port = next(iter(nexthops(nexthop)), ("", False, SMTP))
        by_host = relay_targets([(host, has_mx)], network.resolvers, SECONDS / 2)
        targets = by_host.get(host.lower(), ())
        addresses = [one for one in (host, *targets) if is_address(one)]
        why = f"{host or nexthop} has no address"
        if addresses:
            remaining = max(0.1, until - time.monotonic())
            session = converse(Endpoint(addresses[0], port), (*opening(name), QUIT), remaining)
            why = "" if "ehlo" in session.replies else session.why
        found[nexthop] = Hop(nexthop, host, targets, why)
    return found
