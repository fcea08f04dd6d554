"""Hardening: each part where this Postfix knows it; off takes away what on wrote, and no more."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable

import pytest

from wizard.answers.model import Answers
from wizard.answers.sections.hardening import Hardening
from wizard.host.facts import Postfix
from wizard.postfix.hardening import (
    MAPS,
    NORMALIZE_TOO,
    is_on,
    knows,
    owns_senders,
    propose_sender_checks,
    submission_services,
    unknown,
    without_maps,
)
from wizard.postfix.main_cf import MainCf
from wizard.postfix.main_policy import propose_main_cf
from wizard.postfix.parameters import AUTH_RATE, BARE_NEWLINE, PARAMETERS, PIPELINING
from wizard.postfix.services import propose_master_cf

ALL = frozenset({AUTH_RATE, BARE_NEWLINE, NORMALIZE_TOO, MAPS, PIPELINING})
EARLY = b"smtpd_forbid_unauth_pipelining = yes\n"
BOTH = b"smtpd_forbid_bare_newline = normalize\nsmtpd_client_auth_rate_limit = 20\n"
ALONE = ("hardening",)


def asked(*without: str, version: str = "3.8.5") -> Postfix:
    return Postfix(None, version, "hash", known_parameters=ALL - set(without))


@pytest.fixture
def on(answers: Answers) -> Answers:
    return replace(answers, hardening=Hardening("on"))


CASES: dict[str, tuple[Postfix, bytes, bytes]] = {
    "all is known": (asked(), b"a = b\n", b"a = b\n" + BOTH + EARLY),
    "no last newline": (asked(), b"a = b", b"a = b\n" + BOTH + EARLY),
    "early talkers are refused by default": (
        replace(asked(), defaults={PIPELINING: "yes"}),
        b"",
        BOTH,
    ),
    "early talkers let in by hand": (
        replace(asked(), defaults={PIPELINING: "yes"}),
        b"smtpd_forbid_unauth_pipelining = no\n",
        EARLY + BOTH,
    ),
    "the same where it cannot be asked": (Postfix(None, "3.10.1", "hash"), b"", BOTH),
    "early talkers are not known": (asked(PIPELINING), b"", BOTH),
    "normalize is not known": (
        asked(NORMALIZE_TOO),
        b"",
        BOTH.replace(b"normalize", b"yes") + EARLY,
    ),
    "bare newlines are not": (
        asked(BARE_NEWLINE, NORMALIZE_TOO),
        b"",
        b"smtpd_client_auth_rate_limit = 20\n" + EARLY,
    ),
    "an old one that cannot be asked": (
        Postfix(None, "3.5.9", "hash"),
        b"",
        b"smtpd_client_auth_rate_limit = 20\n",
    ),
    "a newer one that cannot be asked": (Postfix(None, "3.5.25", "hash"), b"", BOTH + EARLY),
    "stricter by hand": (
        asked(),
        b"smtpd_client_auth_rate_limit = 3\nsmtpd_forbid_bare_newline=reject\n",
        b"smtpd_client_auth_rate_limit = 3\nsmtpd_forbid_bare_newline=reject\n" + EARLY,
    ),
    "open by hand": (
        asked(),
        b"smtpd_client_auth_rate_limit = 0\nsmtpd_forbid_bare_newline=no\n# x\n",
        b"smtpd_client_auth_rate_limit = 20\nsmtpd_forbid_bare_newline=normalize\n# x\n" + EARLY,
    ),
}


@pytest.mark.promise(13, 18)
@pytest.mark.parametrize("name", CASES)
def test_on(name: str, on: Answers) -> None:
    postfix, before, after = CASES[name]
    proposal = propose_main_cf(before, on, postfix, ALONE)
    assert proposal.text == after
    assert propose_main_cf(after, on, postfix, ALONE).text == after
    assert is_on(MainCf.parse(after), PARAMETERS, postfix)
    assert all(why.why for why in proposal.reasons)


@pytest.mark.promise(13)
@pytest.mark.parametrize("before", [b"", b"a = b\n", b"# \xe9\r\na = b\r\n"])
def test_off_gives_every_byte_back(before: bytes, on: Answers, answers: Answers) -> None:
    hard = propose_main_cf(before, on, asked(), ALONE)
    assert set(hard.changed) == {BARE_NEWLINE, AUTH_RATE, PIPELINING}
    soft = propose_main_cf(hard.text, answers, asked(), ALONE, on)
    assert soft.text == before


@pytest.mark.promise(17)
@pytest.mark.parametrize("sections", [(), ALONE])
def test_off_leaves_what_the_operator_wrote(answers: Answers, sections: tuple[str, ...]) -> None:
    text = b"smtpd_client_auth_rate_limit = 30\nsmtpd_forbid_bare_newline = yes\n"
    assert propose_main_cf(text, answers, asked(), sections).text.startswith(text)


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("3.5.9", False),
        ("3.5.23", True),
        ("3.5.25", True),
        ("3.6.12", False),
        ("3.8.3", False),
        ("3.8.5", True),
        ("3.9.0", True),
        ("3.10.13", True),
        ("4.0.1", True),
        ("", False),
    ],
)
def test_what_a_version_knows(version: str, known: bool) -> None:
    assert knows(Postfix(None, version, "hash"), BARE_NEWLINE) is known


def test_what_is_left_out_is_said() -> None:
    (told,) = unknown(asked(BARE_NEWLINE, version="3.5.9"))
    assert "this Postfix (3.5.9) does not know smtpd_forbid_bare_newline" in told
    assert list(unknown(asked())) == []
    (why,) = without_maps("")
    assert "since smtpd_sender_login_maps is not set" in why
    assert list(without_maps("hash:/x")) == []


def test_senders_are_held_only_where_there_is_a_map(on: Answers, answers: Answers) -> None:
    maps = b"smtpd_sender_login_maps = hash:/etc/postfix/logins\n"
    assert owns_senders(on, maps)
    assert not owns_senders(on, b"smtpd_sender_login_maps =\n")
    assert not owns_senders(answers, maps)


Stock = Callable[[str, str], bytes]
OWNERS = (
    b"smtpd_recipient_restrictions=reject_sender_login_mismatch,permit_sasl_authenticated,reject"
)


@pytest.mark.promise(13, 17)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_both_doors_and_back(
    suite: str, stock: Stock, answers: Answers, postfix_of: Callable[[str], Postfix]
) -> None:
    plain = propose_master_cf(stock(suite, "master.cf"), answers, postfix_of(suite)).text
    hard = propose_sender_checks(plain, checks_senders=True)
    assert hard.text.count(OWNERS) == 2
    assert len(hard.changed) == 2
    assert propose_sender_checks(hard.text, checks_senders=True).text == hard.text
    assert propose_sender_checks(hard.text, checks_senders=False).text == plain
    whole = propose_master_cf(
        stock(suite, "master.cf"),
        answers,
        postfix_of(suite),
        services=submission_services(checks_senders=True),
    )
    assert whole.text == hard.text, "a first set-up comes to the same"


def test_a_list_of_ones_own_is_left_and_told() -> None:
    own = b"submission inet n - n - - smtpd\n  -o smtpd_recipient_restrictions=permit_mynetworks,reject\n"
    proposal = propose_sender_checks(own, checks_senders=True)
    assert proposal.text == own
    assert "put reject_sender_login_mismatch before" in proposal.warnings[0]
    assert propose_sender_checks(own, checks_senders=False).warnings == ()
