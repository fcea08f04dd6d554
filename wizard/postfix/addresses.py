"""mydestination and mynetworks: lists of which the answers own the names and the networks.

Tables, files, `$parameters` and exclusions (`!name`) are not for the answers to say: they stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from wizard.postfix.items import ListEdit, item
from wizard.postfix.parameters import LOCAL_ALWAYS, NAMES, NETWORKS

_OWNED = {
    NAMES: re.compile(r"[A-Za-z0-9_.-]+"),
    NETWORKS: re.compile(r"[0-9.]+(?:/[0-9]+)?|\[[0-9A-Fa-f:.]+\](?:/[0-9]+)?"),
}


def wanted(items: Sequence[str]) -> tuple[str, ...]:
    """The items, each once. Raises ValueError where one would be read as two, or as none."""
    return tuple({one.lower(): item(one) for one in items}.values())


def moved(live: Sequence[str], goal: Sequence[str], today: Sequence[str]) -> tuple[str, ...]:
    """The goal for a list of which only the difference between today's items and the goal moves."""
    before, after = ({one.lower() for one in items} for items in (today, goal))
    kept = [word for word in live if word.lower() not in before - after]
    return tuple(dict.fromkeys((*kept, *(one for one in goal if one.lower() not in before))))


def change(kind: str, live: Sequence[str], goal: Sequence[str], why: str) -> ListEdit:
    """The edit by which a list comes to hold all of `goal`, and no other item of its kind."""
    lower = [word.lower() for word in live]
    named = {one.lower() for one in goal}
    owned = _OWNED[kind]
    remove = frozenset(
        place for place, word in enumerate(lower) if word not in named and owned.fullmatch(word)
    )
    there = {word: place for place, word in enumerate(lower)}
    last = max((place for place in range(len(live)) if place not in remove), default=-1)
    insert: dict[int, list[str]] = {}
    after = -1
    fixed = tuple(one for one in LOCAL_ALWAYS if kind == NAMES and one in goal)
    for one in fixed:
        after = there.get(one, after)
        if one not in there:
            insert.setdefault(after, []).append(one)
    missing = [one for one in goal if one.lower() not in there and one not in fixed]
    if missing:
        insert.setdefault(last, []).extend(missing)
    fold = frozenset(missing) if kind == NAMES else frozenset()
    return ListEdit(why, remove=remove, insert=insert, fold=fold)
