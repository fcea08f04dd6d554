"""A change of the section `hostname`."""

from __future__ import annotations

from tests.sections import Case

CASE = Case(
    {"myorigin": "origin.example"},
    edit=('myorigin = "$myhostname"', 'myorigin = "$mydomain"'),
    moves=frozenset({"myorigin"}),
)
