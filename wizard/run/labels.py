"""SELinux labels: what the program creates has the label that the policy has for its final path.

matchpathcon(8) returns that label, also after a change with `semanage fcontext`. It takes a path as
it is written, while restorecon(8) and a relabel use the path without links. So this module looks up
the path without links. An unknown or refused label never stops a run: the caller of `complaints`
reports it. With SELinux off this costs one stat(2) and starts no process.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shlex
import stat
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Optional, Union

from wizard.environment import captured

ATTRIBUTE = "security.selinux"
FILE, DIRECTORY, LINK = "file", "dir", "lnk_file"
"""The kinds in a policy's patterns, as `matchpathcon -m` spells them."""

SELINUXFS = "/sys/fs/selinux"
_BATCH_PATHS = 500
_PATHS_IN_WORDS = 8
_LONG = 200
_OF_ALL = frozenset({"/", "/etc", "/var", "/var/lib", "/run"})
"""Directories with files of others, which have their own labels. No advice names one as a whole."""
_TIMEOUT_SECONDS = 60.0
_NO_LABEL = b"<<none>>"
"""matchpathcon's output for a path without a label in the policy."""
_LABEL = re.compile(rb"[!-9;-~]+(:[!-9;-~]+){2}(:[!-~]+)?")
"""User, role and type, and a range if the policy has ranges (selinux(8))."""
_NOBODYS = ".postfix-wizard-asks"
"""A name that no pattern matches."""
_WITHOUT_LABELS = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP})
"""The file system has no labels (vfat, NFS) or one for all its files (mount's `context=`)."""
_REFUSED = frozenset({errno.EINVAL, errno.EPERM, errno.EACCES})
"""The loaded policy does not know the label or does not let us set it. A full disk is other."""

Labels = Mapping[tuple[str, str], Optional[bytes]]
"""Labels by kind and final path, None if the policy has none."""

_known: ContextVar[Optional[Labels]] = ContextVar("_known", default=None)
_complaints: ContextVar[Optional[list[str]]] = ContextVar("_complaints", default=None)
_hung: list[str] = []
"""Why this process does not start matchpathcon again: each call would time out."""


def are_enabled() -> bool:
    """True if the kernel enforces or logs by labels, and this process may change them.

    In a container its host's selinuxfs is read-only. libselinux, too, reads that as "disabled".
    """
    try:
        Path(SELINUXFS, "enforce").stat()
        return not os.statvfs(SELINUXFS).f_flag & os.ST_RDONLY
    except OSError:
        return False


@contextlib.contextmanager
def complaints() -> Iterator[list[str]]:
    """Collect a sentence for each path that could not be labelled, while the block runs."""
    collected: list[str] = []
    token = _complaints.set(collected)
    try:
        yield collected
    finally:
        _complaints.reset(token)


@contextlib.contextmanager
def expected(paths: Iterable[str], kind: str) -> Iterator[None]:
    """Look up the labels of many paths at once, for `set_label` inside of the block."""
    found = _look_up(list(paths), kind) if are_enabled() else {}
    token = _known.set({**(_known.get() or {}), **found})
    try:
        yield
    finally:
        _known.reset(token)


def set_label(
    target: Union[int, str], path: str, kind: str, former: Optional[bytes] = None
) -> None:
    """Set the label of what will be at `path`. Raises OSError as a write does, on a full disk.

    `target` is its present descriptor, or its present name, which is not followed. `former` is the
    label of what it replaces. It is used if the policy has none, and if SELinux is off.
    """
    if not are_enabled():
        if former is not None:
            with contextlib.suppress(OSError):
                _set(target, former)
        return
    known = _known.get() or {}
    if (kind, path) not in known:
        known = _look_up([path], kind)
    label = known[kind, path]
    for choice in [label, former] if label != former else [label]:
        if choice is None:
            continue
        try:
            _set(target, choice)
        except OSError as error:
            if error.errno in _WITHOUT_LABELS:
                return
            if error.errno not in _REFUSED:
                raise
            complain(path, f"setting its SELinux label {_text(choice)}: {error.strerror}")
        else:
            return


def _set(target: Union[int, str], label: bytes) -> None:
    # A descriptor has no last link to follow, and setxattr(2) takes no such flag for it.
    follow = isinstance(target, int)
    try:
        if os.getxattr(target, ATTRIBUTE, follow_symlinks=follow) == label:
            return
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
    _require_known(label)
    os.setxattr(target, ATTRIBUTE, label, follow_symlinks=follow)


