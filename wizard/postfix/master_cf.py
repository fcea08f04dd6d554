"""Parse master.cf as master(5) says, and edit one `-o` at a time.

`bytes(MasterCf.parse(data)) == data` for any bytes. A commented block is never uncommented as a
whole: on Postfix 3.8 there is prose between its lines, which would become arguments.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Optional

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.logical import SPACE, insertable, logical_lines
from wizard.paths import MASTER_CF
from wizard.postfix.lines import Lines, checked, content
from wizard.postfix.service_entry import COLUMNS, WORD, Option, Part, Service, service_of

_ENTRY_EXAMPLE = re.compile(r"#(\S+)[ \t]+(?:inet|unix|unix-dgram|fifo|pass)[ \t]")
_SEPARATORS = re.compile(r"[ \t\r\n,]+")


@dataclass(frozen=True)
class MasterCf:
    """A master.cf; `services` are its active entries in order, without malformed lines."""

    lines: Lines

    @classmethod
    def parse(cls, data: bytes) -> MasterCf:
        """Parse any bytes. Nothing is an error here; master itself reports errors."""
        return cls(Lines.parse(data))

    @classmethod
    def of(cls, live: bytes | MasterCf) -> MasterCf:
        """Return a parsed file unchanged, or parse its bytes."""
        return live if isinstance(live, MasterCf) else cls.parse(live)

    def __bytes__(self) -> bytes:
        return bytes(self.lines)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """All active entries with the eight columns of master(5)."""
        texts = self.lines.texts
        found = [service_of(texts, one) for one in logical_lines(texts) if not one.orphan]
        return tuple(_with_comment(texts, one) for one in found if one)

    @property
    def malformed(self) -> tuple[int, ...]:
        """The line numbers (from 1) of entries without the eight columns; master(8) does not start."""
        texts = self.lines.texts
        return tuple(
            one.first + 1
            for one in logical_lines(texts)
            if not one.orphan and service_of(texts, one) is None
        )

    def service(self, key: str) -> Optional[Service]:
        """Return the active entry of that `name/type`; of duplicates the last, which master uses."""
        return self._by_key.get(key)

    @cached_property
    def _by_key(self) -> dict[str, Service]:
        return {one.key: one for one in self.services}

    def example(self, names: Sequence[str]) -> Optional[int]:
        """Return the line of the first `#NAME inet ... smtpd` with exactly one of these names.

        One within a folded entry is skipped, since it would get the entry's next lines.
        """
        texts = self.lines.texts
        for index, text in enumerate(texts):
            if text[0] != "#" or text[1:2] in ("", *SPACE) or "\0" in text:
                continue
            words = WORD.findall(text[1:])
            if len(words) != COLUMNS:
                continue
            if words[0] in names and words[1] == "inet" and words[-1] == "smtpd":
                return index if insertable(texts, index + 1) else None
        return None

    def stretch(self, entry: int) -> int:
        """Return the index of the next service line, active or commented, after that of `entry`."""
        texts = self.lines.texts
        for index in range(entry + 1, len(texts)):
            text = texts[index]
            if text[0] not in "# \t\r\n\v\f" or _ENTRY_EXAMPLE.match(text):
                return index
        return len(texts)

    def option_example(self, name: str, start: int, stop: int) -> Optional[int]:
        """Return the line of a commented `-o NAME=...` between two lines, with nothing else on it."""
        pattern = re.compile(rf"#[ \t]+-o[ \t]+{re.escape(name)}=[^ \t]*[ \t]*$")
        for index in range(start, stop):
            if pattern.match(content(self.lines.texts[index])):
                return index
        return None


def _with_comment(texts: Sequence[str], service: Service) -> Service:
    """Return an entry with the commented entry that is between its lines."""
    between = set(range(service.lines[0], service.end)).difference(service.lines)
    found = [_ENTRY_EXAMPLE.match(texts[index]) for index in sorted(between)]
    names = [one[1] for one in found if one]
    return replace(service, comment=names[-1]) if names else service


def read_services(door: Door) -> tuple[Service, ...]:
    """Return the services in the host's master.cf; none if it is missing or cannot be read."""
    try:
        return MasterCf.parse(door.read_bytes(MASTER_CF) or b"").services
    except Trouble:
        return ()


