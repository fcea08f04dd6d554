"""The relay host asked itself: what it says to each word, and a hang at each of them."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from wizard.answers.sections.relay import Relay
from wizard.check.outbound import relay as relay_check
from wizard.check.outbound.relay import RelaySessions, ask_relay, judge_mechanisms, judge_relay
from wizard.check.smtp.session import Reply, Transcript
from wizard.dns.asking import FOUND, Answer, Question
from wizard.finding import RIGHT, UNKNOWN, WRONG
from wizard.host.facts import Secret
from wizard.postfix.settings import Settings

pytestmark = pytest.mark.promise(24)

SECRET = "canary-himitsu"
PASSWORD = Secret("/etc/p", SECRET)
SECONDS = 0.5
EHLO = b"250-relay.example\r\n250 STARTTLS\r\n"


class Mute:
    """A server that says its replies, one a line that it hears, and then nothing more."""

    def __init__(self, *replies: bytes) -> None:
        self.replies = replies
        self.heard = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        with self.listener, self.listener.accept()[0] as talk, contextlib.suppress(OSError):
            for number, reply in enumerate(self.replies):
                if number:
                    self.heard += talk.recv(1000)
                talk.sendall(reply)
            while more := talk.recv(1000):
                self.heard += more


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port whose listener's queue is full, so that nobody is let in."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            waiting = [socket.socket() for _ in range(3)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            yield port
            for one in waiting:
                one.close()


def rows(relay: Relay, seen: RelaySessions) -> dict[str, tuple[str, str]]:
    """Verdict and words of each row, by what follows `relay.`."""
    found = list(judge_relay(relay, PASSWORD, seen))
    assert not any(one.fatal for one in found)
    return {one.id.partition(".")[2]: (one.verdict, one.seen) for one in found}


def asked(port: int) -> dict[str, tuple[str, str]]:
    relay = Relay("127.0.0.1", port, user="taro")
    began = time.monotonic()
    found = rows(relay, ask_relay(relay, "me.example", PASSWORD, (), SECONDS))
    assert time.monotonic() - began < SECONDS + 1
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("replies", "row", "words"),
    [
        ((), "reach", "greeting: no answer"),
        ((b"220 hello\r\n",), "reach", "EHLO: no answer"),
        ((b"554 go away\r\n",), "reach", "554 go away"),
        ((b"220 hello\r\n", EHLO), "tls", "STARTTLS: no answer"),
        ((b"220 hello\r\n", EHLO, b"220 go\r\n"), "tls", "TLS handshake: no answer"),
        ((b"220 hello\r\n", EHLO, b"502 what?\r\n"), "tls", "STARTTLS: 502 what?"),
    ],
)
def test_each_word_that_it_hangs_at_is_named(
    replies: tuple[bytes, ...], row: str, words: str
) -> None:
    server = Mute(*replies)
    found = asked(server.port)
    server.thread.join(5)
    assert found[row][0] == WRONG
    assert words in found[row][1]
    assert found["login"][0] == UNKNOWN
    assert SECRET.encode() not in server.heard
    assert b"AUTH" not in server.heard


def test_a_connection_that_nobody_takes_is_named(silent_port: int) -> None:
    verdict, words = asked(silent_port)["reach"]
    assert verdict == WRONG
    assert words.startswith(f"connecting to port {silent_port}: no answer within")


def test_a_closed_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert asked(port)["reach"] == (WRONG, f"connecting to port {port}: connection refused")


@pytest.mark.parametrize("order", [("127.0.0.9", "127.0.0.1"), ("127.0.0.1", "127.0.0.9")])
def test_one_address_that_is_dead_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, order: tuple[str, ...]
) -> None:
    """Nobody listens at 127.0.0.9; Postfix goes on to the next address as well."""
    server = Mute(b"220 hello\r\n", EHLO, b"502 what?\r\n")

    def addresses(questions: tuple[Question, ...], *_: object, **__: object) -> list[Answer]:
        return [Answer(one, FOUND, order) for one in questions]

    monkeypatch.setattr(relay_check, "ask_all", addresses)
    relay = Relay("relay.example", server.port)
    found = rows(relay, ask_relay(relay, "me.example", PASSWORD, (), SECONDS))
    assert found["reach"] == (RIGHT, "greets")


RELAY = Relay("smtp.example", user="taro")
TLS = {"ehlo": Reply(250, ("x",)), "ehlo-tls": Reply(250, ("x", "AUTH PLAIN LOGIN"))}


@pytest.mark.parametrize(
    ("second", "verdict", "words"),
    [
        (Transcript({"auth": Reply(235, ("ok",))}), RIGHT, "235 ok"),
        (
            Transcript({"auth": Reply(535, ("5.7.8 bad password",))}),
            WRONG,
            "535 5.7.8 bad password",
        ),
        (Transcript({"auth": Reply(454, ("later",))}), UNKNOWN, "454 later"),
        (Transcript({}, b"", "auth", "AUTH: no answer within 6 s"), UNKNOWN, "AUTH: no answer"),
        (Transcript({"auth": Reply(535, (f"not {SECRET}",))}), WRONG, "(words that repeat"),
    ],
)
def test_the_password_is_judged_by_the_relays_own_words(
    second: Transcript, verdict: str, words: str
) -> None:
    found = rows(RELAY, RelaySessions(first=Transcript(TLS), second=second))
    assert found["reach"][0] == found["tls"][0] == RIGHT
    assert found["login"][0] == verdict
    assert found["login"][1].startswith(words)


def test_a_name_that_is_not_known_and_a_resolver_that_is_silent() -> None:
    assert rows(RELAY, RelaySessions("no such name"))["reach"] == (
        WRONG,
        "smtp.example: no such name",
    )
    assert rows(RELAY, RelaySessions("no answer", resolver_failed=True))["reach"][0] == UNKNOWN


def test_no_login_where_none_is_offered() -> None:
    bare = Transcript({"ehlo": Reply(250, ("x",)), "ehlo-tls": Reply(250, ("x",))})
    assert rows(RELAY, RelaySessions(first=bare))["login"] == (WRONG, "no AUTH")


@pytest.mark.parametrize(
    ("own", "offered", "verdict"),
    [
        ({}, ["PLAIN", "LOGIN"], RIGHT),
        ({"smtp_sasl_mechanism_filter": "digestmd5, crammd5"}, ["PLAIN", "LOGIN"], WRONG),
        ({"smtp_sasl_mechanism_filter": "!plain, plain"}, ["PLAIN"], WRONG),
        ({"smtp_sasl_mechanism_filter": "plain login"}, ["PLAIN"], RIGHT),
        ({"smtp_sasl_mechanism_filter": "regexp:/etc/postfix/x"}, ["PLAIN"], RIGHT),
        ({"smtp_sasl_tls_security_options": "noanonymous, noplaintext"}, ["PLAIN", "LOGIN"], WRONG),
        ({"smtp_sasl_tls_security_options": "noplaintext"}, ["PLAIN", "CRAM-MD5"], RIGHT),
    ],
)
def test_postfix_itself_may_use_what_is_offered(
    own: dict[str, str], offered: list[str], verdict: str
) -> None:
    settings = Settings({"smtp_sasl_auth_enable": "yes", **own})
    (found,) = judge_mechanisms(settings, offered)
    assert (found.id, found.verdict) == ("relay.mechanism", verdict)


def test_mechanisms_are_not_judged_without_a_login() -> None:
    assert not list(judge_mechanisms(Settings({}), ["PLAIN"]))
    assert not list(judge_mechanisms(Settings({"smtp_sasl_auth_enable": "yes"}), []))
