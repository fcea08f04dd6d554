"""Rigs to hit, one a worker of the test run, and the counts of what was tried.

A rig is made anew only when a fault leaves its host in another state than it found.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import host as lab_host
from lab.host import Options
from tests.faults.agreed import agreed, shared
from tests.faults.counts import Calls, shown
from tests.faults.experiment import ALL, SET_UP, TAKING_BACK, Result
from tests.faults.kinds import KINDS, Kind
from tests.faults.points import Seen
from tests.faults.rig import PYZ, Reference, Rig, reference
from tests.lab.conftest import boot_host, host, host_names

__all__ = ["boot_host", "host", "host_names"]

SUITES = ("el9", "el10") if ALL else ("el9",)


class Bench:
    """A rig and its reference, made when they are first needed and after each one spoilt."""

    def __init__(self, names: Iterator[str], common: Path, suite: str, kind: Kind) -> None:
        self._names = names
        self._list = common / f"points-{suite}-{kind.name}"
        self._suite = suite
        self.kind = kind
        self.name = f"{suite}-{kind.name}"
        self._rig: Rig | None = None
        self.reference: Reference | None = None

    def rig(self) -> tuple[Rig, Reference]:
        """Return a rig in its first state, with what an undisturbed run showed on one like it."""
        if self._rig is not None and not self._rig.is_usable:
            self.spoilt()
        if self._rig is None:
            options = Options(suite=self._suite, pyz=str(PYZ))
            host = lab_host.boot(next(self._names), options)
            rig = Rig(host, with_package=True, kind=self.kind)
            try:
                # Of each host anew: the package's key and the times of its users are its own.
                self.reference = reference(rig)
            except BaseException:
                rig.close()
                raise
            self._rig = rig
        assert self.reference is not None
        return self._rig, self.reference

    def agreed(self, what: str) -> list[Seen]:
        """Return the points of a set-up's worker or an undo's, the same in every test worker.

        They are those that the first worker of this test run saw; where in the trace they are
        is each one's own.
        """
        _, wanted = self.rig()
        recording = {SET_UP: wanted.recording, TAKING_BACK: wanted.undo}[what]
        return agreed(Path(f"{self._list}-{what}"), recording)

    def calls(self) -> dict[str, Calls]:
        """Return what the calls of each worker came to."""
        _, wanted = self.rig()
        return {
            what: Calls(self.name, len(one.seen), one.left_out)
            for what, one in ((SET_UP, wanted.recording), (TAKING_BACK, wanted.undo))
        }

    def judge(self, results: list[Result]) -> None:
        """Do away with the rig where a fault has left anything wrong."""
        if any(one.problems for one in results):
            self.spoilt()

    def spoilt(self) -> None:
        """Do away with the rig."""
        if self._rig is not None:
            self._rig.close()
        self._rig = None


@pytest.fixture(
    scope="session",
    params=[(suite, kind) for suite in SUITES for kind in KINDS],
    ids="-".join,
)
def bench(
    host_names: Iterator[str],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Bench]:
    suite, kind = request.param
    made = Bench(host_names, shared(tmp_path_factory), suite, KINDS[kind])
    yield made
    made.spoilt()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried, over all workers."""
    lines = list(shown())
    if lines:
        terminalreporter.section("faults")
        for line in lines:
            terminalreporter.write_line(line)
