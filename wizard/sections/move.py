"""The old server's name: no file of the host holds it, only the saved answers, which a run writes."""

from __future__ import annotations

from wizard.plan.part import Part, Request


def plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    named = request.answers.move.old_server
    return Part(saves="move" in request.scope and named != request.host.old_server)
