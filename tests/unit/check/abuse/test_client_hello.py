"""A hello that offers only what is old or weak, answered by OpenSSL and by worse."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator

import pytest

from tests.unit.check.scripted import Behaviour, Pair, serving
from wizard.check.abuse.client_hello import OLD, WEAK, Answer, Offer, offer_tls
from wizard.check.abuse.offers import TLS_PORTS
from wizard.check.smtp.session import Endpoint


@contextlib.contextmanager
def answering(context: ssl.SSLContext) -> Iterator[Endpoint]:
    """A server that takes one connection to the end of its handshake, as far as that goes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            peer, _ = listener.accept()
            peer.settimeout(5)
            with peer:
                context.wrap_socket(peer, server_side=True)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Endpoint("127.0.0.1", int(listener.getsockname()[1]))
    finally:
        thread.join(10)
        listener.close()


@contextlib.contextmanager
def saying(data: bytes, *, hang: bool = False) -> Iterator[Endpoint]:
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        peer, _ = listener.accept()
        with peer, contextlib.suppress(OSError):
            peer.sendall(data)
            if hang:
                over.wait(10)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(4096):
                pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Endpoint("127.0.0.1", int(listener.getsockname()[1]))
    finally:
        over.set()
        thread.join(10)
        listener.close()


def context(pair: Pair, ciphers: str, *, old: bool) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pair.cert, pair.key)
    if old:
        with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
            made.minimum_version = ssl.TLSVersion.TLSv1
    else:
        made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers(ciphers)
    return made


def tried(where: Endpoint, offer: Offer, seconds: float = 5) -> Answer:
    return offer_tls(where, (), offer, seconds)


def test_a_server_of_today_refuses_both(pair: Pair) -> None:
    for offer in (OLD, WEAK):
        with answering(context(pair, "DEFAULT", old=False)) as where:
            answer = tried(where, offer)
        assert answer.refused.startswith("refused, alert ")
        assert answer.taken == ""


def test_old_tls_is_seen_whatever_our_own_library_offers(pair: Pair) -> None:
    with answering(context(pair, "ALL:@SECLEVEL=0", old=True)) as where:
        assert tried(where, OLD).taken.startswith("TLS 1.1, cipher suite 0xC0")


def test_a_cipher_that_encrypts_nothing_is_seen(pair: Pair) -> None:
    with answering(context(pair, "eNULL:@SECLEVEL=0", old=False)) as where:
        assert tried(where, WEAK).taken == "TLS 1.2, cipher suite 0xC006 (no encryption)"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"220 mail.example ESMTP\r\n", "an answer that is no TLS"),
        (b"\x16\x03\x01\xff\xff", "an answer that is no TLS"),
        (b"\x16\x03\x01\x40\x00" + b"\x00" * 16384, ""),
        (b"", ""),
        (b"\x16\x03", ""),
    ],
    ids=["plain", "too-long", "no-hello", "nothing", "half"],
)
def test_what_is_no_answer_is_not_taken(data: bytes, why: str) -> None:
    with saying(data) as where:
        answer = tried(where, OLD)
    assert answer.taken == ""
    assert answer.why == why
    assert bool(answer.refused) == (not why)


def test_an_endless_answer_is_bounded() -> None:
    record = b"\x16\x03\x01\x40\x00" + b"\x0b\x00\x3f\xfc" + b"x" * 16380
    with saying(record * 40) as where:
        assert tried(where, OLD).why == "an answer without end"


def test_a_server_that_hangs_cannot_hang_us() -> None:
    begun = time.monotonic()
    with saying(b"\x16\x03\x01\x00\x10", hang=True) as where:
        assert tried(where, OLD, 0.5).why == "no answer within 0.5 s"
    assert time.monotonic() - begun < 3


def test_starttls_comes_first_where_it_must(pair: Pair) -> None:
    before = TLS_PORTS[0].before
    with serving(Behaviour(), pair) as server:
        answer = offer_tls(Endpoint("127.0.0.1", server.port), before, OLD, 5)
    assert answer.refused.startswith("refused, alert ")
    assert server.said == ["EHLO {me}", "STARTTLS"]


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert tried(Endpoint("127.0.0.1", port), OLD).why == "connection refused"
