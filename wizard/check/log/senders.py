"""Find logins that sent to many recipients from several addresses within an hour: stolen passwords.

The lines are read once, in the order of the log. smtpd(8) logs the login and the client of each message,
and qmgr(8) the number of its recipients:

    postfix/submission/smtpd[8]: 4XyzAbC1: client=a.example[192.0.2.1], sasl_method=PLAIN, sasl_username=taro
    postfix/qmgr[9]: 4XyzAbC1: from=<taro@example.com>, size=812, nrcpt=50 (queue active)
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional, TypeVar

from wizard.check.log.lines import Line
from wizard.dns.addresses import is_inner

MIN_RECIPIENTS = 100
"""Recipients of one login within an hour."""

MIN_NETWORKS = 3
"""Networks that it sent from within this hour: more than a telephone and a computer use."""

MIN_ADDRESSES = 10
"""Addresses, where they are in fewer networks."""

MIN_ELSEWHERE = 10
"""Recipients of mail from elsewhere than the two networks, or addresses, with the most recipients.

So the owner of a mailing list whose telephone sends a few messages meanwhile is not reported.
"""

SLOT, SLOTS = 300, 12
"""An hour consists of so many parts of so many seconds."""

MAX_ADDRESSES = 32
"""Addresses that are counted one by one in a slot; all others count as one."""

MAX_LOGINS, MAX_MESSAGES, MAX_FOUND = 1000, 10_000, 100
"""How many logins, messages without a line of qmgr, and findings are in memory. The oldest goes first."""

MAX_NAME_BYTES = 300

_CLIENT = re.compile(
    rb"([0-9A-Za-z]{6,40}): client=[^][, ]*\[([0-9a-fA-F.:]+)\](?::\d+)?,"
    rb"(?: orig_\w+=[^ ]*,)* sasl_method=[^, ]*, sasl_username=(.*?)(?:, sasl_sender=.*)?$"
)
_ACTIVE = re.compile(
    rb"([0-9A-Za-z]{6,40}): from=<.*>, size=\d+, nrcpt=(\d{1,9}) \(queue active\)$"
)
_NETWORK, _SUBNET = {4: 3, 6: 6}, {4: 4, 6: 8}
"""Bytes of an address that are its network, and that are one customer's, by IP version."""
_OTHERS, _INNER = b"others", b"inner"

T = TypeVar("T")


@dataclass(frozen=True)
class Sender:
    """A login and its worst hour: recipients, addresses, the times of the first and last message.

    `login` has the bytes of the log and may contain anything. `addresses` is the least number if
    there were more than MAX_ADDRESSES. The times are in seconds since the epoch; `begins` is exact
    to one SLOT.
    """

    login: bytes
    recipients: int
    addresses: int
    begins: float
    ends: float


@dataclass
class _Slot:
    """The recipients by address in one part of an hour."""

    number: int
    begins: float
    addresses: Counter[bytes]


class Senders:
    """Counts the messages of each login, in memory that does not grow with the log."""

    def __init__(self) -> None:
        self._messages: dict[bytes, tuple[bytes, bytes]] = {}
        self._slots: dict[bytes, deque[_Slot]] = {}
        self._found: dict[bytes, Sender] = {}

    def add(self, line: Line) -> None:
        """Count a line of the log if it is about a message of a login."""
        at, program, _, message = line
        if b", sasl_username=" in message:
            client = _CLIENT.match(message) if program.endswith(b"/smtpd") else None
            if client is not None:
                name, address, login = client.groups()
                self._messages[name] = login[:MAX_NAME_BYTES], _place(address)
                _bound(self._messages, MAX_MESSAGES)
        elif self._messages and b", nrcpt=" in message and program.endswith(b"qmgr"):
            active = _ACTIVE.match(message)
            # A message that is tried again is counted once.
            sent = self._messages.pop(active[1], None) if active is not None else None
            if active is not None and sent is not None:
                self._sent(at, *sent, int(active[2]))

    def found(self) -> Sequence[Sender]:
        """Return the logins with an hour over the limits, most recipients first."""
        return sorted(self._found.values(), key=lambda one: (-one.recipients, one.login))

    def _sent(self, at: float, login: bytes, place: bytes, recipients: int) -> None:
        number = int(at // SLOT)
        slots = self._slots.pop(login, None) or deque(maxlen=SLOTS)
        self._slots[login] = slots
        _bound(self._slots, MAX_LOGINS)
        if slots and number <= slots[-1].number - SLOTS:
            # The clock was set back.
            slots.clear()
        if not slots or number > slots[-1].number:
            slots.append(_Slot(number, at, Counter()))
        while slots[0].number <= slots[-1].number - SLOTS:
            slots.popleft()
        here = slots[-1].addresses
        here[place if place in here or len(here) < MAX_ADDRESSES else _OTHERS] += recipients
        worst = _over(login, slots, at)
        known = self._found.get(login)
        if worst is not None and (known is None or worst.recipients > known.recipients):
            self._found[login] = worst
            _bound(self._found, MAX_FOUND)


def _over(login: bytes, slots: Sequence[_Slot], at: float) -> Optional[Sender]:
    """Return what a login sent in these slots if it is over the limits."""
    addresses: Counter[bytes] = Counter()
    for slot in slots:
        addresses.update(slot.addresses)
    total = sum(addresses.values())
    if total < MIN_RECIPIENTS:
        return None
    networks: Counter[bytes] = Counter()
    for address, count in addresses.items():
        networks[_network(address)] += count
    if not (_is_spread(networks, MIN_NETWORKS) or _is_spread(addresses, MIN_ADDRESSES)):
        return None
    return Sender(login, total, len(addresses), slots[0].begins, at)


def _is_spread(recipients: Counter[bytes], least: int) -> bool:
    """True if there are `least` places, and more than the two busiest ones sent mail to many."""
    busiest = sum(count for _, count in recipients.most_common(2))
    return len(recipients) >= least and sum(recipients.values()) - busiest >= MIN_ELSEWHERE


def _place(address: bytes) -> bytes:
    """Return the bytes of an IPv4 address, or of an IPv6 one's /64; all inner addresses are one place."""
    try:
        whole = ipaddress.ip_address(address.decode("ascii"))
    except ValueError:
        return _OTHERS
    if is_inner(str(whole)):
        return _INNER
    return whole.packed[: _SUBNET[whole.version]]


def _network(place: bytes) -> bytes:
    """Return the network of a place: the first 24 bits of an IPv4 address, 48 of an IPv6 one."""
    version = {_SUBNET[4]: 4, _SUBNET[6]: 6}.get(len(place))
    return place[: _NETWORK[version]] if version else place


def _bound(entries: dict[bytes, T], most: int) -> None:
    """Drop the oldest entry if there are more than `most`."""
    if len(entries) > most:
        del entries[next(iter(entries))]
