"""The words that rows about Postfix share: a fault with its cause, settings, tables, options."""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.way import MASTER, NOTHING, RESTART, Way

KIND = "$(postconf -h default_database_type)"
MAP = "$default_database_type:/etc/postfix/"
"""Where main.cf names a table that `built` makes."""


def fault(
    script: str,
    *cause: str,
    stops: Optional[bool] = None,
    settle: str = RESTART,
    mend: str = NOTHING,
) -> Way:
    """Return a row that was written before its check: words of its cause, and whether mail stops."""
    return Way(script, cause=cause, stops=stops, settle=settle, mend=mend)


def sets(*texts: str) -> str:
    """Set parameters in place, so that no earlier line of the same name is overridden."""
    return "\n".join(f"postconf -e '{text}'" for text in texts)


def written(path: str, *rows: str) -> str:
    """Write a file of these lines."""
    lines = " ".join(f"'{row}'" for row in rows)
    return f"printf '%s\\n' {lines} >{path}\n"


def built(name: str, *rows: str) -> str:
    """Write a table into /etc/postfix and build it; `MAP` + name is what main.cf says."""
    return written(f"/etc/postfix/{name}", *rows) + f"postmap {KIND}:/etc/postfix/{name}\n"


def aliased(*rows: str) -> str:
    """Append rows to the aliases and build them."""
    lines = " ".join(f"'{row}'" for row in rows)
    return f"printf '%s\\n' {lines} >>/etc/aliases; newaliases\n"


def option(service: str, *settings: str) -> str:
    """Give a service of master.cf, as smtp/inet, its own value of parameters."""
    return "\n".join(f"postconf -P '{service}/{setting}'" for setting in settings)


def field(service: str, setting: str) -> str:
    """Set a column of an entry of master.cf: postconf(1) knows them by name, as chroot=y."""
    return f"postconf -F '{service}/{setting}'"


def entry(*lines: str) -> str:
    """Append lines to master.cf."""
    words = " ".join(f"'{one}'" for one in lines)
    return f"printf '%s\\n' {words} >>{MASTER}\n"


def without(name: str) -> str:
    """Comment the entry of a service out, its options with it."""
    return f"postconf -M '{name}' | grep -q .; postconf -M# '{name}'"


def ahead(restriction: str) -> str:
    """Put a restriction before the rule against relaying, in both lists that may have it."""
    return (
        'postconf -e "smtpd_recipient_restrictions = $(postconf -h smtpd_recipient_restrictions '
        f"| sed 's|reject_unauth_destination|{restriction}, &|')\"\n"
    ) + sets(
        f"smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, {restriction}, "
        "reject_unauth_destination"
    )
