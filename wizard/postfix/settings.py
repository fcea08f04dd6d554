"""Postfix's settings as its programs see them: main.cf over the defaults, `$name` expanded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

from wizard.host.main_cf import expanded, words
from wizard.postfix.itself import NOWHERE, Itself

_DEEPEST = 8
_LONGEST = 1 << 20
"""Characters that other parameters may add to one at each level: forty thousand names."""
_BY_LEVEL = re.compile(
    r"\$\{\{\$compatibility_level\}\s*<(?:level)?\s*\{([\d.]+)\}"
    r"\s*\?\s*\{([^{}]*)\}\s*:\s*\{([^{}]*)\}\}"
)
"""How a default says that it changed at a compatibility_level (COMPATIBILITY_README)."""


@dataclass(frozen=True)
class Settings:
    """main.cf's own parameters (`postconf -n`), the defaults (-d), and a service's `-o` options.

    `here` is the host that they are of.
    """

    own: Mapping[str, str]
    defaults: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    here: Itself = NOWHERE

    def raw(self, name: str) -> str:
        """Return a parameter as it is written, "" where Postfix does not know it."""
        for layer in (self.options, self.own, self.defaults):
            if name in layer:
                return layer[name]
        return ""

    def value(self, name: str) -> str:
        """Return a parameter with the others that it names put in, as deep as they go.

        What would become longer than any list that is edited stays as it is written.
        """
        text = _BY_LEVEL.sub(self._by_level, self.raw(name))
        for _ in range(_DEEPEST):
            found = expanded(text, self.raw, _LONGEST)
            if found == text:
                break
            text = found
        return text.strip()

    def _by_level(self, found: re.Match[str]) -> str:
        bound, older, newer = found.groups()
        return older if _level(self.raw("compatibility_level")) < _level(bound) else newer

    def words(self, name: str) -> tuple[str, ...]:
        """Return the items of a list; one in braces stays whole."""
        return words(self.value(name))

    def number(self, name: str) -> Optional[int]:
        """Return a size in bytes, 0 for no limit or where it is not set.

        None is a value that is no plain number, such as one that hangs on a condition.
        """
        text = self.value(name) or "0"
        return int(text) if text.isdecimal() else None

    def of(self, options: Mapping[str, str]) -> Settings:
        """Return the settings of a service with these `-o` options."""
        return Settings(self.own, self.defaults, options, self.here)


def _level(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())
