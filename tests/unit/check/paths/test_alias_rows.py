"""Each row of /etc/aliases, and the index beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.check.paths.test_tables import Tables
from wizard.check.paths.aliases import MOST_TARGETS, alias_names, judge_rows
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding
from wizard.postfix.settings import Settings

STOCK = "# a comment\nmailer-daemon: postmaster\npostmaster: root\nabuse:\troot\n"


class Files(Tables):
    """Tables of a root with a text of aliases."""

    def __init__(self, root: Path, text: str, rows: dict[str, dict[str, str]]) -> None:
        super().__init__(rows)
        self._text = text.encode()
        self.root = root

    def read_bytes(self, path: str) -> bytes:
        return self._text if path == "/etc/aliases" else Path(path).read_bytes()


def judged(
    tmp_path: Path,
    text: str,
    rows: dict[str, str] | None = None,
    own: dict[str, str] | None = None,
) -> dict[str, Finding]:
    names = (line.partition(":")[0].strip().lower() for line in text.splitlines())
    table = dict.fromkeys(names, "x") if rows is None else rows
    settings = Settings({"alias_maps": "hash:/etc/aliases", **(own or {})})
    tables = {"hash:/etc/aliases": table, "hash:/etc/postfix/people": {"hana": "x"}}
    found = judge_rows(Files(tmp_path, text, tables), settings)
    return {one.id: one for one in found}


@pytest.mark.parametrize(
    ("more", "verdict", "word"),
    [
        ("", RIGHT, ""),
        ("noreply: /dev/null\n", RIGHT, ""),
        ("team: root,\n  daemon\n", RIGHT, ""),
        ("sales root\n", WRONG, "sales root"),
        ("a: b\nb: a\n", WRONG, "round"),
        ("root: /dev/null\n", WRONG, "thrown away"),
        ("root: |/none/ticket\n", WRONG, "/none/ticket"),
        ("root: :include:/none/staff\n", WRONG, "/none/staff"),
        ("abuse: daemon\n", WARNING, "twice"),
        ("x: no-such-name-7\n", WARNING, "no-such-name-7"),
    ],
)
def test_a_row(tmp_path: Path, more: str, verdict: str, word: str) -> None:
    found = judged(tmp_path, STOCK + more)["aliases.rows"]
    assert (found.verdict, word in found.seen) == (verdict, True)


def test_an_index_without_a_row(tmp_path: Path) -> None:
    found = judged(tmp_path, STOCK, {"postmaster": "root", "abuse": "root"})["aliases.index"]
    assert (found.verdict, "mailer-daemon" in found.seen) == (WRONG, True)
    assert judged(tmp_path, STOCK)["aliases.index"].verdict == RIGHT


def test_an_index_that_does_not_open_is_unknown(tmp_path: Path) -> None:
    door = Files(tmp_path, STOCK, {})
    found = list(judge_rows(door, Settings({"alias_maps": "hash:/etc/aliases"})))
    assert found[-1].verdict == UNKNOWN


def test_other_files_are_not_judged(tmp_path: Path) -> None:
    door = Files(tmp_path, STOCK, {})
    assert not list(judge_rows(door, Settings({"alias_maps": "hash:/etc/mail/aliases"})))


def test_names_that_cannot_be_looked_up_are_not_missing(tmp_path: Path) -> None:
    rows = dict.fromkeys(("postmaster", "mailer-daemon", "abuse"), "root")
    found = judged(tmp_path, f"{STOCK}a\x01b: root\n", rows)["aliases.index"]
    assert (found.verdict, found.seen) == (RIGHT, "has 3 rows")


def test_so_many_targets_of_a_row_are_followed(tmp_path: Path) -> None:
    many = ", ".join(["root"] * MOST_TARGETS)
    for more, verdict in (("", RIGHT), (", no-such-name-7", RIGHT)):
        assert judged(tmp_path, f"{STOCK}x: {many}{more}\n")["aliases.rows"].verdict == verdict
    found = judged(tmp_path, f"{STOCK}x: {many[6:]}, no-such-name-7\n")["aliases.rows"]
    assert found.verdict == WARNING


def test_the_names_of_aliases(tmp_path: Path) -> None:
    assert alias_names(Files(tmp_path, STOCK, {})) == {"mailer-daemon", "postmaster", "abuse"}


@pytest.mark.parametrize(
    ("row", "own", "verdict"),
    [
        ("a: |/bin/sh\n", {"allow_mail_to_commands": "forward"}, WRONG),
        ("a: |/bin/sh\n", {"allow_mail_to_commands": "alias, forward"}, RIGHT),
        ("a: /tmp/a\n", {"allow_mail_to_files": ""}, WRONG),
        ("a: :include:{0}/list\n", {"allow_mail_to_commands": "alias, forward"}, WRONG),
        ("a: :include:{0}/list\n", {"allow_mail_to_commands": "alias include"}, RIGHT),
    ],
)
def test_what_local_may_not_do(tmp_path: Path, row: str, own: dict[str, str], verdict: str) -> None:
    (tmp_path / "list").write_text('root\n"|/bin/sh"\n')
    (tmp_path / "list").chmod(0o600)
    found = judged(tmp_path, STOCK + row.format(tmp_path), own=own)["aliases.rows"]
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("tables", "verdict"),
    [
        ("hash:/etc/postfix/people", WRONG),
        ("hash:/etc/postfix/people hash:/etc/aliases", RIGHT),
    ],
)
def test_aliases_as_recipients(tmp_path: Path, tables: str, verdict: str) -> None:
    found = judged(tmp_path, STOCK, own={"local_recipient_maps": tables})["aliases.recipients"]
    assert found.verdict == verdict


def test_all_recipients_are_known(tmp_path: Path) -> None:
    assert "aliases.recipients" not in judged(tmp_path, STOCK)


@pytest.mark.parametrize(
    ("own", "verdict"),
    [
        ({}, WRONG),
        ({"luser_relay": "root"}, WARNING),
        ({"mailbox_transport": "lmtp:unix:/none/lmtp"}, WARNING),
        ({"local_recipient_maps": ""}, WARNING),
    ],
)
def test_mail_for_nobody_is_returned_or_may_be(
    tmp_path: Path, own: dict[str, str], verdict: str
) -> None:
    base = {"local_recipient_maps": "hash:/etc/postfix/people", "local_transport": "local:x"}
    found = judged(tmp_path, "sales: no-such-name-7\n", own={**base, **own})["aliases.rows"]
    assert (found.verdict, "no-such-name-7" in found.seen) == (verdict, True)
