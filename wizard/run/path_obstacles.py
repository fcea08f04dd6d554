"""The files that a plan's run writes, and why it could not write them, by the worker's rules."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import PurePosixPath

from wizard.answers.model import Problem
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.ways import explained, locked, mount_of, open_way
from wizard.paths import LETSENCRYPT, MAIN_CF, RENEWAL_HOOK
from wizard.plan.model import Action, Plan
from wizard.run.action_kind import ActionKind
from wizard.run.actions import kind_of_action

_AFTER_GATHERING = (
    MAIN_CF,
    *(f"{LETSENCRYPT}/{name}/x" for name in ("live", "archive", "renewal", "accounts")),
    RENEWAL_HOOK,
)
"""Paths that the run after a gather run writes, as far as they are known before."""

_PATH_ONLY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def with_path_obstacles(plan: Plan, door: Door) -> Plan:
    """Return the plan with an obstacle for each path that its run could not write.

    A directory that is a link adds a warning with the real path.
    """
    named = {one.message.split(" ")[0] for one in plan.obstacles}
    found = dict.fromkeys(_problems(plan, door))
    # The plan already has obstacles for some files, with better advice.
    problems = tuple(Problem("", "", why) for why in found if why.split(" ")[0] not in named)
    links = tuple(_followed(plan, door))
    if not (problems or links):
        return plan
    return replace(
        plan,
        obstacles=(*plan.obstacles, *problems),
        warnings=(*plan.warnings, *links),
    )


def _followed(plan: Plan, door: Door) -> Iterator[str]:
    """Yield a warning for each directory of a written file that is a link of root's."""
    real = cache(partial(_real, door))
    found: dict[str, str] = {}
    for path in written_paths(plan):
        for directory in map(str, reversed(PurePosixPath(path).parents)):
            if real(directory) != directory:
                found[directory] = real(directory)
                break
    for directory, there in sorted(found.items()):
        yield f"{directory} is a link: this run writes to {there} instead."


def _real(door: Door, directory: str) -> str:
    """Return a directory's path without links, or the same path if it cannot be opened."""
    doing = f"looking at the way to {directory}"
    # A path that cannot be opened is an obstacle already.
    with (
        contextlib.suppress(Trouble),
        open_way(directory, doing, root=str(door.root), rights=False) as way,
    ):
        return way.path
    return directory


def path_problems(paths: Iterable[str]) -> Iterator[str]:
    """Yield why the worker could not write to these paths of the live host, each reason once."""
    found = (
        why for path in paths for why in _write_problems(path, Door(), ours=True, is_whole=True)
    )
    yield from dict.fromkeys(found)


def _problems(plan: Plan, door: Door) -> Iterator[str]:
    pending = _pending(plan)
    whole = {path for kind, action in pending for path in kind.replaces(action)}
    # Another program writes only on the live host, not below another root.
    live = pending if door.is_live else ()
    others = {path for kind, action in live for path in kind.others_write(action)}
    for path in sorted({*written_paths(plan), *others}):
        yield from _write_problems(path, door, ours=path not in others, is_whole=path in whole)
    for kind, action in live:
        yield from kind.obstacles(action)


def _write_problems(path: str, door: Door, *, ours: bool, is_whole: bool) -> Iterator[str]:
    try:
        yield from _path_faults(path, door, ours=ours, is_whole=is_whole)
    except Trouble as trouble:
        # Other users than root cannot read all directories, and they start no run.
        if not isinstance(trouble.__cause__, PermissionError) or os.geteuid() == 0:
            yield f"{trouble.wrong}: {trouble.advice}"


def _path_faults(path: str, door: Door, *, ours: bool, is_whole: bool) -> Iterator[str]:
    pure = PurePosixPath(path)
    doing = f"looking at the way to {path}"
    if not ours:
        # systemd, firewalld and dnf write there. They follow links; only file flags stop them.
        pure = PurePosixPath(os.path.realpath(pure.parent), pure.name)
    root, rights = str(door.root), ours and door.is_live
    with open_way(str(pure.parent), doing, root=root, rights=rights, partly=True) as way:
        flags = locked(way.fd)
        if flags:
            yield f"{way.path} is {flags.partition(' ')[0]}: {_unlock_advice(flags, way.path)}"
        if not way.is_all:
            return
        with explained(doing, path):
            try:
                file = os.open(pure.name, _PATH_ONLY, dir_fd=way.fd)
            except FileNotFoundError:
                return
        try:
            yield from _file_problem(path, pure.name, way.fd, file, is_whole=is_whole)
        finally:
            os.close(file)


def _file_problem(path: str, name: str, fd: int, file: int, *, is_whole: bool) -> Iterator[str]:
    """Yield why the file at a path could not be replaced."""
    status = os.fstat(file)
    if stat.S_ISLNK(status.st_mode):
        if is_whole:
            yield (
                f"{path} is a symbolic link, which replacing would cut; put a plain file there first"
            )
        return
    if not stat.S_ISREG(status.st_mode):
        yield f"{path} is not a file; move it away"
        return
    if is_whole and status.st_nlink > 1:
        yield (
            f"{path} has another name (a hard link), which would keep the old text; copy it first"
        )
    if mount_of(file) != mount_of(fd):
        yield f"{path} is a mount of its own, which cannot be replaced: umount {path}"
    flags = _locked_file(name, fd)
    if flags:
        yield f"{path} is {flags.partition(' ')[0]}: {_unlock_advice(flags, path)}"


def _locked_file(name: str, fd: int) -> str:
    try:
        file = os.open(name, _READ, dir_fd=fd)
    except OSError:
        return ""
    try:
        return locked(file)
    finally:
        os.close(file)


def _unlock_advice(flags: str, path: object) -> str:
    return f"{flags.partition('(')[2].rstrip(')')} {path}"


def written_paths(plan: Plan) -> Iterator[str]:
    """Yield the files and links that the run of a plan writes."""
    if plan.gathers:
        yield from _AFTER_GATHERING
    for kind, action in _pending(plan):
        yield from (*kind.replaces(action), *kind.writes(action))


def all_paths(plan: Plan) -> Iterator[str]:
    """Yield the paths outside its own directory that the run or its programs write."""
    for kind, action in _pending(plan):
        yield from (*kind.replaces(action), *kind.writes(action), *kind.others_write(action))


def _pending(plan: Plan) -> tuple[tuple[ActionKind, Action], ...]:
    return tuple((kind_of_action(step.action), step.action) for step in plan.pending)
