"""Read the text of answers: from a file that is safe to use, or from standard input."""

from __future__ import annotations

import functools
import os
import shlex
import stat
import sys
from pathlib import Path

from wizard.errors import AnswersTrouble, UsageTrouble, refused_access
from wizard.regular_file import read_at_most

STDIN = Path("-")
"""The path that means standard input. A file of this name is `./-`."""

LARGEST = 16 * 1024 * 1024
"""Bytes; larger answers are a mistake (10,000 names take 300 kB)."""


def doing(path: Path) -> str:
    """Return what is being done while answers are read, for an error."""
    return "reading the answers in standard input" if path == STDIN else _of_file(path)


def _of_file(path: Path) -> str:
    return f"reading the answers in {path}"


def shown_name(path: Path) -> str:
    """Return the name of the answers for the line of a problem: `answers.toml:12`."""
    return "stdin" if path == STDIN else path.name


def read_text(path: Path) -> str:
    """Return the text of answers, not empty.

    Raises AnswersTrouble when it cannot be read, is unsafe (another user could write it while root
    uses it), is too large or is not UTF-8, PermissionTrouble if this user may not read it, and
    UsageTrouble for a standard input that has no answers.
    """
    return _stdin_text() if path == STDIN else _decoded(_read_file(path), _of_file(path))


@functools.cache
def _stdin_text() -> str:
    """Return the text of standard input. It can be read once, and a gather run plans twice."""
    here = doing(STDIN)
    if sys.stdin is None:  # the caller closed it
        raise UsageTrouble(here, "it is closed", "Write the answers to it, or name a file.")
    if sys.stdin.isatty():
        advice = "Write `... --answers - < FILE`, or name the file itself."
        raise UsageTrouble(here, "it is a terminal", advice)
    try:
        data = read_at_most(sys.stdin.buffer, LARGEST + 1)
    except OSError as error:
        raise AnswersTrouble(here, error.strerror or str(error), "Name a file.") from error
    return _decoded(data, here)


def _read_file(path: Path) -> bytes:
    here = _of_file(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            _refuse_unsafe(os.fstat(file.fileno()), here)
            return file.read(LARGEST + 1)
    except PermissionError as error:
        advice = f"Look with `namei -l {shlex.quote(str(path))}`."
        raise refused_access(here, error.strerror or str(error), advice) from error
    except OSError as error:
        raise AnswersTrouble(here, error.strerror or str(error), "Check the path.") from error


def _decoded(data: bytes, here: str) -> str:
    if len(data) > LARGEST:
        raise AnswersTrouble(here, "it is larger than 16 MiB", "Is it the right file?")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise AnswersTrouble(
            here, f"line {line} is not UTF-8", "Save the file as UTF-8 (TOML demands it)."
        ) from error
    if not text.strip():
        raise AnswersTrouble(
            here, "it is empty", "It must at least name myhostname and a certificate, in TOML."
        )
    return text


def _refuse_unsafe(status: os.stat_result, here: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        advice = "Name a file with the answers, or write them to `--answers -`."
        raise AnswersTrouble(here, "it is not a regular file", advice)
    if os.geteuid() != 0:
        return
    if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise AnswersTrouble(
            here,
            "others than root may write it, so others would decide what root does",
            "Run `chown root FILE; chmod go-w FILE` when you have read it.",
        )
