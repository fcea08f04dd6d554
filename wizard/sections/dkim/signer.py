"""The interface of a signer: the program next to Postfix that signs mail.

Plan and check use only this record. A second program is a second record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Callable, NamedTuple, Optional

from wizard.postfix.proposal import Proposal

Texts = Callable[[str], bytes]
"""Returns the live text of a file by its path, b"" if there is none."""


class Key(NamedTuple):
    """A key by its domain and its selector, both in lower case."""

    domain: str
    selector: str

    @property
    def name(self) -> str:
        """The name of its record in DNS (RFC 6376, 3.6.2.1), without a final dot."""
        return f"{self.selector}._domainkey.{self.domain}"


class Retired(NamedTuple):
    """A key that signs no more. Its record is to be withdrawn from `due` on, a date as YYYYMMDD."""

    key: Key
    due: str

    @property
    def date(self) -> str:
        """The date as an operator reads it."""
        return f"{self.due[:4]}-{self.due[4:6]}-{self.due[6:]}"


@dataclass(frozen=True)
class Setup:
    """What a signer does: the keys that it has, and the one with which each domain signs.

    `signing` is in the order of `specific_first`. `networks` are those whose mail is signed without a
    login, in CIDR form without brackets. `retired` are keys that signed earlier; none is in `keys`.
    """

    keys: tuple[Key, ...] = ()
    signing: tuple[Key, ...] = ()
    networks: tuple[str, ...] = ()
    retired: tuple[Retired, ...] = ()

    def due(self, day: str) -> tuple[Key, ...]:
        """Return the keys whose records are to be withdrawn on a day, as YYYYMMDD."""
        return tuple(one.key for one in self.retired if one.due <= day)


@dataclass(frozen=True)
class Signer:
    """One signer.

    `package` is its package, `program` the path by which it is known to be installed, `unit` its
    systemd unit without `.service`, `user` the owner of its keys, `socket` where it listens.
    `key_path` is where it has a key. `files` are its files in the order in which they are written.
    `propose` returns their next texts, `set_up` what they say of the wizard's set-up (None without
    one), and `by_hand` why they are somebody else's work ("" if they are not).
    """

    package: str
    program: str
    unit: str
    user: str
    socket: str
    files: tuple[str, ...]
    key_path: Callable[[Key], str]
    propose: Callable[[Texts, Setup, Mapping[str, frozenset[str]]], dict[str, Proposal]]
    set_up: Callable[[Texts], Optional[Setup]]
    by_hand: Callable[[Texts], str]
    warnings: Callable[[Mapping[str, Proposal]], tuple[str, ...]]


def specific_first(keys: Collection[Key]) -> tuple[Key, ...]:
    """Return the keys with a sub-domain before the domain above it, then by name."""
    return tuple(sorted(keys, key=lambda one: (-one.domain.count("."), one)))


def distinct(keys: Sequence[Key]) -> tuple[Key, ...]:
    """Return each key once, in the order of `specific_first`."""
    return specific_first(frozenset(keys))
