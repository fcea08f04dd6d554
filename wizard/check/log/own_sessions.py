"""Omit the lines that the sessions of `check` itself caused in Postfix's log.

They say a mark in EHLO (`wizard.check.log.mark`), which smtpd(8) and postscreen(8) log with each refusal.
The other lines of a session are known by the process and the client: a process of smtpd has one
session at a time. Some sessions of a check end before anything is refused. They are omitted if all of
their lines are about the connection, and a session with a mark is in the log within WINDOW seconds.

    connect from unknown[192.0.2.1]                  ─┐
    NOQUEUE: reject: RCPT from ...: helo=<MARK>       ├─ one process, one session
    disconnect from unknown[192.0.2.1] ehlo=1 ...    ─┘

Nobody can hide from this report: the client must be this host itself, a session with a message is
never omitted, and no complaint of the server's own is.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Optional, TypeVar

from wizard.check.log.harmless import is_harmless
from wizard.check.log.lines import Line
from wizard.check.log.mark import is_mark, machine_id
from wizard.check.network.stranger import CANDIDATES, Network, networks
from wizard.door import Door
from wizard.host import facts

T = TypeVar("T")

WINDOW = 20.0
"""Seconds between a session without a mark and one with a mark of the same check."""

MAX_LINES, MAX_OPEN, MAX_WAITING = 300, 300, 3000
"""Lines of a session, sessions at a time, and sessions that wait for a decision. More are not ours."""

MAX_MARKS = 10_000
"""Times of marks in memory."""

_CONNECT = re.compile(rb"connect from [^][]*\[([0-9a-fA-F.:]+)\](?::\d+)?$")
_CLIENT = re.compile(rb"[^][]*\[([0-9a-fA-F.:]+)\]:(\d+)")
_HELO = re.compile(rb" proto=E?SMTP,? helo=<([^<>]*)>$")
_ENDS = re.compile(rb"disconnect from ")
_PASSED = re.compile(rb"(?:DISCONNECT|PASS \w+|(?:ALLOW|WHITE)LISTED) \[")
_HAS_MESSAGE = re.compile(rb" (?:data|bdat)=")
_LOUD = re.compile(rb"(?:warning|error|fatal|panic): ")
_OF_CONNECTION = re.compile(
    rb"connect from |disconnect from |(?:NOQUEUE: )?(?:lost connection|timeout) after |SSL_accept error from "
    rb"|(?:setting up|Anonymous|Trusted|Untrusted|Verified) TLS |TLS SNI |warning: TLS library problem"
    rb"|CONNECT from |DISCONNECT |PASS |HANGUP |PREGREET |DNSBL |\w*LISTED |warning: hostname "
)
_PROBES = tuple(
    ipaddress.ip_network(f"{one}/{32 if ':' in one else 24}", strict=False) for one in CANDIDATES
)
_LOOPBACK = networks(["127.0.0.0/8", "::1"])


@dataclass
class _Session(Generic[T]):
    """The lines of a session that may be of a check."""

    began: float
    is_stranger: bool
    lines: list[T] = field(default_factory=list)
    ended: float = 0.0
    is_marked: bool = False
    is_plain: bool = True
    has_message: bool = False


class OwnSessions:
    """Omits the sessions of checks; `sessions` and `lines` count what was omitted.

    `identity` is the host's machine-id, `addresses` are those of its interfaces, and `connected`
    their networks: a stranger of `check` has no address in them.
    """

    def __init__(
        self, identity: bytes, addresses: Sequence[str] = (), connected: Sequence[Network] = ()
    ) -> None:
        self.sessions = self.lines = 0
        self._identity = identity
        self._addresses = frozenset(addresses)
        self._probes = [
            one
            for one in _PROBES
            if not any(one.version == net.version and one.overlaps(net) for net in connected)
        ]
        self._known: dict[bytes, tuple[bool, bool]] = {}

    def without(self, lines: Iterable[tuple[T, Optional[Line]]]) -> Iterator[T]:
        """Yield the first items of the pairs, without those whose line is of a check's session.

        Lines of sessions from this host come later than they were, complaints of the server do not.
        """
        if not self._identity:
            yield from (item for item, _ in lines)
            return
        state: _State[T] = _State(self)
        for item, line in lines:
            yield from state.add(item, line) if line is not None else (item,)
        yield from state.finish()

    def is_ours(self, address: bytes) -> tuple[bool, bool]:
        """Return if an address is this host's or that of a stranger of `check`, and if it is the second."""
        known = self._known.get(address)
        if known is None:
            if len(self._known) > MAX_WAITING:
                self._known.clear()
            known = self._known[address] = self._is_ours(address.decode("ascii"))
        return known

    def _is_ours(self, address: str) -> tuple[bool, bool]:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False, False
        if address in self._addresses or any(parsed in one for one in _LOOPBACK):
            return True, False
        is_stranger = any(parsed in one for one in self._probes)
        return is_stranger, is_stranger

    def is_mark(self, name: bytes, at: float) -> bool:
        """True if a name in EHLO is a mark of this host at that time."""
        return is_mark(name, self._identity, at)

    def omit(self, session: _Session[T]) -> None:
        """Count an omitted session."""
        self.sessions += 1
        self.lines += len(session.lines)


