"""pflogsumm(1), where the host has it: its own report of the same lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wizard.door import Door
from wizard.errors import Trouble

NAME = "pflogsumm"
SHOWN = "10"
"""Hosts and users of its lists."""

_ARGV = (NAME, "-h", SHOWN, "-u", SHOWN)


def is_there(door: Door) -> bool:
    """Whether the host has it."""
    return door.has(NAME)


def report(door: Door, lines: Iterable[bytes]) -> Iterator[str]:
    """Yield its report of a log's lines, which are fed to it as they come.

    Raises Trouble where the host does not have it.
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
