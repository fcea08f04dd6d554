"""Who reads the mail of postmaster, root and abuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.answers.model import Answers
from wizard.answers.sections.aliases import Aliases
from wizard.answers.sections.hostname import Hostname
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG, Finding
from wizard.postfix.settings import Settings
from wizard.sections.aliases import check as aliases


@pytest.mark.parametrize(
    ("text", "verdict", "seen"),
    [
        ("postmaster: root\nroot: taro\n", RIGHT, "leads to somebody"),
        ("Postmaster:\n  taro\n", RIGHT, "leads to somebody"),
        ("postmaster: root\n", RIGHT, "leads to somebody"),
        ("postmaster: one@example.net\n", RIGHT, "leads to somebody"),
        ("postmaster: a, b\n", RIGHT, "leads to somebody"),
        ("postmaster: taro\npostmaster: nobody-here\n", RIGHT, "leads to somebody"),
        ("# postmaster: taro\n", WRONG, "no such alias, no such user"),
        ("postmaster: hanako\n", WRONG, "hanako is no alias and no user"),
        (
            "postmaster: root\nroot: postmaster\n",
            WRONG,
            "postmaster leads to root leads to postmaster: round in a circle",
        ),
    ],
)
def test_postmaster(tmp_path: Path, text: str, verdict: str, seen: str) -> None:
    found = read_by(tmp_path, text)["aliases.postmaster"]
    assert (found.verdict, found.seen) == (verdict, seen)


def read_by(tmp_path: Path, text: str, reader: str = "", **own: str) -> dict[str, Finding]:
    """Return what is found of aliases where the answers name this reader, by ID."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/aliases").write_text(text)
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\ntaro:x:1000:1000::/:/bin/sh\n")
    settings = Settings({"alias_maps": "hash:/etc/aliases", **own})
    answers = Answers(Hostname("mail.example.com", "example.com"), aliases=Aliases(reader))
    found = aliases.judge_aliases(Door(tmp_path), settings, answers)
    return {one.id: one for one in found}


DOVECOT = "lmtp:unix:private/dovecot-lmtp"


@pytest.mark.parametrize(
    ("text", "reader", "transport", "told"),
    [
        ("root: taro", "", DOVECOT, (RIGHT, "taro")),
        ("root: taro", "taro", DOVECOT, (RIGHT, "taro")),
        ("root: hanako, taro", "taro", DOVECOT, (RIGHT, "hanako, taro")),
        ("root: hanako", "taro", DOVECOT, (WRONG, "hanako")),
        ('root: "|/usr/bin/archive"', "", DOVECOT, (RIGHT, '"|/usr/bin/archive"')),
        ("#root: taro", "", DOVECOT, (WARNING, "root itself: Dovecot takes no mail for uid 0")),
        ("root: \\root", "", DOVECOT, (WARNING, "root: Dovecot takes no mail for uid 0")),
        ("#root: taro", "", "", (RIGHT, "root itself")),
        ("#root: taro", "taro", "", (WRONG, "root itself")),
    ],
)
def test_who_reads_roots_mail(
    tmp_path: Path, text: str, reader: str, transport: str, told: tuple[str, str]
) -> None:
    verdict, seen = told
    found = read_by(tmp_path, f"{text}\n", reader, mailbox_transport=transport)["aliases.root"]
    assert (found.verdict, seen in found.seen) == (verdict, True), found
    assert bool(found.advice) == (verdict != RIGHT)


def test_a_reader_that_was_chosen_may_be_dovecots(tmp_path: Path) -> None:
    found = read_by(tmp_path, "postmaster: root\nroot: hana\n", "hana")["aliases.postmaster"]
    assert (found.verdict, found.seen) == (WARNING, "hana is no alias and no user")


def test_abuse_that_nobody_reads_is_a_warning(tmp_path: Path) -> None:
    found = read_by(tmp_path, "postmaster: root\nroot: taro\n")["aliases.abuse"]
    assert (found.verdict, found.seen) == (WARNING, "no such alias, no such user")


def test_a_table_of_system_accounts_that_refuses_a_person(tmp_path: Path) -> None:
    for name in ("etc/postfix", "etc"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    (tmp_path / "etc/aliases").write_text("root: taro\ngit: root\n")
    (tmp_path / "etc/passwd").write_text("git:x:1001:1001::/home/git:/bin/sh\n")
    (tmp_path / "etc/postfix/system_accounts").write_text("git@example.com 550 no\n")
    own = {
        "alias_maps": "hash:/etc/aliases",
        "smtpd_recipient_restrictions": "check_recipient_access hash:/etc/postfix/system_accounts",
    }
    answers = Answers(Hostname("mail.example.com", "example.com"), aliases=Aliases("taro", "root"))
    found = {one.id: one for one in aliases.judge_aliases(Door(tmp_path), Settings(own), answers)}
    told = found["aliases.system"]
    assert (told.verdict, told.fatal) == (WARNING, False)
    assert told.seen.startswith("refused for git: a person")
    assert "makes a comment of the alias that leads the mail of git to root" in told.advice
    people = found["aliases.people"]
    assert (people.verdict, people.fatal) == (WARNING, False)
    assert people.seen == "mail for git goes to who reads root's mail"


@pytest.mark.parametrize(
    ("row", "is_named"),
    [
        ("Git: root", True),
        ("git: postmaster", True),
        ("git: git, root", False),
        ("git: taro", False),
        ("postmaster: root", False),
        ("sshd: root", False),
    ],
)
def test_a_person_whose_mail_an_alias_leads_to_root(
    tmp_path: Path, row: str, is_named: bool
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/aliases").write_text(f"root: taro\n{row}\n")
    users = ("git:x:1001:1001::/home/git:/bin/sh", "postmaster:x:1002:1002::/:/bin/sh")
    (tmp_path / "etc/passwd").write_text("\n".join((*users, "sshd:x:74:74::/:/bin/sh\n")))
    own = Settings({"alias_maps": "hash:/etc/aliases"})
    answers = Answers(Hostname("mail.example.com", "example.com"))
    found = [one.id for one in aliases.judge_aliases(Door(tmp_path), own, answers)]
    assert ("aliases.people" in found) == is_named


def test_aliases_kept_elsewhere(tmp_path: Path) -> None:
    own = Settings({"alias_maps": "ldap:/etc/postfix/ldap.cf"})
    answers = Answers(Hostname("mail.example.com", "example.com"))
    assert list(aliases.judge_aliases(Door(tmp_path), own, answers)) == []
