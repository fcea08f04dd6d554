"""Repair the SELinux labels of files that other programs created, such as `scp`, `cp` and certbot."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Optional

from wizard.errors import Trouble
from wizard.paths import LETSENCRYPT
from wizard.run import labels
from wizard.run.directories import place


def restore_labels(
    directories: Iterable[str], final: Callable[[str], str] = lambda path: path
) -> None:
    """Set the policy's labels on all that is in these directories, and on certbot's above them.

    Those above a lineage are `live` or `archive`, and /etc/letsencrypt. `final` returns the path
    that a path will have later. A label that cannot be set is a complaint.
    """
    tops = sorted(directories)
    if not tops or not labels.are_enabled():
        return
    by_kind: dict[str, list[str]] = {}
    for path, kind in dict.fromkeys(_related(tops)):
        by_kind.setdefault(kind, []).append(path)
    for kind, paths in by_kind.items():
        with labels.expected(map(final, paths), kind):
            for path in paths:
                _set(path, final(path), kind)


def _related(tops: list[str]) -> Iterator[tuple[str, str]]:
    """Yield paths and their kinds. A link to a directory above counts as both kinds."""
    for top in tops:
        for above in (*_above(top), top):
            yield from _kinds(above)
            if os.path.islink(above) and os.path.isdir(above):  # noqa: PTH112, PTH114 (strings)
                yield above, labels.DIRECTORY
        for here, inner, names in os.walk(top):
            for name in (*inner, *names):
                yield from _kinds(os.path.join(here, name))  # noqa: PTH118


def _above(top: str) -> Iterator[str]:
    root, found, below = f"{top}/".rpartition(f"{LETSENCRYPT}/")
    if found:
        names = below.split("/")[:-2]
        for count in range(len(names) + 1 if below else 0):
            yield "/".join((f"{root}{LETSENCRYPT}", *names[:count]))


def _kinds(path: str) -> Iterator[tuple[str, str]]:
    kind: Optional[str] = None
    try:
        kind = labels.kind_of(os.lstat(path).st_mode)
    except FileNotFoundError:
        return  # certbot removed it meanwhile
    except OSError as error:
        labels.complain(path, f"looking at it: {error.strerror}")
    if kind is not None:
        yield path, kind


def _set(path: str, final: str, kind: str) -> None:
    try:
        # The link itself is labelled by its own name, the directory behind it by its real path.
        real = os.path.realpath(path) if kind == labels.DIRECTORY else path
        with place(real, f"labelling {path}") as at:
            labels.set_label(at.beside(at.name), final, kind)
    except FileNotFoundError:
        return
    except Trouble as trouble:
        labels.complain(path, trouble.wrong)
    except OSError as error:
        labels.complain(path, f"setting its SELinux label: {error.strerror}")
