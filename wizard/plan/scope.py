"""Which sections a plan is for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from wizard.answers.model import POLICY, SECTIONS

_ALL = frozenset((*SECTIONS, POLICY))


@dataclass(frozen=True)
class Scope:
    """The planned sections; `named` is True if the operator named them.

    Without names all sections are planned. Some sections then do more than if all were named: a
    first set-up is not a rerun of each section.
    """

    sections: frozenset[str]
    named: bool

    def __contains__(self, section: str) -> bool:
        """Return True if the section is planned."""
        return section in self.sections

    def has_any(self, *sections: str) -> bool:
        """Return True if one of the sections is planned."""
        return not self.sections.isdisjoint(sections)


def scope_of(named: Collection[str]) -> Scope:
    """Return the scope of the named sections, or of all if none is named."""
    return Scope(frozenset(named) or _ALL, bool(named))
