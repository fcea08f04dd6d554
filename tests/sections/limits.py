"""A change of the section `limits`."""

from __future__ import annotations

from tests.sections import Case

CASE = Case({"message_size_limit": 31457280}, moves=frozenset({"message_size_limit"}))
