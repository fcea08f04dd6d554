"""Our verifier against an independent signer (dkimpy), and what it refuses."""

from __future__ import annotations

import base64
import subprocess

import dkim  # type: ignore[import-not-found,import-untyped,unused-ignore]
import pytest

from wizard.host.signature import fault

MESSAGE = (
    b"Received: by mail.a.example (Postfix, from userid 0)\r\n"
    b"\tid ABC; Tue,  1 Dec 2026 04:40:00 +0000 (UTC)\r\n"
    b"From: Taro   <taro@a.example>\r\n"
    b"To: friend@b.example,\r\n   other@b.example\r\n"
    b"Subject: one\r\n two \t three  \r\n"
    b"Subject: another\r\n"
    b"Date: Tue, 01 Dec 2026 04:40:00 +0000\r\n"
    b"\r\n"
    b"Hello  there. \t\r\n\r\n  x\t\ty\r\n\r\n\r\n"
)
WAYS = [(headers, body) for headers in (b"relaxed", b"simple") for body in (b"relaxed", b"simple")]


@pytest.fixture(scope="module")
def key() -> bytes:
    return subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def public(key: bytes) -> str:
    argv = ["openssl", "pkey", "-pubout", "-outform", "DER"]
    done = subprocess.run(argv, input=key, check=True, capture_output=True)
    return base64.b64encode(done.stdout).decode()


def signed(message: bytes, key: bytes, **options: object) -> bytes:
    return bytes(dkim.sign(message, b"s1", b"a.example", key, **options)) + message


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "message",
    [
        MESSAGE,
        MESSAGE.replace(b"Hello  there. \t\r\n\r\n  x\t\ty\r\n\r\n\r\n", b""),
        MESSAGE + b" \t\r\n",
        MESSAGE.rstrip(b"\r\n") + b"\r\n",
        MESSAGE.replace(b"Hello", b"\xe9\xff"),
    ],
)
def test_what_another_program_signs_is_right(
    message: bytes, way: tuple[bytes, bytes], key: bytes, public: str
) -> None:
    text = signed(message, key, canonicalize=way)
    assert fault(text, "a.example", "s1", public) == ""
    assert fault(text, "A.Example", "S1", public) == ""
    # As a file of the queue has it.
    assert fault(text.replace(b"\r\n", b"\n"), "a.example", "s1", public) == ""


CHANGES = {
    "the body": (b"Hello", b"Hallo", "its body"),
    "a signed header": (b"Taro", b"Jiro", "does not fit"),
    "a header of two names": (b"another", b"still another", "does not fit"),
    "a header that is not signed": (b"id ABC", b"id ABD", ""),
    "the signature": (b" b=", b" b=AAAA", "does not fit"),
    "the selector": (b" s=s1", b" s=s2", "no signature"),
    "the algorithm": (b"a=rsa-sha256", b"a=rsa-sha1", "not of rsa-sha256: rsa-sha1"),
    "no From": (b"from : ", b"frim : ", "From line"),
    "a part of the body": (b" s=s1;", b" s=s1; l=3;", "a part of the body"),
    "an end at once": (b" s=s1;", b" s=s1; x=1;", "its signature ends"),
    "a far end": (b" s=s1;", b" s=s1; x=99999999999;", "does not fit"),
    "nothing": (b"", b"", ""),
}


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES.values(), ids=CHANGES)
def test_what_a_verifier_refuses(
    old: bytes, new: bytes, expected: str, key: bytes, public: str
) -> None:
    headers = (b"from", b"to", b"subject", b"subject", b"date")
    text = signed(MESSAGE, key, canonicalize=(b"relaxed", b"simple"), include_headers=headers)
    assert old in text
    said = fault(text.replace(old, new, 1), "a.example", "s1", public)
    assert expected in said
    assert bool(expected) == bool(said)


def test_a_second_from_line_that_is_added_is_seen(key: bytes, public: str) -> None:
    headers = (b"from", b"from", b"date")
    text = signed(MESSAGE, key, include_headers=headers)
    assert fault(text, "a.example", "s1", public) == ""
    assert fault(b"From: boss@a.example\r\n" + text, "a.example", "s1", public)


def test_another_key_and_no_key_are_refused(key: bytes, public: str) -> None:
    text = signed(MESSAGE, key)
    other = subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True).stdout
    assert "does not fit" in fault(signed(MESSAGE, other), "a.example", "s1", public)
    for unread in ("", "AAAA", "not base64!", base64.b64encode(b"\x30\x00").decode()):
        assert "cannot be read" in fault(text, "a.example", "s1", unread)
    assert "no signature" in fault(MESSAGE, "a.example", "s1", public)
    # One that is right does not excuse another one of the same key.
    good, bad = (one[: -len(MESSAGE)] for one in (text, signed(MESSAGE, other)))
    assert fault(good + good + MESSAGE, "a.example", "s1", public) == ""
    assert "does not fit" in fault(bad + good + MESSAGE, "a.example", "s1", public)