class _State(Generic[T]):
    """The sessions that are open or wait, and the times of the marks, while a log is read."""

    def __init__(self, own: OwnSessions) -> None:
        self._own = own
        self._open: dict[tuple[bytes, ...], _Session[T]] = {}
        self._waiting: deque[_Session[T]] = deque()
        self._marks: list[float] = []

    def add(self, item: T, line: Line) -> Iterator[T]:
        at, program, process, message = line
        while self._waiting and (
            self._waiting[0].ended + WINDOW < at or len(self._waiting) > MAX_WAITING
        ):
            yield from self._decide(self._waiting.popleft())
        if program.endswith(b"/smtpd"):
            key: tuple[bytes, ...] = program, process
            client = _CONNECT.match(message)
            begins, ends = client is not None, _ENDS.match(message) is not None
        elif program.endswith(b"/postscreen"):
            client = _CLIENT.match(message)
            key = (program, process, *(client.groups() if client else ()))
            begins, ends = message.startswith(b"CONNECT "), _PASSED.match(message) is not None
        else:
            yield item
            return
        if begins and client is not None:
            yield from self._end(key, at)
            is_ours, is_stranger = self._own.is_ours(client[1])
            if is_ours and len(self._open) < MAX_OPEN:
                self._open[key] = _Session(at, is_stranger)
        session = self._open.get(key)
        if session is None or not self._hold(session, item, line):
            yield item
        if session is not None and len(session.lines) > MAX_LINES:
            yield from self._open.pop(key).lines
        if ends:
            yield from self._end(key, at)

    def finish(self) -> Iterator[T]:
        for key, session in list(self._open.items()):
            yield from self._end(key, session.began)
        for session in self._waiting:
            yield from self._decide(session)

    def _hold(self, session: _Session[T], item: T, line: Line) -> bool:
        """Return False for a complaint of the server's own: it is shown at once."""
        at, program, _, message = line
        if _LOUD.match(message) and not is_harmless(_text(program), _text(message)):
            return False
        helo = _HELO.search(message)
        if helo is not None and self._own.is_mark(helo[1], at):
            session.is_marked = True
            self._marks.append(at)
            if len(self._marks) > MAX_MARKS:
                del self._marks[: MAX_MARKS // 2]
        session.is_plain &= _OF_CONNECTION.match(message) is not None
        session.has_message |= message.startswith(b"disconnect") and bool(
            _HAS_MESSAGE.search(message)
        )
        session.lines.append(item)
        return True

    def _end(self, key: tuple[bytes, ...], at: float) -> Iterator[T]:
        session = self._open.pop(key, None)
        if session is None:
            return
        session.ended = at
        if session.has_message:
            yield from session.lines
        elif session.is_marked:
            self._own.omit(session)
        elif session.is_plain or session.is_stranger:
            self._waiting.append(session)
        else:
            yield from session.lines

    def _decide(self, session: _Session[T]) -> Iterator[T]:
        after = bisect(self._marks, session.began - WINDOW)
        if self._marks[after : after + 1] and self._marks[after] <= session.ended + WINDOW:
            self._own.omit(session)
        else:
            yield from session.lines


def own_sessions(door: Door, network: Optional[facts.Network]) -> OwnSessions:
    """Return what knows this host's own sessions in its log."""
    if network is None:
        return OwnSessions(b"")
    return OwnSessions(machine_id(door), network.addresses, networks(network.networks))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
