"""Decide which findings fail a run: those about what it wrote, and those that it made wrong.

Hand edits that the operator chose to keep count as written. Everything else was wrong before the
run: it is shown, and only `check` counts it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Optional

from wizard.check.network.ports import NOBODY
from wizard.finding import WRONG, Finding
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.plan.actions import (
    BuildTable,
    EnableUnit,
    Service,
    StagedCheck,
    TurnBeside,
    TurnSigner,
)
from wizard.plan.choices import MINE
from wizard.plan.hold import CLASS
from wizard.plan.model import Plan
from wizard.planning.file_entries import entries
from wizard.postfix.hazards import HAZARDS
from wizard.postfix.served import PAIR, TAKEN_OUT
from wizard.postfix.service_entry import port_of_entry
from wizard.sections.registry import BY_NAME, SECTIONS

AS_BEFORE = "it was so before this run"
AS_ACCEPTED = "it was accepted for this run"

Key = tuple[str, str]
"""A finding's ID and its subject, because some IDs occur more than once."""

_FOR_US = frozenset(
    [
        "myhostname",
        "mydomain",
        "mydestination",
        "smtpd_recipient_restrictions",
        "smtpd_relay_restrictions",
        "/etc/postfix/sender_access",
        "BuildTable:/etc/postfix/sender_access",
    ]
)
"""What decides whether a stranger's mail for us is accepted, as names of `_ABOUT`."""

_PAIR = "smtpd_tls_cert_file smtpd_tls_key_file SelfSign Lay Relink"
_ABOUT: tuple[tuple[str, str], ...] = (
    (r"unit\.active", "Service"),
    (r"unit\.enabled", "EnableUnit:postfix"),
    (r"port\.25", "inet_interfaces inet_protocols"),
    (r"(?:port|smtp|master\.cf)\.(\d+)(?:\..*)?", "entry:{0}"),
    (r"smtp\.\d+\.banner", "smtpd_banner"),
    # With a pair that cannot be used Postfix lists STARTTLS all the same, and then answers 454.
    (r"smtp\.\d+\.starttls", "smtpd_tls_security_level"),
    (r"smtp\.\d+\.tls", _PAIR),
    (r"smtp\.25\.size", "message_size_limit"),
    (r"smtp\.25\.vrfy", "disable_vrfy_command"),
    (r"smtp\.25\.(?:no-auth|auth-refused)(?:-tls)?", "smtpd_sasl_auth_enable"),
    (r"smtp\.587\.(?:no-)?auth-plain", "smtpd_tls_auth_only"),
    (r"smtp\.(?:587|465)\.auth|socket\.auth", "smtpd_sasl_type smtpd_sasl_path"),
    (r"smtp\.25\.relay", "mynetworks smtpd_recipient_restrictions smtpd_relay_restrictions"),
    (r"smtp\.25\.(?:users|domains|others)", " ".join(sorted(_FOR_US))),
    (r"networks\.trusted", "mynetworks"),
    (r"path\.ours", "mydestination relayhost mailbox_transport"),
    (r"certificate\.(?:\d+|chain|expiry|key|strength|ignored)", _PAIR),
    (r"certificate\.(\d+)", f"entry:{{0}} served:{{0}} {' '.join(TAKEN_OUT)}"),
    (r"smtp\.(\d+)\.(?:start)?tls", "served:{0}"),
    (r"delivery\.lmtp|socket\.lmtp|dovecot\..*", "mailbox_transport TurnBeside:dovecot"),
    (r"(?:main\.cf|parameters|transport|behind)\.(\w+)", "{0}"),
    *((rf"parameters\.{one.name}", " ".join(one.reads)) for one in HAZARDS),
    (r"domains\.classes", "mydestination"),
    (r"restrictions\..*", "smtpd_recipient_restrictions"),
    (
        r"table\.sender_access(?:\..*)?",
        "/etc/postfix/sender_access BuildTable:/etc/postfix/sender_access",
    ),
    (r"firewall\..*", "OpenFirewall"),
    *(row for section in SECTIONS for row in section.about),
)
"""What findings are about, by a pattern of their IDs. The names of all matching rows are joined.

A name is a parameter of main.cf, `entry:PORT` of master.cf, `served:PORT` for its options that name a
certificate, another file's path, or a kind of step, with its table or unit (`BuildTable:PATH`,
`EnableUnit:postfix`) where it has one.
"""
_CONVERSATION = re.compile(r"(?:port|smtp|certificate|delivery|socket)\..*")
"""Findings that are always wrong while Postfix is stopped."""
_SHUT: tuple[tuple[str, str, str], ...] = (
    (r"port\.(\d+)", NOBODY, r"(?:port|smtp|certificate)\.{0}(?:\..*)?"),
    (r"smtp\.(\d+)\.starttls", "no STARTTLS", r"(?:smtp\.{0}\.tls|certificate\.{0})"),
)
"""A closed service: the finding, what is seen, and the later findings that only repeat it."""

