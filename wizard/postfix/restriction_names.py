"""The restrictions that Postfix knows (postconf(5), smtpd_recipient_restrictions).

smtpd replies 451 when it reaches another name, and no command of Postfix's reads the lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Optional

from wizard.host.main_cf import words

_PLAIN = frozenset(
    words(
        """
    permit reject defer defer_if_permit defer_if_reject warn_if_reject permit_inet_interfaces
    permit_mynetworks permit_sasl_authenticated permit_tls_all_clientcerts permit_tls_clientcerts
    permit_auth_destination permit_mx_backup permit_naked_ip_address reject_plaintext_session
    reject_unauth_pipelining reject_multi_recipient_bounce reject_unauth_destination
    defer_unauth_destination reject_unlisted_sender reject_unlisted_recipient
    reject_unverified_sender reject_unverified_recipient reject_non_fqdn_sender
    reject_non_fqdn_recipient reject_unknown_sender_domain reject_unknown_recipient_domain
    reject_sender_login_mismatch reject_authenticated_sender_login_mismatch
    reject_known_sender_login_mismatch reject_unauthenticated_sender_login_mismatch
    reject_unknown_client_hostname reject_unknown_reverse_client_hostname
    reject_invalid_helo_hostname reject_non_fqdn_helo_hostname reject_unknown_helo_hostname reject_unknown_client
    reject_invalid_hostname reject_non_fqdn_hostname reject_unknown_hostname reject_maps_rbl
    check_relay_domains check_recipient_maps
    """
    )
)
"""Restrictions without an argument, names of old (before Postfix 2.3) included."""

WITH_ARGUMENT = re.compile(
    r"check_(client|reverse_client_hostname|helo|sender|recipient)(_a|_mx|_ns)?_access"
    r"|check_(etrn|ccert|sasl)_access|check_policy_service|sleep"
    r"|reject_rbl(_client)?|reject_rhsbl_(client|reverse_client|helo|sender|recipient)"
    r"|permit_dnswl_client|permit_rhswl_client"
)
"""Restrictions with an argument."""


_WARNS = "warn_if_reject"
_REFERS = re.compile(r"[${}()]")
"""Signs of a parameter, a condition or a text in braces, which another place decides about."""


def unknown(listed: Sequence[str], classes: Optional[Sequence[str]]) -> tuple[int, ...]:
    """Return the positions of the restrictions that Postfix does not know, with a table behind one.

    A restriction is a text with its prefix and its argument. Without `classes` nothing is unknown.
    """
    found: list[int] = []
    if classes is None:
        return ()
    for at, text in enumerate(listed):
        words_of_it = [one for one in text.lower().split() if one != _WARNS]
        name = words_of_it[0] if words_of_it else _WARNS
        is_argument = ":" in name and at - 1 in found
        if is_argument or not (_REFERS.search(name) or is_known(name, classes)):
            found.append(at)
    return tuple(found)


def is_known(name: str, classes: Iterable[str]) -> bool:
    """True if Postfix knows a restriction: its own, a table, or one of `classes`."""
    known = name in _PLAIN or WITH_ARGUMENT.fullmatch(name) is not None or ":" in name
    return known or name in {one.lower() for one in classes}
