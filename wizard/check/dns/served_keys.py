"""Read what the records TLSA and CAA follow from: the certificates of port 25, and who renews them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Optional

from wizard.answers.model import Answers
from wizard.certificates.authorities import authority_of
from wizard.certificates.keys import public_key_info
from wizard.check.certificates.probing import PortTls
from wizard.check.certificates.renewal import lineage_of, parameters
from wizard.check.certificates.served import chains_on_disk, planned_files
from wizard.check.certificates.verifying import Chain
from wizard.dns.record_basis import ServedKeys
from wizard.door import Door
from wizard.errors import Trouble
from wizard.paths import LETSENCRYPT


def served_keys(door: Door, chains: Iterable[Chain], paths: Sequence[str]) -> ServedKeys:
    """Return what the records follow from; `paths` are the certificate files in force. Never raises."""
    readable = {chain: pin for chain in chains for pin in _pin(chain)}
    renewals = [_renewal(door, name) for name in dict.fromkeys(map(lineage_of, paths)) if name]
    # Every lineage must keep its key, since a client may be served any of them.
    stays = [said.get("reuse_key", "").strip().lower() == "true" for said in renewals]
    authorities = [authority_of(said.get("server", "")) for said in renewals]
    return ServedKeys(
        next(iter(authorities), ""),
        tuple(dict.fromkeys(readable.values())),
        all(stays) if stays else None,
        tuple(readable),
    )


def keys_of_answers(door: Door, answers: Answers) -> ServedKeys:
    """Return the same of the certificate that the answers name, from its files. Never raises."""
    paths = planned_files(answers)
    return served_keys(door, chains_on_disk(door, paths).values(), paths)


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
