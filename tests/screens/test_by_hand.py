"""Conflicts with hand edits on Review: three texts, a choice for each, and no run before it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from screens.app import WizardApp
from tests.screens.hosts import MAIN, MASTER, set_up_host
from tests.screens.pilots import in_sight, opened, walk_to
from tests.screens.plans import make_plan
from tests.screens.standin import StandIn
from wizard.plan.choices import MINE, PLANNED
from wizard.plan.hand_edit import HandEdit
from wizard.plan.model import Plan
from wizard.planning.by_hand import YOURS
from wizard.postfix.proposal import Reason

LAST = "20251120-101500-3"
SIZE = HandEdit(MAIN, "message_size_limit", "10485760", "20000000", "30000000", LAST, True)
BANNER = HandEdit(MAIN, "smtpd_banner", "$myhostname", "[red]x[/]\x1b[6n\udcff", None, LAST, True)
BIFF = HandEdit(MAIN, "biff", None, "no", "no", LAST)
DOOR = HandEdit(
    MASTER, "submission/inet/smtpd_tls_security_level", "encrypt", "may", "encrypt", LAST, True
)


def session_with(*edits: HandEdit) -> StandIn:
    return StandIn(the_host=set_up_host(), edits=edits)


def choices_of(plan: Plan | None) -> list[str]:
    assert plan is not None
    return [one.choice for one in plan.edits]


def app_of(pilot: object) -> WizardApp:
    app = getattr(pilot, "app", None)
    assert isinstance(app, WizardApp)
    return app


@pytest.mark.promise(17)
async def test_each_conflict_is_shown_with_three_texts_and_decided_by_keys() -> None:
    session = session_with(SIZE, BIFF, DOOR)
    async with opened(session) as pilot:
        await walk_to(pilot, "Review")
        shown = await in_sight(pilot, "First decide 2 conflicts.")
        assert "CONFLICT, NOT DECIDED: message_size_limit in /etc/postfix/main.cf" in shown
        assert "r Run 4 steps (blocked: 2 conflicts)" in shown
        assert "as it stands now:  20000000" in shown
        assert "t Take planned" in shown
        await pilot.press("enter")
        shown = await in_sight(pilot, "(h: the diff)")
        for words in (
            "CONFLICT, NOT DECIDED: message_size_limit",
            "as a run left it:  10485760",
            "as it stands now:  20000000",
            "as planned:        30000000",
            "[ ] k keeps yours   [ ] t takes the planned",
            "YOURS, and it stays: biff",
            f"2 changed by hand since run {LAST} (h: the diff).",
            "k Keep",
            "t Take planned",
            "h By hand",
        ):
            assert words in shown
        await pilot.press("k")
        await in_sight(pilot, "CONFLICT, you keep yours: message_size_limit")
        shown = await in_sight(pilot, "First decide 1 conflict.")
        assert "[x] k keeps yours   [ ] t takes the planned" in shown
        # The run says why it does not begin, and goes to what is still open, in the other file.
        await pilot.press("r")
        await in_sight(pilot, "Not run: first decide 1 conflict. k keeps yours")
        await in_sight(pilot, "CONFLICT, NOT DECIDED: submission/inet/smtpd_tls_security_level")
        assert not session.started
        await pilot.press("t")
        await in_sight(pilot, "CONFLICT, you take the planned: submission")
        await in_sight(pilot, "r runs the 4 steps")
        await pilot.press("r")
        await in_sight(pilot, "Run the plan?")
        await pilot.press("y")
        await in_sight(pilot, "Is this ok [y/N]:")
        (started,) = session.started
        assert choices_of(started) == [MINE, "", PLANNED]


async def test_the_choice_can_be_changed_and_is_forgotten_with_the_review() -> None:
    session = session_with(SIZE)
    async with opened(session) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "NOT DECIDED")
        await pilot.press("k")
        await in_sight(pilot, "you keep yours")
        await pilot.press("t")
        await in_sight(pilot, "you take the planned")
        assert choices_of(app_of(pilot).desk.plan) == [PLANNED]
        await pilot.press("ctrl+p")
        await in_sight(pilot, "wizard  More")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "NOT DECIDED")
        assert choices_of(app_of(pilot).desk.plan) == [""]


@pytest.mark.promise(25)
async def test_what_was_typed_into_a_file_is_shown_as_text() -> None:
    async with opened(session_with(BANNER)) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "CONFLICT, NOT DECIDED: smtpd_banner")
        await pilot.press("enter")
        shown = await in_sight(pilot, "as a run left it")
        assert r"as it stands now:  [red]x[/]\x1b[6n\xff" in shown
        assert "as planned:        (not set)" in shown


async def test_keys_that_would_do_nothing_are_not_shown() -> None:
    """A hand edit that the plan leaves alone asks for nothing; a file without one has no view."""
    async with opened(session_with(BIFF)) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "r runs the 4 steps")
        await pilot.press("n")
        shown = await in_sight(pilot, "h By hand")
        assert "k Keep" not in shown
        await pilot.press("h")
        shown = await in_sight(pilot, "YOURS, and it stays: biff")
        assert "as planned" not in shown
        assert "k Keep" not in shown
        await pilot.press("h")
        shown = await in_sight(pilot, "+++ /etc/postfix/main.cf (as planned)")
        number = shown[shown.index("(master.cf)") - 2]
        await pilot.press(number)
        shown = await in_sight(pilot, "+++ /etc/postfix/master.cf (as planned)")
        assert "h By hand" not in shown


async def test_the_diff_marks_what_is_there_by_hand() -> None:
    """In words, where a reason of ours would stand."""
    plan = make_plan(set_up_host())
    main = plan.files[0]
    why = f"{YOURS}changed by hand since run {LAST}. It stays."
    changed = replace(main, reasons=(Reason(12, 12, why), *main.reasons[1:]))
    session = session_with(BIFF)
    session.plan_made = replace(plan, files=(changed, *plan.files[1:]))
    async with opened(session) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "Nothing has been written yet")
        await pilot.press("n", "h", "h")
        shown = await in_sight(pilot, why)
        assert f"Why: {YOURS}" not in shown
