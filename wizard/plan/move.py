"""The old server's name: no file of the host holds it, only the saved answers, which a run writes."""

from __future__ import annotations

from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.plan.scope import Scope


def is_to_be_saved(answers: Answers, host: Host, scope: Scope) -> bool:
    """Whether the answers name another old server than those that are saved."""
    return "move" in scope and answers.move.old_server != host.old_server
