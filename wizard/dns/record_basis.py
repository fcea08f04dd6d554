"""What the records of a mail server follow from: the answers, the host, and what is published today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Optional
from urllib.parse import quote

from wizard.answers.model import Answers
from wizard.answers.rules.names import is_public_name
from wizard.dns import spf, spf_text
from wizard.dns.domain_names import is_below
from wizard.dns.lookups import Lookups, is_inside, senders


@dataclass(frozen=True)
class ServedKeys:
    """The certificates that port 25 serves.

    `authority` is the CAA identity of who issues them (RFC 8659), "" if it is not known. `pins` are
    SHA-256 hashes of their public keys in hex. `keeps_key` is True if each renewal keeps the key, None
    if that is not known. `chains` are the certificates in DER, the server's own first.
    """

    authority: str = ""
    pins: tuple[str, ...] = ()
    keeps_key: Optional[bool] = None
    chains: tuple[tuple[bytes, ...], ...] = ()


NO_KEYS = ServedKeys()

NO_PROVIDER = "SPF.OF.THE.PROVIDER"
"""Placeholder for the name in the provider's `include:`, which only the provider knows."""


@dataclass(frozen=True)
class Basis:
    """What each record follows from; `addresses` are this host's public IPv4 addresses.

    `relay` is the host through which mail leaves, "" if it leaves directly. `signing` has the public parts of
    the keys that sign mail or are to do so, by name of the record, "" for a key to withdraw.
    """

    answers: Answers
    addresses: tuple[str, ...]
    found: Lookups
    keys: ServedKeys = NO_KEYS
    relay: str = ""
    signing: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """The name of this server."""
        return self.answers.hostname.myhostname

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains that may have records and whose mail this server takes."""
        own = (self.answers.hostname.mydomain, *self.answers.domains.local)
        if not is_public_name(self.host):
            return ()
        return tuple(dict.fromkeys(name for name in own if self._is_domain(name)))

    def _is_domain(self, name: str) -> bool:
        mydomain = self.answers.hostname.mydomain
        return is_public_name(name) and (name == mydomain or name != self.host)

    @property
    def tops(self) -> tuple[str, ...]:
        """The domains that are not below another one of them: their policies count for those below."""
        return tuple(
            name
            for name in self.domains
            if not any(is_below(name, other) for other in self.domains)
        )

    def reports(self, domain: str) -> str:
        """Return who reads the reports on a domain's mail, as a URI (RFC 7489, 6.2)."""
        address = self.answers.dns.reports or f"postmaster@{domain}"
        # `!` and `,` end an address in such a list.
        return f"mailto:{quote(address, safe='@+-._~')}"

    def texts(self, owner: str, version: str) -> tuple[str, ...]:
        """Return the TXT records of a name, without its final dot, that begin with a version."""
        texts = map(spf.text_of, self.found.of(owner, "TXT").records)
        return tuple(text for text in texts if text.lower().startswith(version.lower()))

    def spf(self, name: str) -> str:
        """Return the SPF record that a name should have: the published one with what it lacks."""
        published = spf.records_of(self.found.of(name, "TXT"))
        if len(published) != 1:
            merged = spf_text.merged(published) if published else ""
            return spf_text.with_terms(merged or spf_text.first(()), self._first_terms(name))
        return spf_text.with_terms(published[0], self._missing_terms(name))

    def _first_terms(self, name: str) -> tuple[str, ...]:
        own = "mx" if name in self.domains else "a"
        return (own, self._include) if self.relay else (own,)

    @property
    def _include(self) -> str:
        return f"include:{self.answers.dns.relay_spf or NO_PROVIDER}"

    def _missing_terms(self, name: str) -> Iterable[str]:
        """Yield the terms without which receivers refuse or doubt mail of this server."""
        found = self.found
        if self.relay:
            # The provider's name alone says by which addresses the mail leaves.
            if self.answers.dns.relay_spf or not names_others(published_spf(found, name)):
                yield self._include
            return
        if is_inside(found.of(self.host, "A")):
            return  # An inside view leads our names elsewhere than outside.
        for address in senders(self.answers, found):
            if spf.evaluate(address, name, found.of).result in _DOUBTED:
                yield f"ip{6 if ':' in address else 4}:{address}"


_DOUBTED = frozenset({spf.FAIL, spf.SOFTFAIL, spf.NEUTRAL})


def published_spf(found: Lookups, name: str) -> str:
    """Return the SPF record of a name, "" if there is not exactly one."""
    records = spf.records_of(found.of(name, "TXT"))
    return records[0] if len(records) == 1 else ""


def names_others(record: str) -> bool:
    """True if an SPF record leads to records of others, which may name a relay host's addresses."""
    words = (word.lstrip("+?~-").lower() for word in record.split())
    return any(word.startswith(("include:", "redirect=", "exists:")) for word in words)
