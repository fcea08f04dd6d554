"""Which sections a plan is for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from wizard.answers.model import POLICY, SECTIONS

_ALL = frozenset((*SECTIONS, POLICY))


@dataclass(frozen=True)
class Scope:
    """The sections that are planned; `named` is True where the operator named them.

    Without names all sections are planned. Some then do more: a first set-up is not a rerun of
    every section.
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
    """Return the scope of the sections that were named, of all where none was."""
    return Scope(frozenset(named) or _ALL, bool(named))
