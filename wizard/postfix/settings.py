"""The values of Postfix's parameters: main.cf over the defaults, with `$name` expanded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

from wizard.host.main_cf import expanded, words
from wizard.postfix.itself import NOWHERE, Itself

_DEEPEST = 8
_LONGEST = 1 << 20
"""Characters by which other parameters may lengthen one at each level: forty thousand names."""
_BY_LEVEL = re.compile(
    r"\$\{\{\$compatibility_level\}\s*<(?:level)?\s*\{([\d.]+)\}"
    r"\s*\?\s*\{([^{}]*)\}\s*:\s*\{([^{}]*)\}\}"
)
"""A default that depends on compatibility_level (COMPATIBILITY_README)."""


@dataclass(frozen=True)
class Settings:
    """main.cf's own parameters (`postconf -n`), the defaults (-d), and a service's `-o` options.

    `here` is this host, with its names, addresses and ports.
    """

    own: Mapping[str, str]
    defaults: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    here: Itself = NOWHERE

    def raw(self, name: str) -> str:
        """Return a parameter unexpanded, "" for an unknown one."""
        for layer in (self.options, self.own, self.defaults):
            if name in layer:
                return layer[name]
        return ""

    def value(self, name: str) -> str:
        """Return a parameter, recursively expanded.

        Expansion stops where it would add more than `_LONGEST` characters.
        """
        text = _BY_LEVEL.sub(self._by_level, self.raw(name))
        for _ in range(_DEEPEST):
            found = expanded(text, self.raw, _LONGEST)
            if found == text:
                break
            text = found
        return text.strip(" \t\r\n\v\f")

    def _by_level(self, found: re.Match[str]) -> str:
        bound, older, newer = found.groups()
        return newer if self.is_at_level(bound) else older

    def is_at_level(self, bound: str) -> bool:
        """True if the defaults of that compatibility_level are in force (COMPATIBILITY_README)."""
        return _level(self.raw("compatibility_level") or "0") >= _level(bound)

    def is_on(self, name: str) -> bool:
        """True for `yes`, in capitals too (postconf(5)); another value than `no` stops a daemon."""
        return self.value(name).lower() == "yes"

    def is_off(self, name: str) -> bool:
        """True for `no`, in capitals too."""
        return self.value(name).lower() == "no"

    def words(self, name: str) -> tuple[str, ...]:
        """Return the items of a list; braces are one item."""
        return words(self.value(name))

    def keywords(self, name: str) -> tuple[str, ...]:
        """Return the items of a list in lower case, as Postfix compares names of restrictions."""
        return tuple(one.lower() for one in self.words(name))

    def number(self, name: str) -> Optional[int]:
        """Return a size in bytes, 0 for no limit or if it is not set.

        None means that the value is not a plain number, such as a conditional expression.
        """
        text = self.value(name) or "0"
        return int(text) if text.isdecimal() else None

    def of(self, options: Mapping[str, str]) -> Settings:
        """Return the settings of a service with these `-o` options."""
        return Settings(self.own, self.defaults, options, self.here)


def _level(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())
