"""Compare the DNS records of this server with those that it should have.

None of it fails a run. Behind NAT or with split DNS this host sees other addresses than its peers,
so some records are unknown and not wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Callable, Optional

from wizard.answers.model import Answers
from wizard.answers.rules.names import is_public_name
from wizard.check.dns.dns_check import NO_SUCH_NAME, DnsCheck
from wizard.check.dns.policies import Missing, judge_policies
from wizard.check.dns.programs import judge_programs
from wizard.check.dns.servers import judge_servers
from wizard.check.dns.sts_policies import fetch_policies
from wizard.check.dns.transport import Fetched, judge_transport
from wizard.check.outside import NOT_QUERIED
from wizard.dns.addresses import public4
from wizard.dns.asking import NO_NAME, Answer, reversed_name
from wizard.dns.lookups import MOST, Lookups, best, is_inside, look_up, takes_no_mail
from wizard.dns.record_basis import NO_KEYS, Basis, ServedKeys
from wizard.finding import RIGHT, UNKNOWN, WARNING, Finding
from wizard.host.facts import Network

SECONDS = 1.5
"""Seconds for all queries together; healthy servers need a tenth of it."""

_FEW = 3
_NOTHING: Mapping[str, Fetched] = {}


def begin_lookups(
    answers: Answers,
    network: Optional[Network],
    pool: Executor,
    proxies: Sequence[str] = (),
    *,
    asks_others: bool = True,
    keys: Callable[[], ServedKeys] = lambda: NO_KEYS,
    relay: str = "",
    missing: Missing = lambda _: (),
) -> Callable[[], Iterator[Finding]]:
    """Send the queries in a thread of the pool; call the result to wait for the findings.

    `proxies` are the addresses of proxy_interfaces (postconf(5)). Without `asks_others` only names
    of this host and its domains are queried, and no policy is fetched. `keys` waits for what port 25
    served. `relay` is a relay host of main.cf that the answers do not have. `missing` says which addresses
    of this host are nobody's.
    """
    if network is None:
        why = "the host's resolvers could not be read"
        return lambda: iter((DnsCheck("dns.a", "DNS", "as published").unknown(why),))

    def look() -> tuple[Lookups, Mapping[str, Fetched]]:
        found = look_up(
            answers,
            network.addresses,
            network.resolvers,
            seconds=SECONDS,
            why_not="" if asks_others else NOT_QUERIED,
            relay=relay,
        )
        return found, fetch_policies(found) if asks_others else {}

    pending = pool.submit(look)
    return lambda: judge_lookups(
        answers,
        pending.result()[0],
        proxies,
        keys=keys(),
        relay=relay,
        fetched=pending.result()[1],
        missing=missing,
    )


def judge_lookups(
    answers: Answers,
    found: Lookups,
    proxies: Sequence[str] = (),
    *,
    keys: ServedKeys = NO_KEYS,
    relay: str = "",
    fetched: Mapping[str, Fetched] = _NOTHING,
    missing: Missing = lambda _: (),
) -> Iterator[Finding]:
    """Yield dns.a, .cname, .aaaa, .ptr.ADDRESS, .mx, .mx.local, .spf, .dmarc and more, in this order.

    Behind NAT `networks.proxy` comes after dns.a; `proxies` are those of proxy_interfaces. `keys` are
    those that port 25 serves, and `fetched` are the MTA-STS policies by domain.
    """
    host, domain = answers.hostname.myhostname, answers.hostname.mydomain
    if not is_public_name(host):
        # Records of a name that was read back from a broken main.cf are no advice.
        check = DnsCheck("dns.a", f"{host} A", "a name that the internet's DNS can have")
        advice = "Set myhostname in main.cf to the name by which others find this server; reload."
        yield check.says("no record can be published for it", WARNING, advice)
        return
    leads = found.of(host, "A")
    yield _address(host, leads, found)
    yield from _behind_nat(leads, found.addresses, proxies)
    if leads.records and leads.canonical.lower() not in {"", host}:
        check = DnsCheck("dns.cname", f"{host} CNAME", "no CNAME (RFC 2181, 10.3)")
        advice = f"An MX must not lead to one: give {host} an A record instead."
        yield check.says(f"a CNAME for {leads.canonical}", WARNING, advice)
    yield _ipv6(host, found, listens=answers.networks.inet_protocols != "ipv4")
    yield from _pointers(host, leads, found, public4((*found.addresses, *proxies)))
    outer = (*public4((*found.addresses, *proxies)),)
    basis = Basis(answers, outer, found, keys, answers.relay.host or relay)
    # A domain that is nowhere can have no record: the name is the cause of all these.
    is_nowhere = leads.state == NO_NAME == found.of(domain, "MX").state
    for one in _of_domains(basis, fetched, missing):
        follows = is_nowhere and one.verdict == WARNING and one.id in _OF_DOMAIN
        yield replace(one, follows="dns.a") if follows else one


_OF_DOMAIN = frozenset({"dns.mx", "dns.spf", "dns.dmarc"})
"""Findings about records of mydomain."""


def _of_domains(
    basis: Basis, fetched: Mapping[str, Fetched], missing: Missing
) -> Iterator[Finding]:
    """Yield the findings about records of the domains, and those about the servers of the zones."""
    named, found = basis.answers.hostname, basis.found
    yield _mx(named.mydomain, found.of(named.mydomain, "MX"), named.myhostname, found)
    if basis.answers.domains.local:
        yield _local(basis.answers.domains.local, found, named.myhostname)
    yield from judge_policies(basis, missing)
    yield from judge_transport(basis, fetched)
    yield from judge_programs(basis)
    yield from judge_servers(found)


def _nothing(answer: Answer) -> str:
    return NO_SUCH_NAME if answer.state == NO_NAME else "no such record"


def _address(host: str, answer: Answer, found: Lookups) -> Finding:
    own = found.addresses
    outer = ", ".join(public4(own))
    check = DnsCheck(
        "dns.a",
        f"{host} A",
        outer or "the address under which others reach this host",
        is_observed=found.is_observed(host, "A"),
    )
    if not answer.known:
        return check.not_known(answer)
    if not answer.records:
        return check.says(_nothing(answer), WARNING, _publish(host, outer, answer, found))
    seen = ", ".join(answer.records)
    strange = ", ".join(one for one in answer.records if one not in own)
    if is_inside(answer) and not strange:
        advice = "This is the inside view: what others see, ask from outside."
        return check.says(f"{seen}, this host from inside", UNKNOWN, advice)
    if not strange:
        return check.says(seen, RIGHT)
    if not outer and not is_inside(answer):
        advice = (
            "This host has inner addresses only (NAT): whether it leads here, ask from outside."
        )
        return check.says(seen, UNKNOWN, advice)
    return check.says(seen, WARNING, f"{strange} is no address of this host.")


def _publish(host: str, outer: str, answer: Answer, found: Lookups) -> str:
    """Return the record to publish. A name that the DNS does not have may be another one than was meant."""
    record = f"{host}. IN A {outer or 'ADDRESS'}"
    if answer.state != NO_NAME:
        return f"No mail finds this server without it: {record}"
    pointers = (
        (address, name.rstrip("."))
        for address in public4(found.addresses)
        for name in found.of(reversed_name(address), "PTR").records
    )
    hint = next((f" The PTR of {address} names {name}." for address, name in pointers), "")
    return (
        f"No mail finds this server by that name. If {host} is mistyped, correct myhostname in "
        f"section hostname.{hint} If it is right, publish: {record}"
    )


def _behind_nat(answer: Answer, own: Sequence[str], proxies: Sequence[str]) -> Iterator[Finding]:
    """Check that Postfix knows the public address if this host has only private ones."""
    outer = [one for one in public4(answer.records) if one not in own]
    if public4(own) or not outer:
        return
    seen = ", ".join(outer)
    check = DnsCheck(
        "networks.proxy", "NAT: the address that the world sees", "in proxy_interfaces"
    )
    if set(outer) <= set(proxies):
        yield check.says(seen, RIGHT)
        return
    advice = (
        f"Where a router leads {seen} to this host, set `proxy_interfaces = {seen}` in main.cf and"
        f" reload: else mail for user@[{seen}] is refused, and a backup MX sends mail to itself."
    )
    yield check.says(f"{seen}, which Postfix does not know for its own", WARNING, advice)


def _ipv6(host: str, found: Lookups, *, listens: bool) -> Finding:
    answer = found.of(host, "AAAA")
    wanted = "an address of this host, or none" if listens else "none: Postfix speaks IPv4 only"
    seen_there = found.is_observed(host, "AAAA")
    check = DnsCheck("dns.aaaa", f"{host} AAAA", wanted, is_observed=seen_there)
    if not answer.known:
        return check.not_known(answer)
    if not answer.records:
        return check.says("none", RIGHT)
    seen = ", ".join(answer.records)
    if not listens:
        advice = (
            "Nothing listens there: servers that try it first come over IPv4 afterwards. Remove "
            "it, or give the mail server a name without one."
        )
        return check.says(seen, WARNING, advice)
    if set(answer.records) <= set(found.addresses):
        return check.says(seen, RIGHT)
    return check.says(seen, WARNING, "It is no address of this host.")


def _pointers(host: str, leads: Answer, found: Lookups, own: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for each public address of this server; `own` are public."""
    addresses = (own or public4(leads.records))[:MOST]
    if not addresses:
        advice = "The address that this host's mail comes from needs it; its provider sets it."
        check = DnsCheck("dns.ptr", "PTR", host)
        yield check.says("no public address is known here", UNKNOWN, advice)
    for address in addresses:
        answer = found.of(reversed_name(address), "PTR")
        check = DnsCheck(f"dns.ptr.{address}", f"{address} PTR", host)
        if not answer.known:
            yield check.not_known(answer)
        elif host in _lower(answer.records):
            yield check.says(", ".join(answer.records), RIGHT)
        else:
            advice = (
                "Many servers refuse mail from an address whose PTR and A do not agree; who gave "
                "you the address sets it."
            )
            yield check.says(", ".join(answer.records) or _nothing(answer), WARNING, advice)


