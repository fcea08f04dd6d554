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

_DONE = "done"


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
    interrupted build never counts. Layers of the same kind with another key are removed
    when no mount uses them.
    """
    final = cache() / f"{kind}-{key}"
    if (final / _DONE).exists():
        return final
    with locked(kind):
        if (final / _DONE).exists():
            return final
        started = time.monotonic()
        for stale in cache().glob(f"{kind}-*"):
            if stale.is_dir() and not _mounted(stale):
                shutil.rmtree(stale)
        temporary = cache() / f"{kind}-{key}.building"
        temporary.mkdir(parents=True)
        build(temporary)
        (temporary / _DONE).touch()
        temporary.rename(final)
        say(f"{kind} is ready after {time.monotonic() - started:.0f} s: {final}")
    return final


def _mounted(path: Path) -> bool:
    """Tell whether any mount of this machine has its source below `path`."""
    return f"{path}/" in Path("/proc/self/mounts").read_text()
