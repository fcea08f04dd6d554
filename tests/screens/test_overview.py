"""The list of sections: what it opens on, how it looks on hostile values, where it leads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Optional

import pytest
from textual.app import App

from screens import overview
from screens.desk import Desk, Wish
from screens.overview_rows import overview_rows
from screens.widgets.row import Row
from screens.widgets.rows import Rows
from tests.screens.hosts import answers, set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import clear, in_sight, opened, point_at, type_text
from tests.screens.plans import RUN
from tests.screens.standin import StandIn
from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.answers.sections.limits import Limits
from wizard.answers.sections.networks import Networks
from wizard.errors import Trouble
from wizard.host.facts import Host
from wizard.run.history import RunSummary
from wizard.status.sections import HAND, SectionRow

DONE = RunSummary(RUN, 0.0, "done", 9, 9)
ROWS = (
    SectionRow("hostname", "mail.zeke.ne.jp", "as planned", (), "run", RUN),
    SectionRow("domains", "日本語ドメイン.example " * 9, "changed by hand", ("It is.",), HAND),
    SectionRow("networks", "\x1b]0;pwned\x07\x1b[31m10.0.0.0/8\n", "missing", ("\x1b[2Jgone",)),
    SectionRow("certificate", "zeke.ne.jp", "unhealthy", ("Why. " * 300,), "run", RUN),
    *(SectionRow(name, "x" * 500, "as found") for name in ("blocklists", "delivery", "limits")),
    SectionRow("dns", "none", "not set up"),
    SectionRow("move", "none", "not set up"),
    SectionRow(POLICY, "14 of 14 lines as the wizard's", "as planned", (), "run", RUN),
)


def a_host(**changes: object) -> StandIn:
    return StandIn(the_host=set_up_host(), saved=answers(), **changes)  # type: ignore[arg-type]


@pytest.mark.promise(28)
@pytest.mark.parametrize("size", [(80, 24), (60, 20), (44, 12), (20, 10), (1, 24), (80, 1), (1, 1)])
async def test_hostile_values_fit_every_size(size: tuple[int, int]) -> None:
    """Full-width names, control sequences, values without an end."""
    async with opened(a_host(listed_sections=ROWS, past=(DONE,)), size=size) as pilot:
        await pilot.press("down", "down", "end", "home", "down", "pagedown")
        shown = picture(pilot.app)
        assert not [one for one in shown if one < " " and one != "\n"]
        if size[0] >= 40:
            assert "MISSING" in shown or size[1] < 12
        await pilot.resize_terminal(80, 24)
        await in_sight(pilot, "changed by hand")


async def test_columns_and_foot() -> None:
    async with opened(a_host(listed_sections=ROWS, past=(DONE,))) as pilot:
        shown = await in_sight(pilot, "Unchanged since the last run. Run")
        assert f"Last run {RUN}: done, 9 of 9 steps" in shown
        rows = {line.split()[0]: line for line in shown.splitlines() if len(line.split()) > 1}
        assert rows["Hostname"].endswith("as planned       2025-11-24 03:15")
        assert rows["Domains"].endswith("... changed by hand  by hand")
        assert rows["Networks"].split()[1:] == ["10.0.0.0/8", "MISSING", "not", "by", "a", "run"]
        await pilot.press("down", "down")
        assert "gone" in await in_sight(pilot, "gone")


@pytest.mark.parametrize(
    ("cells", "room"),
    [(60, 64), (70, 71), (85, 86), (99, 86)],
    ids=["fits", "grows", "fills", "cut"],
)
async def test_a_wide_terminal_shows_whole_values(cells: int, room: int) -> None:
    """The state moves to the right only for a value that would be cut."""
    row = SectionRow("networks", "v" * cells, "as found")
    async with opened(a_host(listed_sections=(*ROWS[:1], row)), size=(133, 43)) as pilot:
        lines = (await in_sight(pilot, "vvv")).splitlines()
        shown = "v" * cells if cells < room else "v" * (room - 4) + "..."
        assert f" Networks     {shown} " in next(one for one in lines if "vvv" in one)
        for words in ("State ", "as planned ", "as found "):
            line = next(one for one in lines if words in one)
            assert line.index(words) == 1 + 13 + room


@pytest.mark.parametrize(("wide", "cut"), [(80, True), (132, False)])
async def test_the_window_of_the_runs_uses_its_room(wide: int, cut: bool) -> None:
    sections = ("hostname", "domains", "networks", "certificate", "blocklists")
    run = replace(DONE, sections=sections)
    async with opened(a_host(past=(run, DONE)), size=(wide, 43)) as pilot:
        await in_sight(pilot, "as found")
        await pilot.press("b")
        shown = await in_sight(pilot, "Runs, the newest first")
        assert ("Networks, Certificate, Blocklists" in shown) == (not cut)


@pytest.mark.parametrize(("size", "lines"), [((80, 43), 10), ((132, 43), 6)])
async def test_the_foot_has_lines_for_its_longest_text(size: tuple[int, int], lines: int) -> None:
    """And no more of them on a wide terminal, where the same text takes fewer."""
    async with opened(a_host(listed_sections=ROWS), size=size) as pilot:
        await in_sight(pilot, "changed by hand")
        assert pilot.app.screen.query_one("#list-foot").size.height + 1 == lines
        await pilot.press("down", "down", "down")
        shown = await in_sight(pilot, "Why. Why.")
        assert shown.count("Why.") > 120


async def test_it_opens_at_once_and_fills_in_what_takes_longer() -> None:
    """A section is opened and changed meanwhile."""
    wait = threading.Event()
    async with opened(a_host(sections_wait=wait)) as pilot:
        await in_sight(pilot, "looking ...")
        await pilot.press("end", "up", "up", "enter")
        await in_sight(pilot, "(x) keep them")
        wait.set()
        await pilot.press("ctrl+p", "ctrl+p", "ctrl+p", "ctrl+p", "ctrl+p", "ctrl+p", "ctrl+p")
        await in_sight(pilot, "as found")


async def test_what_cannot_be_looked_at_is_said_and_the_sections_open() -> None:
    class Ill(StandIn):
        def sections(self, _host: Host) -> tuple[tuple[SectionRow, ...], Optional[Answers]]:
            raise Trouble("reading the runs", "Input/output error", "Look at the disk.")

    async with opened(Ill(the_host=set_up_host(), saved=answers())) as pilot:
        await in_sight(pilot, "While reading the runs: Input/output error.")
        await pilot.press("enter")
        await in_sight(pilot, "wizard  Hostname")


async def test_a_main_cf_that_postfix_refuses_is_said_above_the_list() -> None:
    host = set_up_host()
    refused = ("\x1b[31mpostconf: fatal: bad numerical configuration: x = y",)
    postfix = replace(host.postfix, stderr=refused)
    session = StandIn(the_host=replace(host, postfix=postfix, parameters={}), saved=answers())
    async with opened(session) as pilot:
        await in_sight(pilot, "Postfix refuses main.cf as it is: postconf: fatal: bad")
        await pilot.press("enter")
        await in_sight(pilot, "wizard  Hostname")


async def test_with_more_sections_than_lines_the_host_and_the_review_stay_in_sight(
    golden: Callable[[App[int], str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line says how many are out of sight, and the cursor gets to each."""

    def longer(desk: Desk, width: int, not_yet: str) -> list[Row]:
        ends = overview_rows(desk, width, not_yet)[-2:]
        return [*(Row(f"Section {number}", "", str(number)) for number in range(1, 18)), *ends]

    monkeypatch.setattr(overview, "overview_rows", longer)
    async with opened(a_host()) as pilot:
        listed = pilot.app.screen.query_one("#list", Rows)
        await in_sight(pilot, "2 more below\n Host ")
        await pilot.press("home")
        seen = [pilot.app.cursor_position.y]
        for _ in listed.rows[1:]:
            await pilot.press("down")
            seen.append(pilot.app.cursor_position.y)
        first, last = seen[0], seen[-1]
        assert seen == [*range(first, last - 2), *[last - 3] * 2, last - 1, last]
        await in_sight(pilot, "Section 17\n 2 more above\n Host ")
        golden(pilot.app, "list-long")
        await pilot.press("enter")
        await in_sight(pilot, "Nothing has been written yet.")
    async with opened(a_host(), size=(132, 43)) as pilot:
        await in_sight(pilot, "Section 17\n Host ")


