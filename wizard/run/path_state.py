"""What stands at a path, held against what the reviewed plan says, and what undo needs of it.

A state is one word, as `wizard.plan.model.Link.was` has it: `missing`, `file:HASH` or
`link:TARGET`. The hash has the keyed form (`wizard.run.seals`).
"""

from __future__ import annotations

import base64
import os
import stat
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
    """Something the plan was made from is not so any more."""


@dataclass(frozen=True)
class Observed:
    """A path as it is: `held` when a file stands there, `target` when a link does."""

    path: str
    seals: Seals
    file: Optional[FileSnapshot] = None
    target: Optional[str] = None

    @property
    def existing(self) -> Existing:
        """What it is, as `wizard.run.files` wants to be told."""
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
    """Return what stands at `path` itself. Raises Trouble when it is no file and no link."""
    doing = f"looking at {path}"
    try:
        with place(path, doing) as at, explained(doing, path):
            status = os.stat(at.name, dir_fd=at.fd, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                return Observed(path, seals, target=os.readlink(at.name, dir_fd=at.fd))
    except Trouble as trouble:
        # Nothing at all, or not even a directory to hold it.
        if isinstance(trouble.__cause__, FileNotFoundError):
            return Observed(path, seals)
        raise
    return Observed(path, seals, file=read(path))


def state_of(path: str, seals: Seals) -> str:
    """Return the state of a path, "" for what no run would have written (a hard link ...)."""
    try:
        return observe(path, seals).state
    except Trouble:
        return ""


def require(seen: Observed, expected: str, doing: str) -> None:
    """Raise Stale unless what was seen is what the plan was made from."""
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

    The name is made from the bytes, so that a second attempt finds the first one's copy.
    """
    name = f"{seals.digest(file.text)[-64:-48]}-{os.path.basename(file.path)}"  # noqa: PTH119 (a string)
    path = str(run.replaced / name)
    there = read(path)
    if there is None or there.text != file.text:
        replace(path, file.text, None if there is None else there, mode=0o600)
    return name


def undo_of(seen: Observed, now: str, copy: str = "") -> dict[str, object]:
    """Return what takes a path back, in the terms of docs/journal.md.

    `now` is the state that the run gives it: undo touches nothing that has another by then.
    `copy` is the name of the saved bytes, "" where none are saved.
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
    """Return the state of a file that has `text` in it."""
    return file_state(seals.digest(text))
