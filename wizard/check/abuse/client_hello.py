"""Test whether a server accepts an old TLS version or a weak cipher, and which chain it serves.

The ClientHello offers nothing else. It is built here (RFC 4346, RFC 5246 7.4.1), because today's TLS
libraries refuse to offer these, and Python's shows a leaf without its chain. The handshake is not
finished: a server that sends its part up to ServerHelloDone accepts the offer.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Optional

from wizard.check.abuse.suites import (
    ANONYMOUS_SUITES,
    OLD_SUITES,
    WEAK_SUITES,
    fault_of,
)
from wizard.check.smtp.session import Endpoint, Exchange, Line, SessionError, reason
from wizard.check.tls.handshake import alert_name

TLS_1_1, TLS_1_2 = 0x0302, 0x0303
VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", TLS_1_1: "TLS 1.1", TLS_1_2: "TLS 1.2"}

_ALERT, _HANDSHAKE = 21, 22
_SERVER_HELLO, _CERTIFICATE, _DONE = 2, 11, 14
_RECORD_HEAD = 5
_MESSAGE_HEAD = 4
_MAX_RECORD_BYTES = 16384 + 256
_MAX_ANSWER_BYTES = 256 * 1024
_VERSION_SIZE, _RANDOM_SIZE = 2, 32
_SIGNATURES = (
    *(0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B),
    *(0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0201, 0x0203),
)
"""RSA by PKCS 1 and by PSS, then ECDSA, Ed25519 and Ed448, SHA-1 at the end (RFC 8446 4.2.3)."""
_LENGTH = 3
"""Bytes of the length of a certificate, and of that of all of them."""


@dataclass(frozen=True)
class Offer:
    """What a ClientHello offers: the newest version, the cipher suites, and a name (RFC 6066)."""

    version: int
    suites: tuple[int, ...]
    name: str = ""


OLD = Offer(TLS_1_1, OLD_SUITES)
WEAK = Offer(TLS_1_2, WEAK_SUITES)
ANONYMOUS = Offer(TLS_1_2, tuple(one for one in ANONYMOUS_SUITES if one not in WEAK_SUITES))


@dataclass(frozen=True)
class Answer:
    """The outcome: `taken` is what the server accepted, `refused` how it refused.

    Both are empty if the session broke off; `why` is the reason. `chain` has the certificates that
    the server sent, as DER, `suite` the number of the cipher suite that it chose.
    """

    taken: str = ""
    refused: str = ""
    why: str = ""
    chain: tuple[bytes, ...] = ()
    suite: int = -1


def offer_tls(where: Endpoint, before: Sequence[Exchange], offer: Offer, seconds: float) -> Answer:
    """Send the lines in `before`, then the ClientHello. Never raises for what a server does."""
    try:
        with closing(Line(where, seconds)) as line:
            for one in before:
                if one.line:
                    line.send(one.line)
                reply = line.reply()
                if one.must and reply.code != one.must:
                    return Answer(why=str(reply))
            line.send_bytes(client_hello(offer))
            return _answer(line)
    except (SessionError, OSError) as fault:
        return Answer(why=reason(fault, seconds))


def client_hello(offer: Offer) -> bytes:
    """Return the record of a ClientHello that offers only `offer`."""
    suites = b"".join(struct.pack("!H", one) for one in (*offer.suites, 0x00FF))
    extensions = (
        _extension(0x000A, _sized(struct.pack("!4H", 0x001D, 0x0017, 0x0018, 0x0019)))
        + _extension(0x000B, b"\x01\x00")
        + _extension(0x000D, _sized(struct.pack(f"!{len(_SIGNATURES)}H", *_SIGNATURES)))
        + (_extension(0x0000, _sized(b"\0" + _sized(offer.name.encode()))) if offer.name else b"")
    )
    body = struct.pack("!H", offer.version) + os.urandom(_RANDOM_SIZE) + b"\x00"
    body += _sized(suites) + b"\x01\x00" + _sized(extensions)
    message = b"\x01" + struct.pack("!I", len(body))[1:] + body
    return struct.pack("!BHH", _HANDSHAKE, 0x0301, len(message)) + message


def _extension(kind: int, content: bytes) -> bytes:
    return struct.pack("!H", kind) + _sized(content)


def _sized(content: bytes) -> bytes:
    return struct.pack("!H", len(content)) + content


def _answer(line: Line) -> Answer:
    said = b""
    while len(said) < _MAX_ANSWER_BYTES:
        head = line.read_exactly(_RECORD_HEAD)
        if len(head) < _RECORD_HEAD:
            return Answer(refused="the server closed the connection")
        kind, _, length = struct.unpack("!BHH", head)
        if kind not in {_ALERT, _HANDSHAKE} or length > _MAX_RECORD_BYTES:
            return Answer(why="an answer that is no TLS")
        content = line.read_exactly(length)
        if kind == _ALERT:
            return Answer(refused=f"refused, {alert_name(content[-1]) if content else 'alert'}")
        said += content
        answer = _taken(said)
        if answer is not None:
            return answer
    return Answer(why="an answer without end")


def _taken(said: bytes) -> Optional[Answer]:
    """Return what the server accepted, None until its ServerHelloDone is there."""
    agreed, suite = "", -1
    chain: tuple[bytes, ...] = ()
    while len(said) >= _MESSAGE_HEAD:
        kind, length = said[0], int.from_bytes(said[1:_MESSAGE_HEAD], "big")
        body, said = said[_MESSAGE_HEAD : _MESSAGE_HEAD + length], said[_MESSAGE_HEAD + length :]
        if kind == _SERVER_HELLO and len(body) > _VERSION_SIZE + _RANDOM_SIZE:
            version = int.from_bytes(body[:_VERSION_SIZE], "big")
            at = _VERSION_SIZE + _RANDOM_SIZE + 1 + body[_VERSION_SIZE + _RANDOM_SIZE]
            suite = int.from_bytes(body[at : at + 2], "big")
            fault = fault_of(suite)
            shown = f"cipher suite 0x{suite:04X}" + (f" ({fault})" if fault else "")
            agreed = f"{VERSIONS.get(version, hex(version))}, {shown}"
        elif kind == _CERTIFICATE:
            chain = _certificates(body)
        elif kind == _DONE and agreed:
            return Answer(taken=agreed, chain=chain, suite=suite)
    return None


def _certificates(body: bytes) -> tuple[bytes, ...]:
    """Return the certificates of a Certificate message (RFC 5246 7.4.2), the leaf first."""
    found = []
    at = _LENGTH
    while at + _LENGTH <= len(body):
        size = int.from_bytes(body[at : at + _LENGTH], "big")
        at += _LENGTH
        found.append(body[at : at + size])
        at += size
    return tuple(one for one in found if one)