def _lower(records: Sequence[str]) -> list[str]:
    return [one.lower() for one in records]


def _leads_here(answer: Answer, host: str, found: Lookups) -> bool:
    """True if the exchangers that are tried first are this host, by name or by address."""
    return any(_is_here(name, host, found) for name in best(answer))


def _is_here(name: str, host: str, found: Lookups) -> bool:
    """True for this host's name, and for one of its addresses; behind NAT, that is its name's."""
    addresses = found.of(name, "A").records
    own = {*found.addresses, *found.of(host, "A").records}
    return name == host or (bool(addresses) and own.issuperset(addresses))


def _unresolved(answer: Answer, found: Lookups) -> Optional[Answer]:
    """Return the answer without an address if it is not known where an exchanger leads."""
    addresses = (found.of(name, "A") for name in best(answer))
    return next((one for one in addresses if one.why == NOT_QUERIED), None)


def _mx(domain: str, answer: Answer, host: str, found: Lookups) -> Finding:
    wanted, seen_there = f"{host}, with the lowest number", found.is_observed(domain, "MX")
    check = DnsCheck("dns.mx", f"{domain} MX", wanted, is_observed=seen_there)
    if not answer.known:
        return check.not_known(answer)
    seen = ", ".join(answer.records) or _nothing(answer)
    if _leads_here(answer, host, found):
        wrong = _beside(answer, host, found)
        return check.says(seen, WARNING, wrong) if wrong else check.says(seen, RIGHT)
    unresolved = _unresolved(answer, found)
    if unresolved is not None:
        return check.not_known(unresolved)
    if any(one.split()[-1] == host for one in _lower(answer.records)):
        advice = f"{', '.join(best(answer))} is tried first: give {host} the lowest number."
    elif takes_no_mail(answer):
        advice = (
            f"It says that {domain} takes no mail (RFC 7505), so no server sends any. Publish in its"
            f" place: {domain}. IN MX 10 {host}."
        )
    else:
        advice = f"Mail for {domain} does not come here: {domain}. IN MX 10 {host}."
    return check.says(seen, WARNING, advice)


