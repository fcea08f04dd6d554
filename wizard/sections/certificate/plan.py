"""The certificate's part of a plan: install a tree, repair links, or make a self-signed pair."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from wizard.answers.model import Answers
from wizard.certificates.lineage import relink_targets
from wizard.certificates.model import Lineage
from wizard.certificates.names import covers
from wizard.certificates.self_signed import MARGIN, openssl
from wizard.host.facts import Host
from wizard.paths import SELF_SIGNED_CERT, SELF_SIGNED_KEY
from wizard.plan import foreign
from wizard.plan.certificate_actions import Relink, SelfSign
from wizard.plan.files import Link
from wizard.plan.model import Step
from wizard.plan.part import Part, Request
from wizard.sections.certificate import hook, installing, obstacles, renewal

SELF_SIGNED = (
    "a self-signed certificate is for trials only: mail programs warn of it or refuse to connect, and no "
    "other server can verify it"
)


def plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    answers, host = request.answers, request.host
    accepted = foreign.accepted_names(request.choices)
    is_planned = "certificate" in request.scope
    gathered = installing.current(answers, host) if is_planned else None
    # The operator's own files are used at their own paths.
    steps = _SOURCES.get(answers.certificate.source) if is_planned else None
    from_elsewhere = installing.foreign_files(answers, host, gathered) if gathered else ()
    shown = foreign.listed(from_elsewhere, accepted)
    renewal_hook = hook.planned(request)
    return Part(
        files=(renewal_hook,) if renewal_hook else (),
        foreign=shown,
        prepare=(
            *(steps(answers, host, accepted) if steps else ()),
            *((hook.write(renewal_hook),) if renewal_hook else ()),
        ),
        after_proof=(
            (installing.forget(gathered), *renewal.steps(answers, host, gathered, accepted))
            if gathered
            else ()
        ),
        obstacles=(
            *(obstacles.obstacles(answers, host) if is_planned else ()),
            *foreign.obstacles(shown, request.choices),
        ),
        cautions=tuple(obstacles.cautions(request)),
        warnings=(
            *(installing.warnings(answers, host, gathered) if gathered else ()),
            *(_warnings(answers, host) if is_planned else ()),
            *foreign.more(from_elsewhere),
            *(() if renewal_hook else hook.missing(request)),
        ),
    )


def _warnings(answers: Answers, host: Host) -> Iterator[str]:
    """Warn of lineages that cannot be used, and of a key that others can read."""
    for lineage in host.lineages:
        if lineage.problem or lineage.number is None:
            why = lineage.problem or installing.NO_WHOLE_SET
            yield f"lineage {lineage.name} is left alone: {why}"
    if answers.certificate.source == "self-signed":
        yield SELF_SIGNED
    pair = host.own_pair
    if answers.certificate.source == "files" and pair is not None and pair.key_open:
        yield f"anybody on this host can read the key: chmod 0600 {pair.key_file}"


def _letsencrypt(answers: Answers, host: Host, _accepted: Collection[str]) -> Iterator[Step]:
    for lineage in host.lineages:
        if lineage.number is not None and not lineage.problem:
            yield _relink(lineage, answers.certificate.name)


def _gathered(answers: Answers, host: Host, accepted: Collection[str]) -> Iterator[Step]:
    """Yield the steps for the gathered tree, then the links of the host's other lineages.

    Without a gathered tree all was installed by an earlier run. Then only the links of the chosen
    lineage are repaired.
    """
    gathered = installing.current(answers, host)
    if gathered is None:
        chosen = f"links-{answers.certificate.name}"
        yield from (step for step in _letsencrypt(answers, host, accepted) if step.id == chosen)
        return
    yield from installing.steps(answers, host, gathered, accepted)
    others = {f"links-{name}" for name in installing.incoming(answers, host, gathered)}
    yield from (step for step in _letsencrypt(answers, host, accepted) if step.id not in others)


def _relink(lineage: Lineage, chosen: str) -> Step:
    states = {file.name: file for file in lineage.files}
    links = tuple(
        Link(path, target, states[path.rpartition("/")[2]].was)
        for path, target in relink_targets(lineage)
    )
    title = f"Relink the certificate {lineage.name}"
    step = installing.link_step(title, Relink(lineage.name, links), done=lineage.linked)
    return step if lineage.name == chosen else replace(step, why=f"{step.why} {_NOT_SERVED}")


_NOT_SERVED = (
    "Postfix does not serve this one: its links are repaired too, so that certbot renews it and other "
    "programs get what it renews."
)


def _self_signed(answers: Answers, host: Host, _accepted: Collection[str]) -> Iterator[Step]:
    name = answers.hostname.myhostname
    pair = host.self_signed
    whole = (
        pair is not None
        and not pair.problem
        and covers(pair.names, name)
        and pair.not_after > host.read_at + MARGIN
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
