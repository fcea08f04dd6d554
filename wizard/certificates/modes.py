"""The permissions of certbot's files and directories, chosen by what each of them is.

Another server's modes are never taken over: a file there may be writable for all, or set-uid.
"""

from __future__ import annotations

import re

from wizard.paths import LETSENCRYPT

PRIVATE, PUBLIC, PROGRAM, CLOSED_DIRECTORY, OPEN_DIRECTORY = 0o600, 0o644, 0o700, 0o700, 0o755
EXECUTE_BITS = 0o111
LOOSE_BITS = 0o7022
"""set-uid, set-gid, sticky, and what lets others write."""

_FILES: tuple[tuple[str, int], ...] = (
    (r"archive/[^/]+/privkey[0-9]*\.pem", PRIVATE),
    (r"live/[^/]+/privkey\.pem", PRIVATE),
    (r"(?:accounts|keys)/.*", PRIVATE),
    (r"(?:archive|live|renewal|csr)/.*", PUBLIC),
    (r"renewal-hooks/.*", PROGRAM),
    (r"cli\.ini|options-ssl-[a-z]+\.conf|ssl-dhparams\.pem|\.updated-[a-z-]+\.txt", PUBLIC),
    # What else is next to cli.ini may be a plugin's password, or a program that a hook names.
    (r"[^/]+", PROGRAM),
)
"""By the path below /etc/letsencrypt, the most that a file may have. The first match counts."""

_DIRECTORIES: tuple[tuple[str, int], ...] = (
    (r"(?:archive|live|accounts|keys)(?:/.*)?", CLOSED_DIRECTORY),
    (r".*", OPEN_DIRECTORY),
)


def is_program(path: str, mode: int) -> bool:
    """True if certbot, or a command that certbot runs, can run this file.

    `mode` is the file's mode on the other server.
    """
    return bool(mode & EXECUTE_BITS) and _most(_FILES, path, PRIVATE) == PROGRAM


def file_mode(path: str, mode: int) -> int:
    """Return the mode of a new file. Of the other server's `mode` only the x bits count."""
    most = _most(_FILES, path, PRIVATE)
    return PRIVATE if most == PROGRAM and not mode & EXECUTE_BITS else most


def directory_mode(path: str) -> int:
    """Return the mode of a new directory."""
    return _most(_DIRECTORIES, path, OPEN_DIRECTORY)


def _most(table: tuple[tuple[str, int], ...], path: str, otherwise: int) -> int:
    """Return the mode of a path, `otherwise` outside /etc/letsencrypt."""
    below = path.rpartition(f"{LETSENCRYPT}/")[2] if f"{LETSENCRYPT}/" in path else ""
    return next((mode for pattern, mode in table if re.fullmatch(pattern, below)), otherwise)
