"""Query Postfix's own trivial-rewrite(8) where an address leads.

It applies the address classes, transport_maps, relayhost, default_transport and all the rest for each
delivery. So it is queried, and nothing of its logic is repeated here. Its protocol is that of
Postfix's programs among themselves: attributes as names and values, each ended by a NUL, and an empty
name at the end of a list. Newer versions send a list of their own first.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

from wizard.limits import PROBE_SECONDS
from wizard.paths import QUEUE

SOCKET = f"{QUEUE}/private/rewrite"
LARGEST = 65536
"""Bytes of one answer."""

IN_ERROR, FAILED = 4, 8
"""Flags of an answer: the address is no address; a table or a name server gave no answer."""
CLASSES = {
    256: "local",
    512: "virtual alias",
    1024: "virtual mailbox",
    2048: "relay",
    4096: "default",
}
"""The address class (ADDRESS_CLASS_README) by its flag."""


@dataclass(frozen=True)
class Route:
    """Where an address leads: a service of master.cf, the next hop, and the recipient there.

    `kind` is the address class, "" if it has none. `fault` is why it leads nowhere, else "";
    `is_unknown` is True if that is not Postfix's word, because the query failed.
    """

    address: str
    transport: str = ""
    nexthop: str = ""
    recipient: str = ""
    kind: str = ""
    fault: str = ""
    is_unknown: bool = False

    @property
    def is_direct(self) -> bool:
        """True if the next hop is the recipient's own domain, by its MX records."""
        return self.nexthop.lower() == self.recipient.rpartition("@")[2].lower()

    def __str__(self) -> str:
        return f"{self.transport}:{self.nexthop}"


def resolve(
    address: str, sender: str = "", *, path: str = SOCKET, seconds: float = PROBE_SECONDS
) -> Route:
    """Return where Postfix sends mail for an address now. Never raises; takes `seconds` at most."""
    request = ("request", "resolve", "sender", sender, "address", address, "", "")
    try:
        data = "\0".join(request).encode("utf-8", "surrogateescape")
        answer = _ask(path, data, seconds)
    except (OSError, ValueError) as fault:
        why = f"{path}: {getattr(fault, 'strerror', None) or fault}"
        return Route(address, fault=why, is_unknown=True)
    flags = int(answer["flags"]) if answer["flags"].isdecimal() else FAILED
    if flags & FAILED:
        return Route(address, fault="a table or a name server gives Postfix no answer")
    if flags & IN_ERROR:
        return Route(address, fault="Postfix takes it for no address")
    kind = next((name for flag, name in CLASSES.items() if flags & flag), "")
    return Route(address, answer["transport"], answer["nexthop"], answer["recipient"], kind)


def _ask(path: str, data: bytes, seconds: float) -> dict[str, str]:
    """Return the attributes of the answer. Raises OSError, or ValueError for what is no answer."""
    until = time.monotonic() + seconds
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(seconds)
        line.connect(path)
        line.sendall(data)
        received = b""
        while len(received) < LARGEST:
            for found in _lists(received):
                if {"transport", "nexthop", "recipient", "flags"} <= found.keys():
                    return found
            line.settimeout(max(0.01, until - time.monotonic()))
            more = line.recv(4096)
            if not more:
                break
            received += more
    raise ValueError("it gives no answer")


def _lists(data: bytes) -> Iterator[dict[str, str]]:
    """Yield the lists of attributes that are there whole. The last value of a name counts."""
    found: dict[str, str] = {}
    words = iter(data.decode("utf-8", "surrogateescape").split("\0")[:-1])
    for name in words:
        if not name:
            yield found
            found = {}
            continue
        value = next(words, None)
        if value is not None:
            found[name] = value
