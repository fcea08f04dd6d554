"""The section `domains`: the local domains (postconf(5) mydestination)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wizard.answers.build import default_mydomain
from wizard.answers.model import Answers, Caution, local_domains
from wizard.answers.old_server import old_server
from wizard.answers.rules.names import readable_name
from wizard.answers.unsaid import is_unsaid
from wizard.door import Door
from wizard.host.exchangers import other_exchangers
from wizard.host.facts import Host
from wizard.host.main_cf import words
from wizard.plan.part import Part, Request
from wizard.postfix.addresses import distinct
from wizard.postfix.meaning import Own, own_names
from wizard.postfix.parameters import LOCAL_ALWAYS, NAMES
from wizard.sections.reading import (
    is_set_up,
    items_of,
    main_cf,
    own_of,
    several,
    value_of,
    words_of,
)
from wizard.sections.section import NOT_YET, Section, TextByName
from wizard.text import shortened


def _read_back(host: Host) -> dict[str, Any]:
    own = own_of(host)
    implied = own.implied(NAMES)
    listed = items_of(own, NAMES, words_of(host, "mydestination"))
    others = [one for one in listed if own.key(NAMES, one) not in implied]
    # Of a host that is set up, what is no answer (a table) is listed as such: `lost_items`.
    return {"local": [one for one in others if is_set_up(host) or not is_unsaid(one)]}


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


def _new(answers: Answers, host: Host) -> tuple[str, ...]:
    """Return the local domains of the answers that mydestination does not list today."""
    own = own_of(host)
    there = {own.read(NAMES, one)[0] for one in words_of(host, "mydestination")}
    return tuple(one for one in local_domains(answers) if one not in there)


def _complete(door: Door, answers: Answers, host: Host) -> Host:
    """Query the MX records of new local domains. Never raises."""
    new = _new(answers, host) if door.is_live else ()
    if not new:
        return host
    network = host.network
    addresses = (
        *network.addresses,
        *answers.networks.proxy_interfaces,
        *answers.backup.servers,
    )
    old = old_server(answers)
    names = (*local_domains(answers), *((old.name.lower(),) if old else ()))
    own = answers.hostname.myhostname
    split = other_exchangers(new, own, names, addresses, network.resolvers)
    return replace(host, split=split)


def _plan(request: Request) -> Part:
    """Return a caution for new local domains whose mail other hosts get, too."""
    split = request.host.split if "domains" in request.scope else {}
    if not split:
        return Part()
    others = tuple(dict.fromkeys(one for those in split.values() for one in those))
    shown = shortened([f"{name} ({', '.join(those)})" for name, those in split.items()], _SHOWN)
    caution = Caution(
        "mx-elsewhere",
        f"MX records name another host than this one: {shown}. If it has the same answers, it keeps "
        "the mail that reaches it, and the domain's mail is split. A second MX has the domain in "
        "[backup] domains instead, and its address is in [backup] servers here. Accept it for an old "
        "server that will go, or for a host that hands the mail on.",
        others,
    )
    return Part(cautions=(caution,))


_SHOWN = 3

DOMAINS = Section(
    "domains",
    complete=_complete,
    plan=_plan,
    read_back=_read_back,
    value=_value,
    preview=_preview,
)
