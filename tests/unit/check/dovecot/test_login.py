"""A user's login: right, wrong or unknown; and the password is in nothing that is shown."""

from __future__ import annotations

import base64

import pytest

from tests.unit.check.scripted import EHLO_TLS, SMTPS, SUBMISSION, Behaviour, Pair, serving
from wizard.check.dovecot import login
from wizard.check.dovecot.login import ROWS, SENDER, User, log_in
from wizard.check.smtp import session
from wizard.check.smtp.sasl import shown
from wizard.check.smtp.session import Endpoint
from wizard.finding import RIGHT, UNKNOWN, WRONG, Finding

PASSWORD = "canary-taro-no-himitsu"
TARO = User("taro", "taro@zeke.ne.jp", PASSWORD)
SECRET = base64.b64encode(f"\0taro\0{PASSWORD}".encode()).decode()

GOOD_587 = {**SUBMISSION, "rcpt-relay": ("250 2.1.5 Ok",)}
GOOD_465 = {**SMTPS, "rcpt-relay": ("250 2.1.5 Ok",)}


def tried(
    do: Behaviour,
    pair: Pair,
    port: int = 587,
    seconds: float = 5,
    rows: tuple[login.Row, ...] = ROWS,
) -> dict[str, Finding]:
    with serving(do, pair) as server:
        opening = session.opening("[127.0.0.1]", dict(login.PORTS)[port])
        where = Endpoint("127.0.0.1", server.port)
        talk = log_in(where, port, opening, TARO, seconds, rows=rows)
        found = {one.id: one for one in talk}
    assert not [line for line in server.said if line.upper().startswith("DATA")]
    told = repr(found) + repr(TARO)
    assert PASSWORD not in told
    assert SECRET not in told
    return found


@pytest.mark.parametrize("port", [587, 465])
def test_a_user_may_send_and_a_guess_may_not(port: int, pair: Pair) -> None:
    replies = GOOD_587 if port == 587 else GOOD_465
    do = Behaviour(replies, wrapped=port == 465, password=PASSWORD)
    found = tried(do, pair, port)
    assert {name: one.verdict for name, one in found.items()} == {
        f"user.{port}.login": RIGHT,
        f"user.{port}.mail": RIGHT,
        f"user.{port}.wrong-password": RIGHT,
    }
    assert found[f"user.{port}.login"].seen == "235 2.7.0 Authentication successful"


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("553 5.7.1 <relay-test@example.net>: Sender address rejected: not owned by taro", RIGHT),
        ("250 2.1.5 Ok", WRONG),
        ("451 4.3.0 <relay-test@example.net>: Temporary lookup failure", UNKNOWN),
    ],
)
def test_the_sender_of_another_is_refused(reply: str, verdict: str, pair: Pair) -> None:
    do = Behaviour({**GOOD_587, "rcpt": (reply,)}, password=PASSWORD)
    found = tried(do, pair, rows=(*ROWS, SENDER))
    assert found["user.587.mail"].verdict == RIGHT
    assert (found["user.587.sender"].verdict, found["user.587.sender"].seen) == (verdict, reply)
    assert "user.587.sender" not in tried(do, pair)


def test_another_password_is_refused_and_no_mail_is_tried(pair: Pair) -> None:
    found = tried(Behaviour(GOOD_587, password="another one"), pair)
    assert found["user.587.login"].verdict == WRONG
    assert found["user.587.mail"].verdict == UNKNOWN
    assert found["user.587.mail"].seen == "not known: 535 5.7.8 Error: authentication failed"
    assert found["user.587.wrong-password"].verdict == RIGHT


def test_a_server_that_lets_in_anybody_is_wrong(pair: Pair) -> None:
    replies = {**GOOD_587, "login-refused": ("235 2.7.0 come in",)}
    found = tried(Behaviour(replies, password=PASSWORD), pair)
    assert found["user.587.wrong-password"].verdict == WRONG


def test_a_login_that_may_not_send_is_wrong(pair: Pair) -> None:
    found = tried(Behaviour(SUBMISSION, password=PASSWORD), pair)
    assert found["user.587.mail"].verdict == WRONG
    assert "permit_sasl_authenticated" in found["user.587.mail"].advice


def test_a_sender_that_is_refused_is_what_is_told(pair: Pair) -> None:
    refused = {**GOOD_587, "mail-tls": ("553 5.7.1 Sender address rejected: not owned by taro",)}
    found = tried(
        Behaviour({**refused, "rcpt-relay": ("503 5.5.1 need MAIL",)}, password=PASSWORD), pair
    )
    assert "not owned by taro" in found["user.587.mail"].seen


def test_the_password_is_not_said_where_nobody_asks_for_it(pair: Pair) -> None:
    do = Behaviour({**GOOD_587, "ehlo-tls": EHLO_TLS}, password=PASSWORD)
    with serving(do, pair) as server:
        where = Endpoint("127.0.0.1", server.port)
        (found,) = log_in(where, 587, session.opening("[127.0.0.1]", session.STARTTLS), TARO, 5)
    assert (found.verdict, found.seen) == (WRONG, "no AUTH")
    assert not [line for line in server.said if line.startswith("AUTH")]


def test_another_mechanism_alone_is_unknown(pair: Pair) -> None:
    only = (*EHLO_TLS[:-1], "250-AUTH CRAM-MD5", "250 CHUNKING")
    found = tried(Behaviour({**GOOD_587, "ehlo-tls": only}, password=PASSWORD), pair)
    assert [(one.verdict, one.seen) for one in found.values()] == [(UNKNOWN, "AUTH CRAM-MD5")]


@pytest.mark.promise(24)
@pytest.mark.parametrize(
    "words",
    [
        f"535 5.7.8 no such password: {PASSWORD}",
        f"535 5.7.8 AUTH PLAIN {SECRET}",
        f"235 2.7.0 hello {PASSWORD[:9]}",
        f"502 what is {SECRET[-8:]}",
        f"{PASSWORD}",
        "421 " + "x" * 190 + SECRET,
    ],
)
def test_a_server_that_repeats_the_password_is_not_quoted(words: str, pair: Pair) -> None:
    replies = {**GOOD_587, "login": (words,), "login-refused": (words,)}
    found = tried(Behaviour(replies, password=PASSWORD), pair)
    for one in found.values():
        assert not [at for at in range(len(PASSWORD) - 5) if PASSWORD[at : at + 6] in one.seen]
        assert not [at for at in range(len(SECRET) - 5) if SECRET[at : at + 6] in one.seen]


def test_words_without_a_secret_are_shown() -> None:
    assert shown("235 2.7.0 ok", ("x", "long secret")) == "235 2.7.0 ok"
    assert "repeat" in shown("a \\xe7\\xa7\\x98\\xe5\\xaf\\x86", ("\u79d8\u5bc6",))


@pytest.mark.slow
@pytest.mark.parametrize("hang", ["login", "rcpt-relay"])
def test_a_server_that_hangs_is_unknown(hang: str, pair: Pair) -> None:
    found = tried(Behaviour(GOOD_587, hang=hang, password=PASSWORD), pair, seconds=1)
    assert found["user.587.mail"].verdict == UNKNOWN
    assert "no answer within 1 s" in found["user.587.mail"].seen
