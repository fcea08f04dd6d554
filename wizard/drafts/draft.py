"""The answers while they are edited: the texts of all forms, and the state of each section.

`stored` is what draft.json keeps of them, and `apply` puts that back. wizard.answers checks the texts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from functools import cached_property
from typing import Any, Optional, Union

from wizard.answers import cross_field
from wizard.answers.as_written import also_written, as_written
from wizard.answers.build import Values, build_each, default_mydomain, quoted, to_values
from wizard.answers.fields import field_of
from wizard.answers.form import (
    CUSTOM,
    Text,
    answers_as_typed,
    answers_from_texts,
    check_texts,
    from_texts,
    item_problem,
    split_items,
    to_texts,
)
from wizard.answers.model import POLICY, SECTIONS, Answers, Problem
from wizard.answers.sections.hostname import Hostname
from wizard.answers.unsaid import Unsaid
from wizard.drafts.stored import StoredDraft
from wizard.host.facts import Host
from wizard.secrets import MASK, masked
from wizard.sections.registry import BY_NAME as SECTIONS_BY_NAME

TO_DO, OK, WRONG, CHANGED, AS_IS = "to do", "ok", "wrong", "changed", "as is"
"""The words for a section's state."""


_DIGITS = 16
"""Hex digits of a section's digest. It finds a change; it is no proof."""


