"""The executor of each action: a function of the action and its context. It returns undo's data."""

from __future__ import annotations

from typing import Any

from wizard.plan import model
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
    model.Install: packages.install,
    model.KeepOriginal: replace.keep,
    model.Relink: certificates.relink,
    model.Fetch: fetch.fetch,
    model.Obtain: obtain.obtain,
    model.Lay: lay.lay,
    model.ProveRenewals: renewal.prove_renewals,
    model.Forget: lay.forget,
    model.SelfSign: certificates.self_sign,
    model.StagedCheck: staged.check,
    model.ReplaceFile: replace.put,
    model.CheckZone: zone.check,
    model.ReloadZone: zone.reload,
    model.CheckDovecot: dovecot.check,
    model.TurnBeside: dovecot.turn,
    model.AskThenFlush: dovecot.ask_then_flush,
    model.BuildTable: tables.build,
    model.Command: command.call,
    model.PostfixCheck: postfix_check.check,
    model.Service: service.turn,
    model.HoldMail: hold.hold,
    model.ReleaseMail: hold.release,
    model.EnableUnit: service.enable,
    model.StopMta: mta.stop,
    model.SetAlternative: mta.lead,
    model.OpenFirewall: firewall.admit,
    model.Prove: proof.prove_all,
    model.Deliver: delivery.deliver,
    model.PutBack: back.put_back,
    model.ReturnUnit: service.give_back,
    model.Disable: service.disable,
    model.ReturnMta: mta.give_back,
    model.ReturnAlternative: mta.lead_back,
    model.CloseFirewall: firewall.close,
    model.ClosePort: obtain.close_port,
    model.Remove: packages.remove,
}
"""The executors by the class of the action (wizard.plan.model)."""


def execute(action: Any, context: Context) -> Undo:
    """Execute the action and return what undo needs. Raises Trouble."""
    return EXECUTORS[type(action)](action, context)
