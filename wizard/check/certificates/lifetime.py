"""Check the certificates that the ports serve: names, dates, chain and key (RFC 6125, RFC 5280).

Each finding is about all of them. It shows those that are not right, with the ports and the clients
that get them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.answers.rules.names import is_public_name
from wizard.certificates.dates import day
from wizard.certificates.keys import public_key
from wizard.certificates.names import covers
from wizard.certificates.x509 import Certificate, decode_certificate
from wizard.check.certificates.probing import ALL, BY_NAME, PortTls
from wizard.check.certificates.renewal import lineage_of
from wizard.check.certificates.verifying import Chain, Verified, Verifier
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Check, Finding
from wizard.text import clean, shortened

THIRD, SIXTH = 3, 6
"""certbot renews in the last third of the lifetime. Once a sixth remains, several tries have failed."""
LONGEST_SECONDS = 398 * 86400
"""The longest lifetime of a public certificate (CA/Browser Forum). Longer ones end no sooner."""
MAX_NAMES = 20
NOT_YET, ENDED = 9, 10
_SIGNED_BY_ITSELF = frozenset({18, 19})
"""x509_vfy.h: the leaf is its own issuer, or the chain ends in a root that this host lacks."""

_AGAIN = "then `postmap -F` it, and reload"
_MUST_STAPLE = bytes.fromhex("06082b06010505070118")
"""The object identifier of the TLS feature extension (RFC 7633)."""

_Judged = tuple[str, str, str]
"""A verdict, what was seen, the advice."""


@dataclass(frozen=True)
class Served:
    """A chain, the ports and clients that get it ("" for all), its file if one has it, and openssl's view.

    `named_by` is the parameter that names the file. `is_observed` is False if it was read from the file alone, since no port served any.
    """

    chain: Chain
    where: str = ""
    path: str = ""
    verified: Optional[Verified] = None
    named_by: str = ""
    is_observed: bool = True

    @property
    def leaf(self) -> Optional[Certificate]:
        """The leaf's data, None if it cannot be read."""
        return decode_certificate(self.chain[0])

    @property
    def is_by_name(self) -> bool:
        """True if only clients that send a name get it."""
        return BY_NAME in self.where

    def said(self, text: str) -> str:
        """Return a text with the place it is about."""
        text = text if self.is_observed else f"{text} (by {self.path}; no port serves it)"
        return f"{self.where}: {text}" if self.where else text


def served_chains(
    ports: Mapping[int, PortTls],
    files: Mapping[str, Chain],
    verifier: Verifier,
    named: Mapping[str, str],
) -> tuple[Served, ...]:
    """Return the distinct chains that the ports served; those of the files if none served any.

    `named` has by a file's path the parameter that names it.
    """
    by_chain: dict[Chain, list[tuple[int, str]]] = {}
    verified: dict[Chain, Verified] = {}
    for port, one in ports.items():
        verified.update(one.verified)
        for client, chain in one.chains.items():
            by_chain.setdefault(chain, []).append((port, client))
    paths = {chain[0]: path for path, chain in files.items()}
    if not by_chain:
        return tuple(
            Served(chain, "", path, verifier.verify(chain), named.get(path, ""), is_observed=False)
            for path, chain in files.items()
        )
    alone = len(by_chain) == 1
    return tuple(
        Served(
            chain,
            "" if alone else _where(places),
            paths.get(chain[0], ""),
            verified.get(chain),
            named.get(paths.get(chain[0], ""), ""),
        )
        for chain, places in by_chain.items()
    )


def _where(places: Sequence[tuple[int, str]]) -> str:
    ports = list(dict.fromkeys(str(port) for port, _ in places))
    clients = {client for _, client in places}
    listed = " and ".join([", ".join(ports[:-1]), ports[-1]] if ports[:-1] else ports)
    only = f", {clients.pop()}" if len(clients) == 1 and ALL not in clients else ""
    return f"port {listed}{only}"


def judge_certificates(
    served: Sequence[Served], myhostname: str, *, is_self_signed: bool = False
) -> Iterator[Finding]:
    """`certificate.name`, `.expiry`, `.chain` and `.strength`. They fail no run.

    With `is_self_signed` the operator has chosen a certificate that nobody else trusts.
    """
    wanted = myhostname if is_public_name(myhostname) else "the name that people use"
    name = Check("certificate.name", "certificate: names", wanted, fatal=False)
    if not served:
        yield name.unknown("no port serves a certificate, and no file has one that can be read")
        return
    yield _worst(name, [(one, _names(one, myhostname)) for one in served])
    expiry = Check("certificate.expiry", "certificate: lifetime", "valid now", fatal=False)
    yield _worst(expiry, [(one, _lifetime(one)) for one in served])
    if not is_self_signed:
        chain = Check(
            "certificate.chain",
            "certificate: its chain",
            "a chain that others can follow",
            fatal=False,
        )
        yield _worst(chain, [(one, _trust(one)) for one in served])
    strength = Check(
        "certificate.strength",
        "certificate: strength of its key",
        "RSA 2048, EC 256 or more",
        fatal=False,
    )
    yield _worst(strength, [(one, _strength(one)) for one in served])


_RANK = {RIGHT: 0, UNKNOWN: 1, WARNING: 2, WRONG: 3}


