"""What runs left, from the journals of small runs; and the judgement of it, on facts alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.factories import DAY, FRESH, NOW, lineage
from wizard.host import facts
from wizard.host.firewall_facts import CLOSED, OPEN, Firewall, Zone
from wizard.paths import ALIASES
from wizard.plan.actions import BuildTable, ReplaceFile, Service
from wizard.plan.certificate_actions import Lay, Relink
from wizard.plan.files import LaidFile, NewFile, Past
from wizard.plan.model import Action, FileChange, Plan, Step
from wizard.plan.undo_actions import PutBack
from wizard.run.past_run import PastRun
from wizard.run.progress import Progress
from wizard.run.records import Returning
from wizard.status.drift import Now, items
from wizard.status.expected import ExpectedState, Mark, add

FILE = "/etc/postfix/main.cf"
NEW = NewFile(FILE, b"new\n", None)


def absent(_path: str) -> str:
    """Return the state of a path on a host that has none of them."""
    return "missing"


def left_by(*runs: tuple[Mapping[str, Action], dict[str, dict[str, Any]]]) -> ExpectedState:
    """Return what runs of these actions and terms left, all done; one that puts back, the run before."""
    left = ExpectedState()
    for number, (actions, terms) in enumerate(runs):
        steps = tuple(Step(name, name, "", action) for name, action in actions.items())
        is_undo = any(isinstance(action, PutBack) for action in actions.values())
        undoes = str(number - 1) if is_undo else ""
        plan = Plan("", (), steps, (FileChange(FILE, None, None, b"new\n"),), undoes=undoes)
        add(
            left,
            PastRun(
                str(number), plan, Progress(True, tuple(terms), tuple(terms), dict(terms)), absent
            ),
        )
    return left


def files(path: str, was: str, now: str) -> dict[str, Any]:
    return {"files": [{"path": path, "was": was, "now": now}]}


WRITTEN = ({"main.cf": ReplaceFile(NEW)}, {"main.cf": files(FILE, "file:a", "file:b")})
PAST = PutBack((Past(FILE, "file:a", "file:b"),))
TAKEN_BACK = ({"back-main.cf": PAST}, {"back-main.cf": files(FILE, "file:b", "file:a")})


def test_the_later_run_counts() -> None:
    assert left_by(WRITTEN).paths == {FILE: Mark("file:b", "0")}
    assert left_by(WRITTEN, WRITTEN).paths == {FILE: Mark("file:b", "1")}
    assert left_by(WRITTEN, TAKEN_BACK, WRITTEN).newest == "2"


@pytest.mark.promise(29)
def test_what_was_put_back_is_not_what_a_run_wrote() -> None:
    """The run before counts again, so a change by hand from between the two is one still."""
    assert left_by(WRITTEN, TAKEN_BACK).paths == {}
    earlier = ({"main.cf": ReplaceFile(NEW)}, {"main.cf": files(FILE, "file:0", "file:1")})
    left = left_by(earlier, WRITTEN, TAKEN_BACK)
    assert left.paths == {FILE: Mark("file:1", "0")}
    assert left.texts == {FILE: b"new\n"}


def test_a_run_that_returned_wrote_nothing() -> None:
    """Its steps back are in its own journal."""
    left = ExpectedState()
    back = Step("back-main.cf", "", "", PAST)
    plan = Plan("", (), (Step("main.cf", "", "", WRITTEN[0]["main.cf"]),), ())
    terms: dict[str, dict[str, object]] = {**WRITTEN[1], **TAKEN_BACK[1]}
    returning = Returning("why", (back,))
    add(
        left,
        PastRun(
            "0",
            plan,
            Progress(True, tuple(terms), tuple(terms), terms, returning=returning),
            absent,
        ),
    )
    assert left.paths == {}


def test_a_step_that_never_ended_promises_no_unit_and_no_service() -> None:
    """The unit of a run that was cut off in `start` is not said to have run."""
    left = ExpectedState()
    plan = Plan("", (), (Step("service", "", "", Service("start", "postfix", "x")),), ())
    terms: dict[str, dict[str, object]] = {"service": {"unit": "postfix", "was": "inactive"}}
    add(left, PastRun("0", plan, Progress(True, (), ("service",), terms), absent))
    assert left.active is None


def test_tables_and_links_are_judged_by_what_they_say() -> None:
    """Their bytes change with a postmap by hand, or with a renewal."""
    table = BuildTable("hash", "/etc/postfix/sender_access", ())
    notes = "/etc/letsencrypt/renewal/zeke.ne.jp.conf"
    lay = Lay("it", "/tree", (LaidFile(notes, "missing", "x"),))
    live = "/etc/letsencrypt/live/zeke.ne.jp/cert.pem"
    left = left_by(
        (
            {"lay": lay, "table": table, "links": Relink("zeke.ne.jp", ())},
            {
                "lay": files(notes, "missing", "file:x"),
                "table": files("/etc/postfix/sender_access.db", "missing", "file:x"),
                "links": files(live, "file:y", "link:z"),
            },
        )
    )
    assert not left.paths
    assert (list(left.tables), list(left.lineages)) == (
        ["/etc/postfix/sender_access"],
        ["zeke.ne.jp"],
    )


@pytest.mark.parametrize(
    ("permanent", "runtime", "mark", "drifted"),
    [
        ({"smtp"}, {"smtp"}, OPEN, False),
        ({"smtp"}, set(), OPEN, True),
        (set(), {"smtp"}, OPEN, True),
        (set(), set(), CLOSED, False),
        ({"smtp"}, {"smtp"}, CLOSED, True),
    ],
)
def test_the_firewall(permanent: set[str], runtime: set[str], mark: str, *, drifted: bool) -> None:
    """A service counts as open only for good and at once."""
    zone = Zone("public", frozenset(permanent), frozenset(runtime))
    host = replace(FRESH, firewall=Firewall("running", "public", (zone,)), lineages=())
    left = ExpectedState(services={("public", "smtp"): Mark(mark, "0")})
    (item,) = items(left, Now(host, {}), None)
    assert item.drifted is drifted


@pytest.mark.parametrize(
    ("state", "said"),
    [("stopped", "is stopped"), ("absent", "is absent"), ("unknown", "does not answer")],
)
def test_a_firewall_that_does_not_run_is_drift(state: str, said: str) -> None:
    """Nothing can be said to be open as it was left."""
    left = ExpectedState(services={("public", "smtp"): Mark(OPEN, "0")})
    host = replace(FRESH, firewall=Firewall(state), lineages=())
    (item,) = items(left, Now(host, {}), None)
    assert item.drifted
    assert item.now == f"not known: firewalld {said}"


@pytest.mark.parametrize(
    ("state", "service", "advice"),
    [
        ("running", "smtp", "`postfix-wizard apply --section networks`"),
        ("running", "imaps", "`postfix-wizard apply --section dovecot`"),
        ("stopped", "smtp", "`systemctl start firewalld`"),
    ],
)
def test_the_advice_on_the_firewall_names_what_opens_the_service(
    state: str, service: str, advice: str
) -> None:
    """The section networks never opens imaps, and no run opens a stopped firewalld."""
    zone = Zone("public", frozenset(), frozenset())
    host = replace(FRESH, firewall=Firewall(state, "public", (zone,)), lineages=())
    left = ExpectedState(services={("public", service): Mark(OPEN, "0")})
    (item,) = items(left, Now(host, {}), None)
    assert re.findall(r"`[^`]+`", item.advice) == [advice]


@pytest.mark.parametrize(
    ("served", "changes", "advice"),
    [
        ("zeke.ne.jp", {}, "apply --section certificate"),
        ("other.example", {}, "ln -sfn ../../archive/zeke.ne.jp/cert1.pem"),
        ("zeke.ne.jp", {"problem": "no key"}, "from a backup"),
        ("zeke.ne.jp", {"number": None}, "from a backup"),
    ],
)
def test_the_advice_on_links_is_what_makes_them_again(
    served: str, changes: dict[str, Any], advice: str
) -> None:
    """A run repairs the links of the lineage that it plans, and of no unusable one."""
    parameters = {"smtpd_tls_cert_file": f"/etc/letsencrypt/live/{served}/fullchain.pem"}
    host = replace(FRESH, lineages=(lineage(**changes),), parameters=parameters)
    left = ExpectedState(lineages={"zeke.ne.jp": Mark("linked", "0")})
    item = next(one for one in items(left, Now(host, {}), None) if one.id == "links.zeke.ne.jp")
    assert item.drifted
    assert advice in item.advice
    assert ("apply --section" in item.advice) == advice.startswith("apply")


def test_the_advice_on_the_end_of_a_certificate_renews_that_one() -> None:
    ended: dict[str, Any] = {"not_before": NOW - 30 * DAY, "not_after": NOW - DAY}
    file = "/etc/letsencrypt/live/zeke.ne.jp/fullchain.pem"
    host = replace(FRESH, lineages=(lineage(**ended),), parameters={"smtpd_tls_cert_file": file})
    (item,) = items(ExpectedState(), Now(host, {}), None)
    assert item.advice == "Renew it: `certbot renew`."


def test_a_systemd_that_does_not_answer_says_nothing_of_the_unit() -> None:
    left = ExpectedState(active=Mark("active", "0"))
    host = replace(FRESH, unit=facts.Unit("enabled", "unknown"), lineages=())
    (item,) = items(left, Now(host, {}), None)
    assert (item.now, item.advice) == ("not known: systemd does not answer", "")


@pytest.mark.parametrize(("days", "drifted"), [(60, False), (4, False), (3, True), (-1, True)])
def test_days_of_the_certificate(days: int, *, drifted: bool) -> None:
    """A tenth of the lifetime is the least."""
    one = lineage(not_before=NOW - 30 * DAY, not_after=NOW + days * DAY)
    file = "/etc/letsencrypt/live/zeke.ne.jp/fullchain.pem"
    host = replace(FRESH, lineages=(one,), parameters={"smtpd_tls_cert_file": file})
    (item,) = items(ExpectedState(), Now(host, {}), None)
    assert item.drifted is drifted


def test_a_changed_file_is_shown_as_a_diff() -> None:
    """What an administrator wants to see first."""
    left = left_by(WRITTEN)
    host = replace(FRESH, lineages=())
    (item,) = items(left, Now(host, {FILE: "file:c"}, {FILE: b"new\nmine\x1b[31m\n"}), None)
    assert item.diff[-1] == "+mine\x1b[31m"
    assert item.drifted


def test_a_table_that_could_not_be_asked_has_not_drifted() -> None:
    left = ExpectedState(tables={ALIASES: Mark("hash", "0")})
    aliases = replace(FRESH.aliases, why_no_rows="no answer within 60 s")
    (found,) = (
        one
        for one in items(left, Now(replace(FRESH, aliases=aliases), {}), None)
        if one.id == f"table.{ALIASES}"
    )
    assert (found.now, found.drifted) == ("not known: no answer within 60 s", False)
