"""Where the advice of a finding and its cure differ (docs/contributing/check.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from wizard.finding import Cure
from wizard.postfix.settings import Settings

_SETTING = re.compile(r"`(\w+) = ([^`]*)`")
_OUT = re.compile(r"\b[Tt]ake (?:`-o (\w+)=\.\.\.`|`?([a-z]\w*_\w+)`?) out")
_COMMAND = re.compile(
    r"`((?:systemctl|chmod|chown|chgrp|newaliases|postmap|postalias|postfix|postconf|dnf|certbot|firewall-cmd"
    r"|usermod|restorecon|setfacl|postfix-wizard)\b[^`]*)`"
)
_READS = re.compile(
    r"systemctl (?:cat|status|get-default|list-\S+)|postfix check|postconf (?:-[nmMPhd]|[a-z])|firewall-cmd --(?:get|list)"
    r"|.*--list-all|certbot .*--dry-run|postfix-wizard (?:check|plan|log|status)|.*\b[A-Z]{3,}\b"
)
"""Commands that only show something, and patterns of commands."""


class Advised(Protocol):
    """A finding: what is seen, its advice, what it follows from, its cure."""

    @property
    def seen(self) -> str: ...
    @property
    def advice(self) -> str: ...
    @property
    def follows(self) -> str: ...
    @property
    def cure(self) -> Cure: ...


def disagreements(finding: Advised, settings: Settings) -> list[str]:
    """Return what the advice says and the cure does not do; empty if there is no cure.

    The advice of what follows from another finding is not shown. A run of the wizard sets what is
    planned, and the advice has those values too (`wizard.check.cures.accord`).
    """
    argvs = finding.cure.commands
    if not finding.cure or finding.follows or any(one[0] == "postfix-wizard" for one in argvs):
        return []
    return [*_of_values(finding, settings), *_of_what_goes(finding), *_of_commands(finding)]


def _of_values(finding: Advised, settings: Settings) -> Iterator[str]:
    sets, gone = _sets(finding.cure), _gone(finding.cure)
    for found in _SETTING.finditer(finding.advice):
        name, value = found.groups()
        if finding.advice[: found.start()].endswith("or "):
            continue
        if name in sets and sets[name] != value:
            yield f"{found[0]}, and the cure sets {sets[name]}"
        elif name in gone and settings.defaults.get(name) != value:
            yield f"{found[0]}, and the cure takes it out"
        elif name not in {*sets, *gone}:
            yield f"{found[0]}, and the cure does not"


def _of_what_goes(finding: Advised) -> Iterator[str]:
    gone = _gone(finding.cure)
    for found in _OUT.finditer(finding.advice):
        name = found[1] or found[2]
        lists = [value for one, value in _sets(finding.cure).items() if "restrictions" in one]
        if lists and all(name not in value for value in lists):
            continue  # a restriction, which is no longer in its list
        if any("restrictions" in one and f"{one} has {name}" in finding.seen for one in gone):
            continue  # a restriction whose list goes as a whole
        if name not in gone and not finding.advice[: found.start()].endswith("or "):
            yield f"{found[0]}, and the cure does not"


def _of_commands(finding: Advised) -> Iterator[str]:
    done = {" ".join(argv) for argv in finding.cure.commands}
    for found in _COMMAND.finditer(finding.advice):
        said = found[1].replace("dnf install", "dnf -y install")
        is_other = re.search(r"(?:\bor|\belse) (?:run )?$", finding.advice[: found.start()])
        if _EFFECT.fullmatch(said) and done & _INTO_FORCE:
            continue
        if said not in done and not _READS.match(said) and not is_other:
            yield f"{found[0]}, and the cure does not"


_EFFECT = re.compile(r"systemctl reload(?:-or-restart)? postfix")
_INTO_FORCE = {"systemctl reload-or-restart postfix", "systemctl restart postfix"}
"""A reload, and what does as much."""


def _sets(cured_by: Cure) -> dict[str, str]:
    pairs = (argv[2].partition("=") for argv in cured_by.commands if argv[:2] == ("postconf", "-e"))
    return {name: value for name, _, value in pairs}


def _gone(cured_by: Cure) -> set[str]:
    ends = {("postconf", "-X"), ("postconf", "-PX")}
    return {argv[2].rpartition("/")[2] for argv in cured_by.commands if argv[:2] in ends}
