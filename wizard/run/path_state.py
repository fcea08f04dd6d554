"""Read the state of a path, compare it with the reviewed plan, and save what undo needs of it.

A state is one word, as in `wizard.plan.files.Link.was`: `missing`, `file:HASH` or `link:TARGET`.
The hash has the keyed form (`wizard.run.seals`).
"""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

from wizard.errors import Trouble
from wizard.run.directories import explained, place
from wizard.run.files import Existing, FileSnapshot, read, replace
from wizard.run.paths import RunPlaces
from wizard.run.seals import Seals

MISSING = "missing"
AGAIN = "Make the plan again and review it; this run writes nothing more."


class Stale(Trouble):
    """The plan was made from something that has changed since."""


@dataclass(frozen=True)
class Observed:
    """A path as it is now: `file` for a file, `target` for a link, neither if it is missing."""

    path: str
    seals: Seals
    file: Optional[FileSnapshot] = None
    target: Optional[str] = None

    @property
    def existing(self) -> Existing:
        """What is at the path, in the form of `wizard.run.files`."""
        return self.file if self.file is not None else self.target

    @property
    def state(self) -> str:
        """Its state in one word."""
        if self.file is not None:
            return text_state(self.file.text, self.seals)
        return MISSING if self.target is None else f"link:{self.target}"


def file_state(digest: Optional[str]) -> str:
    """Return the state of a file with this hash, `missing` for None."""
    return MISSING if digest is None else f"file:{digest}"


def observe(path: str, seals: Seals) -> Observed:
    """Return what is at `path` itself. Raises Trouble if it is neither a file nor a link."""
    doing = f"looking at {path}"
    try:
        with place(path, doing) as at, explained(doing, path):
            status = os.stat(at.name, dir_fd=at.fd, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                return Observed(path, seals, target=os.readlink(at.name, dir_fd=at.fd))
    except Trouble as trouble:
        # The path is missing, or its directory is.
        if isinstance(trouble.__cause__, FileNotFoundError):
            return Observed(path, seals)
        raise
    return Observed(path, seals, file=read(path))


def state_of(path: str, seals: Seals) -> str:
    """Return the state of a path, "" for something that no run writes (a hard link ...)."""
    try:
        return observe(path, seals).state
    except Trouble:
        return ""


def known_state(path: str, seen: Mapping[str, Observed], seals: Seals) -> str:
    """Return the state of a path from what was `seen`; a path that is not in it is read now."""
    return seen[path].state if path in seen else state_of(path, seals)


def require(seen: Observed, expected: str, doing: str) -> None:
    """Raise Stale unless a path has the state that the plan was made from."""
    if seen.state != expected:
        raise Stale(
            doing,
            f"stale: {seen.path} is not what the plan was made from "
            f"(then {_words(expected)}, now {_now(expected, seen.state)})",
            AGAIN,
        )


def _words(state: str) -> str:
    kind, _, rest = state.partition(":")
    return {
        "missing": "there was none",
        "file": "a file",
        "link": f"a link to {rest}",
    }.get(kind, state)


def _now(expected: str, state: str) -> str:
    both_files = expected.startswith("file:") and state.startswith("file:")
    return "a file with another text" if both_files else _words(state)


def keep_replaced(run: RunPlaces, file: FileSnapshot, seals: Seals) -> str:
    """Copy a file's bytes into the run's `replaced/` and return the copy's name there.

    The name has a hash of the bytes, so that a second attempt finds the first one's copy.
    """
    name = f"{seals.digest(file.text)[-64:-48]}-{os.path.basename(file.path)}"  # noqa: PTH119 (a string)
    path = str(run.replaced / name)
    there = read(path)
    if there is None or there.text != file.text:
        replace(path, file.text, None if there is None else there, mode=0o600)
    return name


def undo_of(seen: Observed, now: str, copy: str = "") -> dict[str, object]:
    """Return what undo needs of a path, in the terms of docs/journal.md.

    `now` is the state that the run gives it. Undo changes nothing that has another state by then.
    `copy` is the name of the saved bytes, "" for none.
    """
    undo: dict[str, object] = {"path": seen.path, "was": seen.state, "now": now}
    if copy:
        undo["copy"] = copy
    if seen.file is not None:
        like = seen.file.metadata
        undo |= {
            "uid": like.uid,
            "gid": like.gid,
            "mode": like.mode,
            "mtime_ns": like.mtime_ns,
            "xattrs": {
                name: base64.b64encode(value).decode("ascii") for name, value in like.xattrs
            },
        }
    return undo


def text_state(text: bytes, seals: Seals) -> str:
    """Return the state of a file with this text."""
    return file_state(seals.digest(text))
