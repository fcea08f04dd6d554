"""What clicks and the wheel do on each screen. Nothing needs them, and no single click is dangerous."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Callable, NamedTuple

import pytest
from textual import events
from textual.geometry import Offset
from textual.pilot import Pilot

from screens.app import WizardApp
from screens.click_driver import MOUSE_ON
from screens.terminal import capabilities
from screens.widgets.entry import Entry
from screens.widgets.keyline import KeyLine, key_name
from screens.widgets.pane import Pane
from tests.screens.hosts import answers, set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import HEADINGS, in_sight, opened
from tests.screens.plans import CAUTION, FINDINGS, NAME_CAUTION, RUN
from tests.screens.standin import StandIn, make_app
from tests.screens.terminal import Terminal
from wizard.run import records
from wizard.run.history import RunSummary


def fresh() -> StandIn:
    """Return a session of a host that was not set up yet, whose plan has two cautions."""
    return StandIn(cautions=(CAUTION, NAME_CAUTION))


def set_up() -> StandIn:
    """Return a session of a host that is set up, with one run."""
    past = (RunSummary(RUN, 0.0, "done", 9, 9),)
    return StandIn(the_host=set_up_host(), saved=answers(), past=past)


class Clicks(NamedTuple):
    """Keys up to a screen, and texts there that are clicked one after the other.

    `then` is in sight after the last click, and not before it. `between` is in sight before it.
    """

    session: Callable[[], StandIn]
    keys: tuple[str, ...]
    between: str
    on: tuple[str, ...]
    then: str


NEXT = "ctrl+n"
ITEM, LOCAL = "ace.zeke.ne.jp", "127.0.0.0/8"
TO_NETWORKS, TO_CERTIFICATE, TO_LISTS = (NEXT,) * 3, (NEXT,) * 4, (NEXT,) * 5
TO_REVIEW = (NEXT,) * len(HEADINGS)
SPAMCOP = "SpamCop: addresses"
TABLE = {
    "a section of the list": Clicks(fresh, (NEXT,), "> Name of", ("Networks",), f"[x] {LOCAL}"),
    "a key of the footer": Clicks(fresh, (), "^N Next", ("^N Next",), "wizard  Hostname"),
    "the words of a key": Clicks(fresh, (), "^N Next", ("Next",), "wizard  Hostname"),
    "Space of the footer": Clicks(
        fresh, (*TO_LISTS, "home"), f"[x] {SPAMCOP}", ("Space On/off",), f"[ ] {SPAMCOP}"
    ),
    "the label of a field": Clicks(fresh, (NEXT,), "> Domain", ("  Domain", "Origin"), "> Origin"),
    "a word of a choice": Clicks(fresh, TO_NETWORKS, "( ) all", ("all  ( )",), "(x) all"),
    "a line of a choice": Clicks(
        fresh, TO_CERTIFICATE, "( ) self-signed", ("self-signed",), "(x) self-signed"
    ),
    "a lineage": Clicks(fresh, TO_CERTIFICATE, "( ) exam", ("example.net",), "(x) example.net"),
    "the box of an item": Clicks(fresh, (NEXT,) * 2, f"[ ] {ITEM}", (ITEM,), f"[x] {ITEM}"),
    "a blocklist": Clicks(fresh, TO_LISTS, f"[x] {SPAMCOP}", (SPAMCOP,), f"[ ] {SPAMCOP}"),
    "a dangerous item": Clicks(
        fresh, TO_NETWORKS, "Press the key again", (LOCAL, LOCAL), f"[ ] {LOCAL}"
    ),
    "a suggestion": Clicks(
        fresh,
        (NEXT,),
        "the usual name in",
        ("F2 Found here", "mail.example.net"),
        "me = mail.example.net",
    ),
    "a tab": Clicks(fresh, TO_REVIEW, "[1 Summary]", ("3 master.cf",), "[3 master.cf]"),
    "a caution": Clicks(
        fresh, TO_REVIEW, "[ ] CAUTION cert", ("CAUTION cert",) * 2, "Caution: certificate-name"
    ),
    "a row of the home": Clicks(set_up, (), "wizard  Sections", ("Limits",) * 2, "wizard  More"),
    "a run": Clicks(set_up, ("b",), "Runs, the newest first", (RUN,) * 2, "wizard  Run"),
    "a time of the log": Clicks(set_up, ("l",), "(x) today", ("( ) a week",), "(x) a week"),
}


def point_at(pilot: Pilot[int], words: str) -> tuple[int, int]:
    """Return the column and line of the first cell of these words."""
    lines = picture(pilot.app).splitlines()
    y = next(at for at, line in enumerate(lines) if words in line)
    return lines[y].index(words), y


def turn(pilot: Pilot[int], kind: type[events.MouseEvent], at: tuple[int, int]) -> None:
    """Hand an event to the app, as a terminal does."""
    pilot.app.post_message(kind(None, *at, 0, 0, 1, False, False, False))


async def click_on(pilot: Pilot[int], words: str, times: int = 1) -> None:
    """Wait for words, and click on them. Two calls are no double click."""
    await in_sight(pilot, words)
    at = point_at(pilot, words)
    pilot.app._click_chain_last_time = None
    for _ in range(times):
        turn(pilot, events.MouseDown, at)
        turn(pilot, events.MouseUp, at)
    await pilot.pause(0.2)


@pytest.mark.parametrize("case", TABLE.values(), ids=TABLE)
async def test_a_click_does_what_is_expected_there(case: Clicks) -> None:
    async with opened(case.session()) as pilot:
        for key in case.keys:
            await pilot.press(key)
            await pilot.pause(0.1)
        *first, last = case.on
        for words in first:
            await click_on(pilot, words)
        shown = await in_sight(pilot, case.between)
        assert case.then not in shown
        await click_on(pilot, last)
        await in_sight(pilot, case.then)


async def test_a_click_in_a_line_puts_the_cursor_there() -> None:
    async with opened() as pilot:
        await pilot.press(NEXT)
        await in_sight(pilot, "> Name of")
        # The name is also in the head line.
        column, line = point_at(pilot, "> Name of")
        for kind in (events.MouseDown, events.MouseUp):
            turn(pilot, kind, (column + 2 + len("mail."), line + 1))
        await pilot.pause(0.2)
        entry = pilot.app.screen.focused
        assert isinstance(entry, Entry)
        assert entry.value[entry.cursor_position :] == "zeke.ne.jp"


async def test_a_click_comes_after_the_text_that_was_typed_before_it() -> None:
    async with opened() as pilot:
        await pilot.press(NEXT)
        await in_sight(pilot, "> Name of")
        at = point_at(pilot, "  Domain")
        for key in ("end", *"abcdefgh"):
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
        turn(pilot, events.MouseDown, at)
        turn(pilot, events.MouseUp, at)
        pilot.app.post_message(events.Key("x", "x"))
        await in_sight(pilot, "> Domain")
        await pilot.pause(0.2)
        name, domain, *_ = (one.value for one in pilot.app.screen.query(Entry))
        assert (name, domain) == ("mail.zeke.ne.jpabcdefgh", "x")


async def test_groups_of_a_result_open_with_one_click_and_lines_with_two() -> None:
    session = StandIn()
    session.went_on.set()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await click_on(pilot, "^N Result")
        await in_sight(pilot, "+ Right")
        await click_on(pilot, "+ Right")
        await in_sight(pilot, "- Right")
        line = f"    {FINDINGS[0].looked_at}"
        await click_on(pilot, line)
        assert "wizard  Result" in picture(app)
        await click_on(pilot, line)
        await in_sight(pilot, "Esc Close")


async def test_a_double_click_opens_a_row_and_turns_a_box_once() -> None:
    async with opened(set_up()) as pilot:
        await in_sight(pilot, "as found")
        await click_on(pilot, "Networks", times=2)
        await in_sight(pilot, "wizard  Networks")
        await click_on(pilot, "127.0.0.0/8", times=2)
        await in_sight(pilot, "Press the key again")
        await click_on(pilot, "192.168.1.0/24", times=2)
        await in_sight(pilot, "[ ] 192.168.1.0/24")


async def test_clicks_run_nothing_and_accept_nothing_without_a_second_question() -> None:
    async with opened(session := fresh()) as pilot:
        for _ in HEADINGS:
            await pilot.press(NEXT)
            await pilot.pause(0.1)
        await in_sight(pilot, "First accept 2 cautions")
        for count, caution in enumerate(("CAUTION cert", "CAUTION public")):
            await click_on(pilot, caution, times=2)
            await in_sight(pilot, "Esc Close")
            assert isinstance(pilot.app, WizardApp)
            assert len(pilot.app.desk.accepted) == count
            await click_on(pilot, "Accept")
            if caution == "CAUTION public":
                # What must be typed cannot be clicked.
                await in_sight(pilot, "Not accepted")
                await pilot.press(*"203.0.113.0/24")
                await click_on(pilot, "Accept")
        await in_sight(pilot, "r runs the 4 steps")
        await click_on(pilot, "r Run 4 steps")
        await in_sight(pilot, "Run the plan?")
        assert not session.started
        await click_on(pilot, "y Yes")
        await in_sight(pilot, "wizard  Run")
        assert session.started


async def test_the_second_half_of_a_double_click_answers_no_question() -> None:
    async with opened(session := StandIn()) as pilot:
        for _ in HEADINGS:
            await pilot.press(NEXT)
            await pilot.pause(0.1)
        await in_sight(pilot, "r Run 4")
        await click_on(pilot, "r Run 4")
        await in_sight(pilot, "Run the plan?")
        # As if the question's key were where that of the review was.
        pilot.app._click_chain_last_offset = Offset(*point_at(pilot, "y Yes"))
        pilot.app._click_chain_last_time = time.monotonic() + 60
        for kind in (events.MouseDown, events.MouseUp):
            turn(pilot, kind, point_at(pilot, "y Yes"))
        await pilot.pause(0.3)
        assert not session.started
        await click_on(pilot, "y Yes")
        await in_sight(pilot, "wizard  Run")
        assert session.started


async def test_each_key_of_each_footer_can_be_clicked() -> None:
    async with opened(fresh()) as pilot:
        for heading in ("Host", *HEADINGS):
            await in_sight(pilot, f"wizard  {heading}")
            await pilot.pause(0.2)
            line = pilot.app.screen.query_one(KeyLine)
            active = pilot.app.screen.active_bindings
            assert line._keys
            for name, words in line._keys:
                binding = active[line._pressed[name]].binding
                assert (key_name(binding), binding.description) == (name, words)
            await pilot.press(NEXT)


LINES = tuple(f"line {number}" for number in range(60))


async def test_the_wheel_scrolls_the_output_and_stops_to_follow_it() -> None:
    shown: list[records.Event] = [
        records.StepStarted("install"),
        records.Output("install", LINES),
        records.Prompted(1, "install", "Go on? ", True),
        records.PromptClosed(1, answered=True),
        records.Output("install", ("the newest line",)),
    ]
    session = StandIn(events=shown)
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "line 59")
        at = point_at(pilot, "line 55")
        for _ in range(5):
            turn(pilot, events.MouseScrollUp, at)
        await pilot.pause(0.2)
        assert "line 59" not in picture(app)
        session.went_on.set()
        while len(app.screen.query_one(Pane).lines) == len(LINES):
            await pilot.pause(0.05)
        assert "the newest line" not in picture(app)
        for _ in range(9):
            turn(pilot, events.MouseScrollDown, at)
        await in_sight(pilot, "the newest line")


async def test_the_wheel_scrolls_a_diff_a_list_a_form_and_the_help() -> None:
    async with opened(fresh()) as pilot:
        for _ in HEADINGS:
            await pilot.press(NEXT)
            await pilot.pause(0.1)
        await in_sight(pilot, "First accept 2 cautions")
        await pilot.press("2")
        await in_sight(pilot, " v line 1-")
        turn(pilot, events.MouseScrollDown, (10, 12))
        await in_sight(pilot, "^v line 4-")
        turn(pilot, events.MouseScrollUp, (10, 12))
        await in_sight(pilot, " v line 1-")
        await pilot.press("f1")
        await in_sight(pilot, "Help: Review")
        turn(pilot, events.MouseScrollDown, (40, 12))
        await in_sight(pilot, "^v line 4-")
        await pilot.press("escape", "ctrl+p")
        await in_sight(pilot, "wizard  More")
        focused = pilot.app.screen.focused
        turn(pilot, events.MouseScrollDown, (40, 12))
        await in_sight(pilot, "^v line ")
        assert pilot.app.screen.focused is focused


@pytest.mark.parametrize(
    ("term", "has_mouse"),
    [("xterm-256color", True), ("screen", True), ("linux", False), ("vt220", False)],
)
def test_the_mouse_is_used_where_the_terminal_may_have_one(term: str, has_mouse: bool) -> None:
    assert capabilities({"TERM": term}).has_mouse is has_mouse


def test_a_terminal_is_asked_for_clicks_and_not_for_movements() -> None:
    argv = [sys.executable, str(Path(__file__).with_name("launch.py")), "set-up"]
    terminal = Terminal(argv, PYTHONPATH=str(Path(__file__).parents[2]))
    try:
        terminal.until("as found", seconds=60)
        assert MOUSE_ON.encode() in terminal.raw
        assert b"?1002h" not in terminal.raw
        assert b"?1003h" not in terminal.raw
        line = next(at for at, text in enumerate(terminal.text.splitlines()) if "Limits" in text)
        for _ in range(2):
            terminal.type(f"\x1b[<0;5;{line + 1}M\x1b[<0;5;{line + 1}m")
        terminal.until("postfix-wizard  More", seconds=60)
        terminal.type("\x11")
        terminal.ended(seconds=60)
        for mode in ("1000", "1006"):
            assert terminal.raw.rfind(f"?{mode}l".encode()) > terminal.raw.rfind(
                f"?{mode}h".encode()
            )
    finally:
        terminal.close()
