"""master.cf, read as master(5) says, and edited one `-o` at a time.

`bytes(MasterCf.parse(data)) == data` for any bytes. A commented block is never uncommented
whole: on Postfix 3.8 prose stands between its lines, and would become daemon arguments.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Optional

from wizard.postfix.lines import Lines, checked, content
from wizard.postfix.logical import SPACE, Logical, insertable, logical_lines

_WORD = re.compile(r"\{[^{}]*\}|[^ \t\r\n\v\f\0]+")
_COLUMNS = 8
"""service, type, private, unpriv, chroot, wakeup, maxproc, command."""
_ENTRY_EXAMPLE = re.compile(r"#(\S+)[ \t]+(?:inet|unix|unix-dgram|fifo|pass)[ \t]")
_SEPARATORS = re.compile(r"[ \t\r\n,]+")


@dataclass(frozen=True)
class Word:
    """A word of a service entry: its text and where it stands."""

    text: str
    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Option:
    """A `-o name=value` of an entry; `word` holds it (and the `-o` too, where they are glued)."""

    name: str
    value: str
    word: Word


@dataclass(frozen=True)
class Service:
    """An active service entry: the words of its logical line, and the lines they stand on."""

    words: tuple[Word, ...]
    lines: tuple[int, ...]

    @property
    def name(self) -> str:
        """The first column: a port, a service name, either with a host before a colon."""
        return self.words[0].text

    @property
    def type(self) -> str:
        """The second column: inet, unix, unix-dgram, fifo or pass."""
        return self.words[1].text

    @property
    def command(self) -> str:
        """The program that serves it."""
        return self.words[_COLUMNS - 1].text

    @property
    def arguments(self) -> tuple[str, ...]:
        """All that follows the command, word by word."""
        return tuple(word.text for word in self.words[_COLUMNS:])

    @property
    def end(self) -> int:
        """The index after its last physical line."""
        return self.lines[-1] + 1

    @property
    def key(self) -> str:
        """`name/type`, as `postconf -M` and `postconf -P` name it."""
        return f"{self.name}/{self.type}"

    @property
    def port(self) -> str:
        """The port's number or name without its host."""
        return self.name.rpartition(":")[2]

    @property
    def loopback(self) -> bool:
        """Whether only this host itself can connect."""
        host = self.name.rpartition(":")[0].strip("[]")
        return host.startswith("127.") or host in {"::1", "localhost"}

    @cached_property
    def options(self) -> dict[str, Option]:
        """The `-o` by name; of duplicates the last, which is the one the daemon uses."""
        found = {}
        words = iter(self.words[_COLUMNS:])
        for word in words:
            if not word.text.startswith("-"):
                break
            option = None
            if word.text == "-o":
                following = next(words, None)
                option = _option(following, following.text) if following else None
            elif word.text.startswith("-o"):
                option = _option(word, word.text[2:])
            if option:
                found[option.name] = option
        return found

    @cached_property
    def stray(self) -> str:
        """The first argument that is no option, "" when there is none.

        Options behind it do not count, and smtpd does not start with it: so it goes when the
        prose of a commented block was uncommented too.
        """
        words = iter(self.words[_COLUMNS:])
        for word in words:
            if not word.text.startswith("-"):
                return word.text
            if word.text == "-o":
                next(words, None)
        return ""

    def __str__(self) -> str:
        """The entry as `postconf -M` prints it, with single blanks."""
        return " ".join(word.text for word in self.words)


def _option(word: Word, text: str) -> Optional[Option]:
    inner = text[1:-1] if text.startswith("{") else text
    name, equals, value = inner.partition("=")
    return Option(name.strip(SPACE), value.strip(SPACE), word) if equals else None


