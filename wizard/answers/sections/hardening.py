"""The section `hardening`: protections beyond the policy."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import choice


@dataclass(frozen=True)
class Hardening:
    """The protections beyond the policy: on or off."""

    use: str = choice(
        "Hardening",
        "on: refuse smuggled mail, limit logins, let users send only with their own address, "
        "where this Postfix can.",
        "off",
        choices=("off", "on"),
        becomes="smtpd_forbid_bare_newline",
    )
