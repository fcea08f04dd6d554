"""A service entry of master.cf: its words, with their positions in the file, and its options.

Braces are read as master(8) and `postconf -P` read them, over folded lines and at any depth.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, islice
from typing import NamedTuple, Optional, Union

from wizard.host.logical import SPACE, Logical
from wizard.host.main_cf import spans

WORD = re.compile(r"[^ \t\r\n]+")
"""A column of an entry. A vertical tab or a form feed belongs to it, though it may begin a line."""
COLUMNS = 8
"""service, type, private, unpriv, chroot, wakeup, maxproc, command."""
_ARGUMENT = re.compile(r"([ \t\r\n]+)|[{}]|[^{} \t\r\n]+")
_BLANKS = re.compile(r"[ \t\r\n]+")

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
    return port_number(port) or port


def port_number(port: str) -> int:
    """Return the number of a port, 0 if its name is not known."""
    return int(port) if port.isdecimal() else PORT_NAMES.get(port, 0)


class Part(NamedTuple):
    """A stretch of a physical line."""

    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Word:
    """A word of a service entry: its text, and its part of each physical line.

    Only an argument with braces has several parts: master(5) joins the lines, then reads braces.
    """

    text: str
    parts: tuple[Part, ...]

    @property
    def argument(self) -> str:
        """The word as an argument: braces around the whole word are not a part of it."""
        return self.text[1:-1].strip(SPACE) if self.text.startswith("{") else self.text

    @property
    def is_broken(self) -> bool:
        """True if Postfix refuses it: a word that begins with a brace must end with its partner."""
        if not self.text.startswith("{"):
            return False
        depth = 0
        for at, sign in enumerate(self.text):
            depth += {"{": 1, "}": -1}.get(sign, 0)
            if depth == 0:
                return at + 1 < len(self.text)
        return True


@dataclass(frozen=True)
class Option:
    """A `-o name=value` of an entry; `word` contains it (with the `-o`, if there is no blank).

    `value` has single blanks, as `postconf -P` prints it.
    """

    name: str
    value: str
    word: Word


@dataclass(frozen=True)
class Service:
    """An active service entry: the words of its logical line, and its physical lines.

    `comment` is an entry that is commented out between these lines, "" for none: the lines below
    it once belonged to that one (master(5)).
    """

    words: tuple[Word, ...]
    lines: tuple[int, ...]
    comment: str = ""

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
        return self.words[COLUMNS - 1].text

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words after the command."""
        return tuple(word.argument for word in self.words[COLUMNS:])

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
        words = iter(self.words[COLUMNS:])
        for word in words:
            if not word.argument.startswith("-"):
                return found, word.argument
            in_words: tuple[Word, ...] = (word,)
            if word.argument == "-o":
                in_words = (word, *islice(words, 1))
            text = in_words[-1].argument if in_words[1:] else word.argument[2:]
            option = _option(in_words[-1], text) if word.argument.startswith("-o") else None
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

    @cached_property
    def without_value(self) -> str:
        """The first `-o NAME` without an equals sign, "" when there is none; smtpd does not start with it."""
        words = iter(self.arguments)
        for word in words:
            option = next(words, "=") if word == "-o" else word[2:] if word[:2] == "-o" else "="
            if "=" not in option:
                return f"-o {option}"
        return ""

    @cached_property
    def broken(self) -> str:
        """The first argument whose braces Postfix refuses, "" when there is none."""
        return next((one.text for one in self.words[COLUMNS:] if one.is_broken), "")

    def __str__(self) -> str:
        """The entry as `postconf -M` prints it, with single blanks."""
        return " ".join(word.text for word in self.words)


def _option(word: Word, text: str) -> Optional[Option]:
    inner = text[1:-1] if text.startswith("{") else text
    name, equals, value = inner.partition("=")
    value = _BLANKS.sub(" ", value).strip(" ")
    return Option(name.strip(SPACE), value, word) if equals else None


def service_of(texts: Sequence[str], logical: Logical) -> Optional[Service]:
    """Return the entry of a logical line, None if it has not the eight columns of master(5)."""
    sizes = tuple(len(texts[index].rstrip("\n")) for index in logical.lines)
    return _service(logical.text, tuple(logical.lines), sizes)


@lru_cache(maxsize=512)  # A plan parses master.cf again after each of its edits.
def _service(text: str, lines: tuple[int, ...], sizes: tuple[int, ...]) -> Optional[Service]:
    columns = [found.span() for found in islice(WORD.finditer(text), COLUMNS)]
    if len(columns) < COLUMNS:
        return None
    # Only the arguments may have blanks, within braces.
    spots = [*columns, *spans(text, columns[-1][1], _ARGUMENT)]
    starts = [0, *accumulate(sizes)]
    return Service(tuple(_word(text, spot, lines, starts) for spot in spots), lines)


def _word(text: str, spot: tuple[int, int], lines: Sequence[int], starts: Sequence[int]) -> Word:
    """Return the word at a spot of the logical line; `starts` are those of its physical lines."""
    first, end = spot
    parts: list[Part] = []
    at = bisect_right(starts, first) - 1
    while at < len(lines) and starts[at] < end:
        # The blanks that begin a continued line must stay, or it would be another entry.
        line = text[starts[at] : starts[at + 1]]
        begin = len(line) - len(line.lstrip(SPACE)) if parts else first - starts[at]
        parts.append(Part(lines[at], begin, min(end, starts[at + 1]) - starts[at]))
        at += 1
    return Word(text[first:end], tuple(parts))
