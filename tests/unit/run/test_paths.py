from __future__ import annotations

from pathlib import Path

import pytest

from wizard.errors import Trouble, UsageTrouble
from wizard.run.actions.tables import rows
from wizard.run.paths import Places, known_runs, make_run, step_name

NOON = 1795521600.0


def test_runs_are_in_order_though_the_clock_jumps_back(places: Places) -> None:
    made = [make_run(places, now).id for now in (NOON, NOON - 86400, NOON - 86400, NOON + 1)]
    assert made == [
        "20261124-120000-1",
        "20261123-120000-2",
        "20261123-120000-3",
        "20261124-120001-4",
    ]
    assert known_runs(places) == tuple(made)


def test_what_is_no_run_is_passed_over(places: Places) -> None:
    run = make_run(places, NOON)
    (places.runs / "lost+found").mkdir()
    assert known_runs(places) == (run.id,)


@pytest.mark.parametrize("run", ["", "..", "-1", "20261124-120000-1/..", "20261124-120000-0", "x"])
def test_what_is_no_runs_id_is_refused(places: Places, run: str) -> None:
    with pytest.raises(UsageTrouble):
        places.run(run)


@pytest.mark.parametrize("step", ["", ".", "..", "a/b", "-x", "a\n", "a b"])
def test_what_cannot_name_a_file_is_refused(step: str) -> None:
    with pytest.raises(Trouble):
        step_name(step)


@pytest.mark.promise(10)
def test_a_state_directory_that_others_may_write_in_is_refused(places: Places) -> None:
    places.state.mkdir()
    places.state.chmod(0o777)
    with pytest.raises(Trouble, match="can be written by others"):
        make_run(places, NOON)


@pytest.mark.promise(10)
def test_a_link_planted_at_the_state_directory_is_refused(places: Places, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    places.state.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Trouble):
        make_run(places, NOON)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_rows_of_a_table() -> None:
    assert rows(b"Example.COM\tOK\nb\tREJECT  go away\n") == {
        "example.com": "OK",
        "b": "REJECT  go away",
    }
