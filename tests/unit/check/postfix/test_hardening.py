"""Hardening as `check` tells it: what this Postfix knows, and both doors."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.answers.model import Answers
from wizard.answers.sections.hardening import Hardening
from wizard.answers.sections.hostname import Hostname
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG
from wizard.postfix.settings import Settings
from wizard.sections.hardening import check

OPEN = "permit_sasl_authenticated,reject"
HELD = f"reject_sender_login_mismatch,{OPEN}"
KNOWN = {
    "mail_version": "3.5.9",
    "smtpd_client_auth_rate_limit": "0",
    "smtpd_forbid_bare_newline": "no",
    "smtpd_forbid_bare_newline_reject_code": "550",
    "smtpd_forbid_unauth_pipelining": "no",
}
OLD = {name: value for name, value in KNOWN.items() if "newline" not in name}
MAPS = {"smtpd_sender_login_maps": "hash:/etc/postfix/logins"}


def judged(
    root: Path, use: str, own: dict[str, str], known: dict[str, str], rule: str
) -> list[tuple[str, str, str]]:
    entry = f"submission inet n - n - - smtpd\n  -o smtpd_recipient_restrictions={rule}\n"
    (root / "etc/postfix").mkdir(parents=True)
    (root / "etc/postfix/master.cf").write_text(entry)
    answers = Answers(Hostname("mail.example.com", "example.com"), hardening=Hardening(use))
    found = check(Door(root), Settings(own, known), answers)
    return [(one.verdict, one.seen, one.advice) for one in found]


CASES: dict[str, tuple[dict[str, str], dict[str, str], str, str, str]] = {
    "all": (MAPS, KNOWN, HELD, RIGHT, "all parts are there"),
    "no map": ({}, KNOWN, OPEN, RIGHT, "since smtpd_sender_login_maps is not set"),
    "a door": (MAPS, KNOWN, OPEN, WRONG, "submission/inet without reject_sender_login_mismatch"),
    "old": (MAPS, OLD, HELD, WARNING, "(3.5.9) does not know smtpd_forbid_bare_newline"),
}


@pytest.mark.parametrize("name", CASES)
def test_on(tmp_path: Path, name: str) -> None:
    own, known, rule, verdict, words = CASES[name]
    ((found, seen, _),) = judged(tmp_path, "on", own, known, rule)
    assert (found, words in seen) == (verdict, True), seen


@pytest.mark.parametrize(
    ("known", "rule", "word"),
    [(KNOWN, OPEN, "apply --section hardening"), (OLD, HELD, "dnf update postfix")],
)
def test_the_advice_is_what_brings_the_part(
    tmp_path: Path, known: dict[str, str], rule: str, word: str
) -> None:
    """No run writes what this Postfix does not know."""
    ((_, _, advice),) = judged(tmp_path, "on", MAPS, known, rule)
    assert word in advice
    assert advice.count("`") == 2


def test_off_says_nothing(tmp_path: Path) -> None:
    assert judged(tmp_path, "off", MAPS, KNOWN, OPEN) == []
