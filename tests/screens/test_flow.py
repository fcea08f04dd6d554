"""From Host to Result by keys alone, at 80x24."""

from __future__ import annotations

from dataclasses import replace

import pytest

from screens.app import WizardApp
from screens.desk import Wish
from tests.screens.hosts import answers, set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import HEADINGS, clear, in_sight, opened, type_text, walk_to
from tests.screens.plans import NAME_CAUTION, make_plan
from tests.screens.standin import StandIn
from wizard.answers.model import POLICY, SECTIONS
from wizard.errors import LockedTrouble
from wizard.host.facts import Host
from wizard.plan.model import Plan


def app_of(pilot: object) -> WizardApp:
    app = getattr(pilot, "app", None)
    assert isinstance(app, WizardApp)
    return app


async def test_a_first_set_up_from_host_to_result() -> None:
    session = StandIn()
    async with opened(session) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "Nothing has been written yet. r runs the 4 steps.")
        assert session.planned[0][1] == ()
        await pilot.press("r")
        await in_sight(pilot, "Run the plan?")
        assert not session.started
        await pilot.press("y")
        await in_sight(pilot, "Is this ok [y/N]:")
        assert session.started == [app_of(pilot).desk.plan]
        await pilot.press("y", "enter")
        await in_sight(pilot, "The run is over: DONE")
        assert session.sent == [(1, "y")]
        await pilot.press("ctrl+n")
        shown = await in_sight(pilot, "inside; not seen from outside.")
        assert "1 thing waiting for Dovecot, 1 to look at. The mail server is right from" in shown
        assert "+ Right        2" in shown
        assert "wizard  Result" in shown
        await pilot.press("q")
    assert app_of(pilot).return_value == 0


async def test_enter_alone_walks_the_names() -> None:
    async with opened() as pilot:
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Hostname")
        await pilot.press("enter", "enter", "enter")
        await in_sight(pilot, "wizard  Domains")


async def test_back_and_the_list_reach_every_screen() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "More")
        for heading in reversed(HEADINGS[:-2]):
            await pilot.press("ctrl+p")
            await in_sight(pilot, f"wizard  {heading}")
        await pilot.press("ctrl+p")
        await in_sight(pilot, "AlmaLinux 9.4")
        for heading in HEADINGS:
            await pilot.press("escape", "down", "enter")
            await in_sight(pilot, f"wizard  {heading}")


async def test_what_is_typed_stays_when_screens_change() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await type_text(pilot, "cafe.zeke.ne.jp")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Networks")
        await pilot.press("ctrl+p")
        assert "[x] cafe.zeke.ne.jp" in await in_sight(pilot, "wizard  Domains")


async def test_a_host_set_up_before_opens_on_its_values() -> None:
    session = StandIn(the_host=set_up_host(), saved=answers())
    async with opened(session) as pilot:
        shown = await in_sight(pilot, "as found")
        assert "wizard  Sections" in shown
        assert "mail.zeke.ne.jp" in shown
        await pilot.press("enter")
        assert "Hostname    as is" in await in_sight(pilot, "wizard  Hostname")


@pytest.mark.promise(17)
async def test_a_change_of_one_section_plans_that_section_alone() -> None:
    session = StandIn(the_host=set_up_host(), saved=answers())
    async with opened(session) as pilot:
        await pilot.press("down", "down", "down", "down", "down", "down", "enter")
        await in_sight(pilot, "wizard  More")
        await in_sight(pilot, "anvil_rate_time_unit")
        await clear(pilot)
        await type_text(pilot, "30s")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Review")
        await in_sight(pilot, "Nothing has been written yet.")
        assert session.planned[-1][1] == ("limits",)
        assert session.planned[-1][0].limits.anvil_rate_time_unit == "30s"


async def test_nothing_changed_plans_all_but_the_policys_own_lines() -> None:
    session = StandIn(the_host=set_up_host(), saved=answers())
    async with opened(session) as pilot:
        await pilot.press("end", "enter")
        await in_sight(pilot, "Nothing has been written yet.")
        assert session.planned[-1][1] == SECTIONS
        assert POLICY not in session.planned[-1][1]


