"""What the operator accepts on the command line: `--accept NAME=VALUE[,VALUE]...`.

A caution is accepted with the value that the plan prints. `Accepted.values` returns the values of
a choice of another kind, which decides what is planned. A byte that would end the value or the
word (a comma, a blank, a quote) is written as `%XX`, and so is a `%` that would begin such a group.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from wizard.answers.model import Caution

OPTION = "--accept"
_SPECIAL = frozenset(",\"'\\")
_GROUP = re.compile(r"%(?=[0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class Accepted:
    """The accepted values by name. A name without a value has an empty set."""

    by_name: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def values(self, name: str) -> frozenset[str]:
        """Return the values that were accepted under a name; an empty set for none."""
        return self.by_name.get(name, frozenset())

    def has(self, caution: Caution) -> bool:
        """True if exactly the caution's values were accepted."""
        return caution.name in self.by_name and self.values(caution.name) == set(caution.values)


def read_accepted(words: Iterable[str]) -> Accepted:
    """Parse the words after each `--accept`; the values of one name add up."""
    found: dict[str, frozenset[str]] = {}
    for word in words:
        name, _, text = word.partition("=")
        values = frozenset(unquote(one, errors="surrogateescape") for one in text.split(",") if one)
        found[name] = found.get(name, frozenset()) | values
    return Accepted(found)


def form(name: str, values: Collection[str]) -> str:
    """Return `NAME=VALUE,VALUE`, the one word that accepts these values."""
    return f"{name}={','.join(map(_encoded, values))}" if values else name


def form_of(caution: Caution) -> str:
    """Return the word that accepts a caution."""
    return form(caution.name, caution.values)


def option_for(caution: Caution) -> str:
    """Return the option that accepts a caution, as one types it in a shell."""
    return option(caution.name, caution.values)


def option(name: str, values: Collection[str]) -> str:
    """Return the option that accepts these values under a name, as one types it in a shell."""
    return f"{OPTION} {shlex.quote(form(name, values))}"


def _encoded(value: str) -> str:
    return "".join(
        one if _is_plain(one) else quote(one, safe="", errors="surrogateescape")
        for one in _GROUP.sub("%25", value)
    )


def _is_plain(character: str) -> bool:
    return character.isprintable() and not character.isspace() and character not in _SPECIAL
