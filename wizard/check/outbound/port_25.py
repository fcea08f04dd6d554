"""Check that this host can send: many providers close port 25 outward (OP25B).

The check greets another mail server and quits (RFC 5321); the first one that answers is enough.
Nothing on this host shows a closed port, because the firewall is the provider's.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Callable, Optional

from wizard.check.smtp.session import Endpoint, Exchange, Reply, converse
from wizard.dns.asking import Answer, Question, ask_all
from wizard.finding import RIGHT, UNKNOWN, WARNING, Check, Finding
from wizard.host.facts import Network
from wizard.limits import PROBE_SECONDS
from wizard.text import printable

DOMAINS = ("gmail.com", "outlook.com", "icloud.com")
"""Domains with mail servers that are always available."""

SECONDS = 1.0
"""For the whole check in a run, which must not wait for the internet."""
GREETED = 220

_MIN_SECONDS = 0.05
"""The least time for one query or session, even if it is late."""

_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\.(?!$)|$)){4}")
_SELF = re.compile(r"\[([0-9]+(?:\.[0-9]+){3})\]")
"""The address that they see, in the reply of large providers to EHLO."""


@dataclass(frozen=True)
class Tried:
    """The result for one domain: its mail server's first reply, or the reason why there is none.

    `server` is "" if none was found. `address` is this host's address as that server sees it, "" if
    it does not say. `resolver_failed` is True if the resolver did not answer; it will not answer for the
    others. `is_late` is True if the server may have answered later.
    """

    domain: str
    server: str = ""
    greeting: Optional[Reply] = None
    why: str = ""
    address: str = ""
    resolver_failed: bool = False
    is_late: bool = False


@dataclass(frozen=True)
class Internet:
    """The resolvers, the domains to try, and the ports of both."""

    resolvers: Sequence[str]
    domains: Sequence[str] = DOMAINS
    port: int = 25
    dns_port: int = 53


_OP25B = (
    "Many providers close port 25 outward (OP25B): ask yours to open it, or send through a relay host "
    "of theirs: section relay."
)
_CHECK = Check(
    "outbound.25", "sending: port 25 of others", "another mail server answers", fatal=False
)


def begin_outbound(
    main_cf: Mapping[str, str],
    name: str,
    network: Optional[Network],
    pool: Executor,
    seconds: float,
) -> Callable[[], Iterable[Finding]]:
    """Try in a thread of the pool; call the result to wait for `outbound.25` and `.address`.

    There are no findings if all mail goes to a relay host. `name` is this host's name for EHLO,
    `seconds` limits the whole check.
    """
    if main_cf.get("relayhost") or network is None:
        return tuple
    pending = pool.submit(try_outbound, name, Internet(network.resolvers), seconds)
    return lambda: (
        *judge_outbound(pending.result(), patient=seconds >= PROBE_SECONDS),
        *judge_address(pending.result()[-1], (*network.addresses, *proxies(main_cf))),
    )


def outbound_unknown(main_cf: Mapping[str, str], why: str) -> Iterator[Finding]:
    """Yield `outbound.25`, without a session; nothing if all mail goes to a relay host."""
    if not main_cf.get("relayhost"):
        yield _CHECK.unknown(why)


def try_outbound(name: str, world: Internet, seconds: float) -> tuple[Tried, ...]:
    """Try the domains until one answers. Never raises; takes at most `seconds`."""
    until = time.monotonic() + seconds
    found: list[Tried] = []
    for number, domain in enumerate(world.domains):
        remaining = (until - time.monotonic()) / (len(world.domains) - number)
        found.append(_try(domain, name, world, max(_MIN_SECONDS, remaining)))
        if found[-1].greeting is not None or found[-1].resolver_failed:
            break
    return tuple(found)


def _try(domain: str, name: str, world: Internet, seconds: float) -> Tried:
    until = time.monotonic() + seconds

    def ask(what: str, kind: str) -> Answer:
        question, remaining = Question(what, kind), max(_MIN_SECONDS, until - time.monotonic())
        (answer,) = ask_all((question,), world.resolvers, seconds=remaining, port=world.dns_port)
        return answer

    mx = ask(domain, "MX")
    preferred = (record.partition(" ") for record in mx.records)
    servers = sorted((int(number), server) for number, _, server in preferred if server)
    if not servers:
        why = "it takes no mail (RFC 7505)" if mx.records else mx.why or mx.state
        return Tried(domain, why=why, resolver_failed=not mx.known)
    server = servers[0][1]
    leads = ask(server, "A")
    if not leads.records:
        return Tried(domain, why=leads.why or leads.state, resolver_failed=not leads.known)
    script = (
        Exchange("greeting", must=GREETED),
        Exchange("ehlo", f"EHLO {name}"),
        Exchange("quit", "QUIT"),
    )
    remaining = max(_MIN_SECONDS, until - time.monotonic())
    session = converse(Endpoint(leads.records[0], world.port), script, remaining)
    seen = _SELF.search(session.replies["ehlo"].lines[0]) if "ehlo" in session.replies else None
    address = seen[1] if seen else ""
    greeting = session.replies.get("greeting")
    return Tried(domain, server, greeting, session.why, address, is_late=session.is_late)


def judge_outbound(found: Sequence[Tried], *, patient: bool) -> Iterator[Finding]:
    """`outbound.25`: mail can leave this host. It depends on others, so it fails no run."""
    check = _CHECK
    last = found[-1]
    reached = [one for one in found if one.server]
    shut = f"{', '.join(one.server for one in reached)}: {reached[-1].why}" if reached else ""
    if last.greeting is not None and last.greeting.code == GREETED:
        yield check.right(printable(f"{last.server} greets"))
    elif last.greeting is not None:
        advice = "It says why it does not want this host's mail."
        yield check.warning(printable(f"{last.server}: {last.greeting}"), advice)
    elif not reached:
        seen = printable(f"not known: {last.domain}: {last.why}")
        yield check.finding(UNKNOWN, seen, "No mail server of others could be looked up.")
    elif not patient:
        seen = printable(f"not known yet: {shut}")
        yield check.finding(UNKNOWN, seen, "`postfix-wizard check` waits longer.")
    elif reached[-1].is_late:
        tells = f"`timeout 60 head -n 1 </dev/tcp/{reached[-1].server}/25` waits longer."
        yield check.finding(UNKNOWN, printable(f"not known: {shut}"), f"{tells} {_OP25B}")
    else:
        yield check.warning(printable(shut), _OP25B)


def judge_address(tried: Tried, own: Collection[str]) -> Iterator[Finding]:
    """`outbound.address`: the server sees an address of this host (NAT); nothing if it does not say.

    `own` are this host's addresses, and those that a router forwards to it.
    """
    if not tried.address:
        return
    yield Check(
        "outbound.address",
        "sending: the address others see",
        "one of this host's, or of its router's that is named",
        fatal=False,
    ).finding(
        RIGHT if tried.address in own else WARNING,
        f"{tried.address}, by {printable(tried.server)}",
        f"This host has it not itself: name {tried.address} in networks.proxy_interfaces where "
        "the router passes port 25 on to here, and see that its PTR record names this server.",
    )


def proxies(main_cf: Mapping[str, str]) -> tuple[str, ...]:
    """Return the IPv4 addresses of proxy_interfaces."""
    words = main_cf.get("proxy_interfaces", "").replace(",", " ").split()
    return tuple(one for one in words if _IPV4.fullmatch(one))
