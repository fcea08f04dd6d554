"""Name what remains after an undo and was not there before the run, each thing with its reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from wizard.host.postfix import INDEX_SUFFIX
from wizard.host.units import RUNNING_STATES
from wizard.paths import ALIASES, LINEAGES
from wizard.plan.actions import BuildTable, Install, KeepOriginal, OpenFirewall, Service, TurnBeside
from wizard.plan.certificate_actions import Lay, Relink
from wizard.plan.files import Past
from wizard.plan.model import Plan, Step
from wizard.plan.undo_actions import Remove
from wizard.run.changed import lineage_of
from wizard.run.progress import Progress


@dataclass(frozen=True)
class _Run:
    """A run: its steps that began, with their terms, and the steps that undo it.

    `newer` are paths that other programs wrote since.
    """

    plan: Plan
    begun: tuple[tuple[Step, dict[str, object]], ...]
    back: Sequence[Step]
    newer: Sequence[Past]

    def of(self, *kinds: type) -> Iterator[tuple[Step, dict[str, object]]]:
        """Yield the steps that began and have an action of these kinds."""
        return (one for one in self.begun if isinstance(one[0].action, kinds))

    @property
    def started(self) -> bool:
        """True if the run started a Postfix that did not run."""
        return any(terms.get("was") not in RUNNING_STATES for _, terms in self.of(Service))

    @property
    def removes_package(self) -> bool:
        """True if the undo removes the package."""
        return any(isinstance(step.action, Remove) for step in self.back)


def what_stays(
    plan: Plan, past: Progress, back: Sequence[Step], newer: Sequence[Past]
) -> Iterator[str]:
    """Yield a sentence for each thing that stays, paths first.

    `back` are the steps that undo the run, `newer` the paths that other programs wrote since.
    """
    begun = [step for step in plan.pending if step.id in past.begun]
    with_terms = tuple((step, past.intended.get(step.id, {})) for step in begun)
    run = _Run(plan, with_terms, back, newer)
    for sentences in _STAYS:
        yield from sentences(run)


def _renewed(run: _Run) -> Iterator[str]:
    names = dict.fromkeys(lineage_of(one.path) for one in run.newer if lineage_of(one.path))
    for name in names:
        yield (
            f"{LINEAGES}/{name}: certbot renewed this certificate after the run. Its newer"
            " links are left, with the files that certbot needs to renew it again."
        )
    others = [one.path for one in run.newer if not lineage_of(one.path)]
    if others and not names:
        yield f"{', '.join(others)}: certbot wrote this after the run."


def _issued(run: _Run) -> Iterator[str]:
    issued = (one for one, _ in run.of(Lay, Relink) if getattr(one.action, "stays", False))
    if any(issued):
        yield (
            "/etc/letsencrypt: the certificate that was issued for this host, with its key: an ACME"
            " server issues only so many."
        )


def _originals(run: _Run) -> Iterator[str]:
    paths = [
        step.action.original
        for step in run.plan.steps
        if isinstance(step.action, KeepOriginal) and os.path.lexists(step.action.original)
    ]
    if paths:
        yield f"{', '.join(paths)}: made once, for `diff` with any later state; no undo removes it."


def _tables(run: _Run) -> Iterator[str]:
    paths = dict.fromkeys(f"{ALIASES}{suffix}" for suffix in INDEX_SUFFIX.values())
    there = [path for path in paths if os.path.lexists(path)]
    built = any(
        isinstance(step.action, BuildTable) and step.action.path == ALIASES
        for step, _ in run.of(BuildTable)
    )
    if there and (run.started or built):
        yield f"{', '.join(there)}: built from {ALIASES}, which stays; Postfix does so at each start."


def _firewall(run: _Run) -> Iterator[str]:
    for step, terms in run.of(OpenFirewall):
        if isinstance(step.action, OpenFirewall) and terms.get("added"):
            name = f"{step.action.zone}.xml"
            yield (
                f"/etc/firewalld/zones/{name}, /etc/firewalld/zones/{name}.old: firewalld writes both"
                " at each change of a zone. The first has no service of the run; where it says what"
                f" /usr/lib/firewalld/zones/{name} says, it can be removed."
            )


def _postfix(run: _Run) -> Iterator[str]:
    if run.started:
        yield (
            "/var/spool/postfix, /var/lib/postfix: the queue and what Postfix remembers. Mail that"
            " waits there is delivered once Postfix runs."
        )
        yield "/var/log, /var/lib/rpm: what all programs logged meanwhile, and rpm's own lock files."


def _dovecot(run: _Run) -> Iterator[str]:
    turned = (step.action for step, _ in run.of(TurnBeside))
    if any(isinstance(one, TurnBeside) and one.unit == "dovecot" for one in turned):
        yield "/var/lib/dovecot: Dovecot's list of its instances, which it writes when it starts."


_RECORDS = {
    "postfix": "/etc/passwd, /etc/group, /etc/shadow and /etc/gshadow have its users,"
    " /etc/alternatives and /var/lib/alternatives its commands; /etc/pki/tls/certs/postfix.pem and"
    " /etc/pki/tls/private/postfix.key are its own certificate; "
}
"""Records that a package's scripts make. Other packages have only dnf's records."""


def _package(run: _Run) -> Iterator[str]:
    for step, terms in run.of(Install):
        if not isinstance(step.action, Install) or terms.get("was"):
            continue
        package = step.action.package
        if not run.removes_package:
            yield (
                f"The package {package} stays installed, with its files (`rpm -ql {package}`);"
                " --remove-package takes it too."
            )
        yield (
            f"Records of the package {package}: {_RECORDS.get(package, '')}/var/lib/dnf,"
            " /var/cache/dnf and /var/lib/rpm are dnf's and rpm's."
        )


def _own(run: _Run) -> Iterator[str]:
    if run.begun:
        yield (
            "/var/lib/postfix-wizard, /var/cache/postfix-wizard, /etc/postfix-wizard: the journals"
            " of all runs with the files that they replaced, the unpacked program, saved answers."
        )


_STAYS: tuple[Callable[[_Run], Iterator[str]], ...] = (
    _renewed,
    _issued,
    _originals,
    _tables,
    _firewall,
    _postfix,
    _dovecot,
    _package,
    _own,
)
"""All that can remain of a run, in the order in which it is shown."""
