"""Hand edits: found against what a run wrote, in conflict or not, and kept or written over."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.factories import FRESH, done_by
from tests.factories import ZEKE as ANSWERS
from wizard.answers.model import Answers
from wizard.answers.sections.blocklists import CustomBlocklist
from wizard.answers.toml import parse_answers
from wizard.host.facts import FileFacts, Host
from wizard.paths import MAIN_CF, MASTER_CF, RENEWAL_HOOK, SENDER_ACCESS
from wizard.plan import report
from wizard.plan.choices import MINE, PLANNED, Choices
from wizard.plan.model import FileChange, Plan
from wizard.plan.wire import plan_from_bytes, plan_to_bytes
from wizard.planning.build import build_plan
from wizard.planning.by_hand import Base, Bases, earlier
from wizard.postfix.main_cf import MainCf
from wizard.postfix.master_cf import MasterCf

MAIN, MASTER, SENDERS = (
    f"/etc/postfix/{name}" for name in ("main.cf", "master.cf", "sender_access")
)
SMALLER = replace(ANSWERS, limits=replace(ANSWERS.limits, message_size_limit=5_000_000))
ROWS = replace(ANSWERS, blocklists=replace(ANSWERS.blocklists, allow_senders=("good.example",)))
SIZE = b"message_size_limit = 10485760"
LOCAL = b"mydestination = $myhostname, localhost.$mydomain, localhost, $mydomain,"
Edit = Callable[[bytes], bytes]


def change_of(plan: Plan, path: str) -> FileChange:
    return next(one for one in plan.files if one.path == path)


def bases_of(plan: Plan, run: str = "one") -> Bases:
    """What a run of this plan wrote, as its own plan tells it."""
    return Bases(
        {
            one.path: Base(
                one.proposed, run, earlier(edit for edit in plan.edits if edit.path == one.path)
            )
            for one in plan.files
        }
    )


def set_up(answers: Answers = ANSWERS) -> tuple[Host, Bases]:
    """A host that a run has set up, and what the run wrote."""
    plan = build_plan(answers, FRESH)
    return done_by(plan, FRESH), bases_of(plan)


def edited(host: Host, path: str, edit: Edit) -> Host:
    """The host with a file changed by hand."""

    def of(file: FileFacts) -> FileFacts:
        if file.path != path:
            return file
        assert file.live is not None
        new = edit(file.live)
        assert new != file.live
        return replace(file, live=new)

    return replace(host, files={path: of(file) for path, file in host.files.items()})


def swap(old: bytes, new: bytes) -> Edit:
    return lambda text: text.replace(old, new)


def main_of(plan: Plan, name: str) -> str | None:
    return MainCf.parse(change_of(plan, MAIN).proposed).value(name)


@pytest.mark.promise(17)
def test_a_conflict_is_found_and_decided_both_ways() -> None:
    host, bases = set_up()
    host = edited(host, MAIN, swap(SIZE, b"message_size_limit = 20000000"))
    plan = build_plan(ANSWERS, host, (), bases)
    (edit,) = plan.undecided
    assert (edit.path, edit.name, edit.run) == (MAIN, "message_size_limit", "one")
    assert (edit.left, edit.now, edit.planned) == ("10485760", "20000000", "10485760")

    mine = build_plan(ANSWERS, host, (), bases, Choices(rest=MINE))
    assert not mine.undecided
    assert not mine.pending
    assert change_of(mine, MAIN).proposed == host.files[MAIN_CF].live
    assert mine.edits == (replace(edit, choice=MINE),)
    answers = parse_answers(mine.answers)
    assert isinstance(answers, Answers)
    assert answers.limits.message_size_limit == 20_000_000

    ours = build_plan(ANSWERS, host, (), bases, Choices(rest=PLANNED))
    assert change_of(ours, MAIN).proposed == bases.files[MAIN].text
    assert not ours.undecided
    assert ours.pending


@pytest.mark.promise(17)
def test_each_conflict_is_decided_by_itself_and_the_rest_goes_on() -> None:
    host, bases = set_up()
    host = edited(host, MAIN, swap(SIZE, b"message_size_limit = 20000000"))
    host = edited(host, MAIN, swap(b"smtpd_peername_lookup = no", b"smtpd_peername_lookup = yes"))
    fewer = replace(ANSWERS, limits=replace(ANSWERS.limits, default_process_limit=40))
    choices = Choices().but(MAIN, "message_size_limit", MINE)
    plan = build_plan(fewer, host, (), bases, choices)
    assert [one.name for one in plan.undecided] == ["smtpd_peername_lookup"]
    plan = build_plan(fewer, host, (), bases, choices.but(MAIN, "smtpd_peername_lookup", PLANNED))
    assert not plan.undecided
    assert main_of(plan, "message_size_limit") == "20000000"
    assert main_of(plan, "smtpd_peername_lookup") == "no"
    assert main_of(plan, "default_process_limit") == "40"
    assert plan_from_bytes(plan_to_bytes(plan)) == plan


def test_without_a_run_of_ours_nothing_is_a_conflict() -> None:
    host, _ = set_up()
    host = edited(host, MAIN, swap(SIZE, b"message_size_limit = 20000000"))
    plan = build_plan(ANSWERS, host)
    assert not plan.edits
    assert main_of(plan, "message_size_limit") == "10485760"


def test_where_a_run_cannot_be_read_it_is_said() -> None:
    host, _ = set_up()
    plan = build_plan(ANSWERS, host, (), Bases(unknown="run 7 cannot be read"))
    assert "run 7 cannot be read" in plan.warnings
    assert not plan.edits


NO_CONFLICT: tuple[tuple[str, str, Edit], ...] = (
    ("a foreign parameter", "relayhost", lambda text: text + b"relayhost = [mx.example]\n"),
    ("a comment", "", swap(b"# Anti-Abuse\n", b"# Anti-Abuse\n# mine: \xff\n")),
    ("no last newline", "", lambda text: text.rstrip(b"\n")),
    ("another shape", "", swap(SIZE, b"message_size_limit=10485760")),
    ("a second line that says the same", "", lambda text: text + SIZE + b"\n"),
    ("a list in other separators", "", swap(LOCAL, LOCAL.replace(b",", b"  "))),
)


@pytest.mark.parametrize(("what", "name", "edit"), NO_CONFLICT, ids=[one[0] for one in NO_CONFLICT])
def test_what_the_plan_does_not_touch_is_no_conflict(what: str, name: str, edit: Edit) -> None:
    """It stays to the byte, also where the section is changed."""
    del what
    host, bases = set_up()
    host = edited(host, MAIN, edit)
    plan = build_plan(ANSWERS, host, (), bases)
    assert not plan.undecided
    assert [one.name for one in plan.edits] == ([name] if name else [])
    assert change_of(plan, MAIN).proposed == host.files[MAIN_CF].live


def test_crlf_throughout_is_no_conflict() -> None:
    host, bases = set_up()
    host = edited(host, MAIN, swap(b"\n", b"\r\n"))
    plan = build_plan(ANSWERS, host, (), bases)
    assert not plan.edits
    assert change_of(plan, MAIN).proposed == host.files[MAIN_CF].live


def test_a_hand_edit_that_says_what_the_plan_says_is_no_conflict() -> None:
    host, bases = set_up()
    host = edited(host, MAIN, swap(SIZE, b"message_size_limit = 5000000"))
    plan = build_plan(SMALLER, host, (), bases)
    assert not plan.undecided
    assert main_of(plan, "message_size_limit") == "5000000"


HOSTILE: tuple[tuple[str, str, Edit, str | None], ...] = (
    ("deleted", "message_size_limit", swap(SIZE + b"\n", b""), None),
    ("commented out", "message_size_limit", swap(SIZE, b"#" + SIZE), None),
    ("emptied", "message_size_limit", swap(SIZE, b"message_size_limit ="), ""),
    (
        "set again at the end, which is the one that counts",
        "message_size_limit",
        lambda text: text + b"message_size_limit = 7\n",
        "7",
    ),
    (
        "set in another block as well",
        "anvil_rate_time_unit",
        swap(SIZE, SIZE + b"\nanvil_rate_time_unit = 90s"),
        "90s",
    ),
    (
        "no UTF-8, control characters, markup",
        "smtpd_banner",
        swap(b"$myhostname ESMTP $mail_name", b"[red]\xff\x1b]0;t\x07 \xe2\x80\xae"),
        "[red]\udcff\x1b]0;t\x07 \u202e",
    ),
)


@pytest.mark.parametrize(("what", "name", "edit", "now"), HOSTILE, ids=[one[0] for one in HOSTILE])
def test_hostile_edits(what: str, name: str, edit: Edit, now: str | None) -> None:
    """Each is a conflict of one parameter; kept, every byte stays; planned, ours counts."""
    del what
    host, bases = set_up()
    host = edited(host, MAIN, edit)
    plan = build_plan(ANSWERS, host, (), bases)
    (found,) = plan.undecided
    assert (found.name, found.now) == (name, now)
    told = "\n".join(report.notes(plan))
    assert name in told
    assert all(one.isprintable() or one == "\n" for one in told)
    assert "\udcff" not in json.dumps(report.as_json(plan), ensure_ascii=False)
    assert plan_from_bytes(plan_to_bytes(plan)) == plan
    mine = build_plan(ANSWERS, host, (), bases, Choices(rest=MINE))
    assert change_of(mine, MAIN).proposed == host.files[MAIN_CF].live
    ours = build_plan(ANSWERS, host, (), bases, Choices(rest=PLANNED))
    assert main_of(ours, name) == found.left


LISTS: tuple[tuple[str, Edit, tuple[str, ...], bool], ...] = (
    (
        "came, and the answers name it",
        swap(LOCAL, LOCAL + b" mine.example,"),
        ("mine.example",),
        False,
    ),
    ("came, and the answers do not", swap(LOCAL, LOCAL + b" mine.example,"), (), True),
    ("one went that no answer names", swap(LOCAL, LOCAL.replace(b" localhost,", b"")), (), False),
    ("one went that the answers name", swap(b"cafe.zeke.ne.jp, ", b""), (), True),
)


@pytest.mark.parametrize(
    ("what", "edit", "named", "conflict"), LISTS, ids=[one[0] for one in LISTS]
)
def test_a_list_is_in_conflict_only_where_an_item_is(
    what: str, edit: Edit, named: tuple[str, ...], *, conflict: bool
) -> None:
    """A name that comes by the plan beside what was done by hand is both."""
    del what
    host, bases = set_up()
    host = edited(host, MAIN, edit)
    names = (*ANSWERS.domains.local, *named, "new.zeke.ne.jp")
    more = replace(ANSWERS, domains=replace(ANSWERS.domains, local=names))
    plan = build_plan(more, host, ("domains",), bases)
    (found,) = plan.edits
    assert found.name == "mydestination"
    assert found.conflict is conflict
    value = main_of(plan, "mydestination")
    assert value is not None
    assert "new.zeke.ne.jp" in value
    if not conflict:
        # A later run knows whose item is whose.
        ((_, left),) = earlier(plan.edits)
        assert left is not None
        assert "new.zeke.ne.jp" in left
        assert "mine.example" not in left
        assert ", localhost," in left


def test_what_was_kept_or_not_touched_stays_the_operators_in_later_runs() -> None:
    """A run of another section leaves a file with the hand edit in it; it is none of the run's."""
    host, bases = set_up()
    host = edited(host, MAIN, swap(SIZE, b"message_size_limit = 20000000"))
    other = replace(ANSWERS, delivery=replace(ANSWERS.delivery, home_mailbox="Mail/"))
    between = build_plan(other, host, ("delivery",), bases)
    assert between.pending
    assert [(one.name, one.conflict) for one in between.edits] == [("message_size_limit", False)]
    after, later = done_by(between, host), bases_of(between, "two")
    plan = build_plan(other, after, (), later)
    (edit,) = plan.undecided
    assert (edit.left, edit.now) == ("10485760", "20000000")
    # Put right by hand, it is nobody's; written over, it is the run's again.
    back = edited(after, MAIN, swap(b"message_size_limit = 20000000", SIZE))
    assert not build_plan(other, back, (), later).edits
    ours = build_plan(other, after, (), later, Choices(rest=PLANNED))
    assert not earlier(ours.edits)


