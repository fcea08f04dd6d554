"""Check that each blocklist in use works, and that it does not list this host."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from types import MappingProxyType
from typing import Callable, Optional

from wizard.answers.catalogue import ListZone
from wizard.answers.rules.names import is_public_name
from wizard.answers.sections.blocklists import Blocklists
from wizard.dns.addresses import public4
from wizard.dns.blocklists import Health, ask_lists
from wizard.finding import Check, Finding
from wizard.host.facts import Network
from wizard.postfix.blocklists import with_key, zones_to_test
from wizard.text import printable, shortened

_NONE: Mapping[str, str] = MappingProxyType({})

SECONDS = 1.0
"""Seconds for all lists together; a healthy server needs a tenth of it."""


def begin_lists(
    lists: Blocklists,
    network: Optional[Network],
    pool: Executor,
    key: str = "",
    *,
    proxies: Collection[str] = (),
    domains: Collection[str] = (),
    trials: Mapping[str, str] = _NONE,
) -> Callable[[], Iterator[Finding]]:
    """Query all lists in use in a thread of the pool; call the result to wait for the findings.

    This host's addresses are its own and `proxies`, which are those of proxy_interfaces (postconf(5)).
    `domains` are those of its senders. `trials` has by zone the place of each list that refuses nobody.
    """
    zones = with_key({one.name: one for one in zones_to_test(lists)}.values(), key)
    if network is None:
        why = "the host's resolvers could not be read"
        return lambda: (_check(one).unknown(why) for one in zones)
    addresses = public4((*network.addresses, *proxies))
    named = [one for one in domains if is_public_name(one)]
    pending = pool.submit(ask_lists, zones, network.resolvers, addresses, named, seconds=SECONDS)
    return lambda: judge_lists(pending.result(), addresses, named, trials)


def lists_unknown(lists: Blocklists, why: str) -> Iterator[Finding]:
    """Yield `blocklist.NAME` for each list in use, without a query."""
    return (_check(one).unknown(why) for one in zones_to_test(lists))


def judge_lists(
    found: Collection[Health],
    addresses: Collection[str],
    domains: Collection[str] = (),
    trials: Mapping[str, str] = _NONE,
) -> Iterator[Finding]:
    """`blocklist.NAME` for each list, and `blocklist.NAME.own` for this host's own addresses or domains.

    None fails a run, because a list is not part of this host. A list that fails as an earlier one
    does, follows from it.
    """
    causes: dict[tuple[str, str], str] = {}
    for health in found:
        check = _check(health.zone)
        tried_in = trials.get(health.zone.zone.lower())
        if health.works and tried_in:
            yield check.warning(
                printable(f"works, and refuses nobody: {tried_in} has warn_if_reject before it"),
                printable(
                    "Take warn_if_reject out there, unless the list is on trial; reload. A listing is"
                    " only written to the log until then."
                ),
            )
        elif health.works:
            yield check.right("works")
        else:
            # The query's own name comes first: `test.a.example: the resolver does not answer`.
            why = health.said.partition(": ")[2] or health.said
            cause = causes.setdefault((health.state, why), check.id)
            failed = check.warning(f"{health.state}: {health.said}", health.advice)
            yield replace(failed, follows="" if cause == check.id else cause)
        subjects = addresses if health.zone.by_address else domains
        if health.works and subjects:
            yield _own(health, subjects)


def _check(zone: ListZone) -> Check:
    expected = "its test points answer as they should"
    return Check(f"blocklist.{zone.name}", f"blocklist {zone.zone}", expected, fatal=False)


def _own(health: Health, subjects: Collection[str]) -> Finding:
    zone = health.zone
    subject = "this host" if zone.by_address else "its domain"
    check = Check(
        f"blocklist.{zone.name}.own", f"{subject} in {zone.zone}", "not listed", fatal=False
    )
    if health.odd:
        takes = "Postfix takes it for a listing: give the list a reply filter (=127.0.0.[2..11])."
        does = "It is no listing: an error, or a list whose domain has changed hands."
        advice = f"{does} {'' if zone.replies else takes}".strip()
        return check.warning(printable(f"{shortened(health.odd, 3)} for this host"), advice)
    if not health.own:
        return check.right(f"{', '.join(subjects)} not listed")
    page = f" Its page tells why, and how to be taken off: {zone.page}" if zone.page else ""
    advice = f"Servers that ask this list refuse this host's mail.{page}"
    return check.warning(f"{', '.join(health.own)} is listed", advice)
