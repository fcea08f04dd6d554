"""Check that each domain is in one class only (ADDRESS_CLASS_README), tables included."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import UNKNOWN, Check, Finding
from wizard.host.postmap import look_up
from wizard.postfix.hazards import CLASSES, twice_listed
from wizard.postfix.settings import Settings
from wizard.text import printable

_CHECK = Check("domains.classes", "main.cf: each domain once", "local or virtual, never both")


def judge_classes(door: Door, settings: Settings) -> Iterator[Finding]:
    """`domains.classes`: no domain is in two lists, nor in a table of another class."""
    try:
        twice = next(chain(twice_listed(settings), _in_tables(door, settings)), None)
    except Trouble as trouble:
        yield _CHECK.finding(UNKNOWN, printable(f"not known: {trouble.doing}: {trouble.wrong}"))
        return
    if twice is None:
        yield _CHECK.right("no domain is in two lists")
        return
    domain, first, second = twice
    yield _CHECK.wrong(
        printable(f"{domain} is in {first} and {second}"),
        printable(f"Take it out of {first} or of {second}: its mail may go to either now."),
    )


def _in_tables(door: Door, settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield (domain, its list, the list with a table that has it too). Raises Trouble."""
    for first in CLASSES:
        domains = [one.lower() for one in settings.words(first) if _is_name(one)]
        for second in CLASSES:
            tables = [one for one in settings.words(second) if first != second and _is_table(one)]
            for table in tables if domains else ():
                found = look_up(door, table, domains)
                yield from ((one, first, f"{second} ({table})") for one in domains if one in found)


def _is_table(word: str) -> bool:
    return ":" in word and not word.startswith(("[", "!", "/"))


def _is_name(word: str) -> bool:
    return word[0].isalnum() and ":" not in word
