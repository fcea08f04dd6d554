"""Test whether a server accepts an old TLS version or a weak cipher.

The ClientHello offers nothing else. It is built here (RFC 4346, RFC 5246 7.4.1), because today's TLS
libraries refuse to offer these. The handshake is not finished: a server that sends its part up to
ServerHelloDone accepts the offer.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from wizard.check.smtp.session import Endpoint, Exchange, Line, SessionError, reason
from wizard.check.tls.handshake import alert_name

TLS_1_1, TLS_1_2 = 0x0302, 0x0303
VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", TLS_1_1: "TLS 1.1", TLS_1_2: "TLS 1.2"}

OLD_SUITES = (0xC014, 0xC013, 0xC00A, 0xC009, 0x0039, 0x0033, 0x0035, 0x002F, 0x000A)
"""Suites that TLS 1.1 and older share with current servers: AES and 3DES, every kind of key."""
WEAK_SUITES = (
    *(0xC012, 0xC008, 0x0016, 0x000A),  # 3DES
    *(0xC011, 0xC007, 0x0005, 0x0004),  # RC4
    *(0x0015, 0x0009, 0x0014, 0x0008, 0x0006, 0x0003),  # DES and export
    *(0xC010, 0xC006, 0x003B, 0x0002, 0x0001),  # no encryption at all
)
"""Ciphers that RFC 7465, RFC 8429 and RFC 9325 4.1 rule out."""

_ALERT, _HANDSHAKE = 21, 22
_SERVER_HELLO, _DONE = 2, 14
_RECORD_HEAD = 5
_MESSAGE_HEAD = 4
_MAX_RECORD_BYTES = 16384 + 256
_MAX_ANSWER_BYTES = 256 * 1024
_VERSION_SIZE, _RANDOM_SIZE = 2, 32


@dataclass(frozen=True)
class Offer:
    """What a ClientHello offers: the newest version, and the cipher suites."""

    version: int
    suites: tuple[int, ...]


OLD = Offer(TLS_1_1, OLD_SUITES)
WEAK = Offer(TLS_1_2, WEAK_SUITES)


@dataclass(frozen=True)
class Answer:
    """The outcome: `taken` is what the server accepted, `refused` how it refused.

    Both are empty if the session broke off; `why` is the reason.
    """

    taken: str = ""
    refused: str = ""
    why: str = ""


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
        + _extension(
            0x000D, _sized(struct.pack("!6H", 0x0401, 0x0403, 0x0501, 0x0601, 0x0201, 0x0203))
        )
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
        taken = _taken(said)
        if taken:
            return Answer(taken=taken)
    return Answer(why="an answer without end")


def _taken(said: bytes) -> str:
    """Return what the server accepted, "" until its ServerHelloDone is there."""
    agreed = ""
    while len(said) >= _MESSAGE_HEAD:
        kind, length = said[0], int.from_bytes(said[1:_MESSAGE_HEAD], "big")
        body, said = said[_MESSAGE_HEAD : _MESSAGE_HEAD + length], said[_MESSAGE_HEAD + length :]
        if kind == _SERVER_HELLO and len(body) > _VERSION_SIZE + _RANDOM_SIZE:
            version = int.from_bytes(body[:_VERSION_SIZE], "big")
            at = _VERSION_SIZE + _RANDOM_SIZE + 1 + body[_VERSION_SIZE + _RANDOM_SIZE]
            suite = int.from_bytes(body[at : at + 2], "big")
            agreed = f"{VERSIONS.get(version, hex(version))}, cipher suite 0x{suite:04X}"
        if kind == _DONE and agreed:
            return agreed
    return ""
