"""What a port accepts, compared with the profile of the section tls: real handshakes, and the verdict."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories import ZEKE
from tests.unit.check.scripted import Pair
from wizard.answers.sections.tls import TLS_CONF, Tls
from wizard.check.abuse.client_hello import Answer
from wizard.check.certificates import profile
from wizard.check.certificates.probing import PortTls
from wizard.check.certificates.profile import Tried, begin_profile, judge_port, limit_of
from wizard.check.smtp.session import Endpoint, Transcript
from wizard.check.tls.services import PortSettings
from wizard.door import Door, Outcome
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding
from wizard.postfix.settings import Settings

MOZILLA = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL:!DSS:!PSK"
WEAKER = (
    *("ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA"),
    *(
        "AES128-GCM-SHA256",
        "AES256-SHA",
        "AES256-SHA256",
        "AES256-CCM8",
        "ECDHE-ARIA128-GCM-SHA256",
    ),
    *("CAMELLIA128-SHA", "ECDHE-RSA-CAMELLIA256-SHA384", "AECDH-AES128-SHA", "NULL-SHA256"),
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """An RSA key, since most of the old ciphers need one."""
    made = tmp_path_factory.mktemp("rsa")
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a.example"]
    files = ["-keyout", str(made / "key.pem"), "-out", str(made / "cert.pem")]
    subprocess.run([*argv, *files], capture_output=True, check=True)
    return Pair(made / "cert.pem", made / "key.pem")


@contextlib.contextmanager
def serving(
    pair: Pair, ciphers: str, lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
) -> Iterator[Endpoint]:
    """A server that takes connections to the end of their handshake, as far as that goes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    if lowest < ssl.TLSVersion.TLSv1_2:
        with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
            context.minimum_version = lowest
    else:
        context.minimum_version = lowest
    context.set_ciphers(ciphers)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = listener.accept()
                peer.settimeout(5)
                with contextlib.suppress(OSError), peer:
                    context.wrap_socket(peer, server_side=True).close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Endpoint("127.0.0.1", int(listener.getsockname()[1]))
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        listener.close()


def finding(where: Endpoint, limit: str) -> Finding:
    return judge_port(587, Tried(limit, profile._answers(where, (), limit)))


def test_a_server_of_the_profile_is_right(pair: Pair) -> None:
    with serving(pair, MOZILLA) as where:
        assert finding(where, "intermediate").verdict == RIGHT
        assert finding(where, "policy").verdict == RIGHT
        modern = finding(where, "modern")
    assert modern.verdict == WRONG
    assert "accepts TLS 1.2 (TLS 1.2, cipher suite 0xC0" in modern.seen


def test_a_server_with_tls_1_3_alone_is_right_for_each(pair: Pair) -> None:
    with serving(pair, MOZILLA, ssl.TLSVersion.TLSv1_3) as where:
        assert {finding(where, one).verdict for one in ("policy", "intermediate", "modern")} == {
            RIGHT
        }


def test_old_versions_are_wrong(pair: Pair) -> None:
    with serving(pair, f"{MOZILLA}:AES128-SHA:@SECLEVEL=0", ssl.TLSVersion.TLSv1) as where:
        seen = finding(where, "intermediate")
    assert seen.verdict == WRONG
    assert "accepts TLS 1.1 or older (TLS 1.1, cipher suite 0x002F" in seen.seen


@pytest.mark.parametrize("cipher", WEAKER)
def test_each_kind_of_cipher_outside_of_the_profile_is_wrong(pair: Pair, cipher: str) -> None:
    with serving(pair, f"{MOZILLA.replace(':!aNULL', '')}:{cipher}:@SECLEVEL=0") as where:
        seen = finding(where, "intermediate")
    assert seen.verdict == WRONG
    assert "ciphers outside the profile" in seen.seen


def test_port_25_may_have_all_but_what_nobody_needs(pair: Pair) -> None:
    ciphers = "DEFAULT:AES128-SHA:@SECLEVEL=0"
    with serving(pair, ciphers, ssl.TLSVersion.TLSv1) as where:
        assert finding(where, "policy").verdict == RIGHT
    with serving(pair, "ALL:@SECLEVEL=0", ssl.TLSVersion.TLSv1) as where:
        seen = finding(where, "policy")
    assert seen.verdict == WRONG
    assert "no authentication" in seen.seen


def test_every_suite_of_tls_1_2_with_a_certificate_is_in_one_of_the_lists() -> None:
    """By OpenSSL's own table, so that no suite is forgotten. DSS, PSK and SRP need other keys."""
    argv = [
        "openssl",
        "ciphers",
        "-V",
        "-s",
        "-tls1_2",
        "ALL:COMPLEMENTOFALL:@SECLEVEL=0:!PSK:!SRP:!aDSS",
    ]
    out = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in out.splitlines()]
    numbers = {int(one[0].replace(",0x", ""), 16): one[2] for one in rows}
    assert len(numbers) > 60
    known = {*profile._OF_MOZILLA}
    for offer in (offer for _, offer in profile._REFUSED["intermediate"]):
        known |= {*offer.suites}
    assert {name for number, name in numbers.items() if number not in known} == set()
    good = {name for number, name in numbers.items() if number in profile._OF_MOZILLA}
    assert len(good) == 9
    assert not {*profile._OF_MOZILLA} & {*profile._OTHERS}


# The verdict.

TAKEN = Tried("intermediate", {"TLS 1.1 or older": Answer(taken="TLS 1.1, cipher suite 0xC014")})


