"""Which program this is: its version, and the commit that it was built from."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from wizard import __version__

_COMMIT = re.compile(r"[0-9a-f]{7,64}(-changed)?")


@functools.cache
def commit() -> str:
    """Return the commit that scripts/build wrote into the one file, "" where it is not known."""
    try:
        text = Path(__file__).with_name("COMMIT").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return text if _COMMIT.fullmatch(text) else ""


def details() -> list[str]:
    """Return the lines of `--version --verbose`: commit, lock, and what is bundled, with licences.

    They come from the list of components that scripts/one_file/collect.py writes. A checkout and an
    installed wheel have no such list.
    """
    import json  # noqa: PLC0415 - no other caller of this module needs it

    try:
        text = Path(__file__).with_name("components.cdx.json").read_text(encoding="utf-8")
    except OSError:
        return [
            this_program(),
            "bundles nothing: it runs with the packages of its Python (`pip list` shows them)",
        ]
    bom = json.loads(text)
    itself = bom["metadata"]["component"]
    known = (f"{one['name'].rpartition(':')[2]}: {one['value']}" for one in itself["properties"])
    components = (
        f"{one['name']} {one['version']}: {one['licenses'][0]['license']['id']}"
        for one in (itself, *bom["components"])
    )
    return [f"postfix-wizard {__version__}", *known, *components]


def named(version: str, of_commit: str) -> str:
    """Return a program's name with its version and commit, as an operator reads it."""
    name = f"postfix-wizard {version}" if version else "another version of postfix-wizard"
    return f"{name} (commit {of_commit[:12]})" if of_commit else name


def this_program() -> str:
    """Return this program's name with its version and commit."""
    return named(__version__, commit())