def test_a_service_entry_and_an_option_of_it() -> None:
    host, bases = set_up()
    relaxed = edited(
        host, MASTER, swap(b"smtpd_tls_security_level=encrypt", b"smtpd_tls_security_level=may")
    )
    plan = build_plan(ANSWERS, relaxed, (), bases)
    (edit,) = plan.undecided
    assert edit.name == "submission/inet/smtpd_tls_security_level"
    assert (edit.left, edit.now, edit.planned) == ("encrypt", "may", "encrypt")
    mine = build_plan(ANSWERS, relaxed, (), bases, Choices(rest=MINE))
    assert change_of(mine, MASTER).proposed == relaxed.files[MASTER_CF].live
    dropped = edited(host, MASTER, swap(b"  -o smtpd_tls_security_level=encrypt\n", b""))
    mine = build_plan(ANSWERS, dropped, (), bases, Choices(rest=MINE))
    assert change_of(mine, MASTER).proposed == dropped.files[MASTER_CF].live


def test_a_door_that_was_closed_by_hand_stays_closed_where_that_is_kept() -> None:
    host, bases = set_up()

    def close(text: bytes) -> bytes:
        head, _, tail = text.partition(b"\nsubmission inet")
        entry, _, rest = tail.partition(b"\nsmtps ")
        return head + b"\n#submission inet" + entry.replace(b"\n", b"\n#") + b"\nsmtps " + rest

    host = edited(host, MASTER, close)
    plan = build_plan(ANSWERS, host, (), bases)
    assert [(one.name, one.now) for one in plan.undecided] == [("submission/inet", None)]
    mine = build_plan(ANSWERS, host, (), bases, Choices(rest=MINE))
    assert change_of(mine, MASTER).proposed == host.files[MASTER_CF].live
    ours = build_plan(ANSWERS, host, (), bases, Choices(rest=PLANNED))
    assert MasterCf.parse(change_of(ours, MASTER).proposed).service("submission/inet")


