"""Rules for paths of files and mailboxes."""

from __future__ import annotations

import re

from wizard.answers.rules.characters import printable

_MAILBOX = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]*(/[A-Za-z0-9._-]+)*/?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._+@-]+)+")
_KEY_FILE = re.compile(r"(/[A-Za-z0-9_][A-Za-z0-9._-]*)+")
_ZONE_FILE = re.compile(r"(/[A-Za-z0-9_@%+=,.-]+)+")
_LONGEST_STEP, _LONGEST_PATH = 255, 4095
"""Bytes of one name in a path, and of the whole path (Linux: NAME_MAX, PATH_MAX)."""


def _checked(path: str, form: re.Pattern[str], problem: str) -> str:
    """Refuse a path of another form, one with `..` in it, and one that is too long for a file."""
    if not form.fullmatch(printable(path)) or ".." in path.split("/"):
        raise ValueError(problem)
    step = max(map(len, path.split("/")))
    if step > _LONGEST_STEP:
        raise ValueError(
            f"A name in the path has {step} characters. At most {_LONGEST_STEP} are allowed."
        )
    if len(path) > _LONGEST_PATH:
        raise ValueError(
            f"The path has {len(path)} characters. At most {_LONGEST_PATH} are allowed."
        )
    return path


def zone_file(text: str) -> str:
    """Accept an absolute path to a file, or nothing.

    It is used as a word of argv and next to other names: so plain characters, no `..`.
    """
    problem = "Write the full path of a zone file, such as /var/named/example.com.zone."
    return _checked(text, _ZONE_FILE, problem) if text else text


def key_file(text: str) -> str:
    """Accept the absolute path of a file with a secret."""
    problem = "Write the full path of a file, such as /root/dqs.key."
    return _checked(text, _KEY_FILE, problem)


def absolute_path(text: str) -> str:
    """Accept a file's absolute path, of characters without a meaning in main.cf; or nothing."""
    problem = "Write a full path that begins with / and has letters, digits and . _ + @ - only."
    return _checked(text, _PATH, problem) if text else text


def home_mailbox(text: str) -> str:
    """Accept a path below the home directory, with a / at the end for Maildir; or nothing."""
    problem = "This is not a path in a home directory. Write one such as Maildir/"
    return _checked(text, _MAILBOX, problem) if text else text
