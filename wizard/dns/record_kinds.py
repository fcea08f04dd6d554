"""The kinds of DNS records that a mail server has or may have: a row each.

A and MX (RFC 5321), PTR (RFC 1912, 2.1), SPF (RFC 7208), DMARC (RFC 7489), TLS-RPT (RFC 8460), MTA-STS
(RFC 8461), DKIM (RFC 6376), SRV for mail programs (RFC 6186, RFC 8314), CAA (RFC 8659), TLSA (RFC 7672).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Callable

from wizard.dns import dmarc, mta_sts
from wizard.dns.domain_names import is_below, is_of_another
from wizard.dns.key_records import record_text
from wizard.dns.lookups import exchangers
from wizard.dns.record_basis import NO_PROVIDER, Basis, published_spf
from wizard.dns.txt import strings

OWN, REVERSE, OTHER = "own", "reverse", "other"
"""The zone of a record: one of ours, that of the address's provider, another one."""

UNKNOWN_ADDRESS = "PUBLIC.ADDRESS"
"""Placeholder on a host with inner addresses only, since the router's outer one is unknown."""

SMTPS, IMAPS = 465, 993


@dataclass(frozen=True)
class Data:
    """The data of one record; `zone` if it is not that of its kind. The others are those of `Published`."""

    text: str
    waits: str = ""
    note: str = ""
    zone: str = ""


@dataclass(frozen=True)
class RecordKind:
    """One kind of record.

    `owner` is the name of the record, with `{}` for each of `names`. `data` yields what such a name
    gets, nothing if it needs none. `optional`: mail arrives without it. `publish` is the word of
    `[dns] publish` by which a run writes it into our own zone, "" for none. `version` is how the text of
    a TXT record of the kind begins. `completes`: a run also replaces the text of one that is there.
    """

    id: str
    kind: str
    owner: str
    names: Callable[[Basis], Iterable[str]]
    data: Callable[[Basis, str], Iterable[Data]]
    why: str
    note: str = ""
    zone: str = OWN
    optional: bool = False
    publish: str = ""
    version: str = ""
    completes: bool = False


def _host(basis: Basis) -> tuple[str, ...]:
    return (basis.host,) if basis.domains else ()


def _domains(basis: Basis) -> tuple[str, ...]:
    return basis.domains


def _tops(basis: Basis) -> tuple[str, ...]:
    return basis.tops


def _domains_and_host(basis: Basis) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*basis.domains, *_host(basis))))


def _addresses(basis: Basis) -> tuple[str, ...]:
    return (basis.addresses or (UNKNOWN_ADDRESS,)) if basis.domains else ()


def _reversed(basis: Basis) -> Iterator[str]:
    for one in _addresses(basis):
        if one == UNKNOWN_ADDRESS:
            yield f"({one})"
        else:
            yield f"{ipaddress.ip_address(one).reverse_pointer}."


def _a(basis: Basis, _: str) -> Iterator[Data]:
    for one in _addresses(basis):
        yield Data(one, "put the outer address in" if one == UNKNOWN_ADDRESS else "")


def _mx(basis: Basis, _: str) -> Iterator[Data]:
    yield Data(f"10 {basis.host}.")


def _ptr(basis: Basis, _: str) -> Iterator[Data]:
    yield Data(f"{basis.host}.", "in the reverse zone")


def _spf(basis: Basis, name: str) -> Iterator[Data]:
    text, published = basis.spf(name), published_spf(basis.found, name)
    waits = "in place of the record that is there" if published not in {"", text} else ""
    if basis.texts(name, "v=spf1") and not published:
        waits = "in place of all its v=spf1 records"
    if NO_PROVIDER in text:
        waits = f"put the name of the provider's SPF record in ({basis.relay})"
    yield Data(strings(text), waits, "" if published else _SOFT)


_SOFT = "~all may become -all once each server that sends in the name is in its SPF record."


def _dmarc(basis: Basis, domain: str) -> Iterator[Data]:
    published = basis.texts(f"_dmarc.{domain}", "v=DMARC1")
    if len(published) == 1 and not dmarc.fault(published[0]):
        yield Data(strings(published[0]))
    else:
        waits = "in place of what is there" if published else ""
        yield Data(strings(first_dmarc(basis, domain)), waits)


def first_dmarc(basis: Basis, domain: str) -> str:
    """Return a first DMARC policy: it requests reports, and refuses no mail unless the answers say so."""
    return f"v=DMARC1; p={basis.answers.dkim.dmarc}; rua={basis.reports(domain)}"


def _signing(basis: Basis) -> tuple[str, ...]:
    return tuple(name for name, public in basis.signing.items() if public)


def _withdrawn(basis: Basis) -> tuple[str, ...]:
    return tuple(name for name, public in basis.signing.items() if not public)


def _dkim(basis: Basis, name: str) -> Iterator[Data]:
    yield Data(strings(record_text(basis.signing[name])))


def _permits(basis: Basis) -> Iterator[str]:
    """Yield `DOMAIN._report._dmarc.READER`: the reader's domain permits reports on another (7.1)."""
    reader = basis.answers.dns.reports.rpartition("@")[2]
    if reader:
        yield from (
            f"{domain}._report._dmarc.{reader}"
            for domain in basis.tops
            if is_of_another(domain, reader)
        )


