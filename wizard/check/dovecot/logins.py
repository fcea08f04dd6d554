"""Who can log in by Dovecot, from its own configuration and its own lookup; no login is tried.

A made-up login would leave log entries and slow down real ones (Dovecot's penalty).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Optional

from wizard.check.commands import NOTHING, CommandResult, start_command
from wizard.check.dovecot.password_files import closes, denies, lacks_users, schemeless, setting
from wizard.door import Door
from wizard.finding import WARNING, WRONG, Check, Finding
from wizard.text import first_line, printable

DOVECONF = ("env", "DOVECOT_HOSTDOMAIN=localhost", "doveconf")
PASSDB = (*DOVECONF, "passdb")
USERDB = (*DOVECONF, "userdb")
MECHANISMS = (*DOVECONF, "-h", "auth_mechanisms")
SCHEMES = ("doveadm", "pw", "-l")

NOT_RUN = CommandResult(NOTHING, "doveconf was not run")

NO_USER = 67
"""doveadm's exit status for a user that the userdb does not have (EX_NOUSER)."""

_BLOCK = re.compile(r"^passdb ?(\S*) ?\{(.*?)^\}", re.MULTILINE | re.DOTALL)
_OF_THIS_HOST = re.compile(
    r"^userdb (?:passwd|pam|nss) ?\{|^\s+driver = (?:passwd|pam|nss)\s*$", re.MULTILINE
)
"""A userdb whose users are those of the host (Dovecot: userdb passwd)."""
_ANYBODY = re.compile(r"\bnopassword\b(?!\s*=\s*(?:no|n)\b)", re.IGNORECASE)
_PROXY = re.compile(r"\bproxy(?:_maybe)?\b(?!\s*=\s*(?:no|n)\b)", re.IGNORECASE)
"""A passdb that hands logins on: another server asks for the password and has the mailbox."""
_PLAIN = frozenset({"plain", "login"})
_OF_OLD = frozenset({"cram-md5", "digest-md5", "apop", "ntlm", "otp", "skey", "rpa"})
"""Mechanisms that most mail programs of today lack, or for which stored passwords are no use."""


@dataclass(frozen=True)
class Logins:
    """The output of the commands; `users` are by spelling whether Dovecot has that user, None: unknown."""

    passdb: CommandResult
    mechanisms: CommandResult
    users: Mapping[str, Optional[bool]] = field(default_factory=dict)
    said: str = ""
    userdb: CommandResult = NOT_RUN
    schemes: CommandResult = NOT_RUN


def begin_logins(door: Door, user: str, domain: str) -> Callable[[], Logins]:
    """Start the commands; call the result to wait. `user` is a person of this host, "" for none."""
    commands = [start_command(door, one) for one in (PASSDB, MECHANISMS, USERDB, SCHEMES)]
    spellings = [user, f"{user}@{domain}"] if user else []
    lookups = {one: start_command(door, ("doveadm", "user", one)) for one in spellings}

    def finish() -> Logins:
        passdb, mechanisms, userdb, schemes = (one() for one in commands)
        found = {one: pending() for one, pending in lookups.items()}
        known = {one: _has(result) for one, result in found.items()}
        said = next((first_line(one.outcome.stderr) for one in found.values()), "")
        return Logins(passdb, mechanisms, known, said, userdb, schemes)

    return finish


def _has(result: CommandResult) -> Optional[bool]:
    if result.why:
        return None
    return {0: True, NO_USER: False}.get(result.outcome.code)


def judge_logins(logins: Logins, *, must_take_both: bool = False) -> Iterator[Finding]:
    """`dovecot.passwords` and `dovecot.names`: who may log in, and by which spelling of a name.

    `dovecot.users` if Dovecot knows no mailboxes at all. With `must_take_both` the answers ask for
    logins by the full address.
    """
    yield _passwords(logins)
    passdb, userdb = logins.passdb.text, logins.userdb
    if (
        not userdb.failure
        and not userdb.text.strip()
        and passdb.strip()
        and not _PROXY.search(passdb)
    ):
        check = _check("users", "whose mailboxes it knows", "those of a userdb")
        yield check.wrong("no userdb: nobody has a mailbox", "Add a userdb, such as passwd.")
    if logins.users:
        found = _names(logins)
        bare, full = logins.users.values()
        if must_take_both and bare and full is False:
            found = replace(found, verdict=WRONG, advice=_FULL_ADVICE, fatal=True)
        yield found


