"""The cache: finished layers kept by name, each built once however many ask for it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Callable, Iterable, Iterator

from lab.shell import run

_DONE = "done"
_KEPT = 24 * 3600
"""Seconds for which a layer with another key is kept."""


def cache() -> Path:
    """Return the cache's directory: the machine's for root, the user's own for anyone else."""
    if os.geteuid() == 0:
        return Path("/var/cache/postfix-wizard-lab")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "postfix-wizard-lab")


def say(text: str) -> None:
    """Tell the operator on standard error what is being done."""
    print(f"lab: {text}", file=sys.stderr, flush=True)


def digest(*parts: str, files: Iterable[Path] = ()) -> str:
    """Return a short hash of `parts` and of the names and contents of `files`."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.encode() + b"\0")
    for path in files:
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:12]


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the cache's lock called `name`; whoever comes second waits."""
    cache().mkdir(mode=0o755, parents=True, exist_ok=True)
    with (cache() / f"{name}.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that builds {name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def layer(kind: str, key: str, build: Callable[[Path], None]) -> Path:
    """Return the finished directory of `kind` and `key`, calling `build` when there is none.

    `build` fills a directory under a temporary name, which is renamed once it is whole, so an
    interrupted build never counts. Layers of the same kind with another key are removed once
    they are a day old and no mount uses them: another checkout may be about to.
    """
    final = cache() / f"{kind}-{key}"
    if (final / _DONE).exists():
        return final
    with locked(kind):
        if (final / _DONE).exists():
            return final
        started = time.monotonic()
        for other in cache().glob(f"{kind}-*"):
            if other.is_dir():
                _tidy(other)
        temporary = cache() / f"{kind}-{key}.building"
        temporary.mkdir(parents=True)
        build(temporary)
        (temporary / _DONE).touch()
        temporary.rename(final)
        say(f"{kind} is ready after {time.monotonic() - started:.0f} s: {final}")
    return final


def _tidy(other: Path) -> None:
    """Remove a layer that nobody needs any more; the lock of its kind must be held."""
    done = other / _DONE
    if done.exists():
        mounts = Path("/proc/self/mounts").read_text()
        if f"{other}/" in mounts or time.time() - done.stat().st_mtime < _KEPT:
            return
    else:
        # A build was cut short; what it had mounted must not be deleted through the mount.
        lines = Path("/proc/self/mounts").read_text().splitlines()
        for point in reversed([line.split()[1] for line in lines]):
            if point.startswith(f"{other}/"):
                run(["umount", point])
    shutil.rmtree(other)
