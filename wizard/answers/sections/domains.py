"""The section `domains`: the names that are local here."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import items


@dataclass(frozen=True)
class Domains:
    """Names that are local besides $myhostname, localhost.$mydomain, localhost, $mydomain."""

    local: tuple[str, ...] = items(
        "Names that are local here",
        "Besides this host and its domain: every name whose MX points here.",
        (),
        becomes="mydestination",
        rule="fqdn",
        unique=True,
    )
