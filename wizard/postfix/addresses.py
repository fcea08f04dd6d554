"""Edit lists such as mydestination and mynetworks, whose items come from the answers.

Tables, files, `$parameters`, exclusions (`!name`) and other items that no answer can express are
not changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from wizard.postfix.items import ListEdit, item
from wizard.postfix.meaning import Own
from wizard.postfix.parameters import LOCAL_ALWAYS, NAMES


def wanted(items: Sequence[str]) -> tuple[str, ...]:
    """Return the items without duplicates. Raises ValueError for text that is not one item."""
    return tuple({one.lower(): item(one) for one in items}.values())


def distinct(kind: str, goal: Sequence[str], own: Own) -> dict[str, str]:
    """Return the items by `Own.key`; of several spellings of one item the first."""
    found: dict[str, str] = {}
    for one in goal:
        found.setdefault(own.key(kind, one), one)
    return found


@dataclass(frozen=True)
class Change:
    """The edit of a list, the items that it removes, and those that no answer can express.

    `excluded` has by item of the answers the exclusion (`!ITEM`) before it, which has precedence.
    """

    edit: ListEdit
    gone: tuple[str, ...]
    foreign: tuple[str, ...]
    excluded: dict[str, str]


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
    """Return the edit after which a list has all items of `goal`, and no others of its kind.

    Implied names keep their spelling; missing ones are added only with the `whole` policy. A new
    item replaces an obsolete one at its place, else it follows the answers' order. It never comes
    before an exclusion, which is for what follows it (postconf(5) mynetworks). An item that Postfix
    reads differently than it is meant is rewritten. A list on one line stays on it, except when the
    whole policy adds its first names.
    """
    implied = own.implied(kind)
    read = [own.read(kind, word) for word in live]
    keys = [key for key, _ in read]
    reads = [own.reads(kind, word) for word in live]
    there: dict[str, int] = {}
    for place in sorted(range(len(live)), key=lambda place: not reads[place]):
        there.setdefault(keys[place], place)
    needed = [
        one for one in goal if whole or one not in LOCAL_ALWAYS or own.key(kind, one) in there
    ]
    goals = distinct(kind, needed, own)
    named = goals.keys() | implied
    wrong = {
        place
        for place, key in enumerate(keys)
        if key in goals and key not in implied and not reads[place]
    }
    replace = {place: goals[keys[place]] for place in wrong if there[keys[place]] == place}
    remove = {place for place, key in enumerate(keys) if key not in named and read[place][1]}
    excluded = {place: word for place, word in enumerate(live) if _excludes(word)}
    new, insert = _placed(
        [(one, there.get(key)) for key, one in goals.items()],
        {place for place in remove if place > max(excluded, default=-1)},
        len(live),
        max(excluded, default=-1),
    )
    replace.update(new)
    lost = sorted(remove)
    remove = (remove - new.keys()) | (wrong - replace.keys())
    missing = frozenset(chain(*insert.values())) - set(LOCAL_ALWAYS)
    is_new = whole and not any(is_answer and key not in implied for key, is_answer in read)
    fold = missing if kind == NAMES and (is_folded or is_new) else frozenset()
    edit = ListEdit(why, frozenset(remove), replace, insert, fold=fold)
    foreign = (
        word for word, (key, is_answer) in zip(live, read) if key not in named and not is_answer
    )
    barred = {
        one: word
        for key, one in goals.items()
        for place, word in excluded.items()
        if there.get(key, len(live)) > place and own.covers(kind, word.lstrip("!"), one)
    }
    return Change(edit, tuple(live[place] for place in lost), tuple(foreign), barred)


def _excludes(word: str) -> bool:
    """True if what a word matches is not in the list: an odd number of `!` before it."""
    return (len(word) - len(word.lstrip("!"))) % 2 == 1


def _placed(
    goal: Sequence[tuple[str, int | None]], free: set[int], count: int, lowest: int
) -> tuple[dict[int, str], dict[int, list[str]]]:
    """Return the new items by the position of the item that they replace, and that they follow.

    `free` are the positions of removed items. An item gets a free position between its neighbours,
    else another free one. All come after the position `lowest`.
    """
    replace: dict[int, str] = {}
    insert: dict[int, list[str]] = {}
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
        elif gap in free and gap not in replace:
            replace[gap] = one
            after = gap
        else:
            waiting.append((one, after))
    unused = iter(sorted(free - replace.keys()))
    staying = [place for place in range(count) if place not in free or place in replace]
    first = min(taken | replace.keys(), default=count)
    before = max((place for place in staying if place < first), default=-1)
    for one, at in waiting:
        found = next(unused, None)
        if found is not None:
            replace[found] = one
        else:
            insert.setdefault(max(before if at < 0 else at, lowest), []).append(one)
    return replace, insert
