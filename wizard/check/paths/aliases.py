"""Follow each row of /etc/aliases: what it leads to, and whether the index has it (aliases(5))."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wizard.check.paths.nobody import MOST_QUERIES, Nobody
from wizard.check.paths.targets import INCLUDE, NOBODY, circle, fault_of, is_user
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import UNKNOWN, WARNING, WRONG, Check, Finding, cure
from wizard.host.logical import logical_lines
from wizard.host.postmap import look_up
from wizard.paths import ALIASES
from wizard.postfix.aliases import Aliases, text_rows
from wizard.postfix.settings import Settings
from wizard.text import counted, printable

MOST_ROWS = 2000
"""Rows that are followed; a server has some dozens."""

MOST_TARGETS = 200
"""Targets of one row that are followed; a list of more people is a file of its own."""

NEEDED = frozenset({"root", "postmaster", "mailer-daemon", "abuse"})
"""Names whose mail a person must read (RFC 2142): nobody may throw it away."""

_NOWHERE = "/dev/null"
_ROWS = Check(
    "aliases.rows",
    "aliases: where they lead",
    "somebody, or something that takes mail",
    # A run writes some rows, and no others.
    fatal=False,
)
_INDEX = Check("aliases.index", "aliases: the index", "has each row of the text")

_RECIPIENTS = Check(
    "aliases.recipients", "aliases as recipients", "smtpd accepts mail for them", fatal=False
)

_Found = tuple[bool, str, str]


def judge_rows(door: Door, settings: Settings) -> Iterator[Finding]:
    """`aliases.rows` and `aliases.index`; nothing if alias_maps has other files."""
    tables = [one for one in settings.words("alias_maps") if one.endswith(f":{ALIASES}")]
    try:
        data = door.read_bytes(ALIASES) if tables else None
    except Trouble:
        return
    if data is None:
        return
    faults = sorted(
        _with_returned(_faults(door, settings, data), Nobody(door, settings)),
        key=lambda one: not one[0],
    )
    if faults:
        is_wrong, seen, advice = faults[0]
        more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
        found = (printable(f"{seen}{more}"), printable(advice))
        yield _ROWS.finding(WRONG if is_wrong else WARNING, *found)
    else:
        yield _ROWS.right("each leads somewhere")
    yield _index(door, tables[0], data)
    yield from _recipients(door, settings, data)


def _with_returned(faults: Iterable[_Found], nobody: Nobody) -> Iterator[_Found]:
    """Yield the faults; one about a name that nobody has is wrong where its mail is returned."""
    queries = 0
    for is_wrong, seen, advice in faults:
        found = _NOBODY.search(seen)
        queries += found is not None
        if found is None or queries > MOST_QUERIES:
            yield is_wrong, seen, advice
        else:
            returned = any(nobody.of([found[1]]).values())
            yield returned, f"{seen}: its mail is returned" if returned else seen, advice


def alias_names(door: Door) -> frozenset[str]:
    """Return the names that have a row in /etc/aliases (aliases(5)), none if it cannot be read."""
    try:
        data = door.read_bytes(ALIASES)
    except Trouble:
        return frozenset()
    return frozenset(Aliases.parse(data or b"").rows)


def _faults(door: Door, settings: Settings, data: bytes) -> Iterator[_Found]:
    aliases = Aliases.parse(data)
    rows = {
        name: [one.text for one in row.targets[:MOST_TARGETS]]
        for name, row in list(aliases.rows.items())[:MOST_ROWS]
    }
    remedy = f"Correct it in {ALIASES}, then `newaliases`."
    for number, text in _no_rows(aliases):
        yield True, f"line {number} of {ALIASES} is no alias: {text}", remedy
    for name in sorted(aliases.doubled):
        yield False, f"{name} is there twice in {ALIASES}: the first row counts", remedy
    for name, targets in rows.items():
        way = circle(name, rows)
        if way:
            yield True, f"{way}: round in a circle", remedy
        for target in targets:
            if target.strip('"') == _NOWHERE and name in NEEDED:
                yield True, f"mail for {name} is thrown away ({_NOWHERE})", remedy
                continue
            is_wrong, seen = fault_of(door, target, rows)
            seen = seen or _forbidden(door, settings, target)
            if seen:
                writable = _WRITABLE.search(seen)
                closes = f"`chmod go-w {writable[1]}`" if writable else remedy
                yield is_wrong or seen.endswith(_FORBIDS), f"{name} in {ALIASES}: {seen}", closes


_NOBODY = re.compile(rf": (\S+) {NOBODY}$")
_WRITABLE = re.compile(r"^anybody may write (/[^\s;]+)$")

_FORBIDS = ") forbids it: its mail is returned"


def _forbidden(door: Door, settings: Settings, target: str, source: str = "alias") -> str:
    """Return which parameter forbids a program or a file there, "" for none (local(8))."""
    bare = target.strip().strip('"').strip()
    for sign, name in (("|", "allow_mail_to_commands"), ("/", "allow_mail_to_files")):
        is_known = name in settings.own or name in settings.defaults
        if is_known and bare.startswith(sign) and source not in settings.words(name):
            return f"{bare}: {name} (without {source}{_FORBIDS}"
    if source == "include" or not bare.lower().startswith(INCLUDE):
        return ""
    lines = door.readable_text(bare[len(INCLUDE) :]).splitlines()[:MOST_TARGETS]
    inner = (_forbidden(door, settings, one, "include") for one in lines)
    return next(filter(None, inner), "")


def _no_rows(aliases: Aliases) -> Iterator[tuple[int, str]]:
    """Yield the number and text of each line that postalias passes over with a warning."""
    rows = {one.logical.text for one in aliases.entries}
    for logical in logical_lines(aliases.lines.texts):
        text = logical.text.strip()
        if logical.orphan or logical.text in rows or not text or text.startswith("#"):
            continue
        if ":" not in text:
            yield logical.lines[0] + 1, text


def _recipients(door: Door, settings: Settings, data: bytes) -> Iterator[Finding]:
    """`aliases.recipients`: smtpd(8) knows aliases as recipients, which the list may lack."""
    tables = settings.words("local_recipient_maps")
    rows = [one for one in list(text_rows(data))[:MOST_ROWS] if _can_be_queried(one)]
    rows = [one for one in rows if not is_user(one)]  # another table may know those
    if not tables or not rows:
        return
    domain = settings.value("myorigin")
    keys = [key for one in rows for key in (one, f"{one}@{domain}")] + [f"@{domain}"]
    try:
        known = any(look_up(door, one, keys) for one in tables)
    except Trouble as trouble:
        yield _RECIPIENTS.unknown(printable(trouble.wrong))
        return
    if known:
        yield _RECIPIENTS.right("they are")
        return
    yield _RECIPIENTS.wrong(
        printable(
            f"local_recipient_maps has none of {counted(len(rows), 'alias', 'aliases')}: their mail is refused"
        ),
        "Add $alias_maps to local_recipient_maps; reload.",
    )


def _can_be_queried(name: str) -> bool:
    """True for a key that look_up sends: others it leaves out."""
    return name.isprintable() and name == name.strip()


def _index(door: Door, table: str, data: bytes) -> Finding:
    """Compare the index with the text, by those of its rows that postmap can be given."""
    rows = [one for one in list(text_rows(data))[:MOST_ROWS] if _can_be_queried(one)]
    try:
        there = look_up(door, table, rows) if rows else {}
    except Trouble as trouble:
        return _INDEX.finding(UNKNOWN, printable(f"not known: {trouble.wrong}"))
    missing = [one for one in rows if one not in there]
    if missing:
        seen = f"not in it: {len(missing)} of {counted(len(rows), 'row')} of {ALIASES}, such as {missing[0]}"
        return _INDEX.wrong(printable(seen), "Run `newaliases`.", cure("newaliases"))
    return _INDEX.right(f"has {counted(len(rows), 'row')}")
