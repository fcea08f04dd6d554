"""Read the trees of /etc/letsencrypt that gather runs fetched, one a source.

    gathered/SOURCE/note.json          where and when it was fetched, and what was found
    gathered/SOURCE/etc/letsencrypt    the tree, read through a Door of its own

A tree is complete: a gather run gives it its name after validating all of it. It comes from
another server, so each name, kind and size is checked before it is used.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from wizard.certificates.lineage import name_problem, read_lineages
from wizard.certificates.model import Lineage
from wizard.certificates.modes import LOOSE_BITS, is_program
from wizard.door import Door
from wizard.errors import Trouble, harmless
from wizard.host.gathered_facts import Gathered, GatheredFile
from wizard.paths import LETSENCRYPT
from wizard.text import counted

NOTE = "note.json"
COPIED = "remote"
"""The source whose certificates the old server renews until its operator stops that."""
LARGEST_FILE = 1 << 20
"""Bytes: certbot's own files have a few thousand."""
MOST_FILES = 20_000
MAX_NAMED = 20
"""Skipped files that are named one by one; a loop of links makes hundreds."""

_NAME = r"(?![^/]*\.\.)[A-Za-z0-9_][A-Za-z0-9_.-]*"
_KIND = "(?:cert|chain|fullchain|privkey)"
_DIRECTORIES = re.compile(
    rf"archive|archive/{_NAME}|live|live/{_NAME}|renewal|accounts(?:/[^/]+){{0,4}}|csr|keys"
    r"|renewal-hooks|renewal-hooks/(?:pre|deploy|post)"
)
_FILES = re.compile(
    rf"archive/{_NAME}/{_KIND}[1-9][0-9]*\.pem|live/{_NAME}/(?:{_KIND}\.pem|README)|live/README"
    rf"|renewal/{_NAME}\.conf|accounts/.+\.json|(?:csr|keys)/[^/]+\.pem"
    r"|renewal-hooks/[a-z]+/[\w.@%+=:,~-]+|[^/]+"
)
"""Paths of certbot's files below /etc/letsencrypt. Files directly there may be its plugins'.

certbot passes the path of a hook to a shell, so its name has no character special to a shell.
"""

LONGEST_PATH = 300

FRESH_SECONDS = 86400
"""How long a tree can be used; an older one is fetched again."""

_VERSION = 1
MISSING = "missing"
ODD = "odd"


@dataclass(frozen=True)
class Note:
    """What a gather run found; `chains` has by lineage why its chain is invalid."""

    origin: str
    at: int
    chains: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def note_to_bytes(note: Note) -> bytes:
    """Return a note as JSON."""
    return json.dumps({"version": _VERSION, **dataclasses.asdict(note)}, indent=1).encode() + b"\n"


def note_from_bytes(data: bytes) -> Note:
    """Parse the note that `note_to_bytes` wrote. Raises ValueError when it is not a note."""
    try:
        said = json.loads(data)
        if said["version"] != _VERSION:
            raise ValueError(f"its version is {said['version']!r}")
        chains = {str(name): str(why) for name, why in said["chains"].items()}
        remarks = tuple(str(one) for one in said["remarks"])
        return Note(str(said["origin"]), int(said["at"]), chains, remarks)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is no note of this program's ({error!r})") from error


def is_fresh(at: float, now: float) -> bool:
    """True if a tree of the time `at` can be used; both are in seconds since the epoch.

    A time in the future counts as if it were as far in the past, since a clock is or was wrong.
    """
    return abs(now - at) < FRESH_SECONDS


def read_gathered(door: Door, place: Path) -> tuple[Gathered, ...]:
    """Read the trees in `place`; `door` reads the host, to compare the files at the same paths.

    A tree without a readable note is skipped.
    """
    sources = door.list_dir(str(place)) or ()
    found = (_read(door, place / source, source) for source in sources if source[:1] != ".")
    return tuple(one for one in found if one is not None)


def _read(door: Door, tree: Path, source: str) -> Optional[Gathered]:
    try:
        note = note_from_bytes(door.read_bytes(str(tree / NOTE)) or b"")
    except (ValueError, Trouble):
        return None
    inner = Door(Path(door.locate(str(tree))))
    files, odd = walk(inner)
    lineages = tuple(
        dataclasses.replace(one, problem=one.problem or note.chains.get(one.name, ""))
        for one in read_lineages(inner)
    )
    return Gathered(
        source,
        note.origin,
        note.at,
        str(tree),
        lineages,
        tuple(_file(inner, door, path, source) for path in files),
        tuple(_here_only(door, lineages, frozenset(files))),
        (*note.remarks, *odd),
    )


