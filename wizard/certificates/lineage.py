"""Certbot's lineages: /etc/letsencrypt/live/NAME, four links into /etc/letsencrypt/archive/NAME.

A copy with `scp -pr` turns the links into files. Then certbot refuses to renew. This module finds
the archive's number that live/ had, so that the links can be made again. See certbot's manual,
"Where are my certificates?".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from stat import S_ISDIR
from typing import Optional

from wizard.certificates.model import Lineage, LineageFile
from wizard.certificates.pairs import NOT_READ, pair_problem
from wizard.certificates.x509 import issuer_not_after, read_certificate
from wizard.door import Door
from wizard.errors import Trouble
from wizard.paths import LETSENCRYPT

KINDS = ("cert", "chain", "fullchain", "privkey")

_USABLE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_ARCHIVED = re.compile(r"(cert|chain|fullchain|privkey)([1-9][0-9]{0,8})\.pem", re.ASCII)

_Archive = Mapping[str, frozenset[int]]


@dataclass(frozen=True)
class _LiveFile:
    """A file of live/NAME with every N that it may be (a reused key equals several)."""

    kind: str
    state: str
    numbers: frozenset[int]
    was: str = "missing"


def read_lineages(door: Door) -> tuple[Lineage, ...]:
    """Read every lineage under /etc/letsencrypt/live, in the order of their names."""
    names = [
        name
        for name in door.list_dir(f"{LETSENCRYPT}/live") or ()
        if _is_directory(door, f"{LETSENCRYPT}/live/{name}")
    ]
    return tuple(_read_lineage(door, name) for name in names)


def name_problem(name: str) -> str:
    """Return why a lineage of this name is never used, "" if it may be.

    The name is part of a path in main.cf and of argv. It may have certbot's characters (letters,
    digits, dot, hyphen, underscore), no leading hyphen and no `..`.
    """
    if name.startswith("-"):
        return "its name begins with a hyphen"
    if ".." in name:
        return "its name holds '..'"
    if not _USABLE_NAME.fullmatch(name):
        return "its name holds other characters than letters, digits, '.', '-' and '_'"
    return ""


def relink_targets(lineage: Lineage) -> tuple[tuple[str, str], ...]:
    """Return (path, link target) for each file of live/NAME that is not the link it should be."""
    number = lineage.number
    if number is None or name_problem(lineage.name):
        return ()
    return tuple(
        (
            f"{LETSENCRYPT}/live/{lineage.name}/{file.name}",
            f"../../archive/{lineage.name}/{file.name[: -len('.pem')]}{number}.pem",
        )
        for file in lineage.files
        if file.state != "link" or file.number != number
    )


def _is_directory(door: Door, path: str) -> bool:
    status = door.stat(path)
    return status is not None and S_ISDIR(status.st_mode)


def _read_lineage(door: Door, name: str) -> Lineage:
    problem = name_problem(name)
    if problem:
        # Escaped, since this name is shown and may contain anything but a slash.
        return Lineage(ascii(name)[1:-1], (), None, problem=problem)
    try:
        return _read_usable(door, name)
    except Trouble as trouble:
        return Lineage(name, (), None, problem=f"{trouble.doing}: {trouble.wrong}")


def _read_usable(door: Door, name: str) -> Lineage:
    archive = _archive(door, name)
    live = [_live_file(door, name, kind, archive[kind]) for kind in KINDS]
    number, problem = _usable_number(door, name, archive, _live_number(live))
    files = tuple(
        LineageFile(f"{file.kind}.pem", file.state, _shown_number(file.numbers, number), file.was)
        for file in live
    )
    if number is None:
        return Lineage(name, files, None, problem=problem)
    # What is served is the first certificate of fullchain.pem.
    pem = door.read_bytes(_archived_path(name, "fullchain", number)) or b""
    certificate = read_certificate(pem)
    if certificate is None:
        return Lineage(name, files, number, problem=NOT_READ)
    return Lineage(
        name,
        files,
        number,
        certificate.names,
        certificate.not_before,
        certificate.not_after,
        certificate.serial,
        issuer_not_after=issuer_not_after(pem),
        server=_server(door, name),
    )


_SERVER = re.compile(r"^server *= *(\S+) *$", re.MULTILINE)


def _server(door: Door, name: str) -> str:
    text = door.readable_text(f"{LETSENCRYPT}/renewal/{name}.conf") or ""
    found = _SERVER.search(text)
    return found[1] if found else ""


def _archived_path(name: str, kind: str, number: int) -> str:
    return f"{LETSENCRYPT}/archive/{name}/{kind}{number}.pem"


def _archive(door: Door, name: str) -> _Archive:
    found: dict[str, set[int]] = {kind: set() for kind in KINDS}
    for entry in door.list_dir(f"{LETSENCRYPT}/archive/{name}") or ():
        match = _ARCHIVED.fullmatch(entry)
        if match:
            found[match[1]].add(int(match[2]))
    return {kind: frozenset(numbers) for kind, numbers in found.items()}


def _live_file(door: Door, name: str, kind: str, archived: frozenset[int]) -> _LiveFile:
    path = f"{LETSENCRYPT}/live/{name}/{kind}.pem"
    if door.lstat(path) is None:
        return _LiveFile(kind, "missing", frozenset())
    target = door.read_link(path)
    if target is None:
        content = door.read_bytes(path) or b""
        was = f"file:{hashlib.sha256(content).hexdigest()}"
        return _LiveFile(kind, "file", _equal(door, content, name, kind, archived), was)
    was = f"link:{target}"
    for number in archived:
        # certbot itself reads an absolute link as well as a relative one.
        if target in {
            f"../../archive/{name}/{kind}{number}.pem",
            _archived_path(name, kind, number),
        }:
            return _LiveFile(kind, "link", frozenset({number}), was)
    return _LiveFile(kind, "broken", frozenset(), was)


def _equal(
    door: Door, content: bytes, name: str, kind: str, archived: frozenset[int]
) -> frozenset[int]:
    return frozenset(
        number
        for number in archived
        if content and _same(door, _archived_path(name, kind, number), content)
    )


def _same(door: Door, path: str, content: bytes) -> bool:
    status = door.stat(path)
    if status is None or status.st_size != len(content):
        return False
    return door.read_bytes(path) == content


def _live_number(live: Iterable[_LiveFile]) -> Optional[int]:
    """Return the N that live/ has: the newest that all existing files have in common."""
    numbers = [file.numbers for file in live if file.state in {"link", "file"}]
    common = frozenset.intersection(*numbers) if numbers else frozenset()
    return max(common, default=None)


def _usable_number(
    door: Door, name: str, archive: _Archive, live: Optional[int]
) -> tuple[Optional[int], str]:
    """Return the N to link and "", or None and why there is none.

    `live` is the N that live/NAME has. It is tried first.
    """
    complete = frozenset.intersection(*archive.values())
    order = sorted(complete, key=lambda number: (number == live, number), reverse=True)
    problems = []
    for number in order:
        problem = pair_problem(
            door,
            _archived_path(name, "fullchain", number),
            _archived_path(name, "privkey", number),
        )
        if not problem:
            return number, ""
        problems.append(f"number {number}: {problem}")
    if not problems:
        return None, f"{LETSENCRYPT}/archive/{name} holds no number with all four files"
    return None, problems[0]


def _shown_number(numbers: frozenset[int], chosen: Optional[int]) -> Optional[int]:
    return chosen if chosen in numbers else max(numbers, default=None)
