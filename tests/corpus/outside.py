"""A main.cf without some of its parameters: what a change of these may not touch."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from wizard.postfix.lines import content
from wizard.postfix.main_cf import MainCf
from wizard.postfix.parameters import BLOCKS

NEW = {"", *(block.heading for block in BLOCKS if block.heading)}
"""Lines that come with a parameter that was not set before: an empty one, its block's heading."""


def outside(text: bytes, names: Collection[str]) -> list[str]:
    """Return all lines, comments within values too, but those that set or exemplify `names`."""
    main = MainCf.parse(text)
    own = {line for one in main.entries if one.name in names for line in one.lines}
    own |= {one.line for one in main.examples if one.name in names}
    return [content(one) for at, one in enumerate(main.lines.texts) if at not in own]


def lost_or_added(before: bytes, after: bytes, names: Collection[str]) -> list[str]:
    """Return what differs outside of `names`, beyond the lines that come with a new parameter."""
    was, is_now = outside(before, names), outside(after, names)
    found = []
    for tag, first, last, start, end in difflib.SequenceMatcher(
        None, was, is_now, autojunk=False
    ).get_opcodes():
        if tag != "equal":
            found += [f"-{line}" for line in was[first:last]]
            found += [f"+{line}" for line in is_now[start:end] if line not in NEW]
    return found