def walk(tree: Door) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the paths of the regular files in a tree, and a description of each skipped file.

    Skipped are links, devices, names with control characters, files that are too large, and files
    that are not certbot's.
    """
    found = tuple(_walk(tree, LETSENCRYPT))
    files = tuple(path for path, why in found if not why)
    odd = [f"{harmless(path)} is left out: {why}" for path, why in found if why]
    more = len(odd) - MAX_NAMED
    return files, (*odd[:MAX_NAMED], *((f"and {counted(more, 'more thing')}",) if more > 0 else ()))


def _walk(tree: Door, directory: str) -> Iterator[tuple[str, str]]:
    for name in tree.list_dir(directory) or ():
        path = f"{directory}/{name}"
        status = tree.lstat(path)
        if status is None:
            continue
        why = _odd_name(path, name) or _odd_kind(path, status)
        if why:
            yield path.encode("utf-8", "backslashreplace").decode(), why
        elif stat.S_ISDIR(status.st_mode):
            yield from _walk(tree, path)
        else:
            yield path, ""


def _odd_name(path: str, name: str) -> str:
    """Return why a name cannot be certbot's, "" if it may be."""
    is_utf8 = not any("\ud800" <= character <= "\udfff" for character in name)
    odd = harmless(name) != name or "\n" in name or not is_utf8 or len(path) > LONGEST_PATH
    return "no such name is certbot's" if odd else ""


def _odd_kind(path: str, status: os.stat_result) -> str:
    """Return why it cannot be one of certbot's files or directories, "" if it may be."""
    below = path[len(LETSENCRYPT) + 1 :]
    if stat.S_ISDIR(status.st_mode):
        return "" if _DIRECTORIES.fullmatch(below) else "it is no directory of certbot's"
    if not stat.S_ISREG(status.st_mode):
        return "it is no plain file"
    if not _FILES.fullmatch(below):
        return "it is no file of certbot's"
    return f"it has {status.st_size} bytes" if status.st_size > LARGEST_FILE else ""


def _file(tree: Door, door: Door, path: str, source: str) -> GatheredFile:
    status = tree.lstat(path)
    digest = hashlib.sha256(tree.read_bytes(path) or b"").hexdigest()
    here = host_state(door, path)
    # A file that this host has already is executable only if it is so here.
    own = door.lstat(path) if here == f"file:{digest}" else None
    file = GatheredFile(
        path,
        digest,
        stat.S_IMODE((own or status).st_mode) if status else 0o600,
        status.st_mtime_ns if status else 0,
        here,
        is_loose_here=_is_loose(door, path),
    )
    return _with_foreign(file, tree, door) if source == COPIED else file


def _is_loose(door: Door, path: str) -> bool:
    """True if a file of this host has permissions that an older program copied with it."""
    status = door.lstat(path)
    if status is None or not stat.S_ISREG(status.st_mode) or not door.is_live:
        return False
    return status.st_uid != 0 or bool(status.st_mode & LOOSE_BITS)


def _with_foreign(file: GatheredFile, tree: Door, door: Door) -> GatheredFile:
    """Return a file with the options that make certbot run, read or write something."""
    # A plan without a copied tree needs no table of certbot's options.
    from wizard.certificates.foreign import (  # noqa: PLC0415
        foreign_items,
        is_for_web_server,
        is_settings,
        other_server,
        remarks,
        without_items,
    )

    is_same_here = file.here == f"file:{file.sha256}"
    is_whole = is_program(file.path, file.mode) or is_for_web_server(file.path)
    if not (is_settings(file.path) or (is_whole and not is_same_here)):
        return file
    text = tree.read_bytes(file.path) or b""
    found = foreign_items(file.path, text, file.mode)
    if not is_settings(file.path):
        return dataclasses.replace(file, foreign=found)
    is_here = file.here.startswith("file:")
    here = (door.read_bytes(file.path) or b"") if is_here else b""
    own = foreign_items(file.path, here, file.mode)
    known = {item.name for item in own}
    return dataclasses.replace(
        file,
        text=text,
        foreign=tuple(item for item in found if item.name not in known),
        differs_in_foreign_only=(
            is_here
            and known <= {item.name for item in found}
            and without_items(here, own) == without_items(text, found)
        ),
        remarks=tuple(remarks(file.path, text)),
        server=other_server(file.path, text),
    )


def host_state(door: Door, path: str) -> str:
    """Return the state of a path of the host, as in `GatheredFile.here`."""
    status = door.lstat(path)
    if status is None:
        return MISSING
    target = door.read_link(path)
    if target is not None:
        return f"link:{target}"
    if not stat.S_ISREG(status.st_mode):
        return ODD
    return f"file:{hashlib.sha256(door.read_bytes(path) or b'').hexdigest()}"


def _here_only(
    door: Door, lineages: tuple[Lineage, ...], gathered: frozenset[str]
) -> Iterator[tuple[str, str]]:
    for lineage in lineages:
        if name_problem(lineage.name):
            continue
        directory = f"{LETSENCRYPT}/archive/{lineage.name}"
        for name in door.list_dir(directory) or ():
            path = f"{directory}/{name}"
            if path not in gathered:
                yield path, host_state(door, path)