class Draft:
    """The texts of all forms by section, changed in place while the operator types.

    The forms begin with `values`. `host_values` are the host's own, None if those are the same: what
    differs from them is stored, so that it can be put back without the answers file of this start.
    """

    def __init__(
        self,
        host: Host,
        values: Values,
        *,
        first: bool,
        today: Optional[Answers] = None,
        host_values: Optional[Values] = None,
    ) -> None:
        self.host = host
        self.first = first
        self.today = today
        self.policy = first
        self.seen: set[str] = set()
        self.again: set[str] = set()
        """Sections that are planned again with the values that the runs wrote, changed or not."""
        self.obstacles: tuple[Problem, ...] = ()
        """What the last plan found in the way, until its section is edited."""
        self.run = ""
        """The run that was started with exactly these answers, "" for none."""
        self.unfinished: dict[tuple[str, str], str] = {}
        """By section and field: the text in the line below a list that was not entered yet."""
        self._carried = StoredDraft(0.0, "")
        """The parts of the stored draft that belong to sections which were not requested."""
        self.texts = _opening_texts(values)
        self._checked: dict[str, tuple[dict[str, Any], tuple[Problem, ...]]] = {}
        self._whole: Optional[Union[Answers, tuple[Problem, ...]]] = None
        self._between: Optional[tuple[Answers, tuple[Problem, ...]]] = None
        self._opened_with = {section: dict(texts) for section, texts in self.texts.items()}
        self._host_texts = self._opened_with
        if host_values is not None:
            self._host_texts = _opening_texts(host_values)

    def text(self, section: str, name: str) -> Text:
        """Return the text of a field."""
        return self.texts[section].get(name, ())

    def set(self, section: str, name: str, text: Text) -> None:
        """Store a field's text. One that is read as the text of the start is no change of it.

        The text of an `Unsaid` value from the start stays that value. A text that contains another
        field's value as well, as `host:port` does, is stored in both.
        """
        field = field_of(section, name)
        others = also_written(field, text) if field and isinstance(text, str) else {}
        for other, value in others.items():
            self.set(section, other, value)
        if others:
            text = _read(section, name, str(text))
        began = self.began_with(section, name)
        if isinstance(began, Unsaid):
            text = began if text in (began.live, ()) else text
        elif isinstance(text, str) and text != began and _read(section, name, text) == began:
            text = began
        before = self.texts[section].get(name, ())
        if before != text:
            self.run = ""
        self.texts[section][name] = text
        if (section, name) == ("hostname", "myhostname"):
            self._rename_certificate(str(before), str(text))
        self._forget(section)

    def _rename_certificate(self, before: str, now: str) -> None:
        """Let the name of a certificate that certbot is to obtain follow the server's, if it was that.

        Only in a first set-up: later it is the name of a lineage that this host has.
        """
        own = self.texts["certificate"]
        if self.first and own["source"] == "certbot":
            read = _read("hostname", "myhostname", before)
            if own["name"] == read:
                self.set("certificate", "name", _read("hostname", "myhostname", now))

    def _forget(self, section: str) -> None:
        """Drop what was found about the texts of a section, and about all of them together."""
        self._checked.pop(section, None)
        self._whole = self._between = None
        self.obstacles = tuple(one for one in self.obstacles if one.section != section)

    def begin_item(self, section: str, name: str, text: str) -> None:
        """Store the text in the line below a list, "" once it was entered."""
        self.unfinished.pop((section, name), None)
        if text:
            self.unfinished[section, name] = text

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
        """Return a section's problems: of single fields, between fields, then with the host.

        A wrong field does not hide the problems of others.
        """
        found = self.checked(section)[1]
        if self._between is None:
            typed = answers_as_typed({one: self.checked(one) for one in SECTIONS})
            self._between = typed, cross_field.problems(typed)
        typed, between = self._between
        more = (
            *(one for one in between if one.section == section),
            *SECTIONS_BY_NAME[section].excluded(typed, self.host),
        )
        named = {one.name for one in found}
        return (*found, *(one for one in more if one.name not in named))

    def obstacles_of(self, section: str) -> tuple[Problem, ...]:
        """Return the obstacles of the last plan that are about a section."""
        return tuple(one for one in self.obstacles if one.section == section)

    def answers(self) -> Union[Answers, tuple[Problem, ...]]:
        """Return the answers, or all their problems."""
        if self._whole is None:
            self._whole = answers_from_texts(self.texts)
        return self._whole

    def run_again(self, section: str, from_runs: Optional[Answers]) -> None:
        """Plan a section again with the values that the runs wrote, or no longer."""
        self.run = ""
        if section == POLICY:
            self.policy = not self.policy
            return
        texts = self._opened_with[section]
        if section not in self.again and from_runs is not None:
            texts = to_texts(section, to_values(from_runs)[section])
        self.again ^= {section}
        self.texts[section] = dict(texts)
        if section == "hostname":
            _follow_hostname(self.texts)
        self._forget(section)

    def began_with(self, section: str, name: str) -> Text:
        """Return the text of a field at the start, () for what is no answer, such as the policy."""
        return self._opened_with.get(section, {}).get(name, ())

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

    @property
    def is_touched(self) -> bool:
        """True if something was typed or decided that a run has not done."""
        chosen = self.policy != self.first or (self.first and bool(self.seen))
        return bool(self.changed or self.again or self.unfinished or chosen)

    @property
    def carries(self) -> bool:
        """True if the stored draft has parts of sections that were not requested."""
        return not self._carried.is_empty

    def state(self, *sections: str) -> str:
        """Return the word for the state of a screen that shows these sections."""
        if any(self.problems(one) or self.obstacles_of(one) for one in sections):
            return WRONG if self._is_begun(sections) else TO_DO
        if self.first:
            return OK if set(sections) <= self.seen else TO_DO
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

    def stored(self, at: float, writer: str) -> StoredDraft:
        """Return what draft.json keeps: the texts that are not the host's own values."""
        carried = self._carried
        unfinished: dict[str, dict[str, str]] = {}
        for (section, name), text in self.unfinished.items():
            unfinished.setdefault(section, {})[name] = text
        texts = {
            section: {name: _plain(one) for name, one in texts.items() if one != host.get(name, ())}
            for section, texts, host in (
                (one, self.texts[one], self._host_texts[one]) for one in SECTIONS
            )
        }
        return StoredDraft(
            at,
            writer,
            self.run,
            {**carried.texts, **{section: one for section, one in texts.items() if one}},
            {**carried.unfinished, **unfinished},
            {**self._digests, **carried.base},
            tuple(one for one in SECTIONS if one in self.seen or one in carried.seen),
            tuple(one for one in SECTIONS if one in self.again or one in carried.again),
            self.policy != self.first,
        )

    def apply(self, stored: StoredDraft, sections: Collection[str] = ()) -> tuple[str, ...]:
        """Put a stored draft back, or its part for `sections`; return sentences on what cannot be used.

        What is not put back because its section was not requested is stored again with the rest.
        """
        wanted = sections or (*SECTIONS, *stored.texts)
        skipped = []
        for section, texts in stored.texts.items():
            for name, text in texts.items():
                if section in wanted:
                    skipped += self._put(section, name, text)
        for section, lines in stored.unfinished.items():
            for name, line in lines.items():
                if section in wanted and section in SECTIONS and _is_list(section, name):
                    self.begin_item(section, name, line)
        if "hostname" in wanted:
            _follow_hostname(self.texts)
        self.seen.update(one for one in stored.seen if one in wanted and one in SECTIONS)
        self.again.update(one for one in stored.again if one in wanted and one in SECTIONS)
        if stored.policy and not sections:
            self.policy = not self.first
        self.run = stored.run
        self._carried = stored.without(tuple(wanted)) if sections else StoredDraft(0.0, "")
        return tuple(skipped)

    def changed_since(self, stored: StoredDraft) -> tuple[str, ...]:
        """Return the sections whose values on the host are not those that the draft began with."""
        now = self._digests
        return tuple(one for one in SECTIONS if stored.base.get(one, now[one]) != now[one])

    def enter_items(self) -> tuple[Problem, ...]:
        """Add the valid texts below lists to their lists, as leaving the form does; return the others."""
        found = []
        for (section, name), text in tuple(self.unfinished.items()):
            items = split_items(text)
            wrong = [(one, item_problem(section, name, one)) for one in items]
            problems = [
                Problem(section, name, f"{quoted(masked(one))} {said}")
                for one, said in wrong
                if said
            ]
            found += problems
            if not problems:
                present = tuple(self.text(section, name))
                new = tuple(one for one in dict.fromkeys(items) if one not in present)
                self.set(section, name, (*present, *new))
                self.begin_item(section, name, "")
        return tuple(found)

    def _put(self, section: str, name: str, text: Text) -> list[str]:
        """Set one stored text; return a sentence if it cannot be used."""
        if section not in SECTIONS or name not in self.texts[section]:
            return [f"This version has no {section}.{name}: its text is left out."]
        if isinstance(text, tuple) != _is_list(section, name):
            return [f"The text of {section}.{name} is of another kind: it is left out."]
        if not isinstance(text, tuple):
            self.set(section, name, text)
            return []
        # A key is not stored. The host's own value with the same zone has it.
        own = {masked(one): one for one in self._host_texts[section].get(name, ())}
        opened = tuple(own.get(one, one) for one in text)
        lost = [one for one in opened if MASK in one]
        self.set(section, name, tuple(one for one in opened if MASK not in one))
        return [f"Type {one} again, with its key: keys are not stored." for one in lost]

    @cached_property
    def _digests(self) -> dict[str, str]:
        # Stored, since the host's texts stay as they were read, and may be ten thousand names.
        return {section: _digest(self._host_texts[section]) for section in SECTIONS}