_LET_THROUGH = frozenset(f"smtp.25.{name}" for name in ("stranger", "users", "domains"))
"""Mail for us from this host's own address. Before the run, mynetworks may have permitted it."""
_ACCEPTED = {CLASS: r"domains\.classes"}
"""The findings about what was accepted with a caution, by its name."""


def counted(
    findings: Iterable[Finding], plan: Plan, wrong_before: Optional[Collection[Key]]
) -> Iterator[Finding]:
    """Yield the findings of a run. Those that are not the run's doing do not fail it.

    `wrong_before` is what was wrong before the first step. It is None if there was no check before
    the run; then all findings count.
    """
    own = _written(plan) | _edited(plan)
    before = wrong_before or ()
    behind = [_CONVERSATION] if _stays_stopped(plan, before) else []
    accepted = [_ACCEPTED[one.name] for one in plan.cautions if one.name in _ACCEPTED]
    for finding in findings:
        if key_of(finding) in before and not own & about(finding.id):
            behind += _behind(finding)
        tells = not any(pattern.fullmatch(finding.id) for pattern in behind)
        if finding.verdict == WRONG and any(re.fullmatch(one, finding.id) for one in accepted):
            yield replace(finding, seen=f"{finding.seen}; {AS_ACCEPTED}", fatal=False)
        elif (
            wrong_before is None
            or finding.verdict != WRONG
            or (key_of(finding) not in wrong_before and not _was_hidden(finding.id, own))
            or (tells and own & about(finding.id))
        ):
            yield finding
        else:
            yield replace(finding, seen=f"{finding.seen}; {AS_BEFORE}", fatal=False)


def _stays_stopped(plan: Plan, wrong_before: Collection[Key]) -> bool:
    """True if Postfix did not run before, and the run does not start it."""
    starts = any(isinstance(step.action, Service) for step in plan.pending)
    return not starts and any(finding_id == "unit.active" for finding_id, _ in wrong_before)


def _behind(finding: Finding) -> Iterator[re.Pattern[str]]:
    """Yield patterns for the IDs of the findings that a closed service causes."""
    for pattern, seen, ids in _SHUT:
        door = re.fullmatch(pattern, finding.id)
        if door and finding.seen == seen:
            yield re.compile(ids.format(*door.groups()))


def _was_hidden(finding_id: str, own: Collection[str]) -> bool:
    """True if it was wrong before, too, and the check before the run could not see that."""
    return finding_id in _LET_THROUGH and "mynetworks" in own and not _FOR_US & set(own)


def tolerated(plan: Plan) -> tuple[str, ...]:
    """Return what Postfix complained about before the run. The run did not cause it."""
    staged = [step.action for step in plan.steps if isinstance(step.action, StagedCheck)]
    return tuple(line for action in staged for line in action.tolerated)


def key_of(finding: Finding) -> Key:
    """Return the key that identifies a finding in a later check."""
    return finding.id, finding.looked_at


def about(finding_id: str) -> frozenset[str]:
    """Return what a finding is about, as names of `_ABOUT`; empty if no run writes that.

    Without a row, the finding `NAME.*` of a section is about the section's files and units.
    """
    found: set[str] = set()
    for pattern, names in _ABOUT:
        match = re.fullmatch(pattern, finding_id)
        if match:
            found.update(names.format(*match.groups()).split())
    section = BY_NAME.get(finding_id.partition(".")[0])
    if section is not None and not found:
        found.update(file.path for file in section.files)
        units = [unit.removesuffix(".service") for unit in section.units]
        found.update(
            f"{kind.__name__}:{unit}"
            for unit in units
            for kind in (EnableUnit, TurnBeside, TurnSigner)
        )
    return frozenset(found)


def _written(plan: Plan) -> frozenset[str]:
    """Return what the plan changes, as names of `_ABOUT`."""
    names = {type(step.action).__name__ for step in plan.pending}
    tables = (step.action for step in plan.pending if isinstance(step.action, BuildTable))
    names.update(f"BuildTable:{table.path}" for table in tables)
    units = (one.action for one in plan.pending if isinstance(one.action, (EnableUnit, TurnBeside)))
    names.update(f"{type(one).__name__}:{one.unit.removesuffix('.service')}" for one in units)
    for file in plan.files:
        before, after = entries(file.path, file.live), entries(file.path, file.proposed)
        changed = (name for name in {*before, *after} if before.get(name) != after.get(name))
        names.update(_named(file.path, name) for name in changed)
    return frozenset(names)


def _edited(plan: Plan) -> frozenset[str]:
    return frozenset(_named(one.path, one.name) for one in plan.edits if one.choice == MINE)


def _named(path: str, name: str) -> str:
    if path == MAIN_CF:
        return name
    if path != MASTER_CF:
        return path
    is_served = name.rpartition("/")[2] in {*PAIR, *TAKEN_OUT}
    return f"{'served' if is_served else 'entry'}:{port_of_entry(name)}"
