"""The old server of a move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from wizard.answers.model import Answers


@dataclass(frozen=True)
class OldServer:
    """The old server: its name or address, and the destination for ssh(1)."""

    name: str
    ssh: str


def old_server(answers: Answers) -> Optional[OldServer]:
    """Return the old server, None where none is named.

    By default it is the server whose certificates are copied.
    """
    remote = answers.certificate.host if answers.certificate.source == "remote" else ""
    name = answers.move.old_server or remote.rpartition("@")[2].strip("[]")
    return OldServer(name, answers.move.old_server or remote) if name else None
