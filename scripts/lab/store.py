"""The cache: finished layers kept by name, each built once however many ask for it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import sys
import time
from pathlib import Path
from typing import Callable, Iterable, Iterator

CACHE = Path("/var/cache/postfix-wizard-lab")
_DONE = "done"


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
    CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that builds {name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def layer(
    kind: str, key: str, build: Callable[[Path], None], *, max_age: float = float("inf")
) -> Path:
    """Return the finished directory of `kind` and `key`, calling `build` when there is none.

    `build` fills a directory under a temporary name, which is renamed once it is whole, so an
    interrupted build never counts. `max_age` is in seconds; an older layer is built anew. Layers
    of the same kind with another key are removed when no mount uses them.
    """
    final = CACHE / f"{kind}-{key}"
    if _fresh(final, max_age):
        return final
    with locked(kind):
        if _fresh(final, max_age):
            return final
        started = time.monotonic()
        for stale in CACHE.glob(f"{kind}-*"):
            if stale.is_dir() and not _mounted(stale):
                shutil.rmtree(stale)
        if final.exists():
            final.rename(final.with_name(f"{final.name}.old-{time.time_ns()}"))
        temporary = CACHE / f"{kind}-{key}.building"
        temporary.mkdir(parents=True)
        build(temporary)
        (temporary / _DONE).write_text(f"{time.time()}\n")
        temporary.rename(final)
        say(f"{kind} is ready after {time.monotonic() - started:.0f} s: {final}")
    return final


def _fresh(path: Path, max_age: float) -> bool:
    """Tell whether `path` is a finished layer no older than `max_age` seconds."""
    try:
        return time.time() - float((path / _DONE).read_text()) <= max_age
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False


def _mounted(path: Path) -> bool:
    """Tell whether any mount of this machine has its source below `path`."""
    return f"{path}/" in Path("/proc/self/mounts").read_text()
