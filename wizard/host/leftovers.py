"""Read the files that rpm(8) wrote next to Postfix's two files.

An update writes `.rpmnew`, a removal `.rpmsave`, and an installation over a file of no package
`.rpmorig`.
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import Leftover

SUFFIXES = (".rpmnew", ".rpmsave", ".rpmorig")


def read_leftovers(door: Door, paths: tuple[str, ...]) -> Iterator[Leftover]:
    """Yield those that exist, also those that cannot be read."""
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
