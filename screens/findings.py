"""Findings as the result shows them: one sentence, groups, who can repair one, and its whole text.

No Textual in here.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Iterable, Iterator, Sequence

from wizard.answers.model import SECTIONS
from wizard.check.dns.dns_check import NO_SUCH_NAME
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

_OUTSIDE = re.compile(r"dns\..*|blocklist\..*|outbound\..*|relay\..*|networks\.router")
"""Findings about others than this host."""
_OF_STRANGER = "relay|stranger|users|domains|unknown-user|others"
_SESSION = re.compile(rf"smtp\.(?:25\.(?!(?:{_OF_STRANGER})$)|587\.|465\.).*")
"""What this host saw of its own sessions with its ports."""
_TAKEN = frozenset({"smtp.25.stranger", "smtp.25.users", "smtp.25.domains"})
"""Findings in which a stranger's RCPT was accepted, if they are right."""
_TO_DO = {
    REPAIR: "to repair",
    WAITING: "waiting for Dovecot",
    LOOK: "to look at",
    NOT_KNOWN: "not known",
}

HERE = "root, on this server"
_OWNERS = (
    (re.compile(r"dns\.ptr.*"), "the provider that gave the address: it has the reverse zone"),
    (re.compile(r"outbound\..*"), "the provider, or the router's administrator"),
    (re.compile(r"dns\.(?!resolver).*"), "the owner of the DNS zone"),
    (re.compile(r"blocklist\..*\.own"), "this host's administrator, on the list's own page"),
    (re.compile(r"networks\.router"), "the router's administrator"),
    (re.compile(r"relay\.(reach|login)"), "the operator of the relay host"),
)
"""Who else can repair a finding, by its ID, where no commands or edits on this server end it."""


_SECTIONS = (
    (re.compile(r"dns\.(?:a|aaaa|cname|ptr.*)|smtp\.\d+\.banner"), "hostname"),
    (re.compile(r"dns\.mx\.local|smtp\.25\.domains"), "domains"),
    (re.compile(r"smtp\.25\.relay|firewall\..*"), "networks"),
    (re.compile(r"smtp\.\d+\.tls"), "certificate"),
    (re.compile(r"blocklist\..*"), "blocklists"),
    (re.compile(r"dns\..*"), ""),
)
"""By the ID of a finding: the section whose values it is about. The IDs of others begin with it."""


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
    """Return the groups that have findings, the worst first.

    A finding that follows from another one is below that, and in the group of the worst of the two.
    """
    listed = tuple(findings)
    known = {one.id for one in listed}
    order = list(TITLES)
    found: dict[str, list[Shown]] = {key: [] for key in order}
    for one in listed:
        if one.follows in known:
            continue
        behind = tuple(other for other in listed if other.follows == one.id)
        key = min((_GROUPS[each.verdict] for each in (one, *behind)), key=order.index)
        found[key].append(Shown(one, behind))
    return tuple(Group(key, tuple(shown)) for key, shown in found.items() if shown)


def sentence(found: Sequence[Group]) -> tuple[str, str, str]:
    """Return how many findings are of the worst kind, the look of these words, and the rest of the text.

    The rest has the numbers of the other kinds, and what was observed of the mail server.
    """
    counts = [(one.key, len(one.shown)) for one in found if one.key != FINE]
    if not counts:
        return "Nothing to repair", LOOKS[FINE], f". {_observed(found)}"
    (worst, count), *others = counts
    more = "".join(f", {number:,} {_TO_DO[key]}" for key, number in others)
    return f"{counted(count, 'thing')} {_TO_DO[worst]}", LOOKS[worst], f"{more}. {_observed(found)}"


def _observed(found: Sequence[Group]) -> str:
    """Return what was seen of the mail server.

    It takes mail only if a stranger's RCPT was accepted. It is right from inside only if its
    sessions were seen, and nothing on this host is wrong. Nothing was seen from outside.
    """
    listed = [
        each
        for group in found
        for shown in group.shown
        for each in (shown.finding, *shown.consequences)
    ]
    right = {one.id for one in listed if one.verdict == RIGHT}
    takes = not right.isdisjoint(_TAKEN)
    if any(one.verdict == WRONG and not _OUTSIDE.fullmatch(one.id) for one in listed):
        said = "takes mail, and something on it is wrong" if takes else "is not right"
        return f"The mail server {said}."
    sessions = [one for one in listed if _SESSION.fullmatch(one.id)]
    was_seen = any(one.id in right and one.id.startswith("smtp.25.") for one in sessions)
    is_right = was_seen and all(one.verdict != UNKNOWN for one in sessions)
    parts = (("takes mail", takes), ("is right from inside", is_right))
    said = " and ".join(text for text, is_so in parts if is_so)
    if not said:
        return "Whether the mail server takes mail was not seen."
    return f"The mail server {said}; not seen from outside."


def section_of(finding: Finding) -> str:
    """Return the section of the answers that a finding is about, "" if it is about none."""
    begins = finding.id.partition(".")[0]
    own = begins if begins in SECTIONS else ""
    return next((name for ids, name in _SECTIONS if ids.fullmatch(finding.id)), own)


def name_without_address(found: Iterable[Group]) -> str:
    """Return the name of this host if the DNS does not have it, else ""."""
    listed = (shown.finding for group in found for shown in group.shown)
    return next(
        (
            one.looked_at.partition(" ")[0]
            for one in listed
            if one.id == "dns.a" and one.seen == NO_SUCH_NAME
        ),
        "",
    )


def who(finding: Finding) -> str:
    """Return who can repair it, "" if that is not known or nothing is to be repaired."""
    if finding.verdict in {RIGHT, UNKNOWN}:
        return ""
    if finding.cure:
        return HERE
    return next((text for ids, text in _OWNERS if ids.fullmatch(finding.id)), "")


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
    section = section_of(one)
    if section and one.verdict != RIGHT:
        yield f"Where it is set: section {section}.", ""
    yield from _cure(one)
    if shown.consequences:
        yield "", ""
        yield "What follows from it:", "strong"
        for other in shown.consequences:
            yield f"{WORDS[other.verdict]}: {other.looked_at}: {other.seen}", ""


def _cure(finding: Finding) -> Iterator[Paragraph]:
    cured = finding.cure
    if cured.reason:
        yield f"No command repairs it: {cured.reason}.", ""
    for edit in cured.edits:
        yield "", ""
        yield f"In {edit.path} {'replace' if edit.old else 'write'}:", "strong"
        if edit.old:
            yield from ((line, "gone") for line in edit.old.splitlines())
            yield "by:", "strong"
        yield from ((line, "new") for line in edit.new.splitlines())
    if cured.commands:
        yield "", ""
        yield "Commands that repair it, as root:", "strong"
        yield from ((shlex.join(argv), "value") for argv in cured.commands)


def ago(seconds: float) -> str:
    """Return such as `2 minutes ago`; under a minute it is `just now`."""
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{counted(int(seconds // size), name)} ago"
    return "just now"
