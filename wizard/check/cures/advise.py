"""Give each finding its cure, and say which one it follows from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Callable, Optional

from wizard.answers.model import Answers
from wizard.check.counting import about
from wizard.check.cures.accord import in_accord, settings_of
from wizard.check.cures.known import Known, read_known
from wizard.check.cures.rules import cure_of, named
from wizard.check.cures.without import KEYED, reason_for
from wizard.check.cures.words import RELOAD, RESTART, apply
from wizard.check.network.ports import NOBODY
from wizard.door import Door
from wizard.finding import NO_CURE, UNKNOWN, WARNING, WRONG, Cure, Finding
from wizard.secrets import may_have_key

_CAUSES = re.compile(
    r"main\.cf\.\w+|(?:parameters|behind|transport)\.\w+|unit\.active|master\.cf\.(?!twice|others)\w+"
    r"|restrictions\.[\w-]+|networks\.trusted|socket\.\w+|tables|table\.sender_access|delivery\.lmtp|blocklist\.[\w.-]+"
    r"|dns\.resolver|firewall\.(?:rules|addresses)|dovecot\.(?:config|tls|listen)"
)
"""Findings about what is set; those below show what comes of it."""
_EFFECTS = re.compile(
    r"(?:port|smtp|path|delivery|stranger)\..*|certificate\.\d+|tls\.ciphers|aliases\.delivery|dovecot\.runs"
)


_ABOUT_TABLES = frozenset({"tables", "table.sender_access", "restrictions.names"})
_TABLE_FAILED = re.compile(
    r"\b4\d\d 4\.3\.[05] |server configuration|temporary lookup", re.IGNORECASE
)
"""What smtpd replies where a table or a restriction fails, and the findings that say why."""
_DIES = re.compile(
    r"no answer within|(closed|broke) the connection|smtpd ended|ends? the connection|4\.3\.2 "
)
"""What clients see of a program that ends, again and again."""
_FOR_PEOPLE = "restrictions.before-login"
"""It is about the ports on which people log in, and its cure leaves main.cf as it is."""
_DOVECOT_ENDED = re.compile(r"Dovecot (?:is failed|was there and died)")
_OF_PORT = re.compile(r"(?:smtp|certificate)\.(\d+)(?:\..*)?")


def with_cures(
    findings: Iterable[Finding],
    answers: Answers,
    door: Door,
    changes: Callable[[str], bool],
    *,
    are_chosen: bool,
    are_saved: bool,
) -> tuple[Finding, ...]:
    """Return the findings of this host with `cure` and `follows`, in the same order.

    The host is read as `read_known` says.
    """
    known = read_known(answers, door, changes, are_chosen=are_chosen, are_saved=are_saved)
    return advised(findings, known)


def advised(findings: Iterable[Finding], known: Known) -> tuple[Finding, ...]:
    """Return the findings with `cure` and `follows`, in the same order.

    A finding that follows from another one has the cure of that one in front of its own.
    """
    cured = [_with_cure(one, known) for one in findings]
    causes = [one for one in cured if _CAUSES.fullmatch(one.id) and _counts(one)]
    linked = [_following(one, causes) for one in cured]
    shut = {one.id: one for one in linked if one.id.startswith("port.") and one.seen == NOBODY}
    whole = [_behind(one, shut) for one in linked]
    said = [in_accord(one, known) for one in _without_rivals(whole)]
    dies = any(map(_is_dying, said))
    return tuple(map(_restarting, said) if dies else said)


def _without_rivals(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings; one on a value that only differs has the cure of the fault in that value.

    The planned value may have the faulty item too, which a plan leaves.
    """
    faults = {
        f"main.cf.{name}": one
        for one in findings
        if not one.id.startswith("main.cf.") and not one.follows
        for name in settings_of(one)
    }
    return [
        replace(one, cure=faults[one.id].cure) if one.cure and one.id in faults else one
        for one in findings
    ]


def _is_dying(finding: Finding) -> bool:
    """True if a program seems to end again and again; master(8) lets connections to it wait unanswered."""
    is_seen = finding.verdict in {WRONG, UNKNOWN} and _EFFECTS.fullmatch(finding.id)
    return bool(is_seen) and _DIES.search(finding.seen) is not None


def _restarting(finding: Finding) -> Finding:
    """Return a finding whose cure restarts Postfix: a reload leaves a service that died throttled (master(8))."""
    commands = tuple(RESTART if one == RELOAD else one for one in finding.cure.commands)
    return replace(finding, cure=replace(finding.cure, commands=commands))


