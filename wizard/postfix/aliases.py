"""Parse aliases(5) as postalias(1) does, and edit it without other changes.

`bytes(Aliases.parse(data)) == data` for any bytes. The answers own one item of `root:`, the first
that an answer can express. All other items, names, comments and blanks are the operator's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple, Optional

from wizard.answers.rules.mail import mail_reader
from wizard.host.logical import SPACE, Logical, insertable_places, logical_lines
from wizard.paths import ALIASES
from wizard.postfix.lines import Lines, checked, content
from wizard.postfix.proposal import Proposal

ROOT, POSTMASTER, ABUSE = "root", "postmaster", "abuse"

READER_WHY = (
    "Who reads root's mail: Dovecot takes none for uid 0, so it would bounce after five days."
)
_LEADS_TO_ROOT = {
    POSTMASTER: "Every domain has a postmaster, whose mail somebody reads (RFC 5321, 4.5.1).",
    ABUSE: "Other administrators complain of spam here (RFC 2142).",
}
_SYSTEM_WHY = "A system account has no mailbox: its mail would wait for days, then return."
_PERSON_WHY = "{} was a system account and is a person now, whose mail this alias led to root."
_ADDED = frozenset({"@", "YP_LAST_MODIFIED", "YP_MASTER_NAME"})
"""Keys of a table that are not aliases: sendmail's mark of a complete table, and two of NIS."""
_WORD = re.compile(rf"[^{SPACE}]+")
MAX_LEVELS = 100
"""Levels of aliases; local(8) takes more of them for a loop."""
_SPECIAL = re.compile(r'["\\()]')
_SIMPLE_ROW = re.compile(r'[^\s"\\(),@%:]+:[ \t]*[^\s"\\(),][^"\\()]*\Z')
"""Matches nearly every row; the others are parsed by the slower general code."""
_SIMPLE_VALUE = re.compile(r'[^\s"\\(),]+')
_HARD = re.compile(r"[\\()]")
_QUOTED = re.compile(r'"[^"]*(?:"|\Z)')
_HIDDEN = "\0"
"""Replaces quoted characters; the text itself contains no NUL."""


class Target(NamedTuple):
    """One item of a row as written, with its position in the logical line."""

    text: str
    start: int
    end: int


class Alias(NamedTuple):
    """A row that postalias(1) accepts: its name in lower case, unquoted, and its targets.

    `plain` is the text with quoted characters hidden, `colon` the position of the colon. A row
    that is not `closed` ends within quotes or a comment, so nothing can be added to it.
    """

    name: str
    logical: Logical
    plain: str
    colon: int
    closed: bool = True

    @property
    def targets(self) -> tuple[Target, ...]:
        """Its items, parsed only on use, since a file may have a hundred thousand rows."""
        return tuple(_targets(self.logical.text, self.plain, self.colon + 1))

    @property
    def value(self) -> str:
        """All targets as one text."""
        return ", ".join(one.text for one in self.targets)


@dataclass(frozen=True)
class Aliases:
    """A file of aliases. `entries` are its rows in order, duplicates included."""

    lines: Lines

    @classmethod
    def parse(cls, data: bytes) -> Aliases:
        """Parse any bytes. Lines that postalias skips with a warning are not rows."""
        return _parsed(data)

    def __bytes__(self) -> bytes:
        return bytes(self.lines)

    @property
    def entries(self) -> Iterator[Alias]:
        """Yield all rows in the order of the file."""
        found = (_alias(one) for one in logical_lines(self.lines.texts) if not one.orphan)
        return (one for one in found if one is not None)

    @property
    def rows(self) -> Mapping[str, Alias]:
        """The rows by name; of duplicates the first, which postalias uses."""
        return self._rows[0]

    @property
    def doubled(self) -> frozenset[str]:
        """The names that have more than one row."""
        return self._rows[1]

    @cached_property
    def _rows(self) -> tuple[Mapping[str, Alias], frozenset[str]]:
        found: dict[str, Alias] = {}
        twice = {one.name for one in self.entries if found.setdefault(one.name, one) is not one}
        return found, frozenset(twice)


@lru_cache(maxsize=4)
def _parsed(data: bytes) -> Aliases:
    """Parse a text; cached, since a plan parses the same two texts often."""
    return Aliases(Lines.parse(data))


def _alias(logical: Logical) -> Optional[Alias]:
    text = logical.text
    if _SIMPLE_ROW.match(text):
        colon = text.index(":")
        return Alias(text[:colon].lower(), logical, text, colon)
    plain, closed = _scanned(text)
    colon = plain.find(":")
    if colon < 0 or any(char in plain[:colon] for char in ",@%"):
        return None
    name = _bare(text[:colon], plain[:colon])
    # Without other characters than blanks and commas a row has no target.
    leads = plain[colon + 1 :].strip(f"{SPACE},")
    return Alias(name.lower(), logical, plain, colon, closed) if name and leads else None


def _scanned(text: str) -> tuple[str, bool]:
    """Return the text with quoted characters hidden and comments blanked, of the same length.

    Also return True if quotes and comments are closed at its end.
    """
    if not _SPECIAL.search(text):
        return text, True
    if not _HARD.search(text):
        hidden = _QUOTED.sub(lambda one: _HIDDEN * len(one[0]), text)
        return hidden, text.count('"') % 2 == 0
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
    if "\\" not in text:
        return " ".join(words).replace('"', "")
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
    """Return a row's value without comments, blanks, quotes, backslashes and empty items.

    postalias changes the former, and writes the commas around empty items.
    """
    if _SIMPLE_VALUE.fullmatch(value):
        return value
    visible = (char for char, seen in zip(value, _scanned(value)[0]) if seen not in SPACE)
    items = re.sub(r'[\s"\\]+', "", "".join(visible)).split(",")
    return ",".join(filter(None, items))


