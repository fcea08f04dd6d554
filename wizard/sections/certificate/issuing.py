"""Plan a certificate that certbot obtains on this host: its step, caution and obstacles."""

from __future__ import annotations

from typing import Iterator

from wizard.answers.model import Answers, Caution, Problem
from wizard.certificates.certbot import LETS_ENCRYPT, PROGRAM, certonly, names_for
from wizard.certificates.names import covers
from wizard.host import epel
from wizard.host.facts import Host
from wizard.plan.certificate_actions import Obtain
from wizard.plan.model import Step
from wizard.sections.certificate import installing

_HTTP = 80
_TREE, _ASIDE = "GATHERED", "STAGING"
_TERMS = {
    LETS_ENCRYPT: "https://letsencrypt.org/repository/ has them",
}


def in_place(answers: Answers, host: Host, rerun: bool) -> bool:
    """True if the lineage exists and can be served.

    A lineage that can be served is issued again only if the answers choose to replace it, and if
    its names do not cover the hostname or the section is rerun. Each certificate counts towards a
    rate limit.
    """
    own = host.lineage(answers.certificate.name)
    if own is None or installing.fault(own, host.read_at):
        return False
    if answers.certificate.existing != installing.REPLACE:
        return True
    return not rerun and covers(own.names, answers.hostname.myhostname)


def step(answers: Answers, host: Host) -> Step:
    """Return the step that obtains the certificate."""
    chosen = answers.certificate
    names = names_for(answers.hostname.myhostname, chosen.name)
    webroot = chosen.webroot if chosen.challenge == "webroot" else ""
    zone = answers.networks.firewall_zone
    opened = zone if host.firewall.state == "running" and host.firewall.zone(zone) else ""
    typed = tuple(
        certonly(
            chosen.name,
            names,
            webroot=webroot,
            email=chosen.email,
            server=chosen.server,
            tree=_TREE,
            aside=_ASIDE,
            dry_run=dry_run,
        )
        for dry_run in (True, False)
    )
    return Step(
        "obtain",
        f"Obtain a certificate for {', '.join(names)}",
        "A try that issues nothing comes first, and what fails is not tried again. "
        + (f"Port 80 is open in zone {opened} for as long as it takes." if opened else ""),
        Obtain(
            chosen.name,
            names,
            webroot,
            chosen.email,
            chosen.server,
            opened,
            installing.ISSUED,
            installing.origin(answers),
        ),
        typed,
    )


def cautions(answers: Answers) -> Iterator[Caution]:
    """Yield the caution that an account on the ACME server means to agree to its terms."""
    server = answers.certificate.server or LETS_ENCRYPT
    where = _TERMS.get(server, "its directory names them (termsOfService)")
    yield Caution(
        "acme-terms",
        f"An account with {server} means that you agree to its Terms of Service: {where}.",
        (server,),
    )


def warnings(answers: Answers) -> Iterator[str]:
    """Warn if the certificate has the name of another domain: the name may be an earlier host's."""
    host, name = answers.hostname.myhostname, answers.certificate.name
    if name in names_for(host, name)[1:] and not host.endswith(f".{name}"):
        yield (
            f"certbot asks for {name} too, since the certificate has that name, and {host} is not in that "
            f"domain: the authority refuses unless both names lead to this host. Name it {host} to ask "
            "for that alone"
        )


def obstacles(answers: Answers, host: Host) -> Iterator[Problem]:
    """Yield what must be repaired before certbot can run."""
    chosen = answers.certificate
    if PROGRAM not in host.programs:
        yield Problem(
            "certificate",
            "source",
            f"certbot is not installed here; it is in EPEL: {epel.commands(host.distribution)}, then "
            "`dnf install certbot`",
        )
    users = {one.process for one in host.listeners if one.port == _HTTP}
    if chosen.challenge == "standalone" and users:
        who = ", ".join(sorted(users - {""})) or "another program"
        yield Problem(
            "certificate",
            "challenge",
            f"port 80 is used by {who}, so certbot cannot answer there itself; choose webroot and "
            "the directory that it shows",
        )
    own = host.lineage(chosen.name)
    if own is not None and chosen.existing != installing.REPLACE:
        yield Problem(
            "certificate",
            "existing",
            f"this host has a lineage {own.name} that cannot serve "
            f"({installing.fault(own, host.read_at)}); choose replace, or another name",
        )