def _permit(basis: Basis, _: str) -> Iterator[Data]:
    reader = basis.answers.dns.reports.rpartition("@")[2]
    is_own = any(reader == one or is_below(reader, one) for one in basis.domains)
    if is_own:
        yield Data(strings("v=DMARC1"))
    else:
        yield Data(strings("v=DMARC1"), f"in the zone of {reader}", zone=OTHER)


def _tls_rpt(basis: Basis, domain: str) -> Iterator[Data]:
    if not basis.texts(f"_smtp._tls.{domain}", "v=TLSRPTv1"):
        yield Data(strings(f"v=TLSRPTv1; rua={basis.reports(domain)}"))


def _mta_sts(basis: Basis, domain: str) -> Iterator[Data]:
    if basis.texts(f"_mta-sts.{domain}", "v=STSv1"):
        return
    names = exchangers(basis.found.of(domain, "MX")) or (basis.host,)
    url = mta_sts.url(domain)
    policy = "\n".join(f"    {line}" for line in mta_sts.policy(names))
    note = f"MTA-STS needs a web server that shows this policy:\n{policy}"
    yield Data(strings("v=STSv1; id=1"), f"once {url} shows the policy", note)


def _srv(port: int) -> Callable[[Basis, str], Iterator[Data]]:
    def data(basis: Basis, _: str) -> Iterator[Data]:
        yield Data(f"0 1 {port} {basis.host}.")

    return data


def _with_imaps(basis: Basis) -> tuple[str, ...]:
    return basis.domains if basis.answers.dovecot.imaps == "open" else ()


def _caa(basis: Basis, domain: str) -> Iterator[Data]:
    authority = basis.keys.authority
    published = basis.found.of(domain, "CAA").records
    if authority and not any(authority in one for one in published):
        yield Data(f'0 issue "{authority}"', CAA_BINDS.format(domain))


CAA_BINDS = "CAA binds all of {}, the certificates of its web shop too"


def _tlsa(basis: Basis, _: str) -> Iterator[Data]:
    if basis.keys.keeps_key and basis.found.is_signed(basis.host):
        yield from (Data(f"3 1 1 {pin}") for pin in basis.keys.pins)


KINDS = (
    RecordKind("a", "A", "{}.", _host, _a, "Where this server is reached."),
    RecordKind("mx", "MX", "{}.", _domains, _mx, "Where mail for the name goes."),
    RecordKind(
        "ptr",
        "PTR",
        "{}",
        _reversed,
        _ptr,
        "Set by who gave you the address; many servers refuse mail without it.",
        zone=REVERSE,
    ),
    RecordKind(
        "spf",
        "TXT",
        "{}.",
        _domains_and_host,
        _spf,
        "SPF: which servers send mail of the name.",
        publish="spf",
        version="v=spf1",
        completes=True,
    ),
    RecordKind(
        "dkim",
        "TXT",
        "{}.",
        _signing,
        _dkim,
        "DKIM: the key with which mail of the name is signed.",
        publish="dkim",
        version="v=DKIM1",
    ),
    RecordKind(
        "dkim-withdrawn",
        "TXT",
        "{}.",
        _withdrawn,
        _dkim,
        "DKIM: a key that signs no more.",
        note="It takes the place of the key's record.",
        publish="dkim",
        version="v=DKIM1",
        completes=True,
    ),
    RecordKind(
        "dmarc",
        "TXT",
        "_dmarc.{}.",
        _tops,
        _dmarc,
        "DMARC: reports first; p=quarantine once they are clean.",
        publish="dmarc",
        version="v=DMARC1",
    ),
    RecordKind(
        "dmarc-permit",
        "TXT",
        "{}.",
        _permits,
        _permit,
        "DMARC: its reader takes reports on the other domain.",
        publish="dmarc",
        version="v=DMARC1",
    ),
    RecordKind(
        "tls-rpt",
        "TXT",
        "_smtp._tls.{}.",
        _domains,
        _tls_rpt,
        "TLS-RPT: other servers report when TLS fails.",
        optional=True,
        publish="tls-rpt",
        version="v=TLSRPTv1",
    ),
    RecordKind(
        "mta-sts",
        "TXT",
        "_mta-sts.{}.",
        _domains,
        _mta_sts,
        "MTA-STS: mail for the name comes by TLS alone.",
        optional=True,
    ),
    RecordKind(
        "srv",
        "SRV",
        "_submissions._tcp.{}.",
        _domains,
        _srv(SMTPS),
        "Where mail programs send (RFC 6186, RFC 8314).",
        optional=True,
        publish="srv",
    ),
    RecordKind(
        "srv",
        "SRV",
        "_imaps._tcp.{}.",
        _with_imaps,
        _srv(IMAPS),
        "Where mail programs read (RFC 6186, RFC 8314).",
        optional=True,
        publish="srv",
    ),
    RecordKind(
        "caa",
        "CAA",
        "{}.",
        _tops,
        _caa,
        "CAA: who may issue certificates for the domain.",
        optional=True,
        publish="caa",
    ),
    RecordKind(
        "tlsa",
        "TLSA",
        "_25._tcp.{}.",
        _host,
        _tlsa,
        "DANE: other servers know the key, which each renewal keeps.",
        optional=True,
    ),
)