def text_rows(text: bytes) -> dict[str, str]:
    """Return the rows of a table that is built from this text, in the form of `sense`."""
    rows = Aliases.parse(text).rows.items()
    found = ((name, sense(row.logical.text[row.colon + 1 :].strip(SPACE))) for name, row in rows)
    return {name: value for name, value in found if value}


def table_rows(dump: bytes) -> dict[str, str]:
    """Parse the output of `postalias -s` or `-q`: the rows with a target, as `text_rows` has them.

    Keys that postalias itself adds are skipped.
    """
    lines = dump.decode("utf-8", "surrogateescape").split("\n")
    pairs = [line.partition(":\t") for line in lines if line]
    found = ((key.lower(), sense(value)) for key, _, value in pairs if key not in _ADDED)
    return {key: value for key, value in found if value}


def as_reader(target: str) -> str:
    """Return a target in the form of an answer, "" if no answer can express it."""
    try:
        return mail_reader(target)
    except ValueError:
        return ""


def read_reader(live: Optional[bytes]) -> str:
    """Return the reader of root's mail in the form of an answer, "" if no answer can express it."""
    row = Aliases.parse(live or b"").rows.get(ROOT)
    readers = () if row is None else (as_reader(one.text) for one in row.targets)
    return next(filter(None, readers), "")


@dataclass(frozen=True)
class End:
    """The result of following aliases: all names on the way, and the last target.

    `circle` is True if there is a loop. `name` is a local user, "" if the last target is a remote
    address, a command, a file, a list, or several targets.
    """

    way: tuple[str, ...]
    last: str
    name: str = ""
    circle: bool = False


def end_of(name: str, aliases: Aliases, local: Collection[str] = ()) -> End:
    """Follow the aliases of a name; `local` are the domains with aliases in this file."""
    way = [name]
    while True:
        row = aliases.rows.get(name)
        if row is None:
            return End(tuple(way), way[-1], name)
        # With several targets nothing more is followed: one of them gets the mail.
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
        if name in way or len(way) > MAX_LEVELS:
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


def propose_aliases(
    live: Optional[bytes],
    reader: str,
    *,
    protected: Collection[str] = (),
    accounts: Collection[str] = (),
    people: Collection[str] = (),
) -> Proposal:
    """Return the next aliases: root to `reader`; postmaster, abuse and `accounts`, if missing, to root.

    A row that leads one of `people` to root becomes a comment. Names in `protected` are not changed; without a reader, nothing is. Raises ValueError for an
    invalid reader.
    """
    if not reader:
        return Proposal(live or b"")
    reader = mail_reader(checked(reader))
    aliases = Aliases.parse(live or b"")
    # The rows are parsed once: an edit moves only its own row, and root's keeps its lines.
    root, doubled = aliases.rows.get(ROOT), aliases.doubled
    leads = {**_LEADS_TO_ROOT, **dict.fromkeys(accounts, _SYSTEM_WHY)}
    missing = leads.keys() - aliases.rows.keys() - {*protected}
    if root is not None and ROOT not in protected:
        aliases = _read_by(aliases, root, reader)
    for name, why in leads.items():
        if name in missing:
            aliases = _added(aliases, name, ROOT, why)
    if root is None and ROOT not in protected:
        aliases = _added(aliases, ROOT, reader, READER_WHY)
    for name in people:
        if name not in protected:
            aliases = _ended(aliases, name)
    warnings = [
        f"{ALIASES} has {name} more than once: the first row counts."
        for name in (ROOT, *_LEADS_TO_ROOT)
        if name in doubled
    ]
    return Proposal(
        bytes(aliases),
        aliases.lines.reasons(),
        changed=() if bytes(aliases) == live else ("aliases",),
        warnings=tuple(warnings),
    )


def _ended(aliases: Aliases, name: str) -> Aliases:
    """Make a comment of a row, if it is one line and leads to root alone."""
    row = Aliases.parse(bytes(aliases)).rows.get(name)
    if row is None or row.value != ROOT or len(row.logical.lines) != 1:
        return aliases
    (at,) = row.logical.lines
    line = f"#{content(aliases.lines.texts[at])}"
    return Aliases(aliases.lines.replace(at, at + 1, [(line, _PERSON_WHY.format(name))]))


def _read_by(aliases: Aliases, row: Alias, reader: str) -> Aliases:
    targets = row.targets
    readers = [as_reader(one.text) for one in targets]
    if reader in readers or not row.closed:
        return aliases
    for target, own in zip(targets, readers):
        # Dovecot does not deliver to root's own mailbox.
        if own or _local_name(target.text, ()) == ROOT:
            return _written(aliases, row, target.start, target.end, reader)
    end = targets[-1].end
    return _written(aliases, row, end, end, f", {reader}")


def _written(aliases: Aliases, row: Alias, start: int, end: int, text: str) -> Aliases:
    """Replace text of a logical line in the physical line that contains it."""
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
    """Add a row: uncomment the example `#NAME: TARGET`, else write after one, else at the end."""
    texts = aliases.lines.texts
    example = re.compile(rf"#({re.escape(name)}:[ \t]*)(\S.*)", re.IGNORECASE)
    found = [
        (index, match)
        for index, one in enumerate(texts)
        if one[0] == "#" and (match := example.match(content(one)))
    ]
    places = insertable_places(texts) if found else []
    for index, match in found:
        if not places[index + 1]:
            continue
        row = f"{match[1]}{target}"
        if match[2].rstrip() == target:
            return Aliases(aliases.lines.replace(index, index + 1, [(row, why)]))
        return Aliases(aliases.lines.insert(index + 1, [row], why))
    return Aliases(aliases.lines.insert(len(texts), [f"{name}: {target}"], why))
