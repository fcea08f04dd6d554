"""A run is taken back, or gone on with, from the first screen and from the result."""

from __future__ import annotations

from screens.desk import Wish
from tests.screens.pilots import in_sight
from tests.screens.standin import MAIN, RUN, StandIn, answers, happy_events, make_app, set_up_host
from wizard.plan.model import Plan
from wizard.run import records
from wizard.run.history import RunSummary

CUT_OFF = RunSummary(RUN, 0.0, "died", 3, 9, "The worker was killed.", "Replace main.cf")


def session_of(*past: RunSummary, **more: object) -> StandIn:
    return StandIn(the_host=set_up_host(), saved=answers(), past=past, **more)  # type: ignore[arg-type]


async def test_a_run_that_was_cut_off_is_gone_on_with() -> None:
    session = session_of(CUT_OFF)
    async with make_app(session).run_test(size=(80, 24)) as pilot:
        shown = await in_sight(pilot, "'Replace main.cf', 3 of 9 steps done.")
        assert "CUT OFF in the step" in shown
        assert "g Go on" in shown
        assert "u Undo" in shown
        await pilot.press("g")
        await in_sight(pilot, "Go on with the run?")
        assert not session.resumed
        await pilot.press("y")
        await in_sight(pilot, "Is this ok [y/N]:")
        assert session.resumed == [RUN]
        session.went_on.set()


async def test_a_dry_run_goes_on_with_nothing() -> None:
    session = session_of(CUT_OFF)
    async with make_app(session, Wish(dry_run=True)).run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "'Replace main.cf', 3 of 9 steps done.")
        await pilot.press("g")
        await pilot.pause(0.1)
        assert not session.resumed


async def test_the_way_back_is_reviewed_and_run_after_a_yes() -> None:
    session = session_of(RunSummary(RUN, 0.0, "done", 9, 9))
    async with make_app(session).run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, f"{RUN}: done, 9 of 9 steps")
        await pilot.press("u")
        shown = await in_sight(pilot, "Nothing has been written yet. r runs the 1 step.")
        assert f"Take back run {RUN}" in shown
        assert "-myhostname = mail.zeke.ne.jp" in shown
        await pilot.press("r")
        await in_sight(pilot, "Take the run back?")
        assert not session.started
        await pilot.press("y")
        await in_sight(pilot, "Is this ok [y/N]:")
        assert [plan.undoes for plan in session.started] == [RUN]
        session.went_on.set()


async def test_the_result_offers_the_way_back() -> None:
    session = session_of(in_progress=RUN)
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        session.went_on.set()
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "Result of run")
        await pilot.press("u")
        await in_sight(pilot, f"Take back run {RUN}")
        assert session.undone == [RUN]


async def test_an_undo_offers_no_way_back() -> None:
    session = session_of(plan_made=Plan("", (), (), (), undoes="20251124-031400-0"))
    session.events = [record for record in happy_events() if isinstance(record, records.Found)]
    session.events.append(records.RunFinished("done", ""))
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "Result of run")
        await pilot.press("u")
        await pilot.pause(0.1)
        assert not session.undone


async def test_a_run_that_returns_shows_the_steps_of_its_way_back() -> None:
    session = session_of()
    back = session.undo_plan(RUN).steps
    session.events = [
        records.StepStarted("install"),
        records.StepFinished("install", "failed", 0.1, "It does not greet.", {}),
        records.Returning("It does not greet.", back),
        records.StepStarted("back-main.cf"),
        records.StepFinished("back-main.cf", "done", 0.1, "", {}),
        records.RunFinished("failed", "It does not greet.\nIt was put back."),
    ]
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await in_sight(pilot, "The run is over: FAILED")
        assert "done   Put back" in shown
        await pilot.press("ctrl+n")
        shown = await in_sight(pilot, "It does not greet.")
        assert MAIN not in shown