@pytest.mark.parametrize("section", [*SECTIONS, POLICY])
async def test_enter_opens_a_section_at_its_own_field(section: str) -> None:
    async with opened(a_host()) as pilot:
        await in_sight(pilot, "as found")
        await point_at(pilot, section)
        await pilot.press("enter")
        await pilot.pause(0.3)
        form_field = getattr(pilot.app.screen, "focused_field")()  # noqa: B009 (FormScreen's own)
        assert form_field.field.section == section


@pytest.mark.promise(17)
async def test_what_is_changed_here_is_marked_and_planned_alone() -> None:
    session = a_host()
    async with opened(session) as pilot:
        await pilot.press(*["down"] * SECTIONS.index("limits"), "enter")
        await in_sight(pilot, "anvil_rate_time_unit")
        await clear(pilot)
        await type_text(pilot, "30s")
        await pilot.press("escape", "home", "enter")
        shown = await in_sight(pilot, "CHANGED HERE")
        assert "Review       Limits\n" in shown
        await pilot.press("end", "enter")
        await in_sight(pilot, "Nothing has been written yet.")
        assert session.planned[-1][1] == ("limits",)


async def test_space_runs_a_section_again_as_it_was_left_and_takes_it_back() -> None:
    """One that is changed gets the values back; one that is not is planned all the same."""
    left = replace(answers(), limits=Limits(message_size_limit=7))
    written = ("networks", "limits", POLICY)
    listed = tuple(
        SectionRow(one, "x", "as planned", (), *(("run", RUN) if one in written else ()))
        for one in (*SECTIONS, POLICY)
    )
    session = a_host(as_left=left, listed_sections=listed)
    async with opened(session) as pilot:
        # No run wrote the host's name.
        assert "Space Redo" not in await in_sight(pilot, "as planned")
        await pilot.press("space", *["down"] * SECTIONS.index("limits"), "space")
        assert "Space Redo" in await in_sight(pilot, "Review       Limits\n")
        await pilot.press("space", "home", "down", "down", "space")
        assert "Review       Networks\n" in await in_sight(pilot, "TO RUN AGAIN")
        await pilot.press("end", "up", "up", "space")
        await in_sight(pilot, "Review       Networks, Policy\n")
        await pilot.press("end", "enter")
        await in_sight(pilot, "Nothing has been written yet.")
        given, sections = session.planned[-1]
        assert sections == ("networks", POLICY)
        assert given == answers()
        await pilot.press("escape", "home", "enter")
        await in_sight(pilot, "wizard  Sections")
        await pilot.press("home", *["down"] * SECTIONS.index("limits"), "space", "end", "enter")
        await in_sight(pilot, "Nothing has been written yet.")
        given, sections = session.planned[-1]
        assert sections == ("networks", "limits", POLICY)
        assert given.limits.message_size_limit == 7
        await pilot.press("ctrl+q")
        await in_sight(pilot, "is kept as a draft")


