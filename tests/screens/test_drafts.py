"""Answers that were typed and not run: kept on leaving a field and at exit, offered, and never lost."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, AsyncIterator, Optional

import pytest
from textual.pilot import Pilot

from screens.app import WizardApp
from screens.desk import Desk, Wish
from tests.screens.hosts import answers, fresh_host, set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import HEADINGS, SIZE, clear, in_sight, opened, type_text, walk_to
from tests.screens.plans import RUN, make_plan
from tests.screens.standin import StandIn, make_app
from wizard.answers.toml import format_answers
from wizard.drafts.draft import Draft
from wizard.run import records
from wizard.run.history import RunSummary

OFFERED = "Answers that were not run"


def stored(state: Path) -> Optional[dict[str, Any]]:
    try:
        drafts = json.loads((state / "draft.json").read_text())["drafts"]
    except FileNotFoundError:
        return None
    assert list(drafts) == ["taro"]
    draft = drafts["taro"]
    assert isinstance(draft, dict)
    return draft


async def until_stored(pilot: Pilot[int], state: Path, words: str) -> None:
    for _ in range(500):
        if words in json.dumps(stored(state)):
            return
        await pilot.pause(0.02)
    raise AssertionError(f"{words!r} is not in {stored(state)}")


def again(session: StandIn, **changes: Any) -> StandIn:
    """The next start on the same host, in another process."""
    return replace(session, writer="1-1", **changes)


def flat(shown: str) -> str:
    """The words of a picture, without the frame of a window."""
    return " ".join(shown.replace("|", " ").split())


@asynccontextmanager
async def offered(session: StandIn, wish: Optional[Wish] = None) -> AsyncIterator[Pilot[int]]:
    """The next start, once it offers what was typed."""
    app = make_app(session, wish)
    async with app.run_test(size=SIZE) as pilot:
        await in_sight(pilot, OFFERED)
        yield pilot


def desk_of(pilot: Pilot[int]) -> Desk:
    assert isinstance(pilot.app, WizardApp)
    return pilot.app.desk


def draft_of(pilot: Pilot[int]) -> Draft:
    draft = desk_of(pilot).draft
    assert draft is not None
    return draft


async def typed_name(session: StandIn, name: str, wish: Optional[Wish] = None) -> None:
    async with opened(session, wish) as pilot:
        await walk_to(pilot, "Hostname")
        await clear(pilot)
        await type_text(pilot, name)
        await pilot.press("tab")
        await until_stored(pilot, session.state, f'"{name}"')


@pytest.mark.parametrize("dry_run", [False, True])
async def test_text_is_kept_on_leaving_a_field_valid_or_not(*, dry_run: bool) -> None:
    session = StandIn()
    await typed_name(session, "mail..x", Wish(dry_run=dry_run))
    draft = stored(session.state)
    assert draft is not None
    assert draft["texts"]["hostname"] == {"myhostname": "mail..x"}


async def test_the_next_start_offers_it_with_its_age_and_enter_continues() -> None:
    session = StandIn()
    await typed_name(session, "mail")
    async with offered(again(session)) as pilot:
        shown = flat(picture(pilot.app))
        assert "(less than a minute ago) were not run." in shown
        assert "They change: Hostname." in shown
        assert "Enter continues, `w` starts anew." in shown
        await pilot.press("enter")
        await walk_to(pilot, "Hostname")
        assert draft_of(pilot).text("hostname", "myhostname") == "mail"
        draft = stored(session.state)
        assert draft is not None
        assert draft["writer"] == "1-1", "this wizard keeps it from now on"


async def test_starting_anew_shows_the_host_s_values_and_loses_nothing_yet() -> None:
    session = StandIn()
    await typed_name(session, "mail")
    before = stored(session.state)
    async with offered(again(session)) as pilot:
        await pilot.press("w")
        await walk_to(pilot, "Hostname")
        assert draft_of(pilot).text("hostname", "myhostname") != "mail"
        await clear(pilot)
        await type_text(pilot, "other")
        await pilot.press("tab")
        await until_stored(pilot, session.state, '"other"')
    assert before != stored(session.state)


async def test_quitting_at_the_offer_or_after_starting_anew_keeps_it() -> None:
    session = StandIn()
    await typed_name(session, "mail")
    before = stored(session.state)
    for keys in (("ctrl+q",), ("w", "ctrl+q")):
        async with offered(again(session)) as pilot:
            for key in keys:
                await pilot.press(key)
                await pilot.pause(0.2)
        assert pilot.app.return_value == 0
        assert stored(session.state) == before


async def test_text_below_a_list_that_was_not_entered_comes_back() -> None:
    session = StandIn()
    async with opened(session) as pilot:
        await walk_to(pilot, "Domains")
        await type_text(pilot, "b.exam")
        await until_stored(pilot, session.state, "b.exam")
    async with offered(again(session)) as pilot:
        await pilot.press("enter")
        await walk_to(pilot, "Domains")
        assert "Add domain: b.exam" in picture(pilot.app)
        await type_text(pilot, "ple.jp")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Networks")
        assert "b.example.jp" in draft_of(pilot).text("domains", "local")
        assert draft_of(pilot).unfinished == {}


async def test_nothing_changed_is_not_stored() -> None:
    session = StandIn(the_host=set_up_host(), saved=answers())
    async with opened(session) as pilot:
        await in_sight(pilot, "wizard  Sections")
        await pilot.press("enter")
        await in_sight(pilot, "wizard  Hostname")
        await type_text(pilot, "x")
        await pilot.press("tab")
        await until_stored(pilot, session.state, "myhostname")
        await pilot.press("shift+tab", "end", "backspace", "tab")
        for _ in range(500):
            if stored(session.state) is None:
                break
            await pilot.pause(0.02)
        assert stored(session.state) is None


ENDED_EARLY: list[records.Event] = [
    records.RunStarted(RUN, "0" * 64, 1),
    records.StepStarted("install"),
    records.StepFinished("install", "failed", 0.1, "No room.", {}),
    records.RunFinished("failed", "No room."),
]


async def run_to_its_end(pilot: Pilot[int]) -> None:
    """Type a name, and run the plan."""
    await walk_to(pilot, "Hostname")
    await clear(pilot)
    await type_text(pilot, "mx.zeke.ne.jp")
    for heading in HEADINGS[1:]:
        await pilot.press("ctrl+n")
        await in_sight(pilot, f"postfix-wizard  {heading}")
    await in_sight(pilot, "r runs the")
    await pilot.press("r")
    await in_sight(pilot, "Run the plan?")
    await pilot.press("y")
    await in_sight(pilot, "The run is over")


async def run_it(pilot: Pilot[int], session: StandIn) -> None:
    """Do the same, and see the result."""
    await run_to_its_end(pilot)
    await pilot.press("ctrl+n")
    await in_sight(pilot, "postfix-wizard  Result")
    assert session.started


@pytest.mark.parametrize(
    ("outcome", "said"), [("failed", "The draft of the run is kept: "), ("done", "")]
)
async def test_quitting_at_the_end_of_a_run_says_whether_its_answers_are_kept(
    outcome: str, said: str
) -> None:
    session = StandIn(events=[*ENDED_EARLY[:2], records.RunFinished(outcome, "")])
    async with opened(session) as pilot:
        await run_to_its_end(pilot)
        await pilot.press("ctrl+q")
    line = desk_of(pilot).draft_line(pilot.app.keeper.flush())  # type: ignore[attr-defined]
    assert line.startswith(said)
    assert bool(line) is bool(said) is (stored(session.state) is not None)


async def test_quitting_an_attached_run_that_failed_says_so_too() -> None:
    """The next start offers the answers of its plan, also without a stored draft."""
    app = make_app(StandIn(events=list(ENDED_EARLY), in_progress=RUN))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over")
        await pilot.press("q")
    assert app.desk.draft_line("").startswith("The draft of the run is kept: ")


async def test_a_run_that_failed_gives_its_answers_back() -> None:
    session = StandIn(events=list(ENDED_EARLY))
    async with opened(session) as pilot:
        await run_it(pilot, session)
        draft = stored(session.state)
        assert draft is not None
        assert draft["run"] == RUN
        said = desk_of(pilot).draft_line("")
        assert said.startswith("The draft of the run is kept: `postfix-wizard` offers it again")
        session.past = (RunSummary(RUN, 1.0, "failed", 0, 4, "No room.", "Install Postfix"),)
        await pilot.press("escape")
        shown = await in_sight(pilot, OFFERED)
        assert f"their run {RUN} failed." in flat(shown)
        await pilot.press("enter")
        await walk_to(pilot, "Hostname")
        assert draft_of(pilot).text("hostname", "myhostname") == "mx.zeke.ne.jp"
        assert draft_of(pilot).seen >= {"hostname", "domains", "blocklists"}


@pytest.mark.parametrize(("key", "name"), [("enter", "mail.zeke.ne.jp"), ("g", "mx.zeke.ne.jp")])
async def test_enter_does_not_bring_back_the_answers_of_an_undone_run(key: str, name: str) -> None:
    session = StandIn(events=list(ENDED_EARLY))
    async with opened(session) as pilot:
        await run_it(pilot, session)
        session.past = (RunSummary(RUN, 1.0, "failed", 0, 4, "No room.", undone=True),)
        await pilot.press("escape")
        shown = flat(await in_sight(pilot, OFFERED))
        assert f"their run {RUN} failed, and was undone since." in shown
        assert "Enter begins without them, `g` continues with them." in shown
        await pilot.press(key)
        await walk_to(pilot, "Hostname")
        assert draft_of(pilot).text("hostname", "myhostname") == name


async def test_after_a_run_that_was_done_there_is_no_draft() -> None:
    done = [*ENDED_EARLY[:2], records.StepFinished("install", "done", 0.1, "", {})]
    session = StandIn(events=[*done, records.RunFinished("done", "")])
    async with opened(session) as pilot:
        await run_it(pilot, session)
        for _ in range(500):
            if stored(session.state) is None:
                break
            await pilot.pause(0.02)
        assert stored(session.state) is None
        await pilot.press("ctrl+q")
    assert desk_of(pilot).draft_line("") == ""


async def test_a_run_from_the_command_line_that_failed_is_offered() -> None:
    past = (RunSummary(RUN, 1.0, "failed", 0, 4, "No room.", "Install Postfix"),)
    plan = replace(make_plan(fresh_host()), answers=format_answers(answers()))
    async with offered(StandIn(past=past, plan_made=plan)) as pilot:
        await pilot.press("enter")
        await in_sight(pilot, "g continues")
        assert draft_of(pilot).seen >= {"hostname", "domains"}


async def test_a_disk_that_takes_nothing_is_told_and_stops_nothing() -> None:
    session = StandIn()
    session.state.mkdir(mode=0o700)
    session.state.chmod(0o777)  # a directory that others can write to is refused
    async with opened(session) as pilot:
        await walk_to(pilot, "Hostname")
        await type_text(pilot, "x")
        await pilot.press("tab")
        await in_sight(pilot, "NOT KEPT: ")
        await pilot.press("ctrl+q")
        shown = await in_sight(pilot, "Quit?")
        said = "Nothing was run. What you typed cannot be kept, and will be lost: "
        assert said in flat(shown)
        await pilot.press("n")
        session.state.chmod(0o700)
        await pilot.press("shift+tab", "end", "y", "tab")
        await until_stored(pilot, session.state, "myhostname")
        assert "NOT KEPT" not in picture(pilot.app)
        await pilot.press("ctrl+q")
        shown = await in_sight(pilot, "Quit?")
        assert "is kept as a draft: the next start offers it" in flat(shown)


async def test_two_wizards_of_one_user_do_not_overwrite_each_other() -> None:
    session = StandIn()
    other = again(session)
    async with opened(other) as second:
        await typed_name(session, "first.example.jp")
        await walk_to(second, "Hostname")
        await type_text(second, "x")
        await second.press("tab")
        await in_sight(second, "NOT KEPT: another wizard")
        assert "first.example.jp" in json.dumps(stored(session.state))


# Processes
