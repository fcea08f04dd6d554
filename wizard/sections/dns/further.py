"""The further records that a run writes into our own zone: rows of `wizard.dns.record_kinds`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from wizard.answers.model import Answers
from wizard.answers.sections.certificate import OF_A_LINEAGE
from wizard.certificates.authorities import LETS_ENCRYPT, authority_of
from wizard.dns.addresses import public4
from wizard.dns.domain_names import is_below
from wizard.dns.lookups import Lookups, policy_questions, questions
from wizard.dns.record_basis import NO_PROVIDER, Basis, ServedKeys
from wizard.dns.record_kinds import KINDS, OWN, RecordKind
from wizard.dns.zone_additions import Addition, Further
from wizard.host.facts import Host
from wizard.sections.reading import relay_of
from wizard.text import shortened

_FEW = 8
"""Domains that a warning lists at most."""


def further(answers: Answers, host: Host) -> Optional[Further]:
    """Return what `[dns] publish` asks for; None if it asks for nothing."""
    if not answers.dns.publish:
        return None
    outer = public4((*host.network.addresses, *answers.networks.proxy_interfaces))
    keys = ServedKeys(authority(answers, host))
    relay = answers.relay.host or relay_of(host)
    kinds = [one for one in KINDS if one.publish in answers.dns.publish]

    def make(found: Lookups) -> Iterator[Addition]:
        basis = Basis(answers, outer, found, keys, relay, host.signing.publics)
        for kind in kinds:
            yield from _of_kind(kind, basis)

    queries = dict.fromkeys((*questions(answers, outer), *policy_questions(answers)))
    return Further(
        tuple(one for one in queries if one.kind != "PTR"), tuple(host.network.addresses), make
    )


def _of_kind(kind: RecordKind, basis: Basis) -> Iterator[Addition]:
    for name in kind.names(basis):
        for one in kind.data(basis, name):
            if (one.zone or kind.zone) == OWN and NO_PROVIDER not in one.text:
                yield Addition(
                    kind.owner.format(name).rstrip("."),
                    kind.kind,
                    one.text,
                    kind.why,
                    kind.version,
                    completes=kind.completes,
                )


def absent(answers: Answers, host: Host, zone: str) -> Iterator[str]:
    """Yield why requested records cannot be made, or not in this zone."""
    publish = answers.dns.publish
    basis = Basis(answers, (), Lookups({}, ()))
    others = [one for one in basis.domains if one != zone and not is_below(one, zone)]
    if others:
        yield (
            f"{shortened(others, _FEW)}: not in the zone {zone}, so its records are to be published where "
            "its own zone is; `check` prints them"
        )
    if "caa" in publish and not authority(answers, host):
        yield "who issues the certificate is not known, so the zone gets no CAA record"
    if "spf" in publish and relay_of(host) and not (answers.relay.host or answers.dns.relay_spf):
        yield (
            f"main.cf has the relay host {relay_of(host)}: write the name in its provider's include: "
            "as relay_spf in [dns], else the zone gets no SPF record"
        )


def authority(answers: Answers, host: Host) -> str:
    """Return the CAA identity of who issues the certificate, "" if it is not known."""
    certificate = answers.certificate
    lineage = host.lineage(certificate.name) if certificate.source in OF_A_LINEAGE else None
    if lineage is not None and lineage.server:
        return authority_of(lineage.server)
    if certificate.source == "certbot":
        return authority_of(certificate.server or LETS_ENCRYPT)
    return ""
