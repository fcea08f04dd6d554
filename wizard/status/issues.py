"""The issues of each section: from drift items, and from the facts of the host alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Optional

from wizard.answers.model import POLICY, Answers
from wizard.answers.sections.blocklists import Blocklists
from wizard.answers.sections.certificate import OF_A_LINEAGE
from wizard.answers.unsaid import is_unsaid
from wizard.certificates.dates import day
from wizard.check.commands import CommandResult
from wizard.check.tables.sender_access import judge_table, table_in_use
from wizard.door import Outcome
from wizard.finding import RIGHT
from wizard.host.facts import Host
from wizard.paths import DOVECOT_CONF, LINEAGES, MAIN_CF, MASTER_CF, RENEWAL_HOOK, SENDER_ACCESS
from wizard.plan.firewall import IMAPS, SERVICES
from wizard.run.actions.firewall import OPEN
from wizard.sections.registry import OWNERS
from wizard.status.drift import DriftItem
from wizard.status.expected import ExpectedState

AS_PLANNED = "as planned"
AS_FOUND = "as found"
BY_HAND = "changed by hand"
MISSING = "missing"
UNHEALTHY = "unhealthy"
WAITS = "waits"
NOT_SET_UP = "not set up"
NOT_KNOWN = "not known"
"""The states of a section. As found: no run ever planned it. Waits: mail waits for Dovecot."""

_LMTP = "lmtp:unix:private/dovecot-lmtp"


@dataclass(frozen=True)
class SectionIssue:
    """One issue of a section: MISSING, UNHEALTHY, BY_HAND or WAITS. `why` is a sentence."""

    section: str
    state: str
    why: str


_SECTION_OF = {
    "table": "blocklists",
    "links": "certificate",
    "certificate": "certificate",
    "firewall": "networks",
    "unit": POLICY,
}
"""The section by the first word of an item's ID. A changed file is compared setting by setting."""

_FILES = {
    MAIN_CF: POLICY,
    MASTER_CF: POLICY,
    RENEWAL_HOOK: POLICY,
    **{path: owner.name for path, owner in OWNERS.items()},
}
_WHOLE = frozenset({RENEWAL_HOOK, DOVECOT_CONF})
"""Files without separate settings: each change is reported."""
_GONE = ("gone", "there is no such table", "closed", "firewalld has no zone")
"""What `DriftItem.now` begins with if something is missing."""


def item_issue(item: DriftItem) -> Optional[SectionIssue]:
    """Return the issue of an item's section. None if the item did not drift or has no section."""
    if not item.drifted:
        return None
    kind, _, path = item.id.partition(".")
    is_gone = item.now.startswith(_GONE)
    if kind == "path":
        section = _FILES.get(path)
        if section is None or not (is_gone or path in _WHOLE):
            return None
        return SectionIssue(section, MISSING if is_gone else BY_HAND, f"{path}: {item.now}.")
    if kind not in _SECTION_OF:
        return None
    state = MISSING if is_gone else UNHEALTHY
    if kind == "firewall" and item.left != OPEN:
        state = BY_HAND
    said = f"{item.looked_at}: {item.now}."
    section = OWNERS[path].name if kind == "table" and path in OWNERS else _SECTION_OF[kind]
    if kind == "firewall" and path.endswith(f".{IMAPS}"):
        section = "dovecot"
    return SectionIssue(section, state, f"{said} {item.advice}".rstrip())


def host_issues(host: Host, today: Answers, expected: ExpectedState) -> Iterator[SectionIssue]:
    """Yield the issues that the host alone shows; `item_issue` reports what a run wrote."""
    yield from _firewall(host, today, expected)
    yield from _certificate(host, today, expected)
    yield from _table(host, expected)
    yield from _delivery(host)
    yield from _zone_file(host, today)
    yield from _dovecot(host)
    yield from _policy(host, today, expected)


def _firewall(host: Host, today: Answers, expected: ExpectedState) -> Iterator[SectionIssue]:
    name = today.networks.firewall_zone
    zone = host.firewall.zone(name)
    if host.firewall.state != "running" or zone is None:
        return
    closed = [
        service
        for service in SERVICES
        if service not in zone.permanent and (name, service) not in expected.services
    ]
    if closed:
        why = f"The firewall's zone {name} does not open {', '.join(closed)}."
        yield SectionIssue("networks", MISSING, why)


