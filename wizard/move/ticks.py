"""Read and write move.json, a private file: when items were seen done, and the ticks."""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from typing import Any, Optional

from wizard.errors import Trouble
from wizard.move.items import IDS
from wizard.move.model import SavedState
from wizard.run import files
from wizard.run.directories import make_private
from wizard.run.paths import Places

VERSION = 1
NAME = "move.json"
ASIDE = ".set-aside"
MAX_BYTES = 65536
"""Bytes that are read; the program's own files are much smaller."""

_MODE = 0o600
_SHA256 = re.compile(r"[0-9a-f]{64}|")
_LAST = 4_102_444_800.0
"""The year 2100 in seconds since the epoch: a later time is damage."""


class _StrangeError(Exception):
    """The program did not write this file; the text says why."""


def read_saved(places: Places, old: str) -> tuple[SavedState, tuple[str, ...]]:
    """Return the state that was saved for this old server, and a warning if the file is foreign.

    A foreign file is ignored, and the next write renames it.
    """
    path = places.state / NAME
    try:
        found = _read(path)
    except _StrangeError as strange:
        warning = (
            f"{path} is not used: {strange}. It is set aside as {NAME}{ASIDE} when the list is "
            "written next; ticks must be given again."
        )
        return SavedState(), (warning,)
    return (SavedState() if found is None or found[0] != old else found[1]), ()


def write_saved(places: Places, old: str, saved: SavedState) -> None:
    """Write the state atomically, with mode 0600, if it differs from the file. Raises Trouble."""
    make_private(places.state)
    path = places.state / NAME
    try:
        _read(path)
    except _StrangeError:
        _set_aside(path)
    whole = {
        "version": VERSION,
        "old_server": old,
        "done": dict(saved.done),
        "ticked": dict(saved.ticked),
        "certificate": saved.certificate,
        "certificate_at": saved.certificate_at,
    }
    data = f"{json.dumps(whole, indent=1)}\n".encode()
    file = files.read(str(path))
    if file is None or file.text != data:
        files.replace(str(path), data, file, mode=_MODE)


def _set_aside(path: Path) -> None:
    try:
        path.rename(path.with_name(NAME + ASIDE))
    except OSError as error:
        raise Trouble(
            f"setting {path} aside", error.strerror or str(error), "Move it away yourself."
        ) from error


def _read(path: Path) -> Optional[tuple[str, SavedState]]:
    """Return the old server's name and its state, None if there is no file.

    Raises _StrangeError if the program did not write the file.
    """
    try:
        if os.lstat(path).st_size > MAX_BYTES:
            raise _StrangeError(f"it is larger than {MAX_BYTES} bytes")
        file = files.read(str(path))
        whole = {} if file is None else json.loads(file.text)
    except FileNotFoundError:
        return None
    except Trouble as trouble:
        raise _StrangeError(trouble.wrong.rstrip(".")) from trouble
    except (ValueError, RecursionError) as error:
        raise _StrangeError("it is no JSON") from error
    saved = _saved_state(whole)
    if saved is None:
        raise _StrangeError("it holds what no checklist does")
    return whole["old_server"], saved


def _saved_state(whole: Any) -> Optional[SavedState]:
    if not isinstance(whole, dict) or whole.get("version") != VERSION:
        return None
    certificate = whole.get("certificate")
    if not isinstance(whole.get("old_server"), str) or not isinstance(certificate, str):
        return None
    times = [whole.get(name) for name in ("done", "ticked")]
    at = whole.get("certificate_at")
    if not all(map(_is_times, times)) or not _is_time(at) or not _SHA256.fullmatch(certificate):
        return None
    return SavedState(times[0], times[1], certificate, at)  # type: ignore[arg-type] # _is_times saw them


def _is_times(value: Any) -> bool:
    return isinstance(value, dict) and all(one in IDS and _is_time(at) for one, at in value.items())


def _is_time(value: Any) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 <= value < _LAST
    )
