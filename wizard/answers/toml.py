"""Read the answers file (TOML) with the line of each problem; write it without losing comments."""

from __future__ import annotations

import re
from dataclasses import MISSING, asdict, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Callable, Collection, Iterable, Mapping, Optional, Union

import tomlkit
from tomlkit.exceptions import KeyAlreadyPresent, ParseError, TOMLKitError

from wizard.answers.build import build_each, problem_text, to_values
from wizard.answers.exchange import UNEXPRESSED, Unexpressed, as_values, build_given, parse_json
from wizard.answers.model import Answers, Problem
from wizard.answers.sections.certificate import OF_A_LINEAGE
from wizard.answers.source import doing, read_text, shown_name
from wizard.answers.unsaid import Unsaid, unsaid
from wizard.door import Door
from wizard.errors import AnswersTrouble
from wizard.paths import SAVED_ANSWERS

SAVED = Path(SAVED_ANSWERS)
"""Where a run saves the answers: root's, 0600."""

PLAN = "plan.json"
"""The name of the file with a run's plan (wizard.run.paths)."""

MAX_LINES = 25_000
"""Lines: ten thousand names, one on each line, and as many comments."""
_TOO_MANY = (
    ("tables", re.compile(r"^[ \t]*\[", re.MULTILINE), 200),
    ("keys", re.compile(r"^[ \t]*[^\s=#\[\]]+[ \t]*=", re.MULTILINE), 1000),
    ("lines", re.compile(r"\n"), MAX_LINES),
    ("commas", re.compile(r","), 12_000),
    ("braces", re.compile(r"\{"), 1000),
    ("backslashes", re.compile(r"\\"), 10_000),
)
"""Limits that are checked before the text is parsed, so that tomlkit takes less than a second."""


MOST_SHOWN = 100
"""Problems that are shown at once: more would scroll the first ones away."""

BYTE_ORDER_MARK = "\ufeff"


class WrongAnswers(AnswersTrouble):
    """The answers have `problems`."""

    problems: tuple[Problem, ...] = ()


Result = Union[Answers, tuple[Problem, ...]]
Build = Callable[[Mapping[str, Mapping[str, Any]]], Result]


def parse_answers(text: str, sections: Collection[str] = ()) -> Result:
    """Return the answers that a person or `answers` wrote, or all problems of the text.

    It is TOML, whose problems have their lines, or JSON if it begins with a brace. With `sections` the rules between fields apply to these only.
    """
    return _read(text, lambda document: build_given(document, sections))


def parse_stored(text: str) -> Result:
    """Return the answers of a run's plan, or the problems of the TOML text with their lines.

    A part of them may have been read back from the host. So no rule between fields applies, and a
    certificate that no answer expresses has no line. The size is not limited, since this program
    or an older version wrote the text.
    """
    return _stored(_parsed(text, build_each))


def _stored(result: Result) -> Result:
    if not isinstance(result, Answers):
        return result
    certificate = result.certificate
    if certificate.source in OF_A_LINEAGE and not certificate.name:
        certificate = replace(certificate, source=unsaid("choice", ""))
    return replace(result, certificate=certificate)


def _read(text: str, build: Build) -> Result:
    if text.startswith(BYTE_ORDER_MARK):
        message = "The file begins with a byte order mark (U+FEFF). Save it as UTF-8 without one."
        return (Problem("", "", message, 1),)
    too_many = _too_many(text)
    if too_many:
        return (Problem("", "", too_many),)
    return _parsed(text, build)


def _parsed(text: str, build: Build) -> Result:
    try:
        if text.lstrip().startswith("{"):
            return _of_json(text, build)
        document = tomlkit.parse(text).unwrap()
    except ParseError as error:
        return (Problem("", "", f"This is not TOML: {error}", error.line),)
    except KeyAlreadyPresent as error:
        return (Problem("", "", f"This is not TOML: {error}", _second_line(text, str(error))),)
    except (TOMLKitError, ValueError) as error:
        return (Problem("", "", f"This is not TOML: {error}"),)
    result = build(document)
    if isinstance(result, Answers):
        return result
    # A list may have a wrong item on each line: the line of its key is searched once.
    line_of = cache(partial(_line_of, _lines(text)))
    shown, others = result[:MOST_SHOWN], result[MOST_SHOWN:]
    return (
        *(
            replace(one, line=line_of(one.section, one.name, getattr(one, "entry", 0)))
            for one in shown
        ),
        *others,
    )


