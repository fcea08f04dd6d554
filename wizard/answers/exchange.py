"""Answers for other programs: JSON besides TOML, and what answers do not express.

`answers` prints this form, and `--answers` reads it. Besides the sections it may have

    unexpressed = [{section, name, value, why}, ...]

that is, fields whose value on the host no valid answer has. Such a field stays as it is on the host:
without an answer it is `Unsaid`, and the rules between fields do not apply to its answer.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NoReturn, Optional, Union

from wizard.answers import cross_field
from wizard.answers.build import build_answers, build_each, to_values
from wizard.answers.fields import field_of
from wizard.answers.model import Answers, Problem
from wizard.answers.unsaid import Unsaid, is_unsaid, unsaid

VERSION = 1
UNEXPRESSED = "unexpressed"
_ANSWERS = "answers"
_KEYS = ("section", "name", "value", "why")
MAX_DIGITS = 20
"""Digits of a number in JSON. int() of a much longer one takes seconds (CVE-2020-10735)."""

NO_ANSWER = "No answer expresses this value."
NO_ITEMS = "No answer expresses these items of the list."


@dataclass(frozen=True)
class Unexpressed:
    """A field of today's answers that no valid answer expresses: the live `value`, and why.

    Of a list, `value` may have single items; then the other ones are in the answers.
    """

    section: str
    name: str
    value: str
    why: str


def unexpressed_of(answers: Answers) -> Iterator[Unexpressed]:
    """Yield the fields that have no answer, and those whose answer a rule between fields refuses."""
    for section, fields in to_values(answers).items():
        for name, value in fields.items():
            if isinstance(value, Unsaid):
                yield Unexpressed(section, name, value.live, NO_ANSWER)
    for one in cross_field.problems(answers):
        value = getattr(getattr(answers, one.section), one.name)
        if not is_unsaid(value):
            shown = ", ".join(value) if isinstance(value, tuple) else str(value)
            yield Unexpressed(one.section, one.name, shown, one.message)


def as_values(answers: Answers) -> dict[str, dict[str, Any]]:
    """Return the answers as plain values, without fields that no answer expresses."""
    return {
        section: {
            name: value
            for name, value in fields.items()
            if value is not None and not isinstance(value, Unsaid)
        }
        for section, fields in to_values(answers).items()
    }


def as_data(answers: Answers, unexpressed: Iterable[Unexpressed]) -> dict[str, Any]:
    """Return the object of `answers --json`, version 1; docs/json.md describes it."""
    return {
        "version": VERSION,
        _ANSWERS: as_values(answers),
        UNEXPRESSED: [asdict(one) for one in unexpressed],
    }


def parse_json(text: str) -> dict[str, Any]:
    """Return the object of a JSON text. Raises ValueError for anything that is not strict JSON."""
    try:
        found = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_int=_number,
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 (of the text, not of a caller)
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r:.60} is there twice")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def _number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"the number {digits[:MAX_DIGITS]}... is too large")
    return int(digits)


def build_given(
    document: Mapping[str, Any], sections: Collection[str] = ()
) -> Union[Answers, tuple[Problem, ...]]:
    """Return the answers of a document, or all its problems.

    The document has the sections, or is the object of `answers --json`.
    """
    if not {UNEXPRESSED, _ANSWERS} & document.keys():
        return build_answers(document, sections)
    listed = document.get(UNEXPRESSED, [])
    wrong = tuple(_wrong_document(document, listed))
    if wrong:
        return wrong
    given = document.get(_ANSWERS, document)
    values: dict[str, Any] = {name: one for name, one in given.items() if name != UNEXPRESSED}
    for one in listed:
        section = values.setdefault(one["section"], {})
        field = field_of(one["section"], one["name"])
        if field is not None and isinstance(section, dict):
            section.setdefault(one["name"], unsaid(field.kind, one["value"]))
    answers = build_each(values)
    if not isinstance(answers, Answers):
        return answers
    excused = {(one["section"], one["name"]) for one in listed}
    found = (one for one in cross_field.problems(answers) if (one.section, one.name) not in excused)
    return tuple(one for one in found if not sections or one.section in sections) or answers


def _wrong_document(document: Mapping[str, Any], listed: Any) -> Iterator[Problem]:
    if _ANSWERS in document:
        if not isinstance(document[_ANSWERS], dict):
            why = document.get("message", "")
            more = (
                f" The command that printed it says: {why:.500}"
                if isinstance(why, str) and why
                else ""
            )
            yield Problem(_ANSWERS, "", f"This must be an object with the sections.{more}")
        if document.get("version") != VERSION:
            yield Problem("version", "", f"This program reads version {VERSION} of the answers.")
        for name in document.keys() - {_ANSWERS, UNEXPRESSED, "version", "message"}:
            yield Problem(name, "", "There is no such key next to `answers`.")
    if not isinstance(listed, list):
        yield Problem(UNEXPRESSED, "", "Write a list of tables.")
        return
    for one in listed:
        message = _wrong_entry(one)
        if message:
            yield Problem(UNEXPRESSED, "", message)


def _wrong_entry(one: Any) -> Optional[str]:
    if not isinstance(one, dict) or not all(isinstance(one.get(key), str) for key in _KEYS[:3]):
        return f"An entry has the texts {', '.join(_KEYS)}."
    if one.keys() - {*_KEYS}:
        return f"An entry has only {', '.join(_KEYS)}."
    field = field_of(one["section"], one["name"])
    if field is None or "." in field.section:
        return f"There is no field {one['section']:.60}.{one['name']:.60}."
    if field.required and field.kind != "list":
        return f"{field.section}.{field.name} must have an answer."
    return None
