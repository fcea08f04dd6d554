"""A run is watched, its prompts are answered, and leaving the screen never touches it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from screens.widgets.entry import Entry
from tests.screens.hosts import fresh_host
from tests.screens.picture import picture
from tests.screens.pilots import in_sight
from tests.screens.plans import RUN, happy_events, make_plan
from tests.screens.standin import StandIn, make_app
from wizard.run import records
from wizard.run.history import RunSummary


@pytest.mark.promise(2)
async def test_a_run_in_progress_is_offered_and_attached() -> None:
    session = StandIn(in_progress=RUN)
    app = make_app(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, f"{RUN} is in progress")
        await pilot.press("a")
        await in_sight(pilot, "Is this ok [y/N]:")
        session.went_on.set()


@pytest.mark.promise(1)
async def test_a_run_that_was_cut_off_is_told() -> None:
    session = StandIn(past=(RunSummary(RUN, 0.0, "died", 3, 9, "The worker was killed."),))
    app = make_app(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, f"{RUN}: CUT OFF, 3 of 9 steps done.")


@pytest.mark.promise(25)
async def test_output_is_text_and_never_markup_or_control() -> None:
    hostile = (
        "[red]no colour[/red]",
        "[/",
        "\x1b]0;title\x07after\x1b[6n",
        "a\x9b31mb",
        "tab\there",
    )
    events: list[records.Event] = [
        records.StepStarted("install"),
        records.Output("install", hostile),
        records.Prompted(1, "install", "[/ \x1b[31mPassword\x1b[0m [red]: ", False),
    ]
    app = make_app(StandIn(events=[*events]))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await in_sight(pilot, "[/ Password [red]:")
        assert "[red]no colour[/red]" in shown
        assert "after" in shown
        assert not {"\x1b", "\x07", "\x9b", "\t"} & set(shown)


@pytest.mark.promise(24)
async def test_a_password_is_masked_sent_and_forgotten() -> None:
    events: list[records.Event] = [
        records.StepStarted("install"),
        records.Prompted(7, "install", "root@old's password: ", False),
        records.PromptClosed(7, answered=True),
        records.StepFinished("install", "done", 1, "", {}),
    ]
    session = StandIn(events=events)
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "root@old's password:")
        await pilot.press(*"c4nary")
        shown = await in_sight(pilot, "******")
        assert "c4nary" not in shown
        await pilot.press("enter")
        while not session.sent:
            await pilot.pause(0.02)
        assert session.sent == [(7, "c4nary")]
        assert app.screen.query_one(Entry).value == ""


async def test_an_answer_that_came_too_late_is_told() -> None:
    class Late(StandIn):
        def answer(self, _run: str, prompt: int, text: str) -> bool:
            self.sent.append((prompt, text))
            return False

    session = Late()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "Is this ok")
        await pilot.press("y", "enter")
        await in_sight(pilot, "It was answered already")
        session.went_on.set()


async def test_the_operator_picks_a_step_and_follows_again() -> None:
    session = StandIn()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "Is this ok")
        await pilot.press("escape", "down", "down", "enter")
        await in_sight(pilot, "Output of: Open smtp, smtp-submission and smtps in zone public. f")
        await pilot.press("f")
        await in_sight(pilot, "[red]no[/")
        assert "Output of:" not in picture(app)
        session.went_on.set()
        await in_sight(pilot, "The run is over: DONE")


@pytest.mark.promise(6)
@pytest.mark.parametrize("keys", [("escape", "s"), ("ctrl+c",)])
async def test_stop_is_asked_first(keys: tuple[str, ...]) -> None:
    session = StandIn()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "Is this ok")
        await pilot.press(*keys)
        await in_sight(pilot, "Stop the run?")
        assert session.stops == 0
        await pilot.press("y")
        await in_sight(pilot, "Asked to stop")
        assert session.stops == 1
        session.went_on.set()


@pytest.mark.promise(2, 6)
async def test_leaving_asks_and_leaves_the_run_alone() -> None:
    session = StandIn()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "Is this ok")
        await pilot.press("ctrl+q")
        await in_sight(pilot, "Leave the run to itself?")
        await pilot.press("y")
    assert app.return_value == 0
    assert session.stops == 0
    assert not session.sent
    session.went_on.set()


async def test_a_failed_step_is_told_with_its_cause() -> None:
    cause = "While running dnf: no package postfix. Look at the repositories."
    events: list[records.Event] = [
        records.StepStarted("install"),
        records.Output("install", ("No match for argument: postfix",)),
        records.StepFinished("install", "failed", 2.0, cause, {}),
        records.RunFinished("failed", cause),
    ]
    app = make_app(StandIn(events=[*events]))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await in_sight(pilot, "The run is over: FAILED")
        assert "FAILED  Install Postfix" in shown
        assert "-       Replace main.cf" in shown
        assert "No match for argument: postfix" in shown
        await pilot.press("ctrl+n")
        shown = await in_sight(pilot, "FAILED in step 1 of 4: Install Postfix. 3 steps are left.")
        assert "no package postfix" in shown
        await pilot.press("q")
    assert app.return_value == 1


async def test_a_million_lines_leave_the_keys_quick() -> None:
    lines = tuple(f"line {number}" for number in range(1000))

    def flood() -> list[records.Event]:
        return [records.StepStarted("install"), *[records.Output("install", lines)] * 1000]

    session = StandIn(events=[*flood(), *happy_events()[-1:]])
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE", seconds=20)
        assert "line 999" in picture(app)


async def test_typing_beside_an_open_question_answers_it() -> None:
    session = StandIn()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "Esc All steps")
        await pilot.press("escape")
        await in_sight(pilot, "Esc Question")
        await pilot.press("y", "enter")
        await in_sight(pilot, "The run is over: DONE")
        assert session.sent == [(1, "y")]


async def test_the_output_has_the_whole_width_and_all_steps_are_a_key_away() -> None:
    events: list[records.Event] = [
        records.StepStarted("install"),
        records.StepFinished("install", "done", 0.1, "", {}),
        records.StepStarted("main.cf"),
        records.Output("main.cf", ("x" * 78,)),
    ]
    app = make_app(StandIn(events=events))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await in_sight(pilot, "x" * 78)
        assert "step 2 of 4  [####------------]  0 s" in shown
        assert "  done    Install Postfix" in shown
        assert "> running Replace main.cf" in shown
        assert "  next    Open smtp, smtp-submission and smtps in zone public" in shown
        assert "Talk to the result" not in shown
        await pilot.press("enter")
        shown = await in_sight(pilot, "waits   Talk to the result")
        assert "xxx" not in shown
        await pilot.press("escape")
        await in_sight(pilot, "x" * 78)


async def test_the_line_that_says_what_closing_does_is_there_until_the_end() -> None:
    session = StandIn()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await in_sight(pilot, "Is this ok [y/N]:")
        assert "Closing this terminal stops nothing. Back: postfix-wizard attach." in shown
        assert "Ctrl-C: stops after this step." in shown
        session.went_on.set()
        shown = await in_sight(pilot, "The run is over: DONE. 4 of 4 steps done.")
        assert "Ctrl-C" not in shown
        await pilot.press("enter")
        await in_sight(pilot, "wizard  Result")


@pytest.mark.parametrize("size", [(40, 10), (50, 16), (132, 43)])
async def test_a_question_leaves_room_for_its_answer(size: tuple[int, int]) -> None:
    app = make_app(StandIn())
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "Is this ok [y/N]:")
        await pilot.resize_terminal(*size)
        await pilot.press(*"yes")
        shown = await in_sight(pilot, "yes")
        assert "Is this ok [y/N]:" in shown


LONG = "Open smtp, smtp-submission and smtps in zone public"


@pytest.mark.parametrize(
    ("size", "title"),
    [((132, 43), LONG), ((80, 24), f"{LONG} and in the zone of the office"), ((60, 20), LONG)],
)
async def test_the_whole_title_of_a_step_that_is_cut_is_above_its_output(
    size: tuple[int, int], title: str
) -> None:
    plan = make_plan(fresh_host())
    steps = tuple(replace(one, title=title) if one.title == LONG else one for one in plan.steps)
    events: list[records.Event] = [
        records.StepStarted("install"),
        records.Prompted(1, "install", "Go on?", False),
        records.PromptClosed(1, answered=True),
        records.StepFinished("install", "done", 1.0, "", {}),
        records.StepStarted(next(one.id for one in steps if one.title == title)),
        records.Output("firewall", ("success",)),
    ]
    session = StandIn(plan_made=replace(plan, steps=steps), events=events)
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=size) as pilot:
        shown = await in_sight(pilot, "Go on?")
        assert "Output of:" not in shown, "this title is not cut"
        session.went_on.set()
        await in_sight(pilot, "Output of: Open smtp")
        assert f"Output of: {title}." in " ".join(picture(app).split())


async def test_what_a_run_came_to_is_left_on_the_terminal() -> None:
    session = StandIn()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "Is this ok [y/N]:")
        await pilot.press("y", "enter")
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Result")
        await pilot.press("q")
    assert app.desk.last_words.startswith(f"Run {RUN} is done.\n1 thing waiting for Dovecot")
