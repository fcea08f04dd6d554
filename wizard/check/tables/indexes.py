"""Check that each table of main.cf and master.cf opens and is not older than its text (postmap(1)).

A query for a key that does not exist opens the table as smtpd does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Callable

from wizard.check.commands import PendingCommand, start_command
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import NO_CURE, RIGHT, WARNING, WRONG, Check, Cure, Finding, cure
from wizard.host.postfix import INDEX_SUFFIX
from wizard.host.postmap import complaints
from wizard.paths import SENDER_ACCESS
from wizard.postfix.settings import Settings
from wizard.postfix.tables import tables_in
from wizard.text import printable

MAX_TABLES = 40
"""How many tables are opened; a server has a few."""

NOBODY = "nobody.invalid"
_NO_TABLES = re.compile(
    r".*(?:_transport|_milters|_socket|_path|_command|_filter|_source)|relayhost"
)
"""Parameters in which TYPE:/PATH is not a table."""
_NO_TYPES = frozenset({"unix", "inet", "local", "tcp", "socketmap"})
_CACHES = frozenset(
    {"address_verify_map", "postscreen_cache_map"}
    | {f"{one}_tls_session_cache_database" for one in ("smtpd", "smtp", "lmtp")}
)
"""Tables that Postfix itself makes and writes (verify(8), postscreen(8), tlsmgr(8))."""
_ALIASES = frozenset({"alias_maps", "alias_database"})
_DEFAULTS = ("alias_maps", "alias_database")
"""Parameters whose defaults name a file."""

_CHECK = Check("tables", "tables of main.cf, master.cf", "each opens and is no older than its text")

_RELOAD = "systemctl reload-or-restart postfix"
_RELOADS = tuple(_RELOAD.split())
"""A program that failed to open a table does not try again (postmap(1))."""


@dataclass(frozen=True)
class Fault:
    """The verdict, what is seen, what to do, and the commands for it."""

    verdict: str
    seen: str
    advice: str
    cure: Cure = NO_CURE


def named(
    settings: Settings, services: Iterable[tuple[str, Mapping[str, str]]]
) -> dict[tuple[str, str], str]:
    """Return the tables that are files, (type, path), each with a parameter that names it.

    sender_access is not among them, because its rows have a finding of their own.
    """
    found: dict[tuple[str, str], str] = {}
    for one in (settings, *(settings.of(options) for _, options in services)):
        for name in one.options or (*one.own, *_DEFAULTS):
            if _NO_TABLES.fullmatch(name):
                continue
            for kind, path in tables_in(one.value(name)):
                if kind not in _NO_TYPES and path != SENDER_ACCESS:
                    found.setdefault((kind, path), name)
    return dict(list(found.items())[:MAX_TABLES])


def begin_tables(
    door: Door,
    settings: Settings,
    services: Iterable[tuple[str, Mapping[str, str]]],
    types: Iterable[str],
) -> Callable[[], Iterator[Finding]]:
    """Open all tables in parallel; call the result to wait for the finding, `tables`."""
    known = frozenset(types)
    tables = {
        one: parameter
        for one, parameter in named(settings, services).items()
        if parameter not in _CACHES or not _is_yet_to_come(door, *one)
    }
    pending = {
        one: start_command(door, ("postmap", "-q", NOBODY, ":".join(one)))
        for one in tables
        if one[0] in known
    }
    return lambda: iter((_judge(door, tables, pending),))


def _judge(
    door: Door,
    tables: Mapping[tuple[str, str], str],
    pending: Mapping[tuple[str, str], PendingCommand],
) -> Finding:
    faults: list[Fault] = []
    for (kind, path), parameter in tables.items():
        if (kind, path) in pending:
            result = pending[kind, path]()
            # Exit status 1 without output: the key does not exist.
            fault = next(iter(complaints(result.outcome)), "") if result.outcome.code else ""
            if result.why or "ermission denied" in fault:
                return _CHECK.unknown(result.why or fault)
            if fault:
                remedy, cured_by = _remedy(kind, path, parameter), _build(kind, path, parameter)
                if parameter in _CACHES:
                    cured_by = cure(f"postconf -X {parameter}", _RELOAD)
                    remedy = f"Take {parameter} out of main.cf: Postfix keeps it in data_directory; reload."
                elif "line" in fault:
                    cured_by = NO_CURE
                    remedy = f"Correct that line of {path}; reload."
                elif door.is_there(path) and kind not in INDEX_SUFFIX:
                    remedy = f"Correct {path}, or take it out of {parameter}; reload."
                if not door.is_there(path) and parameter not in _CACHES:
                    cured_by = NO_CURE
                    remedy = (
                        f"Take {kind}:{path} out of {parameter}, or write {path} and its index "
                        f"(postmap {kind}:{path}); reload."
                    )
                verdict = WARNING if _is_lesser(parameter, fault) else WRONG
                faults.append(Fault(verdict, f"{kind}:{path}: {fault}", remedy, cured_by))
            if not fault and _is_stale(door, kind, path):
                seen = f"{kind}:{path} is older than {path}"
                remedy, cured_by = _remedy(kind, path, parameter), _build(kind, path, parameter)
                faults.append(Fault(WARNING, seen, remedy, cured_by))
        else:
            seen = f"{parameter} has {kind}:{path}: this Postfix has no such type"
            remedy = _for_type(door, kind, path, parameter)
            faults.append(Fault(WRONG, seen, remedy, _of_type(door, kind)))
    faults.sort(key=lambda one: one.verdict != WRONG)
    first = faults[0] if faults else Fault(RIGHT, f"{len(tables)} open", "")
    more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
    builds = [one.cure for one in faults if one.cure]
    argvs = dict.fromkeys(argv for one in builds for argv in one.commands if argv != _RELOADS)
    cured_by = Cure((*argvs, _RELOADS)) if first.cure else NO_CURE
    return _CHECK.finding(
        first.verdict, printable(f"{first.seen}{more}"), printable(first.advice), cured_by
    )


def _is_lesser(parameter: str, fault: str) -> bool:
    """True if mail flows with the fault: one row is passed over, or TLS sessions are not stored."""
    return parameter.endswith("_session_cache_database") or "skipping this rule" in fault


def _is_yet_to_come(door: Door, kind: str, path: str) -> bool:
    """True for a cache that Postfix makes in its directory with the first row."""
    is_there = any(door.is_there(f"{path}{end}") for end in ("", INDEX_SUFFIX.get(kind, ".db")))
    return not is_there and door.is_there(path.rpartition("/")[0])


def _build(kind: str, path: str, parameter: str) -> Cure:
    """Return what builds an index anew."""
    if kind not in INDEX_SUFFIX:
        return NO_CURE
    if parameter in _ALIASES:
        return Cure((("postalias", f"{kind}:{path}"), _RELOADS))
    return Cure((("postmap", f"{kind}:{path}"), _RELOADS))


def _of_type(door: Door, kind: str) -> Cure:
    """Return what gives this Postfix a type of table that is in a package."""
    if kind not in _PACKAGED:
        return NO_CURE
    dynamic = door.stat(_DYNAMIC)
    if dynamic is not None and dynamic.st_uid != 0:
        return cure(f"chown root {_DYNAMIC}", _RELOAD)
    return cure(f"dnf -y install postfix-{kind}", _RELOAD)


_PACKAGED = frozenset({"pcre", "ldap", "mysql", "pgsql", "sqlite", "cdb", "lmdb"})
"""Types that EL has in a package of their own, `postfix-TYPE`."""
_DYNAMIC = "/etc/postfix/dynamicmaps.cf"


def _for_type(door: Door, kind: str, path: str, parameter: str) -> str:
    """Return what gives this Postfix a type of table, or what to write for one that it has."""
    if kind in _PACKAGED:
        dynamic = door.stat(_DYNAMIC)
        if dynamic is not None and dynamic.st_uid != 0:
            return f"Postfix ignores {_DYNAMIC}, which is not root's: `chown root {_DYNAMIC}`."
        return f"`dnf install postfix-{kind}`, or name a type that `postconf -m` lists; reload."
    if parameter in _ALIASES:
        return f"Set {parameter} = $default_database_type:{path} in main.cf, and run `newaliases`; reload."
    return (
        f"Name $default_database_type in place of {kind} in {parameter}, and build {path} anew by "
        "postmap of that type; reload."
    )


def _remedy(kind: str, path: str, parameter: str) -> str:
    if kind not in INDEX_SUFFIX:
        return f"Write {path}, or take it out of {parameter}; reload."
    if parameter in _ALIASES:
        return f"Run `postalias {kind}:{path}` (newaliases(1) does it for alias_database)."
    return f"Run `postmap {kind}:{path}`, or correct {parameter} in main.cf; reload."


def _is_stale(door: Door, kind: str, path: str) -> bool:
    """True if the text is newer than the index."""
    suffix = INDEX_SUFFIX.get(kind)
    if suffix is None:
        return False
    try:
        text, index = door.stat(path), door.stat(f"{path}{suffix}")
    except Trouble:
        return False
    return text is not None and index is not None and text.st_mtime > index.st_mtime
