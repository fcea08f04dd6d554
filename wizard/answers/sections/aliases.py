"""The section `aliases`: who reads root's mail."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import text


@dataclass(frozen=True)
class Aliases:
    """Who reads root's mail (aliases(5)): a user here or an address; "" for not decided."""

    root: str = text(
        "Who reads root's mail",
        "A user here or an address, for root, postmaster and abuse. Else such mail bounces.",
        "",
        becomes="/etc/aliases",
        rule="mail_reader",
    )
