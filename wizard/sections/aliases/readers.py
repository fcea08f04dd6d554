"""Follow an alias to all who get its mail: over other rows and over lists in files (aliases(5))."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from wizard.door import Door
from wizard.postfix.aliases import Aliases

_INCLUDE = ":include:"
_MOST = 1000
"""Targets that are followed; who reads root's mail is found among the first few."""


def readers(
    door: Door, aliases: Aliases, name: str, domains: Collection[str] = ()
) -> frozenset[str]:
    """Return the users and addresses that get the mail of a name, in lower case.

    An address in one of `domains` (mydestination) is its user. Programs and files are nobody, and a
    list that cannot be read has nobody. A name in its own row is that user's mailbox, and so is one
    with a backslash (local(8)).
    """
    here = {one.lower() for one in domains}
    found: set[str] = set()
    followed: set[str] = {name.lower()}
    row = aliases.rows.get(name)
    todo = [] if row is None else [(one.text, name.lower()) for one in row.targets]
    for _ in range(_MOST):
        if not todo:
            break
        text, of = todo.pop(0)
        bare = text.strip().strip('"').strip()
        if bare.lower().startswith(_INCLUDE):
            if bare not in followed:
                followed.add(bare)
                todo += [(one, of) for one in _listed(door.readable_text(bare[len(_INCLUDE) :]))]
            continue
        if bare[:1] in {"", "|", "/"}:
            continue
        user = bare.lstrip("\\").lower()
        local, _, domain = user.rpartition("@")
        user = local if local and domain in here else user
        row = None if bare.startswith("\\") or user == of else aliases.rows.get(user)
        if row is None:
            found.add(user)
        elif user not in followed:
            followed.add(user)
            todo += [(one.text, user) for one in row.targets]
    return frozenset(found)


def _listed(text: str) -> Iterable[str]:
    """Return the targets in a file of `:include:`: several on a line, and comments in between."""
    lines = (one for one in text.splitlines() if not one.lstrip().startswith("#"))
    return (target for line in lines for target in line.split(",") if target.strip())
