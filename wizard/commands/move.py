"""`postfix-wizard move`: what remains to do for the move from an old server."""

from __future__ import annotations

from typing import Optional

from wizard.answers.model import Answers
from wizard.answers.toml import read_answers
from wizard.commands.console import Console
from wizard.commands.planning import Options, need_root
from wizard.commands.refused import or_refused
from wizard.errors import Trouble, UsageTrouble
from wizard.host.facts import Host
from wizard.move import report
from wizard.move.items import IDS
from wizard.move.model import Checklist
from wizard.move.ticks import write_saved
from wizard.session import Session

_EMPTY = {"version": report.VERSION, "old_server": "", "open": 0, "items": [], "warnings": []}


@or_refused(_EMPTY)
def run_move(session: Session, options: Options, console: Console) -> int:
    """Tick the items that the options name and print the list. Return 0, also with open items."""
    need_root("looking at the move")
    unknown = [one for one in (*options.done, *options.undone) if one not in IDS]
    if unknown:
        raise UsageTrouble(
            "reading the command line",
            f"{unknown[0]!r} is no item of the move",
            f"The items are {', '.join(IDS)}.",
        )
    host = session.host()
    # TTLs must be lowered before the first set-up, when only a file has the answers.
    answers = read_answers(options.answers) if options.answers else session.today(host)
    found = _found(session, answers, host)
    if options.done or options.undone:
        session.tick_move(found.old.name, options.done, options.undone)
        found = _found(session, answers, host)
    write_saved(session.places, found.old.name, found.saved)
    if options.json:
        console.say_json(report.as_data(found))
    else:
        console.say(*report.lines(found))
    return 0


def _found(session: Session, answers: Optional[Answers], host: Host) -> Checklist:
    found = session.move(answers, host) if answers is not None else None
    if found is None:
        raise Trouble(
            "looking at the move",
            "no old server is named",
            "Name it as old_server in [move] of an answers file, and that file by --answers.",
        )
    return found
