"""The stored form of a draft: what was typed, section by section, as plain data for draft.json.

A stored draft has only the texts that differ from the host's own values. No secret is in it: a
key in a blocklist's zone is stored as `(key)`, and a field that names the file of a secret is stored
only as a path.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.answers.fields import field_of
from wizard.answers.form import CUSTOM, Text
from wizard.secrets import masked
from wizard.text import counted

WRITER = re.compile(r"[0-9]{1,10}-[0-9]{1,20}")
"""The process that wrote a draft: its ID, and when it started in clock ticks since the boot."""

_RUN = re.compile(r"[0-9]{8}-[0-9]{6}-[1-9][0-9]{0,8}|")
_NAME = re.compile(r"[a-z][a-z_0-9]{0,63}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{16}", re.ASCII)
_LAST = 4_102_444_800.0
"""The year 2100 in seconds since the epoch: a later time is damage."""
_SKEW_SECONDS = 60.0
"""A time that is so much later than now says that the clock was set back."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400

Texts = Mapping[str, Mapping[str, Text]]
"""Section to field to text."""


class StrangeDraftError(Exception):
    """This program did not write this data; the text says why."""


@dataclass(frozen=True)
class StoredDraft:
    """One user's draft.

    `at` is when it was written (seconds since the epoch), `writer` the process. `run` is the run
    that was started with exactly these answers, "" for none. `unfinished` has the text in the line
    below a list that was not entered yet. `base` has a digest of the values that each section began
    with, so that a change of the host since is noticed.
    """

    at: float
    writer: str
    run: str = ""
    texts: Texts = field(default_factory=dict)
    unfinished: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    base: Mapping[str, str] = field(default_factory=dict)
    seen: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    policy: bool = False

    def without(self, sections: tuple[str, ...]) -> StoredDraft:
        """Return the draft without these sections."""
        return StoredDraft(
            self.at,
            self.writer,
            "",
            _less(self.texts, sections),
            _less(self.unfinished, sections),
            _less(self.base, sections),
            tuple(one for one in self.seen if one not in sections),
            tuple(one for one in self.again if one not in sections),
        )

    @property
    def is_empty(self) -> bool:
        """True if nothing that was typed is in it."""
        return not (self.texts or self.unfinished or self.again or self.policy)

    def as_plain(self) -> dict[str, Any]:
        """Return the data for JSON, without secrets."""
        return {
            "at": self.at,
            "writer": self.writer,
            "run": self.run,
            "texts": _harmless(self.texts),
            "unfinished": _harmless(_less_own_lists(self.unfinished)),
            "base": dict(self.base),
            "seen": list(self.seen),
            "again": list(self.again),
            "policy": self.policy,
        }


def _less(parts: Mapping[str, Any], sections: tuple[str, ...]) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if name not in sections}


def _less_own_lists(unfinished: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    # A zone that is typed in part may begin with a key that cannot be recognized yet.
    return {
        section: {name: text for name, text in names.items() if name != CUSTOM}
        for section, names in unfinished.items()
    }


def _harmless(texts: Texts) -> dict[str, dict[str, Any]]:
    found = {
        section: {
            name: [*map(_writable, text)] if isinstance(text, tuple) else _writable(text)
            for name, text in names.items()
            if not _may_be_secret(section, name, text)
        }
        for section, names in texts.items()
    }
    return {section: names for section, names in found.items() if names}


def _writable(text: str) -> str:
    """Return a text without keys, and without the surrogates of bytes that are not UTF-8."""
    return masked(text.encode("utf-8", "replace").decode())


def _may_be_secret(section: str, name: str, text: Text) -> bool:
    """True if a field should have the path of a secret and its text is not a path."""
    known = field_of(section, name)
    of_secret = known is not None and (known.rule == "key_file" or known.name == "key_file")
    return of_secret and text != "" and not (isinstance(text, str) and text.startswith("/"))


def from_plain(data: Any) -> StoredDraft:
    """Return the draft of data from JSON. Raises StrangeDraftError if it is not one."""
    if not isinstance(data, dict):
        raise StrangeDraftError("it is not a table")
    at, writer, run = data.get("at"), data.get("writer"), data.get("run")
    if not isinstance(at, (int, float)) or not _is_time(at):
        raise StrangeDraftError("its time is not one")
    if not isinstance(writer, str) or not WRITER.fullmatch(writer):
        raise StrangeDraftError("its writer is not a process")
    if not isinstance(run, str) or not _RUN.fullmatch(run):
        raise StrangeDraftError("its run is not one")
    policy = data.get("policy")
    if not isinstance(policy, bool):
        raise StrangeDraftError("its choice of the policy is not true or false")
    unfinished = _table(data, "unfinished", lambda one: isinstance(one, str) and _is_text(one))
    base = data.get("base")
    if not isinstance(base, dict) or not all(
        _is_name(name) and isinstance(one, str) and _DIGEST.fullmatch(one)
        for name, one in base.items()
    ):
        raise StrangeDraftError("its digests are not digests")
    return StoredDraft(
        float(at),
        writer,
        run,
        _table(data, "texts", _is_text),
        unfinished,
        base,
        _names(data, "seen"),
        _names(data, "again"),
        policy,
    )


def _table(data: dict[str, Any], key: str, is_value: Any) -> dict[str, dict[str, Any]]:
    found = data.get(key)
    if not isinstance(found, dict):
        raise StrangeDraftError(f"its {key} are not a table")
    for section, names in found.items():
        if not _is_name(section) or not isinstance(names, dict):
            raise StrangeDraftError(f"its {key} are not tables of sections")
        if not all(_is_name(name) and is_value(text) for name, text in names.items()):
            raise StrangeDraftError(f"its {key} of a section are not texts")
    return {
        section: {
            name: tuple(text) if isinstance(text, list) else text for name, text in names.items()
        }
        for section, names in found.items()
    }


def _names(data: dict[str, Any], key: str) -> tuple[str, ...]:
    found = data.get(key)
    if not isinstance(found, list) or not all(map(_is_name, found)):
        raise StrangeDraftError(f"its list {key} does not name sections")
    return tuple(found)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(_NAME.fullmatch(value))


def _is_text(value: Any) -> bool:
    """True for a text or a list of texts that can be shown: a lone surrogate cannot."""
    if isinstance(value, list):
        return all(isinstance(one, str) and _is_text(one) for one in value)
    return isinstance(value, str) and not any("\ud800" <= one <= "\udfff" for one in value)


def _is_time(value: float) -> bool:
    return not isinstance(value, bool) and 0 <= value < _LAST and math.isfinite(value)


def when(at: float, now: float) -> str:
    """Return the time of a draft with its age, such as `18:05 (12 minutes ago)`.

    The time of another day has its date. A clock that was set back is named: no age is negative.
    """
    then, today = time.localtime(at), time.localtime(now)
    is_today = then[:3] == today[:3]
    shown = time.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M", then)
    age = now - at
    if age < -_SKEW_SECONDS:
        return f"{shown} (this host's clock was set back since)"
    return f"{shown} ({_ago(max(0.0, age))})"


def _ago(seconds: float) -> str:
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit:
            return f"{counted(int(seconds // unit), name)} ago"
    return "less than a minute ago"
