"""What a host has for its relay: the password in its file, and the table that Postfix reads."""

from __future__ import annotations

import re

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import FileFacts, RelayPassword, RelayTable
from wizard.host.files import read_file
from wizard.host.postfix import INDEX_SUFFIX, SASL_PASSWD, read_table
from wizard.host.secret_file import SecretKind, read_secret

PRIVATE = 0o600

RELAY_SECRET = SecretKind(
    "password",
    re.compile(rb"[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]{0,253}[^\x00-\x20\x7f])?"),
    "1 to 255 bytes on one line, without a control character, and no blank at either end, which "
    "postmap would drop",
)
_PLAIN = ("/usr/lib64/sasl2", "/usr/lib/sasl2", "/usr/lib/x86_64-linux-gnu/sasl2")
_MECHANISMS = ("libplain.so", "liblogin.so")


def read_relay_password(door: Door, path: str) -> RelayPassword:
    """Read the password, and never anything that others may have read or written; never raises."""
    return RelayPassword(path, *read_secret(door, path, RELAY_SECRET))


def read_sasl_passwd(door: Door) -> FileFacts:
    """Read the table's text; a new one is root's alone. Who is not root sees none."""
    try:
        facts = read_file(door, SASL_PASSWD)
    except Trouble:
        return FileFacts(SASL_PASSWD, None, None, mode=PRIVATE)
    return facts if facts.live is not None else FileFacts(SASL_PASSWD, None, None, mode=PRIVATE)


def read_relay_table(door: Door, table_type: str) -> RelayTable:
    """Read the indexed table, as far as there is one."""
    status = door.stat(SASL_PASSWD + INDEX_SUFFIX.get(table_type, ""))
    if status is None or table_type not in INDEX_SUFFIX:
        return RelayTable()
    return RelayTable(read_table(door, table_type, SASL_PASSWD), status.st_mode & 0o777)


def has_plain(door: Door) -> bool:
    """Whether Cyrus SASL can say PLAIN or LOGIN here: a package of its own on EL."""
    return any(
        door.stat(f"{directory}/{name}") is not None for directory in _PLAIN for name in _MECHANISMS
    )
