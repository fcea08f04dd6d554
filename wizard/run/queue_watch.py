"""Keep each new file of Postfix's queue open for a moment, to read a message as it leaves.

cleanup(8) writes a message into `incoming`, with what milters add. The file gets the mode 0700 once it
is complete. Postfix removes it after the delivery, and what is open can still be read then. Nothing in
the queue is changed.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Iterator
from typing import Optional

MAX_FILES = 256
"""Files that are open at most: a server may be busy."""
_PAUSE_SECONDS = 0.0002
"""A message is in the queue for some milliseconds."""
_DIRECTORIES = ("incoming", "active")
_COMPLETE = 0o700
_FIRST_BYTES = 1 << 16


@contextlib.contextmanager
def watching(queue: str) -> Iterator[QueueWatch]:
    """Watch the queue in this directory (`queue_directory`) for the time of a with statement."""
    watch = QueueWatch(queue)
    watch.start()
    try:
        yield watch
    finally:
        watch.close()


class QueueWatch:
    """Opens each new file of a queue, and closes all of them at the end."""

    def __init__(self, queue: str) -> None:
        self._directories = [os.path.join(queue, one) for one in _DIRECTORIES]  # noqa: PTH118
        self._files: dict[str, int] = {}
        self._known: set[str] = set()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="queue", daemon=True)

    def start(self) -> None:
        """Begin. What is in the queue already is not opened."""
        self._known = {name for name, _ in self._names()}
        self._thread.start()

    def close(self) -> None:
        """End, and close all files."""
        self._is_over.set()
        self._thread.join()
        for fd in self._files.values():
            os.close(fd)
        self._files = {}

    def complete(self, marker: bytes) -> Optional[str]:
        """Return the path of a complete file that has these bytes near its beginning, None for none.

        The path is good for other programs until `close`.
        """
        for fd in list(self._files.values()):
            is_complete = stat.S_IMODE(os.fstat(fd).st_mode) == _COMPLETE
            if is_complete and marker in os.pread(fd, _FIRST_BYTES, 0):
                return f"/proc/{os.getpid()}/fd/{fd}"
        return None

    def _watch(self) -> None:
        while not self._is_over.wait(_PAUSE_SECONDS):
            for name, path in self._names():
                if name not in self._known and len(self._files) < MAX_FILES:
                    self._known.add(name)
                    self._hold(name, path)

    def _hold(self, name: str, path: str) -> None:
        try:
            self._files[name] = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            # It was delivered or moved meanwhile: `active` may still have it.
            self._known.discard(name)

    def _names(self) -> Iterator[tuple[str, str]]:
        """Yield name and path of each queue file. `hash_queue_names` adds directories of one letter."""
        directories = list(self._directories)
        while directories:
            for one in _entries(directories.pop()):
                if len(one.name) == 1:
                    directories.append(one.path)
                else:
                    yield one.name, one.path


def _entries(directory: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except OSError:
        return []
