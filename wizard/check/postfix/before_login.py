"""Find what refuses people before their login counts, on each port that is for them (RFC 6409).

A service inherits all lists of main.cf that it has no `-o` for. On a port for people no list may
refuse a client before permit_sasl_authenticated: they write from addresses that blocklists have,
without a name, and their programs introduce themselves by any name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from wizard.check.postfix.restrictions import LISTS, items
from wizard.finding import Check, Finding
from wizard.postfix.settings import Settings
from wizard.text import counted, printable

_CHECK = Check(
    "restrictions.before-login",
    "restrictions on ports for people",
    "nothing refuses anybody before the login counts",
)
_LOGIN = "permit_sasl_authenticated"
_REFUSES = re.compile(
    r"reject|defer|reject_(?:maps_)?rbl.*|reject_rhsbl_(?:client|reverse_client|helo)"
    r"|reject_unknown_(?:client|reverse_client|forward_client).*|reject_unknown_(?:helo_)?hostname"
    r"|reject_(?:invalid|non_fqdn)_(?:helo_)?hostname|reject_unknown_client"
    r"|reject_unauth_destination|defer_unauth_destination|reject_plaintext_session"
)
"""What may refuse a person's own client; of senders and recipients only what forbids sending."""


def is_for_people(settings: Settings) -> bool:
    """True if a service takes logins."""
    return settings.is_on("smtpd_sasl_auth_enable")


def judge_before_login(
    settings: Settings, services: Iterable[tuple[str, Mapping[str, str]]]
) -> Iterator[Finding]:
    """`restrictions.before-login`; nothing if no service takes logins.

    `services` are the smtpd services of master.cf by name, each with its `-o` options.
    """
    tried = 0
    for service, options in services:
        own = settings.of(options)
        if not is_for_people(own):
            continue
        tried += 1
        for name in LISTS:
            refusing = first_refusal(own.words(name))
            if refusing:
                where = name if name in options else f"{name} of main.cf, which it inherits,"
                yield _CHECK.wrong(
                    printable(f"{service}: {where} has {refusing} before {_LOGIN}"),
                    printable(
                        f"Put {_LOGIN} before it, or give {service} an empty `-o {name}=` in "
                        "master.cf; reload."
                    ),
                )
                return
    if tried:
        yield _CHECK.right(f"{counted(tried, 'port')}: nothing does")


def first_refusal(listed: tuple[str, ...]) -> str:
    """Return the first restriction that refuses a client before a login counts, else ""."""
    warns = False
    for name, argument in items(listed):
        if name in {_LOGIN, "permit"}:
            return ""
        if _REFUSES.fullmatch(name) and not warns:
            return f"{name} {argument}".strip()
        warns = name == "warn_if_reject"
    return ""