def _opening_texts(values: Values) -> dict[str, dict[str, Text]]:
    """Return the texts that the forms begin with."""
    defaults = to_values(Answers(Hostname("", "")))
    texts: dict[str, dict[str, Text]] = {
        section: to_texts(section, {**defaults[section], **values.get(section, {})})
        for section in SECTIONS
    }
    _follow_hostname(texts)
    return texts


def _follow_hostname(sections: dict[str, dict[str, Text]]) -> None:
    """Empty mydomain if it has its default, so that it follows myhostname."""
    texts = sections["hostname"]
    if texts["mydomain"] == default_mydomain(str(texts["myhostname"])):
        texts["mydomain"] = ""


def _read(section: str, name: str, text: str) -> str:
    """Return what a typed text is read as."""
    field = field_of(section, name)
    return text if field is None else as_written(field, text)


def _is_list(section: str, name: str) -> bool:
    known = field_of(section, name)
    return name == CUSTOM or (known is not None and known.kind == "list")


def _plain(text: Text) -> Text:
    """Return a text as plain data, that of an `Unsaid` value too."""
    if not isinstance(text, Unsaid):
        return text
    live = text.live
    return (live,) if isinstance(text, tuple) else live


def _digest(texts: dict[str, Text]) -> str:
    plain = {name: _plain(text) for name, text in texts.items()}
    data = masked(json.dumps(plain, sort_keys=True))
    return hashlib.sha256(data.encode("ascii")).hexdigest()[:_DIGITS]
