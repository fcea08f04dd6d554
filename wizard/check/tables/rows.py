"""Check the rows of sender_access for likely mistakes (access(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from wizard.answers.model import Answers
from wizard.check.postfix.restrictions import CLASSES, is_known, items
from wizard.finding import Check, Finding
from wizard.host.main_cf import words
from wizard.paths import SENDER_ACCESS
from wizard.postfix.settings import Settings
from wizard.text import printable

_ACTION = re.compile(
    r"ok|reject|defer|defer_if_reject|defer_if_permit|bcc|discard|dunno|filter|hold|info|prepend"
    r"|redirect|warn|\d+",
    re.IGNORECASE,
)
_LETS_IN = re.compile(r"ok|permit|relay|\d+", re.IGNORECASE)
_REPLY = re.compile(r"[45]\d\d")


def judge_rows(rows: Mapping[str, str], answers: Answers, settings: Settings) -> Iterator[Finding]:
    """`table.sender_access.own` and `.actions`; `rows` has the actions by key."""
    hostname = answers.hostname
    ours = {hostname.myhostname, hostname.mydomain, *answers.domains.local}
    own = [
        key
        for key, action in rows.items()
        if _covers(key, ours) and _LETS_IN.fullmatch(action) and not _REPLY.fullmatch(action)
    ]
    check = Check(
        "table.sender_access.own",
        "sender_access: our own names",
        "no OK for our own domain",
    )
    yield (
        check.warning(
            printable(f"{own[0]} {rows[own[0]]}"),
            f"Take {printable(own[0])} out: whoever forges our domain gets past the blocklists.",
        )
        if own
        else check.right("none is let in")
    )
    check = Check(
        "table.sender_access.actions", "sender_access: its actions", "actions of access(5)"
    )
    classes = settings.words(CLASSES)
    odd = [key for key, action in rows.items() if not _is_action(action, classes)]
    yield (
        check.wrong(
            printable(f"{odd[0]} {rows[odd[0]]}"),
            f"Correct the row of {printable(odd[0])}: its senders are told 451. Then postmap it, "
            f"{SENDER_ACCESS}.",
        )
        if odd
        else check.right("Postfix knows all of them")
    )


def _covers(key: str, ours: set[str]) -> bool:
    # A domain in an access table covers its subdomains, and an address is one sender alone.
    return any(name == key or name.endswith(f".{key}") for name in ours)


def _is_action(text: str, classes: tuple[str, ...]) -> bool:
    first = text.partition(" ")[0]
    if _ACTION.fullmatch(first):
        return True
    return bool(text) and all(is_known(name, classes) for name, _ in items(words(text)))
