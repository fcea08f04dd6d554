"""The executor of each action: a function of the action and its context. It returns undo's data."""

from __future__ import annotations

from typing import Any

from wizard.plan.actions import (
    AskThenFlush,
    BuildTable,
    CheckDovecot,
    CheckZone,
    Command,
    Deliver,
    EnableUnit,
    Forget,
    HoldMail,
    Install,
    KeepOriginal,
    OpenFirewall,
    PostfixCheck,
    Prove,
    ReloadZone,
    ReplaceFile,
    Service,
    SetAlternative,
    StagedCheck,
    StopMta,
    TurnBeside,
)
from wizard.plan.certificate_actions import Fetch, Lay, Obtain, ProveRenewals, Relink, SelfSign
from wizard.plan.undo_actions import (
    CloseFirewall,
    ClosePort,
    Disable,
    PutBack,
    ReleaseMail,
    Remove,
    ReturnAlternative,
    ReturnMta,
    ReturnUnit,
)
from wizard.run.actions import (
    back,
    certificates,
    command,
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
    staged,
    tables,
    zone,
)
from wizard.run.context import Context, Executor, Undo

EXECUTORS: dict[type, Executor] = {
    Install: packages.install,
    KeepOriginal: replace.keep,
    Relink: certificates.relink,
    Fetch: fetch.fetch,
    Obtain: obtain.obtain,
    Lay: lay.lay,
    ProveRenewals: renewal.prove_renewals,
    Forget: lay.forget,
    SelfSign: certificates.self_sign,
    StagedCheck: staged.check,
    ReplaceFile: replace.put,
    CheckZone: zone.check,
    ReloadZone: zone.reload,
    CheckDovecot: dovecot.check,
    TurnBeside: dovecot.turn,
    AskThenFlush: dovecot.ask_then_flush,
    BuildTable: tables.build,
    Command: command.call,
    PostfixCheck: postfix_check.check,
    Service: service.turn,
    HoldMail: hold.hold,
    ReleaseMail: hold.release,
    EnableUnit: service.enable,
    StopMta: mta.stop,
    SetAlternative: mta.lead,
    OpenFirewall: firewall.admit,
    Prove: proof.prove_all,
    Deliver: delivery.deliver,
    PutBack: back.put_back,
    ReturnUnit: service.give_back,
    Disable: service.disable,
    ReturnMta: mta.give_back,
    ReturnAlternative: mta.lead_back,
    CloseFirewall: firewall.close,
    ClosePort: obtain.close_port,
    Remove: packages.remove,
}
"""The executors by the class of the action (wizard.plan.model)."""


def execute(action: Any, context: Context) -> Undo:
    """Execute the action and return what undo needs. Raises Trouble."""
    return EXECUTORS[type(action)](action, context)
