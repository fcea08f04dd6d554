"""Record runs of a released program: `python -m tests.recorded.record PROGRAM NAME [SUITE]...`.

PROGRAM is the one-file program, NAME the folder to write, such as its version or commit. Boots a
host of the lab for each suite, so it needs root.
"""

from __future__ import annotations

import argparse
import os
import tarfile
import tempfile
from pathlib import Path

from lab import host as lab_host
from lab.host import Host, Options
from tests.lab.program import ANSWERS as ANSWERS_FILE
from tests.recorded.archive import Snapshot, take
from tests.recorded.house import ANSWERS, prepare
from tests.recorded.situations import BEFORE, SITUATIONS

HERE = Path(__file__).parent
SUITES = ("el9", "el10")


def record(host: Host, to: Path) -> None:
    """Bring about each situation on a host and write all of them to an archive."""
    prepare(host)
    with tempfile.TemporaryDirectory() as made:
        # A restore needs a whole archive, so each snapshot has one of its own meanwhile.
        taken = {BEFORE: _take(host, BEFORE, ANSWERS, Path(made))}
        for situation in SITUATIONS:
            print(f"{to.name}: {situation.name}")
            taken[situation.start].restore(host)
            host.write(ANSWERS_FILE, situation.answers, 0o600)
            situation.make(host)
            taken[situation.name] = _take(host, situation.name, situation.answers, Path(made))
        to.parent.mkdir(exist_ok=True)
        with tarfile.open(to, "w:xz", preset=9) as archive:
            for snapshot in taken.values():
                with tarfile.open(snapshot.archive) as one:
                    for member in one:
                        archive.addfile(
                            member, one.extractfile(member) if member.isfile() else None
                        )


def _take(host: Host, name: str, answers: str, to: Path) -> Snapshot:
    snapshot = Snapshot(to / f"{name}.tar", name)
    with tarfile.open(snapshot.archive, "w") as archive:
        take(host, name, answers, archive)
    return snapshot


def main() -> None:
    """Record on each suite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path)
    parser.add_argument("name")
    parser.add_argument("suites", nargs="*", default=SUITES)
    options = parser.parse_args()
    for suite in options.suites:
        name = f"record-{os.getpid()}-{suite}"
        host = lab_host.boot(name, Options(suite=suite, pyz=str(options.program.resolve())))
        try:
            record(host, HERE / options.name / f"{suite}.tar.xz")
        finally:
            host.stop()


if __name__ == "__main__":
    main()
