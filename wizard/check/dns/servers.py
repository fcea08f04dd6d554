"""Judge the zones' own name servers: whether they answer, and all the same (RFC 1034, 4.1; RFC 1912, 2.8)."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.check.dns.dns_check import DnsCheck
from wizard.check.outside import NOT_QUERIED
from wizard.dns.asking import FAILED, SILENT
from wizard.dns.authority import ZoneAnswers
from wizard.dns.lookups import Lookups
from wizard.finding import RIGHT, UNKNOWN, WARNING, Finding

_SAME = "every server of the zone answers, and all the same"
_REFUSALS = ("SERVFAIL", "REFUSED", "NOTAUTH", "referral")
"""Words of an answer by which a server says that it does not have the zone."""


def judge_servers(found: Lookups) -> Iterator[Finding]:
    """Yield `dns.servers`, about all zones of our names; nothing without any zone."""
    if not found.zones:
        return
    zones = ", ".join(dict.fromkeys(one.zone for one in found.zones))
    check = DnsCheck("dns.servers", f"name servers of {zones}", _SAME)
    for verdict, seen, advice in (said for one in found.zones for said in _faults(one)):
        if verdict == WARNING:
            yield check.says(seen, verdict, advice)
            return
    unknown = [said for one in found.zones for said in _faults(one)]
    if unknown:
        yield check.says(*_words(unknown[0]))
        return
    names = dict.fromkeys(server.name for one in found.zones for server in one.answers)
    yield check.says(f"{', '.join(names)}: the same answers", RIGHT)


def _words(said: tuple[str, str, str]) -> tuple[str, str, str]:
    verdict, seen, advice = said
    return seen, verdict, advice


def _faults(zone: ZoneAnswers) -> Iterator[tuple[str, str, str]]:
    """Yield (verdict, what is seen, advice) for each fault of a zone's servers."""
    if zone.why:
        is_said = any(word in zone.why for word in _REFUSALS)
        advice = (
            f"See that its servers load {zone.zone}: named-checkzone(8), `journalctl -u named`."
        )
        yield WARNING if is_said else UNKNOWN, f"{zone.zone}: {zone.why}", advice if is_said else ""
        return
    if not zone.answers:
        yield UNKNOWN, f"{zone.zone}: it has no server with a name", ""
    for server, answer in zone.without_answer(FAILED):
        is_said = any(word in answer.why for word in _REFUSALS)
        advice = f"Part of all queries fail: have {server.name} load the zone, or take its NS record out."
        seen = f"{server.name} ({server.address}) has no {zone.zone}: {answer.why}"
        yield WARNING if is_said else UNKNOWN, seen, advice if is_said else ""
    for question in zone.disagreements[:1]:
        named = "; ".join(
            f"{server.name}: {', '.join(answers[question].records) or 'none'}"
            for server, answers in zone.answers.items()
            if answers[question].known
        )
        advice = (
            "Others see the one or the other. Raise the serial, and see that each secondary fetches"
            f" the zone: `dig +nssearch {zone.zone}`"
        )
        yield WARNING, f"{question.name} {question.kind}: {named}", advice
    for server, answer in zone.without_answer(SILENT):
        why = answer.why
        seen = f"{server.name} ({server.address or 'no address'}): {why}"
        yield (
            UNKNOWN,
            seen,
            "" if why == NOT_QUERIED else f"Ask it: dig @{server.name} {zone.zone} SOA",
        )