def _of_json(text: str, build: Build) -> Result:
    try:
        return build(parse_json(text))
    except ValueError as error:
        return (Problem("", "", f"This is not JSON: {error}", getattr(error, "lineno", None)),)


def _too_many(text: str) -> str:
    """Return which limit the text exceeds, "" for none."""
    for what, pattern, limit in _TOO_MANY:
        found = sum(1 for _ in pattern.finditer(text))
        if found > limit:
            return f"has {found} {what}; an answers file has at most {limit}"
    return ""


def read_answers(path: Path, sections: Collection[str] = ()) -> Answers:
    """Read and validate answers as `parse_answers` does, from a file or from standard input (`-`).

    The plan.json of a run is accepted too: it has the answers of that run. Raises AnswersTrouble
    when it cannot be read, is unsafe (another user could write it while root uses it), or is wrong;
    the message has all problems, one a line. Raises PermissionTrouble if this user may not read it.
    """
    if path.name == PLAN:
        return _read_file(path, lambda text: parse_stored(_of_a_run(text, path)))
    return _read_file(path, lambda text: parse_answers(text, sections))


def saved_answers(door: Door) -> Optional[Path]:
    """Return the path of the saved answers on this machine, None where there are none.

    Links are resolved inside the root. Raises Trouble where the path cannot be read.
    """
    there = door.stat(str(SAVED))
    return None if there is None else Path(door.locate(str(SAVED)))


def read_stored(path: Path) -> Answers:
    """Read the answers that a run saved, as `parse_stored` does. Raises AnswersTrouble."""
    return _read_file(path, lambda text: _stored(_read(text, build_each)))


def _read_file(path: Path, parse: Callable[[str], Result]) -> Answers:
    result = parse(read_text(path))
    if isinstance(result, Answers):
        return result
    name = shown_name(path)
    lines = "\n".join(f"  {problem_text(one, name)}" for one in result[:MOST_SHOWN])
    if len(result) > MOST_SHOWN:
        lines += f"\n  and {len(result) - MOST_SHOWN} more"
    trouble = WrongAnswers(
        doing(path), f"it has {len(result)} problem(s):\n{lines}", "\nNothing was changed."
    )
    trouble.problems = result
    raise trouble


def _of_a_run(text: str, path: Path) -> str:
    """Return the answers that a run's plan.json has as TOML. Raises AnswersTrouble if it has none."""
    import json  # noqa: PLC0415 - rarely needed

    here = doing(path)
    try:
        answers = json.loads(text)["plan"]["answers"]
    except (ValueError, LookupError, TypeError):
        answers = None
    if not isinstance(answers, str):
        raise AnswersTrouble(here, "it is not the plan of a run", "Name a TOML file.")
    if not answers:
        advice = "`postfix-wizard runs` lists the runs; name the one that was undone."
        raise AnswersTrouble(here, "it is the plan of an undo, which has no answers", advice)
    return answers


_LONG_STRING = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}|\'{3}.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*''', re.DOTALL
)
"""Strings of several lines, and other texts that may contain three quotes."""


def _lines(text: str) -> list[str]:
    """Return the lines as TOML counts them, without the contents of strings of several lines."""
    if '"""' in text or "'''" in text:
        text = _LONG_STRING.sub(_emptied, text)
    # Not splitlines(), which also ends a line at a form feed, at U+0085 and at U+2028.
    return text.split("\n")


def _emptied(found: re.Match[str]) -> str:
    text = found[0]
    return "\n" * text.count("\n") if text[:3] in {'"""', "'''"} else text


