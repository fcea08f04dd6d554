"""A change of the section `delivery`."""

from __future__ import annotations

from tests.sections import Case

CASE = Case({"recipient_delimiter": "_"}, moves=frozenset({"recipient_delimiter"}))
