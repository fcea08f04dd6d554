"""A clock of a process's own (libfaketime): the machine's is every host's, and is never set."""

from __future__ import annotations

from pathlib import Path

from lab import debs, store
from lab.shell import run
from lab.suites import Suite

_HERE = Path(__file__).resolve().parent


def library(suite: Suite) -> Path:
    """Return the library to preload, from the suite's own release; fetched once."""
    recipe = store.digest(suite.debian, files=[_HERE / "faketime.py", _HERE / "debs.py"])
    kept = store.layer(f"faketime-{suite.name}", recipe, lambda to: _fetch(suite, to))
    return next(kept.glob("tree/usr/lib/*/faketime/libfaketime.so.1"))


def _fetch(suite: Suite, to: Path) -> None:
    debs.download(suite.debian, ["libfaketime"], to)
    (package,) = to.glob("*.deb")
    run(["dpkg-deb", "-x", package, to / "tree"])
