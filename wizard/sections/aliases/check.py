"""Check that somebody reads the mail of postmaster, abuse and root (RFC 5321 4.5.1, aliases(5))."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from wizard.answers.model import Answers
from wizard.answers.sections.aliases import SYSTEM_ACCOUNTS
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import RIGHT, WARNING, WRONG, Check, Finding
from wizard.host.aliases import read_users
from wizard.host.dovecot import begin_dovecot, people_of
from wizard.host.system_accounts import read_system_accounts
from wizard.paths import ALIASES
from wizard.postfix.aliases import ABUSE, POSTMASTER, ROOT, Aliases, End, as_reader, end_of
from wizard.postfix.sender_access import rows_by_key
from wizard.postfix.settings import Settings
from wizard.postfix.system_accounts import LIST, accounts, outdated, uses_table
from wizard.sections.aliases.readers import readers
from wizard.text import counted, printable, shortened

_SHOWN = 5

_OF_ROOT = frozenset({ROOT, POSTMASTER, ABUSE})
NOBODY = "no such alias, no such user"


def judge_aliases(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Yield `aliases.postmaster`, `.abuse`, `.root`, `.people` and `.system`; nothing if alias_maps has other files."""
    if not any(word.endswith(f":{ALIASES}") for word in settings.words("alias_maps")):
        return
    yield from _system(door, settings, answers)
    try:
        data = door.read_bytes(ALIASES)
    except Trouble:
        return
    if data is None:
        return
    aliases = Aliases.parse(data)
    users = frozenset(one.name.lower() for one in read_users(door))
    reader = answers.aliases.root
    for name, worst in ((POSTMASTER, WRONG), (ABUSE, WARNING)):
        end = end_of(name, aliases)
        fault = _fault(end, users)
        # The operator chose a name that is not in passwd: Dovecot or a directory may have it.
        verdict = WARNING if reader and end.name == reader.lower() else worst
        yield Check(f"aliases.{name}", f"aliases: {name}", "leads to somebody").finding(
            verdict if fault else RIGHT,
            fault or "leads to somebody",
            f"Write who reads it into {ALIASES} (`{name}: root`, `root: USER`), then `newaliases`.",
        )
    yield _root(door, aliases, settings, reader)
    yield from _people(door, aliases)


def _people(door: Door, aliases: Aliases) -> Iterator[Finding]:
    """`aliases.people`: people whose mail an alias leads to root. An alias comes before a mailbox."""
    rows = {name: row for name, row in aliases.rows.items() if name not in _OF_ROOT}
    names = [one for one in people_of(door) if one.lower() in rows]
    to_root = [one for one in names if rows[one.lower()].value.lower() in _OF_ROOT]
    if to_root:
        yield Check("aliases.people", "aliases: people", "their own mail", fatal=False).warning(
            printable(f"mail for {shortened(to_root, _SHOWN)} goes to who reads root's mail"),
            f"If they are to get it, take their rows out of {ALIASES}, then `newaliases`.",
        )


def _fault(end: End, users: Collection[str]) -> str:
    if end.circle:
        return f"{' leads to '.join(end.way)}: round in a circle"
    if not end.name or end.name in users:
        return ""
    return f"{end.name} is no alias and no user" if len(end.way) > 1 else NOBODY


def _root(door: Door, aliases: Aliases, settings: Settings, reader: str) -> Finding:
    """Return the finding on root's mail: the reader of the answers, else anybody except root."""
    row = aliases.rows.get(ROOT)
    targets = () if row is None else row.targets
    wanted = (
        not reader
        or reader in {as_reader(one.text) for one in targets}
        or reader.lower() in readers(door, aliases, ROOT, settings.words("mydestination"))
    )
    # Only with Dovecot's LMTP: Postfix itself delivers to root.
    lost = end_of(ROOT, aliases).name == ROOT and settings.value("mailbox_transport").startswith(
        "lmtp:"
    )
    seen = printable(row.value) if row else "root itself"
    if lost:
        seen = f"{seen}: Dovecot takes no mail for uid 0, so it bounces after five days"
    verdict = WRONG if not wanted else WARNING if lost else RIGHT
    check = Check("aliases.root", "aliases: root", reader or "read by a person")
    return check.finding(verdict, seen, _ADVICE)


_ADVICE = (
    "Name who reads it: `root` in the answers' section [aliases], then `postfix-wizard apply "
    "--section aliases`."
)


_SYSTEM = Check(
    "aliases.system", "mail for system accounts", "to root from here, refused to strangers"
)
_APPLY = "`postfix-wizard apply --section aliases` writes it."
_NOT_TO_ROOT = f"It makes a comment of the alias that leads the mail of {{}} to root in {ALIASES}."


def _system(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    """`aliases.system`; nothing if the answers leave system accounts alone."""
    if answers.aliases.system != "root":
        return
    if not uses_table(settings.value(LIST)):
        yield _SYSTEM.wrong(f"{LIST} has no {SYSTEM_ACCOUNTS}: mail of strangers waits", _APPLY)
        return
    try:
        aliases = door.read_bytes(ALIASES) or b""
        table = door.read_bytes(SYSTEM_ACCOUNTS)
    except Trouble as trouble:
        yield _SYSTEM.unknown(trouble.wrong)
        return
    names = read_system_accounts(door, begin_dovecot(door)())
    old = outdated(people_of(door), aliases, table)
    if old.names:
        seen = f"refused for {shortened(old.names, _SHOWN)}: a person, or with an alias of your own"
        remedy = f" {_NOT_TO_ROOT.format(shortened(old.to_root, _SHOWN))}" if old.to_root else ""
        yield replace(_SYSTEM.warning(printable(seen), f"{_APPLY}{printable(remedy)}"), fatal=False)
        return
    found = accounts(names, aliases, table)
    rows, refused = Aliases.parse(aliases).rows, rows_by_key(table or b"")
    lacking = [one for one in found.aliased if one not in rows]
    lacking += [
        one
        for one in found.refused
        if one not in lacking and f"{one}@{answers.hostname.mydomain}" not in refused
    ]
    if lacking:
        seen = f"nothing says so for {shortened(lacking, _SHOWN)}: mail for them waits"
        yield replace(_SYSTEM.warning(printable(seen), _APPLY), fatal=False)
        return
    yield _SYSTEM.right(f"{counted(len(found.aliased), 'account')} with an alias")
