"""Read the files that the wizard edits, and those that rpm(8) wrote next to them."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import FileFacts, Leftover, missing_file

SUFFIXES = (".rpmnew", ".rpmsave", ".rpmorig")
"""Of an update, a removal, and an installation over a file of no package."""


def read_file(door: Door, path: str) -> FileFacts:
    """Read a file and its `.orig`; owner and mode are those of the file that Postfix opens."""
    live = door.read_bytes(path)
    original = door.read_bytes(f"{path}.orig")
    entry = door.lstat(path)
    is_link = entry is not None and stat.S_ISLNK(entry.st_mode)
    status = door.stat(path) if is_link else entry
    if status is None:
        return FileFacts(path, live, original, is_link=is_link)
    return FileFacts(
        path,
        live,
        original,
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        links=status.st_nlink,
        is_link=is_link,
    )


def read_managed(door: Door, path: str) -> FileFacts:
    """Read a file of MANAGED. If it does not exist, the mode is that of a new one."""
    facts = read_file(door, path)
    return facts if facts.live is not None else replace(facts, mode=missing_file(path).mode)


def read_of_section(door: Door, path: str, mode: int = 0o644) -> FileFacts:
    """Read a section's file, whose `mode` is that of a new one. Never raises: the facts say `why`."""
    try:
        facts = read_file(door, path)
    except Trouble as trouble:
        return replace(missing_file(path, mode), why=trouble.wrong)
    return facts if facts.live is not None else replace(facts, mode=mode)


def read_leftovers(door: Door, paths: tuple[str, ...]) -> Iterator[Leftover]:
    """Yield those that exist, also those that cannot be read."""
    for of in paths:
        for suffix in SUFFIXES:
            path = of + suffix
            if door.lstat(path) is None:
                continue
            try:
                text = door.read_bytes(path)
            except Trouble:
                text = None
            yield Leftover(path, of, text)
