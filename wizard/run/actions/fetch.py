"""/etc/letsencrypt of another server, copied with scp(1) and judged where it lies.

It comes into a directory of its own, which gets the name that counts only when all of it is
there: a connection that broke leaves nothing that anybody would use.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Optional

from wizard.certificates.lineage import read_lineages
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.gathered import MOST_FILES
from wizard.paths import LETSENCRYPT
from wizard.plan.model import Fetch
from wizard.run import gathering
from wizard.run.context import Context, Undo
from wizard.run.sanitize import clean
from wizard.run.scp import complaints, meaning, scp_argv, scp_manner
from wizard.run.terminal import drive
from wizard.run.validate_lineages import judge

MOST_BYTES = 256 << 20
"""As much as is copied: a hundred lineages of many years have some ten megabytes."""


def fetch(action: Fetch, context: Context) -> Undo:
    """Copy the tree, judge it, and give it its name. Raises Trouble, and then nothing is there."""
    undo = context.earlier or context.intend({"gathered": action.into})
    directory = gathering.begin(context.places, action.into)
    try:
        said = _copy(action.host, directory, context)
        _refuse_none(action.host, directory)
        not_copied = (f"scp left out: {one}" for one in said)
        note = judge(action.host, directory, not_copied, context)
        gathering.keep(context.places, action.into, directory, note)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return undo


def _copy(host: str, directory: Path, context: Context) -> tuple[str, ...]:
    """Run scp; return what it said of files that could not be copied."""
    argv = scp_argv(host, LETSENCRYPT, f"{directory}/etc/", context.places.known_hosts)
    heard = context.output.mark()
    manner = scp_manner(host, lambda: _stopped(host, context) or _too_much(host, directory))
    status = drive(argv, context.loop, context.output, manner, context.ask)
    lines = clean(context.output.since(heard))
    not_copied = complaints(lines)
    if status == 0:
        return not_copied
    trouble = meaning(host, "\n".join(lines))
    if trouble is not None:
        raise trouble
    if not not_copied or not (directory / "etc/letsencrypt/live").is_dir():
        raise Trouble(
            f"copying from {host}",
            f"scp failed: {context.output.tail() or 'it said nothing'}",
            f"Look there: ssh {host} ls -l {LETSENCRYPT} - its user must be able to read all of it.",
        )
    return not_copied


def _stopped(host: str, context: Context) -> Optional[Trouble]:
    """Return the trouble of an operator who wants no more of it: a copy can be ended anywhere."""
    if not context.stopping():
        return None
    return Trouble(
        f"copying from {host}",
        "stopped as asked; nothing of what had come is used",
        "Start again: the copy begins anew.",
    )


def _too_much(host: str, directory: Path) -> Optional[Trouble]:
    """Return the trouble of a tree that grows beyond all reason."""
    size = count = 0
    largest = (0, "")
    for here, _, names in os.walk(directory):
        for name in names:
            path = Path(here, name)
            try:
                status = path.lstat()
            except OSError:
                continue
            count += 1
            size += status.st_size
            largest = max(largest, (status.st_size, str(path.relative_to(directory))))
    if size <= MOST_BYTES and count <= MOST_FILES:
        return None
    return Trouble(
        f"copying from {host}",
        f"its {LETSENCRYPT} has more than {MOST_BYTES >> 20} MB or {MOST_FILES} files, which "
        f"certificates never have; the largest file is /{largest[1]}",
        "Take out there what is not certbot's, then start again.",
    )


def _refuse_none(host: str, directory: Path) -> None:
    if not read_lineages(Door(directory)):
        raise Trouble(
            f"copying from {host}",
            f"its {LETSENCRYPT} has no lineage in live/",
            "Name the server where certbot keeps the certificates.",
        )
