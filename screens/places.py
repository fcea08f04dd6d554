"""The screens in the order of a first set-up, and which sections of the answers each asks."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.model import SECTIONS


@dataclass(frozen=True)
class Place:
    """One screen of the list at the left. `load` is `module:class`, imported when it is opened."""

    name: str
    title: str
    load: str
    sections: tuple[str, ...] = ()


LIST = Place("list", "Sections", "screens.overview:OverviewScreen")
"""The list of sections, which a host has that is set up."""

_OF_THEIR_OWN = ("hostname", "domains", "networks", "certificate", "blocklists")
_OTHERS = ("aliases", *(one for one in SECTIONS if one not in {"aliases", *_OF_THEIR_OWN}))
"""Sections without a screen of their own; mail that nobody reads comes first."""

PLACES: tuple[Place, ...] = (
    Place("host", "Host", "screens.host:HostScreen"),
    Place("hostname", "Hostname", "screens.hostname:HostnameScreen", ("hostname",)),
    Place("domains", "Domains", "screens.domains:DomainsScreen", ("domains",)),
    Place("networks", "Networks", "screens.networks:NetworksScreen", ("networks",)),
    Place("certificate", "Certificate", "screens.certificate:CertificateScreen", ("certificate",)),
    Place("blocklists", "Blocklists", "screens.blocklists:BlocklistsScreen", ("blocklists",)),
    Place("more", "More", "screens.more:MoreScreen", _OTHERS),
    Place("review", "Review", "screens.review:ReviewScreen"),
)


def place(name: str) -> Place:
    """Return the place of that name."""
    return next(one for one in (LIST, *PLACES) if one.name == name)


def place_of_section(section: str) -> Place:
    """Return the screen that asks a section; the policy's own lines are asked under More."""
    return next((one for one in PLACES if section in one.sections), place("more"))