def settings(own: dict[str, str], options: dict[str, str]) -> PortSettings:
    return PortSettings(587, Settings(own, {}, options), "submission/inet")


@pytest.mark.parametrize(
    ("tried", "own", "options", "verdict", "advice"),
    [
        (TAKEN, {}, {}, WRONG, "apply --section tls` writes the profile"),
        (
            TAKEN,
            {},
            {"smtpd_tls_mandatory_protocols": "TLSv1.1"},
            WARNING,
            "smtpd_tls_mandatory_protocols = TLSv1.1 is set in submission/inet in master.cf",
        ),
        (TAKEN, {"tls_preempt_cipherlist": "no"}, {}, WARNING, "set in main.cf"),
        (TAKEN, {"smtpd_tls_exclude_ciphers": "aNULL, EXPORT"}, {}, WRONG, "apply"),
        (TAKEN, {}, {"smtpd_tls_protocols": "!SSLv2,!SSLv3,!TLSv1,!TLSv1.1"}, WRONG, "apply"),
        (Tried("intermediate", {"x": Answer(refused="refused")}), {}, {}, RIGHT, ""),
        (Tried("intermediate", {"x": Answer(why="no answer within 2 s")}), {}, {}, UNKNOWN, ""),
        (Tried("intermediate", {}, "TLS did not begin there"), {}, {}, UNKNOWN, ""),
        (
            Tried("intermediate", {}, "the server broke it off", has_no_tls=True),
            {},
            {},
            WRONG,
            "journalctl",
        ),
    ],
)
def test_the_verdict(
    tried: Tried, own: dict[str, str], options: dict[str, str], verdict: str, advice: str
) -> None:
    seen = judge_port(587, replace(tried, own=profile._of_operator(settings(own, options))))
    assert (seen.verdict, seen.id) == (verdict, "tls.587")
    assert advice in seen.advice


def test_what_is_shown_of_a_server_has_no_control_characters() -> None:
    options = {"smtpd_tls_protocols": "\x1b[2J"}
    own = profile._of_operator(settings({}, options))
    assert own
    assert "\x1b" not in judge_port(587, replace(TAKEN, own=own)).advice


@pytest.mark.parametrize(
    ("tls", "port", "limit"),
    [
        (Tls("intermediate"), 587, "intermediate"),
        (Tls("modern"), 465, "modern"),
        (Tls("modern"), 25, "policy"),
        (Tls("intermediate", "strict"), 25, "intermediate"),
        (Tls("modern", "strict"), 25, "intermediate"),
    ],
)
def test_the_limit_of_a_port(tls: Tls, port: int, limit: str) -> None:
    assert limit_of(port, replace(ZEKE, tls=tls)) == limit


def test_imaps_without_tls_is_wrong_and_nobody_there_unknown(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def judged(where: Endpoint) -> Finding:
        return judge_port(993, profile._try_dovecot(where, Door(tmp_path), "intermediate"))

    with serving(pair, MOZILLA) as where:
        assert judged(where).verdict == RIGHT
    assert judged(where).verdict == UNKNOWN
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])

        def serve() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)

        thread = threading.Thread(target=serve)
        thread.start()
        seen = judged(Endpoint("127.0.0.1", port))
        thread.join(10)
    assert seen.verdict == WRONG
    assert "no TLS at all" in seen.seen
    monkeypatch.setattr(profile, "PROBE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = Endpoint("127.0.0.1", int(listener.getsockname()[1]))
        assert judged(silent).verdict == UNKNOWN


def test_ciphers_of_the_operator_in_dovecot_are_a_warning(pair: Pair, tmp_path: Path) -> None:
    conf = tmp_path / TLS_CONF.lstrip("/")
    conf.parent.mkdir(parents=True)
    with serving(pair, "DEFAULT:@SECLEVEL=0") as where:
        for text, verdict in (
            ("ssl_min_protocol = TLSv1.2\n", WARNING),
            ("ssl_min_protocol = TLSv1.2\nssl_cipher_list = ECDHE\n", WRONG),
            ("", WRONG),
        ):
            conf.write_text(text)
            seen = judge_port(993, profile._try_dovecot(where, Door(tmp_path), "intermediate"))
            assert seen.verdict == verdict, text


def test_an_old_dovecot_is_compared_with_what_it_can_have(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(pair, MOZILLA) as where:
        for version, verdict in (("2.3.13 (89f7)", RIGHT), ("2.3.16 (7e2e)", WRONG)):
            door = Door()
            monkeypatch.setattr(
                Door, "run", lambda *_, _said=version, **__: Outcome(0, _said.encode(), b"")
            )
            assert judge_port(993, profile._try_dovecot(where, door, "modern")).verdict == verdict


def test_nothing_is_tried_without_a_profile_or_where_tls_did_not_begin(tmp_path: Path) -> None:
    door = Door(tmp_path)
    at = dict.fromkeys((25, 587, 465), "127.0.0.1")
    session: Future[PortTls] = Future()
    session.set_result(PortTls(Transcript()))
    with ThreadPoolExecutor(4) as pool:
        assert list(begin_profile(ZEKE, door, pool, {}, at=at, here={}, helo="x")()) == []
        answers = replace(ZEKE, tls=Tls("intermediate"))
        sessions = {25: session, 587: session}
        begun = begin_profile(answers, door, pool, sessions, at=at, here={}, helo="x")
        found = {one.id: one for one in begun()}
    assert {one.verdict for one in found.values()} == {UNKNOWN}
    assert "did not begin" in found["tls.587"].seen
    assert "Dovecot" in found["tls.465"].seen
    assert "tls.993" not in found
