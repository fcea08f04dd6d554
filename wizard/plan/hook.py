"""certbot's deploy hook: Postfix is told of each renewal (certbot's manual, "Renewing certificates").

It comes with a first set-up, with another certificate, and with the section policy by name. Where
it is absent on a host that was set up before, that is told and is no pending change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from wizard.answers.model import POLICY, Answers
from wizard.answers.whole import OF_A_LINEAGE
from wizard.host.facts import Host
from wizard.plan.scope import Scope
from wizard.postfix.lines import Lines
from wizard.postfix.proposal import Proposal
from wizard.postfix.render import as_it_is

WHY = (
    "Postfix serves the old certificate until its processes end, so certbot has it reload after "
    "each renewal."
)


def propose(
    answers: Answers, host: Host, scope: Scope, today: Optional[Answers]
) -> Optional[Proposal]:
    """Return the hook as it is to be, None where the plan leaves it alone.

    `today` is what was read back.
    """
    if not scope.has_any("certificate", POLICY):
        return None
    if answers.certificate.source not in OF_A_LINEAGE:
        return None
    is_new = today is None or today.certificate != answers.certificate
    if not is_new and not (scope.named and POLICY in scope) and host.hook.live is None:
        return None
    lines = Lines((), ()).insert(0, as_it_is("renewal_hook.sh"), WHY)
    return Proposal(bytes(lines), lines.reasons())


def missing(answers: Answers, host: Host, scope: Scope) -> Iterator[str]:
    """Say that there is no hook, where the plan does not write one."""
    mine = scope.has_any("certificate", POLICY)
    if mine and answers.certificate.source in OF_A_LINEAGE and host.hook.live is None:
        yield (
            f"{host.hook.path} is missing: after a renewal Postfix would serve the old "
            "certificate. `postfix-wizard apply --section policy` writes it."
        )
