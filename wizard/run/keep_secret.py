"""Write a secret that the operator typed to a file of its own that only root can read."""

from __future__ import annotations

import os
import time
from pathlib import Path

from wizard.errors import Trouble
from wizard.host.secret_file import SecretKind
from wizard.run.directories import make_private
from wizard.run.files import Metadata, read, restore

_ROOTS_ALONE = 0o600


def keep_secret(path: str, kind: SecretKind, secret: str) -> None:
    """Write the secret as the only line of `path`, mode 0600. An existing file is replaced.

    The file is never incomplete, and never readable by others, with any mode of the old file.
    Raises Trouble, which does not contain the secret.
    """
    line = secret.encode("utf-8", "surrogateescape")
    wrong = kind.wrong(line)
    if wrong:
        raise Trouble(f"keeping the {kind.what}", f"what was typed {wrong}", "Type it again.")
    directory = Path(path).parent
    if not directory.exists():
        make_private(directory)
    now = time.time_ns()
    mine = Metadata(os.geteuid(), os.getegid(), _ROOTS_ALONE, now, now)
    restore(path, line + b"\n", mine, read(path))
