"""`postfix-wizard log`: count the messages of Postfix's log."""

from __future__ import annotations

import time

from wizard.commands.console import Console
from wizard.commands.planning import Options, need_root
from wizard.commands.refused import or_refused
from wizard.log import pflogsumm, report
from wizard.log.read import classic_lines, read_log
from wizard.log.since import since
from wizard.log.tally import Tally
from wizard.session import Session

PFLOGSUMM = (
    "",
    "pflogsumm is here too: `postfix-wizard log --pflogsumm` shows its own report.",
)


@or_refused(report.as_data("", 0.0, Tally(), pflogsumm=False))
def run_log(session: Session, options: Options, console: Console) -> int:
    """Print the counts since a time, or pflogsumm's report; return 1 if Postfix wrote nothing."""
    need_root("reading Postfix's log")
    door, now = session.door, time.time()
    begins = since(options.since, now)
    if options.pflogsumm:
        for line in pflogsumm.report(door, classic_lines(door, begins, now)):
            console.say(line)
        return 0
    source, found = read_log(door, begins, now)
    also = pflogsumm.is_there(door)
    if options.json:
        console.say_json(report.as_data(source, begins, found, also))
    else:
        console.say(*report.lines(source, begins, found), *(PFLOGSUMM if also else ()))
    return 0 if found.lines else 1
