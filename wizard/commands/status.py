"""`postfix-wizard status`: what drifted since the last runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict

from wizard.answers.model import Answers
from wizard.commands.console import Console
from wizard.commands.planning import Options, need_root
from wizard.commands.refused import or_refused
from wizard.host.facts import Host
from wizard.move import report
from wizard.move.model import Checklist
from wizard.planning import leftovers
from wizard.secrets import masked, masked_data
from wizard.sections.section import WAITS
from wizard.session import Session
from wizard.status.drift import DriftItem
from wizard.status.issues import host_issues
from wizard.text import counted, hanging

VERSION = 1
"""The version of the JSON form (docs/json.md)."""

UNCHANGED, DRIFTED = 0, 2
"""Exit codes."""
NO_RUN = (
    "No run of the wizard has changed this host: there is nothing to hold it against. "
    "`postfix-wizard plan` shows what differs from the answers."
)
_WIDTH = 80
MAX_DIFF_LINES = 60
"""Lines of a file's diff that are printed."""

_WORD = "DRIFTED  "


_EMPTY = {
    "version": VERSION,
    "run": "",
    "drifted": 0,
    "items": [],
    "sections": [],
    "move": None,
    "leftovers": [],
}


@or_refused(_EMPTY)
def run_status(session: Session, options: Options, console: Console) -> int:
    """Print what drifted; return 2 if anything did, 1 if no run ever changed anything, else 0."""
    need_root("looking at what the runs left")
    host = session.host()
    newest, found = session.status(host)
    drifted = [one for one in found if one.drifted]
    today = session.today(host)
    move = session.move(today, host) if today is not None else None
    if options.json:
        console.say_json(
            {
                "version": VERSION,
                "run": newest,
                "drifted": len(drifted),
                "items": [masked_data(asdict(one)) for one in found],
                "sections": [masked_data(asdict(one)) for one in session.sections(host)[0]],
                "move": None if move is None else report.as_data(move),
                "leftovers": [masked(words) for words in leftovers.warnings(host)],
            }
        )
    else:
        if newest or found:
            console.say(*(line for one in drifted for line in _lines(one)))
            console.say(_summary(len(found), len(drifted), newest))
        console.say(*(f"Warning: {words}" for words in leftovers.warnings(host)))
        console.say(*(_waits(host, today, found) if today is not None else ()))
        if move is not None:
            console.say(*_of_the_move(move))
        if not newest and not found:
            console.say(NO_RUN)
    if not newest and not found:
        return 1
    return DRIFTED if drifted else UNCHANGED


def _lines(one: DriftItem) -> Iterator[str]:
    yield f"{_WORD}{one.looked_at}"
    by = f" (run {one.run})" if one.run else ""
    indent = " " * len(_WORD)
    for words in (f"left: {one.left}{by}; now: {one.now}", one.advice and f"-> {one.advice}"):
        yield from hanging(masked(words), _WIDTH, indent)
    yield from (f"{indent}{line}" for line in one.diff[:MAX_DIFF_LINES])
    if len(one.diff) > MAX_DIFF_LINES:
        more = counted(len(one.diff) - MAX_DIFF_LINES, "more line")
        yield f"{indent}(and {more}: --json has them all)"


def _waits(host: Host, today: Answers, found: Collection[DriftItem]) -> Iterator[str]:
    """Yield what waits for something outside Postfix, as in the list of sections."""
    reported = frozenset(one.id for one in found)
    for name, issue in host_issues(host, today, reported):
        if issue.state == WAITS:
            yield from hanging(masked(f"Waits: {name}: {issue.why}"), _WIDTH, "  ")


def _of_the_move(move: Checklist) -> Iterator[str]:
    """Yield how far the move is. An open item is no drift and does not change the exit code."""
    rest = " `postfix-wizard move` says what to do." if move.open else ""
    yield f"{move.summary}{rest}"
    yield from (f"  {report.head(row)}" for row in move.rows if not row.settled)


def _summary(found: int, drifted: int, newest: str) -> str:
    things = f"{found} thing{'s' if found != 1 else ''} looked at"
    if not newest:
        return f"{things}, {drifted} drifted; no run could be read that changed this host."
    if not drifted:
        return f"{things}, all as the runs left them; the newest is {newest}."
    return f"{things}, {drifted} drifted; the newest run is {newest}."
