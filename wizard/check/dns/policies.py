"""Judge SPF and DMARC as receiving servers do (RFC 7208, RFC 7489)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Callable, Optional

from wizard.answers.rules.addresses import is_address
from wizard.check.dns.dns_check import DnsCheck, shown, together
from wizard.check.outside import NOT_QUERIED
from wizard.dns import dmarc, spf
from wizard.dns.addresses import public4, public6
from wizard.dns.asking import Answer
from wizard.dns.lookups import ANYBODY, MOST_DOMAINS, is_inside, permits, senders
from wizard.dns.record_basis import NO_PROVIDER, Basis, names_others
from wizard.dns.record_kinds import first_dmarc
from wizard.finding import RIGHT, UNKNOWN, WARNING, Finding

_NONE = "Publish it, so that large providers take your mail."
_INSIDE = "Publish it in the outside view."


Missing = Callable[[Collection[str]], Collection[str]]
"""Returns which of some addresses are of this host, and nobody's."""


def judge_policies(basis: Basis, missing: Missing = lambda _: ()) -> Iterator[Finding]:
    """Yield dns.spf, .spf.local, .spf.host if the host's name has a record, .dmarc, .dmarc.local.

    A finding `.local` is about all other local domains together. `missing` gets the
    addresses that get reports.
    """
    host, domain = basis.host, basis.answers.hostname.mydomain
    others = tuple(one for one in basis.domains if one != domain)[: MOST_DOMAINS - 1]
    yield _spf("dns.spf", domain, basis)
    if others:
        check = DnsCheck("dns.spf.local", "SPF of the local domains", "a record for each")
        yield together(check, {one: _spf(check.id, one, basis) for one in others})
    if host != domain and spf.records_of(basis.found.of(host, "TXT")):
        yield _spf("dns.spf.host", host, basis)
    yield _dmarc("dns.dmarc", domain, basis, missing)
    others = tuple(one for one in others if one in basis.tops or basis.texts(f"_dmarc.{one}", "v"))
    if others:
        check = DnsCheck("dns.dmarc.local", "DMARC of the local domains", "a record for each")
        yield together(check, {one: _dmarc(check.id, one, basis, missing) for one in others})


def _spf(finding_id: str, name: str, basis: Basis) -> Finding:
    found = basis.found
    wanted = basis.spf(name)
    check = DnsCheck(
        finding_id, f"{name} TXT (SPF)", shown(wanted), is_observed=found.is_observed(name, "TXT")
    )
    records = spf.records_of(found.of(name, "TXT"))
    inside = is_inside(found.of(basis.host, "A"))
    near = None if records else next(spf.near_records(found.of(name, "TXT")), None)
    if near is not None:
        return check.says(near, WARNING, "It must begin with v=spf1 and a blank to count.")
    missing = _not_one(check, found.of(name, "TXT"), len(records), inside=inside)
    if missing is not None:
        return missing
    if basis.relay:
        return _by_relay(check, records[0], name, basis)
    return _from_here(check, records[0], name, basis)


def _from_here(check: DnsCheck, record: str, name: str, basis: Basis) -> Finding:
    """Judge a record by the addresses of this host, and by one that no record should have."""
    found, addresses = basis.found, senders(basis.answers, basis.found)
    results = {one: spf.evaluate(one, name, found.of) for one in addresses}
    for address, result in results.items():
        if result.result != spf.PASS:
            # An inside view has other addresses for our own names.
            doubt = is_inside(found.of(basis.host, "A")) and _names_us(record)
            return _failing(check, record, address, result, doubt=doubt)
    if not addresses:
        return check.says(f"{record}: no public address is known here", UNKNOWN)
    others = spf.evaluate(ANYBODY, name, found.of).result
    seen, advice = _OPEN.get(others) or (_POINTERS if spf.names_by_pointer(record) else ("", ""))
    if seen:
        return check.says(f"{record}: {seen}", WARNING, advice)
    return check.says(f"{record}: passes for {', '.join(addresses)}", RIGHT)


_OPEN = {
    spf.PASS: (
        "it passes for every address",
        "Anybody may send in your name: end it with -all.",
    ),
    spf.NEUTRAL: (
        "it is neutral for every other address",
        "It says nothing of mail that others send in your name: end it with ~all or -all.",
    ),
}
"""What is wrong by the result for an address that no record should have."""
_POINTERS = (
    "ptr asks for the name of each sender's address, which many receivers do not do",
    "Name the addresses instead, by ip4 or mx (RFC 7208, 5.5).",
)


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
        return check.says(seen, WARNING, _CORRECT)
    if doubt:
        return check.says(f"{seen}, as seen from inside", UNKNOWN, "Look at it from outside.")
    advice = f"Add the address that mail leaves by: ip4:{address}, or mx where that leads to it."
    return check.says(seen, WARNING, advice.replace("ip4", "ip6" if ":" in address else "ip4"))


_CORRECT = "Correct the record: receivers take it for none."


def _names_us(record: str) -> bool:
    """True if a term needs a query, where the inside view may differ."""
    return any(
        word.lstrip("+?~-")
        .lower()
        .startswith(("a", "mx", "ptr", "include:", "exists:", "redirect="))
        and not word.lstrip("+?~-").lower().startswith("all")
        for word in record.split()[1:]
    )


def _by_relay(check: DnsCheck, record: str, name: str, basis: Basis) -> Finding:
    """Judge a record by which mail leaves through a relay host, whose addresses its owner knows."""
    # The evaluation for an address that no record has visits every term.
    whole = spf.evaluate(ANYBODY, name, basis.found.of)
    if whole.result == spf.PERMERROR:
        return check.says(f"{record}: {whole.why}", WARNING, _CORRECT)
    if whole.result == spf.PASS:
        seen, advice = _OPEN[spf.PASS]
        return check.says(f"{record}: {seen}", WARNING, advice)
    if basis.answers.dns.relay_spf:
        return _with_provider(check, record, name, basis, whole)
    return _without_provider(check, record, name, basis)


