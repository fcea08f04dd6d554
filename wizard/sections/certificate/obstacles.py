"""The obstacles and cautions of a certificate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Optional, Union

from wizard.answers.model import Answers, Caution, Problem
from wizard.answers.sections.certificate import OF_A_LINEAGE
from wizard.certificates.dates import day
from wizard.certificates.model import CertificatePair, Lineage
from wizard.certificates.names import covers
from wizard.certificates.pairs import NO_FILES
from wizard.host.facts import Host
from wizard.paths import LINEAGES
from wizard.plan.part import Request
from wizard.sections.certificate import installing


def obstacles(answers: Answers, host: Host) -> Iterator[Problem]:
    """Yield what must be repaired before the certificate can be used."""
    if answers.certificate.source in OF_A_LINEAGE:
        yield from (Problem("certificate", "name", why) for why in _lineage(answers, host))
    if answers.certificate.source == "files":
        yield from (Problem("certificate", "cert_file", why) for why in _own_pair(host))


def excluded(answers: Answers, host: Host) -> Iterator[Problem]:
    """Yield the problem that the named lineage or pair of this host cannot be used.

    That of a pair is known once the host has been read for exactly these two files.
    """
    own, pair = answers.certificate, host.own_pair
    is_read = pair is not None and (pair.cert_file, pair.key_file) == (own.cert_file, own.key_file)
    if own.source == "letsencrypt" or (own.source == "files" and is_read):
        yield from obstacles(answers, host)


def cautions(request: Request) -> Iterator[Caution]:
    """Yield a caution for each planned certificate that is not for the server's name."""
    answers, host, scope = request.answers, request.host, request.scope
    lineage = _to_be(answers, host)
    name = answers.hostname.myhostname
    if (
        scope.has_any("certificate", "hostname")
        and answers.certificate.source in OF_A_LINEAGE
        and lineage is not None
        and lineage.names
        and not covers(lineage.names, name)
    ):
        yield _not_for(lineage.name, lineage.names, name)
    pair = host.own_pair
    if "certificate" in scope and pair is not None and pair.names and not covers(pair.names, name):
        yield _not_for(pair.cert_file, pair.names, name)


def _not_for(certificate: str, names: Sequence[str], name: str) -> Caution:
    return Caution(
        "certificate-name",
        f"The certificate {certificate} is for {', '.join(names)} and not for {name}: mail programs "
        "will warn their users, and some servers will not deliver.",
        (name,),
    )


def _lineage(answers: Answers, host: Host) -> Iterator[str]:
    """Yield what is wrong with the lineage, at most one thing, and the lineages that would do."""
    lineage, now = _to_be(answers, host), host.read_at
    if lineage is None:
        known = ", ".join(one.name for one in _lineages(answers, host)) or "none"
        yield f"{LINEAGES}/{answers.certificate.name} does not exist; the lineages here: {known}"
        return
    whole = lineage.number is not None and not lineage.problem
    dates = _bad_dates(lineage, now)
    if whole and not dates:
        return
    usable = [
        one.name
        for one in _lineages(answers, host)
        if one.number is not None
        and not one.problem
        and not _bad_dates(one, now)
        and set(one.names) >= set(lineage.names)
    ]
    instead = f"; {', '.join(usable)} can be used" if usable else ""
    if not whole:
        why = lineage.problem or installing.NO_WHOLE_SET
        yield f"lineage {lineage.name} cannot be used: {why}{instead}"
    else:
        advice = (
            ""
            if lineage.not_before > now
            else "; renew it, copy a newer one, or choose another source"
        )
        yield f"the certificate of {lineage.name} {dates}{advice}{instead}"


def _own_pair(host: Host) -> Iterator[str]:
    pair = host.own_pair
    if pair is None:
        yield NO_FILES
    elif pair.problem:
        yield f"the pair cannot be used: {pair.problem}"
    elif _bad_dates(pair, host.read_at):
        yield f"the certificate {_bad_dates(pair, host.read_at)}"


def _lineages(answers: Answers, host: Host) -> tuple[Lineage, ...]:
    """Return the host's lineages, those of a gathered tree included."""
    gathered = installing.current(answers, host)
    return host.lineages if gathered is None else installing.to_be(answers, host, gathered)


def _to_be(answers: Answers, host: Host) -> Optional[Lineage]:
    name = answers.certificate.name
    return next((one for one in _lineages(answers, host) if one.name == name), None)


def _bad_dates(found: Union[Lineage, CertificatePair], now: int) -> str:
    """Return why a certificate cannot be used at this time, "" if it can (RFC 5280, 6.1.3)."""
    if found.not_after and found.not_after < now:
        return f"expired on {day(found.not_after)}"
    if found.not_before > now:
        return f"is valid only from {day(found.not_before)}; is the clock correct?"
    if found.issuer_not_after and found.issuer_not_after < now:
        return f"has a chain whose first issuer expired on {day(found.issuer_not_after)}"
    return ""
