"""The first greeting of a server that has just been turned (RFC 5321, section 3.1)."""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SMTP = 25
LONGEST = 1024
"""Bytes of a greeting that are read; RFC 5321 allows 512."""
_LISTEN = "0A"
"""TCP_LISTEN as /proc/net/tcp has it (proc(5))."""
_READY = b"220"


@dataclass(frozen=True)
class Listener:
    """A listening TCP socket: its address as it can be connected to, and its port."""

    address: str
    port: int


def listeners(pid: int) -> tuple[Listener, ...]:
    """Return the listening TCP sockets of a process; none when it cannot be looked at."""
    try:
        links = [os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")]  # noqa: PTH115
    except OSError:
        return ()
    own = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    return tuple(listener for inode, listener in _listening() if inode in own)


def greeting(listener: Listener, patience: float) -> str:
    """Connect and return the first line; OSError when none came within `patience` seconds."""
    with socket.create_connection((listener.address, listener.port), timeout=patience) as peer:
        line = b""
        while not line.endswith(b"\n") and len(line) < LONGEST:
            data = peer.recv(1)
            if not data:
                raise ConnectionResetError("it hung up without a word")
            line += data
    return line.decode("utf-8", "replace").strip()


def is_ready(line: str) -> bool:
    """Whether a first line is a greeting."""
    return line.startswith(_READY.decode())


def _listening() -> Iterator[tuple[str, Listener]]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN:
                yield fields[9], _listener(fields[1])


def _listener(local: str) -> Listener:
    """Read ADDRESS:PORT; the address is in words of 32 bits, each in this machine's order."""
    words, _, port = local.partition(":")
    raw = b"".join(struct.pack("=I", int(words[at : at + 8], 16)) for at in range(0, len(words), 8))
    address = ipaddress.ip_address(raw)
    loopback = "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004
    return Listener(loopback if address.is_unspecified else str(address), int(port, 16))
