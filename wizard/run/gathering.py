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

from wizard.certificates.modes import EXECUTE_BITS
from wizard.host.gathered import NOTE, Note, note_to_bytes
from wizard.paths import LETSENCRYPT
from wizard.run.directories import explained, make_private
from wizard.run.files import replace
from wizard.run.paths import RunPlaces
from wizard.run.relabel import restore_labels


def begin(run: RunPlaces, source: str) -> Path:
    """Return a new private directory to gather in; those of earlier attempts are removed."""
    make_private(run.gathered)
    sweep(run, source)
    directory = run.gathered / f".{source}-{secrets.token_hex(8)}"
    make_private(directory / LETSENCRYPT.strip("/").partition("/")[0])
    return directory


def sweep(run: RunPlaces, source: str) -> None:
    """Remove what attempts to gather from a source have left that never came to their end."""
    for remnant in run.gathered.glob(f".{source}-*"):
        # A child of a killed worker may still write there; what it makes goes next time.
        shutil.rmtree(remnant, ignore_errors=True)


def keep(run: RunPlaces, source: str, directory: Path, note: Note) -> Path:
    """Give a whole tree its name, in the place of an older one, and return it. Raises Trouble.

    All of it is root's alone. Of the modes only "can be run" remains, which a plan needs.
    """
    doing = f"keeping what was gathered from {note.origin}"
    final = run.gathered / source
    with explained(doing, directory):
        for here, inner, names in os.walk(directory):
            for name in (*inner, *names):
                _close(Path(here, name))
    replace(str(directory / NOTE), note_to_bytes(note), None, mode=0o600)
    # certbot and shutil copy labels with their files, so that this is certbot's directory again.
    restore_labels((str(directory),), lambda path: f"{final}{path[len(str(directory)) :]}")
    with explained(doing, final):
        if final.exists():
            final.rename(run.gathered / f".{source}-{secrets.token_hex(8)}")
        directory.rename(final)
    sweep(run, source)
    return final


def _close(path: Path) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        path.chmod(0o700)
    elif stat.S_ISREG(mode):
        path.chmod(0o700 if mode & EXECUTE_BITS else 0o600)
