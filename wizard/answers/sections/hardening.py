"""The section `hardening`: protections beyond those of every set-up."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import choice


@dataclass(frozen=True)
class Hardening:
    """The protections beyond those of every set-up, and complete headers for mail with a login."""

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
    headers: str = choice(
        "Missing headers",
        "What mail on 587 and 465 lacks of Date, Message-ID and From, as that of some scanners.",
        "leave",
        choices=("leave", "complete"),
        says=(
            "it leaves as the program wrote it; large providers may refuse it.",
            "it is added before signing; an address without a domain gets one. Two From lines stay.",
        ),
        becomes="local_header_rewrite_clients",
    )
