"""The screens in the order of a first set-up, with the sections of the answers on each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """One screen of the list at the left. `load` is `module:class`, imported when it opens."""

    name: str
    title: str
    load: str
    own: tuple[str, ...] = ()

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections on it. More has all that no other screen has, after its `own`."""
        if self.name != "more":
            return self.own
        from wizard.answers.model import SECTIONS  # noqa: PLC0415 - the first screen has no sections

        rest = (one for one in SECTIONS if place_of_section(one) is self)
        return tuple(dict.fromkeys((*self.own, *rest)))


LIST = Place("list", "Sections", "screens.overview:OverviewScreen")
"""The list of sections, for a host that is set up."""

PLACES: tuple[Place, ...] = (
    Place("host", "Host", "screens.host:HostScreen"),
    Place("hostname", "Hostname", "screens.hostname:HostnameScreen", ("hostname",)),
    Place("domains", "Domains", "screens.domains:DomainsScreen", ("domains",)),
    Place("networks", "Networks", "screens.networks:NetworksScreen", ("networks",)),
    Place("certificate", "Certificate", "screens.certificate:CertificateScreen", ("certificate",)),
    Place("blocklists", "Blocklists", "screens.blocklists:BlocklistsScreen", ("blocklists",)),
    Place("more", "More", "screens.more:MoreScreen", ("aliases",)),
    Place("review", "Review", "screens.review:ReviewScreen"),
)


def place(name: str) -> Place:
    """Return the screen with that name."""
    return next(one for one in (LIST, *PLACES) if one.name == name)


def place_of_section(section: str) -> Place:
    """Return the screen of a section: More, unless one is its own."""
    return next((one for one in PLACES if section in one.own), place("more"))
