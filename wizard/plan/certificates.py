"""The certificate's steps: links made whole again, or a self-signed pair; files stay as they are."""

from __future__ import annotations

from typing import Iterator

from wizard.answers.model import Answers
from wizard.certificates.lineage import relink_targets
from wizard.certificates.names import covers
from wizard.certificates.paths import SELF_SIGNED_CERT, SELF_SIGNED_KEY
from wizard.certificates.self_signed import openssl
from wizard.host.facts import Host, Lineage
from wizard.plan import laying
from wizard.plan.model import Link, Relink, SelfSign, Step

SELF_SIGNED_MARGIN = 7 * 86400
"""Seconds before its end at which a self-signed certificate is made anew."""


def steps(answers: Answers, host: Host, wanted: frozenset[str]) -> Iterator[Step]:
    """Yield the steps of the chosen source; every lineage is relinked, not the chosen one only."""
    if "certificate" not in wanted:
        return
    # The operator's own files are used where they stand.
    if answers.certificate.source in _SOURCES:
        yield from _SOURCES[answers.certificate.source](answers, host)


def last_steps(answers: Answers, host: Host, wanted: frozenset[str]) -> Iterator[Step]:
    """Yield what is left to do of the source once the server is proven."""
    gathered = laying.current(answers, host)
    if "certificate" in wanted and gathered is not None:
        yield laying.forget(gathered)


def warnings(answers: Answers, host: Host, wanted: frozenset[str]) -> Iterator[str]:
    """Name the lineages that are there and cannot be used; they stay as they are."""
    if "certificate" in wanted:
        gathered = laying.current(answers, host)
        if gathered is not None:
            yield from laying.warnings(answers, host, gathered)
        for lineage in host.lineages:
            if lineage.problem or lineage.number is None:
                why = lineage.problem or "none of its archive files make a whole set"
                yield f"lineage {lineage.name} is left alone: {why}"
        pair = host.own_pair
        if answers.certificate.source == "files" and pair is not None and pair.key_open:
            yield f"anybody on this host can read the key: chmod 0600 {pair.key_file}"


def _letsencrypt(_answers: Answers, host: Host) -> Iterator[Step]:
    for lineage in host.lineages:
        if lineage.number is not None and not lineage.problem:
            yield _relink(lineage)


def _gathered(answers: Answers, host: Host) -> Iterator[Step]:
    """What was gathered and its links, then those of the lineages that stay as they are here.

    With nothing gathered all was put in place before, and what was bad then is no better now:
    the chosen lineage alone is looked at.
    """
    gathered = laying.current(answers, host)
    if gathered is None:
        chosen = f"links-{answers.certificate.name}"
        yield from (step for step in _letsencrypt(answers, host) if step.id == chosen)
        return
    yield from laying.steps(answers, host, gathered)
    others = {f"links-{name}" for name in laying.laid(answers, host, gathered)}
    yield from (step for step in _letsencrypt(answers, host) if step.id not in others)


def _relink(lineage: Lineage) -> Step:
    states = {file.name: file for file in lineage.files}
    links = tuple(
        Link(path, target, states[path.rpartition("/")[2]].was)
        for path, target in relink_targets(lineage)
    )
    return Step(
        f"links-{lineage.name}",
        f"Relink the certificate {lineage.name}",
        laying.LINK_WHY,
        Relink(lineage.name, links),
        tuple(("ln", "-sfn", link.target, link.path) for link in links),
        done=lineage.linked,
    )


def _self_signed(answers: Answers, host: Host) -> Iterator[Step]:
    name = answers.hostname.myhostname
    pair = host.self_signed
    whole = (
        pair is not None
        and not pair.problem
        and covers(pair.names, name)
        and pair.not_after > host.read_at + SELF_SIGNED_MARGIN
    )
    days = answers.certificate.days
    yield Step(
        "self-signed",
        "Make a self-signed certificate",
        "For a trial only: nobody else trusts it, and mail programs will warn.",
        SelfSign(
            SELF_SIGNED_CERT, SELF_SIGNED_KEY, (name,), days, pair.sha256 if pair else (None, None)
        ),
        (openssl((name,), days, SELF_SIGNED_KEY, SELF_SIGNED_CERT),),
        done=whole,
    )


_SOURCES = {
    "letsencrypt": _letsencrypt,
    "remote": _gathered,
    "certbot": _gathered,
    "self-signed": _self_signed,
}
