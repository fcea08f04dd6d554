"""The list of sections as the home of a server that is set up: undo, runs, check, review."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Optional

import pytest
from textual.app import App

from screens.widgets.rows import Rows
from tests.screens.hosts import answers, set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import clear, in_sight, opened, type_text
from tests.screens.plans import RUN
from tests.screens.standin import StandIn
from wizard.answers.model import POLICY, SECTIONS
from wizard.errors import Trouble
from wizard.run.caller import Caller
from wizard.run.history import RunSummary
from wizard.status.sections import SectionRow

Golden = Callable[[App[int], str], None]
FIRST, SECOND, THIRD = (f"20251124-031500-{number}" for number in (1, 2, 13))
TARO = Caller(sudo_user="taro")
DONE = RunSummary(FIRST, 0.0, "done", 16, 16, by=TARO)
UNDONE = RunSummary(SECOND, 1.0, "done", 2, 2, undone=True, sections=("limits",), by=TARO)
UNDO = RunSummary(THIRD, 2.0, "done", 12, 12, undoes=SECOND, sections=("limits",), by=TARO)
BY_RUN = tuple(
    SectionRow(one, "x", "MISSING" if one == "limits" else "as planned", (), "run", FIRST)
    for one in (*SECTIONS, POLICY)
)


def a_host(*past: RunSummary, **more: object) -> StandIn:
    return StandIn(the_host=set_up_host(), saved=answers(), past=past, **more)  # type: ignore[arg-type]


async def test_the_word_of_a_bad_state_alone_is_red() -> None:
    rows = (replace(BY_RUN[0], state="missing"), *BY_RUN[1:])
    async with opened(a_host(DONE, listed_sections=rows)) as pilot:
        await in_sight(pilot, "MISSING")
        row = pilot.app.screen.query_one("#list", Rows).rows[0]
        assert (row.tail, row.tail_look) == ("MISSING", "wrong")
        assert row.end.strip() == "2025-11-24 03:15"


async def test_after_an_undo_the_rows_out_of_sight_are_counted_and_one_key_away(
    golden: Golden,
) -> None:
    """With two lines of keys: a section is changed."""
    async with opened(a_host(DONE, UNDONE, UNDO, listed_sections=BY_RUN)) as pilot:
        await in_sight(pilot, "as planned")
        await pilot.press("space", "down")
        shown = await in_sight(pilot, "Review       Hostname\n")
        assert f"Last run {THIRD}, undo of {SECOND}: done, 12 of 12 steps" in shown
        assert "F10 Review" in shown
        assert "4 more below" in shown
        assert "Host         Postfix is active" in shown
        golden(pilot.app, "list-undo")
        await pilot.press("end")
        assert "Policy       x" in await in_sight(pilot, "more above")


@pytest.mark.parametrize(
    ("past", "nothing", "undone"),
    [
        ((DONE, UNDONE, UNDO), (), FIRST),
        ((DONE, replace(DONE, run=SECOND)), (), SECOND),
        ((DONE, replace(DONE, run=SECOND)), (SECOND,), FIRST),
        ((UNDONE, UNDO), (), None),
        ((DONE,), (FIRST,), None),
    ],
)
async def test_undo_takes_back_the_newest_run_that_changed_something(
    past: tuple[RunSummary, ...], nothing: tuple[str, ...], undone: Optional[str]
) -> None:
    session = a_host(*past, changed_nothing=nothing)
    async with opened(session) as pilot:
        shown = await in_sight(pilot, "as found")
        assert ("u Undo" in shown) is (undone is not None)
        await pilot.press("u")
        if undone is None:
            await pilot.pause(0.1)
            assert not session.undone
        else:
            await in_sight(pilot, "Undo of run")
            assert session.undone == [undone]


@pytest.mark.parametrize("key", ["f10", "ctrl+r"])
async def test_one_key_leads_from_a_changed_section_to_the_review(key: str) -> None:
    async with opened(a_host(DONE)) as pilot:
        assert "Review\n" not in (await in_sight(pilot, "as found")).splitlines()[-1]
        await pilot.press(key)
        await pilot.press(*["down"] * SECTIONS.index("limits"), "enter")
        assert "F10" not in await in_sight(pilot, "anvil_rate_time_unit")
        await clear(pilot)
        await type_text(pilot, "30s")
        await in_sight(pilot, "F10 Review")
        await pilot.press(key)
        await in_sight(pilot, "postfix-wizard  Review")


async def test_the_list_checks_the_server_and_loses_no_answer(golden: Golden) -> None:
    session = a_host(DONE, listed_sections=BY_RUN)
    async with opened(session) as pilot:
        await in_sight(pilot, "as planned")
        await pilot.press("space", "c")
        shown = await in_sight(pilot, "Checked just now.")
        assert "postfix-wizard  Result" in shown
        assert "o Output" not in shown
        assert "u Undo" not in shown
        golden(pilot.app, "result-check")
        session.checked = Trouble("checking this server", "no room", "Make room.")
        await pilot.press("c")
        await in_sight(pilot, "While checking this server: no room. Make room.")
        await pilot.press("escape")
        await in_sight(pilot, "Review       Hostname\n")
        await pilot.press("c")
        await in_sight(pilot, "no room")
        await pilot.press("ctrl+q")
        await in_sight(pilot, "is kept as a draft")


async def test_the_runs_before_are_listed_opened_and_undone(golden: Golden) -> None:
    failed = RunSummary(RUN, 0.5, "failed", 1, 4, "No \x1b[31mroom.", "Install", gathers="remote")
    session = a_host(DONE, replace(failed, run="20251124-031500-9"), UNDONE, UNDO)
    async with opened(session) as pilot:
        await in_sight(pilot, "b Runs")
        await pilot.press("b")
        await in_sight(pilot, f"{FIRST} ")
        await pilot.press("end")
        await in_sight(pilot, "u Undo")
        golden(pilot.app, "runs")
        await pilot.press("up")
        assert "u Undo" not in await in_sight(pilot, "failed in the step 'Install', with 1 of 4")
        await pilot.press("end", "u")
        await in_sight(pilot, "Undo of run")
        assert session.undone == [FIRST]
        await pilot.press("ctrl+p")
        await in_sight(pilot, "postfix-wizard  Sections")
        session.went_on.set()
        await pilot.press("b", "enter")
        await in_sight(pilot, f"run: {THIRD}")
        await in_sight(pilot, "The run is over: DONE")


async def test_the_runs_before_are_listed_before_the_first_set_up_is_done_too() -> None:
    """Host cuts the message of a run that failed."""
    failed = RunSummary(RUN, 0.5, "failed", 1, 4, "No room. " * 40, "Install Postfix", by=TARO)
    async with opened(StandIn(past=(failed,))) as pilot:
        await in_sight(pilot, "FAILED in the step 'Install")
        assert sum("No room" in line for line in picture(pilot.app).splitlines()) <= 4
        await pilot.press("b")
        await in_sight(pilot, "failed in the step 'Install Postfix', with 1 of 4")
        await pilot.press("u")
        await in_sight(pilot, "Undo of run")
        await pilot.press("ctrl+p")
        await in_sight(pilot, "postfix-wizard  Host")


async def test_without_a_run_there_is_no_list_of_runs() -> None:
    async with opened(a_host()) as pilot:
        shown = await in_sight(pilot, "as found")
        assert "b Runs" not in shown
        assert "u Undo" not in shown
