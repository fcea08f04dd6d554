"""The section `relay`: the provider's server for outgoing mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.answers.field import choice, number, text
from wizard.answers.rules.addresses import is_address
from wizard.paths import RELAY_PASSWORD_FILE

SMTPS = 465
"""The port that has TLS from the first byte (RFC 8314)."""


@dataclass(frozen=True)
class Relay:
    """The provider's server that takes all mail for others; `host` "" for none.

    `tls` is encrypt, secure (the certificate is verified) or may. `user` is "" if the relay wants
    no password; else `password_file` contains it and nothing else. postconf(5) relayhost.
    """

    host: str = text(
        "Relay host",
        "Your provider's server for outgoing mail, where port 25 is blocked. Empty: mail goes "
        "out directly.",
        "",
        becomes="relayhost",
        rule="relay_host",
    )
    port: int = number(
        "Port",
        "587 as a rule; 465 has TLS from the first byte.",
        587,
        becomes="relayhost",
        lowest=1,
        highest=65535,
    )
    tls: str = choice(
        "TLS",
        "How the connection to the relay host is encrypted.",
        "encrypt",
        choices=("encrypt", "secure", "may"),
        says=(
            "always use TLS; else mail waits.",
            "always use TLS, and verify the relay host's certificate; else mail waits.",
            "use TLS where the relay host offers it; else send in the clear.",
        ),
        becomes="smtp_tls_policy_maps",
    )
    user: str = text(
        "User there",
        "As the provider names it, often an address. Empty: no password is asked for.",
        "",
        becomes="smtp_sasl_password_maps",
        rule="relay_user",
    )
    password_file: str = text(
        "Password file",
        "The password alone on one line, in a file of root's with mode 0600.",
        RELAY_PASSWORD_FILE,
        becomes="",
        rule="key_file",
        saved_only=True,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the field and the message of each broken rule."""
        if self.user and not self.host:
            yield "host", f"Write the server where {self.user} logs in, such as smtp.example.com."
        if self.tls == "secure" and self.host and is_address(self.host):
            yield (
                "tls",
                "secure needs the relay host's name, such as smtp.example.com: a certificate is for a name.",
            )
        if self.tls == "may" and self.host and self.port == SMTPS:
            yield "tls", f"Port {SMTPS} always has TLS. Choose encrypt or secure."
