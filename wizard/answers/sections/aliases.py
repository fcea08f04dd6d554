"""The section `aliases`: who reads root's mail."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import text


@dataclass(frozen=True)
class Aliases:
    """Who reads root's mail (aliases(5)): a user here or an address; "" for not decided."""

    root: str = text(
        "Who reads root's mail",
        "User or address for mail to root, postmaster and abuse. Empty: returned after five days.",
        "",
        becomes="/etc/aliases",
        rule="mail_reader",
    )
