"""mydestination, mynetworks and their like: lists of which the answers own the items.

Tables, files, `$parameters`, exclusions (`!name`) and all else that no answer can express stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from wizard.postfix.items import ListEdit, item
from wizard.postfix.meaning import Own
from wizard.postfix.parameters import LOCAL_ALWAYS, NAMES


def wanted(items: Sequence[str]) -> tuple[str, ...]:
    """The items, each once. Raises ValueError where one would be read as two, or as none."""
    return tuple({one.lower(): item(one) for one in items}.values())


@dataclass(frozen=True)
class Change:
    """The edit of a list, the items that it takes out, and those that no answer can express."""

    edit: ListEdit
    gone: tuple[str, ...]
    foreign: tuple[str, ...]


def change(
    kind: str,
    live: Sequence[str],
    goal: Sequence[str],
    why: str,
    own: Own,
    *,
    whole: bool = True,
    is_folded: bool = True,
) -> Change:
    """The edit by which a list comes to mean all of `goal`, and no other item of its kind.

    Implied names stay as they are spelled, and missing ones come with the `whole` policy alone.
    A new item takes the place of the one that it replaces, else it follows the answers' order.
    An item that Postfix reads otherwise than it is meant is spelled anew. A list on one line stays
    there, but for the first names that the whole policy gives it.
    """
    implied = own.implied(kind)
    read = [own.read(kind, word) for word in live]
    keys = [key for key, _ in read]
    reads = [own.reads(kind, word) for word in live]
    there: dict[str, int] = {}
    for place in sorted(range(len(live)), key=lambda place: not reads[place]):
        there.setdefault(keys[place], place)
    goals: dict[str, str] = {}
    for one in goal:
        key = own.key(kind, one)
        if whole or key in there or one not in LOCAL_ALWAYS:
            goals.setdefault(key, one)
    named = goals.keys() | implied
    wrong = {
        place
        for place, key in enumerate(keys)
        if key in goals and key not in implied and not reads[place]
    }
    replace = {place: goals[keys[place]] for place in wrong if there[keys[place]] == place}
    remove = {place for place, key in enumerate(keys) if key not in named and read[place][1]}
    placed = _placed([(one, there.get(key)) for key, one in goals.items()], remove, len(live))
    replace.update(placed.replace)
    lost = sorted(remove)
    remove = (remove - placed.replace.keys()) | (wrong - replace.keys())
    missing = frozenset(chain(*placed.insert.values())) - set(LOCAL_ALWAYS)
    is_new = whole and not any(is_answer and key not in implied for key, is_answer in read)
    fold = missing if kind == NAMES and (is_folded or is_new) else frozenset()
    edit = ListEdit(why, frozenset(remove), replace, placed.insert, fold=fold)
    foreign = (
        word for word, (key, is_answer) in zip(live, read) if key not in named and not is_answer
    )
    return Change(edit, tuple(live[place] for place in lost), tuple(foreign))


@dataclass(frozen=True)
class _Places:
    """Where the new items go: by the place that they take over, and after which one."""

    replace: dict[int, str]
    insert: dict[int, list[str]]


def _placed(goal: Sequence[tuple[str, int | None]], free: set[int], count: int) -> _Places:
    """Find places for the items without one; `free` are those of items that are taken out.

    An item takes a free place between its neighbours, else one that is left over.
    """
    places = _Places({}, {})
    taken = {place for _, place in goal if place is not None}
    following = [count] * (count + 1)
    stops = taken | free
    for place in range(count - 1, -1, -1):
        following[place] = place if place in stops else following[place + 1]
    after = -1
    waiting: list[tuple[str, int]] = []
    for one, there in goal:
        gap = following[after + 1]
        if there is not None:
            after = there
        elif gap in free and gap not in places.replace:
            places.replace[gap] = one
            after = gap
        else:
            waiting.append((one, after))
    unused = iter(sorted(free - places.replace.keys()))
    staying = [place for place in range(count) if place not in free or place in places.replace]
    first = min(taken | places.replace.keys(), default=count)
    before = max((place for place in staying if place < first), default=-1)
    for one, at in waiting:
        found = next(unused, None)
        if found is not None:
            places.replace[found] = one
        else:
            places.insert.setdefault(before if at < 0 else at, []).append(one)
    return places
