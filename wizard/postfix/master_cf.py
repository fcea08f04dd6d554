"""Parse master.cf as master(5) says, and edit one `-o` at a time.

`bytes(MasterCf.parse(data)) == data` for any bytes. A commented block is never uncommented as a
whole: on Postfix 3.8 there is prose between its lines, which would become arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Optional, Union

from wizard.door import Door
from wizard.errors import Trouble
from wizard.paths import MASTER_CF
from wizard.postfix.lines import Lines, checked, content
from wizard.postfix.logical import SPACE, Logical, insertable, logical_lines

_WORD = re.compile(r"\{[^{}]*\}|[^ \t\r\n\v\f\0]+")
_COLUMNS = 8
"""service, type, private, unpriv, chroot, wakeup, maxproc, command."""
_ENTRY_EXAMPLE = re.compile(r"#(\S+)[ \t]+(?:inet|unix|unix-dgram|fifo|pass)[ \t]")
_SEPARATORS = re.compile(r"[ \t\r\n,]+")

PORT_NAMES = {
    "smtp": 25,
    "mail": 25,
    "submission": 587,
    "msp": 587,
    "smtps": 465,
    "submissions": 465,
    "ssmtp": 465,
    "urd": 465,
}
"""services(5): the names of the three ports in master.cf."""


def port_of_entry(key: str) -> Union[int, str]:
    """Return the port that an entry `NAME/TYPE` serves, else its name.

    With postscreen, smtpd (of type pass) and tlsproxy serve port 25.
    """
    name, _, kind = key.partition("/")
    if kind.startswith("pass") or name == "tlsproxy":
        return 25
    port = name.rpartition(":")[2]
    return PORT_NAMES.get(port, port)


def port_number(port: str) -> int:
    """Return the number of a port, 0 if its name is not known."""
    return int(port) if port.isdecimal() else PORT_NAMES.get(port, 0)


@dataclass(frozen=True)
class Word:
    """A word of a service entry: its text and its position."""

    text: str
    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Option:
    """A `-o name=value` of an entry; `word` contains it (with the `-o`, if there is no blank)."""

    name: str
    value: str
    word: Word


@dataclass(frozen=True)
class Service:
    """An active service entry: the words of its logical line, and its physical lines."""

    words: tuple[Word, ...]
    lines: tuple[int, ...]

    @property
    def name(self) -> str:
        """The first column: a port or a service name, perhaps with a host and a colon before it."""
        return self.words[0].text

    @property
    def type(self) -> str:
        """The second column: inet, unix, unix-dgram, fifo or pass."""
        return self.words[1].text

    @property
    def command(self) -> str:
        """The program of the service."""
        return self.words[_COLUMNS - 1].text

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words after the command."""
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
    def port_number(self) -> int:
        """The TCP port of an inet service, 0 if its name is not a known port."""
        return port_number(self.port) if self.type == "inet" else 0

    @property
    def loopback(self) -> bool:
        """True if only this host itself can connect."""
        host = self.name.rpartition(":")[0].strip("[]")
        return host.startswith("127.") or host in {"::1", "localhost"}

    @cached_property
    def options(self) -> dict[str, Option]:
        """The `-o` by name; of duplicates the last, which the daemon uses."""
        return {option.name: option for option, _ in self._all_options[0]}

    @property
    def values(self) -> dict[str, str]:
        """The `-o` options as plain values."""
        return {name: option.value for name, option in self.options.items()}

    def words_of(self, name: str) -> Iterator[Word]:
        """Yield the words of each `-o` of that name, duplicates included, in order."""
        return (
            word for option, words in self._all_options[0] if option.name == name for word in words
        )

    @cached_property
    def _all_options(self) -> tuple[list[tuple[Option, tuple[Word, ...]]], str]:
        """Each `-o` with its word or its two words, and the first argument that is not an option."""
        found: list[tuple[Option, tuple[Word, ...]]] = []
        words = iter(self.words[_COLUMNS:])
        for word in words:
            if not word.text.startswith("-"):
                return found, word.text
            in_words: tuple[Word, ...] = (word,)
            if word.text == "-o":
                in_words = (word, *islice(words, 1))
            text = in_words[-1].text if in_words[1:] else word.text[2:]
            option = _option(in_words[-1], text) if word.text.startswith("-o") else None
            if option:
                found.append((option, in_words))
        return found, ""

    @property
    def stray(self) -> str:
        """The first argument that is not an option, "" when there is none.

        smtpd does not start with it, and ignores the options after it. It may be prose that was
        uncommented together with a block.
        """
        return self._all_options[1]

    def __str__(self) -> str:
        """The entry as `postconf -M` prints it, with single blanks."""
        return " ".join(word.text for word in self.words)


def _option(word: Word, text: str) -> Optional[Option]:
    inner = text[1:-1] if text.startswith("{") else text
    name, equals, value = inner.partition("=")
    return Option(name.strip(SPACE), value.strip(SPACE), word) if equals else None


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
        found = [_service(texts, one) for one in logical_lines(texts) if not one.orphan]
        return tuple(one for one in found if one)

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
            words = _WORD.findall(text[1:])
            if len(words) != _COLUMNS:
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


def read_services(door: Door) -> tuple[Service, ...]:
    """Return the services in the host's master.cf; none if it is missing or cannot be read."""
    try:
        return MasterCf.parse(door.read_bytes(MASTER_CF) or b"").services
    except Trouble:
        return ()


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
    """Return `name=value` for a `-o`. Raises ValueError if it would be several arguments."""
    checked(value)
    if not re.fullmatch(r"\w+", name, re.ASCII) or re.search(r"[\s{}]", value):
        raise ValueError(f"not one argument: {name}={value}")
    return f"{name}={value}"


def same_value(one: str, other: str) -> bool:
    """True if two values are the same list of words, with any separators."""
    return _SEPARATORS.sub(",", one.strip()) == _SEPARATORS.sub(",", other.strip())


def set_option(cf: MasterCf, option: Option, value: str, why: str) -> MasterCf:
    """Replace the value of an option at its place."""
    word = option.word
    text = content(cf.lines.texts[word.line])
    glued = "-o" if word.text.startswith("-o") else ""
    new = text[: word.start] + glued + option_text(option.name, value) + text[word.end :]
    return MasterCf(cf.lines.replace(word.line, word.line + 1, [(new, why)]))


def remove_option(cf: MasterCf, key: str, name: str, why: str) -> MasterCf:
    """Remove all `-o NAME=...` of an entry, and lines that are then empty.

    It is one pass over the lines, since an entry may have thousands of them.
    """
    service = cf.service(key)
    gone: dict[int, list[Word]] = {}
    for word in service.words_of(name) if service else ():
        gone.setdefault(word.line, []).append(word)
    if not gone:
        return cf
    # From the line above the first one, which gets the reason of removed lines.
    start, stop = max(0, min(gone) - 1), max(gone) + 1
    new: list[tuple[str, str]] = []
    for index in range(start, stop):
        text = content(cf.lines.texts[index])
        rest = _without(text, gone.get(index, ()))
        if index not in gone:
            new.append((text, ""))
        elif rest.strip(SPACE):
            new.append((rest.rstrip(SPACE), why))
        elif new:
            new[-1] = (new[-1][0], new[-1][1] or why)
    return MasterCf(cf.lines.replace(start, stop, new))


def _without(text: str, words: Sequence[Word]) -> str:
    """Return a line without these words and the blanks that follow them."""
    for word in reversed(words):
        text = text[: word.start] + text[word.end :].lstrip(SPACE)
    return text


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
