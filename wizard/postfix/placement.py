"""Insert a parameter that is not set yet into main.cf.

The first of these places that exists: its block; an example with the same value; after the first
adjacent examples of its name; the end of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.host.logical import SPACE
from wizard.host.main_cf import normalised
from wizard.postfix.lines import checked, content
from wizard.postfix.main_cf import (
    MainCf,
    is_blank,
    replace_example,
    uncomment,
    write_lines,
)
from wizard.postfix.parameters import BLOCKS, Block, Parameter
from wizard.postfix.render import render


@dataclass(frozen=True)
class Missing:
    """A parameter to add: its value on one line, or its items on lines of their own.

    `texts` are its physical lines, `whys` the reasons of single items by their text.
    """

    parameter: Parameter
    value: str
    texts: tuple[str, ...]
    why: str
    items: tuple[str, ...] = ()
    whys: Optional[Mapping[str, str]] = None

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.parameter.name


def add(cf: MainCf, new: Missing, *, over_first_example: bool = False) -> MainCf:
    """Add a parameter that is in no block. Raises ValueError for control characters."""
    examples = [example for example in cf.examples if example.name == new.name]
    same = [example for example in examples if example.value == normalised(new.value)]
    if same and new.parameter.examples:
        return uncomment(cf, same[0], new.why)
    if examples and over_first_example:
        return replace_example(cf, examples[0], new.texts[0], new.why)
    at = len(cf.lines)
    if examples:
        at = examples[0].line + 1
        for example in examples[1:]:
            at += example.line == at
    return write_lines(cf, at, new.texts, new.why)


def add_to_block(cf: MainCf, block: Block, order: Sequence[str], new: Sequence[Missing]) -> MainCf:
    """Add parameters of a block, in its `order`, and the block itself if it is missing.

    Raises ValueError for control characters.
    """
    if not new:
        return cf
    if block.after:
        for one in new:
            cf = _after_anchor(cf, block, order, one, new[-1].why)
        return cf
    if _heading(cf, block) is None:
        return _made(cf, block, new)
    for one in new:
        cf = _within(cf, block, order, one)
    return cf


def _heading(cf: MainCf, block: Block) -> Optional[int]:
    """Return the index of the block's comment line; None if nothing can be written below it."""
    for index, text in enumerate(cf.lines.texts):
        if text[0] == "#" and content(text).rstrip(SPACE) == block.heading:
            return index if cf.insertable(index + 1) else None
    return None


def _within(cf: MainCf, block: Block, order: Sequence[str], new: Missing) -> MainCf:
    start = _heading(cf, block)
    if start is None:
        return _made(cf, block, [new])
    others = [_heading(cf, other) for other in BLOCKS if other.heading]
    end = min([at for at in others if at is not None and at > start], default=len(cf.lines))
    ends = {entry.name: entry.end for entry in cf.entries if start < entry.lines[0] < end}
    before = [name for name in order[: order.index(new.name)] if name in ends]
    at = ends[before[-1]] if before else start + 1
    apart = before and new.name in block.apart and not is_blank(cf, at)
    whys = _whys(["", *new.texts] if apart else new.texts, [new])
    return MainCf(cf.lines.replace(at, at, whys))


def _after_anchor(
    cf: MainCf, block: Block, order: Sequence[str], new: Missing, closing: str
) -> MainCf:
    anchor = cf.entry(block.after)
    at = anchor.end if anchor else len(cf.lines)
    run: dict[str, int] = {}
    following = {entry.lines[0]: entry for entry in cf.entries if entry.lines[0] >= at}
    for first in sorted(following):
        if following[first].name not in order:
            break
        run[following[first].name] = following[first].end
    before = [name for name in order[: order.index(new.name)] if name in run]
    if before:
        return write_lines(cf, run[before[-1]], new.texts, new.why)
    texts = [(checked(text), new.why) for text in new.texts]
    if is_blank(cf, at):
        at += 1
    elif at:
        texts.insert(0, ("", new.why))
    if not is_blank(cf, at) and not (at in following and following[at].name in order):
        texts.append(("", closing))
    return MainCf(cf.lines.replace(at, at, texts))


def _made(cf: MainCf, block: Block, new: Sequence[Missing]) -> MainCf:
    """Make the block at the end, with an empty line before and after it."""
    texts = [
        *([""] if len(cf.lines) and not is_blank(cf, len(cf.lines) - 1) else []),
        *render(
            "main_cf_block.j2",
            heading=block.heading,
            parameters=[
                {
                    "name": one.name,
                    "value": checked(one.value),
                    "lines": [checked(text) for text in one.items],
                    "apart": one.name in block.apart,
                }
                for one in new
            ],
        ),
        "",
    ]
    return MainCf(cf.lines.replace(len(cf.lines), len(cf.lines), _whys(texts, new)))


def _whys(texts: Sequence[str], new: Sequence[Missing]) -> list[tuple[str, str]]:
    """Return each line with the reason of its parameter; a heading has that of the next line."""
    named = {f"{one.name} =": one for one in new}
    found: list[tuple[str, str]] = []
    current = new[0]
    for text in texts:
        head = text[: text.find("=") + 1]
        current = named.get(head, current) if text[:1] not in (" ", "#", "") else current
        items = current.whys or {}
        why = items.get(text.strip(" ,"), current.why)
        found.append((checked(text), found[-1][1] if found and not text else why))
    return found
