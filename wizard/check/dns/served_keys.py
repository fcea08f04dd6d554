"""Read what the records TLSA and CAA follow from: the certificates of port 25, and who renews them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Optional
from urllib.parse import urlsplit

from wizard.certificates.keys import public_key_info
from wizard.check.certificates.probing import PortTls
from wizard.check.certificates.renewal import lineage_of, parameters
from wizard.check.certificates.verifying import Chain
from wizard.dns.record_basis import ServedKeys
from wizard.door import Door
from wizard.errors import Trouble
from wizard.paths import LETSENCRYPT

_AUTHORITIES = {
    "letsencrypt.org": "letsencrypt.org",
    "zerossl.com": "sectigo.com",
    "sectigo.com": "sectigo.com",
    "buypass.com": "buypass.com",
    "pki.goog": "pki.goog",
    "ssl.com": "ssl.com",
    "digicert.com": "digicert.com",
}
"""By the domain of an ACME server: the identity of its authority in CAA records (RFC 8659, 4.2)."""


def served_keys(door: Door, chains: Iterable[Chain], paths: Sequence[str]) -> ServedKeys:
    """Return what the records follow from; `paths` are the certificate files in force. Never raises."""
    readable = {chain: pin for chain in chains for pin in _pin(chain)}
    renewals = [_renewal(door, name) for name in dict.fromkeys(map(lineage_of, paths)) if name]
    # Every lineage must keep its key, since a client may be served any of them.
    stays = [said.get("reuse_key", "").strip().lower() == "true" for said in renewals]
    authorities = [_authority(said.get("server", "")) for said in renewals]
    return ServedKeys(
        next(iter(authorities), ""),
        tuple(dict.fromkeys(readable.values())),
        all(stays) if stays else None,
        tuple(readable),
    )


def chains_of(port: Optional[PortTls]) -> Iterator[Chain]:
    """Yield the chain of each certificate that a port served; of some the first alone is known."""
    if port is None:
        return
    whole = {chain[0]: chain for chain in port.chains.values() if chain}
    for leaf in dict.fromkeys(port.leaves.values()):
        if leaf:
            yield whole.get(leaf, (leaf,))


def _pin(chain: Chain) -> Iterator[str]:
    try:
        yield hashlib.sha256(public_key_info(chain[0])).hexdigest()
    except (ValueError, IndexError):
        return


def _renewal(door: Door, name: str) -> dict[str, str]:
    try:
        return dict(parameters(door.read_text(f"{LETSENCRYPT}/renewal/{name}.conf") or ""))
    except (Trouble, ValueError):
        return {}


def _authority(server: str) -> str:
    """Return the CAA identity for the URL of an ACME server, "" if it is not known."""
    try:
        host = urlsplit(server.strip()).hostname or ""
    except ValueError:
        return ""
    found = (
        identity
        for domain, identity in _AUTHORITIES.items()
        if host == domain or host.endswith(f".{domain}")
    )
    return next(found, "")
