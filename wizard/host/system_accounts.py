"""Read which users of passwd(5) are system accounts without a mailbox: Dovecot takes no mail for them.

One with a .forward has its mail there.

Only /etc/passwd is read, so users of sssd or LDAP are never among them.
"""

from __future__ import annotations

from wizard.door import Door
from wizard.host.aliases import passwd_rows
from wizard.host.dovecot import FIRST_USER
from wizard.host.facts import Dovecot

_NOBODIES = frozenset({65534, 2**32 - 2})
"""Users that stand for somebody else: nobody, and nfsnobody of old systems."""
_SPOOLS = ("/var/mail", "/var/spool/mail")
_FIELDS = 7


def read_system_accounts(door: Door, dovecot: Dovecot) -> tuple[str, ...]:
    """Return their names in the order of the file. Never raises."""
    first = first_uid(dovecot)
    return tuple(
        row[0]
        for row in passwd_rows(door.readable_text("/etc/passwd"))
        if len(row) == _FIELDS
        and is_of_system(int(row[2]), first)
        and not _has_mailbox(door, row[0], row[5])
    )


def is_of_system(uid: int, first: int) -> bool:
    """True for a number between root's and `first`, and for those that stand for nobody."""
    return 0 < uid < first or uid in _NOBODIES


def first_uid(dovecot: Dovecot) -> int:
    """Return Dovecot's first_valid_uid; that of people if it is higher or not known.

    With virtual mailboxes it is often that of their one owner, and people are no system accounts.
    """
    said = dovecot.settings.get("first_valid_uid", "")
    return min(int(said), FIRST_USER) if said.isdecimal() else FIRST_USER


def _has_mailbox(door: Door, name: str, home: str) -> bool:
    places = [f"{spool}/{name}" for spool in _SPOOLS]
    if home.startswith("/") and home.strip("/"):
        # local(8) reads .forward before it hands mail to Dovecot, and an alias before both.
        places += [f"{home}/Maildir", f"{home}/.forward"]
    return any(door.is_there(one) for one in places)
