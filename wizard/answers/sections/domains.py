"""The section `domains`: the names that are local here."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import items


@dataclass(frozen=True)
class Domains:
    """Names that are local besides $myhostname, localhost.$mydomain, localhost, $mydomain."""

    local: tuple[str, ...] = items(
        "Domains this server receives mail for",
        "Your other mail domains, one per line: those whose MX record names this server.",
        (),
        becomes="mydestination",
        rule="fqdn",
        unique=True,
    )
