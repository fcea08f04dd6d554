"""A change of the section `hardening`."""

from __future__ import annotations

from tests.sections import Case
from wizard.postfix.parameters import PARAMETERS

CASE = Case(
    {"use": "on"},
    moves=frozenset(one.name for one in PARAMETERS if one.section == "hardening"),
)
