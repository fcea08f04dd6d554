"""How a gather run brings its tree: aside first, and under its own name when it is whole.

gathered/.SOURCE-RANDOM    being filled; whatever a killed worker left is swept
gathered/SOURCE            whole, with its note
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from pathlib import Path

from wizard.certificates.lineage import LETSENCRYPT
from wizard.host.gathered import NOTE, Note, note_to_bytes
from wizard.run.directories import explained, make_private
from wizard.run.files import replace
from wizard.run.paths import RunPlaces

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def begin(run: RunPlaces, source: str) -> Path:
    """Return a new private directory to gather in; those of earlier attempts are removed."""
    make_private(run.gathered)
    sweep(run, source)
    directory = run.gathered / f".{source}-{secrets.token_hex(8)}"
    make_private(directory / LETSENCRYPT.strip("/").partition("/")[0])
    return directory


def sweep(run: RunPlaces, source: str) -> None:
    """Remove what attempts to gather from a source have left that never came to their end."""
    for left in run.gathered.glob(f".{source}-*"):
        # A child of a killed worker may still write there; what it makes goes next time.
        shutil.rmtree(left, ignore_errors=True)


def keep(run: RunPlaces, source: str, directory: Path, note: Note) -> Path:
    """Give a whole tree its name, in the place of an older one, and return it. Raises Trouble.

    Nobody else may write in its directories: those that are open are closed.
    """
    doing = f"keeping what was gathered from {note.origin}"
    final = run.gathered / source
    with explained(doing, directory):
        for here, inner, _ in os.walk(directory):
            for name in inner:
                _close(Path(here, name))
    replace(str(directory / NOTE), note_to_bytes(note), None, mode=0o600)
    with explained(doing, final):
        if final.exists():
            final.rename(run.gathered / f".{source}-{secrets.token_hex(8)}")
        directory.rename(final)
    sweep(run, source)
    return final


def _close(directory: Path) -> None:
    status = directory.lstat()
    if stat.S_ISDIR(status.st_mode) and status.st_mode & _OTHERS_WRITE:
        directory.chmod(stat.S_IMODE(status.st_mode) & ~_OTHERS_WRITE)
