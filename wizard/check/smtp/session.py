"""SMTP sessions with a server that may do anything (RFC 5321, RFC 3207).

smtplib limits neither the lines of a reply nor the time of a slow server, and it accepts plain text
after the reply to STARTTLS. A check must survive the first two and report the third. So this module
has one deadline for the whole session, and a limit for everything that it reads.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Callable, Optional, Union

from wizard.check.tls.handshake import (
    HandshakeError,
    TlsStream,
    alert_of,
    blind_context,
    tls_fault,
)
from wizard.text import clean

MAX_LINE = 2048
"""Octets of one reply line; RFC 5321 4.5.3.1.5 allows 512."""
MAX_LINES = 64
"""Lines of one reply."""
CLOSING = 421
"""RFC 5321 3.8: the server closes the connection after any command."""
CONTINUE = 334
"""RFC 4954 4: the server waits for credentials; `*` cancels the login."""

_ALERT_BEGINS = b"\x15\x03"
"""The first bytes of a TLS alert (RFC 8446 5.1)."""

_REPLY = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


class SessionError(Exception):
    """The session cannot continue; the text is the reason, cleaned for a table."""


class _UnexpectedReplyError(SessionError):
    """A complete reply, but not the required one."""


@dataclass(frozen=True)
class Reply:
    """One reply: its code and its lines without the code, cleaned."""

    code: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.code} {self.lines[-1]}".rstrip()

    def keyword(self, name: str) -> Optional[str]:
        """Return the parameters of an EHLO keyword, "" without any, None if it is not listed."""
        for line in self.lines[1:]:
            word, _, rest = line.partition(" ")
            # Old servers announced AUTH=LOGIN, and clients still accept that.
            word, equals, value = word.partition("=")
            if word.upper() == name:
                return f"{value} {rest}".strip() if equals else rest.strip()
        return None


@dataclass(frozen=True)
class Exchange:
    """One line to send, and the name under which its reply is stored.

    An empty line waits for the greeting. `tls` starts TLS: before the greeting if there is no line
    (RFC 8314), else after the reply (RFC 3207). A code other than `must` ends the session; with 0
    it continues after any reply. `ends` is the end of the line (RFC 5321 2.3.8 allows only CR LF).
    `notice` is the class of the error that a right server answers (postconf(5), notify_classes).
    """

    name: str
    line: str = ""
    tls: bool = False
    must: int = 0
    ends: str = "\r\n"
    notice: str = ""


QUIT = Exchange("quit", "QUIT")
REFUSED = "connection refused"
"""Why a session does not begin where nobody listens."""
OUTSIDER = "relay-test@example.net"
"""A recipient at a domain that RFC 2606 reserves. Nobody gets mail there, and it is not ours."""
STARTTLS, AT_ONCE = "starttls", "at once"
"""When TLS begins (RFC 3207, RFC 8314)."""


def opening(name: str, tls: str = "") -> tuple[Exchange, ...]:
    """Return the exchanges until EHLO is answered, with `tls` that under TLS; each must succeed."""
    hello = f"EHLO {name}"
    under_tls = Exchange("ehlo-tls", hello, must=250)
    if tls == AT_ONCE:
        return Exchange("greeting", tls=True, must=220), under_tls
    plain = (Exchange("greeting", must=220), Exchange("ehlo", hello, must=250))
    starttls = (Exchange(STARTTLS, "STARTTLS", tls=True, must=220), under_tls)
    return (*plain, *(starttls if tls else ()))


@dataclass(frozen=True)
class Transcript:
    """The replies of a session, as far as it went.

    `stopped_at` names the exchange without a usable reply, "" if all have one; `why` is the reason.
    `certificate` is the leaf that was served (DER), empty without TLS. `is_late` is True if the
    time was over, and the server might have answered later.
    """

    replies: dict[str, Reply] = field(default_factory=dict)
    certificate: bytes = b""
    stopped_at: str = ""
    why: str = ""
    is_late: bool = False


@dataclass(frozen=True)
class Endpoint:
    """Where to connect: an address and port, or a UNIX socket; `source` is our own address.

    TLS accepts any certificate. With `verified` it must be for that name and from an authority that the
    system trusts.
    """

    address: str
    port: int = 0
    source: str = ""
    verified: str = ""


class Line:
    """A connection with a deadline, read line by line.

    All methods raise OSError, and TalkError for replies that are not SMTP.
    """

    def __init__(self, where: Endpoint, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._seconds = seconds
        self._verified = where.verified
        self._buffer = b""
        self._plain = self._connect(where)
        self._socket: Union[socket.socket, TlsStream] = self._plain

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def send(self, line: str, ends: str = "\r\n") -> None:
        """Send one line."""
        try:
            data = f"{line}{ends}".encode("ascii")
        except UnicodeEncodeError:
            raise SessionError("a name that is not ASCII cannot be said") from None
        self.send_bytes(data)

    def send_bytes(self, data: bytes) -> None:
        """Send bytes unchanged."""
        self._socket.settimeout(self._remaining())
        self._socket.sendall(data)

    def read_exactly(self, count: int) -> bytes:
        """Read `count` bytes, fewer if the other side closes."""
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        while len(data) < count:
            self._socket.settimeout(self._remaining())
            more = self._socket.recv(count - len(data))
            if not more:
                break
            data += more
        return data

    def reply(self) -> Reply:
        """Read one reply with all its lines."""
        lines: list[str] = []
        code = 0
        while True:
            raw = self._read_line()
            match = _REPLY.fullmatch(raw)
            if match is None:
                raise SessionError(f"not an SMTP reply: {clean(raw, 60)}")
            if code and int(match[1]) != code:
                raise SessionError(f"one reply with two codes: {code} and {int(match[1])}")
            code = int(match[1])
            lines.append(clean(match[3] or b""))
            if match[2] != b"-":
                return Reply(code, tuple(lines))
            if len(lines) >= MAX_LINES:
                raise SessionError(f"a reply of more than {MAX_LINES} lines")

    def start_tls(self) -> bytes:
        """Start TLS, and return the leaf of the served certificate (DER)."""
        if self._buffer[:2] == _ALERT_BEGINS:
            # Some servers refuse before they have read anything.
            raise SessionError(f"the server refused the TLS handshake: {alert_of(self._buffer)}")
        if self._buffer:
            raise SessionError(
                f"plain text behind the answer to STARTTLS: {clean(self._buffer, 60)}"
            )
        context = ssl.create_default_context() if self._verified else blind_context()
        stream = TlsStream(self._plain, context, self._remaining, self._verified)
        try:
            stream.handshake()
        except HandshakeError as error:
            raise SessionError(str(error)) from error
        self._socket = stream
        return stream.leaf()

    def _connect(self, where: Endpoint) -> socket.socket:
        if not where.port:
            local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                local.settimeout(self._remaining())
                local.connect(where.address)
            except BaseException:
                local.close()
                raise
            return local
        return socket.create_connection(
            (where.address, where.port),
            timeout=self._remaining(),
            source_address=(where.source, 0) if where.source else None,
        )

    def _remaining(self) -> float:
        remaining = self._until - time.monotonic()
        if remaining <= 0:
            raise socket.timeout
        return remaining

    def _read_line(self) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > MAX_LINE:
                break
            self._socket.settimeout(self._remaining())
            data = self._socket.recv(4096)
            if not data:
                said = f" after {clean(self._buffer, 60)}" if self._buffer else ""
                raise SessionError(f"the server closed the connection{said}")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        if len(line) > MAX_LINE:
            raise SessionError(f"a line of more than {MAX_LINE} octets: {clean(line, 40)}")
        return line.rstrip(b"\r")


Hold = Callable[[Mapping[str, Reply]], str]
"""Returns from the replies until then why STARTTLS may not be sent, "" if it may."""


def converse(
    where: Endpoint, script: Sequence[Exchange], seconds: float, hold: Optional[Hold] = None
) -> Transcript:
    """Send the lines of the script and return the replies.

    Never raises for what a server or the network does. Stops early at a malformed reply, at 421 and
    at a code other than the required one. Sends QUIT if it still can, so that the server's log shows no
    lost connection. `seconds` limits the whole session. Where `hold` returns a reason, the session
    ends before STARTTLS.
    """
    replies: dict[str, Reply] = {}
    leaves = [b""]
    current = script[0]
    with ExitStack() as stack:
        try:
            line = Line(where, seconds)
        except OSError as fault:
            return Transcript(
                replies,
                b"",
                current.name,
                reason(fault, seconds),
                isinstance(fault, socket.timeout),
            )
        stack.callback(line.close)
        try:
            for current in script:
                why = hold(replies) if hold and current.tls and current.line else ""
                if why:
                    line.send("QUIT")
                    return Transcript(replies, leaves[-1], current.name, why)
                _exchange(line, current, replies, leaves)
        except _UnexpectedReplyError as fault:
            return Transcript(replies, leaves[-1], current.name, str(fault))
        except (SessionError, OSError) as fault:
            at = current.line.partition(" ")[0] or "greeting"
            why = f"{at}: {reason(fault, seconds)}"
            is_late = isinstance(fault, socket.timeout)
            return Transcript(replies, leaves[-1], current.name, why, is_late)
    return Transcript(replies, leaves[-1])


def reason(fault: Exception, seconds: float) -> str:
    """Return why the session ended, as text."""
    if isinstance(fault, socket.timeout):
        return f"no answer within {seconds:g} s"
    if isinstance(fault, ConnectionRefusedError):
        return REFUSED
    if isinstance(fault, (ConnectionResetError, BrokenPipeError)):
        return "the server broke the connection off"
    if isinstance(fault, ssl.SSLError):
        return tls_fault(fault)
    if isinstance(fault, OSError):
        return clean((fault.strerror or str(fault)).encode("utf-8", "replace"))
    return str(fault)


def _exchange(line: Line, what: Exchange, replies: dict[str, Reply], leaves: list[bytes]) -> None:
    """Do one exchange. Its reply and certificate are stored even if it ends the session."""
    if what.line:
        line.send(what.line, what.ends)
    elif what.tls:
        leaves.append(line.start_tls())
    reply = line.reply()
    replies[what.name] = reply
    if reply.code == CONTINUE:
        line.send("*")
        line.reply()
    if reply.code == CLOSING:
        raise _UnexpectedReplyError(str(reply))
    if what.must and reply.code != what.must:
        line.send("QUIT")
        raise _UnexpectedReplyError(str(reply))
    if what.line and what.tls:
        leaves.append(line.start_tls())
