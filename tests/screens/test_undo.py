"""A run is taken back, or gone on with, from the first screen and from the result."""

from __future__ import annotations

import pytest

from screens.desk import Wish
from screens.review_tabs import make_tabs
from screens.reviews import UndoScreen
from tests.screens.hosts import MAIN, answers, set_up_host
from tests.screens.pilots import HEADINGS, in_sight, opened, type_text, walk_to
from tests.screens.plans import RUN, happy_events, make_plan
from tests.screens.standin import StandIn, make_app
from wizard.errors import Trouble
from wizard.plan.model import Plan
from wizard.run import records
from wizard.run.header import NewerRun
from wizard.run.history import RunSummary

CUT_OFF = RunSummary(RUN, 0.0, "died", 3, 9, "The worker was killed.", "Replace main.cf")


def session_of(*past: RunSummary, **more: object) -> StandIn:
    return StandIn(the_host=set_up_host(), saved=answers(), past=past, **more)  # type: ignore[arg-type]


async def test_a_run_that_was_cut_off_is_gone_on_with() -> None:
    session = session_of(CUT_OFF)
    async with make_app(session).run_test(size=(80, 24)) as pilot:
        shown = await in_sight(pilot, "'Replace main.cf', 3 of 9 steps done.")
        assert "CUT OFF in the step" in shown
        assert "g Continue" in shown
        assert "u Undo" in shown
        await pilot.press("g")
        await in_sight(pilot, "Continue the run?")
        assert not session.resumed
        await pilot.press("y")
        await in_sight(pilot, "Is this ok [y/N]:")
        assert session.resumed == [RUN]
        session.went_on.set()


async def test_no_older_run_is_resumed_or_undone_where_a_newer_version_made_the_newest() -> None:
    newer = NewerRun("its format is 3, and this program reads up to 2", "7.0")
    last = RunSummary(RUN, None, "newer", 6, 9, f"It {newer.made_by}.", newer=newer)
    session = session_of(CUT_OFF, last)
    async with make_app(session).run_test(size=(80, 24)) as pilot:
        shown = await in_sight(pilot, "NEWER, 6 of 9 steps done.")
        assert "g Continue" not in shown
        assert "u Undo" not in shown
        await pilot.press("g", "u")
        await pilot.pause(0.1)
        assert not session.resumed
        assert not session.undone


async def test_a_dry_run_goes_on_with_nothing() -> None:
    session = session_of(CUT_OFF)
    async with make_app(session, Wish(dry_run=True)).run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "'Replace main.cf', 3 of 9 steps done.")
        await pilot.press("g")
        await pilot.pause(0.1)
        assert not session.resumed


async def test_a_plan_that_is_ready_when_its_screen_was_left_ends_nothing() -> None:
    """Quit while the plan is being made: its files come to a screen that is going."""
    session = session_of(RunSummary(RUN, 0.0, "done", 9, 9))
    async with make_app(session).run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, f"{RUN}: done, 9 of 9 steps")
        await pilot.press("u")
        await in_sight(pilot, "Nothing has been written yet. r runs the 1 step.")
        screen = pilot.app.screen
        assert isinstance(screen, UndoScreen)
        plan = screen.desk.plan
        assert plan is not None
        # What Textual sets when a screen goes.
        screen._closing = True
        try:
            await screen.show_tabs(make_tabs(plan))
        finally:
            screen._closing = False


async def test_the_way_back_is_reviewed_and_run_after_a_yes() -> None:
    session = session_of(RunSummary(RUN, 0.0, "done", 9, 9))
    async with make_app(session).run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, f"{RUN}: done, 9 of 9 steps")
        await pilot.press("u")
        shown = await in_sight(pilot, "Nothing has been written yet. r runs the 1 step.")
        assert f"Undo of run {RUN}" in shown
        assert "Files         main.cf +3 -10" in shown
        await pilot.press("n")
        await in_sight(pilot, "-myhostname = mail.zeke.ne.jp")
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
        await in_sight(pilot, "wizard  Result")
        await pilot.press("u")
        await in_sight(pilot, "Undo of run")
        assert session.undone == [RUN]


async def test_an_undo_offers_no_way_back() -> None:
    plan = Plan("", (), (), (), undoes="20251124-031400-0")
    session = session_of(plan_made=plan, can_undo=False)
    session.events = [record for record in happy_events() if isinstance(record, records.Found)]
    session.events.append(records.RunFinished("done", ""))
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Result")
        # `undo` would take back the run before, which nobody spoke of.
        shown = await in_sight(pilot, "Nothing undoes an undo")
        assert "u Undo" not in shown
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
        shown = await in_sight(pilot, "The run is over: FAILED. 0 of 4 steps done.")
        assert "done    Put back" in shown
        await pilot.press("ctrl+n")
        shown = await in_sight(pilot, "It does not greet.")
        assert MAIN not in shown


