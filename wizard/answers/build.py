"""Validate plain values, as a form or a TOML file gives them, and build answers from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Collection, Mapping, Optional, Union

from wizard.answers import cross_field
from wizard.answers.field import Field
from wizard.answers.fields import SECTION_TYPES, check_number, check_text, fields_of
from wizard.answers.model import Answers, Problem
from wizard.answers.sections.blocklists import CustomBlocklist
from wizard.answers.unsaid import Unsaid, unsaid
from wizard.errors import harmless

Values = Mapping[str, Mapping[str, Any]]
"""Section name to field name to str, int or list of str (of mappings for blocklists.custom)."""


@dataclass(frozen=True)
class EntryProblem(Problem):
    """A problem in one of several tables with the same header; `entry` counts them from 1."""

    entry: int = 0


def build_answers(
    values: Values, sections: Collection[str] = ()
) -> Union[Answers, tuple[Problem, ...]]:
    """Return the answers, or all problems of the values, in the form's order.

    An absent field takes its default; mydomain's is myhostname without its first label. With
    `sections` the rules between fields apply to these only.
    """
    answers = build_each(values)
    if not isinstance(answers, Answers):
        return answers
    found = cross_field.problems(answers)
    return tuple(one for one in found if not sections or one.section in sections) or answers


def build_each(values: Values) -> Union[Answers, tuple[Problem, ...]]:
    """Return the answers, validated by the rules of single fields only.

    Values read back from a host, and answers that a run stored, may break a rule between fields.
    """
    known = f"the sections are {', '.join(SECTION_TYPES)}"
    found = [
        Problem(section, "", f"There is no section [{_short(section)}]; {known}.")
        for section in values
        if section not in SECTION_TYPES
    ]
    sections: dict[str, Any] = {}
    for section, make in SECTION_TYPES.items():
        given = values.get(section, {})
        if not isinstance(given, Mapping):
            found.append(Problem(section, "", f"This must be a table. Write it as [{section}]."))
            continue
        checked, wrong = check_section(section, given)
        found.extend(wrong)
        if section == "hostname" and "mydomain" not in checked and not wrong:
            checked["mydomain"] = default_mydomain(checked["myhostname"])
        if not wrong:
            sections[section] = make(**checked)
    if found:
        return tuple(found)
    return Answers(**sections)


def default_mydomain(myhostname: str) -> str:
    """Return myhostname without its first label; all of it if that has only one dot."""
    rest = myhostname.partition(".")[2]
    return rest if "." in rest else myhostname


def check_section(
    section: str, given: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Validate the values of one section; return the valid ones and the problems."""
    known = {field.name: field for field in fields_of(section)}
    names = list(known) + (["custom"] if section == "blocklists" else [])
    found: list[Problem] = []
    checked: dict[str, Any] = {}
    for name in given:
        if name not in names:
            message = f"[{section}] has no such key. Its keys are {', '.join(names)}."
            found.append(Problem(section, str(name), message))
    for name, field in known.items():
        if name not in given:
            if field.required and section in {"hostname", "blocklists.custom"}:
                found.extend(Problem(section, name, said) for said in _checked(field, "")[1])
            continue
        if isinstance(given[name], Unsaid):
            checked[name] = unsaid(field.kind, given[name].live)
            continue
        checked[name], messages = _KINDS[field.kind](field, given[name])
        found.extend(Problem(section, name, message) for message in messages)
    if section == "blocklists" and "custom" in given:
        entries, wrong = _custom(given["custom"])
        found.extend(wrong)
        checked["custom"] = entries
    return checked, tuple(found)


LONGEST_SHOWN = 100
"""Characters of a value that a message repeats."""


def quoted(text: str) -> str:
    """Return a value for a message: in quotes, on one line, without the middle of a long one."""
    if len(text) <= LONGEST_SHOWN:
        return repr(text)
    half = LONGEST_SHOWN // 2 - 2
    return f"{text[:half] + '...' + text[-half:]!r} ({len(text)} characters)"


def _short(name: str) -> str:
    """Return a name, without the middle of a very long one."""
    half = LONGEST_SHOWN // 2 - 2
    return name if len(name) <= LONGEST_SHOWN else f"{name[:half]}...{name[-half:]}"


def _number(field: Field, value: Any) -> tuple[Any, list[str]]:
    if value is None and field.optional:
        return None, []
    if isinstance(value, bool) or not isinstance(value, int):
        return None, ["Write a whole number without quotes, such as 120."]
    return value, check_number(field, value)


def _text(field: Field, value: Any) -> tuple[Any, list[str]]:
    if not isinstance(value, str):
        return None, ['Write a text in quotes: "..."']
    return _checked(field, value)


def _list(field: Field, value: Any) -> tuple[Any, list[str]]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        return None, ['Write a list of texts: ["...", "..."]']
    if field.required and not value:
        return None, ["The list is empty. At least one item is needed."]
    pairs = [(text, *_checked(field, text)) for text in value]
    wrong = [f"{quoted(text)}: {message}" for text, _, messages in pairs for message in messages]
    return tuple(item for _, item, _ in pairs), wrong


_KINDS = {"number": _number, "text": _text, "choice": _text, "list": _list}
"""Validators by field kind; each returns the value for the model, and what is wrong with it."""


def _checked(field: Field, text: str) -> tuple[str, list[str]]:
    try:
        return check_text(field, text), []
    except ValueError as error:
        return text, [str(error)]


def _custom(value: Any) -> tuple[tuple[CustomBlocklist, ...], list[Problem]]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, Mapping) for v in value):
        return (), [Problem("blocklists", "custom", "Write tables: [[blocklists.custom]]")]
    entries: list[CustomBlocklist] = []
    found: list[Problem] = []
    for number, entry in enumerate(value, 1):
        checked, wrong = check_section("blocklists.custom", entry)
        found.extend(
            EntryProblem(one.section, one.name, one.message, entry=number) for one in wrong
        )
        if not wrong:
            entries.append(CustomBlocklist(**checked))
    return tuple(entries), found


def is_valid(answers: Answers) -> bool:
    """True if each field is valid by itself."""
    return isinstance(build_each(to_values(answers)), Answers)


def to_values(answers: Answers) -> dict[str, dict[str, Any]]:
    """Return the answers as plain values, the reverse of `build_answers`."""
    return {
        section: {
            field.name: _plain(getattr(getattr(answers, section), field.name))
            for field in fields(getattr(answers, section))
        }
        for section in SECTION_TYPES
    }


def _plain(value: Any) -> Any:
    if not isinstance(value, tuple) or isinstance(value, Unsaid):
        return value
    return [asdict(one) if isinstance(one, CustomBlocklist) else one for one in value]


def problem_text(problem: Problem, source: Optional[str] = None) -> str:
    """Return a problem as one line: `answers.toml:12: networks.mynetworks: ...`."""
    where = f"{source}:{problem.line}: " if source and problem.line else ""
    if source and not problem.line:
        where = f"{source}: "
    name = ".".join(_short(part) for part in (problem.section, problem.name) if part)
    text = f"{where}{name}: {problem.message}" if name else f"{where}{problem.message}"
    return harmless(text).replace("\n", "\\n")
