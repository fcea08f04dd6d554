"""All findings about certificates, their files and their renewal, for `wizard.check.prove`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.answers.model import Answers
from wizard.answers.sections.tls import MODERN
from wizard.check.certificates import hooks, lineages, renewal
from wizard.check.certificates.ciphers import judge_ciphers, judge_versions
from wizard.check.certificates.jobs import Job, jobs, timer_advice
from wizard.check.certificates.lifetime import judge_certificates, served_chains
from wizard.check.certificates.probing import PortTls
from wizard.check.certificates.served import chains_on_disk, judge_ignored
from wizard.check.certificates.verifying import Chain, Verifier
from wizard.check.tls.services import PortSettings, certificate_files
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import WARNING, Finding
from wizard.host.firewall_facts import Zone
from wizard.paths import LINEAGES
from wizard.postfix import served

SELF_SIGNED = "self-signed"


def files_in_force(here: Mapping[int, PortSettings]) -> tuple[str, ...]:
    """Return the certificate files of all ports, each once."""
    found = [path for one in here.values() for path in certificate_files(one.settings)]
    return tuple(dict.fromkeys(found))


def named_by(here: Mapping[int, PortSettings]) -> Mapping[str, str]:
    """Return by a certificate file's path the parameter that names it."""
    return {
        path: f"{name} ({one.place(name)})"
        for one in here.values()
        for name in served.CERTIFICATES
        for path in one.settings.words(name)
    }


def judge_tls(
    answers: Answers,
    door: Door,
    ports: Mapping[int, PortTls],
    here: Mapping[int, PortSettings],
    verifier: Verifier,
) -> Iterator[Finding]:
    """Check what the ports served: the certificates, their chains and dates, and weak ciphers."""
    chains = chains_on_disk(door, files_in_force(here))
    is_self_signed = answers.certificate.source == SELF_SIGNED
    yield from judge_certificates(
        served_chains(ports, chains, verifier, named_by(here)),
        answers.hostname.myhostname,
        is_self_signed=is_self_signed,
    )
    yield from judge_ignored(here)
    yield from judge_ciphers(ports, here)
    yield from judge_versions(ports, here, is_modern=answers.tls.profile == MODERN)


@dataclass(frozen=True)
class Surroundings:
    """What a renewal needs: the jobs, what to do with certbot's timer, who listens where, and the firewall's services.

    `opened` is None if the firewall is not known.
    """

    jobs: tuple[Job, ...]
    timer: str
    owners: Mapping[int, str]
    opened: Optional[frozenset[str]]


def surroundings(
    door: Door, units: str, owners: Mapping[int, str], zone: Optional[Zone]
) -> Surroundings:
    """Return what a renewal needs; `units` is what jobs.SHOW and `show_services` print."""
    opened = None if zone is None else frozenset(zone.permanent)
    return Surroundings(
        jobs(door, units),
        timer_advice(units),
        owners,
        opened,
    )


def judge_files(
    answers: Answers, door: Door, files: Sequence[str], around: Surroundings
) -> Iterator[Finding]:
    """Check who renews each file: the worst is the last."""
    names = list(dict.fromkeys(filter(None, map(renewal.lineage_of, files))))
    findings = [one for name in names for one in _of_lineage(door, name, around)]
    if answers.certificate.source != SELF_SIGNED:
        chains = chains_on_disk(door, [path for path in files if not renewal.lineage_of(path)])
        for path, chain in chains.items():
            copies = _lineages_with(door, chain)
            findings += renewal.judge_other(door, path, around.jobs, copies)
    yield from sorted(findings, key=lambda one: one.verdict == WARNING)


def _of_lineage(door: Door, name: str, around: Surroundings) -> tuple[Finding, ...]:
    try:
        read = renewal.read_renewal(door, name, around.jobs, around.timer)
        archive = renewal.archive_of(read.text or "")
        lineage = lineages.read_lineage(door, name, archive)
        mine = [job for job in around.jobs if renewal.renews(job, name)]
        found = hooks.read_hooks(door, name, renewal.parameters(read.text or ""), mine)
    except Trouble as trouble:
        return (renewal.check_of(name).unknown(str(trouble)),)
    return (
        renewal.judge_renewal(read, around.owners, around.opened),
        *lineages.judge_lineage(lineage),
        hooks.judge_hooks(found),
    )


def _lineages_with(door: Door, chain: Chain) -> tuple[str, ...]:
    """Return the lineages whose certificate is the leaf of a chain."""
    paths = {f"{LINEAGES}/{name}/cert.pem": name for name in door.readable_names(LINEAGES)}
    found = chains_on_disk(door, tuple(paths))
    return tuple(paths[path] for path, one in found.items() if one[0] == chain[0])
