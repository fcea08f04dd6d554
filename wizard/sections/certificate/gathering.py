"""Decide what the section must gather first: another server's certificates, or one from ACME.

Nothing if the source needs no gathering, if its certificate is installed already, or if a gathered
tree can be used. A pure function of answers and host.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Optional

from wizard.answers.model import SECTIONS, Answers
from wizard.certificates.model import Lineage
from wizard.host.facts import Host
from wizard.host.gathered_facts import Gathered
from wizard.plan.certificate_actions import Fetch
from wizard.plan.model import Step
from wizard.plan.part import Gathering
from wizard.plan.scope import scope_of
from wizard.sections.certificate import installing, issuing

SECTION = "certificate"


def gather(answers: Answers, host: Host, sections: Collection[str]) -> Optional[Gathering]:
    """Return what must be gathered, None if nothing must."""
    source = answers.certificate.source
    if SECTION not in scope_of(sections) or source not in _GATHERS:
        return None
    gathered = installing.current(answers, host)
    # If all sections are named, that is not a rerun of this one.
    rerun = SECTION in sections and not set(SECTIONS) <= set(sections)
    if gathered is None and _IN_PLACE[source](answers, host, rerun):
        return None
    wrong = unusable(answers, host, gathered) if gathered is not None else ""
    if gathered is not None and not wrong:
        return None
    is_issued = source == installing.ISSUED
    return Gathering(
        SECTION,
        source,
        _GATHERS[source](answers, host),
        cautions=tuple(issuing.cautions(answers)) if is_issued else (),
        obstacles=tuple(issuing.obstacles(answers, host)) if is_issued else (),
        warnings=(
            *((wrong,) if wrong else ()),
            *(issuing.warnings(answers) if is_issued else ()),
        ),
        # The names in the certificate are unknown until it is gathered.
        later=frozenset({"certificate-name"}),
    )


def unusable(answers: Answers, host: Host, gathered: Gathered) -> str:
    """Return why the gathered tree has no usable certificate of the chosen name, "" if it has."""
    name = answers.certificate.name
    there = {lineage.name: lineage for lineage in installing.to_be(answers, host, gathered)}
    chosen = there.get(name)
    if chosen is None:
        known = ", ".join(lineage.name for lineage in gathered.lineages) or "none"
        wrong = f"it has no lineage {name}; it has {known}"
    else:
        wrong = installing.fault(chosen, host.read_at)
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(gathered.at))
    return f"What was gathered from {gathered.origin} at {when}: {wrong}." if wrong else ""


def _copied(answers: Answers, host: Host, rerun: bool) -> bool:
    own: Optional[Lineage] = host.lineage(answers.certificate.name)
    return not rerun and own is not None and own.linked and not installing.fault(own, host.read_at)


_IN_PLACE: dict[str, Callable[[Answers, Host, bool], bool]] = {
    "remote": _copied,
    installing.ISSUED: issuing.in_place,
}
"""By source: True if the certificate is installed. The third argument is True in a rerun."""


def _fetch(answers: Answers, _host: Host) -> Step:
    host = answers.certificate.host
    return Step(
        "fetch",
        f"Copy /etc/letsencrypt from {host}",
        "Into a private directory first, where each certificate is judged before it is used.",
        Fetch(host, "remote"),
        (("scp", "-pr", "--", f"{host}:/etc/letsencrypt", "STAGING"),),
    )


_GATHERS: dict[str, Callable[[Answers, Host], Step]] = {
    "remote": _fetch,
    installing.ISSUED: issuing.step,
}
"""By source: the step that gathers."""
