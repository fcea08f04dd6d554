"""Read EL's system-wide crypto policy (crypto-policies(7)), which OpenSSL's defaults follow."""

from __future__ import annotations

import re

from wizard.door import Door

STATE, CONFIG = "/etc/crypto-policies/state/current", "/etc/crypto-policies/config"
_NAME = re.compile(r"[A-Z0-9_-]+(?::[A-Z0-9_-]+)*", re.IGNORECASE)


def read_crypto_policy(door: Door) -> str:
    """Return the name of the policy in force, as `DEFAULT:NO-SHA1`; "" for none. Never raises.

    Without the state, the configured name counts, from the next `update-crypto-policies` on.
    """
    for path in (STATE, CONFIG):
        lines = (one.strip() for one in door.readable_text(path).splitlines())
        name = next((one for one in lines if one and not one.startswith("#")), "")
        if _NAME.fullmatch(name):
            return name
    return ""
