"""Copy /etc/letsencrypt of another server with scp(1), and validate the copy.

The copy gets the name that a plan reads only when it is complete. So after a lost connection no
partial copy is used.
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
from wizard.plan.certificate_actions import Fetch
from wizard.run import gathering
from wizard.run.action_kind import ActionKind
from wizard.run.context import Context, Undo
from wizard.run.sanitize import clean
from wizard.run.scp import complaints, meaning, scp_argv, scp_manner
from wizard.run.terminal import drive

MAX_BYTES = 256 << 20
"""Bytes of a copy. A hundred lineages of many years have some ten megabytes."""


def fetch(action: Fetch, context: Context) -> Undo:
    """Copy the tree, validate it, and give it its name. Raises Trouble; then no copy remains."""
    undo = context.earlier or context.intend({"gathered": action.into})
    directory = gathering.begin(context.places, action.into)
    try:
        said = _copy(action.host, directory, context)
        _refuse_none(action.host, directory)
        not_copied = (f"scp left out: {one}" for one in said)
        note = gathering.judge(action.host, directory, not_copied, context)
        gathering.keep(context.places, action.into, directory, note)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return undo


def _copy(host: str, directory: Path, context: Context) -> tuple[str, ...]:
    """Run scp and return its messages about files that it could not copy. Raises Trouble."""
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
    """Return an error if the operator stops the run. A copy can end at any moment."""
    if not context.stopping():
        return None
    return Trouble(
        f"copying from {host}",
        "stopped as asked; nothing of what had come is used",
        "The next copy begins anew.",
    )


def _too_much(host: str, directory: Path) -> Optional[Trouble]:
    """Return an error if the tree has more bytes or files than its limits."""
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
    if size <= MAX_BYTES and count <= MOST_FILES:
        return None
    return Trouble(
        f"copying from {host}",
        f"its {LETSENCRYPT} has more than {MAX_BYTES >> 20} MB or {MOST_FILES} files, which "
        f"certificates never have; the largest file is /{largest[1]}",
        "Take out there what is not certbot's.",
    )


def _refuse_none(host: str, directory: Path) -> None:
    if not read_lineages(Door(directory)):
        raise Trouble(
            f"copying from {host}",
            f"its {LETSENCRYPT} has no lineage in live/",
            "Name the server where certbot keeps the certificates.",
        )


ACTION_KINDS = (ActionKind(Fetch, fetch),)
