"""The section `hardening`: what goes beyond the policy."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import choice


@dataclass(frozen=True)
class Hardening:
    """Whether what goes beyond the policy is done: on or off."""

    use: str = choice(
        "Hardening",
        "on: no mail smuggled by bare newlines, few logins a minute, a login's own senders "
        "only, where Postfix can.",
        "off",
        choices=("off", "on"),
        becomes="smtpd_forbid_bare_newline",
    )