def _beside(answer: Answer, host: str, found: Lookups) -> str:
    """Return what is wrong with the exchangers that are tried first although one is this host."""
    aliases = [one for one in best(answer) if found.of(one, "A").canonical.lower() not in {"", one}]
    if aliases:
        return f"{aliases[0]} is a CNAME, which an MX must not lead to (RFC 2181, 10.3)."
    others = [name for name in best(answer) if not _is_here(name, host, found)]
    known = [one for one in others if found.of(one, "A").records]
    if known:
        return (
            f"{known[0]} has the same number, so a part of the mail goes there: give it a higher one"
            " unless it delivers that mail too."
        )
    return ""


def _local(names: Sequence[str], found: Lookups, host: str) -> Finding:
    """Return one finding for all local names, because nobody reads ten thousand lines."""
    seen_there = all(found.is_observed(one, "MX") for one in names[:MOST])
    wanted = f"10 {host} for each"
    check = DnsCheck("dns.mx.local", "MX of the local names", wanted, is_observed=seen_there)
    queried = [(one, found.of(one, "MX")) for one in names[:MOST]]
    lost = next((answer for _, answer in queried if not answer.known), None) or next(
        filter(None, (_unresolved(answer, found) for _, answer in queried)), None
    )
    if lost is not None:
        return check.not_known(lost)
    wrong = [
        f"{name}: {', '.join(answer.records) or _nothing(answer)}"
        for name, answer in queried
        if not _leads_here(answer, host, found)
    ]
    if wrong:
        more = f" and {len(wrong) - _FEW} more" if len(wrong) > _FEW else ""
        gone = next((name for name, answer in queried if answer.state == NO_NAME), "")
        typo = f"If {gone} is mistyped, correct it in section domains. " if gone else ""
        rule = "Mail for a name without MX goes to its A record; publish an MX, or leave it out."
        advice = typo + rule
        return check.says(f"{'; '.join(wrong[:_FEW])}{more}", WARNING, advice)
    rest = f"; {len(names) - MOST} were not asked" if len(names) > MOST else ""
    return check.says(f"{len(queried)} lead here{rest}", RIGHT)
