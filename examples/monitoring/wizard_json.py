"""Call postfix-wizard as a monitoring system does, and return the object that it prints.

docs/json.md of the project describes the objects. Needs Python 3.9, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from typing import Any

OPTIONS = {"check": ("--json", "--quiet-outside"), "status": ("--json",)}
VERSION = 1
"""The version of both objects. A later one has other fields."""
USAGE = 64
"""Exit status of a program that does not know an option."""
VERDICTS = ("wrong", "warning", "waits", "unknown", "right")


class UnusableAnswer(Exception):
    """The program did not print what docs/json.md describes. The message has one line."""


def call(program: Sequence[str], command: str, seconds: float) -> dict[str, Any]:
    """Return the object of `check` or `status`. Raises UnusableAnswer, after `seconds` at most.

    `program` are the words that start it, such as sudo and a path.
    """
    argv = [*program, command, *OPTIONS[command]]
    status, out, err = _run(argv, command, seconds)
    if status == USAGE:
        wrong = f"does not know {' '.join(argv[len(program) :])}. Install a newer postfix-wizard"
        raise UnusableAnswer(f"{program[0]} {wrong}.")
    try:
        found = json.loads(out)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        said = one_line(err.decode("utf-8", "replace")) or "it printed no JSON"
        raise UnusableAnswer(f"{command} ended with status {status}: {said}")
    if found.get("version") != VERSION:
        version = one_line(str(found.get("version")))
        raise UnusableAnswer(f"{command} printed version {version} of its JSON, not {VERSION}")
    if found.get("message"):
        raise UnusableAnswer(one_line(str(found["message"])))
    return found


def _run(argv: Sequence[str], command: str, seconds: float) -> tuple[int, bytes, bytes]:
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise UnusableAnswer(f"{argv[0]} cannot be started: {error.strerror}") from error
    try:
        out, err = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # A program that sudo started belongs to root: only root may kill it.
        with contextlib.suppress(PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        raise UnusableAnswer(f"{command} gave no answer in {seconds:g} seconds") from None
    return child.returncode, out, err


def one_line(text: str, most: int = 300) -> str:
    """Return a text as one line that no monitoring system splits, `most` characters at most."""
    shown = "".join(one if one.isprintable() and one != "|" else " " for one in text)
    words = " ".join(shown.split())
    return words if len(words) <= most else f"{words[:most]} ..."
