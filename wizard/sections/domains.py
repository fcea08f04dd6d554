"""The section `domains`: the local domains (postconf(5) mydestination)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.answers.build import default_mydomain
from wizard.answers.model import Answers
from wizard.answers.rules.names import readable_name
from wizard.host.facts import Host
from wizard.host.main_cf import words
from wizard.postfix.addresses import distinct
from wizard.postfix.meaning import Own, own_names
from wizard.postfix.parameters import LOCAL_ALWAYS, NAMES
from wizard.sections.reading import (
    is_set_up,
    main_cf,
    own_of,
    parts,
    several,
    value_of,
    words_of,
)
from wizard.sections.section import NOT_YET, Section, TextByName


def _read_back(host: Host) -> dict[str, Any]:
    own = own_of(host)
    implied = own.implied(NAMES)
    listed = parts(words_of(host, "mydestination"))
    read = dict.fromkeys(own.read(NAMES, word) for word in listed)
    # Of a host that is set up, what is no answer (a table) is listed as such: `lost_items`.
    is_today = is_set_up(host)
    return {
        "local": [key for key, is_answer in read if (is_answer or is_today) and key not in implied]
    }


def _value(host: Host, _today: Answers) -> str:
    """Return the domains for which mail is taken, or only the host's own name."""
    own = own_names(main_cf(host), host.postfix.in_force)
    listed = distinct(NAMES, words(value_of(host, "mydestination")), own)
    others = [one for key, one in listed.items() if key not in own.implied(NAMES)]
    domain, name = (one if one in listed else "" for one in (own.mydomain, own.myhostname))
    return several([one for one in (domain, *others) if one] or [one for one in (name,) if one])


def _preview(checked: Mapping[str, Any]) -> TextByName:
    """Return the line as the plan writes it: a name that an earlier one covers is not added."""
    start = "mydestination = "
    names = checked.get("local", ())
    if names == NOT_YET:
        return {"local": start + ", ".join((*LOCAL_ALWAYS, NOT_YET))}
    host = str(checked.get("myhostname", ""))
    own = Own(host, str(checked.get("mydomain") or default_mydomain(host)))
    written = distinct(NAMES, (*LOCAL_ALWAYS, *names), own)
    covered = [
        f"{readable_name(one)} is already covered by {written[key]}"
        for one in names
        for key in (own.key(NAMES, one),)
        if written[key] in LOCAL_ALWAYS
    ]
    line = start + ", ".join(map(readable_name, written.values()))
    return {"local": "; ".join((line, *covered))}


DOMAINS = Section("domains", read_back=_read_back, value=_value, preview=_preview)
