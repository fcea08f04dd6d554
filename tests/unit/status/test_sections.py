"""The list of sections: values, states and last changes, on facts and small runs alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional

import pytest

from tests.corpus import NAMES, host_of
from tests.factories import DAY, FRESH, NOW, ZEKE, done_by, lineage
from tests.unit.status.test_expected import absent
from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.answers.saved import with_saved
from wizard.answers.sections.dns import Dns
from wizard.host import facts
from wizard.host.facts import Host
from wizard.host.firewall_facts import Zone
from wizard.host.main_cf import own_parameters
from wizard.paths import DOVECOT_CONF, MAIN_CF, MASTER_CF, RENEWAL_HOOK, SENDER_ACCESS
from wizard.plan.actions import ReplaceFile
from wizard.plan.files import Past
from wizard.plan.model import FileChange, Plan, Step
from wizard.plan.undo_actions import PutBack
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back
from wizard.run.past_run import PastRun
from wizard.run.progress import Progress
from wizard.run.records import DONE, RunFinished
from wizard.sections.registry import BY_NAME
from wizard.status.drift import DriftItem, Now, items
from wizard.status.expected import ExpectedState, add
from wizard.status.history import Written
from wizard.status.issues import item_issue
from wizard.status.last_answers import last_answers
from wizard.status.sections import HAND, OTHER, RUN, UNKNOWN, SectionRow, section_rows

ALL = (*SECTIONS, POLICY)
UNUSED = {name: one.unused for name, one in BY_NAME.items() if one.unused is not None}
"""The sections that the example's answers leave alone, with their values."""
FIRST, SECOND, THIRD = (f"20261124-03150{number}-{number}" for number in (1, 2, 3))


def run(left: ExpectedState, name: str, plan: Plan) -> None:
    """Let a run do all of a plan, as its journal would tell."""
    intended: dict[str, dict[str, object]] = {}
    for step in plan.pending:
        if isinstance(step.action, ReplaceFile):
            path = step.action.file.path
            intended[step.id] = {"files": [{"path": path, "was": "file:x", "now": "file:y"}]}
    done = tuple(step.id for step in plan.pending)
    add(
        left,
        PastRun(
            name, plan, Progress(True, done, done, intended, finished=RunFinished(DONE, "")), absent
        ),
    )


@dataclass
class Server:
    """A host that the wizard has set up, and what becomes of it."""

    host: Host = FRESH
    left: ExpectedState = field(default_factory=ExpectedState)
    answers: Answers = ZEKE

    def apply(self, name: str, answers: Optional[Answers] = None, *sections: str) -> None:
        plan = build_plan(answers or self.answers, self.host, sections)
        run(self.left, name, plan)
        self.host = done_by(plan, self.host)
        parameters = own_parameters(self.host.text(MAIN_CF))
        self.host = replace(
            self.host, dovecot=facts.Dovecot(True, True), parameters=parameters, table=b""
        )

    def edit(self, old: bytes, new: bytes) -> None:
        live = self.host.text(MAIN_CF)
        assert old in live
        self.host = self.host.with_file(MAIN_CF, live=live.replace(old, new))

    def rows(self) -> dict[str, SectionRow]:
        today = read_back(self.host)
        paths = {path: mark.state for path, mark in self.left.paths.items()}
        if self.host.files[RENEWAL_HOOK].live is None:
            paths[RENEWAL_HOOK] = "missing"
        found = section_rows(
            self.host, today, self.left, items(self.left, Now(self.host, paths), None)
        )
        return {row.section: row for row in found}


@pytest.fixture(scope="module")
def set_up() -> Server:
    made = Server()
    made.apply(FIRST)
    return made


@pytest.fixture
def server(set_up: Server) -> Server:
    return deepcopy(set_up)


def states(rows: dict[str, SectionRow], but: Sequence[str] = ()) -> set[str]:
    return {row.state for name, row in rows.items() if name not in (*but, *UNUSED)}


def test_a_host_that_was_never_set_up_has_no_values() -> None:
    rows = Server().rows()
    assert list(rows) == list(ALL)
    assert {(row.value, row.state, row.by) for row in rows.values()} == {("", "not set up", OTHER)}


