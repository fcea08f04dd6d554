"""A change of the section `networks`."""

from __future__ import annotations

from tests.sections import Case

CASE = Case(
    {"mynetworks": lambda today: (*today, "192.168.99.0/24")},
    edit=('"127.0.0.0/8"]', '"127.0.0.0/8", "10.99.0.0/16"]'),
    moves=frozenset({"mynetworks"}),
)
