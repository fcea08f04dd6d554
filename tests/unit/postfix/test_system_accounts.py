"""Mail for system accounts: whose it is, the table, its place in the list, and the whole plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories import FRESH, ZEKE, done_by
from wizard.answers.model import Answers
from wizard.answers.sections.aliases import SYSTEM_ACCOUNTS, Aliases
from wizard.answers.sections.hostname import Hostname
from wizard.answers.toml import parse_answers
from wizard.door import Door
from wizard.host import facts
from wizard.host.facts import Dovecot, Host
from wizard.host.system_accounts import read_system_accounts
from wizard.paths import ALIASES, MAIN_CF
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back
from wizard.postfix.aliases import propose_aliases
from wizard.postfix.proposal import Proposal
from wizard.postfix.sender_access import rows_by_key
from wizard.postfix.system_accounts import (
    Outdated,
    accounts,
    outdated,
    propose_list,
    propose_table,
)

DOMAINS = ("zeke.ne.jp", "localhost")
PASSWD = """root:x:0:0::/root:/bin/bash
sshd:x:74:74::/run/sshd:/sbin/nologin
daemon:x:2:2::/sbin:/sbin/nologin
chrony:x:991:991::/var/lib/chrony:/sbin/nologin
vmail:x:5000:5000::/srv/vmail:/sbin/nologin
boxed:x:600:600::/srv/boxed:/sbin/nologin
spooled:x:601:601::/:/sbin/nologin
forwards:x:602:602::/srv/forwards:/sbin/nologin
taro:x:1000:1000::/home/taro:/bin/bash
nobody:x:65534:65534::/:/sbin/nologin
broken:x:7
"""
ON = replace(ZEKE, aliases=Aliases("taro", "root"))
OFF = replace(ZEKE, aliases=Aliases("taro"))
STOCK = b"postmaster: root\nabuse: root\ndaemon: root\n"


def test_who_is_a_system_account(tmp_path: Path) -> None:
    """Not people, not root, and nobody who has a mailbox."""
    for name in ("etc", "srv/boxed/Maildir", "srv/forwards", "var/spool/mail"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "srv/forwards/.forward").write_text("|/usr/bin/archive\n")
    (tmp_path / "etc/passwd").write_text(PASSWD)
    (tmp_path / "var/spool/mail/spooled").write_text("")
    door = Door(tmp_path)
    assert read_system_accounts(door, Dovecot()) == ("sshd", "daemon", "chrony", "nobody")
    low = Dovecot(settings={"first_valid_uid": "500"})
    assert read_system_accounts(door, low) == ("sshd", "daemon", "nobody")
    # That of the one owner of virtual mailboxes makes no system accounts of people.
    high = Dovecot(settings={"first_valid_uid": "5000"})
    assert read_system_accounts(door, high) == ("sshd", "daemon", "chrony", "nobody")
    assert read_system_accounts(Door(tmp_path / "none"), low) == ()


def test_an_alias_of_the_operators_leaves_an_account_alone() -> None:
    found = accounts(("root", "sshd", "daemon", "news", "b@d"), STOCK, None)
    assert (found.aliased, found.refused) == (("sshd", "news"), ("sshd",))
    # A later run knows its own alias by the table, and no other.
    table = propose_table(None, found.refused, DOMAINS).text
    again = accounts(("sshd", "daemon"), STOCK + b"sshd: root\n", table)
    assert again.aliased == ("sshd",)
    other = accounts(("sshd",), STOCK + b"sshd: hana\n", table)
    assert other.aliased == ()


def test_the_table_has_each_domain_and_what_is_protected_stays() -> None:
    text = propose_table(None, ("sshd",), DOMAINS).text
    assert [*rows_by_key(text)] == ["sshd@zeke.ne.jp", "sshd@localhost"]
    own = text.replace(b"sshd@localhost 550", b"sshd@localhost 450")
    kept = propose_table(own, ("sshd",), DOMAINS, {"sshd@localhost"}).text
    assert rows_by_key(kept)["sshd@localhost"].startswith("450")
    with pytest.raises(ValueError, match="more than 20000 rows"):
        propose_table(None, tuple(f"u{at}" for at in range(10_001)), DOMAINS)


LISTS = {
    "permit_mynetworks, reject_unauth_destination": (
        "permit_mynetworks, reject_unauth_destination, "
        "check_recipient_access hash:/etc/postfix/system_accounts"
    ),
    "permit_mynetworks,\n  defer_unauth_destination,\n  reject_rbl_client x.example": (
        "permit_mynetworks, defer_unauth_destination, "
        "check_recipient_access hash:/etc/postfix/system_accounts, reject_rbl_client x.example"
    ),
}


@pytest.mark.parametrize("listed", LISTS)
def test_its_place_is_behind_the_rule_against_relaying(listed: str) -> None:
    text = f"a = b\nsmtpd_recipient_restrictions = {listed}\n# x\n".encode()
    proposal = propose_list(Proposal(text), "hash", refuses=True)
    ((_, value),) = proposal.expected
    assert (
        ", ".join(value.replace(",", " ").split())
        .replace("check_recipient_access, ", "check_recipient_access ")
        .replace("reject_rbl_client, ", "reject_rbl_client ")
        == LISTS[listed]
    )
    assert propose_list(proposal, "hash", refuses=True) is proposal
    assert propose_list(Proposal(proposal.text), "hash", refuses=False).text == text


def test_a_list_without_that_rule_stays_and_is_named() -> None:
    text = b"smtpd_recipient_restrictions = permit_mynetworks\n"
    proposal = propose_list(Proposal(text), "hash", refuses=True)
    assert proposal.text == text
    assert "put `check_recipient_access hash:" in proposal.warnings[0]


def test_it_needs_a_reader() -> None:
    problems = parse_answers(
        '[hostname]\nmyhostname = "mail.zeke.ne.jp"\n[aliases]\nsystem = "root"\n'
    )
    assert not isinstance(problems, Answers)
    (problem,) = [one for one in problems if one.section == "aliases"]
    assert "needs a reader of root's mail" in problem.message


def host(*names: str) -> Host:
    there = replace(
        FRESH,
        aliases=facts.Aliases("hash"),
        users=(facts.User("taro", 1000),),
        system_accounts=names,
    )
    return there.with_file(ALIASES, live=STOCK)


def plan_of(answers: Answers, on: Host) -> Plan:
    return build_plan(answers, on, ("aliases",))


def test_the_plan_names_them_and_takes_them_back() -> None:
    before = done_by(build_plan(OFF, host("sshd", "news")), host("sshd", "news"))
    plan = plan_of(ON, before)
    assert plan.obstacles == ()
    assert any("strangers for sshd is refused" in one for one in plan.warnings)
    assert any("news gets an alias to root and is not refused" in one for one in plan.warnings)
    after = done_by(plan, before)
    assert b"sshd: root" in after.text(ALIASES)
    assert b"check_recipient_access hash:/etc/postfix/system_accounts" in after.text(MAIN_CF)
    assert "sshd@zeke.ne.jp" in rows_by_key(after.text(SYSTEM_ACCOUNTS))
    today = read_back(after)
    assert today
    assert today.aliases == Aliases("taro", "root")
    again = plan_of(ON, after)
    changed = [one.path for one in again.files if one.live != one.proposed]
    assert changed == []
    # A plan of all sections keeps it, and one of another section too.
    for sections in ((), ("blocklists",)):
        assert done_by(build_plan(ON, after, sections), after).text(MAIN_CF) == after.text(MAIN_CF)
    off = done_by(plan_of(OFF, after), after)
    assert off.text(MAIN_CF) == before.text(MAIN_CF)


def test_nobody_is_no_person_for_a_later_run() -> None:
    before = replace(host("sshd", "nobody"), users=(facts.User("nobody", 65534),))
    after = done_by(plan_of(ON, before), before)
    assert b"\nnobody: root\n" in after.text(ALIASES)
    again = plan_of(ON, after)
    assert not any(one.live != one.proposed for one in again.files)
    assert not any("is a person now" in one for one in again.warnings)


def test_another_domain_of_this_server_keeps_them() -> None:
    there = host("sshd")
    after = done_by(plan_of(ON, there), there)
    moved = replace(ON, hostname=Hostname("mail.new.example", "new.example"))
    keys = rows_by_key(done_by(build_plan(moved, after), after).text(SYSTEM_ACCOUNTS))
    assert {"sshd@new.example", "sshd@mail.new.example"} <= keys.keys()


def test_a_person_with_the_name_of_a_former_account() -> None:
    after = done_by(plan_of(ON, host("sshd", "git")), host("sshd", "git"))
    person = replace(after, system_accounts=("sshd",), users=(facts.User("git", 1001),))
    plan = plan_of(ON, person)
    assert any("git was a system account and is a person now" in one for one in plan.warnings)
    mended = done_by(plan, person)
    assert "git@zeke.ne.jp" not in rows_by_key(mended.text(SYSTEM_ACCOUNTS))
    assert b"\n#git: root\n" in mended.text(ALIASES)
    assert b"\nsshd: root\n" in mended.text(ALIASES)
    assert not any(one.live != one.proposed for one in plan_of(ON, mended).files)
    # An account again: the comment is the example of its row.
    again = replace(mended, system_accounts=("sshd", "git"), users=())
    assert done_by(plan_of(ON, again), again).text(ALIASES) == after.text(ALIASES)
    # A row of the operator's own for a person stays, with another target or without a run of ours.
    for text in (STOCK + b"git: root, hana\n", STOCK + b"git: hana\n", STOCK + b"git:\n root\n"):
        own = person.with_file(ALIASES, live=text)
        assert done_by(plan_of(ON, own), own).text(ALIASES).count(text[len(STOCK) :]) == 1
    own = person.with_file(SYSTEM_ACCOUNTS, live=None)
    assert b"\ngit: root\n" in done_by(plan_of(ON, own), own).text(ALIASES)
    table = after.text(SYSTEM_ACCOUNTS)
    assert outdated(["Git"], STOCK + b"git: root\n", table) == Outdated(("git",), ("git",))
    assert outdated(["taro"], STOCK + b"git: hana\n", table) == Outdated(("git",), ())
    assert outdated(["taro"], STOCK + b"git: root\n", table) == Outdated((), ())


def test_the_example_of_another_name_stays_an_example() -> None:
    text = propose_aliases(b"#a-b: x\nroot: taro\n", "taro", accounts=("a.b",)).text
    assert text.startswith(b"#a-b: x\nroot: taro\n")
    assert b"\na.b: root\n" in text


def test_answers_that_leave_them_alone_change_nothing() -> None:
    there = host("sshd")
    assert done_by(build_plan(OFF, there), there).files[SYSTEM_ACCOUNTS].live is None
    assert b"sshd" not in done_by(build_plan(OFF, there), there).text(ALIASES)
    assert b"system_accounts" not in done_by(build_plan(OFF, there), there).text(MAIN_CF)