def _certificate(host: Host, today: Answers, expected: ExpectedState) -> Iterator[SectionIssue]:
    own = today.certificate
    if own.source in OF_A_LINEAGE:
        lineage = host.lineage(own.name)
        if lineage is None:
            why = f"{LINEAGES}/{own.name} is not there, which main.cf names."
            yield SectionIssue("certificate", MISSING, why)
        elif lineage.problem:
            yield SectionIssue("certificate", UNHEALTHY, f"{own.name}: {lineage.problem}.")
        elif not lineage.linked and own.name not in expected.lineages:
            faults = "; ".join(lineage.link_faults) or "its files are of no one number"
            yield SectionIssue("certificate", UNHEALTHY, f"{LINEAGES}/{own.name}: {faults}.")
        return
    if is_unsaid(own.source):
        # main.cf names no certificate, or a path that only Postfix can resolve.
        return
    pair = host.self_signed if own.source == "self-signed" else host.own_pair
    if pair is None:
        yield SectionIssue("certificate", MISSING, "The files that main.cf names are not there.")
    elif pair.problem:
        yield SectionIssue("certificate", UNHEALTHY, f"{pair.cert_file}: {pair.problem}.")
    elif pair.not_after <= host.read_at:
        why = f"{pair.cert_file} ended on {day(pair.not_after)}."
        yield SectionIssue("certificate", UNHEALTHY, why)


def _table(host: Host, expected: ExpectedState) -> Iterator[SectionIssue]:
    table = table_in_use(host.parameters.get("smtpd_recipient_restrictions", ""))
    if not table or table.partition(":")[2] in expected.tables:
        return
    if host.table is None:
        why = f"{table} is looked up, and is not there or cannot be read."
        yield SectionIssue("blocklists", MISSING, f"{why} Run `postmap {table}`.")
        return
    listing = CommandResult(Outcome(0, host.table, b""))
    text = host.text(SENDER_ACCESS).decode("utf-8", "surrogateescape")
    for one in judge_table(table, listing, text, Blocklists()):
        if one.verdict != RIGHT:
            yield SectionIssue("blocklists", UNHEALTHY, f"{table}: {one.seen}. {one.advice}")


def _delivery(host: Host) -> Iterator[SectionIssue]:
    if host.parameters.get("mailbox_transport") == _LMTP and not host.dovecot.lmtp_socket:
        why = "Dovecot's socket private/dovecot-lmtp is not there: mail waits in the queue."
        yield SectionIssue("delivery", WAITS, why)


def _dovecot(host: Host) -> Iterator[SectionIssue]:
    dovecot = host.dovecot
    if host.root == "/" and dovecot.usable and dovecot.unit.active in {"inactive", "failed"}:
        why = f"Dovecot is installed and does not run ({dovecot.unit.active}): mail waits."
        yield SectionIssue("dovecot", WAITS, why)
    if dovecot.waiting:
        why = f"{dovecot.waiting} in the queue wait for Dovecot; `check` says until when."
        yield SectionIssue("dovecot", WAITS, why)


def _zone_file(host: Host, today: Answers) -> Iterator[SectionIssue]:
    path = today.dns.zone_file
    if path and not any(one.path == path for one in host.zones):
        yield SectionIssue("dns", MISSING, f"{path} is no zone file of this host's named.")


def _policy(host: Host, today: Answers, expected: ExpectedState) -> Iterator[SectionIssue]:
    if host.postfix.refusal:
        yield SectionIssue(POLICY, UNHEALTHY, f"Postfix refuses main.cf: {host.postfix.refusal}.")
    if host.root == "/":
        if expected.active is None and host.unit.active != "active":
            yield SectionIssue(POLICY, UNHEALTHY, f"Postfix does not run: {host.unit.active}.")
        if expected.enabled is None and host.unit.enabled != "enabled":
            why = f"Postfix does not start at boot: {host.unit.enabled}."
            yield SectionIssue(POLICY, UNHEALTHY, why)
    of_a_lineage = today.certificate.source in OF_A_LINEAGE
    hook = host.files[RENEWAL_HOOK]
    if of_a_lineage and hook.live is None and RENEWAL_HOOK not in expected.paths:
        why = f"{RENEWAL_HOOK} is not there: a renewed certificate would not be served at once."
        yield SectionIssue(POLICY, MISSING, why)
