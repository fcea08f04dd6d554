"""The actions that obtain, copy, link and renew certificates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from wizard.plan.files import LaidFile, Link, Sha256


@dataclass(frozen=True)
class Relink:
    """Repair the links of one lineage: `scp -pr` copies files instead of the links in live/.

    `stays` is True for a certificate that was issued for this host: undo does not remove it.
    """

    lineage: str
    links: tuple[Link, ...]
    stays: bool = False


@dataclass(frozen=True)
class Fetch:
    """Copy /etc/letsencrypt of another server with scp(1), and validate each lineage.

    `host` is [user@]host. `into` names the gathered tree, which exists only when it is complete.
    The operator confirms the host's key and types a password.
    """

    host: str
    into: str


@dataclass(frozen=True)
class Obtain:
    """Let certbot(1) obtain the certificate `name` for `names` from an ACME server.

    `webroot` is the directory for the challenge, "" for certbot's own server on port 80. `email`
    and `server` (the URL of the ACME directory) may be "". `zone` is the firewall zone in which
    port 80 is opened meanwhile, "" for none. `into` and `origin` belong to the gathered tree.
    """

    name: str
    names: tuple[str, ...]
    webroot: str
    email: str
    server: str
    zone: str
    into: str
    origin: str


@dataclass(frozen=True)
class Lay:
    """Copy files of the gathered tree at `tree` to their own paths, with owner root.

    `what` names them in a sentence. Directories are made as in the tree. `stays` is True for files
    that were issued for this host. Undo does not remove them, since ACME servers have limits.
    """

    what: str
    tree: str
    files: tuple[LaidFile, ...]
    stays: bool = False


@dataclass(frozen=True)
class Renewal:
    """One lineage that certbot renews here from now on.

    `renews_at` and `not_after` (seconds since the epoch) are the times of its renewal and of its
    expiry. `left_out` has the names of foreign items that were not accepted. `server` is the URL of
    the ACME server, "" for Let's Encrypt.
    """

    lineage: str
    renews_at: int
    not_after: int
    left_out: tuple[str, ...] = ()
    server: str = ""


@dataclass(frozen=True)
class ProveRenewals:
    """Run `certbot renew --dry-run` for each lineage. A failure is only a warning."""

    renewals: tuple[Renewal, ...]


@dataclass(frozen=True)
class SelfSign:
    """Make a self-signed pair with openssl req(1), for a trial only.

    `before` are the SHA-256 of the two files that are replaced, None if there is no such file.
    """

    cert_file: str
    key_file: str
    names: tuple[str, ...]
    days: int
    before: tuple[Optional[Sha256], Optional[Sha256]] = (None, None)