def test_what_a_run_set_up_is_as_planned_and_its_own(server: Server) -> None:
    rows = server.rows()
    assert {name: row.value for name, row in rows.items()} == {
        "hostname": "mail.zeke.ne.jp",
        "domains": "zeke.ne.jp and 3 more",
        "networks": "192.168.1.0/24 and 1 more",
        "certificate": "zeke.ne.jp, until 2027-03-16",
        "blocklists": "3 lists",
        "delivery": "lmtp:unix:private/dovecot-lmtp",
        "limits": "messages up to 10 MiB",
        **UNUSED,
        "policy": "14 of 14 lines as the wizard's",
    }
    assert states(rows) == {"as planned"}
    assert {rows[name].state for name in UNUSED} == {"not set up"}
    assert not any(row.why for row in rows.values())
    by = {(row.by, row.run) for name, row in rows.items() if name not in UNUSED}
    assert by == {(RUN, FIRST)}
    assert {rows[name].by for name in UNUSED} == {OTHER}


EDITS: dict[str, tuple[bytes, bytes, str]] = {
    "hostname": (b"myorigin = $myhostname", b"myorigin = $mydomain", "$mydomain"),
    "domains": (b"ace.zeke.ne.jp, ", b"", "cafe.zeke.ne.jp"),
    "networks": (b"192.168.1.0/24, ", b"192.168.1.0/24, 10.1.0.0/16, ", "10.1.0.0/16"),
    "certificate": (b"live/zeke.ne.jp/privkey", b"live/zeke.ne.jp/other", "other.pem"),
    "blocklists": (b"    reject_rbl_client bl.spamcop.net,\n", b"", "it was left"),
    "delivery": (
        b"recipient_delimiter = +",
        b"recipient_delimiter = -",
        "recipient_delimiter is -",
    ),
    "limits": (b"message_size_limit = 10485760", b"message_size_limit = 5", "limit is 5; it"),
    "policy": (
        b"disable_vrfy_command = yes",
        b"disable_vrfy_command = no",
        "is no; it was left yes",
    ),
}


@pytest.mark.parametrize("section", EDITS)
def test_a_hand_edit_is_told_of_its_own_section_alone(server: Server, section: str) -> None:
    old, new, words = EDITS[section]
    server.edit(old, new)
    rows = server.rows()
    # A key of another name makes it a pair of the operator's own, which is not there.
    state = "missing" if section == "certificate" else "changed by hand"
    assert (rows[section].state, rows[section].by, rows[section].run) == (
        state,
        HAND,
        "",
    )
    assert words in " ".join(rows[section].why)
    assert states(rows, (section,)) == {"as planned"}


def test_comments_and_blanks_are_no_change(server: Server) -> None:
    server.edit(b"disable_vrfy_command = yes", b"# mine\ndisable_vrfy_command =   yes")
    assert states(server.rows()) == {"as planned"}


def test_a_foreign_restriction_is_the_policys_and_not_the_blocklists(server: Server) -> None:
    server.edit(
        b"    permit_mynetworks,\n", b"    permit_mynetworks, check_policy_service unix:x,\n"
    )
    rows = server.rows()
    assert (rows["policy"].state, rows["blocklists"].state) == ("changed by hand", "as planned")


def test_a_parameter_that_is_gone_is_missing(server: Server) -> None:
    server.edit(b"message_size_limit = 10485760\n", b"")
    row = server.rows()["limits"]
    assert (row.state, row.by) == ("missing", HAND)
    assert row.why == ("message_size_limit is gone; it was left 10485760.",)


def test_a_service_entry_is_the_policys(server: Server) -> None:
    live = server.host.text(MASTER_CF)
    edited = live.replace(b"\nsmtps ", b"\n#smtps ", 1)
    assert edited != live
    server.host = server.host.with_file(MASTER_CF, live=edited)
    row = server.rows()["policy"]
    assert row.state == "missing"
    assert any(why.startswith("master.cf, smtps/inet is gone") for why in row.why)


@pytest.mark.promise(29)
def test_another_spelling_of_a_list_is_as_planned(server: Server) -> None:
    server.edit(b"192.168.1.0/24, 127.0.0.0/8", b"192.168.1.0/24 127.0.0.0/8")
    server.edit(b"localhost.$mydomain, ", b"LOCALHOST.${mydomain}, ")
    rows = server.rows()
    assert {rows[name].state for name in ("domains", "networks")} == {"as planned"}


