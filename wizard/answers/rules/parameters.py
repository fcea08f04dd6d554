"""Rules for the values of single parameters of Postfix: times, transports, reply filters."""

from __future__ import annotations

import re

from wizard.answers.rules.characters import printable

_TRANSPORT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*:[A-Za-z0-9_./:\[\]-]*")
_TIME = re.compile(r"([1-9][0-9]{0,9})([smhdw]?)")
UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
"""Seconds by the unit of a time in main.cf (postconf(5))."""
_LONGEST_TIME = 2**31 - 1
"""Seconds; Postfix's programs do not start with a longer time."""

_REPLIES = re.compile(r"127(?:\.(?:[0-9]{1,3}|\[[0-9.;]+\])){3}")
_OCTETS = re.compile(r"([0-9]{1,3})(?:\.\.([0-9]{1,3}))?")
_RELAY_USER = re.compile(r"[A-Za-z0-9._+@=/%~][A-Za-z0-9._+@=/%~-]*")


def relay_user(text: str) -> str:
    """Accept a login name without a colon, which would end it in sasl_passwd; or nothing."""
    if set(printable(text)) & set(": "):
        raise ValueError("A user name in sasl_passwd cannot contain a colon or a blank. Remove it.")
    if text and not _RELAY_USER.fullmatch(text):
        raise ValueError("This is not a user name. Use letters, digits and . _ + @ = / % ~ -")
    return text


def recipient_delimiter(text: str) -> str:
    """Accept up to four punctuation characters, or nothing (postconf(5) recipient_delimiter)."""
    if not re.fullmatch(r"[+=._#~^!%&*|-]{0,4}", printable(text)):
        raise ValueError(
            "This is not a delimiter. Write up to four punctuation characters, such as +"
        )
    return text


def mailbox_transport(text: str) -> str:
    """Accept TRANSPORT:NEXTHOP of master(5), or nothing for Postfix's own local delivery."""
    if text and not _TRANSPORT.fullmatch(printable(text)):
        raise ValueError(
            "This is not a transport. Write one such as lmtp:unix:private/dovecot-lmtp (Dovecot's)."
        )
    return text


def time_unit(text: str) -> str:
    """Accept a time of postconf(5): a number and s, m, h, d or w."""
    found = _TIME.fullmatch(printable(text))
    if not found:
        raise ValueError("This is not a time. Write a number and a unit, such as 60s.")
    if int(found[1]) * UNIT_SECONDS[found[2]] > _LONGEST_TIME:
        raise ValueError(
            "Postfix cannot count so long a time (68 years at most). Write one such as 60s."
        )
    return text


def replies(text: str) -> str:
    """Accept a reply filter of reject_rbl_client (postconf(5)), or nothing for any reply.

    With a filter that it cannot parse, smtpd ends with "RBL reply error" and refuses nobody.
    """
    if text and not (
        _REPLIES.fullmatch(printable(text))
        and all(map(_are_octets, re.findall(r"\[([^]]*)\]|([0-9]+)", text)))
    ):
        raise ValueError(
            "This is not a reply filter. Write one such as 127.0.0.2 or 127.0.0.[2..11]."
        )
    return text


def _are_octets(part: tuple[str, str]) -> bool:
    """True if an octet, or the items between two brackets, are numbers and ranges up to 255."""
    for item in (part[1] or part[0]).split(";"):
        found = _OCTETS.fullmatch(item)
        if not found or not int(found[1]) <= int(found[2] or found[1]) <= 255:  # noqa: PLR2004
            return False
    return True
