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


def _of_a_length(path: str) -> str:
    """Refuse a path that is too long for a file."""
    step = max(map(len, path.split("/")))
    if step > _LONGEST_STEP:
        raise ValueError(f"has a name of {step} characters in it; {_LONGEST_STEP} is the most")
    if len(path) > _LONGEST_PATH:
        raise ValueError(f"is {len(path)} characters long; {_LONGEST_PATH} is the most")
    return path


def zone_file(text: str) -> str:
    """Accept an absolute path to a file, or nothing.

    It is used as a word of argv and next to other names: so plain characters, no `..`.
    """
    printable(text)
    if text and not (_ZONE_FILE.fullmatch(text) and ".." not in text.split("/")):
        raise ValueError("is no absolute path; write one such as /var/named/example.com.zone")
    return _of_a_length(text)


def key_file(text: str) -> str:
    """Accept the absolute path of a file with a secret."""
    if not _KEY_FILE.fullmatch(printable(text)) or ".." in text.split("/"):
        raise ValueError("is no absolute path of a file; write one such as /root/dqs.key")
    return _of_a_length(text)


def absolute_path(text: str) -> str:
    """Accept a file's absolute path, of characters without a meaning in main.cf; or nothing."""
    if text and (not _PATH.fullmatch(printable(text)) or ".." in text.split("/")):
        raise ValueError(
            "is no path that main.cf can have: begin with / and use letters, digits, . _ + @ -"
        )
    return _of_a_length(text)


def home_mailbox(text: str) -> str:
    """Accept a path below the home directory, with a / at the end for Maildir; or nothing."""
    if text and (not _MAILBOX.fullmatch(printable(text)) or ".." in text.split("/")):
        raise ValueError("is no path below a home directory; the usual one is Maildir/")
    return _of_a_length(text)
