"""The files that a plan's run writes, and why it could not write them, by the worker's rules."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

from wizard.answers.model import Problem
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.ways import explained, locked, mount_of, open_way
from wizard.paths import LETSENCRYPT, MAIN_CF, RENEWAL_HOOK
from wizard.plan.actions import (
    BuildTable,
    EnableUnit,
    Install,
    KeepOriginal,
    OpenFirewall,
    PostfixCheck,
    ReplaceFile,
    SetAlternative,
)
from wizard.plan.certificate_actions import Lay, Relink, SelfSign
from wizard.plan.model import Plan
from wizard.plan.undo_actions import CloseFirewall, Disable, PutBack, ReturnAlternative

Rule = Callable[[Any], Iterable[str]]

_AFTER_GATHERING = (
    MAIN_CF,
    *(f"{LETSENCRYPT}/{name}/x" for name in ("live", "archive", "renewal", "accounts")),
    RENEWAL_HOOK,
)
"""Paths that the run after a gather run writes, as far as they are known before."""

SUFFIXES = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".pag"}
"""The suffix that postmap(1) adds to the name of the text, by table type."""
_WANTS = "/etc/systemd/system/multi-user.target.wants"
_OTHERS = stat.S_IWGRP | stat.S_IWOTH
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
    whole = {path for step in plan.pending for path in _of(_WHOLE, step.action)}
    # Another program writes only on the live host, not below another root.
    pending = plan.pending if door.is_live else ()
    others = {path for step in pending for path in _of(BY_OTHERS, step.action)}
    for path in sorted({*written_paths(plan), *others}):
        yield from _write_problems(path, door, ours=path not in others, is_whole=path in whole)
    for step in pending:
        if isinstance(step.action, PostfixCheck):
            yield from chain.from_iterable(map(_complaint, step.action.files))


def _complaint(path: str) -> Iterator[str]:
    """Yield what `postfix check` would say of an existing file, since that would fail the run.

    A replaced file keeps the owner and the mode of the old one.
    """
    with contextlib.suppress(OSError):
        status = os.lstat(path)
        if stat.S_ISREG(status.st_mode) and status.st_uid != 0:
            yield f"{path} belongs to another user than root: chown root {path}"
        if stat.S_ISREG(status.st_mode) and status.st_mode & _OTHERS:
            yield f"{path} can be written by others than root: chmod go-w {path}"


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
    rights = ours and door.is_live
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
    for step in plan.pending:
        yield from _of(OURS, step.action)


def all_paths(plan: Plan) -> Iterator[str]:
    """Yield the paths outside its own directory that the run or its programs write."""
    for step in plan.pending:
        yield from (*_of(OURS, step.action), *_of(BY_OTHERS, step.action))


def _of(rules: Mapping[type, Rule], action: object) -> Iterable[str]:
    rule = rules.get(type(action))
    return rule(action) if rule is not None else ()


def _table(action: BuildTable) -> Iterable[str]:
    suffix = SUFFIXES.get(action.table_type)
    return (action.path, *((f"{action.path}{suffix}",) if suffix else ()))


def _put_back(action: PutBack) -> Iterable[str]:
    return (one.path for one in action.files if one.was != one.now)


def _alternative(name: str) -> Iterable[str]:
    return (f"/etc/alternatives/{name}", f"/var/lib/alternatives/{name}")


_WHOLE: dict[type, Rule] = {
    KeepOriginal: lambda action: (action.original,),
    ReplaceFile: lambda action: (action.file.path,),
    BuildTable: _table,
    SelfSign: lambda action: (action.cert_file, action.key_file),
}
"""By action: the files that the worker replaces. Each must be a plain file with one name."""

OURS: dict[type, Rule] = {
    **_WHOLE,
    Relink: lambda action: (link.path for link in action.links),
    Lay: lambda action: (file.path for file in action.files),
    PutBack: _put_back,
}
"""By action: all files and links that the worker writes."""


def _installed(package: str) -> tuple[str, ...]:
    of_postfix = ("/usr/sbin/postfix", MAIN_CF) if package == "postfix" else ()
    return (*of_postfix, "/var/lib/rpm/db")


def _link_of(unit: str) -> str:
    return f"{_WANTS}/{unit.removesuffix('.service')}.service"


BY_OTHERS: dict[type, Rule] = {
    Install: lambda action: _installed(action.package),
    EnableUnit: lambda action: (_link_of(action.unit),),
    Disable: lambda action: (_link_of(action.unit),),
    SetAlternative: lambda action: _alternative(action.name),
    ReturnAlternative: lambda action: _alternative(action.name),
    OpenFirewall: lambda action: (f"/etc/firewalld/zones/{action.zone}.xml",),
    CloseFirewall: lambda action: (f"/etc/firewalld/zones/{action.zone}.xml",),
}
"""By action: what dnf, systemd, alternatives and firewalld write for it."""
