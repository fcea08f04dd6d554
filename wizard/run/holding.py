"""Find the queued messages that would bounce after a change of the lists of domains."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import harmless
from wizard.plan.actions import HoldMail
from wizard.postfix.classes import RECIPIENTS, Classes, domain_of, may_bounce, moved
from wizard.run.mail_queue import HOLD, MAILDROP, Message, Run, classes, messages, stage

BEFORE, AFTER = "before", "after"
_MAX_NAMED = 5
"""Domains that one sentence names."""


@dataclass(frozen=True)
class Survey:
    """The messages of a queue that a change affects.

    `affected` would bounce. `domains` are their domains, each with its old and its new class.
    `on_hold` were on hold before. `unprocessed` counts messages that were submitted while Postfix
    was stopped. They are in the queue, and can be put on hold, only once it runs.
    """

    affected: tuple[Message, ...] = ()
    domains: tuple[tuple[str, str, str], ...] = ()
    on_hold: tuple[Message, ...] = ()
    unprocessed: int = 0

    @property
    def changes(self) -> str:
        """The domains with their classes, in a few words."""
        counts = Counter(
            domain for one in self.affected for domain in {*map(domain_of, one.recipients)}
        )
        shown = [
            f"{counts[domain]} for {domain} ({old} -> {new})"
            for domain, old, new in self.domains[:_MAX_NAMED]
        ]
        rest = len(self.domains) - _MAX_NAMED
        return harmless(", ".join([*shown, *([f"and {rest} domains more"] if rest > 0 else [])]))


def survey(action: HoldMail, directory: Path, run: Run) -> Survey:
    """Return what would bounce after the change. Raises Trouble if Postfix does not answer.

    `directory` is private. Both configurations are staged in it.
    """
    old, new = _staged(action, directory, run)
    queue = messages(directory / AFTER, run)
    waiting = [one for one in queue if one.queue not in {HOLD, MAILDROP}]
    domains = {domain_of(to) for one in waiting for to in one.recipients} - {""}
    changed = moved(old, new, domains)
    gone = {one: kinds for one, kinds in changed.items() if may_bounce(*kinds)}
    lost = _lost(waiting, gone, new)
    affected = tuple(
        one for one in waiting if not one.is_read or any(to in lost for to in one.recipients)
    )
    named = sorted({domain_of(to) for to in lost})
    return Survey(
        affected,
        tuple((domain, *gone[domain]) for domain in named),
        tuple(one for one in queue if one.queue == HOLD),
        sum(one.queue == MAILDROP for one in queue),
    )


def class_changes(action: HoldMail, directory: Path, run: Run) -> dict[str, tuple[str, str]]:
    """Return the old and new class of each domain that a list names and that changes its class.

    `directory` is private. Raises Trouble if Postfix does not answer.
    """
    old, new = _staged(action, directory, run)
    own = [name for name, _ in action.before], [name for name, _ in action.after]
    return moved(old, new, sorted(old.listed(own[0]) | new.listed(own[1])))


def _staged(action: HoldMail, directory: Path, run: Run) -> tuple[Classes, Classes]:
    """Stage both configurations and return how each classifies domains."""
    now = time.time_ns()
    for name, parameters in ((BEFORE, action.before), (AFTER, action.after)):
        stage(directory / name, parameters, now)
    return classes(directory / BEFORE, run), classes(directory / AFTER, run)


def _lost(
    waiting: list[Message], changed: dict[str, tuple[str, str]], new: Classes
) -> frozenset[str]:
    """Return the recipients in changed domains that do not exist in the new class."""
    recipients = {to for one in waiting for to in one.recipients if domain_of(to) in changed}
    known: set[str] = set()
    for kind in RECIPIENTS:
        mine = {to for to in recipients if changed[domain_of(to)][1] == kind}
        known |= new.known(mine, kind)
    return frozenset(recipients - known)
