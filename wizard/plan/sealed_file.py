"""Replace the keys in a file by marks, so that no plan has them. A worker reads each key again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from wizard.answers.model import Answers
from wizard.host.facts import FileFacts, Secret
from wizard.plan.files import Key, NewFile, sha256
from wizard.secrets import MASK, Sealed, marks, opened, seal


@dataclass(frozen=True)
class SealedFile:
    """A live file with marks for its keys. The key of the mark `apart` is stored in `key_file`."""

    live: Optional[bytes]
    sealed: Sealed
    apart: str
    key_file: str

    def with_keys(self, file: NewFile) -> NewFile:
        """Return a next text with the file that has the key of each mark."""
        there = [mark for mark in marks(file.text) if mark in self.sealed.keys]
        if not there:
            return file
        named = tuple(
            Key(
                mark,
                sha256(self.sealed.keys[mark].encode("utf-8", "surrogateescape")),
                self.key_file if mark == self.apart else file.path,
            )
            for mark in there
        )
        return replace(file, keys=named, opened=sha256(opened(file.text, self.sealed.keys)))


def seal_file(file: FileFacts, answers: Answers, key: Secret) -> SealedFile:
    """Return a live file as a plan may store it."""
    spelled = " ".join(one.zone for one in answers.blocklists.custom)
    found = seal(file.live or b"", key.text, spelled)
    return SealedFile(None if file.live is None else found.text, found, MASK, key.path)
