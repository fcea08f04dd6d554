"""What a host has for signing mail: facts of keys, without a byte of a private one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

from wizard.dns.key_record import KeyRecord


@dataclass(frozen=True)
class SigningKey:
    """A private key at its path, as far as it may be known.

    `public` is its public part: a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) in base64, "" if it is not
    known. `why` says why the key cannot be used, else "". `owner` is the name of its owner.
    """

    path: str
    mode: int = 0o600
    owner: str = ""
    public: str = ""
    why: str = ""


@dataclass(frozen=True)
class Signing:
    """The facts that only the answers name. All are empty if the section is off.

    `keys` has by path the wanted keys that exist. `repositories` are the enabled repositories that
    look like EPEL, None if they were not read. `package` is the nevra of the package that dnf would
    install, and `why_no_package` says why it could not be fetched.
    """

    keys: Mapping[str, SigningKey] = field(default_factory=dict)
    repositories: Optional[tuple[str, ...]] = None
    package: str = ""
    why_no_package: str = ""
    records: Mapping[str, KeyRecord] = field(default_factory=dict)
    """By name of the record: what the zone's own servers have. No key that signs now is in it."""
    publics: Mapping[str, str] = field(default_factory=dict)
    """By name of the record: the public parts of the wanted keys that exist and can sign, a mark for one that the
    plan makes, and "" for a key whose record is to be withdrawn now."""
    is_member: bool = False
    """True if Postfix's user is in the signer's group, so that it may open the socket."""