def test_a_section_that_another_run_left_alone_stays_changed_by_hand(server: Server) -> None:
    """And the run that it belongs to is still told of the others."""
    server.edit(b"message_size_limit = 10485760", b"message_size_limit = 5")
    today = read_back(server.host)
    assert today is not None
    wanted = replace(today, delivery=replace(today.delivery, recipient_delimiter="_"))
    server.apply(SECOND, wanted, "delivery")
    rows = server.rows()
    assert (rows["limits"].state, rows["limits"].by) == ("changed by hand", HAND)
    assert (rows["delivery"].state, rows["delivery"].run) == ("as planned", SECOND)
    assert rows["hostname"].run == FIRST


def test_a_hand_edit_that_a_run_of_the_section_kept_is_planned_and_of_a_hand(
    server: Server,
) -> None:
    server.edit(b"message_size_limit = 10485760", b"message_size_limit = 5")
    today = read_back(server.host)
    assert today is not None
    server.apply(SECOND, today, "limits")
    row = server.rows()["limits"]
    assert (row.state, row.by, row.run) == ("as planned", HAND, "")


def test_what_was_taken_back_counts_from_then_on(server: Server) -> None:
    live = server.host.text(MAIN_CF)
    other = replace(server.answers, limits=replace(server.answers.limits, message_size_limit=7))
    server.apply(SECOND, other)
    change = FileChange(MAIN_CF, None, server.host.files[MAIN_CF].live, live)
    past = PutBack((Past(change.path, "file:x", "file:y"),))
    plan = Plan("", (), (Step("back", "", "", past),), (change,), undoes=SECOND)
    terms: dict[str, dict[str, object]] = {
        "back": {"files": [{"path": change.path, "was": "file:y", "now": "file:x"}]}
    }
    over = RunFinished(DONE, "")
    add(
        server.left,
        PastRun(THIRD, plan, Progress(True, ("back",), ("back",), terms, finished=over), absent),
    )
    server.host = server.host.with_file(MAIN_CF, live=live)
    rows = server.rows()
    assert states(rows) == {"as planned"}
    assert (rows["limits"].run, rows["delivery"].run) == (THIRD, FIRST)


def taken_back(server: Server, run_id: str, undo_id: str, live: bytes) -> None:
    """Let an undo put main.cf back to `live`."""
    path = MAIN_CF
    change = FileChange(path, None, server.host.files[MAIN_CF].live, live)
    past = PutBack((Past(path, "file:x", "file:y"),))
    plan = Plan("", (), (Step("back", "", "", past),), (change,), undoes=run_id)
    terms: dict[str, dict[str, object]] = {
        "back": {"files": [{"path": path, "was": "file:y", "now": "file:x"}]}
    }
    over = RunFinished(DONE, "")
    add(
        server.left,
        PastRun(undo_id, plan, Progress(True, ("back",), ("back",), terms, finished=over), absent),
    )
    server.host = server.host.with_file(MAIN_CF, live=live)


@pytest.mark.promise(29)
@pytest.mark.parametrize("section", [one for one in EDITS if one != "certificate"])
def test_a_hand_edit_that_an_undo_put_back_is_one_still(server: Server, section: str) -> None:
    """It was written over by choice, and that run was taken back."""
    server.edit(*EDITS[section][:2])
    by_hand = server.host.text(MAIN_CF)
    server.apply(SECOND)
    assert server.rows()[section].state == "as planned"
    taken_back(server, SECOND, THIRD, by_hand)
    rows = server.rows()
    assert (rows[section].state, rows[section].by) == ("changed by hand", HAND)
    assert states(rows, (section,)) == {"as planned"}
    today = read_back(server.host)
    assert today is not None
    if section in SECTIONS:
        assert last_answers(server.host, today, server.left) == server.answers


def test_a_run_that_cannot_be_read_leaves_nothing_known(server: Server) -> None:
    server.left.written.append(Written(SECOND, why="The journal is damaged"))
    rows = server.rows()
    assert states(rows) == {"not known"}
    assert f"run {SECOND} cannot be read" in rows["limits"].why[0]
    assert {row.by for row in rows.values()} == {UNKNOWN}