@pytest.mark.parametrize(
    ("edit", "name", "allowed"),
    [
        (swap(b"good.example OK", b"good.example REJECT"), "good.example", ()),
        (swap(b"good.example OK\n", b""), "good.example", ()),
        (
            swap(b"good.example OK", b"good.example OK\nmine.example OK"),
            "mine.example",
            ("good.example", "mine.example"),
        ),
    ],
)
def test_rows_of_senders(edit: Edit, name: str, allowed: tuple[str, ...]) -> None:
    """Kept, the rows stay and the answers say so: a check would blame them else."""
    host, bases = set_up(ROWS)
    host = edited(host, SENDERS, edit)
    plan = build_plan(ROWS, host, (), bases)
    assert [one.name for one in plan.undecided] == [name]
    mine = build_plan(ROWS, host, (), bases, Choices(rest=MINE))
    assert change_of(mine, SENDERS).proposed == host.files[SENDER_ACCESS].live
    answers = parse_answers(mine.answers)
    assert isinstance(answers, Answers)
    assert answers.blocklists.allow_senders == allowed
    ours = build_plan(ROWS, host, (), bases, Choices(rest=PLANNED))
    assert change_of(ours, SENDERS).proposed == bases.files[SENDERS].text


def test_a_row_below_the_answers_part_is_no_conflict() -> None:
    host, bases = set_up(ROWS)
    host = edited(host, SENDERS, lambda text: text + b"mine.example REJECT\n")
    plan = build_plan(ROWS, host, (), bases)
    assert [(one.name, one.conflict) for one in plan.edits] == [("mine.example", False)]