@pytest.mark.promise(54)
async def test_the_result_of_a_run_that_is_done_tells_of_mail_on_hold() -> None:
    session = session_of(plan_made=Plan("", (), (), (), undoes="20251124-031400-0"))
    release = "Once the domain is right again, this releases that mail:\npostsuper -H 3A71A1981F3"
    session.events = [records.RunFinished("done", f"On hold: 1 message.\n{release}")]
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "On hold: 1 message.")
        await in_sight(pilot, "postsuper -H 3A71A1981F3")
        await pilot.press("ctrl+q")
    assert app.desk.last_words.endswith("\npostsuper -H 3A71A1981F3")


@pytest.mark.promise(52)
async def test_back_from_the_undo_leads_to_the_result_that_asked_for_it() -> None:
    session = session_of(in_progress=RUN)
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        session.went_on.set()
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Result")
        for _ in range(2):
            await pilot.press("u")
            await in_sight(pilot, "Undo of run")
            await pilot.press("ctrl+p")
            await in_sight(pilot, "wizard  Result")


@pytest.mark.parametrize("came_from", ["Sections", "Host"])
async def test_back_from_the_undo_leads_to_the_screen_that_asked_for_it(came_from: str) -> None:
    session = session_of(RunSummary(RUN, 0.0, "done", 9, 9))
    async with make_app(session).run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, f"{RUN}: done, 9 of 9 steps")
        if came_from == "Host":
            await pilot.press("end", "up", "enter")
            await in_sight(pilot, "wizard  Host")
        await pilot.press("u")
        await in_sight(pilot, "wizard  Undo of run")
        await in_sight(pilot, "i Limits of undo")
        await pilot.press("i")
        await in_sight(pilot, "What undo cannot do")
        await pilot.press("escape", "ctrl+p")
        await in_sight(pilot, f"wizard  {came_from}")


@pytest.mark.promise(52)
async def test_no_screen_uses_what_was_read_before_a_run() -> None:
    session = session_of(RunSummary(RUN, 0.0, "done", 9, 9))
    async with make_app(session).run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, f"{RUN}: done, 9 of 9 steps")
        before = session.hosts_read
        await pilot.press("u")
        await in_sight(pilot, "r runs the 1 step.")
        await pilot.press("r")
        await in_sight(pilot, "Take the run back?")
        await pilot.press("y")
        await in_sight(pilot, "Is this ok [y/N]:")
        session.went_on.set()
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Result")
        assert session.hosts_read == before
        await pilot.press("escape")
        await in_sight(pilot, f"{RUN}: done, 9 of 9 steps")
        assert session.hosts_read == before + 1


@pytest.mark.promise(52)
async def test_a_plan_that_cannot_be_made_leads_to_a_host_that_is_read_again() -> None:
    """Another login ran something meanwhile."""

    class Moved(StandIn):
        def plan(self, *_given: object) -> Plan:
            if self.hosts_read < 2:
                raise Trouble("reading the host", f"a run wrote {MAIN} meanwhile", "Start again.")
            return make_plan(self.the_host)

    session = Moved()
    async with opened(session) as pilot:
        await walk_to(pilot, "Hostname")
        await type_text(pilot, "x")
        for _ in HEADINGS[1:]:
            await pilot.press("ctrl+n")
            await pilot.pause(0.2)
        shown = await in_sight(pilot, "Press c to read this host again.")
        assert "c Read again" in shown
        await pilot.press("c")
        await in_sight(pilot, "Answers that were not run")
        await pilot.press("enter")
        await walk_to(pilot, "Review")
        await in_sight(pilot, "r runs the 4 steps.")
        assert session.hosts_read == 2
        assert session.planned == []


@pytest.mark.promise(52)
async def test_quit_says_what_ran_before_answers_are_lost() -> None:
    session = session_of(in_progress=RUN)
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        session.went_on.set()
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Result")
        session.in_progress = None
        await pilot.press("escape")
        await in_sight(pilot, "postfix-wizard  Sections")
        draft = app.desk.draft
        assert draft is not None
        draft.set("hostname", "myhostname", "mx.zeke.ne.jp")
        await pilot.press("ctrl+q")
        shown = await in_sight(pilot, "Quit?")
        assert f"Run {RUN} is done." in shown
        assert "What you typed since is kept as a draft" in " ".join(
            shown.replace("|", " ").split()
        )
