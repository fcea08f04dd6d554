"""Keys in files, kept out of the plan: marks in its texts, and where a worker finds each key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Optional

from wizard.answers.model import Answers
from wizard.host.facts import DqsKey, FileFacts
from wizard.plan.model import Key, NewFile
from wizard.secrets import MASK, Sealed, marks, opened, seal


@dataclass(frozen=True)
class SealedFile:
    """A live file without its keys; that of the mark `apart` is kept in a file of its own."""

    live: Optional[bytes]
    sealed: Sealed
    apart: str
    key_file: str

    def with_keys(self, file: NewFile) -> NewFile:
        """Say of each mark in a next text where its key is."""
        there = [mark for mark in marks(file.text) if mark in self.sealed.keys]
        if not there:
            return file
        named = tuple(
            Key(
                mark,
                _sha256(self.sealed.keys[mark].encode("utf-8", "surrogateescape")),
                self.key_file if mark == self.apart else file.path,
            )
            for mark in there
        )
        return replace(file, keys=named, opened=_sha256(opened(file.text, self.sealed.keys)))


def seal_file(file: FileFacts, answers: Answers, key: DqsKey) -> SealedFile:
    """Return a live file as a plan may hold it."""
    spelled = " ".join(one.zone for one in answers.blocklists.custom)
    found = seal(file.live or b"", key.key, spelled)
    return SealedFile(None if file.live is None else found.text, found, MASK, key.path)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
