"""`postfix-wizard log`: what Postfix's log tells, counted."""

from __future__ import annotations

import json
import time

from wizard.commands.console import Console
from wizard.commands.planning import Options, need_root
from wizard.log import told
from wizard.log.read import read_log
from wizard.log.since import since
from wizard.session import Session


def run_log(session: Session, options: Options, console: Console) -> int:
    """Print the counts since a time; return 1 where Postfix wrote nothing."""
    need_root("reading Postfix's log")
    now = time.time()
    begins = since(options.since, now)
    source, found = read_log(session.door, begins, now)
    if options.json:
        print(json.dumps(told.as_data(source, begins, found), indent=2), file=console.out)
    else:
        console.say(*told.lines(source, begins, found))
    return 0 if found.lines else 1