def _behind(finding: Finding, shut: Mapping[str, Finding]) -> Finding:
    """Return what nobody answers as a consequence of the port where nobody listens."""
    found = _OF_PORT.fullmatch(finding.id)
    port = shut.get(f"port.{found[1]}") if found else None
    if port is None or finding.verdict != WRONG or finding.follows:
        return finding
    return replace(finding, follows=port.follows or port.id, cure=port.cure)


def _counts(finding: Finding) -> bool:
    return finding.verdict in {WRONG, WARNING}


def _with_cure(finding: Finding, known: Known) -> Finding:
    if not _counts(finding):
        return finding
    cured = finding.cure or cure_of(finding, known)
    if any(
        may_have_key(word.encode("utf-8", "surrogateescape"))
        for argv in cured.commands
        for word in argv
    ):
        # The key is masked wherever a command is shown, so that it could not be run as it is.
        cured = apply(known, "policy") or Cure(reason=KEYED)
    elif not cured:
        cured = Cure(reason=reason_for(finding.id, can_apply=known.can_apply))
    return replace(finding, cure=cured)


def _following(finding: Finding, causes: Sequence[Finding]) -> Finding:
    if finding.verdict != WRONG or not _EFFECTS.fullmatch(finding.id):
        return finding
    cause = _cause_of(finding, causes)
    if cause is None:
        return finding
    own = finding.cure if cause.verdict == WARNING else NO_CURE
    cured = cause.cure or own or cause.cure  # without any, the cause has the reason
    return replace(finding, follows=cause.id, cure=cured)


def _cause_of(finding: Finding, causes: Sequence[Finding]) -> Optional[Finding]:
    """Return the first finding that causes this one, None if none does."""
    at_25 = finding.id.startswith(("smtp.25.", "certificate.25"))
    near = (one for one in causes if not (at_25 and one.id == _FOR_PEOPLE))
    return next((one for one in near if any(link(one, finding) for link in _LINKS)), None)


def _is_named(cause: Finding, finding: Finding) -> bool:
    """The finding names the parameter, or a list that the cause saw."""
    is_list = cause.id.startswith(("restrictions.", "tables"))
    subjects = set(named(cause)) if is_list else {cause.id.rpartition(".")[2]}
    return not subjects.isdisjoint(named(finding))


def _is_stopped(cause: Finding, finding: Finding) -> bool:
    """Nothing answers while Postfix is stopped."""
    del finding
    return cause.id == "unit.active" and cause.verdict == WRONG


def _is_about_it(cause: Finding, finding: Finding) -> bool:
    """A setting of main.cf or master.cf decides what the finding shows (`counting.about`)."""
    is_setting = cause.verdict == WRONG and cause.id.startswith(("main", "master"))
    return is_setting and not about(finding.id).isdisjoint(about(cause.id))


def _failed(cause: Finding, finding: Finding) -> bool:
    """Smtpd says that a table or a restriction fails."""
    is_table = cause.verdict == WRONG and cause.id in _ABOUT_TABLES
    return is_table and _TABLE_FAILED.search(finding.seen) is not None


def _is_listed(cause: Finding, finding: Finding) -> bool:
    """A blocklist that has everybody refused the probe."""
    zone = cause.looked_at.rpartition(" ")[2]
    return cause.id.startswith("blocklist.") and f"using {zone}" in finding.seen


def _is_unresolved(cause: Finding, finding: Finding) -> bool:
    """No name server answers, so that Postfix finds no domain."""
    return cause.id == "dns.resolver" and "Domain not found" in finding.seen


def _is_dropped(cause: Finding, finding: Finding) -> bool:
    """A rule of the kernel drops what comes to the port where nobody answers."""
    port = _OF_PORT.fullmatch(finding.id)
    drops = port and re.search(rf"\bon .*\b{port[1]}\b", cause.seen)
    return cause.id.startswith("firewall.") and bool(drops) and "no answer" in finding.seen


def _does_not_start(cause: Finding, finding: Finding) -> bool:
    """Dovecot ends at once, since it cannot read its settings or a file that they name."""
    is_why = cause.id.startswith("dovecot.") and re.search(
        r"cannot be read|is not there", cause.seen
    )
    is_failed = finding.id == "dovecot.runs" and finding.seen.endswith("failed")
    return bool(is_why) and (is_failed or _DOVECOT_ENDED.search(finding.seen) is not None)


_LINKS = (
    *(_is_named, _is_stopped, _is_about_it, _failed, _is_listed),
    *(_is_unresolved, _is_dropped, _does_not_start),
)
"""Why one finding causes another one; a warning does so only where it is named."""
