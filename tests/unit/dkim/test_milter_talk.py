"""What a milter adds to a message: a double that signs with dkimpy, and ones that fail."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import dkim  # type: ignore[import-not-found,import-untyped,unused-ignore]
import pytest

from wizard.finding import RIGHT, UNKNOWN, WRONG
from wizard.host.milter import MilterFault, added_headers, milter_fault
from wizard.sections.dkim import check as module
from wizard.sections.dkim.setup import SIGNER
from wizard.sections.dkim.signer import Key, Setup

HEADERS = (("From", "a@a.example"), ("Subject", "one"), ("Subject", "two"))
BODY = b"Hello.\r\n"
Answer = Callable[[list[tuple[bytes, bytes]]], list[tuple[bytes, bytes]]]
"""The answers of a milter to the last of these packets."""


def packet(letter: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">Ic", 1 + len(data), letter) + data


def packets(link: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    with link.makefile("rb") as stream:
        while head := stream.read(5):
            yield head[4:], stream.read(int.from_bytes(head[:4], "big") - 1)


def hello(unwanted: int = 0) -> tuple[bytes, bytes]:
    return b"O", struct.pack(">III", 2, 0x10, unwanted)


def milter(path: Path, answer: Answer) -> list[tuple[bytes, bytes]]:
    """Serve one connection, and return the list of what is said in it."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    said: list[tuple[bytes, bytes]] = []

    def run() -> None:
        with contextlib.suppress(OSError), server, server.accept()[0] as link:
            for one in packets(link):
                said.append(one)
                for letter, data in answer(said):
                    link.sendall(packet(letter, data))

    threading.Thread(target=run, daemon=True).start()
    return said


