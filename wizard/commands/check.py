"""`postfix-wizard check`: proves the live state."""

from __future__ import annotations

from wizard.answers.toml import read_answers
from wizard.check.report import as_json, as_table, failed, to_publish
from wizard.commands.console import Console
from wizard.commands.planning import Options, need_root
from wizard.errors import AnswersTrouble
from wizard.session import Session


def run_check(session: Session, options: Options, console: Console) -> int:
    """Print the table of findings; return 1 when one that counts is wrong."""
    need_root("checking this server")
    host = session.host()
    answers = read_answers(options.answers) if options.answers else session.answers(host)
    if answers is None:
        raise AnswersTrouble(
            "checking this server",
            "it was not set up before, and no answers say what it should be",
            "Name a file with --answers, or set the server up first.",
        )
    planned = () if options.answers else session.planned()
    findings, records = tuple(session.check(answers, planned)), session.records(answers, host)
    if options.json:
        print(as_json(findings, records), file=console.out)
    else:
        console.say(*as_table(findings).splitlines(), *to_publish(findings, records))
    return 1 if failed(findings) else 0
