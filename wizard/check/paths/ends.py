"""Follow mail for users of each domain and for others to its end, and say where it stops or is lost.

```
addresses ─► tables.py (canonical, virtual aliases) ─► rewrite.py (class, transport, next hop) ─► hops.py (greeting)
```

No mail is sent. What local(8), Dovecot or the next server does with mail has checks of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Callable, NamedTuple

from wizard.check.in_time import InTime
from wizard.check.paths.hops import Hop, greet
from wizard.check.paths.rewrite import Route, resolve
from wizard.check.paths.tables import Rewritten, rewritten
from wizard.check.smtp.session import OUTSIDER
from wizard.door import Door
from wizard.finding import Check, Finding
from wizard.host.dovecot import people_of
from wizard.host.facts import Network
from wizard.limits import PROBE_SECONDS
from wizard.postfix.itself import Itself, itself
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.text import printable

MOST_DOMAINS, MOST_USERS = 12, 2
"""How many domains are tried, and how many users of this host in each."""

_STOPS = {
    "error": "it is returned to its sender, or waits",
    "retry": "it waits and is not tried",
    "discard": "it is thrown away",
}
"""Programs of master.cf that deliver nothing (error(8), discard(8)), and what happens to mail."""

_LEAVES = frozenset({"smtp"})
_STAYS = frozenset({"local", "virtual"})
"""The programs that send mail to other servers, and those that deliver it on this host."""

_LISTS = ("mydestination", "virtual_mailbox_domains", "virtual_alias_domains", "relay_domains")
_BY_DOMAIN = {"local": "local_transport", "virtual mailbox": "virtual_transport"}
_ALIAS, _RELAY, _DEFAULT = "virtual alias", "relay", "default"

OURS = Check(
    "path.ours", "the path of mail for us", "it ends on this host, or at its domain's server"
)
OTHERS = Check("path.others", "the path of mail for others", "it leaves this host", fatal=False)


class Path(NamedTuple):
    """Mail for an address: what the tables made of it, and where each end leads."""

    address: str
    rewritten: Rewritten
    routes: tuple[Route, ...]

    @property
    def is_unknown(self) -> bool:
        """True if a table or Postfix gave no answer."""
        no_table = bool(self.rewritten.fault) and not self.rewritten.has_no_end
        return no_table or any(one.is_unknown for one in self.routes)


class _Fault(NamedTuple):
    is_wrong: bool
    seen: str
    advice: str


@dataclass(frozen=True)
class Surroundings:
    """What a path is compared with: master.cf's programs by service, the next hops, this host.

    `hops` has only those that were greeted.
    """

    commands: Mapping[str, str]
    hops: Mapping[str, Hop]
    here: Itself


def begin_paths(
    door: Door,
    settings: Settings,
    services: Sequence[Service],
    network: Network,
    pool: Executor,
    *,
    asks_others: bool = True,
) -> Callable[[], Iterator[Finding]]:
    """Start to follow mail in a thread of the pool; call the result to wait for the findings.

    They are `path.ours` and `path.others`. Without `asks_others` next hops elsewhere are not
    greeted. Never raises.
    """
    commands = {one.name: one.command for one in services if one.type != "inet"}

    def look() -> tuple[Sequence[Path], Path, Surroundings]:
        users = people_of(door)[:MOST_USERS]
        sender = f"{users[0]}@{settings.value('myorigin')}" if users else ""
        ours: list[Path] = []
        tables, until = InTime(door), time.monotonic() + PROBE_SECONDS
        for one in _addresses(settings, users):
            ours.append(_path(tables, settings, one, until=until))
            if ours[-1].is_unknown:
                break  # a table or Postfix gives no answer: the others would wait for it as well
        others = _path(tables, settings, OUTSIDER, sender, until=until)
        leaving = [
            route
            for path in (*ours, others)
            for route in path.routes
            if commands.get(route.transport) in _LEAVES and not route.is_direct
        ]
        own = settings.value("myhostname").lower()
        here = itself(network, services, {})
        here = Itself(here.names | {own}, here.addresses, here.ports)
        hops = greet(leaving, network, own, only=None if asks_others else here)
        targets = {one.host.lower(): one.targets for one in hops.values()}
        return ours, others, Surroundings(commands, hops, replace(here, targets=targets))

    pending = pool.submit(look)

    def finish() -> Iterator[Finding]:
        ours, others, around = pending.result()
        yield judge(OURS, ours, around)
        yield judge(OTHERS, (others,), around)

    return finish


def _addresses(settings: Settings, users: Sequence[str]) -> list[str]:
    """Return the addresses to follow: users of this host, and one of each domain that is listed."""
    origin = settings.value("myorigin")
    domains = dict.fromkeys(
        one.lower()
        for name in _LISTS
        for one in settings.words(name)
        if "." in one.strip(".") and one[0].isalnum() and ":" not in one
    )
    # A user is known in each local domain, and postmaster should be in all others.
    local = {one.lower() for one in settings.words("mydestination")}
    who = users[0] if users else "postmaster"
    found = [f"{one}@{origin}" for one in ("postmaster", *users)]
    found += [
        f"{who if one in local else 'postmaster'}@{one}" for one in list(domains)[:MOST_DOMAINS]
    ]
    return list(dict.fromkeys(one.lower() for one in found))


def _path(door: Door, settings: Settings, address: str, sender: str = "", *, until: float) -> Path:
    """Follow an address. Postfix has the time until `until` (monotonic) for all of its ends."""
    found = rewritten(door, settings, address)
    routes: list[Route] = []
    for end in found.ends:
        routes.append(resolve(end, sender, seconds=max(0.1, until - time.monotonic())))
        if routes[-1].is_unknown:
            break
    return Path(address, found, tuple(routes))


def judge(check: Check, paths: Sequence[Path], around: Surroundings) -> Finding:
    """Return the finding about some paths: the first that stops, else the first that is odd."""
    found = [
        (path.address, fault)
        for path in paths
        for fault in _faults(path, around, is_ours=check is OURS)
    ]
    found.sort(key=lambda one: not one[1].is_wrong)
    if found:
        address, fault = found[0]
        more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
        seen, advice = printable(f"{address}: {fault.seen}{more}"), printable(fault.advice)
        return check.wrong(seen, advice) if fault.is_wrong else check.warning(seen, advice)
    unknown = [
        f"{path.address}: {why}"
        for path in paths
        for why in (path.rewritten.fault, *(one.fault or _slow(one, around) for one in path.routes))
        if why
    ]
    if unknown or not paths:
        return check.unknown(printable((*unknown, "no address is known")[0]))
    ends = dict.fromkeys(str(route) for path in paths for route in path.routes)
    return check.right(printable(f"{len(paths)} followed, to {', '.join(list(ends)[:3])}"))


def _slow(route: Route, around: Surroundings) -> str:
    hop = around.hops.get(route.nexthop)
    return f"{route}: {hop.why}" if hop is not None and hop.is_unknown else ""


def _faults(path: Path, around: Surroundings, *, is_ours: bool) -> Iterator[_Fault]:
    steps = path.rewritten.steps
    if path.rewritten.has_no_end:
        advice = f"Correct the rows of {steps[-1].parameter}: its mail is returned until then."
        yield _Fault(True, path.rewritten.fault, advice)
    if steps and not is_ours:
        advice = f"Mail for other servers does not get there: correct {steps[0].parameter}."
        yield _Fault(True, str(steps[0]), advice)
        return
    for route in path.routes:
        yield from _of_route(route, around, is_ours=is_ours, is_alias=bool(steps))


def _of_route(
    route: Route, around: Surroundings, *, is_ours: bool, is_alias: bool
) -> Iterator[_Fault]:
    if route.fault:
        if not route.is_unknown:
            advice = "See transport_maps and the lists of domains; `journalctl -u postfix -n 30`."
            yield _Fault(True, route.fault, advice)
        return
    command = around.commands.get(route.transport)
    decides = _decides(route)
    if command is None:
        seen = f"master.cf has no service {route.transport}: it waits"
        yield _Fault(
            True, seen, f"Add {route.transport} to master.cf, or correct {decides}; reload."
        )
    elif command in _STOPS:
        # postmaster need not have an alias in each domain of aliases.
        if route.kind != _ALIAS:
            yield _Fault(
                True,
                f"{route} ({command}): {_STOPS[command]}",
                f"Correct {decides} in main.cf; reload.",
            )
    elif command in _LEAVES:
        yield from _leaving(route, around, stays=is_ours and not is_alias, decides=decides)
    elif command in _STAYS and not is_ours and route.kind == _DEFAULT:
        seen = f"{route}: {command}(8) delivers it on this host, where nobody has that name"
        yield _Fault(True, seen, f"Correct {decides} in main.cf; reload.")


def _leaving(route: Route, around: Surroundings, *, stays: bool, decides: str) -> Iterator[_Fault]:
    hop = around.hops.get(route.nexthop)
    if hop is not None and hop.leads_to(around.here):
        advice = f"Name another next hop in {decides}, or empty it; reload."
        yield _Fault(True, f"{route}: that is this host again, round and round", advice)
    elif hop is not None and hop.why and not hop.is_unknown:
        advice = f"See that the next hop answers, or name another in {decides}; reload."
        # A relay stores the mail of another server while that one is away.
        yield _Fault(route.kind != _RELAY, f"{route}: {hop.why}: mail waits", advice)
    elif stays and route.kind not in {_RELAY, _DEFAULT}:
        advice = f"Where that is not meant, take it out of {decides}; reload."
        yield _Fault(False, f"it leaves this host for {route.nexthop}", advice)


def _decides(route: Route) -> str:
    """Return the parameters that lead mail of a class to its next hop (trivial-rewrite(8))."""
    own = _BY_DOMAIN.get(route.kind) or (
        "relay_transport" if route.kind == _RELAY else "relayhost, default_transport"
    )
    return f"transport_maps, {own}"
