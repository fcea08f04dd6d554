"""Read and write draft.json: one draft for each login name, root's, 0600 (docs/drafts.md).

The file is replaced whole (`wizard.run.files`), under a lock on its directory (flock(2)). So a killed
writer leaves the old file or the new one. A draft of another wizard that is not known here is never
replaced.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, Optional

from wizard.drafts.stored import WRITER, StoredDraft, StrangeDraftError, from_plain
from wizard.errors import NewerTrouble, Trouble
from wizard.run import files
from wizard.run.caller import Caller
from wizard.run.directories import make_private
from wizard.run.paths import Places

VERSION = 1
ASIDE = ".set-aside"
MAX_BYTES = 8 * 1024 * 1024
"""Bytes of the file: a draft with ten thousand names has 0.3 MB."""

_MODE = 0o600
_OTHERS = 0o077
_PATIENCE_SECONDS = 2.0
_MAX_DIGITS = 20
_NOBODY = "root"
"""The name for a process without a login, such as one in a container."""

Drafts = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """What draft.json has for this user: a draft or None, and a sentence if something is not used."""

    draft: Optional[StoredDraft] = None
    warning: str = ""


class OtherWizardTrouble(Trouble):
    """Another wizard of the same user has written the draft meanwhile."""


def login_of(caller: Caller) -> str:
    """Return the name that a draft is stored under: the user behind sudo(8) and ssh(1)."""
    name = caller.login_user or caller.sudo_user
    if name or caller.loginuid is None:
        return name or _NOBODY
    return f"uid {caller.loginuid}"


def this_process() -> str:
    """Return the writer of this process: its ID and its start (proc(5))."""
    pid = os.getpid()
    return f"{pid}-{_start_of(pid) or 0}"


def process_of(writer: str) -> int:
    """Return the ID of the process that wrote a draft while it still exists, else 0."""
    pid, _, start = writer.partition("-")
    is_other = WRITER.fullmatch(writer) and writer != this_process()
    return int(pid) if is_other and _start_of(int(pid)) == int(start) else 0


def _start_of(pid: int) -> Optional[int]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        return int(text.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None


@dataclass(frozen=True)
class DraftStore:
    """The draft of one user in the state directory. `writer` is the process that writes."""

    places: Places
    login: str
    writer: str

    @property
    def path(self) -> Path:
        """The file."""
        return self.places.draft

    def read(self) -> Found:
        """Return this user's draft. Never raises: what cannot be used is named in the warning."""
        try:
            entry = self._read().get(self.login)
            return Found() if entry is None else Found(from_plain(entry))
        except StrangeDraftError as strange:
            return Found(None, f"The saved answers in {self.path} are not used: {strange}.")
        except Trouble as trouble:
            return Found(None, str(trouble))

    def keep(self, draft: StoredDraft, replaces: str = "") -> None:
        """Write the draft, in place of one of this process or of the writer `replaces`.

        Raises OtherWizardTrouble if another process has written one, Trouble if it cannot be written.
        """
        plain = replace(draft, writer=self.writer).as_plain()

        def change(drafts: Drafts) -> Drafts:
            self._refuse_others(drafts, replaces)
            return {**drafts, self.login: plain}

        self._change(change)

    def drop(self, replaces: str = "") -> None:
        """Remove the draft of this process or of the writer `replaces`. Raises Trouble."""

        def change(drafts: Drafts) -> Drafts:
            owner = _owner(drafts.get(self.login))
            if owner not in {self.writer, replaces}:
                return drafts
            return {name: one for name, one in drafts.items() if name != self.login}

        self._change(change)

    def settle(self, run: str, sections: tuple[str, ...]) -> None:
        """Remove from the draft what `run` has done: these sections, or all if there are none.

        Only a draft that the run was started with is changed. Raises Trouble.
        """

        def change(drafts: Drafts) -> Drafts:
            entry = drafts.get(self.login)
            if not isinstance(entry, dict) or entry.get("run") != run:
                return drafts
            others = {name: one for name, one in drafts.items() if name != self.login}
            with contextlib.suppress(StrangeDraftError):
                remaining = from_plain(entry).without(sections)
                if sections and not remaining.is_empty:
                    return {**others, self.login: remaining.as_plain()}
            return others

        self._change(change)

    def _refuse_others(self, drafts: Drafts, replaces: str) -> None:
        owner = _owner(drafts.get(self.login))
        if owner in {"", self.writer, replaces}:
            return
        pid, run = process_of(owner), from_plain(drafts[self.login]).run
        doing = "keeping the answers"
        if run and not pid:
            # Nobody knows yet whether that run puts them in place.
            raise OtherWizardTrouble(
                doing,
                f"the answers of run {run} are in {self.path}",
                "Start postfix-wizard again once that run is over: it offers them if they are needed.",
            )
        who = f"another wizard of {self.login}, process {pid}," if pid else "another wizard"
        raise OtherWizardTrouble(
            doing,
            f"{who} keeps its own in {self.path}",
            "Quit one of the two; the next start offers what was kept.",
        )

    def _change(self, change: Callable[[Drafts], Drafts]) -> None:
        if not os.path.lexists(self.places.state):
            make_private(self.places.state)
        with self._locked():
            try:
                drafts = self._read()
            except StrangeDraftError:
                self._set_aside()
                drafts = {}
            changed = change(drafts)
            # Not by `!=`, for which a damaged 1 is the same as True.
            if json.dumps(changed) != json.dumps(drafts):
                self._write(changed)

    def _write(self, drafts: Drafts) -> None:
        make_private(self.places.state)
        current = files.read(str(self.path))
        if not drafts:
            files.remove(str(self.path), current)
            return
        whole = {"version": VERSION, "drafts": drafts}
        data = f"{json.dumps(whole, indent=1)}\n".encode("ascii")
        if len(data) > MAX_BYTES:
            raise Trouble(
                f"replacing {self.path}",
                f"the drafts of all users would take more than {MAX_BYTES} bytes",
                "Use an answers file for so many names: `postfix-wizard --answers FILE`.",
            )
        files.replace(str(self.path), data, current, mode=_MODE)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the state directory, so that two wizards do not lose each other's drafts."""
        doing = f"locking {self.places.state}"
        try:
            fd = os.open(self.places.state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise Trouble(doing, error.strerror or str(error), "") from error
        try:
            until = time.monotonic() + _PATIENCE_SECONDS
            while not _locks(fd):
                if time.monotonic() > until:
                    raise Trouble(doing, "another wizard is writing there", "")
                time.sleep(0.02)
            yield
        finally:
            os.close(fd)

    def _set_aside(self) -> None:
        try:
            self.path.rename(self.path.with_name(self.path.name + ASIDE))
        except OSError as error:
            raise Trouble(
                f"setting {self.path} aside", error.strerror or str(error), "Move it away yourself."
            ) from error

    def _read(self) -> Drafts:
        """Return all users' drafts, unchecked but for their table.

        Raises StrangeDraftError if this program did not write the file, NewerTrouble if a newer one did.
        """
        try:
            if os.lstat(self.path).st_size > MAX_BYTES:
                raise StrangeDraftError(f"the file is larger than {MAX_BYTES} bytes")
            file = files.read(str(self.path))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise Trouble(f"reading {self.path}", error.strerror or str(error), "") from error
        except Trouble as trouble:
            raise StrangeDraftError(trouble.wrong.rstrip(".")) from trouble
        if file is None:
            return {}
        if file.metadata.uid != os.geteuid() or file.metadata.mode & _OTHERS:
            raise StrangeDraftError("the file is not root's alone")
        return self._parsed(file.text)

    def _parsed(self, text: bytes) -> Drafts:
        try:
            whole = json.loads(text, parse_int=_number)
        except (ValueError, RecursionError) as error:
            raise StrangeDraftError("the file is not JSON") from error
        version = whole.get("version") if isinstance(whole, dict) else None
        if type(version) is not int:  # True is no version
            version = None
        if version is not None and version > VERSION:
            raise NewerTrouble(
                f"reading {self.path}",
                f"a newer version of this program wrote it (format {version})",
                "Answers are not kept until you use that version, or move the file away.",
            )
        drafts = whole.get("drafts") if version == VERSION else None
        if not isinstance(drafts, dict):
            raise StrangeDraftError("the file does not contain drafts")
        return drafts


def _owner(entry: Any) -> str:
    """Return the writer of stored data, "" if there is none or it is damaged."""
    try:
        return from_plain(entry).writer
    except StrangeDraftError:
        return ""


def _locks(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise Trouble("locking the drafts", error.strerror or str(error), "") from error
    return True


def _number(text: str) -> int:
    """Parse a number of JSON. A very long one takes minutes, and is damage."""
    if len(text) > _MAX_DIGITS:
        raise ValueError("a number is too long")
    return int(text)
