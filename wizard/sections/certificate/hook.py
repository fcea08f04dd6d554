"""Plan certbot's deploy hook, which reloads Postfix (certbot's manual, "Renewing certificates").

It is written by a first set-up, with another certificate, and if the operator names the section
policy. On a host that was set up before, a missing hook is a warning, not a pending step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from wizard.answers.model import POLICY
from wizard.answers.sections.certificate import OF_A_LINEAGE
from wizard.paths import RENEWAL_HOOK
from wizard.plan.model import Step
from wizard.plan.part import Request
from wizard.plan.planned_file import PlannedFile
from wizard.postfix.lines import Lines
from wizard.postfix.proposal import Proposal
from wizard.postfix.render import as_it_is

WHY = (
    "Postfix serves the old certificate until its processes end, so certbot has it reload after "
    "each renewal."
)


def planned(request: Request) -> Optional[PlannedFile]:
    """Return the planned hook, None if the plan does not change it."""
    answers, host, scope, current = request.answers, request.host, request.scope, request.current
    if not scope.has_any("certificate", POLICY) or RENEWAL_HOOK in request.protected:
        return None
    if answers.certificate.source not in OF_A_LINEAGE:
        return None
    is_new = current is None or current.certificate != answers.certificate
    hook = host.files[RENEWAL_HOOK]
    if not is_new and not (scope.named and POLICY in scope) and hook.live is None:
        return None
    lines = Lines((), ()).insert(0, as_it_is("renewal_hook.sh"), WHY)
    return PlannedFile(hook, Proposal(bytes(lines), lines.reasons()))


def write(file: PlannedFile) -> Step:
    """Return the step that writes the hook."""
    return file.write(
        "Write certbot's hook",
        "After each renewal certbot has Postfix reload, so that it serves the new certificate.",
        "renewal-hook",
    )


def missing(request: Request) -> Iterator[str]:
    """Warn of a missing hook, in a plan that does not write it."""
    hook, source = request.host.files[RENEWAL_HOOK], request.answers.certificate.source
    mine = request.scope.has_any("certificate", POLICY)
    if mine and source in OF_A_LINEAGE and hook.live is None:
        yield (
            f"{hook.path} is missing: after a renewal Postfix would serve the old "
            "certificate. `postfix-wizard apply --section policy` writes it."
        )
