"""Judge the records for TLS between servers: TLS-RPT (RFC 8460), MTA-STS (RFC 8461), TLSA (RFC 7672)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.certificates.keys import public_key_info
from wizard.check.dns.dns_check import DnsCheck, together
from wizard.check.outside import NOT_QUERIED
from wizard.dns import mta_sts, spf
from wizard.dns.asking import NO_NAME, NO_RECORD
from wizard.dns.dmarc import tags_of
from wizard.dns.lookups import MOST_DOMAINS, exchangers
from wizard.dns.record_basis import Basis
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding


@dataclass(frozen=True)
class Fetched:
    """What https says of a domain's policy: the policy, or its `fault`, or why it is `unknown`."""

    policy: Optional[mta_sts.Policy] = None
    fault: str = ""
    unknown: str = ""


def judge_transport(basis: Basis, fetched: Mapping[str, Fetched]) -> Iterator[Finding]:
    """Yield dns.tls-rpt, .mta-sts and .tlsa, each only where there is a record or no answer."""
    rows = (
        (DnsCheck("dns.tls-rpt", "TLS-RPT", "one record with rua="), _tls_rpt),
        (
            DnsCheck("dns.mta-sts", "MTA-STS", "one record, and a policy with this server"),
            lambda check, domain, basis: _mta_sts(check, domain, basis, fetched),
        ),
    )
    for check, judge in rows:
        found = {
            domain: one
            for domain in basis.domains[:MOST_DOMAINS]
            for one in [judge(check, domain, basis)]
            if one is not None
        }
        if found:
            yield together(check, found)
    tlsa = _tlsa(basis)
    if tlsa is not None:
        yield tlsa


_TLS_RPT = re.compile(r"v=TLSRPTv1\s*(?:;|$)")


def _one_text(
    check: DnsCheck, basis: Basis, owner: str, version: str
) -> tuple[Optional[Finding], str]:
    """Return the one record of a name, or the finding if there is none that counts."""
    answer = basis.found.of(owner, "TXT")
    if not answer.known:
        return check.not_known(answer), ""
    texts = [spf.text_of(one) for one in answer.records]
    near = [one for one in texts if version.lower() in one.lower()]
    records = [one for one in texts if one.startswith(version)]
    if len(records) == 1:
        return None, records[0]
    if len(records) > 1:
        advice = f"More than one count as none: keep one at {owner}."
        return check.says(f"{len(records)} records", WARNING, advice), ""
    if near:
        return check.says(near[0], WARNING, f"{owner}: begin it with {version}; to count."), ""
    return None, ""


def _tls_rpt(check: DnsCheck, domain: str, basis: Basis) -> Optional[Finding]:
    owner = f"_smtp._tls.{domain}"
    check = _at(check, basis, owner)
    finding, record = _one_text(check, basis, owner, "v=TLSRPTv1")
    if not record:
        return finding
    readers = tags_of(record).get("rua", "")
    is_whole = _TLS_RPT.match(record) and all(
        one.strip().startswith(("mailto:", "https:")) for one in readers.split(",")
    )
    if not is_whole:
        advice = f'Nobody gets a report. Such as: {owner}. IN TXT "v=TLSRPTv1; rua={basis.reports(domain)}"'
        return check.says(record, WARNING, advice)
    return check.says(record, RIGHT)


def _at(check: DnsCheck, basis: Basis, owner: str, kind: str = "TXT") -> DnsCheck:
    seen = basis.found.is_observed(owner, kind)
    return DnsCheck(check.id, check.subject, check.expected, is_observed=seen)


def _mta_sts(
    check: DnsCheck, domain: str, basis: Basis, fetched: Mapping[str, Fetched]
) -> Optional[Finding]:
    owner = f"_mta-sts.{domain}"
    check = _at(check, basis, owner)
    finding, record = _one_text(check, basis, owner, "v=STSv1")
    if not record:
        return finding
    url = mta_sts.url(domain)
    if not mta_sts.is_record(record):
        return check.says(record, WARNING, f'Such as: {owner}. IN TXT "v=STSv1; id=1"')
    address, other = (basis.found.of(owner[1:], kind) for kind in ("A", "AAAA"))
    if {address.state, other.state} <= {NO_NAME, NO_RECORD}:
        advice = f"Senders look for {url}: publish the policy there, or remove {owner}."
        return check.says(f"{record}: {owner[1:]} has no address", WARNING, advice)
    said = fetched.get(domain, Fetched(unknown=NOT_QUERIED))
    if said.fault:
        return check.says(f"{url}: {said.fault}", WARNING, "Correct the policy, then its id= too.")
    if said.policy is None:
        return check.unknown(f"{url}: {said.unknown}")
    return _policy(check, domain, said.policy, basis)


