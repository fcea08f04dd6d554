"""Run pflogsumm(1), if the host has it, for its own report of the same lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wizard.door import Door
from wizard.errors import Trouble

NAME = "pflogsumm"
SHOWN = "10"
"""The number of hosts and of users in its lists."""

_ARGV = (NAME, "-h", SHOWN, "-u", SHOWN)


def is_there(door: Door) -> bool:
    """True if the host has pflogsumm."""
    return door.has(NAME)


def report(door: Door, lines: Iterable[bytes]) -> Iterator[str]:
    """Yield its report of a log's lines, which it reads as they come.

    Raises Trouble if the host does not have it.
    """
    running = door.start(_ARGV, data=b"")
    if running is None:
        raise Trouble(
            f"running {NAME}",
            "this host does not have it",
            "It is in the package postfix-perl-scripts.",
        )
    for line in running.feed(lines):
        yield line.decode("utf-8", "surrogateescape").rstrip("\n")