@pytest.mark.promise(17)
async def test_the_policys_own_lines_are_set_by_choice() -> None:
    session = StandIn(the_host=set_up_host(), saved=answers())
    async with opened(session) as pilot:
        await pilot.press("end", "up", "up", "enter")
        await in_sight(pilot, "wizard  More")
        await pilot.press("right")
        assert app_of(pilot).desk.draft is not None
        await in_sight(pilot, "(x) set them")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "Nothing has been written yet.")
        assert session.planned[-1][1] == (POLICY,)


async def test_one_section_asked_for_shows_it_alone() -> None:
    session = StandIn(the_host=set_up_host(), saved=answers())
    async with opened(session, Wish(sections=("networks",))) as pilot:
        shown = await in_sight(pilot, "wizard  Networks")
        assert "Hostname" not in shown
        await pilot.press("ctrl+n")
        await in_sight(pilot, "Nothing has been written yet.")
        assert session.planned[-1][1] == ("networks",)


async def test_of_two_sections_on_one_screen_only_the_one_asked_for_is_shown() -> None:
    session = StandIn(the_host=set_up_host(), saved=answers())
    async with opened(session, Wish(sections=("limits",))) as pilot:
        shown = await in_sight(pilot, "Largest message")
        assert "Who delivers local mail" not in shown


async def test_the_policy_can_be_asked_for_alone() -> None:
    session = StandIn(the_host=set_up_host(), saved=answers())
    async with opened(session, Wish(sections=(POLICY,))) as pilot:
        shown = await in_sight(pilot, "(x) set them")
        assert "Largest message" not in shown
        await pilot.press("ctrl+n")
        await in_sight(pilot, "Nothing has been written yet.")
        assert session.planned[-1][1] == (POLICY,)


async def test_an_answers_file_is_planned_whole() -> None:
    session = StandIn(the_host=set_up_host(), saved=answers())
    async with opened(session, Wish(given=answers())) as pilot:
        await pilot.press("escape", "end", "enter")
        await in_sight(pilot, "Nothing has been written yet.")
        assert session.planned[-1] == (answers(), ())


async def test_a_number_that_the_answers_file_does_not_name_is_shown_as_it_is_today() -> None:
    """Else its empty field would comment the line out, as if somebody had emptied it."""
    today = answers()
    today = replace(today, limits=replace(today.limits, smtpd_hard_error_limit=500))
    session = StandIn(the_host=set_up_host(), saved=today)
    async with opened(session, Wish(("limits",), given=answers())) as pilot:
        await in_sight(pilot, "Errors in a session")
        draft = app_of(pilot).desk.draft
        assert draft is not None
        assert draft.text("limits", "smtpd_hard_error_limit") == "500"
        await pilot.press("ctrl+n")
        await in_sight(pilot, "Nothing has been written yet.")
        assert session.planned[-1] == (today, ("limits",))


@pytest.mark.promise(19)
async def test_a_dry_run_ends_at_the_review() -> None:
    session = StandIn()
    async with opened(session, Wish(dry_run=True)) as pilot:
        await walk_to(pilot, "Review")
        shown = await in_sight(pilot, "This was a dry run.")
        assert "DRY RUN, changes nothing" in shown
        assert "r Run" not in shown
        await pilot.press("r", "ctrl+n")
        await pilot.pause(0.2)
        assert "wizard  Review" in picture(pilot.app)
        assert not session.started


@pytest.mark.promise(23)
async def test_a_caution_must_be_accepted_first() -> None:
    session = StandIn(cautions=(NAME_CAUTION,))
    async with opened(session) as pilot:
        await walk_to(pilot, "Review")
        shown = await in_sight(pilot, "[ ] CAUTION certificate-name: Space accepts it")
        assert "First accept 1 caution." in shown
        assert "r Run 4 steps (blocked: 1 caution)" in shown
        await pilot.press("4", "r")
        await in_sight(pilot, "Not run: first accept 1 caution. Space accepts it.")
        await in_sight(pilot, "[ ] CAUTION certificate-name")
        assert not session.started
        await pilot.press("enter")
        await in_sight(pilot, "On the command line: --accept certificate-name=mail.zeke.ne.jp")
        await pilot.press("escape", "space")
        shown = await in_sight(pilot, "[x] ACCEPTED certificate-name")
        await in_sight(pilot, "r Run 4 steps\n")
        await pilot.press("space")
        await in_sight(pilot, "[ ] CAUTION certificate-name")
        await pilot.press("space", "r")
        await in_sight(pilot, "Run the plan?")