def test_a_key_that_answers_spelled_out_once_is_no_hand_edit() -> None:
    """The run's own plan has it as it was spelled; a plan of other answers has it sealed."""
    custom = (CustomBlocklist("x7canary.zen.dq.spamhaus.net"),)
    keyed = replace(ANSWERS, blocklists=replace(ANSWERS.blocklists, custom=custom))
    host, bases = set_up(keyed)
    assert b"x7canary" in host.text(MAIN_CF)
    plan = build_plan(ANSWERS, host, (), bases)
    assert plan.edits == ()
    assert b"x7canary" not in change_of(plan, MAIN).proposed


def test_the_hook_is_one_thing() -> None:
    host, bases = set_up()
    host = edited(host, RENEWAL_HOOK, lambda text: text + b"systemctl reload dovecot\n")
    plan = build_plan(ANSWERS, host, ("policy",), bases)
    (edit,) = plan.undecided
    assert (edit.path, edit.name) == (RENEWAL_HOOK, "")
    assert "the whole file" in "\n".join(report.notes(plan))
    mine = build_plan(ANSWERS, host, ("policy",), bases, Choices(rest=MINE))
    assert "renewal-hook" not in {step.id for step in mine.pending}
    ours = build_plan(ANSWERS, host, ("policy",), bases, Choices(rest=PLANNED))
    assert "renewal-hook" in {step.id for step in ours.pending}


