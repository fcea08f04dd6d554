"""The section `certificate`: where the certificate comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.answers.field import choice, number, text

OF_A_LINEAGE = frozenset({"letsencrypt", "remote", "certbot"})
"""Sources of the certificate that name a lineage."""


@dataclass(frozen=True)
class Certificate:
    """Where the certificate comes from; `name` is the lineage in /etc/letsencrypt/live.

    `self-signed`: the name is not used; `days` is the certificate's lifetime.
    `remote`: `host` is the present server, [user@]host, and its /etc/letsencrypt is copied.
    `existing` is keep or replace, for a different lineage that this host has already.
    `files`: the two paths are the operator's own pair, which is used at these paths.
    `certbot`: the certificate is issued here. `challenge` is standalone, or webroot with the
    directory `webroot`. `email` is the account's, "" for none. `server` is the URL of the ACME
    directory, "" for Let's Encrypt.
    """

    source: str = choice(
        "Where it comes from",
        "Where the server's certificate comes from. Each choice has its own fields.",
        "letsencrypt",
        choices=("letsencrypt", "remote", "certbot", "files", "self-signed"),
        says=(
            "use one already in /etc/letsencrypt.",
            "copy it from the present server by ssh.",
            "get a new one here; needs port 80 open.",
            "use your own certificate and key files.",
            "make one for a trial; nobody trusts it.",
        ),
        becomes="smtpd_tls_cert_file",
    )
    name: str = text(
        "Certificate name",
        "The name in `certbot certificates`; a directory in /etc/letsencrypt/live.",
        "",
        becomes="smtpd_tls_cert_file",
        rule="lineage",
    )
    days: int = number(
        "Days until it expires",
        "For a self-signed certificate only.",
        365,
        becomes="openssl req -days",
        lowest=1,
        highest=3650,
        saved_only=True,
    )
    host: str = text(
        "Present server",
        "[user@]host: its /etc/letsencrypt is copied over ssh; its user must be able to read it.",
        "",
        becomes="scp -pr",
        rule="ssh_host",
        saved_only=True,
    )
    existing: str = choice(
        "If already here",
        "What happens to a certificate of that name that is already on this host.",
        "keep",
        choices=("keep", "replace"),
        says=(
            "a certificate of that name that is already on this host stays as it is.",
            "the copy replaces a certificate of that name on this host.",
        ),
        becomes="/etc/letsencrypt",
        saved_only=True,
    )
    cert_file: str = text(
        "Certificate file",
        "PEM: this server's certificate first, then the ones that signed it.",
        "",
        becomes="smtpd_tls_cert_file",
        rule="absolute_path",
    )
    key_file: str = text(
        "Key file",
        "PEM, without a password: nobody could type it when Postfix starts.",
        "",
        becomes="smtpd_tls_key_file",
        rule="absolute_path",
    )
    challenge: str = choice(
        "Challenge",
        "Who shows the certificate authority that this host has the name.",
        "standalone",
        choices=("standalone", "webroot"),
        says=(
            "certbot itself answers on port 80 while it runs.",
            "a web server on this host shows certbot's file on port 80.",
        ),
        becomes="certbot certonly",
        saved_only=True,
    )
    webroot: str = text(
        "Web server's files",
        "The directory that http://NAME/ shows; certbot writes below its .well-known.",
        "",
        becomes="--webroot-path",
        rule="absolute_path",
        saved_only=True,
    )
    email: str = text(
        "Account's e-mail",
        "Where the authority writes to when something is wrong. Empty: nowhere.",
        "",
        becomes="certbot -m",
        rule="email",
        saved_only=True,
    )
    server: str = text(
        "ACME server",
        "Its directory's URL. Empty: Let's Encrypt.",
        "",
        becomes="certbot --server",
        rule="acme_server",
        saved_only=True,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the field and the message of each broken rule."""
        if self.source in OF_A_LINEAGE and not self.name:
            yield (
                "name",
                (
                    f"Write the certificate's name for source {self.source}, such as example.com: "
                    "a directory in /etc/letsencrypt/live."
                ),
            )
        if self.source == "files":
            if not self.cert_file:
                yield (
                    "cert_file",
                    "Write the full path of the certificate, such as /etc/pki/tls/certs/mail.pem.",
                )
            if not self.key_file:
                yield (
                    "key_file",
                    "Write the full path of the key file, such as /etc/pki/tls/private/mail.key.",
                )
        if self.source == "certbot" and self.challenge == "webroot" and not self.webroot:
            yield (
                "webroot",
                "Write the directory that your web server shows, such as /var/www/html.",
            )
        if self.source == "remote" and not self.host:
            yield (
                "host",
                ("Write the server that has the certificates today, such as root@old.example.com."),
            )
