"""Every key of every screen: one meaning in the whole program, and the same words everywhere."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from itertools import groupby
from typing import Iterator, NamedTuple

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot

import screens
from screens.help import MOVING, ON_ALL
from screens.widgets.keyline import KeyLine, key_name
from screens.widgets.rows import Lines
from tests.screens.hosts import answers, set_up_host
from tests.screens.pilots import HEADINGS, in_sight, opened, walk_to
from tests.screens.plans import RUN
from tests.screens.standin import StandIn
from wizard.run.history import RunSummary


class Key(NamedTuple):
    """A key and its effect: the same one wherever it works.

    `words` has the footer's words by screen or widget. A word in brackets is not in the footer.
    """

    key: str
    effect: str
    words: dict[str, str]


KEYS = (
    Key("a", "attach to the run in progress", {"HostScreen": "Attach to the run"}),
    Key(
        "c",
        "check, or read again, what the screen shows",
        {
            "HostScreen": "Read again",
            "LogScreen": "Read again",
            "MoveScreen": "Look again",
            "OverviewScreen": "Check",
            "ReviewScreen": "Read again",
            "ResultScreen": "Check again",
        },
    ),
    Key("b", "show the runs before", {"HostScreen": "Runs", "OverviewScreen": "Runs"}),
    Key("d", "show what the DNS says", {"ResultScreen": "DNS"}),
    Key("e", "edit the section that the line is about", {"ResultScreen": "Edit"}),
    Key("f", "follow the active step", {"RunScreen": "Follow"}),
    Key(
        "g",
        "continue a run that ended early, or its answers",
        {"HostScreen": "Continue", "OfferScreen": "Continue", "ResultScreen": "Continue"},
    ),
    Key("h", "show what was changed by hand", {"DecidingScreen": "By hand"}),
    Key(
        "i",
        "show the limits of undo",
        {"ResultScreen": "Limits of undo", "UndoScreen": "Limits of undo"},
    ),
    Key("k", "keep the hand edit", {"DecidingScreen": "Keep"}),
    Key("l", "show the log", {"HostScreen": "Log", "OverviewScreen": "Log", "ResultScreen": "Log"}),
    Key("m", "show the move", {"OverviewScreen": "Move", "ResultScreen": "Move"}),
    Key("n", "next change, or match of the search", {"BrowsingScreen": "Match, Change"}),
    Key("N", "match before", {"BrowsingScreen": "(Match before)"}),
    Key("o", "show the output of a run", {"ResultScreen": "Output", "RunScreen": "(Output)"}),
    Key("p", "change or match before", {"BrowsingScreen": "(Match before), (Change before)"}),
    Key("q", "quit", {"WizardScreen": "(Quit)"}),
    Key("r", "run the plan", {"ReviewScreen": "Run"}),
    Key("s", "stop the run", {"RunScreen": "Stop"}),
    Key("t", "take the planned value", {"DecidingScreen": "Take planned"}),
    Key(
        "u",
        "undo a run",
        {
            "HostScreen": "Undo",
            "OverviewScreen": "Undo",
            "ResultScreen": "Undo",
            "RunsScreen": "Undo",
        },
    ),
    Key("v", "compare with the other file", {"BrowsingScreen": "View"}),
    Key("w", "start without the draft", {"OfferScreen": "Start anew"}),
    Key("x", "show pflogsumm's report", {"LogScreen": "pflogsumm"}),
    Key("y", "copy the line", {"Findings": "Copy", "Paragraphs": "Copy"}),
    Key("1", "show that tab", {"BrowsingScreen": "Tabs"}),
    *(Key(str(digit), "show that tab", {"BrowsingScreen": "(Tab)"}) for digit in range(2, 10)),
    Key("slash", "search", {"BrowsingScreen": "Search"}),
    Key("question_mark", "help", {"WizardScreen": "Help"}),
    Key("f1", "help", {"WizardScreen": "Help"}),
    Key("ctrl+g", "help", {"WizardScreen": "Help"}),
    Key("f2", "suggestions for the field", {"FormScreen": "Found here"}),
    Key("ctrl+l", "suggestions for the field", {"FormScreen": "Found here"}),
    Key("f3", "show what the DNS says", {"HostnameScreen": "DNS"}),
    Key("ctrl+o", "show what the DNS says", {"HostnameScreen": "DNS"}),
    Key("f4", "type a secret", {"FormScreen": "Type it"}),
    Key("ctrl+t", "type a secret", {"FormScreen": "Type it"}),
    Key("f10", "review", {"WizardScreen": "Review"}),
    Key("ctrl+r", "review", {"WizardScreen": "Review"}),
    Key("ctrl+c", "stop the run, else quit", {"WizardApp": "(Quit)"}),
    Key("ctrl+q", "quit", {"WizardApp": "Quit"}),
    Key("ctrl+n", "next screen", {"WizardScreen": "Next", "RunScreen": "Result"}),
    Key(
        "ctrl+p",
        "screen before",
        {"CheckScreen": "Back", "WizardScreen": "Back", "ResultScreen": "(Run)"},
    ),
    Key(
        "enter",
        "open or take what the cursor is on, or go on",
        {
            "BrowsingScreen": "(Next match)",
            "Choice": "(Next field)",
            "Findings": "Open",
            "OfferScreen": "Continue, Start anew",
            "Rows": "(Choose)",
            "RunList": "Open",
            "RunScreen": "Result, All steps",
            "SearchEntry": "Find",
            "SecretEntry": "Write it",
            "SectionList": "Open",
            "Sections": "Open",
            "Steps": "Output",
            "Suggestions": "Take it",
            "TextWindow": "Close",
            "TypedEntry": "Accept",
        },
    ),
    Key(
        "space",
        "switch what the cursor is on",
        {
            "Boxes of blocklists": "On/off",
            "Boxes of items": "On/off",
            "CautionScreen": "Accept",
            "Choice": "Choose",
            "ChoiceList": "Choose",
            "Items": "Tick",
            "Lineages": "Choose",
            "Rows": "(Choose)",
            "SectionList": "Redo",
            "Tabs": "(Next tab)",
        },
    ),
    Key(
        "escape",
        "leave what is in sight for what is around it",
        {
            "BrowsingScreen": "End search, Sections",
            "CheckScreen": "Sections",
            "OfferScreen": "(Continue), (Start anew)",
            "ResultScreen": "Sections",
            "RunScreen": "Question, Close list, All steps",
            "TextWindow": "Close",
            "Window": "Close",
            "WizardScreen": "Sections",
        },
    ),
    Key("tab", "next part", {"LogScreen": "Next part", "MoveScreen": "Next part"}),
    Key("delete", "remove the item", {"Boxes of items": "Remove"}),
    Key(
        "up", "up", {"Choice": "(Previous field)", "Entry": "(Previous field)", "Scrolling": "(Up)"}
    ),
    Key(
        "down",
        "down",
        {
            "Choice": "(Next field)",
            "Entry": "(Next field)",
            "Lines": "Scroll",
            "Scrolling": "(Down)",
        },
    ),
    Key(
        "left",
        "left",
        {"Choice": "(Before)", "ChoiceList": "(Choice before)", "Scrolling": "(Left)"},
    ),
    Key(
        "right",
        "right",
        {
            "Choice": "Choose",
            "ChoiceList": "(Next choice)",
            "Lines": "Long lines",
            "Scrolling": "(Right)",
            "Tabs": "(Next tab)",
        },
    ),
    Key("pageup", "a page up", {"FormScreen": "(Page up)", "Scrolling": "(Page up)"}),
    Key("pagedown", "a page down", {"FormScreen": "(Page down)", "Scrolling": "(Page down)"}),
    Key("home", "first line", {"Scrolling": "(First)"}),
    Key("end", "last line", {"Scrolling": "(Last)"}),
)

IN_QUESTIONS = (
    Key("y", "yes", {"AskScreen": "Yes"}),
    Key("n", "no", {"AskScreen": "No"}),
)
"""The only keys with a second meaning. A question has no changes and no lines to copy."""


def owners() -> Iterator[tuple[str, Binding]]:
    """Yield each binding of the program with its screen or widget."""
    for module in pkgutil.walk_packages(screens.__path__, "screens."):
        if module.name.endswith("__main__"):
            continue
        for name, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name and issubclass(kind, DOMNode):
                where = f" of {module.name.split('.')[-1]}" if name == "Boxes" else ""
                for binding in Binding.make_bindings(vars(kind).get("BINDINGS", ())):
                    yield name + where, binding


def test_each_key_has_one_meaning_and_the_words_of_the_table() -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for owner, binding in owners():
        word = binding.description if binding.show else f"({binding.description})"
        found.setdefault((binding.key, owner), []).append(word)
    table = [one.key for one in KEYS]
    assert len(table) == len(set(table))
    assert {key: ", ".join(words) for key, words in found.items()} == {
        (one.key, owner): words
        for one in (*KEYS, *IN_QUESTIONS)
        for owner, words in one.words.items()
    }


@pytest.mark.parametrize(("owner", "binding"), [one for one in owners() if one[1].show])
def test_each_key_of_the_footer_has_a_sentence_for_the_help(owner: str, binding: Binding) -> None:
    assert binding.tooltip.endswith("."), (owner, binding.key)
    assert binding.tooltip.rstrip(".") != binding.description


def test_the_help_names_each_key_that_the_footer_does_not_have() -> None:
    shown = [one for _, one in owners() if one.show]
    said = " ".join((*(f"{key_name(one)} {one.tooltip}" for one in shown), *dict(MOVING)))
    said = said.replace("1-9", " ".join("123456789"))
    words = set(re.findall(r"\^?[\w?]+", said))
    printed = {"pageup": "PgUp", "pagedown": "PgDn", "question_mark": "?", "delete": "Del"}
    for _, binding in owners():
        if not binding.show or binding.key in printed:
            bare = Binding(binding.key, "", "")
            assert printed.get(binding.key, key_name(bare)) in words, binding.key


async def held_together(pilot: Pilot[int]) -> None:
    """Compare the footer in sight with the table, and with the help page of the screen."""
    await pilot.pause(0.1)
    screen = pilot.app.screen
    effects = {one.key: one for one in KEYS}
    footer = dict(screen.query_one(KeyLine)._keys)
    shown = [
        (one.binding, one.tooltip)
        for one in screen.active_bindings.values()
        if one.binding.show and one.enabled
    ]
    helped: dict[str, str] = {}
    for binding, tooltip in shown:
        words = ", ".join(effects[binding.key].words.values()).split(", ")
        assert any(binding.description.startswith(word) for word in words), binding
        if binding.action not in {
            one.action for one, _ in shown[: shown.index((binding, tooltip))]
        }:
            assert footer[key_name(binding)] == binding.description
            helped[key_name(binding)] = tooltip
    assert set(footer) == set(helped)
    await pilot.press("f1")
    await in_sight(pilot, "Help: ")
    said: dict[str, str] = {}
    name = ""
    for row in pilot.app.screen.query_one(Lines).rows:
        if row.look == "strong":
            name = row.text.strip() or name
            said[name] = f"{said.get(name, '')} {row.tail}".strip()
    assert said == {**dict(MOVING), **helped}
    await pilot.press("escape")
    await pilot.pause(0.05)


async def test_footer_and_help_of_the_forms_and_the_review() -> None:
    async with opened() as pilot:
        await held_together(pilot)
        for heading in HEADINGS:
            await pilot.press("ctrl+n")
            await in_sight(pilot, f"postfix-wizard  {heading}")
            await held_together(pilot)


async def test_footer_and_help_of_the_list_and_of_an_undo() -> None:
    past = (RunSummary(RUN, 0.0, "done", 9, 9),)
    session = StandIn(the_host=set_up_host(), saved=answers(), past=past)
    async with opened(session) as pilot:
        await held_together(pilot)
        await pilot.press("u")
        await in_sight(pilot, "Undo of run")
        await held_together(pilot)


async def test_footer_and_help_of_a_run_and_its_result() -> None:
    session = StandIn()
    session.went_on.set()
    async with opened(session) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "r Run")
        await pilot.press("r", "y")
        await in_sight(pilot, "The run is over: DONE")
        await held_together(pilot)
        await pilot.press("ctrl+n")
        await in_sight(pilot, "postfix-wizard  Result")
        await held_together(pilot)


MAIN = {
    **dict.fromkeys(("Host", *HEADINGS[:-1]), "^N Next"),
    "Review": "r Run 4 steps",
    "Run": "^N Result",
}
"""By screen of a first set-up: its key that goes on, as the footer shows it."""


def marked(pilot: Pilot[int]) -> list[str]:
    """Return what stands out in the footer, with colours and without them."""
    line = pilot.app.screen.query_one(KeyLine)
    parts = [part for y in range(line.size.height) for part in line.render_line(y)]
    return [
        "".join(part.text for part in group)
        for is_marked, group in groupby(
            parts, lambda part: bool(part.style and part.style.reverse and part.style.bold)
        )
        if is_marked
    ]


async def test_the_key_that_goes_on_stands_out_in_the_footer() -> None:
    session = StandIn()
    session.went_on.set()
    async with opened(session) as pilot:
        assert marked(pilot) == [MAIN["Host"]]
        for heading in HEADINGS:
            await pilot.press("ctrl+n")
            await in_sight(pilot, f"postfix-wizard  {heading}")
            if heading == "Review":
                await in_sight(pilot, "r Run 4 steps")
            assert marked(pilot) == [MAIN[heading]]
        await pilot.press("r", "y")
        await in_sight(pilot, "The run is over: DONE")
        assert marked(pilot) == [MAIN["Run"]]


async def test_a_changed_section_goes_on_to_the_review() -> None:
    async with opened(StandIn(the_host=set_up_host(), saved=answers())) as pilot:
        await pilot.press("enter")
        await in_sight(pilot, "postfix-wizard  Hostname")
        assert marked(pilot) == ["^N Next"]
        await pilot.press("end", "x")
        await in_sight(pilot, "F10 Review")
        assert marked(pilot) == ["F10 Review"]


async def test_the_help_has_the_own_keys_of_the_screen_first() -> None:
    """A key with another meaning here than on all screens is its own."""
    async with opened() as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press("f1")
        await in_sight(pilot, "Help: Hostname")
        rows = pilot.app.screen.query_one(Lines).rows
        names = [row.text.strip() for row in rows if row.look == "strong" and row.text.strip()]
        assert names[: names.index("^Q") + 1] == ["F2", "F3", "^N", "^P", "Esc", "F1", "^Q"]
        between = [row.text for row in rows if row.look == "quiet"]
        assert between[0] == ON_ALL


@pytest.mark.parametrize(
    ("size", "wide", "high"), [((80, 24), 72, 21), ((132, 43), 96, 32), ((200, 60), 96, 45)]
)
async def test_the_help_takes_no_more_than_its_part_of_a_wide_terminal(
    size: tuple[int, int], wide: int, high: int
) -> None:
    async with opened(size=size) as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press("f1")
        await in_sight(pilot, "Esc Close")
        found = pilot.app.screen.query_one("#window").outer_size
        assert found.width == wide
        assert found.height <= high
        lines = pilot.app.screen.query_one(Lines)
        assert max(len(row.whole) for row in lines.rows) <= wide - 4
        assert max(len(row.whole) for row in lines.rows) > wide - 20, "the width is used"
