"""The section `blocklists`: lists that are queried about every stranger, and senders by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.answers.catalogue import CATALOGUE, KINDS
from wizard.answers.field import choice, items, text
from wizard.paths import DQS_KEY_FILE


@dataclass(frozen=True)
class CustomBlocklist:
    """One list of the operator's own; `kind` is client, sender, helo or reverse_client.

    `replies` is the reply filter of reject_rbl_client (postconf(5)), such as `127.0.0.[2..11]`,
    or empty for any reply.
    """

    zone: str = text("Zone", "", becomes="", rule="fqdn", required=True)
    kind: str = choice("Kind", "", "client", choices=tuple(KINDS), becomes="")
    replies: str = text("Replies", "", "", becomes="", rule="replies")


@dataclass(frozen=True)
class Blocklists:
    """Catalogue names in use, lists of the operator's own, and the rows of sender_access.

    `dqs_key_file` is the file with the key of Spamhaus's Data Query Service. It is read only if a
    list in use needs the key.
    """

    use: tuple[str, ...] = items(
        "Blocklists",
        "Each connection from outside is looked up in these lists. Check that their terms of use "
        "allow your use.",
        tuple(one.name for one in CATALOGUE if one.is_default),
        choices=tuple(one.name for one in CATALOGUE),
        becomes="smtpd_recipient_restrictions",
        unique=True,
    )
    custom: tuple[CustomBlocklist, ...] = ()
    allow_senders: tuple[str, ...] = items(
        "Senders let past the lists",
        "An address, or a domain with its subdomains. Senders are easily forged.",
        (),
        becomes="sender_access OK",
        rule="sender",
        unique=True,
    )
    reject_senders: tuple[str, ...] = items(
        "Senders always refused",
        "An address, or a domain with its subdomains.",
        (),
        becomes="sender_access REJECT",
        rule="sender",
        unique=True,
    )
    dqs_key_file: str = text(
        "Key file for DQS",
        "Spamhaus's key alone on one line, in a file of root's with mode 0600.",
        DQS_KEY_FILE,
        becomes="",
        rule="key_file",
        saved_only=True,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the field and the message of each broken rule."""
        for key in sorted(set(self.allow_senders) & set(self.reject_senders)):
            yield (
                "reject_senders",
                f"{key} is also in the list of allowed senders. Keep it in one list.",
            )
