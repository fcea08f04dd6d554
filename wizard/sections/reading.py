"""Read values of the host's main.cf, with Postfix's defaults and its own names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from wizard.answers.field import Field
from wizard.answers.fields import fields_of
from wizard.answers.unsaid import unsaid
from wizard.host.facts import Host
from wizard.host.main_cf import words
from wizard.paths import MAIN_CF
from wizard.postfix.itself import nexthops
from wizard.postfix.main_cf import MainCf
from wizard.postfix.meaning import BLANK, Own, own_names
from wizard.postfix.parameters import DEFAULTS
from wizard.sections.section import NONE
from wizard.text import shortened

RECIPIENT_RESTRICTIONS = "smtpd_recipient_restrictions"
_STOCK = {
    "inet_interfaces": ("localhost",),
    "inet_protocols": ("all",),
    "mydestination": ("$myhostname, localhost.$mydomain, localhost",),
    "alias_maps": ("hash:/etc/aliases", "lmdb:/etc/aliases"),
    "alias_database": ("hash:/etc/aliases", "lmdb:/etc/aliases"),
    "smtpd_tls_cert_file": ("/etc/pki/tls/certs/postfix.pem",),
    "smtpd_tls_key_file": ("/etc/pki/tls/private/postfix.key",),
    "smtpd_tls_security_level": ("may",),
    "smtp_tls_security_level": ("may",),
}
"""Values in the main.cf of EL's package that say how mail is handled."""
_OF_THE_PACKAGE = frozenset(
    (
        *("command_directory", "daemon_directory", "data_directory", "html_directory"),
        *("manpage_directory", "meta_directory", "queue_directory", "readme_directory"),
        *("sample_directory", "shlib_directory", "mailq_path", "newaliases_path", "sendmail_path"),
        *("mail_owner", "setgid_group", "compatibility_level", "default_database_type"),
        *("debug_peer_level", "debugger_command", "unknown_local_recipient_reject_code"),
        *("smtp_tls_CAfile", "smtp_tls_CApath"),
    )
)
"""Parameters of the package's main.cf that are about places and the package itself."""
PARAMETER = re.compile(r"\$\{(\w+)\}|\$\((\w+)\)")
"""The two other spellings of $name."""
_WIDE = re.compile(rf"{BLANK}+")
NUMBER = re.compile(r"[0-9]{1,18}")
"""A number of Postfix: it has at most 64 bits."""


def main_cf(host: Host) -> MainCf:
    """Return the live main.cf."""
    return MainCf.parse(host.text(MAIN_CF))


def is_set_up(host: Host) -> bool:
    """True if somebody set this Postfix up: main.cf has a value that the package's has not."""
    if host.files[MAIN_CF].live is None or host.files[MAIN_CF].from_package:
        return False
    main = main_cf(host)
    return any(
        main.value(one.name) not in _STOCK.get(one.name, ())
        for one in main.entries
        if one.name not in _OF_THE_PACKAGE
    )


def value_of(host: Host, name: str) -> str:
    """Return a parameter's value. If it is not set, return Postfix's default, or "" for none."""
    value = main_cf(host).value(name)
    return DEFAULTS.get(name, "") if value is None else value


def numbers_of(host: Host, section: str) -> dict[str, Any]:
    """Return the values of a section's numbers in main.cf, {} if the host is not set up.

    An optional number that is not set is None. A value that is not a number is its text.
    """
    numbers = [one for one in fields_of(section) if one.kind == "number" and one.main_cf]
    if not numbers or not is_set_up(host):
        return {}
    return {one.name: _number(one, value_of(host, one.name)) for one in numbers}


def _number(field: Field, text: str) -> Any:
    if NUMBER.fullmatch(text):
        return int(text)
    return None if field.optional and not text else text


def words_of(host: Host, name: str) -> tuple[str, ...]:
    """Return the words of a list in main.cf, none if it is not set."""
    return words(main_cf(host).value(name) or "")


def items_of(own: Own, kind: str, listed: Iterable[str]) -> list[str]:
    """Return the items of a live list in the form of answers, each once.

    An item that no answer expresses is `Unsaid`, with the text of main.cf. Items are also separated
    at blanks that are none to Postfix, such as the wide one of Japanese.
    """
    found: dict[str, str] = {}
    for one in listed:
        for part in filter(None, _WIDE.split(one)):
            key, is_answer = own.read(kind, part)
            found.setdefault(key, key if is_answer else unsaid("text", part))
    return list(found.values())


def own_of(host: Host) -> Own:
    """Return the host's names. Without a Postfix to query, the system's hostname counts."""
    main, name = main_cf(host), host.network.hostname
    known = {"myhostname": name} if "." in name and main.value("myhostname") is None else {}
    return own_names(main, {**known, **host.postfix.in_force})


def several(items: Sequence[str]) -> str:
    """Return the first item and the number of the others, in words."""
    return shortened(items, 1) or NONE


def relay_of(host: Host) -> str:
    """Return the relay host of main.cf, "" for none."""
    value = main_cf(host).value("relayhost") or ""
    return "" if "$" in value else next((name for name, _, _ in nexthops(value)), "")
