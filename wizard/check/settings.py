"""Postfix's settings as its programs see them: main.cf over the defaults, `$name` expanded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_NAME = re.compile(r"\$(?:(\w+)|\{(\w+)\}|\((\w+)\))")
_WORD = re.compile(r"\{[^{}]*\}|[^,\s]+")
_DEEPEST = 8
_BY_LEVEL = re.compile(
    r"\$\{\{\$compatibility_level\}\s*<(?:level)?\s*\{([\d.]+)\}"
    r"\s*\?\s*\{([^{}]*)\}\s*:\s*\{([^{}]*)\}\}"
)
"""How a default says that it changed at a compatibility_level (COMPATIBILITY_README)."""


@dataclass(frozen=True)
class Settings:
    """main.cf's own parameters (`postconf -n`), the defaults (-d), and a service's `-o` options."""

    own: Mapping[str, str]
    defaults: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def raw(self, name: str) -> str:
        """Return a parameter as it is written, "" where Postfix does not know it."""
        for layer in (self.options, self.own, self.defaults):
            if name in layer:
                return layer[name]
        return ""

    def value(self, name: str) -> str:
        """Return a parameter with the others that it names put in, as deep as they go."""
        text = _BY_LEVEL.sub(self._by_level, self.raw(name))
        for _ in range(_DEEPEST):
            found = _NAME.sub(lambda one: self.raw(next(filter(None, one.groups()))), text)
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

    def number(self, name: str) -> int:
        """Return a size in bytes; 0, which is no limit, where it is none."""
        text = self.value(name)
        return int(text) if text.isdecimal() else 0

    def of(self, options: Mapping[str, str]) -> Settings:
        """Return the settings of a service with these `-o` options."""
        return Settings(self.own, self.defaults, options)


def words(text: str) -> tuple[str, ...]:
    """Return the items of a list, between blanks and commas; one in braces stays whole."""
    return tuple(_WORD.findall(text))


def _level(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())
