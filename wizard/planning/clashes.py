"""Domains of the answers that another setting takes: another class, or a transport elsewhere.

On a live host Postfix itself classifies domains (`wizard.run.queue_count`). Of a copied /etc only
the lists in main.cf are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wizard.answers.model import Answers, Caution
from wizard.host.facts import Host
from wizard.host.main_cf import own_parameters
from wizard.host.transports import Transports
from wizard.paths import MAIN_CF
from wizard.plan.hold import class_caution
from wizard.plan.part import Request
from wizard.postfix.classes import LISTS, LOCAL
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
    host = request.host
    if host.root == "/" or SECTION not in request.scope or host.files[MAIN_CF].from_package:
        return
    settings = settings_of(host)
    new = new_domains(request.answers, host)
    taken: dict[str, tuple[str, str]] = {}
    for kind, name in LISTS.items():
        listed = {one.lower() for one in settings.words(name)}
        if kind != LOCAL:
            taken.update({one: (kind, LOCAL) for one in new if one in listed and one not in taken})
    yield from class_caution(taken)


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