def _with_provider(
    check: DnsCheck, record: str, name: str, basis: Basis, whole: spf.Result
) -> Finding:
    """Judge a record where the answers have the name in the provider's `include:`."""
    wanted, term = basis.spf(name), f"include:{basis.answers.dns.relay_spf}"
    if wanted != record:
        seen = f"{record}: mail leaves by {basis.relay}, and {term} is not in it"
        return check.says(seen, WARNING, f'Publish in its place: "{wanted}"')
    if whole.result == spf.TEMPERROR:
        return check.says(f"{record}: {whole.why}", UNKNOWN, "A name server gave no answer.")
    return check.says(f"{record}: has the provider's {term}", RIGHT)


def _without_provider(check: DnsCheck, record: str, name: str, basis: Basis) -> Finding:
    """Judge a record by the relay host's own addresses. Its provider may send by others."""
    outer = relay_addresses(basis)
    passed = [one for one in outer if spf.evaluate(one, name, basis.found.of).result == spf.PASS]
    if outer and not passed and not names_others(record):
        seen = f"{record}: mail leaves by {basis.relay} ({', '.join(outer)}), which is not in it"
        advice = (
            "Ask the provider for its include:, set its name as `relay_spf` in [dns] of the answers, and"
            f' publish in place of this record: "{basis.spf(name)}" ({NO_PROVIDER} is that name)'
        )
        return check.says(seen, WARNING, advice)
    advice = "Does it name what the provider of the relay host says, often an include?"
    return check.says(f"{record}: mail leaves by the relay host {basis.relay}", UNKNOWN, advice)


def relay_addresses(basis: Basis) -> tuple[str, ...]:
    """Return the public addresses of the relay host, as far as they are known."""
    names = (basis.found.of(basis.relay, kind).records for kind in ("A", "AAAA"))
    known = [basis.relay] if is_address(basis.relay) else []
    every = (*known, *(one for records in names for one in records))
    return (*public4(every), *public6(every))


def _dmarc(finding_id: str, domain: str, basis: Basis, missing: Missing) -> Finding:
    found, owner = basis.found, f"_dmarc.{domain}"
    check = DnsCheck(
        finding_id,
        f"{owner} TXT",
        first_dmarc(basis, domain),
        is_observed=found.is_observed(owner, "TXT"),
    )
    answer = found.of(owner, "TXT")
    texts = [spf.text_of(one) for one in answer.records]
    records = [one for one in texts if dmarc.is_dmarc(one)]
    near = next((one for one in texts if "dmarc1" in one.lower()), "")
    if near and not records:
        return check.says(near, WARNING, "It must begin with v=DMARC1; to count.")
    inside = is_inside(found.of(basis.host, "A"))
    number = _not_one(check, answer, len(records), inside=inside)
    if number is not None:
        return number
    wrong = dmarc.fault(records[0])
    if wrong:
        return check.says(f"{records[0]}: {wrong}", WARNING, "Correct it (RFC 7489, 6.3).")
    return (
        _readers(check, records[0], domain, basis)
        or _nobody(check, records[0], missing)
        or _strict(check, records[0], domain, basis)
    )


def _nobody(check: DnsCheck, record: str, missing: Missing) -> Optional[Finding]:
    """Check that somebody here reads the reports that come to this host."""
    unread = missing(dmarc.addresses(record))
    if not unread:
        return None
    address = min(unread)
    advice = f"Reports are returned: write an alias for {address.partition('@')[0]}, or correct rua and ruf."
    return check.says(f"{record}: nobody here is {address} (rua, ruf)", WARNING, advice)


def _readers(check: DnsCheck, record: str, domain: str, basis: Basis) -> Optional[Finding]:
    """Check that another domain, whose reader gets the reports, permits that (RFC 7489, 7.1)."""
    for name in permits(domain, basis.found.of(f"_dmarc.{domain}", "TXT")):
        answer = basis.found.of(name, "TXT")
        reader = name.partition("._report._dmarc.")[2]
        if answer.known and not any(map(dmarc.is_dmarc, map(spf.text_of, answer.records))):
            advice = f'No report arrives until {reader} has: {name}. IN TXT "v=DMARC1"'
            seen = f"{record}: {reader} does not permit reports on {domain} (rua, ruf)"
            return check.says(seen, WARNING, advice)
        if not answer.known:
            why = answer.why or NOT_QUERIED
            return check.says(f"{record}: {name} is not known: {why}", UNKNOWN)
    return None


def _strict(check: DnsCheck, record: str, domain: str, basis: Basis) -> Finding:
    """Check that mail has SPF at least where the policy refuses what nothing proves."""
    policy = dmarc.tags_of(record).get("p", "").lower()
    answer = basis.found.of(domain, "TXT")
    records = spf.records_of(answer)
    inside = is_inside(basis.found.of(basis.host, "A"))
    if policy == "none" or not answer.known or (inside and not records):
        return check.says(record, RIGHT)
    results = [
        spf.evaluate(one, domain, basis.found.of).result
        for one in senders(basis.answers, basis.found)
    ]
    if len(records) != 1 or (not basis.relay and spf.FAIL in results):
        seen = f"{record}: SPF does not prove this server's mail"
        advice = (
            f"Without a DKIM signature of {domain} receivers refuse it: p=none until SPF passes."
        )
        return check.says(seen, WARNING, advice)
    return check.says(record, RIGHT)
