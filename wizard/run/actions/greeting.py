"""Read the greeting of a server that has just been turned (RFC 5321, section 3.1)."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

SMTP = 25
MAX_BYTES = 1024
"""Bytes of a greeting that are read. RFC 5321 allows 512."""
_LISTEN = "0A"
_ESTABLISHED = "01"
"""TCP_LISTEN and TCP_ESTABLISHED in /proc/net/tcp (proc(5))."""
_BEGAN = 19
"""The index of the field starttime in /proc/PID/stat, counted after the name."""
_READY = "220"


@dataclass(frozen=True)
class Listener:
    """A listening TCP socket: an address to connect to, and the port."""

    address: str
    port: int


def listeners(pid: int) -> tuple[Listener, ...]:
    """Return the listening TCP sockets of a process; none if /proc does not show them."""
    own = _links(str(pid))
    return tuple(_listener(local) for link, local, _ in _sockets(_LISTEN) if link in own)


Process = tuple[int, str]
"""A process: its ID and its start in clock ticks since boot, since IDs are reused."""


def processes() -> frozenset[Process]:
    """Return all present processes."""
    return frozenset(filter(None, map(_process, _ids())))


def greeting(listener: Listener, patience: float) -> tuple[str, Optional[Process]]:
    """Connect and return the first line, with the process that sent it, None if that is unknown.

    Raises OSError if no line came within `patience` seconds.
    """
    with socket.create_connection((listener.address, listener.port), timeout=patience) as peer:
        line = b""
        while not line.endswith(b"\n") and len(line) < MAX_BYTES:
            data = peer.recv(1)
            if not data:
                raise ConnectionResetError("it hung up without a word")
            line += data
        speaker = _speaker(peer)
    return line.decode("utf-8", "replace").strip(), speaker


def is_ready(line: str) -> bool:
    """True if a first line is a greeting."""
    return line.startswith(_READY)


def _links(pid: str) -> set[str]:
    """Return the link targets of a process's descriptors, without those that it closes meanwhile."""
    found = set()
    with contextlib.suppress(OSError):
        for one in Path("/proc", pid, "fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(one.readlink()))
    return found


def _ids() -> tuple[str, ...]:
    return tuple(one.name for one in Path("/proc").iterdir() if one.name.isdecimal())


def _process(pid: str) -> Optional[Process]:
    try:
        fields = Path("/proc", pid, "stat").read_text(encoding="utf-8", errors="replace")
        return int(pid), fields.rpartition(")")[2].split()[_BEGAN]
    except (OSError, ValueError, IndexError):
        return None


def _speaker(peer: socket.socket) -> Optional[Process]:
    """Return the process at the other end of a connection within this host."""
    ours, theirs = peer.getsockname()[1], peer.getpeername()[1]
    sockets = {
        link
        for link, local, remote in _sockets(_ESTABLISHED)
        if (_port(local), _port(remote)) == (theirs, ours)
    }
    return next((_process(pid) for pid in _ids() if not sockets.isdisjoint(_links(pid))), None)


def _sockets(state: str) -> Iterator[tuple[str, str, str]]:
    """Yield the TCP sockets in a state: its link in fd/, own address and the other's (proc(5))."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == state:
                yield f"socket:[{fields[9]}]", fields[1], fields[2]


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


def _listener(local: str) -> Listener:
    """Parse ADDRESS:PORT. The address has words of 32 bits, each in this machine's byte order."""
    words, _, port = local.partition(":")
    raw = b"".join(struct.pack("=I", int(words[at : at + 8], 16)) for at in range(0, len(words), 8))
    address = ipaddress.ip_address(raw)
    loopback = "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004
    return Listener(loopback if address.is_unspecified else str(address), int(port, 16))
