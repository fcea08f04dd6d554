"""Check that answers to strangers find a way out: routes, rules and the state of interfaces (ip(8)).

A route or a rule of type blackhole, unreachable or prohibit drops what this host answers, though its
ports are open.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Callable

from wizard.check.commands import CommandResult, start_command
from wizard.dns.addresses import public4
from wizard.door import Door
from wizard.finding import Check, Cure, Finding
from wizard.host.facts import Network
from wizard.text import printable

ADDRESSES = ("ip", "-json", "addr")
FAR = "133.11.77.77"
"""An ordinary public address. Only the route to it is queried, and nothing is sent."""

_DROPS = ("Invalid argument", "Permission denied", "No route to host")
"""What ip(8) says of a route of type blackhole, prohibit or unreachable."""
_NO_DEFAULT = "Network is unreachable"
_DOWN = frozenset({"DOWN", "LOWERLAYERDOWN"})

_CHECK = Check(
    "network.route", "the way back to strangers", "no route or rule against it", fatal=False
)


def begin_routes(door: Door, network: Network) -> Callable[[], Iterator[Finding]]:
    """Ask the kernel for the route from each public address; call the result for `network.route`.

    Nothing without a public address, since a router then decides, and without a default route, since
    strangers are then those of the own networks.
    """
    public = public4(network.addresses)
    routes = {one: start_command(door, ("ip", "route", "get", FAR, "from", one)) for one in public}
    links = start_command(door, ADDRESSES)

    def finish() -> Iterator[Finding]:
        if public:
            yield from judge_routes({one: route() for one, route in routes.items()}, links())

    return finish


def judge_routes(routes: Mapping[str, CommandResult], links: CommandResult) -> Iterator[Finding]:
    """`network.route`, from the answers of ip(8) by the host's own address, and its interfaces."""
    for address, result in routes.items():
        down = _down(address, links)
        if down:
            yield _CHECK.wrong(
                printable(f"{down}, which has {address}, is down"),
                printable(f"`ip link set {down} up`; `journalctl -k` says why it went down."),
                Cure((("ip", "link", "set", down, "up"),)),
            )
            return
        if result.failure.endswith(_DROPS):
            yield _CHECK.wrong(
                printable(f"what {address} answers to {FAR} is dropped: {result.failure}"),
                "`ip rule` and `ip route show table all type blackhole` (or prohibit, unreachable) "
                "show the route or rule: delete it.",
            )
            return
    unknown = [one.failure for one in routes.values() if one.failure]
    if not unknown:
        yield _CHECK.right(f"from {', '.join(routes)}")
    elif not unknown[0].endswith(_NO_DEFAULT):
        yield _CHECK.unknown(printable(unknown[0]))


def _down(address: str, links: CommandResult) -> str:
    """Return the interface that has an address, if it is down."""
    try:
        rows: Any = json.loads(links.text)
        return next(
            str(row["ifname"])
            for row in rows
            if row["operstate"] in _DOWN
            and any(one.get("local") == address for one in row["addr_info"])
        )
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return ""
