"""A change of the section `move`."""

from __future__ import annotations

from tests.sections import Case

CASE = Case({"old_server": "192.168.1.2"}, files=())
