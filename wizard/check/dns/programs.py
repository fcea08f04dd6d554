"""Judge the records for mail programs (SRV) and for certificate authorities (CAA)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Optional

from wizard.check.dns.dns_check import DnsCheck, together
from wizard.check.outside import NOT_QUERIED
from wizard.dns.asking import Answer
from wizard.dns.lookups import MOST_DOMAINS, caa_names
from wizard.dns.record_basis import Basis
from wizard.finding import RIGHT, UNKNOWN, WARNING, Finding

_PORTS = {"_submissions": 465, "_submission": 587, "_imaps": 993, "_imap": 143}
_SECURE = frozenset({"_submissions", "_submission"})
"""Services that this server always has: a record that denies them misleads programs."""


def judge_programs(basis: Basis) -> Iterator[Finding]:
    """Yield dns.srv and dns.caa, each only where there is a record or no answer."""
    check = DnsCheck("dns.srv", "SRV for mail programs", f"{basis.host}, its ports, or none")
    found = {
        name: one
        for domain in basis.domains[:MOST_DOMAINS]
        for service in _PORTS
        for name in [f"{service}._tcp.{domain}"]
        for one in [_srv(check, name, service, basis)]
        if one is not None
    }
    if found:
        yield together(check, found)
    caa = _caa(basis)
    if caa is not None:
        yield caa


def _srv(check: DnsCheck, name: str, service: str, basis: Basis) -> Optional[Finding]:
    answer = basis.found.of(name, "SRV")
    observed = basis.found.is_observed(name, "SRV")
    check = DnsCheck(check.id, check.subject, check.expected, is_observed=observed)
    if not answer.known:
        return check.not_known(answer)
    faults = [fault for one in answer.records for fault in [_srv_fault(one, service, basis)]]
    wrong = next((one for one in faults if one), "")
    unknown = next((one for one in answer.records if _is_unknown(one, basis)), "")
    if wrong and not unknown:
        advice = f"Programs log in there: {name}. IN SRV 0 1 {_PORTS[service]} {basis.host}."
        return check.says(wrong, WARNING, advice)
    if unknown:
        return check.unknown(f"{unknown}: {NOT_QUERIED}")
    return check.says(", ".join(answer.records), RIGHT) if answer.records else None


def _is_unknown(record: str, basis: Basis) -> bool:
    target = record.rsplit(maxsplit=1)[-1].lower()
    return target != basis.host and basis.found.of(target, "A").why == NOT_QUERIED


def _srv_fault(record: str, service: str, basis: Basis) -> str:
    port, target = record.split()[-2], record.rsplit(maxsplit=1)[-1].lower()
    if target == ".":
        return f"{record}: it says that there is no such service" if service in _SECURE else ""
    if target != basis.host and not _is_here(basis.found.of(target, "A"), basis):
        return f"{record}: {target} is not this server"
    if port != str(_PORTS[service]):
        return f"{record}: port {port}, not {_PORTS[service]}"
    return ""


def _is_here(answer: Answer, basis: Basis) -> bool:
    return bool(answer.records) and set(answer.records) <= {
        *basis.addresses,
        *basis.found.addresses,
    }


_CAA = re.compile(r'(\d{1,3}) ([A-Za-z0-9]+) "((?:[^"\\]|\\.)*)"')
_CRITICAL = 128
_KNOWN = frozenset({"issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail"})


def _caa(basis: Basis) -> Optional[Finding]:
    """Judge the records that count for the certificate: those of the nearest name that has any."""
    authority = basis.keys.authority
    for name in caa_names(basis.host):
        answer = basis.found.of(name, "CAA")
        seen = basis.found.is_observed(name, "CAA")
        check = DnsCheck(
            "dns.caa",
            f"{name} CAA",
            f"the authority of the certificate may issue: {authority or 'not known'}",
            is_observed=seen,
        )
        if answer.why == NOT_QUERIED:
            continue  # the name is above our domains
        if not answer.known:
            return check.not_known(answer)
        if answer.records:
            return _permission(check, answer.records, authority)
    return None


def _permission(check: DnsCheck, records: tuple[str, ...], authority: str) -> Finding:
    parsed = [found for found in map(_CAA.fullmatch, records) if found]
    shown = ", ".join(records)
    issuers = [
        one[3].partition(";")[0].strip().lower() for one in parsed if one[2].lower() == "issue"
    ]
    unknown = [one for one in parsed if int(one[1]) & _CRITICAL and one[2].lower() not in _KNOWN]
    if unknown:
        advice = "Authorities that do not know it issue nothing: remove it, or its flag 128."
        return check.says(f"{unknown[0][0]}: a critical property", WARNING, advice)
    if not issuers:
        return check.says(f"{shown}: every authority may issue", RIGHT)
    if not authority:
        return check.says(f"{shown}: which authority renews the certificate is not known", UNKNOWN)
    if authority not in issuers:
        name = check.subject.partition(" ")[0]
        advice = f'The next renewal fails. Add: {name}. IN CAA 0 issue "{authority}"'
        return check.says(f"{shown}: {authority} may not issue", WARNING, advice)
    return check.says(shown, RIGHT)
