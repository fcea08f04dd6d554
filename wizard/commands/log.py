"""`postfix-wizard log`: count the messages of Postfix's log."""

from __future__ import annotations

import json
import time

from wizard.commands.console import Console
from wizard.commands.planning import Options, need_root
from wizard.log import report
from wizard.log.since import since
from wizard.session import Session

PFLOGSUMM = (
    "",
    "pflogsumm is here too: `postfix-wizard log --pflogsumm` shows its own report.",
)


def run_log(session: Session, options: Options, console: Console) -> int:
    """Print the counts since a time, or pflogsumm's report; return 1 if Postfix wrote nothing."""
    need_root("reading Postfix's log")
    begins = since(options.since, time.time())
    if options.pflogsumm:
        for line in session.pflogsumm(begins):
            console.say(line)
        return 0
    source, found = session.log(begins)
    also = session.has_pflogsumm
    if options.json:
        print(json.dumps(report.as_data(source, begins, found, also), indent=2), file=console.out)
    else:
        console.say(*report.lines(source, begins, found), *(PFLOGSUMM if also else ()))
    return 0 if found.lines else 1
