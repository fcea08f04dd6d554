"""Compare the DNS records of this server with those that it should have.

None of it fails a run. Behind NAT or with split DNS this host sees other addresses than its peers,
so some records are unknown and not wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Callable, Optional

from wizard.answers.model import Answers
from wizard.dns.addresses import public4
from wizard.dns.asking import NO_NAME, Answer, reversed_name
from wizard.dns.lookups import MOST, Lookups, is_inside, look_up
from wizard.dns.records import SPF, dmarc
from wizard.finding import RIGHT, UNKNOWN, WARNING, Check, Finding
from wizard.host.facts import Network
from wizard.text import printable

SECONDS = 1.0
"""Seconds for all queries together; a healthy resolver needs a tenth of it."""

_FEW = 3


def begin_lookups(
    answers: Answers, network: Optional[Network], pool: Executor, proxies: Sequence[str] = ()
) -> Callable[[], Iterator[Finding]]:
    """Send the queries in a thread of the pool; call the result to wait for the findings.

    `proxies` are the addresses of proxy_interfaces (postconf(5)).
    """
    if network is None:
        why = "the host's resolvers could not be read"
        return lambda: iter((_DnsCheck("dns.a", "DNS", "as published").unknown(why),))
    pending = pool.submit(look_up, answers, network.addresses, network.resolvers, seconds=SECONDS)
    return lambda: judge_lookups(answers, pending.result(), proxies)


def judge_lookups(
    answers: Answers, found: Lookups, proxies: Sequence[str] = ()
) -> Iterator[Finding]:
    """Yield dns.a, .cname, .aaaa, .ptr.ADDRESS, .mx, .mx.local, .spf, .dmarc, in this order.

    Behind NAT `networks.proxy` comes after dns.a; `proxies` are those of proxy_interfaces.
    """
    host, domain = answers.hostname.myhostname, answers.hostname.mydomain
    leads = found.of(host, "A")
    yield _address(host, leads, found.addresses)
    yield from _behind_nat(leads, found.addresses, proxies)
    if leads.records and leads.canonical.lower() not in {"", host}:
        check = _DnsCheck("dns.cname", f"{host} CNAME", "no CNAME (RFC 2181, 10.3)")
        advice = f"An MX must not lead to one: give {host} an A record instead."
        yield check.says(f"a CNAME for {leads.canonical}", WARNING, advice)
    yield _ipv6(host, found, listens=answers.networks.inet_protocols != "ipv4")
    yield from _pointers(host, leads, found, public4((*found.addresses, *proxies)))
    yield _mx(domain, found.of(domain, "MX"), host)
    if answers.domains.local:
        yield _local(answers.domains.local, found, host)
    inside = is_inside(leads)
    spf = _DnsCheck("dns.spf", f"{domain} TXT (SPF)", SPF)
    yield _text(spf, found.of(domain, "TXT"), "v=spf1", inside=inside)
    policy = _DnsCheck("dns.dmarc", f"_dmarc.{domain} TXT", dmarc(domain))
    yield _text(policy, found.of(f"_dmarc.{domain}", "TXT"), "v=dmarc1", inside=inside)


@dataclass(frozen=True)
class _DnsCheck(Check):
    """A check of what the DNS says, which fails no run."""

    fatal: bool = False

    def says(self, seen: str, verdict: str, advice: str = "") -> Finding:
        return self.finding(verdict, printable(seen), advice)

    def not_known(self, answer: Answer) -> Finding:
        return self.unknown(printable(answer.why))


def _nothing(answer: Answer) -> str:
    return "no such name" if answer.state == NO_NAME else "no such record"


def _address(host: str, answer: Answer, own: Sequence[str]) -> Finding:
    outer = ", ".join(public4(own))
    check = _DnsCheck(
        "dns.a", f"{host} A", outer or "the address under which others reach this host"
    )
    if not answer.known:
        return check.not_known(answer)
    if not answer.records:
        advice = f"No mail finds this server without it: {host}. IN A {outer or 'ADDRESS'}"
        return check.says(_nothing(answer), WARNING, advice)
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


def _behind_nat(answer: Answer, own: Sequence[str], proxies: Sequence[str]) -> Iterator[Finding]:
    """Check that Postfix knows the public address if this host has only private ones."""
    outer = [one for one in public4(answer.records) if one not in own]
    if public4(own) or not outer:
        return
    seen = ", ".join(outer)
    check = _DnsCheck(
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
    check = _DnsCheck("dns.aaaa", f"{host} AAAA", wanted)
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
        check = _DnsCheck("dns.ptr", "PTR", host)
        yield check.says("no public address is known here", UNKNOWN, advice)
    for address in addresses:
        answer = found.of(reversed_name(address), "PTR")
        check = _DnsCheck(f"dns.ptr.{address}", f"{address} PTR", host)
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


def _leads_here(answer: Answer, host: str) -> bool:
    return any(one.split()[-1] == host for one in _lower(answer.records))


def _mx(domain: str, answer: Answer, host: str) -> Finding:
    check = _DnsCheck("dns.mx", f"{domain} MX", f"10 {host}")
    if not answer.known:
        return check.not_known(answer)
    seen = ", ".join(answer.records) or _nothing(answer)
    if _leads_here(answer, host):
        return check.says(seen, RIGHT)
    advice = f"Mail for {domain} does not come here: {domain}. IN MX 10 {host}."
    return check.says(seen, WARNING, advice)


def _local(names: Sequence[str], found: Lookups, host: str) -> Finding:
    """Return one finding for all local names, because nobody reads ten thousand lines."""
    check = _DnsCheck("dns.mx.local", "MX of the local names", f"10 {host} for each")
    queried = [(one, found.of(one, "MX")) for one in names[:MOST]]
    lost = next((answer for _, answer in queried if not answer.known), None)
    if lost is not None:
        return check.not_known(lost)
    wrong = [
        f"{name}: {', '.join(answer.records) or _nothing(answer)}"
        for name, answer in queried
        if not _leads_here(answer, host)
    ]
    if wrong:
        more = f" and {len(wrong) - _FEW} more" if len(wrong) > _FEW else ""
        advice = "Mail for a name without MX goes to its A record; publish an MX, or leave it out."
        return check.says(f"{'; '.join(wrong[:_FEW])}{more}", WARNING, advice)
    rest = f"; {len(names) - MOST} were not asked" if len(names) > MOST else ""
    return check.says(f"{len(queried)} lead here{rest}", RIGHT)


def _text(check: _DnsCheck, answer: Answer, start: str, *, inside: bool) -> Finding:
    if not answer.known:
        return check.not_known(answer)
    texts = [one.strip('"') for one in answer.records]
    seen = [one for one in texts if one.lower().startswith(start)]
    if len(seen) == 1:
        return check.says(seen[0], RIGHT)
    if seen:
        return check.says(f"{len(seen)} records", WARNING, "More than one count as none: keep one.")
    if inside:
        return check.says("none, as seen from inside", UNKNOWN, "Publish it in the outside view.")
    return check.says("none", WARNING, "Publish it, so that large providers take your mail.")
