"""The answers file: TOML in, with every problem's line; TOML out, with comments kept."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional, Union

import tomlkit
from tomlkit.exceptions import KeyAlreadyPresent, ParseError, TOMLKitError

from wizard.answers.build import build_answers, problem_text, to_values
from wizard.answers.model import Answers, Problem
from wizard.errors import AnswersTrouble

SAVED = Path("/etc/postfix-wizard/answers.toml")
"""Where a run keeps the answers: root's, 0600."""

LARGEST = 16 * 1024 * 1024
"""Bytes; a larger answers file is a mistake (10,000 names take 300 kB)."""


MOST_SHOWN = 100
"""Problems that are told at once: more would scroll the first ones away."""

BYTE_ORDER_MARK = "\ufeff"


def parse_answers(text: str) -> Union[Answers, tuple[Problem, ...]]:
    """Return the answers of a TOML text, or all its problems with their lines."""
    if text.startswith(BYTE_ORDER_MARK):
        message = "begins with a byte order mark (U+FEFF); save it as UTF-8 without one"
        return (Problem("", "", message, 1),)
    try:
        document = tomlkit.parse(text).unwrap()
    except ParseError as error:
        return (Problem("", "", f"is not TOML: {error}", error.line),)
    except KeyAlreadyPresent as error:
        return (Problem("", "", f"is not TOML: {error}", _second_line(text, str(error))),)
    except (TOMLKitError, ValueError) as error:
        return (Problem("", "", f"is not TOML: {error}"),)
    result = build_answers(document)
    if isinstance(result, Answers):
        return result
    return tuple(replace(one, line=_line_of(text, one.section, one.name)) for one in result)


def read_answers(path: Path) -> Answers:
    """Read and validate an answers file.

    Raises AnswersTrouble when it cannot be read, is unsafe (another user could write it while
    root acts on it), or is wrong; all its problems are named, a line each.
    """
    doing = f"reading the answers in {path}"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            _refuse_unsafe(os.fstat(file.fileno()), doing)
            data = file.read(LARGEST + 1)
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
    result = parse_answers(text)
    if isinstance(result, Answers):
        return result
    lines = "\n".join(f"  {problem_text(one, path.name)}" for one in result[:MOST_SHOWN])
    if len(result) > MOST_SHOWN:
        lines += f"\n  and {len(result) - MOST_SHOWN} more"
    raise AnswersTrouble(
        doing, f"it has {len(result)} problem(s):\n{lines}", "\nNothing was changed."
    )


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


def _line_of(text: str, section: str, name: str) -> Optional[int]:
    """Find the line of a key (or of its table, where the key is absent)."""
    header = re.compile(r"\s*\[+\s*([A-Za-z0-9_.\"'-]+)\s*\]+")
    key = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[.=]") if name else None
    top_level = re.compile(rf"\s*[\"']?{re.escape(section)}[\"']?\s*[.=]")
    current = ""
    table_line: Optional[int] = None
    for number, line in enumerate(text.splitlines(), 1):
        match = header.match(line)
        if match:
            current = match.group(1).strip("\"'")
            if current == section and table_line is None:
                table_line = number
                if key is None:
                    return number
            elif current == f"{section}.{name}":
                return number
        elif (current == section and key is not None and key.match(line)) or (
            not current and top_level.match(line)
        ):
            return number
    return table_line


def _second_line(text: str, message: str) -> Optional[int]:
    """Find where the key that tomlkit names in quotes stands for the second time."""
    name = re.escape(message.partition('"')[2].rpartition('"')[0])
    key = re.compile(rf"\s*\[*\s*[\"']?{name}[\"']?\s*[\]=.]")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if key.match(line)]
    return lines[1] if len(lines) > 1 else None


def format_answers(answers: Answers, previous: str = "") -> str:
    """Return the answers as TOML; comments and order of `previous`, a valid file, are kept."""
    document = tomlkit.parse(previous) if previous else _empty_document()
    values: dict[str, Any] = to_values(answers)
    for section, content in values.items():
        if section not in document:
            document[section] = tomlkit.table()
        table: Any = document[section]
        for name, value in content.items():
            if name in table and table[name].unwrap() == value:
                continue
            if isinstance(value, list) and value and isinstance(value[0], dict):
                table[name] = tomlkit.aot()
                for entry in value:
                    table[name].append(tomlkit.item(entry))
            elif name == "custom":
                table.pop("custom", None)
            else:
                table[name] = _item(value)
    return tomlkit.dumps(document)


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