def plain(said: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [hello()] if said[-1][0] == b"O" else [(b"c", b"")]


def test_a_message_is_given_as_postfix_gives_it_and_nothing_is_added(tmp_path: Path) -> None:
    said = milter(tmp_path / "s", plain)
    assert added_headers(str(tmp_path / "s"), HEADERS, BODY, 1.0) == ()
    # The last packet, which ends the session, may come later.
    assert said[1:11] == [
        (b"C", b"localhost\x004\x00\x00127.0.0.1\x00"),
        (b"H", b"localhost\x00"),
        (b"M", b"<>\x00"),
        (b"R", b"<>\x00"),
        (b"L", b"From\x00a@a.example\x00"),
        (b"L", b"Subject\x00one\x00"),
        (b"L", b"Subject\x00two\x00"),
        (b"N", b""),
        (b"B", BODY),
        (b"E", b""),
    ]


def test_what_a_milter_does_not_want_is_not_sent(tmp_path: Path) -> None:
    # HELO, recipients and the body.
    said = milter(
        tmp_path / "s",
        lambda said: [hello(0x1A)] if said[-1][0] == b"O" else [(b"c", b"")],
    )
    assert added_headers(str(tmp_path / "s"), HEADERS, BODY, 1.0) == ()
    assert b"".join(letter for letter, _ in said).rstrip(b"Q") == b"OCMLLLNE"


def test_headers_come_in_the_order_of_the_message(tmp_path: Path) -> None:
    added = [
        (b"h", b"X-Last\0one\0"),
        (b"p", b""),
        (b"i", struct.pack(">I", 1) + b"X-First\0a\n\tb\0"),
        (b"i", struct.pack(">I", 0) + b"X-Top\0\xff\0"),
        (b"a", b""),
    ]
    milter(tmp_path / "s", lambda said: added if said[-1][0] == b"E" else plain(said))
    assert added_headers(str(tmp_path / "s"), HEADERS, BODY, 1.0) == (
        ("X-Top", "\N{REPLACEMENT CHARACTER}"),
        ("X-First", "a\r\n\tb"),
        ("X-Last", "one"),
    )


def test_a_milter_that_accepts_at_once_adds_nothing(tmp_path: Path) -> None:
    """So does a signer whose tables do not have the sender, or that trusts another host."""
    milter(tmp_path / "s", lambda said: [(b"a", b"")] if said[-1][0] == b"N" else plain(said))
    assert added_headers(str(tmp_path / "s"), HEADERS, BODY, 1.0) == ()


BAD: dict[str, tuple[Answer, str]] = {
    "it defers a sender": (
        lambda said: [(b"t", b"")] if said[-1][0] == b"M" else plain(said),
        "answers b't' to b'M'",
    ),
    "it defers the message": (
        lambda said: [(b"t", b"")] if said[-1][0] == b"E" else plain(said),
        "to a whole message",
    ),
    "it does not answer": (lambda said: plain(said) if len(said) < 3 else [], "does not answer"),
    "it is no milter": (lambda _: [(b"x", b"")], "is not a milter"),
    "its numbers are cut off": (lambda _: [(b"O", b"abc")], "is not a milter"),
}


@pytest.mark.parametrize(("answer", "why"), BAD.values(), ids=BAD)
def test_a_milter_that_fails(tmp_path: Path, answer: Answer, why: str) -> None:
    milter(tmp_path / "s", answer)
    with pytest.raises(MilterFault, match=why):
        added_headers(str(tmp_path / "s"), HEADERS, BODY, 0.3)


def test_a_signer_is_verified_by_the_message_that_it_signs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True).stdout
    argv = ["openssl", "pkey", "-pubout", "-outform", "DER"]
    done = subprocess.run(argv, input=key, check=True, capture_output=True)
    public = base64.b64encode(done.stdout).decode()

    def sign(said: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        if said[-1][0] != b"E":
            return plain(said)
        pairs = [data.split(b"\0")[:2] for letter, data in said if letter == b"L"]
        head = b"".join(b"%s: %s\r\n" % (name, value) for name, value in pairs)
        body = b"".join(data for letter, data in said if letter == b"B")
        signed = dkim.sign(head + b"\r\n" + body, b"s", b"a.example", key)
        name, _, value = bytes(signed).rstrip(b"\r\n").partition(b": ")
        text = value.replace(b"\r\n", b"\n")
        return [(b"i", struct.pack(">I", 0) + name + b"\0" + text + b"\0"), (b"c", b"")]

    one = Key("a.example", "s")
    setup = Setup((one,), (one, Key("b.example", "s")))
    for at, (answer, publics, verdicts) in enumerate(
        (
            (sign, {one: public}, [RIGHT, UNKNOWN]),
            (sign, {one: "AAAA"}, [WRONG, UNKNOWN]),
            (sign, {}, [UNKNOWN, UNKNOWN]),
            (plain, {one: public}, [WRONG, UNKNOWN]),
            (BAD["it defers a sender"][0], {one: public}, [WRONG, UNKNOWN]),
            (BAD["it defers the message"][0], {one: public}, [WRONG, UNKNOWN]),
        )
    ):
        path = tmp_path / f"{at}"
        milter(path, answer)
        monkeypatch.setattr(module, "SIGNER", dataclasses.replace(SIGNER, socket=str(path)))
        # The double serves one connection, so the second domain gets no answer.
        monkeypatch.setattr(module, "SIGN_SECONDS", 0.5)
        found = list(module._judge_signatures(setup, publics))
        assert [one.verdict for one in found] == verdicts, at
        assert {one.id for one in found} == {"dkim.signature"}


def test_who_ends_the_session_is_named(tmp_path: Path) -> None:
    """Whether the first packet can still be written is a matter of time."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()

        def run() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        threading.Thread(target=run, daemon=True).start()
        said = {milter_fault(str(tmp_path / "s"), 1.0) for _ in range(20)}
        server.shutdown(socket.SHUT_RDWR)
    path = tmp_path / "s"
    assert said <= {
        f"who listens on {path} ends the session",
        f"what listens on {path} is not a milter",
    }
