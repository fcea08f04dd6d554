"""A server on loopback that talks like Postfix, or does wrong at exactly one point."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional, Union

NAME = "mail.zeke.ne.jp"

Stream = Union[socket.socket, ssl.SSLSocket]

EHLO_25 = (
    f"250-{NAME}",
    "250-PIPELINING",
    "250-SIZE 10485760",
    "250-ETRN",
    "250-STARTTLS",
    "250-ENHANCEDSTATUSCODES",
    "250-8BITMIME",
    "250 CHUNKING",
)
EHLO_TLS = tuple(line for line in EHLO_25 if "STARTTLS" not in line)
EHLO_AUTH = (*EHLO_TLS[:-1], "250-AUTH PLAIN LOGIN", "250 CHUNKING")

GOOD = {
    "greeting": (f"220 {NAME} ESMTP Postfix",),
    "ehlo": EHLO_25,
    "auth": ("503 5.5.1 Error: authentication not enabled",),
    "vrfy": ("502 5.5.1 VRFY command is disabled",),
    "starttls": ("220 2.0.0 Ready to start TLS",),
    "ehlo-tls": EHLO_TLS,
    "auth-tls": ("503 5.5.1 Error: authentication not enabled",),
    "mail": ("250 2.1.0 Ok",),
    "rcpt-relay": ("554 5.7.1 <relay-test@example.net>: Relay access denied",),
    "rcpt": ("250 2.1.5 Ok",),
    "rset": ("250 2.0.0 Ok",),
    "quit": ("221 2.0.0 Bye",),
    "login": ("235 2.7.0 Authentication successful",),
    "login-refused": ("535 5.7.8 Error: authentication failed",),
    "*": ("501 5.7.0 Authentication aborted",),
    "lhlo": (f"250-{NAME}", "250 PIPELINING"),
}
"""Port 25 of a right server, by what was said; `-tls` where TLS makes a difference."""

UNKNOWN = ("502 5.5.2 Error: command not recognized",)
FIRST = ("530 5.7.0 Must issue a STARTTLS command first",)
SUBMISSION = {
    **GOOD,
    "auth": FIRST,
    "mail": FIRST,
    "mail-tls": ("250 2.1.0 Ok",),
    "ehlo-tls": EHLO_AUTH,
    "rcpt-relay": (
        "554 5.7.1 <relay-test@example.net>: Recipient address rejected: Access denied",
    ),
}
SMTPS = {**SUBMISSION, "mail": ("250 2.1.0 Ok",)}


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in PEM files."""

    cert: Path
    key: Path


@dataclass(frozen=True)
class Behaviour:
    """What to answer and where to go astray.

    `replies` are lines by what was said; `raw` are bytes sent instead, as they are; at `hang`
    nothing is answered, at `close` the connection ends, at `trickle` a reply never ends.
    """

    replies: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: GOOD)
    raw: Mapping[str, bytes] = field(default_factory=dict)
    hang: str = ""
    close: str = ""
    trickle: str = ""
    wrapped: bool = False
    break_handshake: bool = False
    hang_handshake: bool = False
    answer_to_hello: Optional[bytes] = None
    """What is said to a ClientHello in place of a handshake, before the connection is closed."""
    password: str = ""
    """Where one is set, AUTH PLAIN with it gets the reply `login`, with another `login-refused`."""


class Server:
    """Listens on a port of its own until the `with` ends; `said` is every line it was told."""

    def __init__(self, behaviour: Behaviour, pair: Optional[Pair] = None) -> None:
        self.said: list[str] = []
        self.sources: list[str] = []
        self._behaviour = behaviour
        self._pair = pair
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    @contextlib.contextmanager
    def running(self) -> Iterator[Server]:
        self._start(self._accept)
        try:
            yield self
        finally:
            self._end()

    def _end(self) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                peer, address = self._listener.accept()
            except OSError:
                return
            self.sources.append(str(address[0]))
            self._start(lambda peer=peer: self._serve(peer))  # type: ignore[misc]

    def _serve(self, peer: socket.socket) -> None:
        peer.settimeout(10)
        with contextlib.ExitStack() as stack:
            stack.callback(peer.close)
            stack.enter_context(contextlib.suppress(OSError))
            self._talk(self._tls(peer, stack) if self._behaviour.wrapped else peer, stack)

    def _tls(self, stream: Stream, stack: contextlib.ExitStack) -> Stream:
        assert self._pair is not None
        if self._behaviour.hang_handshake:
            self._over.wait(10)
        if self._behaviour.break_handshake:
            raise ConnectionAbortedError
        if self._behaviour.trickle == "hello":
            stream.sendall(b"\x16\x03\x03\x40\x00")
            while not self._over.wait(0.05):
                stream.sendall(b"\x02")
        if self._behaviour.answer_to_hello is not None:
            stream.recv(4096)
            stream.sendall(self._behaviour.answer_to_hello)
            raise ConnectionAbortedError
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._pair.cert, self._pair.key)
        secure = context.wrap_socket(stream, server_side=True)
        stack.callback(secure.close)
        return secure

    def _talk(self, stream: Stream, stack: contextlib.ExitStack) -> None:
        secure = isinstance(stream, ssl.SSLSocket)
        name: Optional[str] = "greeting"
        while name is not None:
            if not self._answer(stream, name, secure=secure) or name == "quit":
                return
            if name == "starttls" and self._behaviour.replies[name][0].startswith("220"):
                stream = self._tls(stream, stack)
                secure = True
            name = self._hear(stream)

    def _answer(self, stream: Stream, name: str, *, secure: bool) -> bool:
        do = self._behaviour
        key = f"{name}-tls" if secure and f"{name}-tls" in do.replies else name
        if key == do.hang:
            self._over.wait(10)
            return False
        if key == do.close:
            return False
        if key == do.trickle:
            while not self._over.wait(0.05):
                stream.sendall(b"250-more\r\n" if key != "greeting" else b"2")
            return False
        if key in do.raw:
            stream.sendall(do.raw[key])
            return True
        stream.sendall(
            "".join(f"{line}\r\n" for line in do.replies.get(key, UNKNOWN)).encode("latin-1")
        )
        return True

    def _hear(self, stream: Stream) -> Optional[str]:
        line = b""
        while not line.endswith(b"\n"):
            byte = stream.recv(1)
            if not byte:
                return None
            line += byte
        text = line.decode("latin-1").strip()
        self.said.append(text)
        if self._behaviour.password and text.startswith("AUTH PLAIN "):
            said = base64.b64decode(text.split()[2]).decode().rpartition("\0")[2]
            return "login" if said == self._behaviour.password else "login-refused"
        if text.startswith("RCPT TO:<relay-test@"):
            return "rcpt-relay"
        return text.partition(" ")[0].lower()


def serving(
    behaviour: Behaviour, pair: Optional[Pair] = None
) -> contextlib.AbstractContextManager[Server]:
    return Server(behaviour, pair).running()


def make_pair(directory: Path, *names: str, days: int = 30) -> Pair:
    """A self-signed pair for these DNS names; a negative number of days is past."""
    pair = Pair(directory / "cert.pem", directory / "key.pem")
    alternative = ",".join(f"DNS:{name}" for name in names)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", f"/CN={names[0]}", "-days", str(days)]
    command += ["-addext", f"subjectAltName={alternative}"]
    command += ["-out", str(pair.cert), "-keyout", str(pair.key)]
    subprocess.run(command, check=True, capture_output=True)
    return pair
