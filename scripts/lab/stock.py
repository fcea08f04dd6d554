"""The main.cf and master.cf that an EL host's Postfix RPM ships.

They are taken from the directory that $POSTFIX_WIZARD_STOCK names, or from ../shared/stock beside
the project, where that holds them. Elsewhere they are made from the sample files in Debian's
package of Postfix, which are upstream's with some lines changed, by the edits of
`lab.stock_edits`: then every parameter line and every line's number is EL's, while the comments
of Red Hat's own are ours. The samples are Postfix sample configuration, IPL-1.0 or EPL-2.0.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Optional

from lab import debs, store
from lab.shell import LabError, run
from lab.stock_edits import SAMPLES, Edit
from lab.suites import Suite
from lab.suites import suite as find_suite

FILES = ("main.cf", "master.cf")
_PROJECT = Path(__file__).resolve().parents[2]

# Debian's samples run most daemons chrooted; upstream's and EL's run none so.
_CHROOTED = re.compile(r"^(#?\S+\s+(?:inet|unix|pass)\s+\S+\s+\S+\s+)y(?=\s)", re.MULTILINE)


def stock_files(suite: str) -> Path:
    """Return a cached directory with main.cf and master.cf as `suite`'s fresh package has them.

    Needs no root. Raises `LabError` when they must be fetched and cannot be.
    """
    chosen = find_suite(suite)
    given = _given(chosen)
    if given is not None:
        sources = [given / f"{suite}-{name}" for name in FILES]
        return store.layer(
            f"stock-{suite}",
            store.digest("given", files=sources),
            lambda to: _copy(sources, to),
        )
    return store.layer(
        f"stock-{suite}",
        store.digest("derived", repr(SAMPLES[suite])),
        lambda to: derive(chosen, to),
    )


def _given(suite: Suite) -> Optional[Path]:
    """Return the directory that holds this suite's true files, or None."""
    named = os.environ.get("POSTFIX_WIZARD_STOCK")
    place = Path(named) if named else _PROJECT.parent / "shared/stock"
    if all((place / f"{suite.name}-{name}").is_file() for name in FILES):
        return place
    if named:
        raise LabError(f"POSTFIX_WIZARD_STOCK: {place} lacks {suite.name}-main.cf or -master.cf")
    return None


def _copy(sources: list[Path], to: Path) -> None:
    """Copy the given files under their plain names."""
    for source, name in zip(sources, FILES):
        (to / name).write_bytes(source.read_bytes())


def derive(suite: Suite, to: Path) -> None:
    """Write main.cf and master.cf, made from Debian's samples, into the directory `to`."""
    store.say(f"making {suite.name}'s stock files from Debian {suite.debian}'s samples")
    work = to / "work"
    work.mkdir()
    debs.download(suite.debian, ["postfix"], work)
    package = next(work.glob("postfix_*.deb"))
    run(["dpkg-deb", "-x", package, work / "tree"])
    for name in FILES:
        sample = (work / f"tree/usr/share/postfix/{name}.dist").read_text()
        (to / name).write_text(edited(suite, name, sample))
    run(["rm", "-r", work])


def edited(suite: Suite, name: str, sample: str) -> str:
    """Return EL's file `name`, made from Debian's `sample` of it."""
    known, edits = SAMPLES[suite.name][name]
    found = hashlib.sha256(sample.encode()).hexdigest()[: len(known)]
    if found != known:
        raise LabError(
            f"Debian {suite.debian}'s sample {name} is {found}, the edits were made for {known}: "
            "compare the two and renew lab/stock_edits.py"
        )
    if name == "master.cf":
        sample = _CHROOTED.sub(r"\1n", sample)
    lines = sample.splitlines()
    for edit in sorted(edits, key=_line, reverse=True):
        first = edit.line - 1
        lines[first : first + edit.count] = edit.text
    return "\n".join(lines) + "\n"


def _line(edit: Edit) -> int:
    """Return the line at which `edit` starts."""
    return edit.line
