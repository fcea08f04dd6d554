"""The section `aliases`: who reads the mail of root and of system accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.answers.field import choice, text

SYSTEM_ACCOUNTS = "/etc/postfix/system_accounts"
"""The table of addresses of system accounts, which strangers may not write to."""


@dataclass(frozen=True)
class Aliases:
    """Who reads root's mail (aliases(5)): a user here or an address; "" for not decided.

    `system` says who reads that of system accounts, which Dovecot never takes.
    """

    root: str = text(
        "Who reads root's mail",
        "User or address for mail to root, postmaster and abuse. Empty: returned after five days.",
        "",
        becomes="/etc/aliases",
        rule="mail_reader",
    )
    system: str = choice(
        "Mail for system accounts",
        "Mail for sshd, chrony and the like, which have no mailbox. It needs a reader of root's mail.",
        "leave",
        choices=("leave", "root"),
        says=(
            "it waits for days, then returns to senders, who may be forged.",
            "root's reader gets it from this host; strangers are refused at once.",
        ),
        becomes=SYSTEM_ACCOUNTS,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the field and the message of each broken rule."""
        if self.system == "root" and not self.root:
            yield "system", _NO_READER


_NO_READER = 'root needs a reader of root\'s mail, such as root = "taro"; else mail for system accounts waits as before.'
