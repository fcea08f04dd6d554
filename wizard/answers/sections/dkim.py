"""The section `dkim`: mail of the local domains is signed."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import choice, items, text


@dataclass(frozen=True)
class Dkim:
    """Whether mail is signed (RFC 6376), for which domains, and what the DMARC record says.

    Without `domains` these are mydomain and the local domains. Without `selector` it is that of the
    keys that exist, else one made of the month.
    """

    use: str = choice(
        "Signatures (DKIM)",
        "The large providers want signed mail. The first run makes keys; publish them, then run again.",
        "off",
        choices=("off", "on"),
        says=(
            "mail leaves without a signature of this server.",
            "opendkim signs your domains' mail once their records are published.",
        ),
        becomes="opendkim",
    )
    domains: tuple[str, ...] = items(
        "Domains that sign",
        "Each has a key of its own. Empty: the domain of this server and its other mail domains.",
        becomes="/etc/opendkim/SigningTable",
        rule="fqdn",
        saved_only=True,
        unique=True,
    )
    selector: str = text(
        "Selector",
        "The name of the key in DNS, such as s202611. A new one makes new keys. Empty: the present one.",
        "",
        becomes="SELECTOR._domainkey",
        rule="selector",
        saved_only=True,
    )
    dmarc: str = choice(
        "DMARC",
        "The policy of the first record that `check` prints. One that is published stays as it is.",
        "none",
        choices=("none", "quarantine", "reject"),
        says=(
            "receivers only send reports about mail that fails.",
            "receivers put mail that fails into the folder for spam; read reports for weeks first.",
            "receivers refuse mail that fails; mail through mailing lists may be lost.",
        ),
        becomes="_dmarc",
        saved_only=True,
    )
