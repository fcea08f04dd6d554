"""Check that the domains to which our own mail goes are in the DNS.

aliases(5), .forward files, rewriting tables and smtp_fallback_relay may name a domain that has ended,
or a misspelt one. Postfix learns of it when mail has come, and returns it or lets it wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from itertools import islice, product
from typing import Callable, NamedTuple

from wizard.check.host.homes import forwarded
from wizard.check.in_time import InTime
from wizard.check.paths.tables import rewritten
from wizard.dns.asking import NO_NAME, Answer, Question, ask_within
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import WARNING, WRONG, Check, Finding
from wizard.host.dovecot import people_of
from wizard.host.facts import Network
from wizard.host.postmap import look_up
from wizard.paths import ALIASES
from wizard.postfix.aliases import Aliases
from wizard.postfix.itself import nexthops
from wizard.postfix.settings import Settings
from wizard.text import counted, printable

SECONDS = 1.0
"""For all queries together."""
MOST = 30
"""How many domains are queried; a server names a few."""

_LISTS = ("mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains")
_ROUTES = ("relayhost", "transport_maps")
"""Parameters by which mail may reach a domain that is not in the DNS."""


class _Named(NamedTuple):
    """A domain, where it is named, and if mail for people here is lost without it."""

    domain: str
    where: str
    is_lost: bool


def begin_named(
    door: Door, settings: Settings, network: Network, pool: Executor
) -> Callable[[], Iterator[Finding]]:
    """Start the queries in a thread of the pool; call the result to wait for `domains.named`."""

    def look() -> tuple[tuple[_Named, ...], dict[str, Answer]]:
        found = tuple(islice(_of_others(InTime(door), settings), MOST))
        questions = [Question(one.domain, "MX") for one in found]
        answers = ask_within(questions, network.resolvers, seconds=SECONDS)
        return found, {one.name: answer for one, answer in answers.items()}

    pending = pool.submit(look)
    is_routed = any(map(settings.value, _ROUTES))
    return lambda: judge_named(*pending.result(), is_routed=is_routed)


def judge_named(
    found: Sequence[_Named], answers: Mapping[str, Answer], *, is_routed: bool
) -> Iterator[Finding]:
    """`domains.named`; nothing if no domain of others is named. `answers` are those of the resolver."""
    if not found:
        return
    check = Check("domains.named", "domains that mail goes to", "each is in the DNS", fatal=False)
    gone = [one for one in found if answers[one.domain].state == NO_NAME]
    missing = sorted(gone, key=lambda one: not one.is_lost)
    if not missing:
        unknown = next((one for one in answers.values() if not one.known), None)
        if unknown is not None:
            yield check.unknown(printable(f"{unknown.question.name}: {unknown.why}"))
            return
        yield check.right(f"{counted(len(found), 'domain')} there")
        return
    first = missing[0]
    more = f"; and {len(missing) - 1} more" if len(missing) > 1 else ""
    yield check.finding(
        WRONG if first.is_lost and not is_routed else WARNING,
        printable(f"{first.where} names {first.domain}, which does not exist{more}"),
        printable(f"Correct {first.where}: its mail is returned until then."),
    )


def _of_others(door: Door, settings: Settings) -> Iterator[_Named]:
    """Yield each domain of others once."""
    known = {one.lower() for name in _LISTS for one in settings.words(name)}
    for one in _all(door, settings):
        if "." in one.domain and one.domain not in known and one.domain[:1] != "[":
            known.add(one.domain)
            yield one


def _all(door: Door, settings: Settings) -> Iterator[_Named]:
    for name, target in _aliases(door, settings):
        yield _Named(_domain(target), f"{name} in {ALIASES}", True)
    people = people_of(door)
    for path, target in forwarded(people):
        yield _Named(_domain(target), path, True)
    for host, _, _ in nexthops(settings.value("smtp_fallback_relay")):
        yield _Named(host.lower(), "smtp_fallback_relay", False)
    ours = dict.fromkeys((settings.value("myorigin"), settings.value("mydomain")))
    for user, domain in product(("postmaster", *people[:1]), ours):
        address = f"{user}@{domain}"
        found = rewritten(door, settings, address)
        if found.steps:
            where = found.steps[-1].parameter
            yield from (_Named(_domain(end), where, True) for end in found.ends)
        for table in settings.words("smtp_generic_maps"):
            try:
                rows = look_up(door, table, (address, f"@{domain}"))
            except Trouble:
                continue  # `tables` tells of it
            yield from (_Named(_domain(to), "smtp_generic_maps", False) for to in rows.values())


def _aliases(door: Door, settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the names and addresses of /etc/aliases, if Postfix uses it."""
    if not any(one.endswith(f":{ALIASES}") for one in settings.words("alias_maps")):
        return
    try:
        data = door.read_bytes(ALIASES)
    except Trouble:
        return
    for name, row in Aliases.parse(data or b"").rows.items():
        yield from ((name, one.text) for one in row.targets if "@" in one.text)


def _domain(address: str) -> str:
    """Return the domain of an address, "" for a program, a file or a name alone."""
    bare = address.strip().strip('"')
    return "" if bare[:1] in {"|", "/", ":"} else bare.rpartition("@")[2].rstrip(".>").lower()
