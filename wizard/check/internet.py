"""The checks of the internet: the DNS, blocklists, other servers and the relay host."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from functools import partial
from typing import Callable, Optional

from wizard.answers.model import Answers
from wizard.check.certificates.probing import PortTls
from wizard.check.dns.blocklists import begin_lists, lists_unknown
from wizard.check.dns.exchangers import begin_exchangers
from wizard.check.dns.records import begin_lookups
from wizard.check.dns.resolver import begin_resolver
from wizard.check.dns.served_keys import chains_of, served_keys
from wizard.check.in_time import InTime
from wizard.check.outbound import port_25 as outbound
from wizard.check.outbound import relay
from wizard.check.outbound.port_25 import begin_outbound, outbound_unknown, proxies
from wizard.check.outbound.relay import begin_relay, relay_unknown
from wizard.check.outside import NOT_QUERIED
from wizard.check.paths.nobody import nobodies
from wizard.check.tls.services import certificate_files
from wizard.door import Door
from wizard.finding import Finding
from wizard.host import facts
from wizard.limits import PROBE_SECONDS
from wizard.postfix.itself import nexthops
from wizard.postfix.lists_in_force import lists_in_force, trials, with_others
from wizard.postfix.master_cf import read_services
from wizard.postfix.settings import Settings


def begin_internet(
    answers: Answers,
    door: Door,
    settings: Settings,
    network: Optional[facts.Network],
    pool: Executor,
    *,
    key: str,
    is_run: bool,
    asks_others: bool,
    port_25: Callable[[], Optional[PortTls]] = lambda: None,
) -> tuple[Callable[[], Iterable[Finding]], ...]:
    """Start the checks of the internet; a run does not wait for them as long as `check`.

    `port_25` waits for what port 25 served.
    """
    outside = proxies(settings.own)
    hops = nexthops(settings.value("relayhost"))
    records = partial(
        begin_lookups,
        answers,
        network,
        pool,
        outside,
        keys=lambda: served_keys(door, chains_of(port_25()), certificate_files(settings)),
        relay=next((name for name, _, _ in hops), ""),
        missing=lambda addresses: nobodies(InTime(door), settings, addresses),
    )
    queried = lists_in_force(settings, read_services(door))
    lists = with_others(answers.blocklists, queried)
    if not asks_others:
        return (
            begin_resolver(network, pool),
            lambda: lists_unknown(lists, NOT_QUERIED),
            records(asks_others=False),
            lambda: outbound_unknown(settings.own, NOT_QUERIED),
            lambda: relay_unknown(answers.relay, NOT_QUERIED),
            begin_exchangers(answers, settings, network, pool, why_not=NOT_QUERIED),
        )
    return (
        begin_resolver(network, pool),
        begin_lists(
            lists,
            network,
            pool,
            key,
            proxies=outside,
            domains=(answers.hostname.mydomain,),
            trials=trials(queried),
        ),
        records(),
        begin_outbound(
            settings.own,
            answers.hostname.myhostname,
            network,
            pool,
            outbound.SECONDS if is_run else PROBE_SECONDS,
        ),
        begin_relay(
            answers,
            door,
            network,
            pool,
            settings,
            seconds=relay.SECONDS if is_run else PROBE_SECONDS,
        ),
        begin_exchangers(answers, settings, network, pool),
    )