def _worst(check: Check, judged: Sequence[tuple[Served, _Judged]]) -> Finding:
    """Return one finding for all chains: the worst verdict, and what was seen of those that have it."""
    verdict = max((one[0] for _, one in judged), key=lambda name: _RANK[name])
    shown = [(served, seen, advice) for served, (is_, seen, advice) in judged if is_ == verdict]
    seen = "; ".join(dict.fromkeys(served.said(text) for served, text, _ in shown))
    return check.finding(verdict, seen, shown[0][2])


def _names(served: Served, myhostname: str) -> _Judged:
    leaf = served.leaf
    if leaf is None:
        return UNKNOWN, f"not known: {served.path or 'it'} cannot be read", ""
    seen = shortened(leaf.names, MAX_NAMES) or "no DNS name"
    if covers(leaf.names, myhostname):
        return RIGHT, seen, ""
    if served.is_by_name:
        return WARNING, seen, f"Name a chain that covers it in tls_server_sni_maps ({_AGAIN})."
    if not is_public_name(myhostname):
        advice = f"Set myhostname to the name that people use, such as {shortened(leaf.names, 2)}."
        return WARNING, seen, advice
    return WARNING, seen, f"Mail programs will refuse it: issue one that covers {myhostname}."


def _lifetime(served: Served) -> _Judged:
    leaf = served.leaf
    if leaf is None:
        return UNKNOWN, "not known: it cannot be read", ""
    now = time.time()
    place, ends = _first_to_end(served, leaf)
    whose = f"{_called(served.chain, place)} " if place else ""
    advice = _renew(served)
    if served.is_by_name:
        advice = f"Name a new chain for them in tls_server_sni_maps ({_AGAIN})."
    if place:
        advice = (
            "The issuer's certificate ends first, so that clients refuse the chain: renew with a new "
            "chain (`certbot renew --force-renewal`, or your issuer's), then `systemctl reload postfix`."
        )
    fault = served.verified.now if served.verified else None
    if leaf.not_before > now:
        return WRONG, f"not valid yet: from {day(leaf.not_before)}", advice
    if fault and fault.number == NOT_YET and fault.depth:
        return WRONG, f"{_called(served.chain, fault.depth)} is not valid yet", advice
    remaining = ends - now
    if remaining <= 0:
        return WRONG, f"{whose or 'it '}has expired: ended on {day(ends)}", advice
    span = min(leaf.not_after - leaf.not_before, LONGEST_SECONDS)
    verdict = WRONG if remaining < span / SIXTH else WARNING if remaining < span / THIRD else RIGHT
    return verdict, f"{whose}{day(ends)}, {int(remaining // 86400)} days left", advice


def _renew(served: Served) -> str:
    if lineage_of(served.path) or not served.path:
        return "Renew it (`certbot renew`), then `systemctl reload postfix`."
    other = f", or name another file in {served.named_by}" if served.named_by else ""
    return f"Put a new certificate into {served.path}{other}; then `systemctl reload postfix`."


def _first_to_end(served: Served, leaf: Certificate) -> tuple[int, float]:
    """Return the place in the chain, and the end, of the certificate that ends first.

    Certificates that openssl does not need do not count, such as an old cross-signed root.
    """
    verified = served.verified or Verified()
    needed = verified.used or 1
    if verified.now and verified.now.number == ENDED:
        needed = max(needed, verified.now.depth + 1)
    ends = [(leaf.not_after, 0)]
    for place, der in enumerate(served.chain[1:needed], 1):
        one = decode_certificate(der)
        if one is not None:
            ends.append((one.not_after, place))
    end, place = min(ends)
    return place, end


def _called(chain: Chain, place: int) -> str:
    if place >= len(chain):
        return "a certificate above its chain"
    return f"certificate {place + 1} of its chain"


def _trust(served: Served) -> _Judged:
    verified = served.verified
    if verified is None or verified.why:
        advice = "`dnf install openssl`, which verifies chains." if verified else ""
        return (
            UNKNOWN,
            f"not known: {verified.why if verified else 'its chain was not seen'}",
            advice,
        )
    fault, path = verified.trust, served.path or "the certificate that is served"
    if fault is None and verified.now is not None:
        if verified.now.number in {NOT_YET, ENDED}:
            return UNKNOWN, "not known, because of certificate: lifetime", ""
        fault = verified.now
    if fault is None and _MUST_STAPLE in served.chain[0]:
        advice = "Postfix staples none, so that some clients refuse it: issue one without it."
        return WARNING, "it demands OCSP stapling (RFC 7633)", advice
    if fault is None:
        return RIGHT, "leads to a root that this host trusts", ""
    if fault.number in _SIGNED_BY_ITSELF:
        advice = "Others do not trust it: issue one that they do, by certbot for instance."
        return WARNING, "signed by itself", advice
    seen = "it does not lead to a root that this host trusts"
    return (
        WARNING,
        f"{seen} (openssl: {fault.words})" if fault.words else seen,
        f"Serve fullchain.pem, with the issuer's certificate in it, in place of {path}.",
    )


def _strength(served: Served) -> _Judged:
    key = public_key(served.chain[0])
    if key is None:
        return UNKNOWN, "not known: a key of another kind", ""
    advice = "Today's mail programs refuse it: have a certificate issued for a longer key."
    return WRONG if key.weak else RIGHT, clean(str(key).encode()), advice
