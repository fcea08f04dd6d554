"""`postfix-wizard answers`: today's answers, for a file or another program; changes nothing."""

from __future__ import annotations

from wizard.answers.exchange import VERSION, Unexpressed, as_data, unexpressed_of
from wizard.answers.model import Answers
from wizard.answers.toml import format_exchange
from wizard.commands.console import Console
from wizard.commands.planning import Options, need_root
from wizard.commands.refused import or_refused
from wizard.errors import Trouble
from wizard.planning.read_back import lost_items, why_none
from wizard.secrets import masked, masked_data
from wizard.session import Session

_DOING = "reading today's answers"


@or_refused({"version": VERSION, "answers": None, "unexpressed": []})
def run_answers(session: Session, options: Options, console: Console) -> int:
    """Print what the host's files say, with what no answer expresses; return 0."""
    answers, unexpressed = todays_answers(session)
    if options.json:
        console.say_json(masked_data(as_data(answers, unexpressed)))
    else:
        print(masked(format_exchange(answers, unexpressed)), end="", file=console.out)
    return 0


def todays_answers(session: Session) -> tuple[Answers, tuple[Unexpressed, ...]]:
    """Return the answers that the host's files express today, and what no answer expresses.

    Fields that no file expresses come from the saved answers. Raises Trouble on a host that was
    never set up.
    """
    if session.door.is_live:
        need_root(_DOING)
    host = session.host()
    answers = session.today(host) or session.answers(host)
    if answers is None:
        raise Trouble(
            _DOING,
            why_none(host, "this host was not set up before, so it has none"),
            "Write a file with answers (`postfix-wizard help answers`), or open the wizard.",
        )
    return answers, (*unexpressed_of(answers), *lost_items(host, answers))
