"""Read the answers file (TOML) with the line of each problem; write it without losing comments."""

from __future__ import annotations

import os
import re
import shlex
import stat
from dataclasses import MISSING, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Callable, Collection, Mapping, Optional, Union

import tomlkit
from tomlkit.exceptions import KeyAlreadyPresent, ParseError, TOMLKitError

from wizard.answers.build import build_answers, build_each, problem_text, to_values
from wizard.answers.model import Answers, Problem
from wizard.answers.sections.certificate import OF_A_LINEAGE
from wizard.answers.unsaid import Unsaid, unsaid
from wizard.door import Door
from wizard.errors import AnswersTrouble, refused_access
from wizard.paths import SAVED_ANSWERS

SAVED = Path(SAVED_ANSWERS)
"""Where a run saves the answers: root's, 0600."""

PLAN = "plan.json"
"""The name of the file with a run's plan (wizard.run.paths)."""

LARGEST = 16 * 1024 * 1024
"""Bytes; a larger answers file is a mistake (10,000 names take 300 kB)."""


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


Result = Union[Answers, tuple[Problem, ...]]
Build = Callable[[Mapping[str, Mapping[str, Any]]], Result]


def parse_answers(text: str, sections: Collection[str] = ()) -> Result:
    """Return the answers that a person wrote, or all problems of the TOML text with their lines.

    With `sections` the rules between fields apply to these only.
    """
    return _read(text, lambda values: build_answers(values, sections))


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


def _too_many(text: str) -> str:
    """Return which limit the text exceeds, "" for none."""
    for what, pattern, limit in _TOO_MANY:
        found = sum(1 for _ in pattern.finditer(text))
        if found > limit:
            return f"has {found} {what}; an answers file has at most {limit}"
    return ""


def read_answers(path: Path, sections: Collection[str] = ()) -> Answers:
    """Read and validate an answers file that a person wrote, as `parse_answers` does.

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
    doing = f"reading the answers in {path}"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            _refuse_unsafe(os.fstat(file.fileno()), doing)
            data = file.read(LARGEST + 1)
    except PermissionError as error:
        advice = f"Look with `namei -l {shlex.quote(str(path))}`."
        raise refused_access(doing, error.strerror or str(error), advice) from error
    except OSError as error:
        raise AnswersTrouble(doing, error.strerror or str(error), "Check the path.") from error
    if len(data) > LARGEST:
        raise AnswersTrouble(doing, "the file is larger than 16 MiB", "Is it the right file?")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise AnswersTrouble(
            doing, f"line {line} is not UTF-8", "Save the file as UTF-8 (TOML demands it)."
        ) from error
    if not text.strip():
        raise AnswersTrouble(
            doing, "it is empty", "It must at least name myhostname and a certificate, in TOML."
        )
    result = parse(text)
    if isinstance(result, Answers):
        return result
    lines = "\n".join(f"  {problem_text(one, path.name)}" for one in result[:MOST_SHOWN])
    if len(result) > MOST_SHOWN:
        lines += f"\n  and {len(result) - MOST_SHOWN} more"
    raise AnswersTrouble(
        doing, f"it has {len(result)} problem(s):\n{lines}", "\nNothing was changed."
    )


def _of_a_run(text: str, path: Path) -> str:
    """Return the answers that a run's plan.json has as TOML. Raises AnswersTrouble if it has none."""
    import json  # noqa: PLC0415 - rarely needed

    doing = f"reading the answers in {path}"
    try:
        answers = json.loads(text)["plan"]["answers"]
    except (ValueError, LookupError, TypeError):
        answers = None
    if not isinstance(answers, str):
        raise AnswersTrouble(doing, "it is not the plan of a run", "Name a TOML file.")
    if not answers:
        advice = "`postfix-wizard runs` lists the runs; name the one that was undone."
        raise AnswersTrouble(doing, "it is the plan of an undo, which has no answers", advice)
    return answers


def _refuse_unsafe(status: os.stat_result, doing: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise AnswersTrouble(doing, "it is not a regular file", "Name a TOML file.")
    if os.geteuid() != 0:
        return
    if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise AnswersTrouble(
            doing,
            "others than root may write it, so others would decide what root does",
            "Run `chown root FILE; chmod go-w FILE` when you have read it.",
        )


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