def test_the_diff_marks_lines_that_are_there_by_hand() -> None:
    """Comments too; the plan's own lines keep their own reasons."""
    host, bases = set_up()
    host = edited(host, MAIN, swap(b"# Anti-Abuse\n", b"# Anti-Abuse\n# a note of mine\n"))
    plan = build_plan(SMALLER, host, ("limits",), bases)
    lines = change_of(plan, MAIN).proposed.split(b"\n")
    reasons = change_of(plan, MAIN).reasons
    mine = [one for one in reasons if one.why.startswith("Yours: changed by hand since run one")]
    assert [lines[one.first_line - 1 : one.last_line] for one in mine] == [[b"# a note of mine"]]
    (ours,) = [one for one in reasons if one not in mine]
    assert lines[ours.first_line - 1] == b"message_size_limit = 5000000"


def test_an_answer_that_cannot_say_it_is_left_as_it_was() -> None:
    """`$x` is no size that an answer can have; the file keeps it all the same."""
    host, bases = set_up()
    host = edited(host, MAIN, swap(SIZE, b"message_size_limit = $x"))
    plan = build_plan(ANSWERS, host, (), bases, Choices(rest=MINE))
    assert main_of(plan, "message_size_limit") == "$x"
    answers = parse_answers(plan.answers)
    assert isinstance(answers, Answers)
    assert answers.limits.message_size_limit == ANSWERS.limits.message_size_limit


def test_what_the_staged_check_expects_follows_what_is_kept() -> None:
    host, bases = set_up()
    host = edited(host, MAIN, swap(SIZE, b"message_size_limit = 20000000"))
    fewer = replace(ANSWERS, limits=replace(ANSWERS.limits, default_process_limit=40))
    plan = build_plan(fewer, host, (), bases, Choices(rest=MINE))
    (staged,) = [step.action for step in plan.steps if step.id == "staged"]
    expected = dict(getattr(staged, "expected", ()))
    assert expected["message_size_limit"] == "20000000"
    assert expected["default_process_limit"] == "40"
