"""Each indexed table opens and is not older than its text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import pytest

from wizard.check.tables import indexes
from wizard.door import Door, Running
from wizard.errors import Trouble
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG
from wizard.postfix.settings import Settings

HASH = "hash:/etc/postfix/virtual"


class Postmap(Door):
    """A root below which postmap says what a test wants, by the table."""

    def __init__(self, root: Path, said: dict[str, tuple[int, str]]) -> None:
        super().__init__(root)
        self._said = said

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        assert argv[:3] == ("postmap", "-q", indexes.NOBODY)
        code, words = self._said.get(argv[3], (1, ""))
        shell = ("sh", "-c", f"printf '%s' \"$1\" >&2; exit {code}", "sh", words)
        return Door().start(shell, timeout=timeout, data=data)


def look(root: Path, said: dict[str, tuple[int, str]], **own: str) -> tuple[str, str, str]:
    begun = indexes.begin_tables(Postmap(root, said), Settings(own), (), ("hash", "regexp", "cidr"))
    (found,) = begun()
    assert found.id == "tables"
    return found.verdict, found.seen, found.advice


def test_tables_that_open(tmp_path: Path) -> None:
    own = {
        "virtual_alias_maps": f"proxy:{HASH}, regexp:/etc/postfix/r",
        "mailbox_transport": "lmtp:unix:/run/lmtp",
        "smtpd_milters": "unix:/run/milter",
        "mynetworks": "127.0.0.0/8, cidr:/etc/postfix/networks",
    }
    assert look(tmp_path, {}, **own)[:2] == (RIGHT, "3 open")


def test_a_table_that_does_not(tmp_path: Path) -> None:
    said = {HASH: (1, "postmap: fatal: open database /etc/postfix/virtual.db: No such file")}
    verdict, seen, advice = look(tmp_path, said, virtual_alias_maps=HASH, relocated_maps="cidr:/r")
    assert verdict == WRONG
    assert seen.startswith(f"{HASH}: postmap: fatal: open database")
    assert f"postmap {HASH}" in advice


def test_what_is_said_of_main_cf_is_not_said_of_a_table(tmp_path: Path) -> None:
    """Each command repeats it, whatever it was asked."""
    warning = "postmap: warning: /etc/postfix/main.cf, line 9: overriding earlier entry: a=b\n"
    assert look(tmp_path, {HASH: (1, warning)}, virtual_alias_maps=HASH)[0] == RIGHT
    fatal = f"{warning}postmap: fatal: open database /etc/postfix/virtual.db: No such file\n"
    verdict, seen, _ = look(tmp_path, {HASH: (1, fatal)}, virtual_alias_maps=HASH)
    assert (verdict, "fatal: open database" in seen) == (WRONG, True)


def test_a_table_that_could_not_be_asked_about_is_unknown(tmp_path: Path) -> None:
    """Where no process can be started nothing is known of it, and the cause is told."""

    class Full(Postmap):
        def start(self, *_: object, **__: object) -> Optional[Running]:
            raise Trouble("starting postmap", "Read-only file system", "")

    begun = indexes.begin_tables(
        Full(tmp_path, {}), Settings({"virtual_alias_maps": HASH}), (), ("hash",)
    )
    (found,) = begun()
    assert (found.verdict, found.seen) == (UNKNOWN, "not known: Read-only file system")


def test_a_type_that_is_not_built_in(tmp_path: Path) -> None:
    verdict, seen, advice = look(tmp_path, {}, header_checks="pcre:/etc/postfix/h")
    assert (verdict, "header_checks has pcre:/etc/postfix/h" in seen) == (WRONG, True)
    assert "postconf -m" in advice


WORDS = {
    "a type of a package": (
        {"body_checks": "pcre:/etc/postfix/b"},
        "",
        ("`dnf install postfix-pcre`",),
        "dnf -y install postfix-pcre",
    ),
    "another type of a package": (
        {"virtual_alias_maps": "mysql:/etc/postfix/m.cf"},
        "",
        ("`dnf install postfix-mysql`",),
        "dnf -y install postfix-mysql",
    ),
    "behind proxymap": (
        {"virtual_alias_maps": "proxy:ldap:/etc/postfix/l.cf"},
        "",
        ("`dnf install postfix-ldap`",),
        "dnf -y install postfix-ldap",
    ),
    "a type that EL10 lacks": (
        {"virtual_alias_maps": "btree:/etc/postfix/virtual"},
        "",
        ("$default_database_type in place of btree", "build /etc/postfix/virtual anew"),
        "",
    ),
    "aliases of a type that EL10 lacks": (
        {"alias_maps": "btree:/etc/aliases"},
        "",
        ("alias_maps = $default_database_type:/etc/aliases", "`newaliases`"),
        "",
    ),
    "a broken row": (
        {"header_checks": "regexp:/etc/postfix/checks"},
        "postmap: fatal: regexp map /etc/postfix/checks, line 3: Unmatched ( or \\(",
        ("Correct that line of /etc/postfix/checks",),
        "",
    ),
    "a table of no rows": (
        {"header_checks": "regexp:/etc/postfix/checks"},
        "postmap: fatal: regexp map /etc/postfix/checks: is a directory",
        ("Correct /etc/postfix/checks, or take it out of header_checks",),
        "",
    ),
    "a file that is gone": (
        {"header_checks": "regexp:/etc/postfix/gone"},
        "postmap: fatal: open /etc/postfix/gone: No such file or directory",
        ("Take regexp:/etc/postfix/gone out of header_checks", "or write /etc/postfix/gone"),
        "",
    ),
    "an index that is gone": (
        {"virtual_alias_maps": "hash:/etc/postfix/checks"},
        "postmap: fatal: open database /etc/postfix/checks.db: No such file or directory",
        ("Run `postmap hash:/etc/postfix/checks`",),
        "postmap hash:/etc/postfix/checks",
    ),
}


@pytest.mark.parametrize(("own", "said", "advice", "command"), WORDS.values(), ids=WORDS)
def test_the_advice_follows_from_postfixs_own_words(
    tmp_path: Path, own: dict[str, str], said: str, advice: tuple[str, ...], command: str
) -> None:
    (tmp_path / "etc/postfix").mkdir(parents=True)
    (tmp_path / "etc/postfix/checks").touch()
    (table,) = own.values()
    door = Postmap(tmp_path, {table: (1, said)})
    (found,) = indexes.begin_tables(door, Settings(own), (), ("hash", "regexp", "cidr"))()
    assert found.verdict == WRONG
    assert all(one in found.advice for one in advice), found.advice
    assert [" ".join(argv) for argv in found.cure.commands[:1]] == [command] * bool(command)
    assert "Run `postmap" in found.advice or not command.startswith("postmap")


def test_a_list_of_types_that_is_not_roots_is_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postfix passes dynamicmaps.cf over then, with all types in it."""
    dynamic = tmp_path / "etc/postfix/dynamicmaps.cf"
    dynamic.parent.mkdir(parents=True)
    dynamic.touch()
    stat = Door.stat
    owners = {"uid": 1000}

    def owned(door: Door, path: str) -> Optional[os.stat_result]:
        found = stat(door, path)
        if found is None or not path.endswith("dynamicmaps.cf"):
            return found
        return os.stat_result([*found[:4], owners["uid"], *found[5:10]])

    monkeypatch.setattr(Door, "stat", owned)
    for kind in ("pcre", "lmdb", "ldap"):
        _, _, advice = look(tmp_path, {}, body_checks=f"{kind}:/etc/postfix/b")
        assert "chown root /etc/postfix/dynamicmaps.cf" in advice
        assert "dnf" not in advice
    owners["uid"] = 0
    assert "dnf install postfix-pcre" in look(tmp_path, {}, body_checks="pcre:/etc/b")[2]


