"""Talk to a milter on a UNIX socket, as Postfix does: whether it serves, and what it adds to a message.

Each packet is its length (4 bytes, big endian), a letter and data (mfdef.h of libmilter). A client
begins with `O`, the version and what it can do. A milter answers with `O`, and Q ends the session. In
version 2 each packet of a message has one answer, except those that the milter does not want.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator, Sequence

SECONDS = 3.0
"""Timeout of each read and write."""

Header = tuple[str, str]
"""Name and value of a header. The value has no blank before it, and CRLF where it is folded."""

_ACTIONS = 0x1FF
_VERSION, _PROTOCOL = 6, 0x1FFFFF
_OLD_VERSION, _OLD_PROTOCOL = 2, 0x7F
_HEAD, _NUMBERS = 5, 12
"""Bytes of a length with its letter, and of the three numbers of `O`."""
_MAX_BYTES = 1 << 20
_QUIT, _ACCEPT, _CONTINUE = b"Q", b"a", b"c"
_REFUSES = {b"t": "defers", b"r": "refuses", b"y": "refuses", b"d": "throws away"}
_ADD_HEADER, _INSERT_HEADER = b"h", b"i"
_PROGRESS = frozenset({b"p", b"m", b"+", b"-", b"b", b"q"})
"""Answers at the end of a message after which more come."""
_SKIPPED = {b"C": 0x1, b"H": 0x2, b"M": 0x4, b"R": 0x8, b"B": 0x10, b"L": 0x20, b"N": 0x40}
"""By the letter of a packet: the bit by which a milter says that it does not want it."""


class MilterFault(Exception):
    """What a milter does not do, as a sentence without a final dot."""


class MilterRefusal(MilterFault):
    """It does not let a message through."""


def _unlike(answer: bytes, to: str) -> MilterFault:
    """Return the fault of an answer other than to continue."""
    does = _REFUSES.get(answer)
    if does:
        return MilterRefusal(f"it {does} the message: it answers {answer!r} to {to}")
    return MilterFault(f"it answers {answer!r} to {to}")


def milter_fault(path: str, seconds: float = SECONDS) -> str:
    """Return why no milter answers on the socket, "" if one does. Never raises."""
    try:
        with _connected(path, seconds) as link:
            _negotiate(link, path, _VERSION, _PROTOCOL)
            _send(link, _QUIT)
    except MilterFault as fault:
        return str(fault)
    return ""


def added_headers(
    path: str, headers: Sequence[Header], body: bytes, seconds: float = SECONDS
) -> tuple[Header, ...]:
    """Return the headers that the milter adds to a message of a program on this host, the first on top.

    The body has CRLF. No message is sent. Raises MilterFault.
    """
    with _connected(path, seconds) as link:
        unwanted = _negotiate(link, path, _OLD_VERSION, _OLD_PROTOCOL)
        for letter, data in _packets(headers, body):
            if not unwanted & _SKIPPED[letter]:
                _send(link, letter, data)
                answer, _ = _receive(link, path)
                if answer == _ACCEPT:
                    # It takes no further part in this message.
                    return ()
                if answer != _CONTINUE:
                    raise _unlike(answer, f"{letter!r}")
        _send(link, b"E")
        added: list[Header] = []
        while True:
            answer, data = _receive(link, path)
            if answer in {_ADD_HEADER, _INSERT_HEADER}:
                text = data[4:] if answer == _INSERT_HEADER else data
                name, value = (one.decode("utf-8", "replace") for one in text.split(b"\0")[:2])
                # RFC 6376, 3.7: Postfix writes each LF of a milter as the end of a line.
                value = value.replace("\r\n", "\n").replace("\n", "\r\n")
                added = (
                    [(name, value), *added] if answer == _INSERT_HEADER else [*added, (name, value)]
                )
            elif answer not in _PROGRESS:
                break
        _send(link, _QUIT)
    if answer not in {_ACCEPT, _CONTINUE}:
        raise _unlike(answer, "a whole message")
    return tuple(added)


def _packets(headers: Sequence[Header], body: bytes) -> Iterator[tuple[bytes, bytes]]:
    yield b"C", b"localhost\0" + b"4" + struct.pack(">H", 0) + b"127.0.0.1\0"
    yield b"H", b"localhost\0"
    yield b"M", b"<>\0"
    yield b"R", b"<>\0"
    for name, value in headers:
        yield b"L", f"{name}\0{value}\0".encode()
    yield b"N", b""
    yield b"B", body


@contextlib.contextmanager
def _connected(path: str, seconds: float) -> Iterator[socket.socket]:
    """Connect for the time of a with statement. Raises MilterFault for each fault in it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(seconds)
        try:
            link.connect(path)
            yield link
        except FileNotFoundError:
            raise MilterFault(f"there is no socket {path}") from None
        except ConnectionRefusedError:
            raise MilterFault(f"nobody listens on {path}") from None
        # An alias of TimeoutError from Python 3.10 on.
        except socket.timeout:
            raise MilterFault(f"who listens on {path} does not answer") from None
        except (BrokenPipeError, ConnectionResetError):
            raise MilterFault(f"who listens on {path} ends the session") from None
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else error
            raise MilterFault(f"{path}: {why}") from None


def _negotiate(link: socket.socket, path: str, version: int, protocol: int) -> int:
    """Return the bits of what the milter does not want."""
    _send(link, b"O", struct.pack(">III", version, _ACTIONS, protocol))
    answer, data = _receive(link, path)
    if answer != b"O" or len(data) < _NUMBERS:
        raise MilterFault(f"what listens on {path} is not a milter")
    return int(struct.unpack(">III", data[:_NUMBERS])[2])


def _send(link: socket.socket, letter: bytes, data: bytes = b"") -> None:
    link.sendall(struct.pack(">Ic", 1 + len(data), letter) + data)


def _receive(link: socket.socket, path: str) -> tuple[bytes, bytes]:
    """Return the letter and the data of the next packet."""
    head = _read(link, _HEAD)
    length = int.from_bytes(head[:4], "big")
    if len(head) < _HEAD or not 0 < length <= _MAX_BYTES:
        raise MilterFault(f"what listens on {path} is not a milter")
    return head[4:], _read(link, length - 1)


def _read(link: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = link.recv(count - len(found))
        if not more:
            break
        found += more
    return found
