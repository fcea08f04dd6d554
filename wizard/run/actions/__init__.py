"""All kinds of actions. Each module here has those of one subject, and is imported for its first action."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wizard.run.action_kind import ActionKind

_MODULES = {
    "back": ("PutBack",),
    "certificates": ("Relink", "SelfSign"),
    "delivery": ("Deliver",),
    "fetch": ("Fetch",),
    "hold": ("HoldMail", "ReleaseMail"),
    "mta": ("StopMta", "ReturnMta", "SetAlternative", "ReturnAlternative"),
    "obtain": ("Obtain", "ClosePort"),
    "postfix_check": ("Command", "PostfixCheck"),
    "proof": ("Prove",),
    "renewal": ("ProveRenewals",),
    "staged": ("StagedCheck",),
    "zone": ("CheckZone", "ReplaceZone", "ReloadZone"),
    "lay": ("Lay", "Forget"),
    "replace": ("KeepOriginal", "ReplaceFile"),
    "tables": ("BuildTable",),
    "firewall": ("OpenFirewall", "CloseFirewall"),
    "service": ("Service", "ReturnUnit", "EnableUnit", "Disable"),
    "dovecot": ("CheckDovecot", "TurnBeside", "AskThenFlush"),
    "signing": ("AskRecords", "SetMember", "MakeKey", "TurnSigner", "ReturnSigner"),
    "signature": ("ProveSignatures",),
    "packages": ("Install", "Remove"),
}
"""By module: the classes of its `ACTION_KINDS`. The order is that of `all_kinds`."""


class _ByClass(dict[type, "ActionKind"]):
    """The kinds by their class; the first look imports the module."""

    def __missing__(self, data: type) -> ActionKind:
        name = next(module for module, names in _MODULES.items() if data.__name__ in names)
        self[data] = next(kind for kind in _kinds(name) if kind.data is data)
        return self[data]


BY_CLASS = _ByClass()


def kind_of_action(action: Any) -> ActionKind:
    """Return the kind of an action."""
    return BY_CLASS[type(action)]


def all_kinds() -> Iterator[ActionKind]:
    """Yield all kinds, in the order in which an undo names what stays (`wizard.run.undo.what_stays`)."""
    for name in _MODULES:
        yield from _kinds(name)


def _kinds(name: str) -> tuple[ActionKind, ...]:
    kinds: tuple[ActionKind, ...] = import_module(f"{__name__}.{name}").ACTION_KINDS
    return kinds
