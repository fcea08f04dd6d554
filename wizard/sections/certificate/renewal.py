"""Plan to test that certbot can renew the copied certificates on this host."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from wizard.answers.model import Answers
from wizard.certificates.certbot import dry_run
from wizard.certificates.model import Lineage
from wizard.host.facts import Host
from wizard.host.gathered import COPIED
from wizard.host.gathered_facts import Gathered
from wizard.paths import LETSENCRYPT
from wizard.plan.certificate_actions import Lay, ProveRenewals, Renewal
from wizard.plan.model import Step
from wizard.sections.certificate import installing

RENEWALS = "renewals"
"""The step's ID."""
_SHARE = 3
"""certbot renews in the last third of a certificate's lifetime."""


def steps(
    answers: Answers, host: Host, gathered: Gathered, accepted: Collection[str]
) -> Iterator[Step]:
    """Yield the step that tries each renewal. It is done if no file is copied."""
    if gathered.source != COPIED:
        return
    lineages = [
        one
        for one in installing.incoming(answers, host, gathered).values()
        if not installing.fault(one, host.read_at)
    ]
    renewals = tuple(_renewal(one, gathered, accepted) for one in lineages)
    copying = installing.steps(answers, host, gathered, accepted)
    yield Step(
        RENEWALS,
        "Try each renewal",
        "certbot renews here from now on. A certificate that it cannot renew yet is a warning "
        "with its date, and fails nothing.",
        ProveRenewals(renewals),
        tuple(dry_run(one.lineage, one.server) for one in renewals),
        done=all(step.done for step in copying if isinstance(step.action, Lay)) or not lineages,
    )


def _renewal(lineage: Lineage, gathered: Gathered, accepted: Collection[str]) -> Renewal:
    lifetime = lineage.not_after - lineage.not_before
    own = f"{LETSENCRYPT}/renewal/{lineage.name}.conf"
    others = f"{LETSENCRYPT}/renewal/"
    excluded = (
        item.name
        for file in gathered.files
        for item in file.foreign
        if item.name not in accepted and (file.path == own or not file.path.startswith(others))
    )
    return Renewal(
        lineage.name,
        lineage.not_after - lifetime // _SHARE,
        lineage.not_after,
        tuple(dict.fromkeys(excluded)),
        next((file.server for file in gathered.files if file.path == own), ""),
    )