@pytest.mark.promise(5)
async def test_another_run_in_progress_is_told_and_the_plan_stays() -> None:
    class Locked(StandIn):
        def start(self, plan: Plan, *, attended: bool) -> str:
            del plan, attended
            raise LockedTrouble("taking the wizard's lock", "run X holds it", "Attach to it.")

    async with opened(Locked()) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "r runs the 4 steps")
        await pilot.press("r")
        await in_sight(pilot, "Run the plan?")
        await pilot.press("y")
        shown = await in_sight(pilot, "run X holds it. Attach to it.")
        assert "r Run" in shown


async def test_no_pending_step_says_so() -> None:
    host = set_up_host()
    plan = make_plan(host)
    session = StandIn(the_host=host, saved=answers())
    session.plan_made = type(plan)("", (), (), plan.files)
    async with opened(session) as pilot:
        await pilot.press("end", "enter")
        shown = await in_sight(pilot, "Nothing is pending")
        assert "r Run" not in shown


async def test_a_file_that_is_already_so_counts_no_changes_against_itself() -> None:
    host = set_up_host()
    plan = make_plan(host)
    main = plan.files[0]
    session = StandIn(the_host=host, saved=answers())
    session.plan_made = replace(plan, files=(replace(main, live=main.proposed), *plan.files[1:]))
    async with opened(session) as pilot:
        await pilot.press("end", "enter")
        shown = await in_sight(pilot, "nothing changes")
        number = shown[shown.index(" (main.cf)") - 1]
        # A file that is not written is never opened first, and has no change.
        assert "n/p Change" not in shown
        await pilot.press("n", number)
        await in_sight(pilot, "No change now. Shown: what differs from main.cf.orig (v: today).")
        await pilot.press("v")
        await in_sight(pilot, "No change now. Shown: what differs from today's file")
        await in_sight(pilot, "No difference from /etc/postfix/main.cf.")


async def test_wrong_answers_are_listed_and_reached_from_the_review() -> None:
    async with opened() as pilot:
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Hostname")
        await clear(pilot)
        await type_text(pilot, "mail")
        await pilot.press("escape", "end", "enter")
        await in_sight(pilot, "hostname.myhostname: The name has no dot")
        await pilot.press("enter")
        await in_sight(pilot, "wizard  Hostname")


async def test_quitting_asks_where_answers_would_be_lost() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await pilot.press("ctrl+c")
        await in_sight(pilot, "is kept as a draft")
        await pilot.press("enter")
        await in_sight(pilot, "is kept as a draft")
        await pilot.press("n")
        await pilot.pause(0.1)
        assert pilot.app.is_running
        await pilot.press("ctrl+q")
        await in_sight(pilot, "is kept as a draft")
        await pilot.press("y")
    assert pilot.app.return_value == 0


async def test_help_that_was_opened_while_the_host_was_read_hides_nothing() -> None:
    class Slow(StandIn):
        def host(self) -> Host:
            self.went_on.wait(10)
            return self.the_host

    from tests.screens.standin import make_app  # noqa: PLC0415

    session = Slow()
    app = make_app(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "Reading this host")
        await pilot.press("f1")
        await in_sight(pilot, "Help: Host")
        session.went_on.set()
        while app.desk.draft is None:
            await pilot.pause(0.02)
        await pilot.press("escape")
        await in_sight(pilot, "AlmaLinux 9.4")


async def test_the_host_that_cannot_be_read_can_be_read_again() -> None:
    class Unreadable(StandIn):
        def host(self) -> Host:
            from wizard.errors import Trouble  # noqa: PLC0415

            if not self.stops:
                self.stops = 1
                raise Trouble("reading /etc/postfix/main.cf", "Input/output error", "Look.")
            return self.the_host

    from tests.screens.standin import make_app  # noqa: PLC0415

    app = make_app(Unreadable())
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "ERROR: While reading /etc/postfix/main.cf: Input/output")
        await pilot.press("c")
        await in_sight(pilot, "AlmaLinux 9.4")
