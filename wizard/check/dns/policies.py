"""Judge SPF and DMARC as receiving servers do (RFC 7208, RFC 7489)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Optional

from wizard.answers.model import Answers
from wizard.dns import spf
from wizard.dns.asking import Answer
from wizard.dns.dmarc import fault, is_dmarc
from wizard.dns.lookups import Lookups, is_inside, senders
from wizard.dns.records import SPF, SPF_OF_HOST, dmarc
from wizard.finding import RIGHT, UNKNOWN, WARNING, Check, Finding
from wizard.text import printable


@dataclass(frozen=True)
class DnsCheck(Check):
    """A check of what the DNS says, which fails no run."""

    fatal: bool = False

    def says(self, seen: str, verdict: str, advice: str = "") -> Finding:
        """Return a finding, with what was seen cleaned."""
        return self.finding(verdict, printable(seen), advice)

    def not_known(self, answer: Answer) -> Finding:
        """Return that there was no answer."""
        return self.unknown(printable(answer.why))


_NONE = "Publish it, so that large providers take your mail."
_INSIDE = "Publish it in the outside view."
_EVERYBODY = "192.0.2.200"
"""An address for documentation (RFC 5737): a policy that lets it pass lets everybody pass."""


def judge_policies(answers: Answers, found: Lookups) -> Iterator[Finding]:
    """Yield `dns.spf`, `dns.spf.host` if the host's name has a record, and `dns.dmarc`."""
    host, domain = answers.hostname.myhostname, answers.hostname.mydomain
    yield _spf(DnsCheck("dns.spf", f"{domain} TXT (SPF)", SPF), domain, answers, found)
    if host != domain and spf.records_of(found.of(host, "TXT")):
        check = DnsCheck("dns.spf.host", f"{host} TXT (SPF)", SPF_OF_HOST)
        yield _spf(check, host, answers, found)
    yield _dmarc(domain, answers, found)


def _spf(check: DnsCheck, name: str, answers: Answers, found: Lookups) -> Finding:
    records = spf.records_of(found.of(name, "TXT"))
    inside = is_inside(found.of(answers.hostname.myhostname, "A"))
    missing = _not_one(check, found.of(name, "TXT"), len(records), inside=inside)
    if missing is not None:
        return missing
    record, addresses = records[0], senders(answers, found)
    results = {one: spf.evaluate(one, name, found.of) for one in addresses}
    if answers.relay.host:
        return _by_relay(check, record, results)
    for address, result in results.items():
        if result.result != spf.PASS:
            # An inside view has other addresses for our own names.
            doubt = inside and _names_us(record)
            return _failing(check, record, address, result, doubt=doubt)
    if not addresses:
        return check.says(f"{record}: no public address is known here", UNKNOWN)
    if spf.evaluate(_EVERYBODY, name, found.of).result == spf.PASS:
        seen = f"{record}: it passes for every address"
        return check.says(seen, WARNING, "Anybody may send in your name: end it with -all.")
    return check.says(f"{record}: passes for {', '.join(addresses)}", RIGHT)


def _not_one(check: DnsCheck, answer: Answer, count: int, *, inside: bool) -> Optional[Finding]:
    """Return the finding if there is not exactly one record."""
    if not answer.known:
        return check.not_known(answer)
    if count > 1:
        seen = f"{count} records"
        return check.says(seen, WARNING, "More than one count as none: keep one.")
    if count == 0 and inside:
        return check.says("none, as seen from inside", UNKNOWN, _INSIDE)
    return check.says("none", WARNING, _NONE) if count == 0 else None


def _failing(
    check: DnsCheck, record: str, address: str, result: spf.Result, *, doubt: bool
) -> Finding:
    seen = f"{record}: {result.result} for {address} ({result.why})"
    if result.result == spf.TEMPERROR:
        return check.says(seen, UNKNOWN, "A name server gave no answer: look at it again.")
    if result.result == spf.PERMERROR:
        return check.says(seen, WARNING, "Correct the record: receivers take it for none.")
    if doubt:
        return check.says(f"{seen}, as seen from inside", UNKNOWN, "Look at it from outside.")
    advice = f"Add the address that mail leaves by: ip4:{address}, or mx where that leads to it."
    return check.says(seen, WARNING, advice.replace("ip4", "ip6" if ":" in address else "ip4"))


def _names_us(record: str) -> bool:
    """True if a term needs a query, where the inside view may differ."""
    return any(
        word.lstrip("+?~-")
        .lower()
        .startswith(("a", "mx", "ptr", "include:", "exists:", "redirect="))
        and not word.lstrip("+?~-").lower().startswith("all")
        for word in record.split()[1:]
    )


def _by_relay(check: DnsCheck, record: str, results: dict[str, spf.Result]) -> Finding:
    """Mail leaves by the relay host's addresses, which only its owner knows."""
    broken = next((one for one in results.values() if one.result == spf.PERMERROR), None)
    if broken is not None:
        advice = "Correct the record: receivers take it for none."
        return check.says(f"{record}: {broken.why}", WARNING, advice)
    advice = "Does it name what the provider of the relay host says, often an include?"
    return check.says(f"{record}: mail leaves by the relay host", UNKNOWN, advice)


def _dmarc(domain: str, answers: Answers, found: Lookups) -> Finding:
    check = DnsCheck("dns.dmarc", f"_dmarc.{domain} TXT", dmarc(domain))
    answer = found.of(f"_dmarc.{domain}", "TXT")
    texts = [spf.text_of(one) for one in answer.records]
    records = [one for one in texts if is_dmarc(one)]
    near = next((one for one in texts if "dmarc1" in one.lower()), "")
    if near and not records:
        return check.says(near, WARNING, "It must begin with v=DMARC1; to count.")
    inside = is_inside(found.of(answers.hostname.myhostname, "A"))
    missing = _not_one(check, answer, len(records), inside=inside)
    if missing is not None:
        return missing
    wrong = fault(records[0])
    if wrong:
        return check.says(f"{records[0]}: {wrong}", WARNING, "Correct it (RFC 7489, 6.3).")
    return check.says(records[0], RIGHT)
