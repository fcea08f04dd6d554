"""The section `hardening`: protections beyond those of every set-up."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import choice


@dataclass(frozen=True)
class Hardening:
    """The protections beyond those of every set-up: on or off."""

    use: str = choice(
        "Hardening",
        "Protections beyond those of every set-up.",
        "off",
        choices=("off", "on"),
        says=(
            "the protections of every set-up only.",
            "refuse smuggled mail, limit logins, hold users to their own addresses, if Postfix can.",
        ),
        becomes="smtpd_forbid_bare_newline",
    )
