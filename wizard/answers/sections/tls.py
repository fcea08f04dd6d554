"""The section `tls`: which TLS versions and ciphers the ports accept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.answers.field import choice

POLICY, INTERMEDIATE, MODERN = "policy", "intermediate", "modern"
"""The profiles: Postfix's own versions and ciphers, and Mozilla's two (Server Side TLS, 5.7)."""
STRICT = "strict"
TLS_CONF = "/etc/dovecot/conf.d/99-postfix-wizard-tls.conf"
"""The file with the profile's settings of Dovecot."""


@dataclass(frozen=True)
class Tls:
    """The profile of 587, 465 and 993, and whether port 25 has its limits, too."""

    profile: str = choice(
        "TLS of mail programs",
        "TLS versions and ciphers on 587 and 465, and on 993 if Dovecot's lines are written.",
        POLICY,
        choices=(POLICY, INTERMEDIATE, MODERN),
        says=(
            "what Postfix, Dovecot and the system's crypto policy accept.",
            "TLS 1.2 or newer, with the ciphers of Mozilla's intermediate profile.",
            "TLS 1.3 alone: mail programs from before 2019 can neither send nor read mail.",
        ),
        becomes="smtpd_tls_mandatory_protocols",
    )
    port25: str = choice(
        "TLS on port 25",
        "TLS versions and ciphers for other servers. strict needs a profile.",
        POLICY,
        choices=(POLICY, STRICT),
        says=(
            "what other servers can; with a profile only anonymous and export ciphers are refused.",
            "TLS 1.2 or newer, as intermediate; old servers send in cleartext, or not at all.",
        ),
        becomes="smtpd_tls_protocols",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the field and the message of each broken rule."""
        if self.port25 == STRICT and self.profile == POLICY:
            yield "port25", _NO_PROFILE


_NO_PROFILE = (
    "strict needs a profile: 587 and 465 would have older TLS. Choose the profile intermediate."
)
