"""The result: one sentence, groups that open, and after a run that ended early the state of mail."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Callable, Sequence

import pytest
from textual.app import App

from screens.desk import Wish
from screens.findings import Shown, ago, groups, section_of, sentence, who, whole
from screens.messages import Finished
from screens.outcome import ended_early, message, ways
from screens.progress import Progress
from screens.undo_limits import LIMITS
from tests.screens.picture import picture
from tests.screens.pilots import in_sight, opened
from tests.screens.standin import (
    CAUTION,
    FINDINGS,
    RUN,
    StandIn,
    answers,
    fresh_host,
    happy_events,
    make_app,
    make_plan,
    set_up_host,
    undo_plan,
)
from wizard.errors import Trouble
from wizard.finding import Cure, Edit, Finding
from wizard.run import records
from wizard.run.ways_on import RESUMES, RESUMES_REPAIRED
from wizard.status.mail_state import DOWN, MailState

SPF = Finding(
    "dns.spf",
    "zeke.ne.jp TXT (SPF)",
    "v=spf1 -all, which does not allow 203.0.113.25, the address that mail leaves by",
    "v=spf1 mx -all",
    "wrong",
    'Add `zeke.ne.jp. IN TXT "v=spf1 mx -all"` to the zone.',
    fatal=False,
)
RELAY = Finding("smtp.25.relay", "25: relaying", "250", "refused", "wrong", "Do this.")
TAKEN = Finding("smtp.25.users", "25: mail for people", "3 accepted", "accepted", "right")
INSIDE = "The mail server is right from inside; not seen from outside."
BOTH = "The mail server takes mail and is right from inside; not seen from outside."
UNSEEN = "Whether the mail server takes mail was not seen."
CAUSE = "While installing packages: No match for argument: postfix. Look at the repositories."


def finding(id: str, verdict: str, follows: str = "") -> Finding:  # noqa: A002 - its name there
    return Finding(id, f"subject {id}", "seen", "expected", verdict, "advice", follows=follows)


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


@pytest.mark.parametrize(
    ("findings", "first", "look", "rest"),
    [
        (FINDINGS[:2], "Nothing to repair", "right", f". {INSIDE}"),
        ((*FINDINGS[:2], SPF), "1 thing to repair", "wrong", f". {INSIDE}"),
        ((SPF,), "1 thing to repair", "wrong", f". {UNSEEN}"),
        ((RELAY, SPF), "2 things to repair", "wrong", ". The mail server is not right."),
        (
            (RELAY, TAKEN),
            "1 thing to repair",
            "wrong",
            ". The mail server takes mail, and something on it is wrong.",
        ),
        (
            (TAKEN, FINDINGS[3]),
            "1 thing to look at",
            "caution",
            ". The mail server takes mail; not seen from outside.",
        ),
        (
            (*FINDINGS, TAKEN, SPF),
            "1 thing to repair",
            "wrong",
            f", 1 waiting for Dovecot, 1 to look at. {BOTH}",
        ),
        (FINDINGS[2:3], "1 thing waiting for Dovecot", "value", f". {UNSEEN}"),
    ],
)
def test_the_sentence_begins_with_the_worst(
    findings: tuple[Finding, ...], first: str, look: str, rest: str
) -> None:
    assert sentence(groups(findings)) == (first, look, rest)


def test_what_was_not_observed_is_not_said() -> None:
    """A stranger who was not tried leaves "right from inside"; a session that was not seen does not."""
    untold = [finding(f"path.{number}", "unknown") for number in range(60)]
    assert sentence(groups(untold)) == ("60 things not known", "", f". {UNSEEN}")
    stranger = finding("smtp.25.stranger", "unknown")
    seen = (*FINDINGS[:2], stranger)
    assert sentence(groups(seen)) == ("1 thing not known", "", f". {INSIDE}")
    cut_off = (*seen, finding("smtp.587.tls", "unknown"))
    assert sentence(groups(cut_off)) == ("2 things not known", "", f". {UNSEEN}")
    taken = (*FINDINGS[:2], replace(stranger, verdict="right"))
    assert "takes mail and is right" in sentence(groups(taken))[2]


def test_what_follows_is_below_its_cause_and_in_the_group_of_the_worst() -> None:
    cause, effect = finding("main.cf", "warning"), finding("smtp.25.auth", "wrong", "main.cf")
    lost = finding("path.ours", "wrong", "not.there")
    first, *others = groups((effect, cause, lost))
    assert first.key == "repair"
    assert [(one.finding, one.consequences) for one in first.shown] == [
        (cause, (effect,)),
        (lost, ()),
    ]
    assert not others
    assert first.shown[0].line.endswith(" (and 1 more)")
    assert any("subject smtp.25.auth" in text for text, _ in whole(first.shown[0]))


def test_a_fault_of_dovecot_is_not_hidden_by_what_waits() -> None:
    lmtp = finding("delivery.lmtp", "wrong")
    assert [one.key for one in groups((lmtp, FINDINGS[2]))] == ["repair", "waiting"]


@pytest.mark.parametrize(
    ("id_", "cure", "words"),
    [
        ("dns.spf", Cure(), "the owner of the DNS zone"),
        ("dns.spf", Cure((("rndc", "reload"),)), "root, on this server"),
        ("dns.ptr.203.0.113.25", Cure(), "the provider that gave the address"),
        ("outbound.25", Cure(), "the provider"),
        ("delivery.lmtp", Cure(), ""),
        ("dns.resolver", Cure(), ""),
        ("smtp.25.relay", Cure(reason="only the operator knows"), ""),
        ("smtp.25.relay", Cure((("postconf", "-X", "x"),)), "root, on this server"),
    ],
)
def test_who_can_repair_it(id_: str, cure: Cure, words: str) -> None:
    said = who(replace(finding(id_, "wrong"), cure=cure))
    assert said.startswith(words)
    assert bool(said) == bool(words)
    assert not who(finding(id_, "right"))


def test_the_whole_finding_has_its_cure() -> None:
    cure = Cure((("postconf", "-X", "a b"),), (Edit("/etc/x", "old", "new"),))
    (group,) = groups([replace(RELAY, cure=cure)])
    texts = [text for text, _ in whole(group.shown[0])]
    assert texts.index("old") < texts.index("new") < texts.index("postconf -X 'a b'")
    assert "In /etc/x replace:" in texts


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "just now"), (130, "2 minutes ago"), (3700, "1 hour ago"), (2e5, "2 days ago")],
)
def test_the_age(seconds: float, said: str) -> None:
    assert ago(seconds) == said


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


@pytest.mark.parametrize(
    ("outcome", "can_undo", "said"),
    [
        ("failed", False, "Repair that, then press g to continue. Enter"),
        ("stopped", False, "Press g to continue. Enter"),
        ("died", True, "Press g to continue, or u to undo what was done. Enter"),
    ],
)
def test_only_a_failure_is_to_be_repaired(outcome: str, can_undo: bool, said: str) -> None:
    cause = "Why. `postfix-wizard resume` goes on."
    over = Finished(RUN, outcome, f"{cause}\n{RESUMES}", (), make_plan(fresh_host()), steps=4)
    keys = ways(over, can_undo=can_undo, can_read_again=True)
    assert keys.startswith(said)
    texts = [row.text + row.tail for row in ended_early(over, None, keys, 80)]
    assert "Why. g goes on." in texts
    back = replace(over, outcome="failed", has_returned=True)
    assert "press g" not in ways(back, can_undo=False, can_read_again=False)
    assert message(back) == over.message


@pytest.mark.parametrize(
    ("done", "failed_step", "line"),
    [
        (2, "Talk to it", "FAILED in step 3 of 4: Talk to it. 1 step is left."),
        (3, "Talk to it", "FAILED in step 4 of 4: Talk to it. It was the last step."),
        (3, "", "FAILED. 1 step is left."),
        (4, "", "FAILED. All its steps are done."),
    ],
)
def test_the_steps_that_are_left_are_said_in_words(done: int, failed_step: str, line: str) -> None:
    titles = tuple(map(str, range(done)))
    plan = make_plan(fresh_host())
    over = Finished(RUN, "failed", "", (), plan, titles, 4, failed_step, done + 1)
    assert line in [row.text + row.tail for row in ended_early(over, None, "", 80)]


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


@pytest.mark.parametrize(
    ("id_", "section"),
    [
        ("dns.a", "hostname"),
        ("dns.ptr.192.0.2.1", "hostname"),
        ("dns.mx.local", "domains"),
        ("dns.spf", ""),
        ("networks.trusted", "networks"),
        ("smtp.25.relay", "networks"),
        ("certificate.expiry", "certificate"),
        ("blocklist.zen.own", "blocklists"),
        ("aliases.postmaster", "aliases"),
        ("dovecot.auth", "dovecot"),
        ("queue.space", ""),
    ],
)
def test_which_section_a_finding_is_about(id_: str, section: str) -> None:
    assert section_of(finding(id_, "wrong")) == section
    said = [text for text, _ in whole(Shown(finding(id_, "wrong")))]
    assert (f"Where it is set: section {section}." in said) == bool(section)


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
