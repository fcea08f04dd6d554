"""The one rule for "changed since the run": kinds of paths, and how each is compared.

`status`, undo and the automatic return use it, so they cannot contradict each other. The path
alone decides the kind, since a journal has none:

| kind | found by | compared by | an undo |
|---|---|---|---|
| table | Postfix's directories and the suffix of a table | never by its bytes, which differ each time | builds it again |
| link | /etc/letsencrypt/live/NAME/KIND.pem | its number: a renewal moves it to a newer one | leaves a newer one |
| certbot | what certbot writes by itself | its bytes; another text is certbot's | leaves another text |
| file | everything else | its bytes, or a link's target | refuses another text, puts back a removed one |

A lineage that was renewed stays as a whole, with the files that certbot needs to renew it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from wizard.certificates.lineage import KINDS
from wizard.host.postfix import INDEX_SUFFIX
from wizard.paths import ALIASES, LETSENCRYPT
from wizard.plan.files import Past
from wizard.run.path_state import MISSING

BEFORE = "before"
"""As it was before the run. Nothing has to be put back."""
WRITTEN = "written"
"""As the run wrote it. It is put back."""
NEWER = "newer"
"""Another program wrote it since, as is its task. It stays, and does not stop an undo."""
GONE = "gone"
"""Somebody removed it since. An undo puts it back, since that loses no text."""
EDITED = "edited"
"""Somebody changed it since. It stays, and an undo does not begin."""


@dataclass(frozen=True)
class Change:
    """One path: its state before the run, as the run wrote it, and today (`run.path_state`).

    `is_renewed` is True if certbot has renewed the lineage that the path belongs to.
    """

    was: str
    now: str
    seen: str
    is_renewed: bool = False


def _file(change: Change) -> str:
    if change.seen == change.now:
        return WRITTEN
    return GONE if change.seen == MISSING else EDITED


def _link(change: Change) -> str:
    if is_newer(change.seen, change.now):
        return NEWER
    return NEWER if change.is_renewed and change.seen == change.now else _file(change)


def _certbot(change: Change) -> str:
    return NEWER if change.is_renewed or change.seen != change.now else WRITTEN


@dataclass(frozen=True)
class Kind:
    """A kind of path: the pattern of its paths, and the verdict on one that is not as before."""

    name: str
    paths: re.Pattern[str]
    judge: Callable[[Change], str]


# Not every `.db`: zone files often have this suffix, and they are text.
TABLE = Kind(
    "table",
    re.compile(r"/etc/(?:aliases|postfix/(?:.+/)?[^/]+)\.(?:db|lmdb|cdb|pag|dir|sdbm)"),
    lambda _change: WRITTEN,
)
LINK = Kind("link", re.compile(rf"{LETSENCRYPT}/live/([^/]+)/(?:{'|'.join(KINDS)})\.pem"), _link)
CERTBOT = Kind(
    "certbot",
    re.compile(
        rf"{LETSENCRYPT}/(?:accounts/.+|csr/.+|keys/.+|archive/[^/]+/.+|live/(?:.+/)?README"
        r"|renewal/[^/]+\.conf)"
    ),
    _certbot,
)
FILE = Kind("file", re.compile(r".*", re.DOTALL), _file)
KINDS_OF_PATHS = (TABLE, LINK, CERTBOT, FILE)
"""The first kind whose pattern matches the whole path counts."""

_TARGET = re.compile(r"link:(?:.*/)?archive/([^/]+/[a-z]+)([1-9][0-9]*)\.pem")


_BTREE_MAGIC = 0x00053162
_MAGIC_AT = 12
"""The offset of a table's type. Berkeley DB writes it in the machine's own byte order."""


def kind_of(path: str) -> Kind:
    """Return the kind of a path."""
    return next(kind for kind in KINDS_OF_PATHS if kind.paths.fullmatch(path))


def lineage_of(path: str) -> str:
    """Return the name of the lineage that a link in live/ belongs to, "" for another path."""
    found = LINK.paths.fullmatch(path)
    return found[1] if found else ""


def source_of(table: str) -> str:
    """Return the path of the text that a lookup table is built from."""
    return table.rpartition(".")[0]


def build_command(path: str, head: bytes = b"") -> tuple[str, str]:
    """Return the program and the type that the table at `path` was built with.

    `head` are its first bytes. They tell hash from btree, which have one suffix.
    """
    suffix = path[len(source_of(path)) :]
    kinds = [kind for kind, its in INDEX_SUFFIX.items() if its == suffix]
    magic = head[_MAGIC_AT : _MAGIC_AT + 4]
    is_btree = _BTREE_MAGIC in (int.from_bytes(magic, "little"), int.from_bytes(magic, "big"))
    kind = "btree" if is_btree and "btree" in kinds else kinds[0] if kinds else ""
    return ("postalias" if source_of(path) == ALIASES else "postmap"), kind


def is_newer(seen: str, than: str) -> bool:
    """True if both are links into the same archive, and `seen` leads to a higher number."""
    ours, theirs = _TARGET.fullmatch(seen), _TARGET.fullmatch(than)
    return (
        ours is not None
        and theirs is not None
        and ours[1] == theirs[1]
        and int(ours[2]) > int(theirs[2])
    )


@dataclass(frozen=True)
class Judged:
    """A path of a run with its verdict."""

    past: Past
    verdict: str


def verdict(path: str, change: Change) -> str:
    """Return the verdict on one path."""
    return BEFORE if change.seen == change.was else kind_of(path).judge(change)


def judged(
    files: Sequence[Past], links: Iterable[Past], state: Callable[[str], str]
) -> tuple[Judged, ...]:
    """Return the verdict on each of a step's `files`; `state` returns the state of a path today.

    `links` are those of the lineages that the files belong to. They show a renewal.
    """
    is_renewed = bool(renewed((*links, *files), state))
    return tuple(
        Judged(one, verdict(one.path, Change(one.was, one.now, state(one.path), is_renewed)))
        for one in files
    )


def renewed(files: Iterable[Past], state: Callable[[str], str]) -> tuple[str, ...]:
    """Return the names of the lineages that certbot renewed since, in order."""
    names = (
        lineage_of(one.path)
        for one in files
        # A link that is as before the run was put back: its old number may be the higher one.
        if lineage_of(one.path)
        and state(one.path) != one.was
        and is_newer(state(one.path), one.now)
    )
    return tuple(dict.fromkeys(names))
