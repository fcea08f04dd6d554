"""How the screens look: as text, at 80x24 and smaller, without colours, on hostile sizes."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from types import SimpleNamespace
from typing import Callable, NamedTuple

import pytest
from textual.app import App

from screens.desk import Wish
from screens.progress import Progress
from screens.widgets.wrap import wrapped
from tests.screens.hosts import answers, set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import HEADINGS, in_sight, opened, walk_to
from tests.screens.plans import CAUTION, RUN
from tests.screens.standin import StandIn, make_app
from wizard.answers.field import Field
from wizard.answers.fields import fields_of
from wizard.log.rules import CONNECTED, REFUSED
from wizard.log.tally import Tally
from wizard.run.history import RunSummary
from wizard.sections.registry import SECTIONS

Golden = Callable[[App[int], str], None]
SIZES = pytest.mark.parametrize(("size", "wide"), [((80, 24), ""), ((132, 43), "-wide")])


@SIZES
async def test_host(golden: Golden, size: tuple[int, int], wide: str) -> None:
    async with opened(size=size) as pilot:
        golden(pilot.app, f"host{wide}")


@SIZES
async def test_host_set_up_before(golden: Golden, size: tuple[int, int], wide: str) -> None:
    async with opened(StandIn(the_host=set_up_host(), saved=answers()), size=size) as pilot:
        await in_sight(pilot, "as found")
        golden(pilot.app, f"list{wide}")
        await pilot.press("end", "up", "enter")
        await in_sight(pilot, "Found on this host")
        golden(pilot.app, f"host-set-up{wide}")


class Window(NamedTuple):
    """A window over the list of sections, or the screen of an undo: its key, and words in it."""

    key: str
    words: str


NOON = 1_795_003_200.0
PAST = tuple(
    RunSummary(f"20251124-0{hour}1500-{hour}", NOON, "done", 9, 9, sections=sections)
    for hour, sections in ((3, ()), (4, ("limits",)))
)
WINDOWS = {
    "runs": Window("b", "u Undo"),
    "undo": Window("u", "r runs the 1 step."),
    "log": Window("l", "1,234 connections"),
}


@SIZES
@pytest.mark.parametrize("name", WINDOWS)
async def test_what_a_key_opens_over_the_list(
    golden: Golden, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], wide: str, name: str
) -> None:
    monkeypatch.setattr("screens.log.since", lambda *_: NOON)
    log = Tally(lines=9, first=NOON)
    for _ in range(1234):
        log.count(CONNECTED)
    log.count(REFUSED, b"Relay access denied")
    session = StandIn(the_host=set_up_host(), saved=answers(), past=PAST, logged=log)
    async with opened(session, size=size) as pilot:
        await in_sight(pilot, "as found")
        await pilot.press(WINDOWS[name].key)
        await in_sight(pilot, WINDOWS[name].words)
        await pilot.pause(0.1)
        golden(pilot.app, f"over-list-{name}{wide}")


@SIZES
async def test_the_offer_of_a_draft(
    golden: Golden, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], wide: str
) -> None:
    session = StandIn()
    async with opened(session) as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press("x", "tab")
        await in_sight(pilot, "> Domain")
    file = session.state / "draft.json"
    written = json.loads(file.read_text())
    written["drafts"]["taro"]["at"] = NOON
    file.write_text(json.dumps(written))
    monkeypatch.setattr("screens.host.time", SimpleNamespace(time=lambda: NOON + 120))
    app = make_app(replace(session, writer="1-1"))
    async with app.run_test(size=size) as pilot:
        await in_sight(pilot, "w Start anew")
        golden(app, f"offer{wide}")


@pytest.mark.parametrize("heading", HEADINGS)
async def test_each_section(golden: Golden, heading: str) -> None:
    async with opened(StandIn(cautions=(CAUTION,))) as pilot:
        await walk_to(pilot, heading)
        if heading == "Blocklists":
            await in_sight(pilot, "works")
        if heading == "Review":
            await in_sight(pilot, "Nothing has been written yet")
        golden(pilot.app, heading.lower())


async def test_each_form_on_a_wide_terminal(golden: Golden) -> None:
    async with opened(size=(132, 43)) as pilot:
        for heading in HEADINGS[:-1]:
            await pilot.press("ctrl+n")
            await in_sight(pilot, f"wizard  {heading}")
            if heading == "Blocklists":
                await in_sight(pilot, "works")
            await pilot.pause(0.1)
            golden(pilot.app, f"{heading.lower()}-wide")


@SIZES
@pytest.mark.parametrize(("key", "name"), [("4", "commands"), ("5", "notes")])
async def test_the_other_tabs_of_the_review(
    golden: Golden, size: tuple[int, int], wide: str, key: str, name: str
) -> None:
    async with opened(StandIn(cautions=(CAUTION,)), size=size) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "Nothing has been written yet")
        await pilot.press(key)
        await pilot.pause(0.1)
        golden(pilot.app, f"review-{name}{wide}")


@pytest.mark.promise(17)
async def test_the_review_against_the_live_file(golden: Golden) -> None:
    async with opened(StandIn(the_host=set_up_host(), saved=answers())) as pilot:
        await pilot.press("end", "enter")
        await in_sight(pilot, "Nothing has been written yet")
        await pilot.press("n")
        await in_sight(pilot, "-biff = no")
        golden(pilot.app, "review-live")
        await pilot.press("v")
        shown = await in_sight(pilot, "--- /etc/postfix/main.cf.orig")
        assert "-biff = no" not in shown


@SIZES
async def test_the_run_and_the_result(
    golden: Golden, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], wide: str
) -> None:
    monkeypatch.setattr(Progress, "elapsed", lambda *_: "42 s")
    session = StandIn()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=size) as pilot:
        shown = await in_sight(pilot, "Is this ok")
        assert "Closing this terminal stops nothing." in shown
        while "s Stop" in picture(app):
            await pilot.pause(0.05)  # the keys follow the question
        golden(app, f"run{wide}")
        session.went_on.set()
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "u Undo")
        await pilot.press("down")
        await pilot.pause(0.1)
        golden(app, f"result{wide}")


@SIZES
async def test_help_and_questions(golden: Golden, size: tuple[int, int], wide: str) -> None:
    async with opened(size=size) as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press("f1")
        await in_sight(pilot, "Help: Hostname")
        golden(pilot.app, f"help{wide}")
        await pilot.press("escape", "f2")
        await in_sight(pilot, "found on this host ")
        golden(pilot.app, f"suggestions{wide}")
        await pilot.press("escape", "ctrl+n", "ctrl+q")
        await in_sight(pilot, "Quit?")
        golden(pilot.app, f"quit{wide}")


@pytest.mark.parametrize("size", [(60, 20), (120, 40), (40, 10)])
async def test_every_screen_at_other_sizes(size: tuple[int, int]) -> None:
    async with opened(size=size) as pilot:
        for heading in HEADINGS:
            await pilot.press("ctrl+n")
            shown = await in_sight(pilot, f"postfix-wizard  {heading}")
            assert max(map(len, shown.splitlines())) <= size[0]
            assert "Quit" in shown


SUGGESTED = {"root", "zone_file", "move_to", "mailbox_transport"}
"""Fields of More for which the host has suggestions."""
OF_MORE = [one for section in SECTIONS if section.heading for one in fields_of(section.name)]


@pytest.mark.parametrize("field", OF_MORE, ids=lambda one: f"{one.section}.{one.name}")
def test_at_80x24_the_help_of_a_field_is_not_cut(field: Field) -> None:
    """Its two lines stand below the one that says what the value becomes."""
    more = " F2: 12 found on this host." if field.name in SUGGESTED else ""
    assert len(wrapped(field.help + more, 59)) <= 2


async def test_at_60x20_the_field_in_focus_is_in_sight() -> None:
    async with opened(size=(60, 20)) as pilot:
        await walk_to(pilot, "More")
        for _ in range(20):
            focused = pilot.app.screen.focused
            assert focused is not None
            region = focused.region
            assert region.height
            assert 0 < region.y < 19
            await pilot.press("tab")


@pytest.mark.promise(28)
async def test_a_storm_of_sizes_down_to_one_cell() -> None:
    sizes = [(1, 1), (200, 60), (2, 80), (80, 2), (0, 0), (40, 10), (7, 7), (80, 24)]
    async with opened(StandIn(cautions=(CAUTION,))) as pilot:
        for heading in HEADINGS:
            await pilot.press("ctrl+n")
            await in_sight(pilot, f"wizard  {heading}")
            for width, height in sizes:
                await pilot.resize_terminal(width, height)
        await in_sight(pilot, "Nothing has been written yet")
    session = StandIn()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "Is this ok")
        for width, height in sizes:
            await pilot.resize_terminal(width, height)
        session.went_on.set()
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Result")
        for width, height in sizes:
            await pilot.resize_terminal(width, height)
        await in_sight(pilot, "wizard  Result")


async def test_without_colours_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        await pilot.press("shift+tab")
        cursor = pilot.app.screen.query_one("Boxes").look("cursor")  # type: ignore[attr-defined]
        assert cursor.reverse
        assert pilot.app.no_color


async def test_no_character_of_uncertain_width_is_drawn_by_us() -> None:
    """East Asian ambiguous characters take one cell or two, as the terminal likes."""
    async with opened(StandIn(cautions=(CAUTION,)), Wish(dry_run=True)) as pilot:
        for heading in HEADINGS:
            await pilot.press("ctrl+n")
            shown = await in_sight(pilot, f"wizard  {heading}")
            wide = {c for c in shown if unicodedata.east_asian_width(c) == "A"}
            assert not wide
            assert re.fullmatch(r"[\x20-\x7e\n]*", shown)


async def test_with_few_lines_those_of_the_body_come_first() -> None:
    """No window is opened so small, but it can be made smaller later."""
    size = (20, 5)
    async with opened(StandIn(the_host=set_up_host(), saved=answers()), size=size) as pilot:
        await in_sight(pilot, "Hostname")
        await pilot.press("down", "enter")
        await in_sight(pilot, "Add domain:")
        await pilot.press("escape")
    async with opened(size=size) as pilot:
        await in_sight(pilot, "System")
        await pilot.press("ctrl+n")
        # One line: the field itself, not its label.
        await in_sight(pilot, "mail.zeke.ne.jp")


async def test_on_few_lines_a_window_has_its_keys_and_says_that_there_is_more() -> None:
    async with opened(size=(80, 12)) as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press("f1")
        shown = await in_sight(pilot, "Help: Hostname")
        assert "Esc Close" in shown
        assert " v line 1-" in shown


async def test_at_60x20_no_word_of_a_choice_is_cut() -> None:
    async with opened(size=(60, 20)) as pilot:
        await walk_to(pilot, "Networks")
        await pilot.press("tab", "tab")
        shown = await in_sight(pilot, "> Protocols")
        assert all(f") {word}" in shown for word in ("ipv4", "all", "ipv6"))
