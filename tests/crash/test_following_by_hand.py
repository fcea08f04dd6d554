"""A run followed at a real terminal: Ctrl-C once and twice, and one that nobody reads any more."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screens.terminal import Terminal
from wizard.plan.actions import Command
from wizard.plan.model import Plan, Step
from wizard.run.journal import read_journal
from wizard.run.paths import Places, make_run
from wizard.run.progress import progress
from wizard.run.records import RunFinished
from wizard.run.request import write_request

ROOT = Path(__file__).parents[2]
CTRL_C = "\x03"


class House:
    """A run in progress, and viewers of it in terminals of their own."""

    def __init__(self, top: Path, *scripts: str) -> None:
        self.places = Places(top / "state", top / "run", top / "answers.toml")
        self.run = make_run(self.places, time.time())
        steps = tuple(
            Step(f"step-{number}", f"Step {number}", "why", Command(("sh", "-c", script)))
            for number, script in enumerate(scripts, 1)
        )
        write_request(self.run, Plan("", (), steps, ()), attended=False)
        self._terminals: list[Terminal] = []
        self._worker = subprocess.Popen(self._python("from wizard.run.worker import work", "work"))

    def _python(self, imports: str, call: str) -> list[str]:
        words = [str(one) for one in (self.places.state, self.places.runtime, self.places.answers)]
        script = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path\n"
            f"from wizard.run.paths import Places\n{imports}\n"
            f"places = Places(*map(Path, {words!r}))\n"
            f"sys.exit({call}(places, {self.run.id!r}))\n"
        )
        return [sys.executable, "-c", script]

    def viewer(self) -> Terminal:
        imports = (
            "from wizard.commands.console import console\n"
            "from wizard.commands.following import follow_run\n"
            "def view(places, run): return follow_run(places, run, console())\n"
        )
        made = Terminal(self._python(imports, "view"))
        self._terminals.append(made)
        return made

    def end(self) -> RunFinished:
        """Wait for the run's end."""
        self._worker.wait(30)
        reading = read_journal(self.run.journal)
        assert reading is not None
        end = progress(reading.records).finished
        assert end is not None
        return end

    def close(self) -> None:
        for one in self._terminals:
            one.close()
        self._worker.kill()
        self._worker.wait()


@pytest.fixture
def made() -> Iterator[list[House]]:
    houses: list[House] = []
    yield houses
    for one in houses:
        one.close()


@pytest.mark.slow
@pytest.mark.promise(6)
def test_the_first_ctrl_c_stops_between_steps_and_the_second_leaves(
    made: list[House], tmp_path: Path
) -> None:
    go, flag = tmp_path / "go", tmp_path / "flag"
    wait = f"until [ -e {go} ]; do sleep 0.05; done; touch {flag}"
    house = House(tmp_path, wait, f"rm {flag}")
    made.append(house)
    viewer = house.viewer()
    viewer.until("[1/2] Step 1", 30)
    viewer.type(CTRL_C)
    viewer.until("the step in progress ends first")
    viewer.until("Ctrl-C once more leaves the run to itself")
    viewer.type(CTRL_C)
    viewer.until("ends on its own")
    viewer.ended()
    assert viewer.code == 1
    assert "Traceback" not in viewer.text
    assert viewer.attributes() == viewer.before
    go.touch()
    end = house.end()
    assert end.outcome == "stopped"
    assert "before 'Step 2'" in end.message
    assert flag.exists(), "the step in progress came to its end, and the next was not begun"


@pytest.mark.slow
@pytest.mark.promise(3)
def test_a_viewer_that_reads_no_more_slows_nothing(made: list[House], tmp_path: Path) -> None:
    took = []
    for name, watched in (("alone", False), ("watched", True)):
        house = House(tmp_path / name, "sleep 3; seq 1000000")
        made.append(house)
        if watched:
            viewer = house.viewer()
            viewer.until("[1/1] Step 1", 30)
            # From here on nobody reads it: its terminal fills, and it blocks.
        assert house.end().outcome == "done"
        reading = read_journal(house.run.journal)
        assert reading is not None
        began, *_, ended = (entry.mono for entry in reading.entries)
        took.append(ended - began)
        if watched:
            assert viewer.code is None
            viewer.read(0.2)
            assert "1000000" not in viewer.text, "it was left far behind"
    # Held up by its terminal, it would not end at all.
    assert took[1] < took[0] + 10.0, took
