"""Check the passdbs of Dovecot that are files: whether it may read them, who is in them, how passwords are stored."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Optional

from wizard.check.host.sockets import READ, allows, identity

USER = "dovecot"
"""Dovecot's default_internal_user, by which its auth service reads files."""
MOST = 5000
"""Rows that are read."""

_SCHEME = re.compile(r"\{([^}.]+)(?:\.(?:b64|base64|hex))?\}", re.IGNORECASE)
_DEFAULT = re.compile(r"(?:\bscheme=|default_password_scheme = )([\w.-]+)", re.IGNORECASE)
_YES = frozenset({"yes", "y"})


class Strange(NamedTuple):
    """What is seen of passwords by a scheme that Dovecot lacks, and whether all passwords are so."""

    seen: str
    are_all: bool


def denies(name: str, block: str, people: Collection[str]) -> str:
    """Return how a passdb refuses these people though their password is right, "" if it does not."""
    if setting(block, "deny") not in _YES:
        return ""
    path = _password_file(name, block)
    if not path:
        kind = f"{name} {setting(block, 'driver')}".strip()
        is_whole = kind.split()[-1:] and kind.split()[-1] in {"pam", "passwd", "shadow"}
        return f"passdb {kind} with deny = yes: it refuses everybody" if is_whole else ""
    try:
        there = {row.partition(":")[0] for row in _rows(path)}
    except OSError:
        return ""
    refused = [one for one in people if one in there]
    if not refused or len(refused) < len(people):
        return ""
    return f"passdb {path} with deny = yes: it refuses {', '.join(refused)}"


def schemeless(blocks: Sequence[tuple[str, str]], schemes: Collection[str]) -> Optional[Strange]:
    """Return the passwords whose scheme is none of Dovecot's (`doveadm pw -l`), None if there are none."""
    known = {one.upper() for one in schemes}
    if not known:
        return None
    used = [one for one in blocks if setting(one[1], "deny") not in _YES]
    paths = [_password_file(name, block) for name, block in used]
    stored = [
        (path, *password)
        for path, (_, block) in zip(paths, used)
        if path
        for password in _passwords(path, block)
    ]
    strange = [one for one in stored if one[2] and one[2].upper() not in known]
    if not strange:
        return None
    path, user, scheme = strange[0]
    more = f", and {len(strange) - 1} more" if len(strange) > 1 else ""
    return Strange(
        f"passdb {path}: the password of {user}{more} is by {scheme}, a scheme that Dovecot lacks",
        len(strange) == len(stored) and all(paths),
    )


def _passwords(path: str, block: str) -> Iterator[tuple[str, str]]:
    """Yield each user of a file and the scheme of the password, "" where Dovecot's default counts."""
    otherwise = _DEFAULT.search(block)
    try:
        rows = _rows(path)
    except OSError:
        return
    for row in rows:
        user, _, rest = row.partition(":")
        found = _SCHEME.match(rest) or otherwise
        yield user, found[1].partition(".")[0] if found else ""


def _rows(path: str) -> list[str]:
    """Return the rows of a file of users. Raises OSError."""
    text = Path(path).read_text("utf-8", "replace")
    rows = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return list(rows)[:MOST]


def closes(name: str, block: str) -> str:
    """Return why Dovecot cannot read a file of passwords, "" where it can."""
    path = _password_file(name, block)
    if not path:
        return ""
    try:
        status = Path(path).stat()
    except OSError as error:
        return f"passdb {path}: {error.strerror}"
    who = identity(USER)
    if who is not None and not allows(status, who, READ):
        return f"passdb {path}: the user {USER} may not read it"
    return ""


def lacks_users(name: str, block: str) -> str:
    """Return that a file of passwords has no user. Where others follow it, it need not have any."""
    path = _password_file(name, block)
    try:
        return f"passdb {path}: no user is in it" if path and not _rows(path) else ""
    except OSError as error:
        return f"passdb {path}: {error.strerror}"


def _password_file(name: str, block: str) -> str:
    """Return the file of passwords of a passdb, "" where it has none or one for each domain."""
    if "passwd-file" not in f"{name} {setting(block, 'driver')}":
        return ""
    words = [setting(block, "passwd_file_path"), *setting(block, "args").split()]
    return next((one for one in reversed(words) if one.startswith("/") and "%" not in one), "")


def setting(block: str, name: str) -> str:
    """Return a setting of a block as doveconf prints it, "" where it is not set."""
    found = re.search(rf"^\s*{name} = (.*)$", block, re.MULTILINE)
    return found[1].strip() if found else ""
