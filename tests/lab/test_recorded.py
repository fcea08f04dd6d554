"""Runs of released programs, put on a fresh host: today's program lists, compares, resumes, undoes.

The recordings are in tests/recorded, a folder for each release; see its README.md.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, PYZ, BootHost, state, wizard
from tests.recorded import house
from tests.recorded.archive import Snapshot, etc_of
from tests.recorded.situations import BEFORE, SECTION, SITUATIONS, Situation

pytestmark = [pytest.mark.lab, pytest.mark.by_turns(3)]

RECORDED = Path(house.__file__).parent
ARCHIVES = sorted(RECORDED.glob("*/*.tar.xz"))
STAYS = re.compile(
    r"etc/(postfix/(main|master)\.cf\.orig|aliases\.orig|aliases\.(db|lmdb)"
    r"|firewalld/zones(/public\.xml(\.old)?)?|systemd/system/multi-user\.target\.wants)"
)
"""What an undo leaves: originals, and what firewalld, systemd and Postfix's unit write."""
TABLES = re.compile(r".*\.(db|lmdb)")
"""The same rows give other bytes at another time; `plan` and `status` compare the rows."""


@dataclass(frozen=True)
class Restored:
    """A host as it was right after a recorded run, with today's program."""

    host: Host
    situation: Situation
    archive: Path

    def differs_from(self, name: str) -> list[str]:
        """Return the paths of /etc that differ from another recorded situation."""
        then, now = Snapshot(self.archive, name).etc(), etc_of(self.host)
        return sorted(
            [path for path in then if path not in now]
            + [path for path in now if path not in then and not STAYS.fullmatch(path)]
            + [
                path
                for path in then.keys() & now.keys()
                if then[path] != now[path] and not path.endswith(".old")
                if then[path][:3] != now[path][:3] or not TABLES.fullmatch(path)
            ]
        )


def restored(boot_host: BootHost, archive: Path, situation: Situation) -> Restored:
    host = boot_host(suite=archive.name.partition(".")[0], pyz=PYZ)
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    house.zones(host)
    snapshot = Snapshot(archive, situation.name)
    snapshot.restore(host)
    host.write(ANSWERS, snapshot.facts().answers, 0o600)
    return Restored(host, situation, archive)


def recordings(*situations: Situation) -> pytest.MarkDecorator:
    """Run a test with each of these situations of each archive."""
    rows = [(archive, one) for archive in ARCHIVES for one in situations]
    names = [f"{archive.parent.name}-{archive.name[:-7]}-{one.name}" for archive, one in rows]
    return pytest.mark.parametrize(("archive", "situation"), rows, ids=names)


def runs(host: Host) -> list[dict[str, object]]:
    code, said = wizard(host, "runs", "--json")
    assert code == 0, said
    listed: list[dict[str, object]] = json.loads(said)["runs"]
    return listed


def test_the_recordings_are_there() -> None:
    assert {path.name for path in ARCHIVES} >= {"el9.tar.xz", "el10.tar.xz"}


def undo(one: Restored) -> None:
    """Undo, and compare with what was there before the run."""
    code, said = wizard(one.host, "undo", "--yes")
    assert code == 0, said
    assert one.differs_from(one.situation.undone_to) == []
    active = one.host.run(["systemctl", "is-active", "postfix"]).stdout.strip()
    assert (active == "active") == (one.situation.undone_to != BEFORE)


def resume(one: Restored) -> None:
    """Resume, and compare with what an undisturbed run left."""
    code, said = wizard(one.host, "resume", "--yes")
    assert code == 0, said
    assert runs(one.host)[-1]["outcome"] == "done"
    assert one.differs_from(one.situation.resumed_to) == []
    if one.situation.resumed_to != BEFORE:
        code, said = wizard(one.host, "plan", "--answers", ANSWERS)
        assert code == 0, said


@pytest.mark.promise(33)
@recordings(*SITUATIONS)
def test_a_recorded_run_is_listed_compared_and_gone_on_with(
    boot_host: BootHost, archive: Path, situation: Situation
) -> None:
    one = restored(boot_host, archive, situation)
    before = state(one.host)
    assert tuple(run["outcome"] for run in runs(one.host)) == situation.outcomes
    code, said = wizard(one.host, "status")
    assert code == situation.status, said
    code, said = wizard(one.host, "plan", "--answers", ANSWERS)
    assert code == situation.plan, said
    refused = {"resume": not situation.resumed_to, "undo": not situation.undone_to}
    for command in (name for name, so in refused.items() if so):
        code, said = wizard(one.host, command, "--yes")
        assert code == 1, said
    assert state(one.host) == before, "nothing of this changes anything"
    (resume if situation.resumed_to else undo)(one)


@pytest.mark.promise(33)
@recordings(*(one for one in SITUATIONS if one.resumed_to and one.undone_to))
def test_a_recorded_run_that_did_not_end_well_is_undone(
    boot_host: BootHost, archive: Path, situation: Situation
) -> None:
    undo(restored(boot_host, archive, situation))


@recordings(*(one for one in SITUATIONS if one.name == SECTION))
def test_recorded_runs_are_undone_one_after_another(
    boot_host: BootHost, archive: Path, situation: Situation
) -> None:
    one = restored(boot_host, archive, situation)
    for _ in situation.outcomes:
        code, said = wizard(one.host, "undo", "--yes")
        assert code == 0, said
    assert one.differs_from(BEFORE) == []
    assert wizard(one.host, "undo", "--yes")[0] == 1
