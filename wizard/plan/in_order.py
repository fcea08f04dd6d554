"""What sections add to a plan, in the order of the sections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from wizard.answers.model import POLICY, SECTIONS

_ORDER = {name: number for number, name in enumerate(("", *SECTIONS, POLICY))}

T = TypeVar("T")


def in_order(*parts: tuple[str, Iterable[T]]) -> Iterator[T]:
    """Yield what each section adds, in the order of `SECTIONS` and then the policy.

    A part is a section's name with what it adds; "" is no section's, and comes first. A section
    with several parts keeps their order.
    """
    for _, added in sorted(parts, key=lambda part: _ORDER[part[0]]):
        yield from added