_ARGUMENT = re.compile(r"(?:[^\s{}]|\{[^\s{}]*\})*")


def option_text(name: str, value: str) -> str:
    """Return `name=value` for a `-o`. Raises ValueError if it would be several arguments."""
    checked(value)
    # Braces within a value, with no blank in them, do not end the argument (master(5)).
    if not re.fullmatch(r"\w+", name, re.ASCII) or not _ARGUMENT.fullmatch(value):
        raise ValueError(f"not one argument: {name}={value}")
    return f"{name}={value}"


def same_value(one: str, other: str) -> bool:
    """True if two values are the same list of words, with any separators."""
    return _SEPARATORS.sub(",", one.strip()) == _SEPARATORS.sub(",", other.strip())


def set_option(cf: MasterCf, option: Option, value: str, why: str) -> MasterCf:
    """Replace the value of an option at its place."""
    glued = "-o" if option.word.argument.startswith("-o") else ""
    return _cut(cf, option.word.parts, why, glued + option_text(option.name, value))


def remove_option(cf: MasterCf, key: str, name: str, why: str) -> MasterCf:
    """Remove all `-o NAME=...` of an entry, and lines that are then empty."""
    service = cf.service(key)
    words = service.words_of(name) if service else ()
    return _cut(cf, [part for word in words for part in word.parts], why)


def _cut(cf: MasterCf, parts: Sequence[Part], why: str, instead: str = "") -> MasterCf:
    """Remove these parts and the lines that are then empty; `instead` replaces the first part.

    It is one pass over the lines, since an entry may have thousands of them.
    """
    gone: dict[int, list[Part]] = {}
    for part in parts:
        gone.setdefault(part.line, []).append(part)
    if not gone:
        return cf
    # From the line above the first one, which gets the reason of removed lines.
    start, stop = max(0, min(gone) - 1), max(gone) + 1
    new: list[tuple[str, str]] = []
    for index in range(start, stop):
        text = content(cf.lines.texts[index])
        if index not in gone:
            new.append((text, ""))
            continue
        rest = _without(text, gone[index], instead if index == parts[0].line else "")
        if rest.strip(SPACE):
            new.append((rest, why))
        elif new:
            new[-1] = (new[-1][0], new[-1][1] or why)
    return MasterCf(cf.lines.replace(start, stop, new))


def _without(text: str, parts: Sequence[Part], instead: str) -> str:
    """Return a line without these parts and the blanks after them; `instead` is for the first."""
    for part in reversed(parts):
        new, rest = instead if part is parts[0] else "", text[part.end :]
        text = text[: part.start] + (new + rest if new else rest.lstrip(SPACE))
    return text if instead else text.rstrip(SPACE)


def uncomment_option(cf: MasterCf, line: int, name: str, value: str, why: str) -> MasterCf:
    """Uncomment `-o NAME=...` with this value, without a change of the indentation."""
    text = content(cf.lines.texts[line])[1:]
    indent = text[: len(text) - len(text.lstrip(" \t"))]
    new = f"{indent}-o {option_text(name, value)}"
    return MasterCf(cf.lines.replace(line, line + 1, [(new, why)]))


def add_option(cf: MasterCf, at: int, name: str, value: str, why: str) -> MasterCf:
    """Insert an option as a folded line before line `at`."""
    return MasterCf(cf.lines.insert(at, [f"  -o {option_text(name, value)}"], why))


def uncomment_entry(cf: MasterCf, line: int, why: str) -> MasterCf:
    """Remove the `#` of a commented service line, and nothing else."""
    text = content(cf.lines.texts[line])[1:]
    return MasterCf(cf.lines.replace(line, line + 1, [(text, why)]))


def add_entry(cf: MasterCf, at: int, name: str, why: str) -> MasterCf:
    """Insert `NAME inet n - n - - smtpd` before line `at`; the caller adds its options."""
    if not re.fullmatch(r"[a-z0-9]+", name):
        raise ValueError(f"not a service name: {name!r}")
    head = f"{name:<9} inet"
    text = f"{head:<15} n       -       n       -       -       smtpd"
    return MasterCf(cf.lines.insert(at, [text], why))