def _require_known(label: bytes) -> None:
    """Raise OSError (EINVAL) if the loaded policy does not know a label.

    setxattr(2) checks it in enforcing mode only. In permissive mode it sets any text, and once the
    host enforces again nobody may read the file.
    """
    try:
        fd = os.open(f"{SELINUXFS}/context", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return
    try:
        os.write(fd, label)
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise
    finally:
        os.close(fd)


def _look_up(paths: list[str], kind: str) -> dict[tuple[str, str], Optional[bytes]]:
    found: dict[tuple[str, str], Optional[bytes]] = {}
    for first in range(0, len(paths), _BATCH_PATHS):
        batch = paths[first : first + _BATCH_PATHS]
        found.update(((kind, path), label) for path, label in zip(batch, _of_batch(batch, kind)))
    return found


def _of_batch(paths: list[str], kind: str) -> list[Optional[bytes]]:
    ends = [_without_links(path, kind) for path in paths]
    found = _ask(ends, kind)
    if found is None:
        return [None] * len(paths)
    moved = [number for number, path in enumerate(paths) if ends[number] != path]
    names = [paths[number] for number in moved]
    links = [_last_link(path, kind) for path in names]
    beside = [_beside(link, ends[number]) for link, number in zip(links, moved)]
    more = _ask([*names, *beside], kind) if moved else None
    if more is None:
        return found
    for number, link, label, general in zip(moved, links, more, more[len(names) :]):
        # A pattern for the path itself counts. Without one its label is the general one of that
        # directory, with which Postfix may not read a certificate. The services read it until now
        # with the label of its name.
        if found[number] == general and label not in {None, general}:
            found[number] = label
            _complain(_moved(link))
    return found


def _without_links(path: str, kind: str) -> str:
    """Return the path that a relabel uses. A file's own name is not followed: it may be a link now."""
    if kind == DIRECTORY:
        return os.path.realpath(path)
    above, name = os.path.split(path)
    return os.path.join(os.path.realpath(above), name)  # noqa: PTH118 (a string)


def _last_link(path: str, kind: str) -> str:
    """Return the last link in a path. For a file, a link at its very end does not count."""
    parts = path.split("/")
    longest = len(parts) if kind == DIRECTORY else len(parts) - 1
    ways = ("/".join(parts[:count]) for count in range(longest, 1, -1))
    return next((way for way in ways if os.path.islink(way)), path)  # noqa: PTH114 (a string)


def _beside(link: str, end: str) -> str:
    """Return an unused path next to the directory that a link leads to."""
    target = os.path.realpath(link)
    return f"{os.path.dirname(target).rstrip('/')}/{_NOBODYS}{end[len(target) :]}"  # noqa: PTH120


def _moved(link: str) -> str:
    target = os.path.realpath(link)
    command = f"semanage fcontext -a -e {shlex.quote(link)} {shlex.quote(target)}"
    return (
        f"{link} is a link to {target}, for which SELinux's policy has no pattern. What is there has "
        f"the labels of its names in {link}, until the next relabel. To make that last: {command}"
    )


def _ask(paths: list[str], kind: str) -> Optional[list[Optional[bytes]]]:
    """Return matchpathcon's answers. Without an answer, add a complaint and return None."""
    # -N: the kernel's own form of a label, not mcstransd's names for its range.
    argv = ["matchpathcon", "-n", "-N", "-m", kind, *paths]
    if _hung:
        _unknown(paths, _hung[0])
        return None
    try:
        done = captured(argv, _TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        _hung.append(f"no answer in {_TIMEOUT_SECONDS:g} s")
        _unknown(paths, _hung[0])
        return None
    except OSError as error:
        _unknown(paths, error.strerror or str(error))
        return None
    labels = done.stdout.split(b"\n")[:-1]
    odd = [one for one in labels if one != _NO_LABEL and not _LABEL.fullmatch(one)]
    if done.returncode != 0 or len(labels) != len(paths):
        _unknown(paths, _text(done.stderr) or f"exit status {done.returncode}")
    elif odd:
        _unknown(paths, f"it answered {_text(odd[0])[:_LONG]!r}, which is no label")
    else:
        return [None if label == _NO_LABEL else label + b"\0" for label in labels]
    return None


def _unknown(paths: list[str], cause: str) -> None:
    above = os.path.commonpath(paths)
    few = len(paths) <= _PATHS_IN_WORDS
    tops = paths if few or above in _OF_ALL else [above]
    what = paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
    _complain(
        f"{what}: asking matchpathcon for its SELinux label: {cause}. Repair that (packages "
        f"libselinux-utils and policycoreutils), then: restorecon -RF {shlex.join(tops)}"
    )


def complain(path: str, wrong: str) -> None:
    """Add a complaint: why a path has not its label, and the command that repairs it."""
    _complain(f"{path}: {wrong}. Repair it with: restorecon -F {shlex.quote(path)}")


def _complain(sentence: str) -> None:
    sentence = _printable(sentence)
    collected = _complaints.get()
    if collected is not None and sentence not in collected:
        collected.append(sentence)


def _text(raw: bytes) -> str:
    """Return bytes of the host's as one printable line."""
    return _printable(raw.rstrip(b"\0\n").decode("utf-8", "replace"))


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in text)


def kind_of(mode: int) -> Optional[str]:
    """Return the kind of a file by its `st_mode`, None for one that the program never creates."""
    kinds = {stat.S_IFREG: FILE, stat.S_IFDIR: DIRECTORY, stat.S_IFLNK: LINK}
    return kinds.get(stat.S_IFMT(mode))