OPEN = frozenset({"ssh", "smtp", "smtps"})
ILL: dict[str, tuple[Callable[[Host], Host], str, str, str]] = {
    "a closed service": (
        lambda host: replace(
            host,
            firewall=replace(host.firewall, zones=(Zone("public", OPEN, OPEN),)),
        ),
        "networks",
        "missing",
        "smtp-submission",
    ),
    "a lineage that is gone": (
        lambda host: replace(host, lineages=()),
        "certificate",
        "missing",
        "live/zeke.ne.jp",
    ),
    "a lineage with a problem": (
        lambda host: replace(host, lineages=(replace(host.lineages[0], problem="key of another"),)),
        "certificate",
        "unhealthy",
        "key of another",
    ),
    "a certificate near its end": (
        lambda host: replace(
            host,
            lineages=(
                replace(host.lineages[0], not_before=NOW - 80 * DAY, not_after=NOW + 2 * DAY),
            ),
        ),
        "certificate",
        "unhealthy",
        "2 days",
    ),
    "flat links": (
        lambda host: replace(host, lineages=(lineage(),)),
        "certificate",
        "unhealthy",
        "a file in place of a link",
    ),
    "no table": (lambda host: replace(host, table=None), "blocklists", "missing", "postmap hash:"),
    "rows that the table lacks": (
        lambda host: host.with_file(SENDER_ACCESS, live=b"a.jp OK\n"),
        "blocklists",
        "unhealthy",
        "a.jp: no row instead of OK",
    ),
    "no socket of Dovecot's": (
        lambda host: replace(host, dovecot=facts.Dovecot(True, False)),
        "delivery",
        "waits",
        "private/dovecot-lmtp",
    ),
    "no hook": (
        lambda host: host.with_file(RENEWAL_HOOK, live=None),
        "policy",
        "missing",
        "renewal-hooks",
    ),
    "a stopped Postfix": (
        lambda host: replace(host, unit=facts.Unit("enabled", "failed")),
        "policy",
        "unhealthy",
        "failed",
    ),
    "a main.cf that Postfix refuses": (
        lambda host: replace(
            host, postfix=replace(host.postfix, stderr=("postconf: fatal: bad numeric",))
        ),
        "policy",
        "unhealthy",
        "bad numeric",
    ),
}


@pytest.mark.parametrize("known", [True, False], ids=["after a run", "set up by hand"])
@pytest.mark.parametrize("fault", ILL)
def test_what_is_missing_or_ill_is_told_of_its_section(
    server: Server, fault: str, *, known: bool
) -> None:
    """Whoever set the host up."""
    damage, section, state, words = ILL[fault]
    server.host = damage(server.host)
    if not known:
        server.left = ExpectedState()
    row = server.rows()[section]
    assert row.state == state
    assert words in " ".join(row.why)


def test_a_host_that_no_run_ever_touched_is_as_found(server: Server) -> None:
    server.left = ExpectedState()
    rows = server.rows()
    assert states(rows) == {"as found"}
    assert {(row.by, row.run) for row in rows.values()} == {(OTHER, "")}


@pytest.mark.parametrize("name", NAMES)
def test_configurations_by_other_hands_have_a_row_a_section(name: str, tmp_path: Path) -> None:
    host = host_of(name, tmp_path / "root")
    rows = section_rows(host, read_back(host), ExpectedState(), ())
    assert [row.section for row in rows] == list(ALL)
    assert all(row.value for row in rows)
    assert not {row.state for row in rows} & {"as planned", "changed by hand", "not known"}


def test_a_value_that_no_answer_can_express_is_shown_as_it_stands(server: Server) -> None:
    server.edit(b"message_size_limit = 10485760", b"message_size_limit = $other")
    server.edit(b"mynetworks = 192.168.1.0/24, ", b"mynetworks = cidr:/etc/postfix/net, ")
    rows = server.rows()
    assert rows["limits"].value == "messages up to $other"
    assert rows["networks"].value == "cidr:/etc/postfix/net and 1 more"


def test_keys_of_blocklists_are_in_no_row(server: Server) -> None:
    server.edit(b"bl.spamcop.net", b"canary0123456789.zen.dq.spamhaus.net")
    assert "canary" not in repr(server.rows())


