"""Facts about gathered certificates: trees of /etc/letsencrypt from other servers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from wizard.certificates.model import ForeignItem, Lineage


@dataclass(frozen=True)
class GatheredFile:
    """One file of a gathered tree, with its path on this host.

    `here` is the state of that path now: `missing`, `file:SHA256`, `link:TARGET`, or `odd` for
    anything else. `mode` are its permission bits in the tree, `mtime_ns` its time (ns since the
    epoch). `text` are the bytes of a file with settings, else None. `foreign` are the options that
    make certbot run, read or write something and that this host's own file does not have.
    `differs_in_foreign_only` is True if both files are the same without such options. `remarks`
    say what else a renewal needs. `server` is the URL of an ACME server other than Let's Encrypt.
    `is_loose_here` is True if other users can write this host's own file, or it is set-uid.
    """

    path: str
    sha256: str
    mode: int
    mtime_ns: int
    here: str
    text: Optional[bytes] = field(default=None, repr=False)
    foreign: tuple[ForeignItem, ...] = ()
    differs_in_foreign_only: bool = False
    remarks: tuple[str, ...] = ()
    server: str = ""
    is_loose_here: bool = False


@dataclass(frozen=True)
class Gathered:
    """A tree of /etc/letsencrypt that a gather run fetched and that no plan has used yet.

    `source` is the certificate's source in the answers, `origin` the server it was fetched from
    (`root@old.example`), `at` the time (seconds since the epoch), `tree` the tree's root directory.
    `lineages` are those of the tree, validated by themselves; the `problem` of one may be an
    invalid chain. `here_only` are files of these lineages that only this host has, each with its
    state. `remarks` describe the files that were skipped.
    """

    source: str
    origin: str
    at: int
    tree: str
    lineages: tuple[Lineage, ...] = ()
    files: tuple[GatheredFile, ...] = ()
    here_only: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
