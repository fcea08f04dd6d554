"""Read values of the host's main.cf, with Postfix's defaults and its own names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wizard.host.facts import Host
from wizard.host.main_cf import words
from wizard.paths import MAIN_CF
from wizard.postfix.main_cf import MainCf
from wizard.postfix.meaning import Own, own_names
from wizard.postfix.parameters import DEFAULTS
from wizard.sections.section import NONE
from wizard.text import shortened

RECIPIENT_RESTRICTIONS = "smtpd_recipient_restrictions"
PARAMETER = re.compile(r"\$\{(\w+)\}|\$\((\w+)\)")
"""The two other spellings of $name."""


def main_cf(host: Host) -> MainCf:
    """Return the live main.cf."""
    return MainCf.parse(host.text(MAIN_CF))


def is_set_up(host: Host) -> bool:
    """True if somebody set this Postfix up: main.cf has myhostname or recipient restrictions."""
    if host.files[MAIN_CF].live is None or host.files[MAIN_CF].from_package:
        return False
    return any(main_cf(host).entry(name) for name in ("myhostname", RECIPIENT_RESTRICTIONS))


def value_of(host: Host, name: str) -> str:
    """Return a parameter's value. If it is not set, return Postfix's default, or "" for none."""
    value = main_cf(host).value(name)
    return DEFAULTS.get(name, "") if value is None else value


def words_of(host: Host, name: str) -> tuple[str, ...]:
    """Return the words of a list in main.cf, none if it is not set."""
    return words(main_cf(host).value(name) or "")


def own_of(host: Host) -> Own:
    """Return the host's names. Without a Postfix to query, the system's hostname counts."""
    known = {"myhostname": host.network.hostname} if "." in host.network.hostname else {}
    return own_names(main_cf(host), {**known, **host.postfix.in_force})


def several(items: Sequence[str]) -> str:
    """Return the first item and the number of the others, in words."""
    return shortened(items, 1) or NONE
