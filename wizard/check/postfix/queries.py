"""For which lines of a session Postfix itself would query blocklists and domains of others.

With `check --quiet-outside` they are not said. A list is read up to the item at which Postfix ends it
(postconf(5)): the sender is the null sender, the recipient somebody elsewhere or postmaster here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from wizard.check.outside import NOT_CAUSED
from wizard.check.postfix.restrictions import items
from wizard.check.smtp.notices import Quiet
from wizard.check.smtp.session import Exchange
from wizard.check.tls.services import PortSettings

_LISTS = tuple(
    f"smtpd_{one}_restrictions" for one in ("client", "helo", "sender", "relay", "recipient")
)
# The null sender has no domain, so that reject_unknown_sender_domain queries nothing.
_ASKS = re.compile(
    r"reject_(?:maps_)?rbl.*|reject_rhsbl_.*|permit_(?:dnswl|rhswl)_client"
    r"|reject_unknown_(?!sender_domain).*|reject_unverified_.*|permit_mx_backup"
    r"|check_\w+_(?:mx|ns|a)_access|check_policy_service"
)
_ENDS = frozenset({"permit", "reject", "defer"})
_ENDS_FOR_OTHERS = frozenset({"reject_unauth_destination", "defer_unauth_destination"})
_ENDS_FOR_TRUSTED = frozenset({"permit_mynetworks"})
_WITHOUT_EFFECT = frozenset({"warn_if_reject", "defer_if_permit", "defer_if_reject"})


def asks_others(here: PortSettings, *, is_trusted: bool, is_for_us: bool) -> bool:
    """True if Postfix may query others for a recipient; `is_trusted` says that mynetworks has the client."""
    if not is_trusted and (here.value("smtpd_peername_lookup") != "no" or here.words(_MILTERS)):
        # The name of a stranger's address is of a zone of others.
        return True
    ends = _ENDS | (_ENDS_FOR_TRUSTED if is_trusted else frozenset())
    ends |= frozenset() if is_for_us else _ENDS_FOR_OTHERS
    classes = here.words("smtpd_restriction_classes")
    return any(_asks(here.words(name), ends, classes) for name in _LISTS)


_MILTERS = "smtpd_milters"


def _asks(listed: Sequence[str], ends: frozenset[str], classes: Sequence[str]) -> bool:
    is_conditional = False
    for name, _ in items(listed):
        if _ASKS.fullmatch(name) or name in classes:
            return True
        if name in ends and not is_conditional:
            return False
        is_conditional = name in _WITHOUT_EFFECT
    return False


def without_queries(
    script: Sequence[Exchange], here: PortSettings, *, is_trusted: bool, ours: str = ""
) -> Quiet:
    """Return the script without the lines for which Postfix would query others.

    `ours` is the name of the exchange with a recipient here, "" if there is none.
    """
    omitted: list[str] = []
    if asks_others(here, is_trusted=is_trusted, is_for_us=False):
        omitted = [one.name for one in script if one.line.startswith(("MAIL ", "RCPT ", "RSET"))]
    elif ours and asks_others(here, is_trusted=is_trusted, is_for_us=True):
        omitted = [ours]
    return Quiet(
        tuple(one for one in script if one.name not in omitted), dict.fromkeys(omitted, NOT_CAUSED)
    )
