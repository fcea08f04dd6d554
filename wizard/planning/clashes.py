"""Domains of the answers that another setting takes: another class, or a transport elsewhere.

On a live host Postfix itself classifies domains (`wizard.run.queue_count`). Of a copied /etc only
the lists in main.cf are known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from wizard.answers.model import Answers, Caution
from wizard.host.facts import Host
from wizard.host.main_cf import own_parameters
from wizard.host.transports import Transports
from wizard.paths import MAIN_CF
from wizard.plan.hold import class_caution, class_doubts
from wizard.plan.part import Request
from wizard.postfix.classes import (
    ALIAS,
    LISTS,
    LOCAL,
    MAILBOX,
    PARENTS,
    QUERIED,
    RELAY,
    Classes,
    doubt,
    is_taken_over,
)
from wizard.postfix.settings import Settings
from wizard.text import shortened

SECTION = "domains"
TRANSPORT = "domain-transport"
_TABLES = "transport_maps"
_SHOWN = 5


def settings_of(host: Host) -> Settings:
    """Return today's main.cf over the defaults."""
    return Settings(own_parameters(host.text(MAIN_CF)), host.postfix.defaults)


def new_domains(answers: Answers, host: Host) -> tuple[str, ...]:
    """Return the domains of the answers that mydestination does not list today."""
    there = {one.lower() for one in settings_of(host).words(LISTS[LOCAL])}
    return tuple(one for one in answers.domains.local if one.lower() not in there)


def tables_of(host: Host) -> tuple[str, ...]:
    """Return the tables of transport_maps."""
    return settings_of(host).words(_TABLES)


def cautions(request: Request) -> Iterator[Caution]:
    """Yield a caution for new domains that another list of a copied main.cf has."""
    found = _changes(request)
    yield from class_caution({one: kinds for one, kinds in found.items() if is_taken_over(*kinds)})


def warnings(request: Request) -> Iterator[str]:
    """Warn of new domains that tables and files of a copied /etc may have, which are not read."""
    found = {one: doubt(old) for one, (old, _) in _changes(request).items()}
    yield from class_doubts({one: tables for one, tables in found.items() if tables})


def _changes(request: Request) -> dict[str, tuple[str, str]]:
    """Return the old and the new class of each new domain of a copied /etc."""
    host = request.host
    if host.root == "/" or SECTION not in request.scope or host.files[MAIN_CF].from_package:
        return {}
    settings = replace(settings_of(host), defaults={**_DEFAULTS, **host.postfix.defaults})
    values = {name: settings.value(name) for name in QUERIED}
    # What a table of mydestination has is local before and after.
    values[LISTS[LOCAL]] = " ".join(
        one for one in settings.words(LISTS[LOCAL]) if ":" not in one and "/" not in one
    )
    new = new_domains(request.answers, host)
    local = Classes({**values, LISTS[LOCAL]: " ".join(new)}, _unknown, _unread).of(new)
    old = Classes(values, _unknown, _unread).of(new)
    return {one: (old[one], local[one]) for one in new}


_DEFAULTS = {
    PARENTS: LISTS[RELAY],
    LISTS[ALIAS]: "$virtual_alias_maps",
    LISTS[MAILBOX]: "$virtual_mailbox_maps",
}
"""Postfix's defaults, as far as they decide the class of a domain (postconf(5))."""


def _unknown(_table: str, _keys: Collection[str]) -> None:
    """No table of a copied /etc is queried."""


def _unread(_path: str) -> None:
    """No file that a list names is read."""


def transport_caution(found: Transports) -> Iterator[Caution]:
    """Yield a caution with the domains whose mail transport_maps sends elsewhere."""
    if found.away:
        yield Caution(
            TRANSPORT,
            f"transport_maps sends mail for {_shown(found.away)} elsewhere, so that nobody here gets "
            "it though the domain becomes local. Take its row out, or leave the domain out.",
            tuple(found.away),
        )


def unknown_tables(found: Transports) -> Iterator[str]:
    """Warn of tables of transport_maps that do not answer."""
    if found.unknown:
        yield (
            f"Whether transport_maps sends mail for the new domains elsewhere is not known:"
            f" {shortened(found.unknown, _SHOWN)} does not answer."
        )


def _shown(away: Mapping[str, str]) -> str:
    return shortened([f"{domain} ({transport})" for domain, transport in away.items()], _SHOWN)
