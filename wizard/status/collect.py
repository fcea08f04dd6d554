"""Read the state of each expected path, and compare the host with the expected state."""

from __future__ import annotations

import os
import pwd
import stat
from typing import Optional

from wizard.errors import Trouble
from wizard.host.facts import Host
from wizard.host.postfix import INDEX_SUFFIX
from wizard.paths import RENEWAL_HOOK
from wizard.run.files import FileSnapshot
from wizard.run.history import newest_unfinished
from wizard.run.path_state import Observed, observe
from wizard.run.paths import Places
from wizard.run.seals import Seals, read_seals
from wizard.sections.registry import FILES
from wizard.status.drift import DriftItem, Now, items
from wizard.status.expected import ExpectedState

NO_FILE = "no file and no link"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_EXECUTE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def drift_items(places: Places, host: Host, expected: ExpectedState) -> tuple[DriftItem, ...]:
    """Return an item for each thing that the runs wrote, compared with the host as it is now."""
    seals = read_seals(places.key)
    seen = {path: _observed(path, seals) for path in (*expected.paths, *expected.links)}
    now = Now(
        host,
        {path: NO_FILE if one is None else one.state for path, one in seen.items()},
        {path: one.file.text for path, one in seen.items() if one and one.file},
        frozenset(path for path, mark in expected.tables.items() if _is_older(path, mark.state)),
        {path: mode_fault(path, one.file) for path, one in seen.items() if one and one.file},
    )
    return tuple(items(expected, now, newest_unfinished(places)))


def _observed(path: str, seals: Seals) -> Optional[Observed]:
    try:
        return observe(path, seals)
    except Trouble:
        return None


def mode_fault(path: str, file: FileSnapshot) -> tuple[str, str]:
    """Return what is wrong with a file's owner or mode, and what to do, two empty texts for nothing.

    Other users than root may not change it, but for those to whom a package gives it, and certbot passes over a hook without its x bit.
    """
    like = file.metadata
    owned = f"`chown root {path}`, `chmod go-w {path}`."
    if like.uid != 0 and like.uid != _uid(path):
        return f"it belongs to the user with UID {like.uid}", owned
    if like.mode & _OTHERS_WRITE:
        return "others than root may write it", owned
    if path == RENEWAL_HOOK and not like.mode & _EXECUTE:
        return "it cannot be executed, so that certbot passes over it", f"`chmod 755 {path}`."
    return "", ""


def _uid(path: str) -> int:
    """Return the UID of the user to whom a package gives a section's file, that of root for others."""
    file = FILES.get(path)
    try:
        return pwd.getpwnam(file.owner).pw_uid if file and file.owner else 0
    except KeyError:
        return 0


def _is_older(path: str, table_type: str) -> bool:
    """True if the table's index is older than its text. Postfix itself would warn of that."""
    try:
        index = os.stat(path + INDEX_SUFFIX.get(table_type, ""))  # noqa: PTH116 (strings suffice)
        return os.stat(path).st_mtime_ns > index.st_mtime_ns  # noqa: PTH116
    except OSError:
        return False
