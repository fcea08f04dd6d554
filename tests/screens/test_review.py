"""Review: the summary first, changes one by one, the search, and pages of dangerous cautions."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Sequence

import pytest
from textual.app import App

from screens.review_pane import ReviewPane
from tests.screens.hosts import MAIN, answers, set_up_host
from tests.screens.pilots import clear, in_sight, opened, type_text, walk_to
from tests.screens.plans import CAUTION, NAME_CAUTION, RUN, make_plan
from tests.screens.standin import StandIn
from tests.screens.test_by_hand import BIFF, DOOR, SIZE
from wizard.answers.model import Problem
from wizard.plan.model import FileChange, Plan
from wizard.run.history import RunSummary

Golden = Callable[[App[int], str], None]
SIZES = [(80, 24), (132, 43)]
SENDERS = "/etc/postfix/sender_access"


def plan_of_three_files() -> Plan:
    """A plan that leaves main.cf alone, and writes the other two."""
    plan = make_plan(set_up_host())
    main, master = plan.files
    lines = [b"line %d\n" % number for number in range(60)]
    old, new = b"".join(lines), b"".join([b"first\n", *lines[1:-1], b"last\n"])
    return replace(
        plan,
        files=(
            replace(main, live=main.proposed),
            replace(master, live=b"smtp inet n - n - - smtpd\n"),
            FileChange(SENDERS, None, old, new),
        ),
    )


def session_of(plan: Plan) -> StandIn:
    return StandIn(the_host=set_up_host(), saved=answers(), plan_made=plan)


async def test_changes_are_read_one_by_one_over_the_ends_of_files() -> None:
    async with opened(session_of(plan_of_three_files())) as pilot:
        await pilot.press("end", "enter")
        shown = await in_sight(pilot, "[1 Summary]")
        # The file that is not written comes last, in brackets.
        assert "2 master.cf  3 sender_access  4 Commands  5 Notes  6 (main.cf)" in shown
        assert "Files         master.cf +7 -1; sender_access +2 -2" in shown
        for expected in (
            "Change 1 of 3 against today's file",
            "Change 2 of 3",
            "Change 3 of 3",
            "There is no change after it.",
        ):
            await pilot.press("n")
            await in_sight(pilot, expected)
        for expected in ("Change 2 of 3", "Change 1 of 3", "It is the first change."):
            await pilot.press("p")
            await in_sight(pilot, expected)
        await pilot.press("1", "p")
        await in_sight(pilot, "It is the first change.")
        await pilot.press("4", "p")
        await in_sight(pilot, "Change 3 of 3")


async def test_a_plan_that_cannot_run_says_where_its_problem_is_and_has_no_key_for_it() -> None:
    problem = Problem("networks", "firewall_zone", "firewalld has no zone nozone")
    session = session_of(replace(plan_of_three_files(), obstacles=(problem,)))
    async with opened(session) as pilot:
        await pilot.press("end", "enter")
        shown = await in_sight(
            pilot, "This plan cannot run: 1 problem, which the summary (1) shows."
        )
        assert "r Run" not in shown
        await pilot.press("3")
        await in_sight(pilot, "[3 sender_access]")
        await pilot.press("1", "r")
        await in_sight(pilot, "IN THE WAY: networks.firewall_zone: firewalld has no zone nozone")
        assert not session.started


async def test_the_summary_has_the_number_of_queued_messages() -> None:
    session = session_of(plan_of_three_files())
    session.in_queue = 14
    async with opened(session) as pilot:
        await pilot.press("end", "enter")
        await in_sight(pilot, "Queue         14 messages, none affected")


async def test_the_title_follows_the_scrolling() -> None:
    async with opened(session_of(plan_of_three_files()), size=(80, 16)) as pilot:
        await pilot.press("end", "enter")
        await in_sight(pilot, "[1 Summary]")
        await pilot.press("3")
        await in_sight(pilot, "Change 2 of 3")
        await pilot.press("end")
        await in_sight(pilot, "Change 3 of 3")
        await pilot.press("home")
        await in_sight(pilot, "Change 2 of 3")


async def test_a_text_is_searched_in_all_tabs() -> None:
    async with opened(session_of(plan_of_three_files())) as pilot:
        await pilot.press("end", "enter")
        await in_sight(pilot, "[1 Summary]")
        await pilot.press("slash")
        await in_sight(pilot, "Search:")
        await type_text(pilot, "LINE 5")
        await pilot.press("enter")
        await in_sight(pilot, "[3 sender_access]")
        await pilot.press("enter")
        await in_sight(pilot, "line 58")
        # n is a letter in the line of the search, and the next change after Esc.
        await pilot.press("escape", "p")
        shown = await in_sight(pilot, "Change 2 of 3")
        assert "Search:" not in shown
        await pilot.press("slash")
        await clear(pilot)
        await type_text(pilot, "nowhere at all")
        await pilot.press("enter")
        await in_sight(pilot, "'nowhere at all' is in no tab.")


async def test_after_enter_the_keys_of_a_search_are_in_the_footer_and_go_both_ways() -> None:
    def marked() -> str:
        pane = pilot.app.screen.query_one("#pane", ReviewPane)
        return pane.rows[pane.marked].whole

    async with opened(session_of(plan_of_three_files())) as pilot:
        await pilot.press("end", "enter")
        shown = await in_sight(pilot, "n/p Change")
        assert "n/N Match" not in shown
        await pilot.press("slash")
        await type_text(pilot, "line 5")
        await in_sight(pilot, "Enter Find")
        await pilot.press("enter")
        shown = await in_sight(pilot, "n/N Match")
        assert "Esc End search" in shown
        assert "n/p Change" not in shown
        first = marked()
        assert "line 5" in first
        await pilot.press("n")
        second = marked()
        for key, expected in (("N", first), ("n", second), ("p", first), ("enter", second)):
            await pilot.press(key)
            assert marked() == expected, key
        await pilot.press("escape")
        shown = await in_sight(pilot, "n/p Change")
        assert "Search:" not in shown
        assert marked() == second, "what was found stays in sight"


@pytest.mark.parametrize(
    ("keys", "title"),
    [
        (("end", "enter"), "Sections"),
        (("enter", "end", "x", "f10"), "Hostname"),
        (("enter", "ctrl+n", "escape", "end", "enter"), "Domains"),
    ],
)
async def test_back_leads_to_the_screen_from_which_the_review_was_opened(
    keys: Sequence[str], title: str
) -> None:
    async with opened(session_of(plan_of_three_files())) as pilot:
        await in_sight(pilot, "as found")
        await pilot.press(*keys)
        await in_sight(pilot, f"^P Back to {title}")
        # Opened once more from its own list, it still leads there.
        if title != "Sections":
            await pilot.press("escape", "enter")
            await in_sight(pilot, f"^P Back to {title}")
        await pilot.press("ctrl+p")
        await in_sight(pilot, f"postfix-wizard  {title}")


async def test_back_from_an_undo_names_its_screen() -> None:
    past = (RunSummary(RUN, 0.0, "done", 9, 9),)
    session = StandIn(the_host=set_up_host(), saved=answers(), past=past)
    async with opened(session) as pilot:
        await in_sight(pilot, "as found")
        await pilot.press("u")
        await in_sight(pilot, "^P Back to Sections")
        await pilot.press("ctrl+p")
        await in_sight(pilot, "postfix-wizard  Sections")


async def test_a_danger_takes_the_typed_value_and_says_what_happens_to_mail() -> None:
    session = StandIn(cautions=(CAUTION, NAME_CAUTION))
    async with opened(session) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "First accept 2 cautions.")
        # The space bar opens the page and accepts nothing.
        await pilot.press("space")
        shown = await in_sight(pilot, "Strangers can send mail through this server")
        assert "Every computer in this network can send mail to anybody" in shown
        await type_text(pilot, "203.0.113.0/2")
        await pilot.press("enter")
        await in_sight(pilot, "Not accepted: that is not 203.0.113.0/24.")
        await pilot.press("escape")
        await in_sight(pilot, "[ ] CAUTION public-range")
        await pilot.press("enter")
        await in_sight(pilot, "type 203.0.113.0/24:")
        await type_text(pilot, "203.0.113.0/24")
        await pilot.press("enter")
        await in_sight(pilot, "[x] ACCEPTED public-range")
        await pilot.press("r")
        await in_sight(pilot, "Not run: first accept 1 caution. Space accepts it.")
        await pilot.press("space", "up", "space")
        await in_sight(pilot, "[ ] CAUTION public-range")
        await in_sight(pilot, "[x] ACCEPTED certificate-name")
        assert not session.started


async def test_a_section_that_changed_needs_two_keys_to_run() -> None:
    session = session_of(plan_of_three_files())
    async with opened(session) as pilot:
        await pilot.press("end", "enter")
        await in_sight(pilot, "r runs the 4 steps")
        await pilot.press("r")
        await in_sight(pilot, "Run the plan?")
        await pilot.press("y")
        await in_sight(pilot, "Is this ok [y/N]:")
        assert len(session.started) == 1
        session.went_on.set()


async def test_hand_edits_are_gone_through_over_the_ends_of_files() -> None:
    session = StandIn(the_host=set_up_host(), edits=(SIZE, BIFF, DOOR))
    async with opened(session) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "First decide 2 conflicts.")
        await pilot.press("enter")
        await in_sight(pilot, f"2 changed by hand since run {SIZE.run}")
        await pilot.press("n", "n")
        await in_sight(pilot, "CONFLICT, NOT DECIDED: submission/inet")
        await pilot.press("n")
        await in_sight(pilot, "There is no other after it.")
        await pilot.press("p", "p")
        await in_sight(pilot, "CONFLICT, NOT DECIDED: message_size_limit")


async def test_the_list_beside_the_review_cuts_no_line() -> None:
    async with opened(StandIn(cautions=(CAUTION,))) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "[ ] CAUTION")
        await pilot.press("escape")
        shown = " ".join(
            line[20:].strip() for line in (await in_sight(pilot, ">Review")).splitlines()
        )
        assert CAUTION.message in " ".join(shown.split())


async def test_a_form_refuses_a_zone_that_the_firewall_does_not_have() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        zone = next(one for one in pilot.app.screen.query("Entry") if "public" in one.value)  # type: ignore[attr-defined]
        zone.focus()
        await clear(pilot)
        await type_text(pilot, "nozone")
        await in_sight(pilot, "firewalld has no zone nozone")
        await pilot.press("ctrl+n")
        assert "wizard  Networks" in await in_sight(pilot, "firewalld has no zone nozone")
        await clear(pilot)
        await type_text(pilot, "public")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Certificate")


@pytest.mark.parametrize("size", SIZES)
async def test_how_it_looks(golden: Golden, size: tuple[int, int]) -> None:
    wide = "-wide" if size[0] > SIZES[0][0] else ""
    async with opened(StandIn(cautions=(CAUTION, NAME_CAUTION)), size=size) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "First accept 2 cautions.")
        golden(pilot.app, f"review-summary{wide}")
        await pilot.press("n")
        await in_sight(pilot, "Change 1 of 2")
        golden(pilot.app, f"review-diff{wide}")
        await pilot.press("r", "enter")
        await in_sight(pilot, "Strangers can send mail")
        golden(pilot.app, f"review-danger{wide}")


@pytest.mark.parametrize("size", SIZES)
async def test_how_a_conflict_looks(golden: Golden, size: tuple[int, int]) -> None:
    wide = "-wide" if size[0] > SIZES[0][0] else ""
    long = replace(SIZE, now="20000000 " * 20)
    session = StandIn(the_host=set_up_host(), edits=(long, BIFF))
    async with opened(session, size=size) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, f"message_size_limit in {MAIN}")
        golden(pilot.app, f"review-conflict{wide}")
        await pilot.press("enter")
        await in_sight(pilot, "2 changed by hand")
        golden(pilot.app, f"review-three{wide}")
