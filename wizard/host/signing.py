"""Read a host's facts for signing mail: its keys, and whether it has EPEL."""

from __future__ import annotations

import base64
import pwd
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Optional

from wizard.certificates.der import items
from wizard.certificates.keys import key_of
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.signing_facts import SigningKey

REPOSITORIES = "/etc/yum.repos.d"
"""yum.conf(5), reposdir: the files with the repositories."""
MIN_BITS = 1024
"""RFC 8301, 3.2: a verifier ignores signatures of shorter keys."""

_SECTION = re.compile(r"\[([^]]+)\]")
_ENABLED = re.compile(r"enabled[ \t]*[=:][ \t]*(\S+)", re.IGNORECASE)
_OFF = frozenset({"0", "no", "false", "off"})
_SECONDS = 5.0
_MEMBERS = 3
"""The index of the members in a line of group(5)."""
_LARGEST = 1 << 16


def read_keys(door: Door, paths: Iterable[str]) -> dict[str, SigningKey]:
    """Return by path the keys that exist. Never raises; openssl alone reads them."""
    found = {path: _read_key(door, path) for path in paths}
    return {path: key for path, key in found.items() if key is not None}


def _read_key(door: Door, path: str) -> Optional[SigningKey]:
    try:
        status = door.lstat(path)
        if status is None:
            return None
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            return SigningKey(path, why="it is not a plain file with a key")
        key = SigningKey(path, stat.S_IMODE(status.st_mode), owner_name(status.st_uid))
        argv = ("openssl", "pkey", "-in", path, "-pubout", "-outform", "DER")
        outcome = door.run(argv, timeout=_SECONDS)
    except Trouble as trouble:
        return SigningKey(path, why=trouble.wrong)
    if outcome is None:
        return key
    if outcome.code != 0:
        return replace(key, why="openssl reads no private key in it")
    public = base64.b64encode(outcome.stdout).decode("ascii")
    return replace(key, public=public, why=unusable(outcome.stdout))


def unusable(public: bytes) -> str:
    """Return why opendkim cannot sign with a key of this public part (DER), "" if it can."""
    try:
        (_, content), *_ = items(public)
        key = key_of(content)
    except (ValueError, IndexError):
        key = None
    if key is None:
        return "it is no key of RSA"
    if key.kind != "RSA":
        return (
            f"it is a key of {key.kind}: this version of opendkim refuses all mail of a domain with "
            "such a key, and large receivers ignore it. Use RSA"
        )
    if key.bits < MIN_BITS:
        return f"it has {key.bits} bits: receivers ignore signatures of a key with fewer than 1024"
    return ""


def members(door: Door, group: str) -> tuple[str, ...]:
    """Return the members of a group in group(5), without users whose own group it is."""
    for line in door.readable_text("/etc/group").splitlines():
        fields = line.split(":")
        if fields[0] == group and len(fields) > _MEMBERS:
            return tuple(filter(None, fields[_MEMBERS].split(",")))
    return ()


def owner_name(uid: int) -> str:
    """Return the name of a user, its number if it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def read_repositories(door: Door) -> tuple[str, ...]:
    """Return the enabled repositories whose names say that they are EPEL or a copy of it."""
    return tuple(
        name
        for file in door.readable_names(REPOSITORIES)
        if file.endswith(".repo")
        for name in _enabled(door.readable_text(f"{REPOSITORIES}/{file}"))
        if "epel" in name.lower()
    )


def _enabled(text: str) -> Iterator[str]:
    """Return the enabled repositories of a file; one that does not say it is enabled (yum.conf(5))."""
    states: dict[str, bool] = {}
    name = ""
    for line in text.splitlines():
        section, enabled = _SECTION.match(line), _ENABLED.match(line)
        if section:
            name = section[1]
            states.setdefault(name, True)
        elif enabled and name:
            states[name] = enabled[1].lower() not in _OFF
    return (one for one, is_on in states.items() if is_on)
