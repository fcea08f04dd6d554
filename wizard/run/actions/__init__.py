"""All kinds of actions. Each module here has those of one subject."""

from __future__ import annotations

from typing import Any

from wizard.run.action_kind import ActionKind
from wizard.run.actions import (
    back,
    certificates,
    delivery,
    dovecot,
    fetch,
    firewall,
    hold,
    lay,
    mta,
    obtain,
    packages,
    postfix_check,
    proof,
    renewal,
    replace,
    service,
    signature,
    signing,
    staged,
    tables,
    zone,
)

ACTION_KINDS: tuple[ActionKind, ...] = (
    *back.ACTION_KINDS,
    *certificates.ACTION_KINDS,
    *delivery.ACTION_KINDS,
    *fetch.ACTION_KINDS,
    *hold.ACTION_KINDS,
    *mta.ACTION_KINDS,
    *obtain.ACTION_KINDS,
    *postfix_check.ACTION_KINDS,
    *proof.ACTION_KINDS,
    *renewal.ACTION_KINDS,
    *staged.ACTION_KINDS,
    *zone.ACTION_KINDS,
    *lay.ACTION_KINDS,
    *replace.ACTION_KINDS,
    *tables.ACTION_KINDS,
    *firewall.ACTION_KINDS,
    *service.ACTION_KINDS,
    *dovecot.ACTION_KINDS,
    *signing.ACTION_KINDS,
    *signature.ACTION_KINDS,
    *packages.ACTION_KINDS,
)
"""The order is that in which an undo names what stays (`wizard.run.undo.what_stays`)."""
BY_CLASS = {kind.data: kind for kind in ACTION_KINDS}


def kind_of_action(action: Any) -> ActionKind:
    """Return the kind of an action."""
    return BY_CLASS[type(action)]
