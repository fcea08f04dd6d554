"""A change of the section `aliases`."""

from __future__ import annotations

from tests.sections import Case
from wizard.paths import ALIASES

CASE = Case({"root": "taro"}, files=(ALIASES,))
