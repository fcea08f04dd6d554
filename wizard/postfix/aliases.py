"""aliases(5) as postalias(1) reads it, and edited without touching anything else.

`bytes(Aliases.parse(data)) == data` for any bytes. The answers own one item of `root:`, the first
that an answer could be; all other items, names, comments and blanks are the operator's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Optional

from wizard.answers.rules import mail_reader
from wizard.host.aliases import ALIASES
from wizard.postfix.lines import Lines, checked, content
from wizard.postfix.logical import SPACE, Logical, insertable, logical_lines
from wizard.postfix.proposal import Proposal

ROOT, POSTMASTER, ABUSE = "root", "postmaster", "abuse"

READER_WHY = (
    "Who reads root's mail: Dovecot takes none for uid 0, so it would bounce after five days."
)
_LEADS_TO_ROOT = {
    POSTMASTER: "Every domain has a postmaster, whose mail somebody reads (RFC 5321, 4.5.1).",
    ABUSE: "Other administrators complain of spam here (RFC 2142).",
}
_ADDED = frozenset({"@", "YP_LAST_MODIFIED", "YP_MASTER_NAME"})
"""Keys of a table that are no rows: sendmail's sign that it is whole, and two of NIS."""
_WORD = re.compile(rf"[^{SPACE}]+")
_HIDDEN = "\0"
"""Stands for what is quoted, in a text that no NUL can be in."""


class Target(NamedTuple):
    """One item of a row as it is written; `start` and `end` are its place in the logical line."""

    text: str
    start: int
    end: int


class Alias(NamedTuple):
    """A row that postalias(1) takes: its name in lower case, unquoted, and where it leads.

    One that is not `closed` ends within quotes or a comment: nothing can be added to it.
    """

    name: str
    targets: tuple[Target, ...]
    logical: Logical
    closed: bool = True

    @property
    def value(self) -> str:
        """Where it leads, as one text."""
        return ", ".join(one.text for one in self.targets)


@dataclass(frozen=True)
class Aliases:
    """A file of aliases. `entries` are its rows in order, those of doubled names included."""

    lines: Lines

    @classmethod
    def parse(cls, data: bytes) -> Aliases:
        """Read any bytes; what postalias would skip with a warning is no row."""
        return cls(Lines.parse(data))

    def __bytes__(self) -> bytes:
        return bytes(self.lines)

    @cached_property
    def entries(self) -> tuple[Alias, ...]:
        """All rows in the order of the file."""
        found = (_alias(one) for one in logical_lines(self.lines.texts) if not one.orphan)
        return tuple(one for one in found if one is not None)

    @cached_property
    def rows(self) -> Mapping[str, Alias]:
        """The rows by name; of a doubled name the first, which postalias keeps."""
        found: dict[str, Alias] = {}
        for one in self.entries:
            found.setdefault(one.name, one)
        return found


def _alias(logical: Logical) -> Optional[Alias]:
    text = logical.text
    plain, closed = _scanned(text)
    colon = plain.find(":")
    if colon < 0 or any(char in plain[:colon] for char in ",@%"):
        return None
    name = _bare(text[:colon], plain[:colon])
    targets = tuple(_targets(text, plain, colon + 1))
    return Alias(name.lower(), targets, logical, closed) if name and targets else None


def _scanned(text: str) -> tuple[str, bool]:
    """Return the text with quoted characters hidden and comments blank, as long as it was.

    And whether quotes and comments are closed at its end.
    """
    found = []
    quoted, escaped, depth = False, False, 0
    for char in text:
        special = char in '"\\()' and not escaped
        if special and char == "(" and not quoted:
            depth += 1
        found.append(" " if depth else _HIDDEN if quoted or escaped or special else char)
        if special and char == ")" and depth:
            depth -= 1
        if special and char == '"' and not depth:
            quoted = not quoted
        escaped = special and char == "\\"
    return "".join(found), not (quoted or escaped or depth)


def _bare(text: str, plain: str) -> str:
    words = (text[one.start() : one.end()] for one in _WORD.finditer(plain))
    return re.sub(r'\\(.)|"', r"\1", " ".join(words))


def _targets(text: str, plain: str, start: int) -> list[Target]:
    found = []
    for piece in plain[start:].split(","):
        head = start + len(piece) - len(piece.lstrip(SPACE))
        end = start + len(piece.rstrip(SPACE))
        if head < end:
            found.append(Target(text[head:end], head, end))
        start += len(piece) + 1
    return found


def sense(value: str) -> str:
    """Return a row's value without comments, blanks, quotes, backslashes: postalias moves those.

    It keeps the commas around items that are missing, which say nothing.
    """
    kept = (char for char, seen in zip(value, _scanned(value)[0]) if seen not in SPACE)
    items = re.sub(r'[\s"\\]+', "", "".join(kept)).split(",")
    return ",".join(filter(None, items))


def text_rows(text: bytes) -> dict[str, str]:
    """Return the rows that a table built of this text has, as far as `sense` tells them apart."""
    found = ((name, sense(row.value)) for name, row in Aliases.parse(text).rows.items())
    return {name: value for name, value in found if value}