def _policy(check: DnsCheck, domain: str, policy: mta_sts.Policy, basis: Basis) -> Finding:
    names = exchangers(basis.found.of(domain, "MX")) or (basis.host,)
    lacking = [one for one in names if not policy.permits(one)]
    seen = f"mode {policy.mode}, mx {', '.join(policy.mx) or 'none'}"
    if policy.mode == "none" or not lacking:
        return check.says(seen, RIGHT)
    stops = policy.mode == "enforce" and basis.host in lacking
    advice = (
        f"Add `mx: {lacking[0]}` to {mta_sts.url(domain)}, and give the record another id=: "
        + ("senders that read it do not deliver to this server." if stops else "it is an MX.")
    )
    return check.says(f"{seen}: it lacks {', '.join(lacking)}", WRONG if stops else WARNING, advice)


_TLSA = re.compile(r"([0-3]) ([01]) ([0-2]) ([0-9a-fA-F ]+)")
_LEAF, _ISSUER = 3, 2
"""Usages of DANE-EE and DANE-TA; SMTP knows no others (RFC 7672, 3.1)."""


def _tlsa(basis: Basis) -> Optional[Finding]:
    owner = f"_25._tcp.{basis.host}"
    seen = basis.found.is_observed(owner, "TLSA")
    check = DnsCheck(
        "dns.tlsa",
        "port 25: TLSA (DANE)",
        f"the key that port 25 serves, at {owner}",
        is_observed=seen,
    )
    answer = basis.found.of(owner, "TLSA")
    if not answer.known:
        return check.not_known(answer)
    if not answer.records:
        return None
    if not basis.keys.chains:
        return check.unknown("the certificate of port 25 was not seen")
    shown, is_signed = ", ".join(answer.records), basis.found.is_signed(basis.host)
    fault = _tlsa_fault(check, answer.records, basis, is_signed=is_signed)
    if fault is not None or is_signed:
        return fault or check.says(shown, RIGHT)
    return check.says(f"{shown}: the zone is not seen to be signed", UNKNOWN)


def _tlsa_fault(
    check: DnsCheck, records: Sequence[str], basis: Basis, *, is_signed: bool
) -> Optional[Finding]:
    chains, shown = basis.keys.chains, ", ".join(records)
    if not all(any(_matches(one, chain) for one in records) for chain in chains):
        pin = hashlib.sha256(public_key_info(chains[0][0])).hexdigest()
        advice = f"Publish 3 1 1 {pin}, or remove the record. " + (
            "Servers that check DANE do not deliver to this one."
            if is_signed
            else "It harms as soon as the zone is signed (DNSSEC)."
        )
        seen = f"{shown}: not of the certificate that port 25 serves"
        return check.says(seen, WRONG if is_signed else WARNING, advice)
    if basis.keys.keeps_key is False:
        advice = (
            "Have certbot keep the key, `reuse_key = True` in the lineage's renewal conf: else mail"
            " from servers that check DANE stops at the next renewal."
        )
        return check.says(f"{shown}: the next renewal makes another key", WARNING, advice)
    return None


def _matches(record: str, chain: tuple[bytes, ...]) -> bool:
    """True if a TLSA record is of a certificate of the chain, whose first one is the server's."""
    found = _TLSA.fullmatch(record)
    if found is None:
        return False
    usage, selector, kind = (int(found[number]) for number in (1, 2, 3))
    if usage not in {_LEAF, _ISSUER}:
        return False
    wanted = found[4].replace(" ", "").lower()
    certificates = chain[:1] if usage == _LEAF else chain[1:]
    return any(_digest(kind, _data(selector, one)) == wanted for one in certificates)


def _data(selector: int, certificate: bytes) -> bytes:
    return public_key_info(certificate) if selector else certificate


def _digest(kind: int, data: bytes) -> str:
    digests = (data.hex, hashlib.sha256(data).hexdigest, hashlib.sha512(data).hexdigest)
    return digests[kind]()
