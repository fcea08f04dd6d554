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
from tests.faults.counts import shown
from tests.faults.experiment import ALL, SET_UP, TAKING_BACK, Result
from tests.faults.points import Seen
from tests.faults.rig import PYZ, Reference, Rig, reference
from tests.lab.conftest import boot_host, host, host_names

__all__ = ["boot_host", "host", "host_names"]

SUITES = ("el9", "el10") if ALL else ("el9",)


class Bench:
    """A rig and its reference, made when they are first needed and after each one spoilt."""

    def __init__(
        self, names: Iterator[str], common: Path, suite: str, *, with_package: bool
    ) -> None:
        self._names = names
        self._list = common / f"points-{suite}-{with_package}"
        self.suite = suite
        self._with_package = with_package
        self._rig: Rig | None = None
        self.reference: Reference | None = None

    def rig(self) -> tuple[Rig, Reference]:
        """Return a rig in its first state, with what an undisturbed run showed on one like it."""
        if self._rig is None:
            options = Options(suite=self.suite, pyz=str(PYZ))
            rig = Rig(lab_host.boot(next(self._names), options), with_package=self._with_package)
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

    def left_out(self) -> dict[str, dict[str, int]]:
        """Return how many calls are no points, by rule, of each worker."""
        _, wanted = self.rig()
        return {SET_UP: wanted.recording.left_out, TAKING_BACK: wanted.undo.left_out}

    def judge(self, results: list[Result]) -> None:
        """Do away with the rig where a fault has left anything wrong."""
        if any(one.problems for one in results):
            self.spoilt()

    def spoilt(self) -> None:
        """Do away with the rig."""
        if self._rig is not None:
            self._rig.close()
        self._rig = None


@pytest.fixture(scope="session", params=SUITES)
def bench(
    host_names: Iterator[str],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Bench]:
    made = Bench(host_names, shared(tmp_path_factory), request.param, with_package=True)
    yield made
    made.spoilt()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried, over all workers."""
    lines = list(shown())
    if lines:
        terminalreporter.section("faults")
        for line in lines:
            terminalreporter.write_line(line)
