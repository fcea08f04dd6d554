"""Who may relay, and through which zone of the firewall others reach the server."""

from __future__ import annotations

from wizard.plan import firewall
from wizard.plan.part import Part, Request


def plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    return Part(
        firewall=tuple(firewall.steps(request.answers, request.host, request.scope)),
        warnings=tuple(firewall.warnings(request.answers, request.host, request.scope)),
    )
