"""Which server is moved from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from wizard.answers.model import Answers


@dataclass(frozen=True)
class OldServer:
    """The server that is moved from: its name or address, and what ssh(1) takes for it."""

    name: str
    ssh: str


def old_server(answers: Answers) -> Optional[OldServer]:
    """Return the server that is moved from, None where none is named.

    It is the one whose certificates are copied, unless another is named.
    """
    remote = answers.certificate.host if answers.certificate.source == "remote" else ""
    name = answers.move.old_server or remote.rpartition("@")[2].strip("[]")
    return OldServer(name, answers.move.old_server or remote) if name else None
