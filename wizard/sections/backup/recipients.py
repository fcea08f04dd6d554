"""The file of valid recipients, and the table that is made of it (postmap(1), postconf(5))."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Sequence
from typing import Optional

from wizard.answers.rules.mail import sender
from wizard.door import Door
from wizard.errors import Trouble
from wizard.postfix.lines import Lines
from wizard.postfix.proposal import Proposal
from wizard.postfix.sender_access import rows_by_key
from wizard.text import printable

MAX_ADDRESSES = 50_000
"""Addresses of one file: a plan names each of them."""
VALUE = "OK"
WHY = "A recipient of the file: mail for all others is refused."
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def read_recipients(door: Door, path: str, domains: Collection[str]) -> tuple[str, ...]:
    """Return the addresses of the file, in lower case, each once. Raises ValueError with what to do.

    Below another root a file of the user who reads it is as good as root's.
    """
    try:
        status, data = door.stat(path), door.read_bytes(path)
    except Trouble as trouble:
        raise ValueError(f"{path} cannot be read: {trouble.wrong}") from trouble
    if status is None or data is None:
        raise ValueError(
            f"{path} is not there: write into it the addresses of {', '.join(sorted(domains))} that "
            'get mail, one on each line, or say recipients = "verify"'
        )
    if status.st_uid not in {0, os.geteuid()}:
        raise ValueError(f"{path} is not root's: `chown root {path}`")
    if status.st_mode & _OTHERS_WRITE:
        mode = stat.S_IMODE(status.st_mode)
        raise ValueError(
            f"{path} may be changed by others than root (mode {mode:04o}): `chmod go-w {path}`"
        )
    return _parsed(path, data, domains)


def _parsed(path: str, data: bytes, domains: Collection[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        fault = _fault(text, domains)
        if fault:
            raise ValueError(f"{path}, line {number}: {printable(text)} {fault}")
        found[sender(text)] = None
        if len(found) > MAX_ADDRESSES:
            raise ValueError(f"{path} has more than {MAX_ADDRESSES:,} addresses: say verify")
    if not found:
        raise ValueError(f"{path} has no address, so this host would refuse all mail for them")
    return tuple(found)


def _fault(text: str, domains: Collection[str]) -> str:
    """Return what is wrong with a line of the file, "" for an address of the domains."""
    if len(text.split()) > 1 or "," in text:
        return "is more than one address: write each on a line of its own"
    local, at, domain = text.rpartition("@")
    if at and not local:
        return "is a whole domain: any name would be taken, and returned to forged senders later"
    if not at or not domain:
        return "is no mail address: write one such as taro@example.com"
    try:
        name = sender(text).rpartition("@")[2]
    except ValueError as error:
        return f"is no mail address: {error}"
    return "" if name in domains else f"is not in a domain of [backup] ({', '.join(domains)})"


def propose_table(
    path: str, addresses: Sequence[str], live: Optional[bytes], protected: Collection[str] = ()
) -> Proposal:
    """Return the text of the table. Rows in `protected` are as they are now."""
    there = rows_by_key(live or b"")
    rows = {one: VALUE for one in addresses if one not in protected}
    rows.update({one: there[one] for one in protected if one in there})
    texts = (
        f"# Made by postfix-wizard of {path}: who has mail in the domains of [backup].",
        "# After a change there: `postfix-wizard apply --section backup`.",
        *(f"{key} {value}" for key, value in rows.items()),
    )
    lines = Lines((), ()).insert(0, texts, WHY)
    return Proposal(bytes(lines), lines.reasons())
