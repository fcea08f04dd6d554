"""What rpm(8) wrote next to Postfix's two files.

`.rpmnew` comes by an update, `.rpmsave` by a removal, `.rpmorig` where a package found a file that
no package had written.
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import Leftover

SUFFIXES = (".rpmnew", ".rpmsave", ".rpmorig")


def read_leftovers(door: Door, paths: tuple[str, ...]) -> Iterator[Leftover]:
    """Yield those that are there; one that cannot be read is no reason to stop."""
    for of in paths:
        for suffix in SUFFIXES:
            path = of + suffix
            if door.lstat(path) is None:
                continue
            try:
                text = door.read_bytes(path)
            except Trouble:
                text = None
            yield Leftover(path, of, text)
