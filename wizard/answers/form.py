"""Convert answers to the texts of a form and back; `build` validates them.

A form cannot say "absent". So an emptied field that must not be empty takes its default. A value
that no answer can express (`unsaid`) is shown as its live text, and is valid while unchanged.
"""

from __future__ import annotations

from typing import Any, Collection, Mapping, Sequence, Union

from wizard.answers.as_written import as_written
from wizard.answers.build import build_answers, check_section, default_mydomain, quoted
from wizard.answers.field import BYTES, Field
from wizard.answers.fields import SECTION_TYPES, fields_of, rule_of
from wizard.answers.model import Answers, Problem
from wizard.answers.rules.characters import printable
from wizard.answers.unsaid import Unsaid, unsaid

Text = Union[str, tuple[str, ...]]
"""The value of one control of a form: a text, or the items of a list."""

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
    """Return a form's section as plain values for `build_answers`, and problems with numbers."""
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
        if field.kind == "list":
            values[field.name] = text
            continue
        written = as_written(field, str(text))
        if field.kind != "number":
            values[field.name] = written
            continue
        try:
            values[field.name] = number(written, "120 or 50M" if field.unit == BYTES else "120")
        except ValueError as error:
            found.append(Problem(section, field.name, str(error)))
    if texts.get(CUSTOM):
        values[CUSTOM] = [custom_entry(text) for text in texts[CUSTOM]]
    return values, tuple(found)


def check_texts(section: str, texts: Texts) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Validate one section of a form by itself; return the valid values and the problems."""
    values, found = from_texts(section, texts)
    checked, wrong = check_section(section, values)
    return checked, (*found, *wrong)


def answers_from_texts(sections: Mapping[str, Texts]) -> Union[Answers, tuple[Problem, ...]]:
    """Return the answers of a whole form, or all its problems."""
    values: dict[str, Mapping[str, Any]] = {}
    found: list[Problem] = []
    for section, texts in sections.items():
        values[section], wrong = from_texts(section, texts)
        found.extend(wrong)
    built = build_answers(values)
    if not found:
        return built
    return (*found, *(() if isinstance(built, Answers) else built))


def answers_as_typed(
    checked: Mapping[str, tuple[Mapping[str, Any], tuple[Problem, ...]]],
) -> Answers:
    """Return answers for the rules between fields, though single fields may be wrong.

    `checked` has what `check_texts` returned for each section. A wrong text stays as it is typed, and
    wrong items of lists are omitted: what is said of the other fields must not depend on them.
    """
    made: dict[str, Any] = {}
    for section, (given, found) in checked.items():
        values = dict(given)
        for name in {one.name for one in found} & set(values) - {CUSTOM}:
            if isinstance(values[name], tuple):
                wrong = item_problems(section, name, values[name])
                values[name] = tuple(one for one in values[name] if one not in wrong)
        if section == "hostname":
            values.setdefault("mydomain", default_mydomain(values["myhostname"]))
        made[section] = SECTION_TYPES[section](**values)
    return Answers(**made)


def number(text: str, example: str = "120") -> int:
    """Return a typed whole number. Raises ValueError with an example of what to write instead."""
    printable(text)
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"This is not a whole number. Write digits only, such as {example}.")
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
    """Parse such a line; `check_section` validates the result."""
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
    prefix = f"{quoted(item)}: "
    return next((text.removeprefix(prefix) for text in found), "")


def item_problems(section: str, name: str, items: Collection[str]) -> dict[str, str]:
    """Return the problem of each invalid item; fast if all ten thousand are valid."""
    if name != CUSTOM and not any(
        problem.name == name for problem in check_section(section, {name: tuple(items)})[1]
    ):
        return {}
    found = {item: item_problem(section, name, item) for item in items}
    return {item: wrong for item, wrong in found.items() if wrong}


def _takes_default(field: Field) -> bool:
    """True if an empty text is not a value of this field, so that it means the default."""
    if field.required or field.kind == "list":
        return False
    if field.kind != "text" or not field.rule:
        return True
    try:
        rule_of(field)("")
    except ValueError:
        return True
    return False
