"""Check who may write the tables of Postfix, and the file systems that it needs (mount(8)).

Whoever writes a table decides where mail goes. local(8) runs the programs of an alias as the owner of
its index.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterable, Iterator

from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Cure, Finding
from wizard.host.postfix import INDEX_SUFFIX
from wizard.paths import ALIASES, QUEUE, SENDER_ACCESS
from wizard.postfix.settings import Settings
from wizard.text import printable

_OTHERS_WRITE = stat.S_IWOTH
_DROP = "postdrop"

_OWNERS = Check("tables.owners", "tables: who may write them", "root alone", fatal=False)
_MOUNTS = Check(
    "files.mounts", "the file systems of Postfix", "writable, and with set-gid", fatal=False
)


def judge_owners(
    door: Door, tables: Iterable[tuple[str, str]], settings: Settings
) -> Iterator[Finding]:
    """`tables.owners`: the files of tables (type, path) and of the aliases are root's or Postfix's."""
    allowed = {0, *_uid(settings.value("mail_owner"))}
    faults = []
    for path in dict.fromkeys(_files(tables)):
        try:
            status = door.stat(path)
        except Trouble:
            continue
        if status is None or not stat.S_ISREG(status.st_mode):
            continue
        if status.st_mode & _OTHERS_WRITE:
            faults.append((f"anybody may write {path} (mode)", ("chmod", "o-w", "--", path)))
        if status.st_uid not in allowed:
            faults.append((f"{_name(status.st_uid)} owns {path}", ("chown", "root", "--", path)))
    if not faults:
        yield _OWNERS.right("root alone")
        return
    more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
    yield _OWNERS.warning(
        printable(f"{faults[0][0]}{more}"),
        printable(f"`{' '.join(faults[0][1])}`, unless that is wanted: who writes it leads mail."),
        Cure(tuple(argv for _, argv in faults)),
    )


def _files(tables: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the texts and the indexes."""
    for kind, path in tables:
        yield path
        yield f"{path}{INDEX_SUFFIX.get(kind, '')}"
    for path in (SENDER_ACCESS, ALIASES):
        yield from (path, *(f"{path}{suffix}" for suffix in dict.fromkeys(INDEX_SUFFIX.values())))


def _uid(name: str) -> Iterator[int]:
    try:
        yield pwd.getpwnam(name).pw_uid
    except KeyError:
        return


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def judge_mounts(settings: Settings) -> Iterator[Finding]:
    """`files.mounts`: the queue and the data can be written, and postdrop(1) gets its group."""
    program = f"{settings.value('command_directory') or '/usr/sbin'}/{_DROP}"
    needs: tuple[tuple[str, int, str, str], ...] = (
        (QUEUE, os.ST_RDONLY, "read-only", "no mail is taken"),
        (settings.value("data_directory"), os.ST_RDONLY, "read-only", "no state is stored"),
        (program, os.ST_NOSUID, "nosuid", "programs of users cannot send"),
    )
    try:
        seen = [(os.statvfs(one[0]).f_flag, one) for one in needs if one[0]]
    except OSError as error:
        yield _MOUNTS.unknown(printable(f"{error.filename}: {error.strerror}"))
        return
    for flags, (path, bit, word, loss) in seen:
        if flags & bit:
            yield _MOUNTS.wrong(
                printable(f"{path} is on a file system that is mounted {word}: {loss}"),
                printable(f"`findmnt -T {path}` shows it: mount it without that option."),
            )
            return
    yield _MOUNTS.right("they are")
