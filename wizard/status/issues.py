"""The issues of each section: from drift items, and from the facts of the host alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from typing import Optional

from wizard.answers.model import POLICY, Answers
from wizard.answers.sections.certificate import OF_A_LINEAGE
from wizard.host.facts import Host
from wizard.host.firewall_facts import OPEN
from wizard.paths import MAIN_CF, MASTER_CF, RENEWAL_HOOK
from wizard.sections.registry import FILES, OWNERS, SECTIONS
from wizard.sections.section import BY_HAND, MISSING, UNHEALTHY, Issue
from wizard.status.drift import DriftItem

AS_PLANNED = "as planned"
AS_FOUND = "as found"
NOT_SET_UP = "not set up"
NOT_KNOWN = "not known"
"""The states of a section without issues. As found: no run ever planned it."""

_OF_POLICY = frozenset({MAIN_CF, MASTER_CF, RENEWAL_HOOK})
_WHOLE = frozenset({RENEWAL_HOOK, *(path for path, file in FILES.items() if not file.has_answers)})
"""Files without separate settings: each change is reported. Others are compared by setting."""
_GONE = ("gone", "there is no such table", "closed", "firewalld has no zone")
"""What `DriftItem.now` begins with if something is missing."""


def item_issue(item: DriftItem) -> Optional[tuple[str, Issue]]:
    """Return an item's section and issue. None if the item did not drift or has no section."""
    kind, _, path = item.id.partition(".")
    section = _section_of(item.id, kind, path)
    if not (item.drifted and section):
        return None
    is_gone = item.now.startswith(_GONE)
    if kind == "path":
        if not (is_gone or path in _WHOLE):
            return None
        return section, Issue(MISSING if is_gone else BY_HAND, f"{path}: {item.now}.")
    state = MISSING if is_gone else UNHEALTHY
    if kind == "firewall" and item.left != OPEN:
        state = BY_HAND
    return section, Issue(state, f"{item.looked_at}: {item.now}. {item.advice}".rstrip())


def _section_of(item: str, kind: str, path: str) -> str:
    """Return the section of a drift item, "" for none."""
    if kind in {"path", "table"} and path in OWNERS:
        return OWNERS[path].name
    if kind == "unit" or (kind == "path" and path in _OF_POLICY):
        return POLICY
    fits = [
        (len(pattern), one.name)
        for one in SECTIONS
        for pattern in one.drift
        if fnmatchcase(item, pattern)
    ]
    return max(fits, default=(0, ""))[1]


def host_issues(
    host: Host, today: Answers, reported: Collection[str]
) -> Iterator[tuple[str, Issue]]:
    """Yield the sections and issues that the host alone shows.

    `reported` has the IDs of the drift items: `item_issue` reports what a run wrote.
    """
    for section in SECTIONS:
        yield from ((section.name, one) for one in section.issues(host, today, reported))
    yield from ((POLICY, one) for one in _policy(host, today, reported))


def _policy(host: Host, today: Answers, reported: Collection[str]) -> Iterator[Issue]:
    if host.postfix.refusal:
        yield Issue(UNHEALTHY, f"Postfix refuses main.cf: {host.postfix.refusal}.")
    if host.root == "/":
        if "unit.active" not in reported and host.unit.active != "active":
            yield Issue(UNHEALTHY, f"Postfix does not run: {host.unit.active}.")
        if "unit.enabled" not in reported and host.unit.enabled != "enabled":
            yield Issue(UNHEALTHY, f"Postfix does not start at boot: {host.unit.enabled}.")
    of_a_lineage = today.certificate.source in OF_A_LINEAGE
    hook = host.files[RENEWAL_HOOK]
    if of_a_lineage and hook.live is None and f"path.{RENEWAL_HOOK}" not in reported:
        why = f"{RENEWAL_HOOK} is not there: a renewed certificate would not be served at once."
        yield Issue(MISSING, why)