_FULL_ADVICE = (
    '`names = "local"` is set in [dovecot], and Dovecot does not do so: `journalctl -u dovecot -n 30` says '
    "why. `postfix-wizard plan --section dovecot` shows the lines."
)


def _check(name: str, subject: str, expected: str) -> Check:
    return Check(f"dovecot.{name}", f"Dovecot: {subject}", expected, fatal=False)


def _passwords(logins: Logins) -> Finding:
    check = _check("passwords", "whose password it takes", "that of the user, and no other")
    if logins.passdb.failure:
        return check.unknown(printable(logins.passdb.failure))
    blocks = _BLOCK.findall(logins.passdb.text)
    words = logins.mechanisms.text.lower().split()
    if not blocks:
        return check.wrong("no passdb: nobody can log in", "Add a passdb, such as that of PAM.")
    people = [one for one in logins.users if "@" not in one]
    fault = next(filter(None, (_opens(name, block) for name, block in blocks)), "")
    if "anonymous" in words:
        fault = fault or "auth_mechanisms has anonymous: no password is needed"
    closed = next(filter(None, (closes(name, block) for name, block in blocks)), "")
    if not closed and len(blocks) == 1:
        closed = lacks_users(*blocks[0])
    denied = next(filter(None, (denies(name, block, people) for name, block in blocks)), "")
    for seen, advice in (
        (fault, "Take that out of Dovecot, and restart it."),
        (closed, "Correct that file or its owner and mode."),
        (denied, "Take that passdb out, or those names out of its file; restart Dovecot."),
    ):
        if seen:
            return check.wrong(printable(seen), advice)
    return _unused(check, blocks, words, logins.schemes.text.split()) or check.right(
        f"{len(blocks)} passdb, none for everybody"
    )


def _unused(
    check: Check, blocks: list[tuple[str, str]], words: list[str], schemes: list[str]
) -> Optional[Finding]:
    """Return the finding about passwords that Dovecot cannot compare, or that no program sends."""
    strange = schemeless(blocks, schemes)
    if strange is not None:
        advice = (
            "Store those passwords anew: `doveadm pw` makes one, `doveadm pw -l` lists the schemes."
        )
        return check.finding(WRONG if strange.are_all else WARNING, printable(strange.seen), advice)
    if not words or _PLAIN & set(words):
        return None
    return check.finding(
        WRONG if _OF_OLD.issuperset(words) else WARNING,
        printable(f"auth_mechanisms: {' '.join(words)}"),
        "Mail programs speak PLAIN or LOGIN: add plain to auth_mechanisms.",
    )


def _opens(name: str, block: str) -> str:
    """Return how a passdb lets everybody in, "" if it does not."""
    kind = f"{name} {setting(block, 'driver')}".strip()
    if _PROXY.search(block):
        return ""
    if _ANYBODY.search(block):
        return f"passdb {kind} with nopassword: any password is taken"
    return f"passdb {kind}: one password is that of every name" if "static" in kind else ""


def _names(logins: Logins) -> Finding:
    bare, full = logins.users
    check = _check("names", "the names of people", f"{bare} and {full} are one user")
    known = logins.users
    if None in known.values():
        return check.unknown(printable(logins.said or "doveadm gives no answer"))
    if known[bare] and known[full]:
        return check.right("both are found")
    if not known[bare] and not known[full]:
        if logins.userdb.failure or not _OF_THIS_HOST.search(logins.userdb.text):
            return check.unknown("the users of this host are not those of Dovecot")
        return check.wrong(
            printable(f"neither {bare} nor {full} is found"),
            f"`doveadm user {bare}` says why; see the userdb of Dovecot: mail for people bounces.",
        )
    there, missing = (bare, full) if known[bare] else (full, bare)
    return check.warning(
        printable(f"{there} is found, {missing} is not"),
        "Who logs in by the other spelling is refused, and mail programs fill in the full address: set "
        '`names = "local"` in [dovecot], or see auth_username_format.',
    )
