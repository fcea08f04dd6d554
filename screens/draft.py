"""The answers while they are being given: what every form holds, and how far each section is.

No Textual in here. What is right or wrong is asked of wizard.answers.
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
    """All forms' texts, section by section; changed in place as the operator types."""

    def __init__(
        self, host: Host, values: Values, *, first: bool, today: Optional[Answers] = None
    ) -> None:
        self.host = host
        self.first = first
        self.today = today
        self.policy = first
        self.seen: set[str] = set()
        self.again: set[str] = set()
        """Sections that are planned again as the runs left them, changed or not."""
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
        """Return what a field holds."""
        return self.texts[section].get(name, ())

    def set(self, section: str, name: str, text: Text) -> None:
        """Put what was typed into a field; the text that it began with means what it meant."""
        began = self.began_with(section, name)
        if isinstance(began, Unsaid) and text in (began.live, ()):
            text = began
        self.texts[section][name] = text
        self._checked.pop(section, None)
        self._whole = None

    def _follow_hostname(self) -> None:
        """Leave mydomain empty where it is what it would be by itself, so that it follows."""
        texts = self.texts["hostname"]
        if texts["mydomain"] == default_mydomain(str(texts["myhostname"])):
            texts["mydomain"] = ""

    def values(self, section: str) -> dict[str, object]:
        """Return a section's values as the model takes them, where they can be read at all."""
        return from_texts(section, self.texts[section])[0]

    def checked(self, section: str) -> tuple[dict[str, Any], tuple[Problem, ...]]:
        """Return a section's right values as the model takes them, and what is wrong in it."""
        if section not in self._checked:
            # Kept until the next edit: ten thousand names take a while to check.
            self._checked[section] = check_texts(section, self.texts[section])
        return self._checked[section]

    def problems(self, section: str) -> tuple[Problem, ...]:
        """Return what is wrong in a section, by itself and with the others."""
        found = self.checked(section)[1]
        if found:
            return found
        whole = self.answers()
        if isinstance(whole, Answers):
            return ()
        return tuple(problem for problem in whole if problem.section == section)

    def answers(self) -> Union[Answers, tuple[Problem, ...]]:
        """Return the answers, or everything that is wrong with them."""
        if self._whole is None:
            self._whole = answers_from_texts(self.texts)
        return self._whole

    def run_again(self, section: str, from_runs: Optional[Answers]) -> None:
        """Plan a section again, with the values that the runs left; or take that wish back."""
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
        """Return what a field held at the start."""
        return self._opened_with[section].get(name, ())

    def is_changed(self, section: str) -> bool:
        """Whether a section differs from what it held at the start."""
        return self.texts[section] != self._opened_with[section]

    @property
    def changed(self) -> tuple[str, ...]:
        """The sections that differ from what they held at the start, in order."""
        return tuple(section for section in SECTIONS if self.is_changed(section))

    @property
    def to_run(self) -> tuple[str, ...]:
        """What the operator wants run on a host that is set up, the policy by choice; in order."""
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
        """Return the sections that a plan is made for; empty means all, the policy too.

        A first set-up is planned whole. Later, what was changed; where nothing was, all but
        the policy's own lines, so that a difference on the host is seen.
        """
        if requested:
            return requested
        if self.first:
            return ()
        return self.to_run or SECTIONS

    def answers_to_plan(self) -> Union[Answers, tuple[Problem, ...]]:
        """Return the answers that a plan is made of, or all that is in its way.

        What was wrong with a section of a server that runs is no obstacle to another's change:
        it is as the host says today.
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
