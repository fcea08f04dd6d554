"""The answers while they are edited: the texts of all forms, and the state of each section.

No Textual in here. wizard.answers checks the texts.
"""

from __future__ import annotations

from typing import Any, Optional, Union

from wizard.answers.build import Values, build_each, default_mydomain, to_values
from wizard.answers.form import (
    Text,
    answers_from_texts,
    check_texts,
    from_texts,
    to_texts,
)
from wizard.answers.model import POLICY, SECTIONS, Answers, Problem
from wizard.answers.sections.hostname import Hostname
from wizard.answers.unsaid import Unsaid
from wizard.host.facts import Host

TO_DO, DONE, WRONG, CHANGED, AS_IS = "to do", "done", "wrong", "changed", "as is"
"""The words for a section's state."""


class Draft:
    """The texts of all forms by section, changed in place while the operator types."""

    def __init__(
        self, host: Host, values: Values, *, first: bool, today: Optional[Answers] = None
    ) -> None:
        self.host = host
        self.first = first
        self.today = today
        self.policy = first
        self.seen: set[str] = set()
        self.again: set[str] = set()
        """Sections that are planned again with the values that the runs wrote, changed or not."""
        defaults = to_values(Answers(Hostname("", "")))
        self.texts: dict[str, dict[str, Text]] = {
            section: to_texts(section, {**defaults[section], **values.get(section, {})})
            for section in SECTIONS
        }
        self._follow_hostname()
        self._checked: dict[str, tuple[dict[str, Any], tuple[Problem, ...]]] = {}
        self._whole: Optional[Union[Answers, tuple[Problem, ...]]] = None
        self._opened_with = {section: dict(texts) for section, texts in self.texts.items()}

    def text(self, section: str, name: str) -> Text:
        """Return the text of a field."""
        return self.texts[section].get(name, ())

    def set(self, section: str, name: str, text: Text) -> None:
        """Store a field's text. The text of an `Unsaid` value from the start stays that value."""
        began = self.began_with(section, name)
        if isinstance(began, Unsaid) and text in (began.live, ()):
            text = began
        self.texts[section][name] = text
        self._checked.pop(section, None)
        self._whole = None

    def _follow_hostname(self) -> None:
        """Empty mydomain if it has its default, so that it follows myhostname."""
        texts = self.texts["hostname"]
        if texts["mydomain"] == default_mydomain(str(texts["myhostname"])):
            texts["mydomain"] = ""

    def values(self, section: str) -> dict[str, object]:
        """Return a section's values as the model takes them, without those that are unreadable."""
        return from_texts(section, self.texts[section])[0]

    def checked(self, section: str) -> tuple[dict[str, Any], tuple[Problem, ...]]:
        """Return a section's valid values as the model takes them, and its problems."""
        if section not in self._checked:
            # Stored until the next edit, since ten thousand names take a while to check.
            self._checked[section] = check_texts(section, self.texts[section])
        return self._checked[section]

    def problems(self, section: str) -> tuple[Problem, ...]:
        """Return a section's problems, alone and together with the others."""
        found = self.checked(section)[1]
        if found:
            return found
        whole = self.answers()
        if isinstance(whole, Answers):
            return ()
        return tuple(problem for problem in whole if problem.section == section)

    def answers(self) -> Union[Answers, tuple[Problem, ...]]:
        """Return the answers, or all their problems."""
        if self._whole is None:
            self._whole = answers_from_texts(self.texts)
        return self._whole

    def run_again(self, section: str, from_runs: Optional[Answers]) -> None:
        """Plan a section again with the values that the runs wrote, or no longer."""
        if section == POLICY:
            self.policy = not self.policy
            return
        texts = self._opened_with[section]
        if section not in self.again and from_runs is not None:
            texts = to_texts(section, to_values(from_runs)[section])
        self.again ^= {section}
        self.texts[section] = dict(texts)
        if section == "hostname":
            self._follow_hostname()
        self._checked.pop(section, None)
        self._whole = None

    def began_with(self, section: str, name: str) -> Text:
        """Return the text of a field at the start."""
        return self._opened_with[section].get(name, ())

    def is_changed(self, section: str) -> bool:
        """True if a section differs from its start."""
        return self.texts[section] != self._opened_with[section]

    @property
    def changed(self) -> tuple[str, ...]:
        """The sections that differ from their start, in order."""
        return tuple(section for section in SECTIONS if self.is_changed(section))

    @property
    def to_run(self) -> tuple[str, ...]:
        """The sections to run on a host that is set up, in order, with the policy if it is chosen."""
        wanted = {*self.changed, *self.again, *((POLICY,) if self.policy else ())}
        return tuple(one for one in (*SECTIONS, POLICY) if one in wanted)

    def state(self, *sections: str) -> str:
        """Return the word for the state of a screen that shows these sections."""
        if any(self.problems(section) for section in sections):
            return WRONG if self._is_begun(sections) else TO_DO
        if self.first:
            return DONE if set(sections) <= self.seen else TO_DO
        return CHANGED if any(map(self.is_changed, sections)) else AS_IS

    def _is_begun(self, sections: tuple[str, ...]) -> bool:
        begun = not self.first or any(section in self.seen for section in sections)
        return begun or any(map(self.is_changed, sections))

    def sections_to_plan(self, requested: tuple[str, ...]) -> tuple[str, ...]:
        """Return the sections of the plan; empty means all, with the policy.

        A first set-up has all. Later the changed ones are planned. If none was changed, all but
        the policy are planned, so that a difference on the host is shown.
        """
        if requested:
            return requested
        if self.first:
            return ()
        return self.to_run or SECTIONS

    def answers_to_plan(self) -> Union[Answers, tuple[Problem, ...]]:
        """Return the answers for the plan, or the problems that prevent it.

        On a server that is set up, a problem from the start in one section does not prevent a change
        of another: its values are those of the host today.
        """
        whole = self.answers()
        if isinstance(whole, Answers) or self.first or self.today is None:
            return whole
        began = answers_from_texts(self._opened_with)
        born_with = () if isinstance(began, Answers) else began
        mine = tuple(one for one in whole if one.section in self.changed or one not in born_with)
        if mine:
            return mine
        values = to_values(self.today)
        values.update((section, self.checked(section)[0]) for section in self.changed)
        return build_each(values)
