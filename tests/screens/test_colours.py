"""Red and magenta are for the words that carry a state, never for a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from screens.widgets.line import ERROR
from screens.widgets.row import Row, error_rows, text_rows
from tests.screens.hosts import answers, fresh_host, lineage, set_up_host
from tests.screens.picture import in_signal_colours
from tests.screens.pilots import clear, in_sight, opened, type_text, walk_to
from tests.screens.plans import CAUTION, NAME_CAUTION, RUN
from tests.screens.standin import StandIn, make_app
from wizard.errors import Trouble
from wizard.host.facts import Distribution
from wizard.run import records


@pytest.mark.parametrize(
    ("text", "words", "rows"),
    [
        ("WRONG: it is not", "WRONG", [("", "WRONG", ": it"), ("is not", "", "")]),
        ("so it is WRONG: no", "WRONG", [("so it is", "", ""), ("", "WRONG", ": no")]),
        ("all of it", "", [("all of it", "", "")]),
    ],
)
def test_words_of_a_text_have_its_look(
    text: str, words: str, rows: list[tuple[str, str, str]]
) -> None:
    found = text_rows(text, 11, "wrong", words=words)
    assert [(one.text, one.tail, one.end) for one in found] == rows
    assert {one.look for one in found} == ({"wrong"} if not words else {""})


def test_an_error_begins_with_a_word_that_says_so() -> None:
    assert error_rows("no\x1b[31m", 40) == [
        Row("", "", "", ERROR, "wrong", ": no\x1b[31m", end_look="")
    ]


async def test_the_facts_of_a_host() -> None:
    host = fresh_host()
    unusable = replace(lineage("zeke.ne.jp", ()), problem="its chain is empty")
    host = replace(
        host,
        distribution=Distribution("debian", (), "Debian 12", "12", is_el=False),
        lineages=(unusable,),
    )
    async with opened(StandIn(the_host=host)) as pilot:
        shown = await in_sight(pilot, "untested: Debian 12 is not of the EL 9 or 10")
        assert "UNUSABLE: zeke.ne.jp, its chain is empty" in shown
        found = in_signal_colours(pilot.app)
        assert found == ["untested", "UNUSABLE", "not set up yet"]


async def test_a_wrong_field() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Hostname")
        await clear(pilot)
        await type_text(pilot, "mail")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "WRONG: ")
        assert set(in_signal_colours(pilot.app)) == {"WRONG", "wrong"}


async def test_the_review() -> None:
    async with opened(StandIn(cautions=(CAUTION, NAME_CAUTION))) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "[ ] CAUTION certificate-name")
        # The cursor is on the first caution: it is reversed instead.
        assert in_signal_colours(pilot.app) == ["First accept 2 cautions.", "[ ] CAUTION"]
        await pilot.press("r")
        await in_sight(pilot, "Not run: first accept 2 cautions.")
        assert in_signal_colours(pilot.app) == ["Not run", "[ ] CAUTION"]
        await pilot.press("5")
        await in_sight(pilot, "Warning: ")
        assert in_signal_colours(pilot.app) == ["Not run", "Warning"]


async def test_a_run_that_failed() -> None:
    events: list[records.Event] = [
        records.StepStarted("install"),
        records.StepFinished("install", "failed", 0.1, "No room.", {}),
        records.RunFinished("failed", "No room."),
    ]
    app = make_app(StandIn(events=events))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: FAILED")
        # Of the line above, and of the step.
        assert in_signal_colours(app) == ["FAILED", "FAILED"]


async def test_what_could_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_session: StandIn) -> None:
        raise Trouble("reading the sections", "the disk is gone", "Look at the disk.")

    monkeypatch.setattr(StandIn, "sections", lambda one, _host: fails(one))
    async with opened(StandIn(the_host=set_up_host(), saved=answers())) as pilot:
        await in_sight(pilot, "ERROR: While reading the sections: the disk is gone.")
        assert in_signal_colours(pilot.app) == [ERROR]
