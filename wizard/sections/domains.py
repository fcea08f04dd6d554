"""The section `domains`: the local domains (postconf(5) mydestination)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.answers.model import Answers
from wizard.answers.rules.names import readable_name
from wizard.host.facts import Host
from wizard.postfix.meaning import own_names
from wizard.postfix.parameters import LOCAL_ALWAYS, NAMES
from wizard.sections.reading import main_cf, own_of, several, words_of
from wizard.sections.section import NOT_YET, Section, TextByName


def _read_back(host: Host) -> dict[str, Any]:
    own = own_of(host)
    implied = own.implied(NAMES)
    read = dict.fromkeys(own.read(NAMES, word) for word in words_of(host, "mydestination"))
    return {"local": [key for key, is_answer in read if is_answer and key not in implied]}


def _value(host: Host, _today: Answers) -> str:
    own = own_names(main_cf(host), host.postfix.in_force)
    names, implied = words_of(host, "mydestination"), own.implied(NAMES)
    return several([one for one in names if own.key(NAMES, one) not in implied])


def _preview(checked: Mapping[str, Any]) -> TextByName:
    names = checked.get("local", ())
    listed = NOT_YET if names == NOT_YET else ", ".join(map(readable_name, names))
    return {"local": f"mydestination = {', '.join(filter(None, (*LOCAL_ALWAYS, listed)))}"}


DOMAINS = Section("domains", read_back=_read_back, value=_value, preview=_preview)