def _line_of(lines: list[str], section: str, name: str, entry: int) -> Optional[int]:
    """Find the line of a key (or of its table, where the key is absent).

    `entry` counts the tables with the same header (`EntryProblem`), 0 for a single one.
    """
    header = re.compile(r"\s*\[+\s*([A-Za-z0-9_.\"'-]+)\s*\]+")
    key = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[.=]") if name else None
    top_level = re.compile(rf"\s*[\"']?{re.escape(section)}[\"']?\s*[.=]")
    current = ""
    number_of_tables = 0
    table_line: Optional[int] = None
    for number, line in enumerate(lines, 1):
        match = header.match(line)
        if match:
            current = match.group(1).strip("\"'")
            number_of_tables += current == section
            if number_of_tables < entry:
                continue
            if current == section and table_line is None:
                table_line = number
                if key is None:
                    return number
            elif current == f"{section}.{name}":
                return number
        elif (
            current == section
            and key is not None
            and number_of_tables == max(entry, 1)
            and key.match(line)
        ) or (not current and top_level.match(line)):
            return number
    if table_line is None and entry:
        # The tables are in one list: `custom = [{ ... }, { ... }]`.
        above, _, name = section.rpartition(".")
        return _line_of(lines, above, name, 0)
    return table_line


def _second_line(text: str, message: str) -> Optional[int]:
    """Return the second line of the key that tomlkit's message has in quotes."""
    name = re.escape(message.partition('"')[2].rpartition('"')[0])
    key = re.compile(rf"\s*\[*\s*[\"']?{name}[\"']?\s*[\]=.]")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if key.match(line)]
    return lines[1] if len(lines) > 1 else None


def format_answers(answers: Answers, previous: str = "") -> str:
    """Return the answers as TOML, with the comments and the order of `previous`, a valid file.

    A field that no answer expresses has no line. A section or a field that `previous` lacks is added
    only if it is not as it is without an answer.
    """
    document = tomlkit.parse(previous) if previous else _empty_document()
    values: dict[str, Any] = to_values(answers)
    for section, content in values.items():
        if section not in document:
            if previous and _is_default(answers, section):
                continue
            document[section] = tomlkit.table()
        table: Any = document[section]
        for name, value in content.items():
            is_without_answer = name not in table and value == _default_of(answers, section, name)
            if not (previous and is_without_answer):
                _set(table, name, value)
    return tomlkit.dumps(document)


def format_exchange(answers: Answers, unexpressed: Iterable[Unexpressed]) -> str:
    r"""Return the answers as TOML with `[[unexpressed]]` (`wizard.answers.exchange`).

    Live values may have any character. Those that a terminal obeys are written as escapes, bytes
    that are not UTF-8 as `\xNN`.
    """
    document = tomlkit.document()
    document.add(tomlkit.comment("The answers of this host as it is today. No secrets here."))
    for section, values in as_values(answers).items():
        document[section] = table = tomlkit.table()
        for name, value in values.items():
            _set(table, name, value)
    listed = [
        {
            name: text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            for name, text in asdict(one).items()
        }
        for one in unexpressed
    ]
    if listed:
        _set(document, UNEXPRESSED, listed)
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", tomlkit.dumps(document))


_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Characters that TOML allows in a string and that a terminal obeys, or that hide others."""


def _set(table: Any, name: str, value: Any) -> None:
    """Set a field of a table, or take it out if no answer expresses it."""
    if value is None or isinstance(value, Unsaid):
        table.pop(name, None)
    elif name in table and table[name].unwrap() == value:
        return
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        table[name] = tomlkit.aot()
        for entry in value:
            table[name].append(tomlkit.item(entry))
    elif name == "custom":
        table.pop("custom", None)
    else:
        table[name] = _item(value)


def _is_default(answers: Answers, section: str) -> bool:
    default = Answers.__dataclass_fields__[section].default_factory
    return callable(default) and getattr(answers, section) == default()


def _default_of(answers: Answers, section: str, name: str) -> Any:
    """Return a field without an answer as `to_values` has it, MISSING if it must have one."""
    found = type(getattr(answers, section)).__dataclass_fields__.get(name)
    default = MISSING if found is None else found.default
    return list(default) if isinstance(default, tuple) else default


def _empty_document() -> tomlkit.TOMLDocument:
    document = tomlkit.document()
    document.add(tomlkit.comment("The answers that postfix-wizard was given. No secrets here."))
    return document


def _item(value: Any) -> Any:
    if not isinstance(value, list) or len(", ".join(value)) <= 70:  # noqa: PLR2004 - one line's worth
        return tomlkit.item(value)
    array = tomlkit.array()
    # In one call: tomlkit numbers the whole array anew at each append.
    array.add_line(*value, indent="", newline=False)
    return array.multiline(multiline=True)