def table_rows(dump: bytes) -> dict[str, str]:
    """Return the rows that `postalias -s` or `-q` printed and that lead somewhere.

    Without those that it adds of its own, and as `text_rows` has them.
    """
    lines = dump.decode("utf-8", "surrogateescape").split("\n")
    pairs = [line.partition(":\t") for line in lines if line]
    found = ((key.lower(), sense(value)) for key, _, value in pairs if key not in _ADDED)
    return {key: value for key, value in found if value}


def as_reader(target: str) -> str:
    """Return a target as an answer has it, "" where it is none that an answer could be."""
    try:
        return mail_reader(target)
    except ValueError:
        return ""


def read_reader(live: Optional[bytes]) -> str:
    """Return who reads root's mail as the answers have it, "" where no answer can say so."""
    row = Aliases.parse(live or b"").rows.get(ROOT)
    readers = () if row is None else (as_reader(one.text) for one in row.targets)
    return next(filter(None, readers), "")


@dataclass(frozen=True)
class End:
    """Where mail for a name ends: the names on the way, and the last target.

    `circle`: it never does. `name` is a local user to be, "" where the last target is another
    host's address, a command, a file, a list, or several at once.
    """

    way: tuple[str, ...]
    last: str
    name: str = ""
    circle: bool = False


def end_of(name: str, aliases: Aliases, local: Collection[str] = ()) -> End:
    """Follow a name through the rows; `local` are the domains whose names are looked up here."""
    way = [name]
    while True:
        row = aliases.rows.get(name)
        if row is None:
            return End(tuple(way), way[-1], name)
        # Several readers: one of them has it.
        if len(row.targets) > 1:
            return End(tuple(way), row.value)
        (target,) = row.targets
        name = _local_name(target.text, local)
        if not name:
            return End(tuple(way), target.text)
        if target.text.startswith("\\"):
            return End((*way, name), target.text, name)
        if name == way[-1] and "+" not in target.text:
            # local(8): a name in its own row is that user's mailbox.
            return End(tuple(way), target.text, name)
        if name in way:
            return End((*way, name), name, circle=True)
        way.append(name)


def _local_name(target: str, local: Collection[str]) -> str:
    bare = target.strip('"').lower()
    if target.startswith("\\"):
        return bare[1:]
    user, at, domain = bare.rpartition("@")
    if at and domain not in local:
        return ""
    name = user if at else bare
    return name.partition("+")[0] if re.fullmatch(r"[\w.+-]+", name) else ""


def propose_aliases(live: Optional[bytes], reader: str, *, kept: Collection[str] = ()) -> Proposal:
    """The next aliases: root's mail to `reader`, postmaster's and abuse's to root where missing.

    Without a reader, and where `kept` has a name, that stays as it is. Raises ValueError on a
    reader that is none.
    """
    if not reader:
        return Proposal(live or b"")
    reader = mail_reader(checked(reader))
    aliases = Aliases.parse(live or b"")
    for name, why in _LEADS_TO_ROOT.items():
        if name not in aliases.rows and name not in kept:
            aliases = _added(aliases, name, ROOT, why)
    if ROOT not in kept:
        aliases = _read_by(aliases, reader)
    doubled = [one.name for one in aliases.entries]
    warnings = [
        f"{ALIASES} has {name} more than once: the first row counts."
        for name in (ROOT, *_LEADS_TO_ROOT)
        if doubled.count(name) > 1
    ]
    return Proposal(
        bytes(aliases),
        aliases.lines.reasons(),
        changed=() if bytes(aliases) == live else ("aliases",),
        warnings=tuple(warnings),
    )


def _read_by(aliases: Aliases, reader: str) -> Aliases:
    row = aliases.rows.get(ROOT)
    if row is None:
        return _added(aliases, ROOT, reader, READER_WHY)
    readers = [as_reader(one.text) for one in row.targets]
    if reader in readers or not row.closed:
        return aliases
    for target, own in zip(row.targets, readers):
        # root's own mailbox is none that Dovecot would fill.
        if own or _local_name(target.text, ()) == ROOT:
            return _written(aliases, row, target.start, target.end, reader)
    end = row.targets[-1].end
    return _written(aliases, row, end, end, f", {reader}")


def _written(aliases: Aliases, row: Alias, start: int, end: int, text: str) -> Aliases:
    """Write into the physical line that holds this place of the logical one."""
    texts = aliases.lines.texts
    for index in row.logical.lines:
        length = len(texts[index].rstrip("\n"))
        if end <= length:
            break
        start, end = start - length, end - length
    line = content(texts[index])
    changed = line[:start] + text + line[end:]
    return Aliases(aliases.lines.replace(index, index + 1, [(changed, READER_WHY)]))


def _added(aliases: Aliases, name: str, target: str, why: str) -> Aliases:
    """Uncomment the example `#NAME: TARGET`, else stand right after one, else at the end."""
    texts = aliases.lines.texts
    example = re.compile(rf"#({name}:[ \t]*)(\S.*)", re.IGNORECASE)
    found = [
        (index, match) for index, one in enumerate(texts) if (match := example.match(content(one)))
    ]
    for index, match in found:
        if not insertable(texts, index + 1):
            continue
        row = f"{match[1]}{target}"
        if match[2].rstrip() == target:
            return Aliases(aliases.lines.replace(index, index + 1, [(row, why)]))
        return Aliases(aliases.lines.insert(index + 1, [row], why))
    return Aliases(aliases.lines.insert(len(texts), [f"{name}: {target}"], why))
