"""Findings as the result shows them: one sentence, groups, who can repair one, and its whole text.

No Textual in here.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Iterable, Iterator, Sequence

from wizard.check.report import WORDS
from wizard.finding import RIGHT, UNKNOWN, WAITS, WARNING, WRONG, Finding
from wizard.text import counted

REPAIR, WAITING, LOOK, NOT_KNOWN, FINE = "repair", "waiting", "look", "unknown", "right"
TITLES = {
    REPAIR: "To repair",
    WAITING: "Waiting",
    LOOK: "To look at",
    NOT_KNOWN: "Unknown",
    FINE: "Right",
}
"""The groups in their order, the worst first."""
LOOKS = {REPAIR: "wrong", WAITING: "value", LOOK: "caution", NOT_KNOWN: "", FINE: "right"}
_GROUPS = {WRONG: REPAIR, WAITS: WAITING, WARNING: LOOK, UNKNOWN: NOT_KNOWN, RIGHT: FINE}

_DOVECOT = re.compile(r"dovecot\..*|delivery\.lmtp|smtp\.(465|587)\.auth.*|aliases\.delivery")
_OUTSIDE = re.compile(r"dns\..*|blocklist\..*|outbound\..*|relay\..*|networks\.router")
"""Findings about others than this host."""
_TAKEN = frozenset({"smtp.25.local", "smtp.25.users", "smtp.25.domains"})
"""Findings in which a stranger's RCPT was accepted, if they are right."""

HERE = "root, on this server"
_OWNERS = (
    (re.compile(r"dns\.ptr.*"), "the provider that gave the address: it has the reverse zone"),
    (re.compile(r"outbound\..*"), "the provider, or the router's administrator"),
    (re.compile(r"dns\.resolver"), HERE),
    (re.compile(r"dns\..*"), "the owner of the DNS zone"),
    (re.compile(r"blocklist\..*\.own"), "this host's administrator, on the list's own page"),
    (re.compile(r"networks\.router"), "the router's administrator"),
    (re.compile(r"relay\.(reach|login)"), "the operator of the relay host"),
    (_DOVECOT, "root, in Dovecot's set-up"),
)
"""Who can repair a finding, by its ID, where root cannot end it by commands on this server."""


@dataclass(frozen=True)
class Shown:
    """One line of a group: a finding with those that follow from it."""

    finding: Finding
    consequences: tuple[Finding, ...] = ()

    @property
    def line(self) -> str:
        """Return the subject, what was seen, and how many follow from it."""
        one = self.finding
        more = f" (and {len(self.consequences)} more)" if self.consequences else ""
        return f"{one.looked_at}: {one.seen}{more}"


@dataclass(frozen=True)
class Group:
    """The findings of one kind; `key` is one of TITLES."""

    key: str
    shown: tuple[Shown, ...]


def groups(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Return the groups that have findings. A finding that follows from another one is below that.

    Its group is that of the worst of the two. While something waits for Dovecot, all that is about
    Dovecot waits.
    """
    listed = tuple(findings)
    known = {one.id for one in listed}
    waits = any(one.verdict == WAITS for one in listed)
    order = list(TITLES)
    found: dict[str, list[Shown]] = {key: [] for key in order}
    for one in listed:
        if one.follows in known:
            continue
        behind = tuple(other for other in listed if other.follows == one.id)
        key = min((_group(each, waits=waits) for each in (one, *behind)), key=order.index)
        found[key].append(Shown(one, behind))
    return tuple(Group(key, tuple(shown)) for key, shown in found.items() if shown)


def _group(finding: Finding, *, waits: bool) -> str:
    if waits and finding.verdict in {WRONG, WARNING} and _DOVECOT.fullmatch(finding.id):
        return WAITING
    return _GROUPS[finding.verdict]


def sentence(found: Sequence[Group]) -> tuple[str, str, str]:
    """Return what the checks say of the server: the text, its last word, and the look of that word.

    It takes mail only if a stranger's RCPT was observed. Nothing in here was seen from outside.
    """
    by_key = {group.key: group.shown for group in found}
    wrong = [one.finding for one in by_key.get(REPAIR, ())]
    right = {one.finding.id for one in by_key.get(FINE, ())}
    takes = "takes mail" if right & _TAKEN else ""
    if any(not _OUTSIDE.fullmatch(one.id) for one in wrong):
        said = f"{takes}, and something on it is wrong" if takes else "is not right"
    else:
        said = f"{takes} and is right from inside" if takes else "is right from inside"
        said += "; not seen from outside"
    text = f"The mail server {said}."
    if by_key.get(WAITING):
        text += " Mail for people waits until Dovecot is set up."
    if wrong:
        return f"{text} {counted(len(wrong), 'thing')} to", "repair.", LOOKS[REPAIR]
    if by_key.get(LOOK):
        count = len(by_key[LOOK])
        return f"{text} {counted(count, 'thing')} to look", "at.", LOOKS[LOOK]
    return f"{text} Nothing to", "repair.", LOOKS[FINE]


def who(finding: Finding) -> str:
    """Return who can repair it, "" if that is not known or nothing is to be repaired."""
    if finding.verdict in {RIGHT, UNKNOWN}:
        return ""
    if finding.cure:
        return HERE
    return next((text for ids, text in _OWNERS if ids.fullmatch(finding.id)), HERE)


Paragraph = tuple[str, str]
"""A line of text that is wrapped, and its look."""


def whole(shown: Shown) -> Iterator[Paragraph]:
    """Yield the whole finding. Commands and edits are paragraphs of their own, to be copied."""
    one = shown.finding
    yield f"{WORDS[one.verdict]}: {one.looked_at}", "strong"
    yield f"Seen: {one.seen}", ""
    yield f"Expected: {one.expected}", ""
    if one.advice:
        yield "", ""
        yield one.advice, ""
    owner = who(one)
    if owner:
        yield "", ""
        yield f"Who can repair it: {owner}.", ""
    yield from _cure(one)
    if shown.consequences:
        yield "", ""
        yield "What follows from it:", "strong"
        for other in shown.consequences:
            yield f"{WORDS[other.verdict]}: {other.looked_at}: {other.seen}", ""


def _cure(finding: Finding) -> Iterator[Paragraph]:
    cured = finding.cure
    if cured.reason:
        yield f"No command ends it: {cured.reason}.", ""
    for edit in cured.edits:
        yield "", ""
        yield f"In {edit.path} {'replace' if edit.old else 'write'}:", "strong"
        if edit.old:
            yield from ((line, "gone") for line in edit.old.splitlines())
            yield "by:", "strong"
        yield from ((line, "new") for line in edit.new.splitlines())
    if cured.commands:
        yield "", ""
        yield "Commands that end it, as root:", "strong"
        yield from ((shlex.join(argv), "value") for argv in cured.commands)


def ago(seconds: float) -> str:
    """Return such as `2 minutes ago`; under a minute it is `just now`."""
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{counted(int(seconds // size), name)} ago"
    return "just now"
