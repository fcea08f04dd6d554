"""The move on the screens: how much is left, the list, and ticks by hand."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Callable, Collection, Optional

import pytest
from textual.app import App

from screens.desk import Wish
from screens.widgets.rows import Rows
from tests.screens.hosts import answers, set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import in_sight, opened
from tests.screens.plans import RUN, make_plan
from tests.screens.standin import StandIn, make_app
from wizard.answers.model import Answers
from wizard.answers.old_server import OldServer
from wizard.answers.sections.move import Move
from wizard.answers.toml import format_answers
from wizard.dns.asking import FOUND, Answer, Question
from wizard.errors import Trouble
from wizard.host.facts import Host
from wizard.move.checklist import checklist, ticked
from wizard.move.model import Checklist, Port25, SavedState, View

NOW = 1_795_000_000.0
OLD = OldServer("old.example", "root@old.example")


def moving() -> Answers:
    return replace(answers(), move=Move("old.example"))


@dataclass
class Moving(StandIn):
    """A session of a server whose MX leads to an old one, which greets with what it likes."""

    kept: SavedState = field(default_factory=SavedState)
    greeting: str = "port 25: 220 old.example"
    held: threading.Event = field(default_factory=threading.Event)
    keeps: int = 0
    warnings: tuple[str, ...] = ()

    def move(self, given: Answers, _host: Host) -> Optional[Checklist]:
        self.held.wait(10)
        mx = Question("zeke.ne.jp", "MX")
        records = {mx: Answer(mx, FOUND, ("10 old.example",), "zeke.ne.jp", 3600)}
        door = Port25(greets=True, words=self.greeting)
        view = View(OLD, given, (), (), records, frozenset(records), door)
        return checklist(view, self.kept, NOW, self.warnings)

    def keep_move(self, saved: SavedState) -> None:
        self.keeps += 1
        self.kept = saved

    def tick_move(self, _old: str, done: Collection[str], undone: Collection[str]) -> None:
        self.kept = ticked(self.kept, done, undone, NOW)


def a_host(**changes: object) -> Moving:
    session = Moving(the_host=set_up_host(), saved=moving(), **changes)  # type: ignore[arg-type]
    session.held.set()
    return session


async def test_the_list_of_sections_says_how_much_is_open() -> None:
    async with opened(a_host()) as pilot:
        await in_sight(pilot, "m Move")
        pilot.app.screen.query_one("#list", Rows).go_to("move")
        shown = await in_sight(pilot, "The move from old.example: 7 of 8 items open. `m` shows")
        assert shown.count("7 of 8 items open") == len(("the row", "the foot"))


async def test_without_an_old_server_there_is_nothing_of_it() -> None:
    async with opened(StandIn(the_host=set_up_host(), saved=answers())) as pilot:
        shown = await in_sight(pilot, "as found")
        assert "m Move" not in shown
        await pilot.press("m")
        await in_sight(pilot, "postfix-wizard  Sections")


@pytest.mark.parametrize(("size", "wide"), [((80, 24), ""), ((132, 43), "-wide")])
async def test_the_list_of_items(
    golden: Callable[[App[int], str], None], size: tuple[int, int], wide: str
) -> None:
    async with opened(a_host(), size=size) as pilot:
        await in_sight(pilot, "m Move")
        await pilot.press("m")
        shown = await in_sight(pilot, "zeke.ne.jp MX 3600 s")
        assert "OPEN     mx           MX records point here" in shown
        golden(pilot.app, f"move{wide}")


async def test_ticks_by_hand() -> None:
    session = a_host()
    async with opened(session) as pilot:
        await in_sight(pilot, "m Move")
        await pilot.press("m")
        await in_sight(pilot, "zeke.ne.jp MX 3600 s")
        await pilot.press("end", "up", "up", "space")
        await in_sight(pilot, "ticked   old-queue")
        await in_sight(pilot, "6 of 8 items open")
        assert set(session.kept.ticked) == {"old-queue"}
        await pilot.press("space")
        await in_sight(pilot, "unknown  old-queue")
        assert not session.kept.ticked
        await pilot.press("escape")
        await in_sight(pilot, "postfix-wizard  Sections")


async def test_a_dry_run_keeps_nothing() -> None:
    session = a_host()
    async with opened(session, Wish(dry_run=True)) as pilot:
        await in_sight(pilot, "m Move")
        await pilot.press("m")
        await in_sight(pilot, "zeke.ne.jp MX 3600 s")
        await pilot.press("end", "space")
        await pilot.pause(0.2)
        assert (session.keeps, session.kept) == (0, SavedState())


async def test_looking_holds_nothing_up() -> None:
    session = a_host()
    session.held.clear()
    async with opened(session) as pilot:
        await in_sight(pilot, "as found")
        await pilot.press("down", "down", "enter")
        await in_sight(pilot, "wizard  Networks")
        session.held.set()
        await pilot.pause(0.2)
        await in_sight(pilot, "wizard  Networks")


async def test_what_cannot_be_kept_is_said() -> None:
    class Full(Moving):
        def keep_move(self, saved: SavedState) -> None:
            del saved
            raise Trouble("making move.json", "No space left on device", "Make room.")

    session = Full(the_host=set_up_host(), saved=moving())
    session.held.set()
    async with opened(session) as pilot:
        await in_sight(pilot, "m Move")
        await pilot.press("m")
        await in_sight(pilot, "No space left on device")


@pytest.mark.promise(28)
@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 10), (20, 5), (1, 1)])
async def test_what_others_said_fits_every_size(size: tuple[int, int]) -> None:
    session = a_host(
        greeting="port 25: 220 \x1b]0;pwned\x07 " + "日本" * 90, warnings=("W " * 200,)
    )
    async with opened(session) as pilot:
        await in_sight(pilot, "m Move")
        await pilot.press("m")
        await in_sight(pilot, "old-takes")
        await pilot.resize_terminal(*size)
        await pilot.press("down", "end", "pageup", "home", "down")
        shown = picture(pilot.app)
        assert not [one for one in shown if one < " " and one != "\n"]
        await pilot.resize_terminal(80, 24)
        await in_sight(pilot, "done     old-takes")


async def test_a_result_says_how_much_is_open() -> None:
    plan = replace(make_plan(set_up_host()), answers=format_answers(moving()))
    session = Moving(plan_made=plan)
    session.went_on.set()
    session.held.set()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "move from old.example: 7 of 8 items open.")
        await pilot.press("m")
        await in_sight(pilot, "zeke.ne.jp MX 3600 s")
