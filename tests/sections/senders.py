"""A change of the section `senders`, and who may write which sender: rows, edits, plans, checks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

import pytest

from tests.factories import FRESH, ZEKE, done_by, pending
from tests.sections import Case
from wizard.answers.build import check_section
from wizard.answers.model import Answers, local_domains
from wizard.answers.sections.aliases import Aliases
from wizard.answers.sections.hardening import Hardening
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.senders import SENDER_LOGIN, Senders
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG
from wizard.host import facts
from wizard.host.facts import Host, User
from wizard.paths import ALIASES, MAIN_CF, MASTER_CF
from wizard.plan.actions import BuildTable
from wizard.plan.choices import Choices
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.planning.by_hand import Base, Bases
from wizard.planning.read_back import read_back
from wizard.postfix.sender_access import rows_by_key
from wizard.postfix.settings import Settings
from wizard.sections.senders import owners as owners_module
from wizard.sections.senders.check import judge_senders
from wizard.sections.senders.owners import Owners, owners_of
from wizard.sections.senders.table import BEGIN, END, own_rows, propose_table

CASE = Case(
    # A host whose users are in no /etc/passwd has nobody else.
    {"use": "on", "logins": ("taro",)},
    moves=frozenset({"smtpd_sender_login_maps"}),
    files=(MAIN_CF, MASTER_CF),
)

MAPS = "smtpd_sender_login_maps"
OURS = "$default_database_type:/etc/postfix/sender_login"
ITEM = b"smtpd_recipient_restrictions=reject_sender_login_mismatch,permit_sasl_authenticated,reject"
DOMAINS = ("zeke.ne.jp",)
USERS = (
    User("root", 0),
    User("apache", 48),
    User("taro", 1000),
    User("hana", 1001),
    User("nobody", 65534),
)
TARO, HANA = "taro, taro@zeke.ne.jp", "hana, hana@zeke.ne.jp"
ROWS_OF_ALL = {"hana": HANA, "taro": TARO}


def rows_of(aliases: bytes, *logins: str, users: tuple[User, ...] = USERS) -> dict[str, str]:
    return owners_of(users, aliases, logins, DOMAINS).rows


# Who owns what.


def test_people_own_their_names_and_system_users_none() -> None:
    assert rows_of(b"") == ROWS_OF_ALL


@pytest.mark.parametrize(
    ("aliases", "senders"),
    [
        (b"info: taro\n", {"info": TARO}),
        (b"info: taro, hana\n", {"info": f"{HANA}, {TARO}"}),
        (b"postmaster: root\nroot: taro\n", {"postmaster": TARO, "root": TARO}),
        (b"a: b\nb: a, taro\n", {"a": TARO, "b": TARO}),
        (b"a: b\nb: a\n", {}),
        (b"info: taro@zeke.ne.jp\n", {"info": TARO}),
        (b"info: taro@elsewhere.example\n", {}),
        (b"info: taro+info\n", {"info": TARO}),
        (b'info: "taro"\n', {"info": TARO}),
        (b"info: \\taro\n", {"info": TARO}),
        (b"Info: TARO\n", {"info": TARO}),
        (b'pipe: "|/usr/bin/prog taro"\nfile: /taro\nlist: :include:/taro\n', {}),
        (b"apache: root\n", {}),
        (b"hana: hana, taro\ninfo: hana\n", {"hana": f"{HANA}, {TARO}", "info": f"{HANA}, {TARO}"}),
        (b"hana: taro\ninfo: hana\n", {"hana": f"{HANA}, {TARO}", "info": TARO}),
        (b'"two words": taro\n-o: taro\n', {}),
    ],
)
def test_an_alias_is_owned_by_whom_it_leads_to(aliases: bytes, senders: dict[str, str]) -> None:
    assert rows_of(aliases) == {**ROWS_OF_ALL, **senders}


@pytest.mark.parametrize(
    ("login", "row"),
    [
        ("yamada", {"yamada": "yamada, yamada@zeke.ne.jp"}),
        ("Yamada@ZEKE.ne.jp", {"yamada": "yamada, yamada@zeke.ne.jp"}),
        ("k@virtual.example", {"k@virtual.example": "k@virtual.example"}),
        ("taro", {}),
    ],
)
def test_another_login_has_a_row(login: str, row: dict[str, str]) -> None:
    assert rows_of(b"", login) == {**ROWS_OF_ALL, **row}


def test_an_alias_leads_to_a_login_that_passwd_lacks() -> None:
    rows = rows_of(b"sales: yamada\nshop: k@virtual.example\n", "yamada", "k@virtual.example")
    assert rows["sales"] == "yamada, yamada@zeke.ne.jp"
    assert rows["shop"] == "k@virtual.example"


BAD_NAMES = (
    *("-taro", "pc1$", "ta ro", "taro\x1b[2J", "taro\n", "$mydomain", "taro,hana", "a:b", "#x", ""),
    *("taro\x00", "\udcff", "太郎", "taro@", "@zeke.ne.jp", "a" * 65),
)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_cannot_be_a_login_is_in_no_row(name: str) -> None:
    found = owners_of((*USERS, User(name, 1002)), b"", (name,), DOMAINS)
    assert found == Owners(ROWS_OF_ALL, ("taro", "hana"), (name,))
    _, problems = check_section("senders", {"use": "on", "logins": [name]})
    assert not name or [one.name for one in problems] == ["logins"]


def test_upper_case_is_the_same_login() -> None:
    assert rows_of(b"", users=(User("Taro", 1000),)) == {"taro": TARO}


def test_too_many_pairs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners_module, "MAX_WORDS", 6)
    rows_of(b"info: taro\n")
    with pytest.raises(ValueError, match="more than 3 pairs"):
        rows_of(b"info: taro\nsales: taro\n")


def test_of_many_domains_the_first_are_spelled() -> None:
    domains = tuple(f"d{number}.example" for number in range(60))
    found = owners_of(USERS, b"info: taro@d59.example\n", (), domains).rows
    assert found["info"] == found["taro"]
    assert found["taro"].count("@") == owners_module.MAX_DOMAINS


# The table's text.

WANTED = {"hana": "hana", "info": "taro", "taro": "taro"}
PART = f"{BEGIN}\nhana hana\ninfo taro\ntaro taro\n{END}\n".encode()
OWN = "# 営業\nsales@zeke.ne.jp\n  hana,\n  taro\n\xff".encode("latin-1", "replace")


def test_a_new_table() -> None:
    text = propose_table(None, WANTED).text
    assert text.endswith(PART)
    assert rows_by_key(text) == WANTED
    assert propose_table(text, WANTED).text == text


@pytest.mark.parametrize(
    "own",
    [
        b"# mine\nsales@zeke.ne.jp\n  hana,\n  taro\n",
        b"sales@zeke.ne.jp hana",
        b"# \xff\xfe\r\nsales@zeke.ne.jp hana\r\n",
        b"malformed\n",
        b"\n\n",
    ],
)
def test_rows_of_the_operator_stay_to_the_byte(own: bytes) -> None:
    text = propose_table(own, WANTED).text
    assert text.startswith(own)
    assert {**rows_by_key(own), **WANTED} == rows_by_key(text)
    behind = text + own
    changed = propose_table(behind, {"taro": "taro"}).text
    assert changed.startswith(own)
    assert changed.endswith(own)
    assert own_rows(changed) == {"taro": "taro"}


def test_a_row_of_the_operator_counts_instead_of_ours() -> None:
    proposal = propose_table(b"INFO hana\n" + PART, WANTED)
    assert proposal.text == b"INFO hana\n" + PART.replace(b"info taro\n", b"")
    assert "rows of your own for info" in proposal.warnings[0]


def test_rows_follow_the_users_and_comments_stay() -> None:
    live = PART.replace(b"info taro\n", b"# a word\ngone gone\ninfo hana,\n  taro\n")
    proposal = propose_table(live, {**WANTED, "new": "new"})
    assert proposal.text == PART.replace(b"info taro\n", b"# a word\ninfo taro\n").replace(
        END.encode(), b"new new\n" + END.encode()
    )
    assert {one.why for one in proposal.reasons}


def test_another_order_of_logins_is_no_change() -> None:
    live = PART.replace(b"info taro", b"info Taro ,hana")
    assert propose_table(live, {**WANTED, "info": "hana, taro"}).text == live


def test_protected_rows_stay_also_those_that_were_removed() -> None:
    live = PART.replace(b"info taro\n", b"").replace(b"hana hana", b"hana nobody")
    kept = propose_table(live, WANTED, protected=frozenset({"info", "hana"}))
    assert kept.text == live
    assert propose_table(live, WANTED).text == PART.replace(b"info taro\n", b"").replace(
        END.encode(), b"info taro\n" + END.encode()
    )


def test_a_line_that_continues_our_last_row_is_the_operators() -> None:
    live = PART + b"  hana\n"
    text = propose_table(live, {"info": "taro"}).text
    assert text.startswith(live)
    assert rows_by_key(text)["taro"].split() == ["taro", "hana"]
    assert rows_by_key(text)["info"] == "taro"


@pytest.mark.parametrize("value", ["a\nb", "a\x00", "a\x1b[0m"])
def test_a_row_of_two_lines_is_never_written(value: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        propose_table(None, {"taro": value})


# Plans.


def host(**changes: Any) -> Host:
    made = replace(FRESH, users=USERS, aliases=facts.Aliases("hash"))
    return replace(made.with_file(ALIASES, live=b"info: taro\n"), **changes)


ON = replace(ZEKE, senders=Senders("on"))


def text(plan: Plan, path: str) -> bytes:
    return next((one.proposed for one in plan.files if one.path == path), b"")


def applied(plan: Plan, before: Host) -> Host:
    """The host after the plan, with the tables that it built."""
    built = [one.action for one in plan.steps if isinstance(one.action, BuildTable)]
    dumps = {
        one.path: "".join(f"{key}\t{value}\n" for key, value in one.rows).encode() for one in built
    }
    return replace(done_by(plan, before), tables={SENDER_LOGIN: dumps.get(SENDER_LOGIN)})


def test_on_writes_the_table_before_main_cf_and_the_item_in_both_lists() -> None:
    plan = build_plan(ON, host())
    ids = pending(plan)
    assert ids.index("sender_login") < ids.index("sender_login-table") < ids.index("main.cf")
    assert f"{MAPS} = {OURS}\n".encode() in text(plan, MAIN_CF)
    assert text(plan, MASTER_CF).count(ITEM) == 2
    assert {"taro", "hana", "info"} == set(own_rows(text(plan, SENDER_LOGIN)))
    assert plan.obstacles == ()
    assert any("The From line, which DKIM signs" in one for one in plan.warnings)


def test_answers_without_the_section_change_nothing() -> None:
    plan = build_plan(ZEKE, host())
    assert MAPS.encode() not in text(plan, MAIN_CF)
    assert ITEM not in text(plan, MASTER_CF)
    assert SENDER_LOGIN not in [one.path for one in plan.files]


def test_the_reader_of_root_that_the_same_plan_writes_owns_what_leads_to_root() -> None:
    plan = build_plan(replace(ON, aliases=Aliases("hana")), host())
    rows = own_rows(text(plan, SENDER_LOGIN))
    assert rows["root"] == rows["postmaster"] == rows["abuse"] == rows["hana"]
    elsewhere = build_plan(replace(ON, aliases=Aliases("hana")), host(), ("senders",))
    assert "root" not in own_rows(text(elsewhere, SENDER_LOGIN))


def test_aliases_that_postfix_does_not_read_own_nothing() -> None:
    plan = build_plan(ON, host(aliases=facts.Aliases("")))
    assert "info" not in own_rows(text(plan, SENDER_LOGIN))


def test_a_second_run_has_nothing_to_do_and_a_new_user_gets_a_row() -> None:
    after = applied(build_plan(ON, host()), host())
    today = read_back(after)
    assert today is not None
    assert today.senders == Senders("on")
    assert "sender_login" not in pending(build_plan(ON, after))
    assert pending(build_plan(today, after, ("senders",))) == []
    later = replace(after, users=(*USERS, User("jiro", 1002)))
    assert pending(build_plan(today, later, ("senders",))) == [
        "sender_login",
        "sender_login-table",
        "check",
    ]


def test_a_table_that_is_missing_is_built_again() -> None:
    after = replace(applied(build_plan(ON, host()), host()), tables={SENDER_LOGIN: None})
    assert "sender_login-table" in pending(build_plan(ON, after, ("senders",)))


def test_only_a_run_of_the_section_switches_it_off() -> None:
    after = applied(build_plan(ON, host()), host())
    today = read_back(after)
    assert today is not None
    whole = build_plan(ZEKE, after)
    assert f"{MAPS} = {OURS}".encode() in text(whole, MAIN_CF)
    assert text(whole, MASTER_CF).count(ITEM) == 2
    assert SENDER_LOGIN not in [one.path for one in whole.files]
    assert not any("`rm " in one for one in whole.warnings)
    off = build_plan(replace(today, senders=Senders()), after, ("senders",))
    assert MAPS.encode() not in text(off, MAIN_CF)
    assert ITEM not in text(off, MASTER_CF)
    without = applied(build_plan(ZEKE, host()), host())
    assert (text(off, MAIN_CF), text(off, MASTER_CF)) == (
        without.text(MAIN_CF),
        without.text(MASTER_CF),
    )
    assert any("`rm /etc/postfix/sender_login*`" in one for one in off.warnings)


@pytest.mark.parametrize("hardening", ["off", "on"])
@pytest.mark.parametrize("maps", ["ldap:/etc/postfix/owners.cf", f"btree:{SENDER_LOGIN}"])
def test_a_table_of_another_hand_is_left_alone(maps: str, hardening: str) -> None:
    line = f"{MAPS} = {maps}\n".encode()
    before = applied(build_plan(replace(ZEKE, hardening=Hardening(hardening)), host()), host())
    before = before.with_file(MAIN_CF, live=before.text(MAIN_CF) + line)
    today = read_back(before)
    assert today is not None
    plan = build_plan(replace(today, senders=Senders("on")), before, ("senders",))
    assert pending(plan) == []
    assert any("another table, which stays" in one for one in plan.warnings)
    whole = build_plan(replace(today, senders=Senders("on")), before)
    assert line in text(whole, MAIN_CF)
    # Hardening uses the operator's own table, as without this section.
    assert text(whole, MASTER_CF).count(ITEM) == (2 if hardening == "on" else 0)
    assert SENDER_LOGIN not in [one.path for one in whole.files]


def test_both_sections_write_the_item_once_and_either_keeps_it() -> None:
    both = replace(ON, hardening=Hardening("on"))
    plan = build_plan(both, host())
    assert text(plan, MASTER_CF).count(b"reject_sender_login_mismatch") == 2
    assert not any("is left out on 587 and 465" in one for one in plan.warnings)
    after = applied(plan, host())
    today = read_back(after)
    assert today is not None
    without = build_plan(replace(today, hardening=Hardening()), after, ("hardening",))
    assert text(without, MASTER_CF).count(ITEM) == 2
    # The table goes, so hardening has none to compare with: with the item nobody could send.
    neither = build_plan(replace(today, senders=Senders()), after, ("senders",))
    assert ITEM not in text(neither, MASTER_CF)


def test_tables_of_the_operator_beside_ours_stay() -> None:
    after = applied(build_plan(ON, host()), host())
    two = f"{MAPS} = {OURS}, ldap:/etc/postfix/owners.cf".encode()
    one = f"{MAPS} = {OURS}".encode()
    after = after.with_file(MAIN_CF, live=after.text(MAIN_CF).replace(one, two))
    plan = build_plan(ON, after, ("senders",))
    assert plan.warnings == ()
    assert two in text(plan, MAIN_CF)


def test_a_list_of_the_operator_that_compares_already_is_right() -> None:
    own = b"permit_mynetworks,reject_authenticated_sender_login_mismatch,permit_sasl_authenticated"
    master = b"submission inet n - n - - smtpd\n  -o smtpd_recipient_restrictions="
    before = host().with_file(MAIN_CF, live=b"myhostname = mail.zeke.ne.jp\n", from_package=False)
    for item, words in (
        (own.partition(b",")[2], False),
        (own, True),
        (b"permit_sasl_authenticated,reject_sender_login_mismatch", True),
    ):
        there = before.with_file(MASTER_CF, live=master + item + b"\n", from_package=False)
        plan = build_plan(ON, there, ("senders",))
        assert text(plan, MASTER_CF) == master + item + b"\n"
        found = [one for one in plan.warnings if "put reject_sender_login_mismatch before" in one]
        assert bool(found) == words, item


def edited(live: bytes, plan: Plan, mine: bool = True) -> Plan:
    """The plan after a run, and an edit of the table by hand that the operator keeps, or not."""
    after = applied(plan, host())
    bases = Bases({SENDER_LOGIN: Base(text(plan, SENDER_LOGIN), "20261130-1")})
    choices = Choices(rest="mine" if mine else "planned")
    return build_plan(ON, after.with_file(SENDER_LOGIN, live=live), ("senders",), bases, choices)


def test_a_hand_edit_is_found_shown_and_kept() -> None:
    plan = build_plan(ON, host())
    live = text(plan, SENDER_LOGIN).replace(b"\ninfo taro", b"\ninfo hana, taro")
    assert live != text(plan, SENDER_LOGIN)
    kept = edited(live, plan)
    assert [(one.name, one.conflict) for one in kept.edits] == [("info", True)]
    assert text(kept, SENDER_LOGIN) == live
    assert text(edited(live, plan, mine=False), SENDER_LOGIN) == text(plan, SENDER_LOGIN)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (host().with_file(SENDER_LOGIN, why="it is a directory"), "it is a directory"),
        (host().with_file(SENDER_LOGIN, live=b"", is_link=True), "is a link"),
        (host().with_file(SENDER_LOGIN, live=b"", links=2), "is a link"),
        (host().with_file(SENDER_LOGIN, live=b"t\0a\0"), "NUL bytes"),
        (host().with_file(SENDER_LOGIN, live=b"\n" * 50_001), "more than 50000 lines"),
        (host().with_file(ALIASES, why="permission denied"), "its aliases are senders"),
        (host(users=USERS[:2]), "no user of its own"),
    ],
    ids=("unread", "link", "hard link", "NUL", "long", "aliases", "nobody"),
)
def test_a_table_that_cannot_be_made_is_an_obstacle(before: Host, words: str) -> None:
    plan = build_plan(ON, before)
    assert any(one.section == "senders" and words in one.message for one in plan.obstacles)
    assert "sender_login" not in pending(plan)
    assert not any(one.section == "senders" for one in build_plan(ZEKE, before).obstacles)


def test_users_of_a_directory_must_be_accepted_or_named() -> None:
    there = host(units={"sssd.service": facts.Unit("enabled", "active")})
    found = [one for one in build_plan(ON, there).cautions if one.name == "senders-directory"]
    assert [one.values for one in found] == [("sssd",)]
    named = replace(ZEKE, senders=Senders("on", ("yamada",)))
    for answers, before in ((named, there), (ON, applied(build_plan(ON, host()), there))):
        assert not any(
            one.name == "senders-directory" for one in build_plan(answers, before).cautions
        )


def test_addresses_of_virtual_domains_are_said() -> None:
    live = FRESH.text(MAIN_CF) + b"virtual_alias_maps = hash:/etc/postfix/virtual\n"
    plan = build_plan(ON, host().with_file(MAIN_CF, live=live))
    assert any("virtual_alias_maps is set" in one for one in plan.warnings)


# Checks.

EXAMPLE = Answers(Hostname("mail.zeke.ne.jp", "zeke.ne.jp"), senders=Senders("on"))
PASSWD = "root:x:0:0::/:\ntaro:x:1000:1000::/:\n"
TEXT = propose_table(
    None,
    owners_of((User("taro", 1000),), b"info: taro\n", (), local_domains(EXAMPLE)).rows,
).text


def judged(
    root: Path,
    *,
    maps: Optional[str] = OURS,
    table: Optional[bytes] = TEXT,
    passwd: str = PASSWD,
    aliases: bytes = b"info: taro\n",
    item: bytes = ITEM,
    more: Optional[dict[str, str]] = None,
    answers: Answers = EXAMPLE,
) -> dict[str, tuple[str, str]]:
    (root / "etc/postfix").mkdir(parents=True)
    (root / "etc/passwd").write_text(passwd)
    (root / "etc/aliases").write_bytes(aliases)
    (root / "etc/postfix/master.cf").write_bytes(b"465 inet n - n - - smtpd\n  -o " + item + b"\n")
    if table is not None:
        (root / "etc/postfix/sender_login").write_bytes(table)
    own = {
        "alias_maps": "hash:/etc/aliases",
        **({} if maps is None else {MAPS: maps}),
        **(more or {}),
    }
    found = judge_senders(Door(root), Settings(own), answers)
    return {one.id: (one.verdict, one.seen + one.advice) for one in found}


def test_a_right_table_and_what_only_a_login_shows(tmp_path: Path) -> None:
    found = judged(tmp_path)
    assert {name: one[0] for name, one in found.items()} == {
        "senders.table": RIGHT,
        "senders.ports": RIGHT,
        "senders.refused": UNKNOWN,
    }
    assert "check --user NAME" in found["senders.refused"][1]


def test_off_says_nothing(tmp_path: Path) -> None:
    assert judged(tmp_path, answers=replace(EXAMPLE, senders=Senders())) == {}


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({"passwd": f"{PASSWD}jiro:x:1001:1001::/:\n"}, WARNING, "no row for the users jiro"),
        ({"aliases": b"info: taro\nnew: taro\n"}, WARNING, "no row for the aliases new"),
        ({"aliases": b""}, WARNING, "other logins now for info"),
        ({"passwd": "root:x:0:0::/:\n"}, WARNING, "other logins now for info, taro"),
        ({"table": b"taro taro\ninfo taro\n"}, WARNING, "comment lines are gone"),
        ({"table": None}, WRONG, "is missing"),
        ({"maps": None}, WARNING, "is not set"),
        ({"maps": "ldap:/x"}, WARNING, "= ldap:/x: the wizard's table is not in use"),
    ],
    ids=("user", "alias", "no alias", "no user", "foreign file", "no file", "no maps", "another"),
)
def test_what_the_table_lacks(
    tmp_path: Path, changes: dict[str, Any], verdict: str, words: str
) -> None:
    found = judged(tmp_path, **changes)["senders.table"]
    assert (found[0], words in found[1]) == (verdict, True), found
    assert "postfix-wizard apply --section senders" in found[1]


LISTS = "reject_sender_login_mismatch, permit_sasl_authenticated, reject"


@pytest.mark.parametrize(
    ("item", "more"),
    [
        (b"smtpd_recipient_restrictions=$mua_recipient", {"mua_recipient": LISTS}),
        (b"smtpd_sender_restrictions=reject_sender_login_mismatch", {}),
        (b"smtpd_sasl_auth_enable=yes", {"smtpd_recipient_restrictions": LISTS}),
        (b"syslog_name=x", {"smtpd_recipient_restrictions": "permit_sasl_authenticated"}),
    ],
)
def test_a_port_that_compares_in_another_way_is_right(
    tmp_path: Path, item: bytes, more: dict[str, str]
) -> None:
    assert judged(tmp_path, item=item, more=more)["senders.ports"][0] == RIGHT


@pytest.mark.parametrize(
    ("item", "verdict"),
    [
        (b"permit_sasl_authenticated,reject", WRONG),
        (b"permit_sasl_authenticated,reject_sender_login_mismatch", WRONG),
        (b"reject_authenticated_sender_login_mismatch,permit_sasl_authenticated", RIGHT),
    ],
)
def test_a_port_that_takes_any_sender_is_wrong(tmp_path: Path, item: bytes, verdict: str) -> None:
    found = judged(tmp_path, item=b"smtpd_recipient_restrictions=" + item)
    assert found["senders.ports"][0] == verdict
