"""Check who may write which sender: the table, and the entries of 587 and 465 that use it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.answers.model import Answers, local_domains
from wizard.answers.sections.senders import SENDER_LOGIN
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding
from wizard.host.aliases import read_users
from wizard.paths import ALIASES
from wizard.postfix.hardening import MAPS, MISMATCH, ON, unprotected, uses_table
from wizard.postfix.master_cf import read_services
from wizard.postfix.sender_access import rows_by_key
from wizard.postfix.settings import Settings
from wizard.sections.senders.owners import owners_of
from wizard.sections.senders.table import has_part, own_rows
from wizard.text import counted, printable, shortened

_RUN = "`postfix-wizard apply --section senders`"
_SHOWN = 3
_BETWEEN = re.compile(r"[,\s]+")

_TABLE = Check(
    "senders.table", "senders: the table", "each user and alias has its row", fatal=False
)
_PORTS = Check("senders.ports", "senders: 587 and 465", f"{MISMATCH} before each permit")
_REFUSED = Check(
    "senders.refused", "senders: another's sender", "refused, also after a login", fatal=False
)


def judge_senders(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    """`senders.table`, `.ports` and `.refused`; nothing if the section is off."""
    if answers.senders.use != ON:
        return
    maps = settings.raw(MAPS)
    if not uses_table(maps):
        seen = f"{MAPS} = {maps}" if maps else f"{MAPS} is not set"
        yield _TABLE.warning(
            printable(f"{seen}: the wizard's table is not in use"),
            f"{_RUN} writes it where none is set. Another table stays: take it out of main.cf first.",
        )
        return
    yield _judge_table(door, settings, answers)
    entries = unprotected(read_services(door), settings)
    yield (
        _PORTS.wrong(
            f"{', '.join(entries)} without {MISMATCH}: a login may write any sender there",
            f"{_RUN} adds it to the policy's lists; put it first in a list of yours.",
        )
        if entries
        else _PORTS.right("each compares the sender with the login")
    )
    # Only a password opens a session with a login, and `check` asks for one only with --user.
    yield _REFUSED.unknown("only a login shows it: `postfix-wizard check --user NAME`")


def _judge_table(door: Door, settings: Settings, answers: Answers) -> Finding:
    """Compare the table's text with the users and aliases of now."""
    has_aliases = any(one.endswith(f":{ALIASES}") for one in settings.words("alias_maps"))
    try:
        text = door.read_bytes(SENDER_LOGIN)
        aliases = door.read_bytes(ALIASES) if has_aliases else None
        owners = owners_of(
            read_users(door), aliases or b"", answers.senders.logins, local_domains(answers)
        )
    except Trouble as trouble:
        return _TABLE.unknown(trouble.wrong)
    except ValueError as fault:
        return _TABLE.unknown(f"{fault}")
    if text is None:
        return _TABLE.wrong(f"{SENDER_LOGIN} is missing", f"{_RUN} writes it.")
    there, mine = rows_by_key(text), own_rows(text)
    lacking = [one for one in owners.people if one not in there]
    missing = [one for one in owners.rows if one not in there and one not in lacking]
    other = [
        one
        for one, value in mine.items()
        if set(_BETWEEN.split(value.lower())) != set(_BETWEEN.split(owners.rows.get(one, "")))
    ]
    faults = [
        f"{words} {printable(shortened(names, _SHOWN))}"
        for words, names in (
            ("no row for the users", lacking),
            ("no row for the aliases", missing),
            ("other logins now for", other),
        )
        if names
    ]
    if not has_part(text):
        faults.insert(0, "the wizard's comment lines are gone from it")
    if not faults:
        return _TABLE.right(f"it has {counted(len(there), 'row')}")
    return _TABLE.warning(
        "; ".join(faults),
        f"{_RUN} makes the rows anew, from /etc/passwd, {ALIASES} and `logins`; yours stay.",
    )
