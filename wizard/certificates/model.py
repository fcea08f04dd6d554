"""Certificates as plain frozen data; `wizard.host.facts` names these too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class LineageFile:
    """One of cert.pem, chain.pem, fullchain.pem, privkey.pem in live/NAME.

    `state` is `link` (a whole link into the lineage's own archive), `file` (flattened by a
    copy), `broken` (a link that leads nowhere or elsewhere) or `missing`. `number` is the N of
    the archive file that it links to or equals, else None. `was` is the state of its path as a
    run records it: `file:SHA256`, `link:TARGET` or `missing`.
    """

    name: str
    state: str
    number: Optional[int]
    was: str = "missing"


@dataclass(frozen=True)
class Lineage:
    """A certbot lineage: /etc/letsencrypt/{live,archive}/NAME.

    `number` is the N to link: that of live/NAME, or the newest whole N if that one is not whole.
    It is None if no N is whole. `names` are the certificate's DNS names, `not_after` and
    `not_before` seconds since the epoch, `serial` upper-case hex, all of number N.
    `issuer_not_after` is the end of the issuer's certificate in fullchain.pem, 0 without one.
    `problem` says why the lineage cannot be used (pair does not match, unreadable), else "".
    `server` is the URL of the ACME server that renews it, "" if it is not known.
    """

    name: str
    files: tuple[LineageFile, ...]
    number: Optional[int]
    names: tuple[str, ...] = ()
    not_before: int = 0
    not_after: int = 0
    serial: str = ""
    problem: str = ""
    issuer_not_after: int = 0
    server: str = ""

    @property
    def linked(self) -> bool:
        """True if all four are whole links to the same N."""
        return self.number is not None and all(
            f.state == "link" and f.number == self.number for f in self.files
        )

    @property
    def link_faults(self) -> tuple[str, ...]:
        """Describe how live/NAME differs from certbot's form: a phrase for each kind of fault."""
        if self.number is None or not self.files:
            return ()
        return tuple(
            f"{', '.join(names)}: {words}"
            for state, words in _FAULTS.items()
            if (names := [f.name for f in self.files if self._state(f) == state])
        )

    def _state(self, file: LineageFile) -> str:
        is_old = file.state == "link" and file.number != self.number
        return "old" if is_old else file.state


_FAULTS = {
    "file": "a file in place of a link",
    "broken": "a link that leads nowhere",
    "missing": "not there",
    "old": "a link to another number",
}


@dataclass(frozen=True)
class CertificatePair:
    """A certificate and key outside /etc/letsencrypt, as main.cf would name them.

    `problem` is "" if the pair is whole. `sha256` are the hex digests of the two files' bytes,
    None for a missing or unreadable one. `key_open` is True if others than the key's owner and
    group may read it. The dates are those of `Lineage`.
    """

    cert_file: str
    key_file: str
    names: tuple[str, ...] = ()
    not_after: int = 0
    serial: str = ""
    problem: str = ""
    sha256: tuple[Optional[str], Optional[str]] = (None, None)
    key_open: bool = False
    not_before: int = 0
    issuer_not_after: int = 0


@dataclass(frozen=True)
class ForeignItem:
    """One thing that certbot would run, read or write.

    `name` has the first digits of the hash of the whole text, so that the operator accepts this
    text and no other. `path` is the file that brings it. `first` and `last` are its lines there,
    both 0 for the whole file. `text` is shown. `use` says what certbot does with it.
    """

    name: str
    path: str
    use: str
    text: str
    first: int = 0
    last: int = 0
