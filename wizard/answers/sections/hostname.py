"""The section `hostname`: the names of this mail server."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import Written, text


@dataclass(frozen=True)
class Hostname:
    """postconf(5) myhostname, mydomain, myorigin."""

    myhostname: str = text(
        "Name of this mail server",
        "The full name that other servers see: in the banner, in EHLO and in the MX record.",
        rule="fqdn",
        required=True,
        main_cf=Written(
            "The name by which this server greets others, and to which the MX records point."
        ),
    )
    mydomain: str = text(
        "Domain",
        "Leave empty to use the name above without its first part (mail.example.com gives "
        "example.com).",
        rule="fqdn",
        main_cf=Written("The domain that mail here belongs to."),
    )
    myorigin: str = text(
        "Origin of local mail",
        "What is put after @ in mail sent from this host: $myhostname, $mydomain or a name.",
        "$myhostname",
        unset="$myhostname",
        rule="origin",
        main_cf=Written(
            "The domain that is added to addresses without one, in mail sent from this host.",
            examples=False,
        ),
    )
