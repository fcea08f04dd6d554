"""Answers as a form holds them: texts, and lists of texts; validation stays in `build`.

A form cannot say "absent": an emptied field that must not be empty takes its default. What no
answer can say (`unsaid`) is shown as its live text, and is right as long as it stays untouched.
"""

from __future__ import annotations

from typing import Any, Collection, Mapping, Sequence, Union

from wizard.answers import rules
from wizard.answers.build import build_answers, check_section, quoted
from wizard.answers.field import Field
from wizard.answers.fields import fields_of, rule_of
from wizard.answers.model import Answers, Problem
from wizard.answers.unsaid import Unsaid, unsaid

Text = Union[str, tuple[str, ...]]
"""What one control of a form holds: a text, or the items of a list."""

Texts = Mapping[str, Text]
"""One section of a form: field name to text; `blocklists.custom` is a list of texts here."""

CUSTOM = "custom"
DEFAULT_KIND = "client"


def to_texts(section: str, values: Mapping[str, Any]) -> dict[str, Text]:
    """Return a section's plain values (`build.to_values`) as a form shows them."""
    texts: dict[str, Text] = {}
    for field in fields_of(section):
        value = values.get(field.name, () if field.kind == "list" else "")
        if isinstance(value, Unsaid):
            kind = "list" if field.kind == "list" else "text"
            texts[field.name] = unsaid(kind, value.live)
            continue
        shown = "" if value is None else str(value)
        texts[field.name] = tuple(value) if field.kind == "list" else shown
    if section == "blocklists":
        texts[CUSTOM] = tuple(custom_text(entry) for entry in values.get(CUSTOM, ()))
    return texts


def from_texts(section: str, texts: Texts) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Return a form's section as plain values for `build_answers`, and what is no number."""
    values: dict[str, Any] = {}
    found: list[Problem] = []
    for field in fields_of(section):
        if field.kind == "list" and field.name not in texts:
            continue
        text = texts.get(field.name, "")
        if isinstance(text, Unsaid):
            values[field.name] = text
            continue
        if text == "" and _takes_default(field):
            continue
        if field.kind != "number":
            values[field.name] = text
            continue
        try:
            values[field.name] = number(str(text))
        except ValueError as error:
            found.append(Problem(section, field.name, str(error)))
    if texts.get(CUSTOM):
        values[CUSTOM] = [custom_entry(text) for text in texts[CUSTOM]]
    return values, tuple(found)


def check_texts(section: str, texts: Texts) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Check one section of a form by itself; return the right values and the problems."""
    values, found = from_texts(section, texts)
    checked, wrong = check_section(section, values)
    return checked, (*found, *wrong)


def answers_from_texts(sections: Mapping[str, Texts]) -> Union[Answers, tuple[Problem, ...]]:
    """Return the answers of a whole form, or everything that is wrong with it."""
    values: dict[str, Mapping[str, Any]] = {}
    found: list[Problem] = []
    for section, texts in sections.items():
        values[section], wrong = from_texts(section, texts)
        found.extend(wrong)
    if not found:
        return build_answers(values)
    built = build_answers(values)
    return (*found, *(() if isinstance(built, Answers) else built))


def number(text: str) -> int:
    """Return a typed whole number; raises ValueError with what to write instead."""
    rules.printable(text)
    if not (text.isascii() and text.isdigit()):
        raise ValueError("is no whole number; write digits only, such as 120")
    return int(text)


def split_items(text: str) -> tuple[str, ...]:
    """Split typed or pasted text into the items of a list: at commas, blanks and line ends.

    Only plain blanks separate: a full-width one stays in its item, where a rule names it.
    """
    for separator in ",;\r\n\t":
        text = text.replace(separator, " ")
    return tuple(item for item in text.split(" ") if item)


def custom_text(entry: Mapping[str, str]) -> str:
    """Write a blocklist of the operator's own in one line: `ZONE[=REPLIES][:KIND]`."""
    zone, replies = entry.get("zone", ""), entry.get("replies", "")
    kind = entry.get("kind", DEFAULT_KIND)
    text = f"{zone}={replies}" if replies else zone
    return text if kind == DEFAULT_KIND else f"{text}:{kind}"


def custom_entry(text: str) -> dict[str, str]:
    """Read such a line back; what is wrong with it is for `check_section` to say."""
    rest, _, kind = text.partition(":")
    zone, _, replies = rest.partition("=")
    return {"zone": zone, "kind": kind or DEFAULT_KIND, "replies": replies}


def item_problem(section: str, name: str, item: str) -> str:
    """Return what is wrong with one item of a list field, "" when nothing is."""
    given: Sequence[Any] = (custom_entry(item) if name == CUSTOM else item,)
    found = [
        problem.message
        for problem in check_section(section, {name: given})[1]
        if name in {problem.name, CUSTOM}
    ]
    prefix = f"{quoted(item)} "
    return next((text.removeprefix(prefix) for text in found), "")


def item_problems(section: str, name: str, items: Collection[str]) -> dict[str, str]:
    """Return what is wrong with each item that is; quick where all ten thousand are right."""
    if name != CUSTOM and not any(
        problem.name == name for problem in check_section(section, {name: tuple(items)})[1]
    ):
        return {}
    found = {item: item_problem(section, name, item) for item in items}
    return {item: wrong for item, wrong in found.items() if wrong}


def _takes_default(field: Field) -> bool:
    """Whether an empty text is no value of this field."""
    if field.required or field.kind == "list":
        return False
    if field.kind != "text" or not field.rule:
        return True
    try:
        rule_of(field)("")
    except ValueError:
        return True
    return False
