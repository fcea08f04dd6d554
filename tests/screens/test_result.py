"""The result: one sentence, groups that open, and after a run that ended early the state of mail."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Callable, Sequence

import pytest
from textual.app import App

from screens.desk import Wish
from screens.progress import Progress
from screens.undo_limits import LIMITS
from tests.screens.hosts import answers, fresh_host, set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import in_sight, opened
from tests.screens.plans import CAUTION, FINDINGS, RUN, SPF, happy_events, make_plan, undo_plan
from tests.screens.standin import StandIn, make_app
from tests.screens.test_findings import finding
from wizard.errors import Trouble
from wizard.finding import Finding
from wizard.run import records
from wizard.run.ways_on import RESUMES_REPAIRED
from wizard.status.mail_state import DOWN, MailState

CAUSE = "While installing packages: No match for argument: postfix. Look at the repositories."


def failed(*more: records.Event) -> list[records.Event]:
    return [
        records.StepStarted("install"),
        records.StepFinished("install", "failed", 2.0, CAUSE, {}),
        *more,
        records.RunFinished(
            "failed",
            f"{CAUSE}\nIt was in step 'Install Postfix'. 3 steps are left.\n{RESUMES_REPAIRED}",
        ),
    ]


def found(*findings: Finding) -> list[records.Event]:
    return [
        records.Found(findings) if isinstance(one, records.Found) else one for one in happy_events()
    ]


def session(events: Sequence[records.Event] = (), **more: object) -> StandIn:
    made = StandIn(events=list(events) or happy_events(), **more)  # type: ignore[arg-type]
    made.went_on.set()
    return made


async def test_a_finding_opens_whole_and_a_group_opens_and_closes() -> None:
    app = make_app(session(found(SPF, *FINDINGS)))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        shown = await in_sight(pilot, "1 thing to")
        assert "Checked just now." in shown
        assert "- To repair    1" in shown
        assert "     zeke.ne.jp TXT (SPF): v=spf1 -all" in shown
        assert "+ Right        2" in shown
        assert "mail.zeke.ne.jp ESMTP Postfix" not in shown
        await pilot.press("end", "enter")
        await in_sight(pilot, "25: banner: mail.zeke.ne.jp ESMTP Postfix")
        await pilot.press("home", "down", "enter")
        shown = await in_sight(pilot, "Who can repair it: the owner of the DNS zone.")
        assert 'Add `zeke.ne.jp. IN TXT "v=spf1 mx -all"` to the zone.' in shown
        assert "the address that mail leaves by" in " ".join(shown.replace("|", "").split())
        await pilot.press("escape")
        await in_sight(pilot, "+ Waiting")


async def test_on_a_wide_terminal_the_finding_is_next_to_the_list() -> None:
    app = make_app(session(found(SPF, *FINDINGS)))
    app._watch_run = RUN
    async with app.run_test(size=(132, 43)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        await in_sight(pilot, "1 thing to")
        await pilot.press("down")
        shown = await in_sight(pilot, "Who can repair it: the owner of the DNS zone.")
        assert "- To repair    1" in shown


async def test_a_line_is_copied_whole_where_the_terminal_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    app = make_app(session(found(SPF)))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        await in_sight(pilot, "y Copy")
        await pilot.press("down", "y")
        await pilot.pause(0.05)
        assert app.clipboard == f"{SPF.looked_at}: {SPF.seen}"
        await pilot.press("enter")
        await in_sight(pilot, "Expected: v=spf1 mx -all")
        await pilot.press("down", "down", "down", "y")
        await pilot.pause(0.05)
        assert app.clipboard == "Expected: v=spf1 mx -all"
    monkeypatch.setenv("TERM", "linux")
    app = make_app(session(found(SPF)))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        assert "y Copy" not in await in_sight(pilot, "1 thing to")


async def test_check_again_says_that_it_runs_and_shows_what_is_there_now() -> None:
    waits = threading.Event()
    one = session(found(SPF, *FINDINGS), checked=FINDINGS[:2], check_waits=waits)
    app = make_app(one)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        await in_sight(pilot, "1 thing to")
        await pilot.press("c")
        shown = await in_sight(pilot, "Checking this server")
        assert "c Check again" not in shown
        waits.set()
        shown = await in_sight(pilot, "Nothing to repair. The mail server is right")
        assert "Checked just now." in shown
        one.checked = Trouble("checking this server", "it was not set up before")
        await pilot.press("c")
        await in_sight(pilot, "While checking this server: it was not set up before.")


async def test_a_failed_run_begins_with_the_state_of_mail_and_three_lines() -> None:
    one = session(failed(), mail=MailState(DOWN, "Port 25 is DOWN since 03:12.", "Seen: failed."))
    app = make_app(one)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: FAILED")
        await pilot.press("enter")
        shown = await in_sight(pilot, "Port 25 is DOWN since 03:12.")
        shown = await in_sight(pilot, "or u to undo what was done")
        assert "FAILED in step 1 of 4: Install Postfix. 3 steps are left." in shown
        assert "No match for argument: postfix" in shown
        assert "press g to continue" in shown
        assert "g Continue" in shown
        assert "u Undo" in shown
        assert "c Check again" in shown
        assert "o Output" in shown
        await pilot.press("enter")
        shown = await in_sight(pilot, "It was in step 'Install Postfix'. 3 steps are left.")
        assert "postfix-wizard resume" not in shown
        await pilot.press("escape", "g")
        await in_sight(pilot, "Continue the run?")
        assert not one.resumed
        await pilot.press("y")
        await in_sight(pilot, "postfix-wizard  Run ")
        assert one.resumed == [RUN]


async def test_no_key_undoes_a_run_that_changed_nothing() -> None:
    app = make_app(session(failed(), can_undo=False))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: FAILED")
        await pilot.press("enter")
        await in_sight(pilot, "Port 25 answers with the OLD configuration.")
        await pilot.pause(0.2)
        shown = picture(app)
        assert "u Undo" not in shown
        assert "u to undo" not in shown
        await pilot.press("o")
        await in_sight(pilot, "The run is over: FAILED")


async def test_a_run_that_returned_is_not_continued() -> None:
    back = undo_plan(set_up_host(), RUN).steps
    events = failed(
        records.Returning(CAUSE, back),
        records.StepStarted("back-main.cf"),
        records.StepFinished("back-main.cf", "done", 0.1, "", {}),
    )
    app = make_app(session(events, can_undo=False))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: FAILED")
        await pilot.press("enter")
        shown = await in_sight(pilot, "Port 25 answers with the OLD configuration.")
        assert "What it had changed was put back." in shown
        assert "g Continue" not in shown


async def test_the_result_of_an_undo_says_what_was_put_back_and_what_stays() -> None:
    plan = replace(undo_plan(set_up_host(), "20251124-031400-1"), stays=("postfix: it stays.",))
    events: list[records.Event] = [
        records.StepStarted("back-main.cf"),
        records.StepFinished("back-main.cf", "done", 0.1, "", {}),
        records.RunFinished("done", ""),
    ]
    app = make_app(session(events, plan_made=plan, can_undo=False))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        shown = await in_sight(pilot, "Run 20251124-031400-1 is undone.")
        assert "No checks ran: c checks now." in shown
        assert "    Put back /etc/postfix/main.cf" in shown
        assert "+ Stays        1  postfix: it stays." in shown
        assert "u Undo" not in shown
        assert "Nothing undoes an undo" in shown
        await pilot.press("i")
        await in_sight(pilot, LIMITS[0])


async def test_accepted_cautions_are_repeated() -> None:
    plan = make_plan(fresh_host(), (CAUTION,))
    app = make_app(session(plan_made=plan))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        await in_sight(pilot, "+ Accepted     1  203.0.113.0/24 in mynetworks is a public range")


UNKNOWN_NAME = Finding(
    "dns.a",
    "mial.zeke.ne.jp A",
    "no such name",
    "203.0.113.25",
    "warning",
    "If mial.zeke.ne.jp is mistyped, correct myhostname in section hostname.",
    fatal=False,
)


async def test_a_mistyped_name_is_said_first_and_a_key_opens_its_form() -> None:
    """The first run set the host up, so that its sections are listed and can be edited."""
    one = session(found(*FINDINGS, UNKNOWN_NAME))
    app = make_app(one)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        await in_sight(pilot, "mial.zeke.ne.jp is not in the DNS, so no mail finds this server.")
        await in_sight(pilot, "e Edit hostname")
        await pilot.press("down", "enter", "down")
        shown = await in_sight(pilot, "    MX of ace.zeke.ne.jp: none")
        assert "e Edit" not in shown
        one.the_host, one.saved = set_up_host(), answers()
        await pilot.press("down")
        await in_sight(pilot, "e Edit hostname")
        await pilot.press("e")
        await in_sight(pilot, "postfix-wizard  Hostname")
        assert one.hosts_read == 1


async def test_a_check_from_the_list_opens_a_form_without_reading_the_host_again() -> None:
    one = StandIn(the_host=set_up_host(), saved=answers(), checked=(UNKNOWN_NAME,))
    async with opened(one) as pilot:
        await in_sight(pilot, "as found")
        await pilot.press("c")
        await in_sight(pilot, "e Edit hostname")
        await pilot.press("e")
        await in_sight(pilot, "postfix-wizard  Hostname")
        assert one.hosts_read == 1


async def test_a_run_of_requested_sections_has_no_form_to_edit() -> None:
    app = make_app(session(found(UNKNOWN_NAME)), Wish(sections=("limits",)))
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        await in_sight(pilot, "mial.zeke.ne.jp is not in the DNS")
        await pilot.pause(0.1)
        assert "e Edit" not in picture(app)


@pytest.mark.parametrize("size", [(80, 24), (132, 43)])
async def test_a_line_of_an_open_group_is_cut_at_no_size(size: tuple[int, int]) -> None:
    app = make_app(session(found(SPF)))
    app._watch_run = RUN
    async with app.run_test(size=size) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        shown = await in_sight(pilot, "- To repair    1")
        listed = "".join(line[:65].rstrip() + " " for line in shown.splitlines())
        if size[0] == 80:
            listed = shown
        assert f"{SPF.looked_at}: {SPF.seen}" in " ".join(listed.split())
        assert "..." not in shown


async def test_beside_the_title_of_a_closed_group_are_its_lines() -> None:
    more = [finding(f"queue.{number}", "warning") for number in range(3)]
    app = make_app(session(found(*more)))
    app._watch_run = RUN
    async with app.run_test(size=(132, 43)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        shown = await in_sight(pilot, "+ To look at   3  subject queue.0: seen")
        assert "subject queue.2: seen" in shown
        await pilot.press("enter")
        shown = await in_sight(pilot, "- To look at   3")
        assert shown.count("subject queue.2: seen") == 1


Golden = Callable[[App[int], str], None]
SIZES = [((80, 24), ""), ((132, 43), "-wide")]


@pytest.mark.parametrize(("size", "suffix"), SIZES)
async def test_how_a_run_and_its_findings_look(
    golden: Golden, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], suffix: str
) -> None:
    monkeypatch.setattr(Progress, "elapsed", lambda *_: "42 s")
    one = StandIn(events=found(SPF, *FINDINGS))
    app = make_app(one)
    app._watch_run = RUN
    async with app.run_test(size=size) as pilot:
        await in_sight(pilot, "Is this ok")
        await pilot.press("escape")
        await in_sight(pilot, "Esc Question")
        golden(app, f"run-steps{suffix}")
        one.went_on.set()
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        await in_sight(pilot, "u Undo")
        await pilot.press("down")
        await pilot.pause(0.1)
        golden(app, f"result-repair{suffix}")
        await pilot.press("enter")
        await in_sight(pilot, "Close")
        golden(app, f"result-whole{suffix}")


@pytest.mark.parametrize(("size", "suffix"), SIZES)
async def test_how_a_failed_run_and_an_undo_look(
    golden: Golden, size: tuple[int, int], suffix: str
) -> None:
    app = make_app(session(failed()))
    app._watch_run = RUN
    async with app.run_test(size=size) as pilot:
        await in_sight(pilot, "The run is over: FAILED")
        await pilot.press("enter")
        await in_sight(pilot, "Port 25 answers")
        await in_sight(pilot, "u Undo")
        golden(app, f"result-failed{suffix}")
    plan = replace(undo_plan(set_up_host(), "20251124-031400-1"), stays=("postfix: it stays.",))
    events: list[records.Event] = [
        records.StepStarted("back-main.cf"),
        records.StepFinished("back-main.cf", "done", 0.1, "", {}),
        records.RunFinished("done", ""),
    ]
    app = make_app(session(events, plan_made=plan, can_undo=False))
    app._watch_run = RUN
    async with app.run_test(size=size) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("enter")
        await in_sight(pilot, "is undone.")
        golden(app, f"result-undo{suffix}")
