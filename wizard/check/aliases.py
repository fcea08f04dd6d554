"""Whether somebody reads postmaster's mail (RFC 5321 4.5.1, aliases(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.check.model import RIGHT, WRONG, Finding
from wizard.check.settings import Settings
from wizard.door import Door
from wizard.errors import Trouble

FILE = "/etc/aliases"
POSTMASTER = "postmaster"

_LOCAL = re.compile(r"[\w.+-]+")


def rows(text: str) -> dict[str, tuple[str, ...]]:
    """Read aliases(5): each name in lower case with what it leads to; folded lines joined."""
    found: dict[str, tuple[str, ...]] = {}
    joined = re.sub(r"\n[ \t]+(?=\S)", " ", re.sub(r"(?m)^\s*(#.*)?\n", "", f"{text}\n"))
    for line in joined.splitlines():
        name, colon, targets = line.partition(":")
        if colon:
            # Of two rows of a name the first counts: newaliases(1) warns of the second.
            found.setdefault(
                name.strip().strip('"').lower(), tuple(re.split(r"[,\s]+", targets.strip()))
            )
    return found


def judge_aliases(door: Door, settings: Settings) -> Iterator[Finding]:
    """`aliases.postmaster`; nothing is said where aliases are kept elsewhere."""
    if not any(word.endswith(f":{FILE}") for word in settings.words("alias_maps")):
        return
    try:
        text, users = door.read_text(FILE), door.read_text("/etc/passwd") or ""
    except Trouble:
        return
    if text is None:
        return
    fault = _fault(rows(text), users)
    yield Finding(
        "aliases.postmaster",
        "aliases: postmaster",
        fault or "leads to somebody",
        "leads to somebody",
        WRONG if fault else RIGHT,
        f"Write who reads it into {FILE} (`postmaster: root`, `root: USER`), then `newaliases`."
        if fault
        else "",
    )


def _fault(found: dict[str, tuple[str, ...]], users: str) -> str:
    name, seen = POSTMASTER, [POSTMASTER]
    while name in found:
        targets = found[name]
        name = targets[0].lstrip("\\").lower()
        # Several readers, a command, a file, another host: somebody has it.
        if len(targets) > 1 or targets[0].startswith("\\") or not _LOCAL.fullmatch(name):
            return ""
        if name in seen:
            return f"{' leads to '.join([*seen, name])}: round in a circle"
        seen.append(name)
    if re.search(rf"(?m)^{re.escape(name)}:", users):
        return ""
    return f"{name} is no alias and no user" if len(seen) > 1 else "no such alias, no such user"