@pytest.mark.parametrize("section", [one for one in EDITS if one not in (POLICY, "certificate")])
def test_the_answers_that_were_left_are_known_after_a_change_by_hand(
    server: Server, section: str
) -> None:
    """And after a run of another section that kept it."""
    before = read_back(server.host)
    assert before is not None
    server.edit(*EDITS[section][:2])
    for other in ("", "delivery" if section != "delivery" else "limits"):
        today = read_back(server.host)
        assert today is not None
        if other:
            server.apply(SECOND, today, other)
        assert getattr(today, section) != getattr(before, section)
        assert last_answers(server.host, today, server.left) == before


def test_what_only_the_saved_answers_know_is_kept(server: Server) -> None:
    """And nothing of what the host says is taken from them."""
    saved = replace(
        server.answers,
        dns=Dns("/var/named/zeke.ne.jp.zone"),
        certificate=replace(server.answers.certificate, source="remote", host="root@old.example"),
        limits=replace(server.answers.limits, message_size_limit=7),
    )
    today = read_back(server.host)
    assert today is not None
    both = with_saved(today, saved)
    assert both.dns == saved.dns
    assert both.certificate == saved.certificate
    assert both.limits == today.limits
    elsewhere = replace(today, certificate=replace(today.certificate, name="other.example"))
    assert with_saved(elsewhere, saved).certificate.source == "letsencrypt"


@pytest.mark.parametrize("enabled", ["disabled", "masked"])
def test_a_dovecot_that_does_not_run_waits_also_if_it_is_masked(
    server: Server, enabled: str
) -> None:
    unit = facts.Unit(enabled, "inactive")
    dovecot = facts.Dovecot(version="2.3.16", unit=unit)
    server.host = replace(server.host, dovecot=dovecot)
    rows = server.rows()
    assert (rows["dovecot"].state, rows["delivery"].state) == ("waits", "waits")
    assert ("masked" in rows["dovecot"].why[0]) == (enabled == "masked")


def test_a_masked_dovecot_to_which_nothing_is_delivered_is_as_planned(server: Server) -> None:
    server.edit(b"mailbox_transport = lmtp:unix:private/dovecot-lmtp", b"mailbox_transport = cyrus")
    masked = facts.Dovecot(version="2.3.16", unit=facts.Unit("masked", "inactive"))
    server.host = replace(server.host, dovecot=masked)
    assert server.rows()["dovecot"].state == "as planned"


def test_a_certificate_for_another_name_than_the_servers_is_unhealthy(server: Server) -> None:
    assert server.rows()["certificate"].state == "as planned"
    one = replace(server.host.lineages[0], names=("mail.example.jp",))
    server.host = replace(server.host, lineages=(one,))
    row = server.rows()["certificate"]
    assert row.state == "unhealthy"
    assert row.why == ("zeke.ne.jp is not for mail.zeke.ne.jp: its names are mail.example.jp.",)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"unit": facts.Unit("enabled", "failed")}, "does not run (failed)"),
        ({"unit": facts.Unit("enabled", "active"), "waiting": 3}, "3 in the queue wait"),
    ],
)
def test_mail_that_waits_for_dovecot_is_told(
    server: Server, changes: dict[str, Any], word: str
) -> None:
    there = facts.Dovecot(version="2.3.16", settings={"ssl": "yes"})
    server.host = replace(server.host, dovecot=replace(there, **changes))
    row = server.rows()["dovecot"]
    assert row.state == "waits"
    assert word in row.why[0]


@pytest.mark.parametrize(
    ("item", "section", "state"),
    [
        (
            DriftItem(f"path.{DOVECOT_CONF}", "", "", "changed", True),
            "dovecot",
            "changed by hand",
        ),
        (DriftItem(f"path.{DOVECOT_CONF}", "", "", "gone", True), "dovecot", "missing"),
        (DriftItem("firewall.public.imaps", "", "open", "closed", True), "dovecot", "missing"),
        (DriftItem("firewall.public.smtps", "", "open", "closed", True), "networks", "missing"),
    ],
)
def test_what_drifted_of_dovecots_part(item: DriftItem, section: str, state: str) -> None:
    found = item_issue(item)
    assert found is not None
    assert (found[0], found[1].state) == (section, state)
