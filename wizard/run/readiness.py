"""Find what stops a run before its first step: no systemd, a read-only or full file system.

A plan names these as obstacles. The launcher checks once more right before it makes the run, so
that a run that cannot begin is never in the list of runs.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from wizard.answers.model import Problem, host_problem
from wizard.environment import captured, child_environment
from wizard.errors import Trouble
from wizard.host.units import SYSTEMD
from wizard.plan.model import Plan
from wizard.run.path_obstacles import all_paths, path_problems
from wizard.run.paths import Places
from wizard.run.sanitize import clean_line

NO_SYSTEMD = (
    f"systemd does not run here ({SYSTEMD} is missing), as in most containers. The worker is "
    "started by systemd-run(1) and Postfix by systemctl(1): run this on the host itself, or in a "
    "container whose process 1 is systemd"
)
NO_SYSTEMD_RUN = (
    "systemd-run(1) is missing, and it starts the worker: install systemd's own package again "
    "(`dnf reinstall systemd`)"
)

SILENT_SYSTEMD = (
    f"systemd does not answer ({{}}), though {SYSTEMD} is there: in a container process 1 must be "
    "systemd, and on a host that hangs only a restart helps"
)
ANSWER_SECONDS = 20

RUN_BYTES = 1024 * 1024
RUN_FILES = 128
"""Limits for a run's own directory. A first set-up used 388 KiB in 34 files and directories."""
TEXT_COPIES = 8
"""Each file's text is in plan.json five times, and in staging/, in replaced/ and as .orig."""
RUNTIME_BYTES = 64 * 1024
RUNTIME_FILES = 16
"""The lock, the socket and systemd's transient unit, below /run."""
FILE_BYTES = 8 * 1024
"""Bytes that a new file needs besides its text: its last block, and the directory's."""


def unready(places: Places, plan: Plan, *, by_systemd: bool = True) -> tuple[Problem, ...]:
    """Return what stops a run of this plan from beginning; nothing if no step is pending.

    `by_systemd` is False if something other than systemd starts the worker.
    """
    if not plan.pending:
        return ()
    own = [f"{places.runs}/ID", f"{places.runtime}/ID"]
    own += () if plan.undoes or plan.gathers else (str(places.answers),)
    found = [
        *(_systemd() if by_systemd else ()),
        *path_problems(own),
        *_storage(places, plan),
    ]
    return tuple(host_problem(words) for words in found)


def refuse_unready(places: Places, plan: Plan, doing: str, *, by_systemd: bool = True) -> None:
    """Raise Trouble with the first obstacle to a run of this plan."""
    for problem in unready(places, plan, by_systemd=by_systemd):
        raise Trouble(doing, problem.message, "Nothing was changed.")


def _systemd() -> Iterator[str]:
    if not Path(SYSTEMD).is_dir():
        yield NO_SYSTEMD
    elif shutil.which("systemd-run", path=child_environment()["PATH"]) is None:
        yield NO_SYSTEMD_RUN
    else:
        yield from _silent_systemd()


def _silent_systemd() -> Iterator[str]:
    """Ask process 1 for its version. The directory is there also if systemd hangs or is not PID 1."""
    try:
        done = captured(("systemctl", "show", "--property=Version"), ANSWER_SECONDS)
    except subprocess.TimeoutExpired:
        yield SILENT_SYSTEMD.format(f"nothing came within {ANSWER_SECONDS} s")
        return
    except OSError as error:
        yield SILENT_SYSTEMD.format(f"systemctl: {error.strerror}")
        return
    if done.returncode:
        said = clean_line(done.stderr.decode("utf-8", "replace"))
        yield SILENT_SYSTEMD.format(said or f"systemctl ended with {done.returncode}")


class _Volume:
    """One file system that the run writes to: the directories there, and what they need."""

    def __init__(self, status: os.statvfs_result) -> None:
        self.status = status
        self.directories: dict[str, None] = {}
        self.bytes = 0
        self.files = 0


def _storage(places: Places, plan: Plan) -> Iterator[str]:
    volumes: dict[tuple[int, bool], _Volume] = {}
    for path, size, files in _needs(places, plan):
        directory = _existing(path)
        try:
            status = os.statvfs(directory)
            # A bind mount may be read-only while its file system is not, so both are separate.
            key = (os.stat(directory).st_dev, bool(status.f_flag & os.ST_RDONLY))  # noqa: PTH116
        except OSError:
            continue  # the step that writes there says what is wrong
        volume = volumes.setdefault(key, _Volume(status))
        volume.directories[directory] = None
        volume.bytes += size
        volume.files += files
    for (_, read_only), volume in volumes.items():
        yield from _read_only(volume) if read_only else _full(volume)


def _read_only(volume: _Volume) -> Iterator[str]:
    names = ", ".join(volume.directories)
    yield (
        f"Read-only file system: the run writes to {names}, which cannot be written. Mount it "
        f"writable first; `findmnt -T {next(iter(volume.directories))}` shows the mount"
    )


def _full(volume: _Volume) -> Iterator[str]:
    status, first = volume.status, next(iter(volume.directories))
    # Root may use the blocks that ext4 reserves, hence f_bfree. btrfs does not count inodes.
    free = status.f_bfree * status.f_frsize
    if free < volume.bytes:
        yield (
            f"No space left on device: a run needs {_size(volume.bytes)} on the file system of "
            f"{', '.join(volume.directories)}, which has {_size(free)} free. Make room there "
            f"first; `df -h {first}` shows it"
        )
    if status.f_files and status.f_ffree < volume.files:
        yield (
            f"No space left on device: a run makes {volume.files} files on the file system of "
            f"{', '.join(volume.directories)}, which has {status.f_ffree} inodes free. Remove "
            f"files there first; `df -i {first}` shows it"
        )


def _size(count: int) -> str:
    return f"{count / 1024:.0f} KiB" if count < 10 * 1024 * 1024 else f"{count >> 20} MiB"


def _existing(path: str) -> str:
    """Return the nearest existing directory above `path`."""
    directory = os.path.dirname(path)  # noqa: PTH120 (a string)
    while not os.path.isdir(directory) and directory != "/":  # noqa: PTH112
        directory = os.path.dirname(directory) or "/"  # noqa: PTH120
    return directory


def _needs(places: Places, plan: Plan) -> Iterator[tuple[str, int, int]]:
    """Yield each path that the run makes or replaces, with the bytes and files for it."""
    texts = sum(max(len(change.live or b""), len(change.proposed)) for change in plan.files)
    yield f"{places.runs}/plan.json", RUN_BYTES + TEXT_COPIES * texts, RUN_FILES
    yield str(places.lock), RUNTIME_BYTES, RUNTIME_FILES
    if not (plan.undoes or plan.gathers):
        yield str(places.answers), len(plan.answers) + FILE_BYTES, 2
    for path in all_paths(plan):
        yield path, _bytes(path) + FILE_BYTES, 1


def _bytes(path: str) -> int:
    try:
        status = os.stat(path)  # noqa: PTH116 (a string)
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0