def test_a_cache_that_postfix_makes_is_taken_out(tmp_path: Path) -> None:
    """No postmap: verify(8) writes it, into a directory that is there."""
    name, table = "address_verify_map", "hash:/var/lib/nowhere/verify"
    door = Postmap(tmp_path, {table: (1, "fatal: open database: No such file")})
    (found,) = indexes.begin_tables(door, Settings({name: table}), (), ("hash",))()
    assert found.cure.commands[0] == ("postconf", "-X", name)
    assert "postmap" not in found.advice


def test_a_cache_without_a_row_yet_is_right(tmp_path: Path) -> None:
    """verify(8) makes it with the first row, where its directory is there."""
    (tmp_path / "var/lib/postfix").mkdir(parents=True)
    table = "hash:/var/lib/postfix/verify"
    door = Postmap(tmp_path, {table: (1, "fatal: open database: No such file")})
    (found,) = indexes.begin_tables(door, Settings({"address_verify_map": table}), (), ("hash",))()
    assert found.verdict == RIGHT
    (tmp_path / "var/lib/postfix/verify.db").touch()
    (found,) = indexes.begin_tables(door, Settings({"address_verify_map": table}), (), ("hash",))()
    assert found.verdict == WRONG


@pytest.mark.parametrize(
    ("name", "path", "remedy"),
    [
        ("transport_maps", "/etc/postfix/transport", "postmap hash:/etc/postfix/transport"),
        ("alias_maps", "/etc/aliases", "newaliases"),
    ],
)
def test_a_table_older_than_its_text(tmp_path: Path, name: str, path: str, remedy: str) -> None:
    text = tmp_path / path.lstrip("/")
    text.parent.mkdir(parents=True, exist_ok=True)
    for suffix, age in (("", 0), (".db", 60)):
        Path(f"{text}{suffix}").touch()
        now = text.stat().st_mtime
        os.utime(f"{text}{suffix}", (now - age, now - age))
    verdict, seen, advice = look(tmp_path, {}, **{name: f"hash:{path}"})
    assert (verdict, seen) == (WARNING, f"hash:{path} is older than {path}")
    assert remedy in advice


@pytest.mark.parametrize(
    ("name", "table", "said", "verdict"),
    [
        ("smtpd_tls_session_cache_database", "btree:/none/s", "fatal: open database", WARNING),
        ("smtp_tls_session_cache_database", "btree:/none/s", "fatal: open database", WARNING),
        ("address_verify_map", "btree:/none/v", "fatal: open database", WRONG),
        (
            "mynetworks",
            "cidr:/c",
            "warning: cidr map /c, line 1: host bits: skipping this rule",
            WARNING,
        ),
        (
            "header_checks",
            "regexp:/r",
            "warning: regexp map /r, line 2: no end: skipping this rule",
            WARNING,
        ),
        ("header_checks", "regexp:/r", "fatal: open regexp map /r: No such file", WRONG),
    ],
)
def test_a_fault_with_which_mail_flows(
    tmp_path: Path, name: str, table: str, said: str, verdict: str
) -> None:
    types = ("btree", "cidr", "regexp")
    door = Postmap(tmp_path, {table: (1, f"postmap: {said}")})
    (found,) = indexes.begin_tables(door, Settings({name: table}), (), types)()
    assert found.verdict == verdict