@pytest.mark.promise(2)
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"in_progress": RUN}, "is in progress"),
        ({"past": (replace(DONE, outcome="died", done=3),)}, "CUT OFF"),
    ],
)
async def test_a_run_that_asks_for_attention_comes_first(
    changes: dict[str, object], words: str
) -> None:
    """And the list is the next thing."""
    async with opened(a_host(**changes)) as pilot:
        assert "postfix-wizard  Host" in await in_sight(pilot, words)
        await pilot.press("enter")
        await in_sight(pilot, "postfix-wizard  Sections")


async def test_a_fault_of_another_section_is_no_obstacle() -> None:
    """By another hand, two networks overlap: that is theirs, and limits can be changed."""
    own = answers()
    theirs = replace(own, networks=Networks(mynetworks=("10.0.0.0/8", "10.1.0.0/16")))
    session = StandIn(the_host=set_up_host(), saved=theirs)
    async with opened(session) as pilot:
        await pilot.press(*["down"] * SECTIONS.index("limits"), "enter")
        await in_sight(pilot, "anvil_rate_time_unit")
        await clear(pilot)
        await type_text(pilot, "30s")
        await pilot.press("escape", "end", "enter")
        await in_sight(pilot, "Nothing has been written yet.")
        given, sections = session.planned[-1]
        assert (sections, given.networks) == (("limits",), theirs.networks)
        assert given.limits.anvil_rate_time_unit == "30s"


async def test_a_result_leads_back_to_the_list_of_the_host_as_it_is_then() -> None:
    session = a_host()
    async with opened(session) as pilot:
        await pilot.press("end", "enter")
        await in_sight(pilot, "r runs the 4 steps")
        await pilot.press("r", "y")
        await in_sight(pilot, "Is this ok [y/N]:")
        await pilot.press("y", "enter")
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "Esc Sections")
        session.past = (DONE,)
        session.listed_sections = ROWS
        await pilot.press("escape")
        await in_sight(pilot, f"Last run {RUN}: done")
        assert "as planned" in await in_sight(pilot, "changed by hand")


async def test_one_section_asked_for_has_no_list() -> None:
    async with opened(a_host(), Wish(sections=("limits",))) as pilot:
        assert "Sections" not in (await in_sight(pilot, "Largest message")).splitlines()[2]


async def test_sections_that_are_not_in_use_have_one_row_where_they_have_no_room() -> None:
    """Enter lists them. One that is changed has a row of its own from then on."""
    async with opened(a_host()) as pilot:
        shown = await in_sight(pilot, "as found")
        assert " Others       DNS zone, Root's mail, Relay...  not set up\n" in shown
        assert " DKIM " not in shown
        assert "more below" not in shown
        await point_at(pilot, "senders")
        await in_sight(pilot, " Senders      off ")
        await pilot.press("enter")
        await in_sight(pilot, "wizard  More")
        await pilot.press("space", "escape", "home", "enter")
        shown = await in_sight(pilot, "CHANGED HERE")
        assert " Senders " in shown
        assert " Others " in shown
    async with opened(a_host(), size=(80, 30)) as pilot:
        shown = await in_sight(pilot, "as found")
        assert " DKIM " in shown
        assert " Others " not in shown


async def test_a_section_that_was_not_looked_at_yet_is_not_called_unused() -> None:
    wait = threading.Event()
    async with opened(a_host(sections_wait=wait)) as pilot:
        shown = await in_sight(pilot, " Others ")
        assert "not set up" not in shown
        wait.set()
        await in_sight(pilot, "Relay...  not set up")
