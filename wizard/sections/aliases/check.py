"""Check that somebody reads the mail of postmaster, abuse and root (RFC 5321 4.5.1, aliases(5))."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from wizard.answers.model import Answers
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import RIGHT, WARNING, WRONG, Check, Finding
from wizard.host.aliases import read_users
from wizard.paths import ALIASES
from wizard.postfix.aliases import ABUSE, POSTMASTER, ROOT, Aliases, End, as_reader, end_of
from wizard.postfix.settings import Settings
from wizard.text import printable

NOBODY = "no such alias, no such user"


def judge_aliases(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Yield `aliases.postmaster`, `.abuse` and `.root`; nothing if alias_maps has other files."""
    if not any(word.endswith(f":{ALIASES}") for word in settings.words("alias_maps")):
        return
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
    yield _root(aliases, settings, reader)


def _fault(end: End, users: Collection[str]) -> str:
    if end.circle:
        return f"{' leads to '.join(end.way)}: round in a circle"
    if not end.name or end.name in users:
        return ""
    return f"{end.name} is no alias and no user" if len(end.way) > 1 else NOBODY


def _root(aliases: Aliases, settings: Settings, reader: str) -> Finding:
    """Return the finding on root's mail: the reader of the answers, else anybody except root."""
    row = aliases.rows.get(ROOT)
    targets = () if row is None else row.targets
    wanted = not reader or reader in {as_reader(one.text) for one in targets}
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
