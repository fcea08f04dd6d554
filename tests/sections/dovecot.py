"""A change of the section `dovecot`."""

from __future__ import annotations

from tests.sections import Case

CASE = Case({"imaps": "open"}, files=())
