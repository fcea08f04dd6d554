"""A change of the section `domains`."""

from __future__ import annotations

from tests.sections import Case

CASE = Case(
    {"local": lambda today: (*today, "new.example")},
    edit=('"cafe.zeke.ne.jp", ', '"cafe.zeke.ne.jp", "new.zeke.ne.jp", '),
    moves=frozenset({"mydestination"}),
)
