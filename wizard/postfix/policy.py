"""The policy as pure functions: live text and answers to the next text, one a file."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.postfix.main_policy import propose_main_cf
from wizard.postfix.parameters import BY_NAME, NOTHING, RELOAD, RESTART, SENDER_ACCESS_CHANGED
from wizard.postfix.sender_access import owned_rows, propose_sender_access, rows
from wizard.postfix.services import propose_master_cf

__all__ = [
    "needs",
    "owned_rows",
    "propose_main_cf",
    "propose_master_cf",
    "propose_sender_access",
    "rows",
]


def needs(changed: Iterable[str]) -> str:
    """Return what changes need to be in force: `nothing`, `reload` or `restart`.

    `changed` are names as in Proposal.changed: parameters, service entries (a reload is enough for
    a new listener), or the table, which Postfix reads again by itself.
    """
    found = {_needs(name) for name in changed}
    return next((need for need in (RESTART, RELOAD) if need in found), NOTHING)


def _needs(name: str) -> str:
    if name == SENDER_ACCESS_CHANGED:
        return NOTHING
    return BY_NAME[name].needs if name in BY_NAME else RELOAD
