"""Who reads root's mail, as a plan: its steps, and what is in the way or must be known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from tests.factories import FRESH, done_by, pending
from tests.factories import ZEKE as UNDECIDED
from wizard.answers.model import Answers
from wizard.answers.sections.aliases import Aliases
from wizard.host import facts
from wizard.host.aliases import alias_type
from wizard.host.facts import Host, User
from wizard.paths import ALIASES as PATH
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.plan.actions import BuildTable, Deliver, Install, KeepOriginal, ReplaceFile
from wizard.plan.files import sha256
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back

STOCK = b"postmaster:\troot\nabuse:\t\troot\n#root:\t\tmarc\n"
TARO = replace(UNDECIDED, aliases=Aliases("taro"))
USERS = (User("root", 0), User("taro", 1000))
STEPS = ["original-aliases", "aliases", "aliases-table", "aliases-delivery"]


def host(text: Optional[bytes] = STOCK, table_type: str = "hash", **changes: Any) -> Host:
    there = replace(FRESH, aliases=facts.Aliases(table_type), users=USERS)
    return there.with_file(PATH, live=text, **changes)


def mine(on: Host, answers: Answers = TARO) -> list[str]:
    return [one for one in pending(build_plan(answers, on)) if "aliases" in one]


def test_the_steps_of_a_first_set_up() -> None:
    plan = build_plan(TARO, host())
    ids = pending(plan)
    assert [one for one in ids if "aliases" in one] == STEPS
    assert ids.index("staged") < ids.index("aliases") < ids.index("aliases-table")
    assert ids.index("service") < ids.index("check") < ids.index("aliases-delivery")
    actions = {step.id: step.action for step in plan.steps}
    assert actions["aliases-table"] == BuildTable(
        "hash",
        "/etc/aliases",
        (("postmaster", "root"), ("abuse", "root"), ("root", "taro")),
        builder="postalias",
    )
    assert actions["aliases-delivery"] == Deliver("postmaster", "mail.zeke.ne.jp")
    (change,) = [one for one in plan.files if one.path == "/etc/aliases"]
    assert change.proposed == STOCK + b"root:\t\ttaro\n"
    assert (plan.cautions, plan.obstacles) == ((), ())


PACKAGED = {
    "as the package of EL's setup": STOCK,
    "with a reader of root's mail": b"root: hana\n",
    "an empty file": b"",
    "of another encoding": "# \u7ba1\u7406\u8005\nroot:\thana, taro\n".encode("euc-jp"),
}


@pytest.mark.parametrize("text", PACKAGED.values(), ids=PACKAGED)
def test_a_file_of_the_package_is_that_which_is_replaced(text: bytes) -> None:
    plan = build_plan(TARO, host(text, from_package=True))
    actions = {step.id: step.action for step in plan.pending}
    install, original, write = (actions[one] for one in ("install", "original-aliases", "aliases"))
    assert isinstance(install, Install)
    assert isinstance(original, KeepOriginal)
    assert isinstance(write, ReplaceFile)
    assert (PATH, sha256(text)) in install.lays
    assert original.sha256 == write.file.before == sha256(text)
    assert plan.obstacles == ()


def test_without_a_file_in_the_package_a_new_one_is_written() -> None:
    actions = {step.id: step.action for step in build_plan(TARO, host(None)).pending}
    assert "original-aliases" not in actions
    assert isinstance(actions["install"], Install)
    assert [path for path, _ in actions["install"].lays] == [MAIN_CF, MASTER_CF]
    assert isinstance(actions["aliases"], ReplaceFile)
    assert actions["aliases"].file.before is None


def test_without_an_answer_nothing_changes_but_a_warning() -> None:
    plan, bare = build_plan(UNDECIDED, host()), build_plan(UNDECIDED, FRESH)
    assert (plan.steps, plan.files) == (bare.steps, bare.files)
    (told,) = set(plan.warnings) - set(bare.warnings)
    assert told.startswith("nobody reads root's mail: Dovecot takes none for uid 0")
    assert 'root = "taro"' in told


@pytest.mark.parametrize("text", [STOCK + b"root: hana\n", STOCK + b'root: "|/bin/x"\n', None])
def test_no_warning_where_somebody_reads_it_already(text: Optional[bytes]) -> None:
    assert build_plan(UNDECIDED, host(text)).warnings == build_plan(UNDECIDED, FRESH).warnings


@pytest.mark.promise(18)
def test_once_it_is_so_nothing_is_left_to_do() -> None:
    done = done_by(build_plan(TARO, host()), host())
    dump = b"@:\t@\nYP_LAST_MODIFIED:\t1\npostmaster:\troot\nroot:\ttaro\nabuse:\troot\n"
    done = replace(done, aliases=facts.Aliases("hash", dump))
    today = read_back(done)
    assert today is not None
    assert today.aliases == Aliases("taro")
    assert mine(done) == []
    stale = replace(done, aliases=replace(done.aliases, rows=dump.replace(b"taro", b"hana")))
    assert mine(stale) == ["aliases-table", "aliases-delivery"]


@pytest.mark.promise(17)
def test_another_sections_run_leaves_them_alone() -> None:
    assert not [
        one for one in build_plan(TARO, host(), ("hostname",)).files if "aliases" in one.path
    ]


OBSTACLES: dict[str, tuple[Host, str]] = {
    "a link": (host(is_link=True), "is a link, which replacing would cut"),
    "two names": (host(links=2), "is a link"),
    "open quotes": (host(STOCK + b'root: "taro\n'), "ends within quotes or a comment"),
    "UTF-16": (host("root: a\n".encode("utf-16")), "holds NUL bytes, as UTF-16 does"),
    "elsewhere": (host(table_type=""), "looks up no table of /etc/aliases"),
    "unreadable": (
        host(None, why="something else stands there"),
        "cannot be read: something else stands there",
    ),
    "a circle": (
        host(b"postmaster: abuse\nabuse: postmaster\n"),
        "postmaster leads to abuse leads to postmaster in /etc/aliases, round in a circle",
    ),
    "a circle by the reader": (host(STOCK + b"taro: root\n"), "root in /etc/aliases, round in"),
    "a circle by a local domain": (
        host(STOCK + b"taro: root@cafe.zeke.ne.jp\n"),
        "in /etc/aliases, round in a circle",
    ),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_what_is_in_the_way(name: str) -> None:
    on, words = OBSTACLES[name]
    told = [one for one in build_plan(TARO, on).obstacles if one.section == "aliases"]
    assert len(told) == 1
    assert words in told[0].message


def test_a_reader_that_nobody_knows_must_be_accepted() -> None:
    plan = build_plan(replace(TARO, aliases=Aliases("hana")), host())
    (caution,) = plan.cautions
    assert caution.values == ("hana",)
    assert caution.name == "aliases-reader"
    assert "hana is no user in /etc/passwd" in caution.message
    elsewhere = build_plan(replace(TARO, aliases=Aliases("hana@example.net")), host())
    assert elsewhere.cautions == ()


def test_aliases_that_others_can_write_are_told() -> None:
    (told,) = [one for one in build_plan(TARO, host(uid=1000)).warnings if "/etc/aliases" in one]
    assert "others than root can write /etc/aliases" in told


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, "lmdb"),
        ({"alias_maps": "hash:/etc/aliases, nis:mail.aliases"}, "hash"),
        ({"alias_maps": "ldap:/x, proxy:btree:/etc/aliases"}, "btree"),
        ({"alias_maps": "$alias_database", "alias_database": "hash:/etc/aliases"}, "hash"),
        ({"alias_maps": "${default_database_type}:/etc/aliases"}, "lmdb"),
        ({"alias_maps": "texthash:/etc/aliases"}, ""),
        ({"alias_maps": "hash:/etc/postfix/aliases"}, ""),
        ({"alias_maps": ""}, ""),
    ],
)
def test_the_type_of_the_table(parameters: dict[str, str], found: str) -> None:
    assert alias_type(parameters, "lmdb") == found