@dataclass(frozen=True)
class MasterCf:
    """A master.cf; `services` are its active entries in order, malformed lines left out."""

    lines: Lines

    @classmethod
    def parse(cls, data: bytes) -> MasterCf:
        """Read any bytes; nothing is an error, since master itself names the errors."""
        return cls(Lines.parse(data))

    def __bytes__(self) -> bytes:
        return bytes(self.lines)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """All active entries with at least the eight columns that master(5) asks for."""
        texts = self.lines.texts
        found = [_service(texts, one) for one in logical_lines(texts) if not one.orphan]
        return tuple(one for one in found if one)

    def service(self, key: str) -> Optional[Service]:
        """The active entry of that `name/type`; of duplicates the last, which master uses."""
        return next((one for one in reversed(self.services) if one.key == key), None)

    def example(self, names: Sequence[str]) -> Optional[int]:
        """The line of the first `#NAME inet ... smtpd` with one of these names, exactly.

        One that stands within a folded entry does not count: it would take what follows.
        """
        texts = self.lines.texts
        for index, text in enumerate(texts):
            if text[0] != "#" or text[1:2] in ("", *SPACE) or "\0" in text:
                continue
            words = _WORD.findall(text[1:])
            if len(words) != _COLUMNS:
                continue
            if words[0] in names and words[1] == "inet" and words[-1] == "smtpd":
                return index if insertable(texts, index + 1) else None
        return None

    def stretch(self, entry: int) -> int:
        """The index of the next service line, active or not, after that of `entry`."""
        texts = self.lines.texts
        for index in range(entry + 1, len(texts)):
            text = texts[index]
            if text[0] not in "# \t\r\n\v\f" or _ENTRY_EXAMPLE.match(text):
                return index
        return len(texts)

    def option_example(self, name: str, start: int, stop: int) -> Optional[int]:
        """The line of the commented `-o NAME=...` between two lines, alone on its line."""
        pattern = re.compile(rf"#[ \t]+-o[ \t]+{re.escape(name)}=[^ \t]*[ \t]*$")
        for index in range(start, stop):
            if pattern.match(content(self.lines.texts[index])):
                return index
        return None


def _service(texts: Sequence[str], logical: Logical) -> Optional[Service]:
    words: list[Word] = []
    for index in logical.lines:
        text, nul, _ = texts[index].partition("\0")
        words.extend(
            Word(match.group(), index, match.start(), match.end()) for match in _WORD.finditer(text)
        )
        if nul:
            break
    return Service(tuple(words), logical.lines) if len(words) >= _COLUMNS else None


def option_text(name: str, value: str) -> str:
    """`name=value` for a `-o`. Raises ValueError where it would be more than one argument."""
    checked(value)
    if not re.fullmatch(r"\w+", name, re.ASCII) or re.search(r"[\s{}]", value):
        raise ValueError(f"not one argument: {name}={value}")
    return f"{name}={value}"


def same_value(one: str, other: str) -> bool:
    """Whether two values are one list of words, however they are separated."""
    return _SEPARATORS.sub(",", one.strip()) == _SEPARATORS.sub(",", other.strip())


def set_option(cf: MasterCf, option: Option, value: str, why: str) -> MasterCf:
    """Write another value for an option where it stands."""
    word = option.word
    text = content(cf.lines.texts[word.line])
    glued = "-o" if word.text.startswith("-o") else ""
    new = text[: word.start] + glued + option_text(option.name, value) + text[word.end :]
    return MasterCf(cf.lines.replace(word.line, word.line + 1, [(new, why)]))


def uncomment_option(cf: MasterCf, line: int, name: str, value: str, why: str) -> MasterCf:
    """Make a commented `-o NAME=...` active with this value, its indentation kept."""
    text = content(cf.lines.texts[line])[1:]
    indent = text[: len(text) - len(text.lstrip(" \t"))]
    new = f"{indent}-o {option_text(name, value)}"
    return MasterCf(cf.lines.replace(line, line + 1, [(new, why)]))


def add_option(cf: MasterCf, at: int, name: str, value: str, why: str) -> MasterCf:
    """Put an option on a folded line of its own before line `at`."""
    return MasterCf(cf.lines.insert(at, [f"  -o {option_text(name, value)}"], why))


def uncomment_entry(cf: MasterCf, line: int, why: str) -> MasterCf:
    """Take the `#` from a commented service line, and from that line alone."""
    text = content(cf.lines.texts[line])[1:]
    return MasterCf(cf.lines.replace(line, line + 1, [(text, why)]))


def add_entry(cf: MasterCf, at: int, name: str, why: str) -> MasterCf:
    """Put `NAME inet n - n - - smtpd` before line `at`; its options are added after it."""
    if not re.fullmatch(r"[a-z0-9]+", name):
        raise ValueError(f"not a service name: {name!r}")
    head = f"{name:<9} inet"
    text = f"{head:<15} n       -       n       -       -       smtpd"
    return MasterCf(cf.lines.insert(at, [text], why))
